"""Writes a trained network as TorchScript, as an AOTInductor package and as bare weights.

Every file is loaded again and must give the scores of the network it was made from.
"""

from __future__ import annotations

import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any, Callable

import numpy as np
import torch
import torch._inductor.config
import torch.fx.experimental._config
from torch import Tensor

import artifacts
from artifacts import BuildError
from learning import Learned
from network import DelayNetwork

MAX_BATCH_ROWS = 1 << 20
TOLERANCE = 1e-6
BATCHES_TRIED = (1, 2, 3, 7, 64, 1000, 4096)
INDUCTOR_SETTINGS = {
    # Otherwise the number of threads of this process is compiled into the kernels.
    "cpp.dynamic_threads": True,
    # The check would refuse one row, though nothing compiled under `backed_size_oblivious` does.
    "aot_inductor.check_lowerbound": False,
    # Precompiled headers cost more than they save in one compilation, and stay behind in /tmp.
    "cpp_cache_precompile_headers": False,
    "aot_inductor.precompile_headers": False,
}

Runner = Callable[..., Tensor]


def export(folder: Path, learned: Learned) -> dict[str, Any]:
    """Writes the three files and returns what model.json says about them."""
    network = learned.network
    network.eval()
    example = [tensor[:8].contiguous() for tensor in learned.held_out]
    torchscript = folder / "model.pt"
    package = folder / "model.pt2"
    weights = folder / "weights.npz"
    save_torchscript(network, torchscript)
    save_package(network, example, package)
    state = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    np.savez(weights, **state)
    check_scores(network, learned.held_out, torch.jit.load(str(torchscript)), "model.pt")
    runner = torch._inductor.aoti_load_package(str(package))
    check_scores(network, learned.held_out, runner, "model.pt2")
    capability = torch.backends.cpu.get_cpu_capability()
    return {
        "files": [
            {**entry("aotinductor", package, "cpu"), "cpu_capability": capability},
            entry("torchscript", torchscript, "any"),
        ],
        "weights": {"path": weights.name, "sha256": artifacts.sha256_of_file(weights)},
    }


def entry(kind: str, path: Path, device: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "path": path.name,
        "sha256": artifacts.sha256_of_file(path),
        "device": device,
        "min_batch_rows": 1,
        "max_batch_rows": MAX_BATCH_ROWS,
    }


def save_torchscript(network: DelayNetwork, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.freeze(torch.jit.script(network)).save(str(path))


def save_package(network: DelayNetwork, example: list[Tensor], path: Path) -> None:
    """Compiles for batches of 1 to `MAX_BATCH_ROWS` rows; the package holds a shared library."""
    batch = torch.export.Dim("batch", min=1, max=MAX_BATCH_ROWS)
    shapes = tuple({0: batch} for _ in example)
    # Without this setting, a batch of one row is taken for a different program.
    oblivious = torch.fx.experimental._config.patch(backed_size_oblivious=True)
    with oblivious, torch._inductor.config.patch(INDUCTOR_SETTINGS), warnings.catch_warnings():
        # torch warns about a call of its own, which no user can change.
        warnings.filterwarnings("ignore", category=FutureWarning, module="copyreg")
        program = torch.export.export(network, tuple(example), dynamic_shapes=shapes)
        torch._inductor.aoti_compile_and_package(program, package_path=str(path))
    names = zipfile.ZipFile(path).namelist()
    if not any(name.endswith(".so") for name in names):
        raise BuildError(f"{path.name} holds no shared library, only {names}")


@torch.inference_mode()
def check_scores(network: DelayNetwork, rows: list[Tensor], run: Runner, name: str) -> None:
    """Compares scores over batches of several sizes, one row included."""
    worst = 0.0
    for size in BATCHES_TRIED:
        batch = [tensor[:size].contiguous() for tensor in rows]
        expected, actual = network(*batch), run(*batch)
        if actual.shape != expected.shape:
            raise BuildError(f"{name}: shape {list(actual.shape)} for a batch of {size} rows")
        difference = (torch.sigmoid(actual) - torch.sigmoid(expected)).abs().max()
        worst = max(worst, float(difference))
    print(f"train: {name} differs from eager PyTorch by {worst:.1e} at most", file=sys.stderr)
    if worst > TOLERANCE:
        raise BuildError(f"{name}: scores differ by {worst:.1e}, more than {TOLERANCE:.0e}")
