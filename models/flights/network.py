"""The model itself: an embedding per categorical feature, then a small multilayer perceptron."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DelayNetwork(nn.Module):
    """Predicts the logit of "arrives more than 15 minutes late", shape [batch, 1].

    Takes `numbers`, float32 [batch, features], and `categories`, int64 [batch, features], whose
    column i holds indexes 0 ..< vocabulary_sizes[i] and 0 means unknown.
    """

    def __init__(
        self, numbers: int, vocabulary_sizes: list[int], width: int = 8, hidden: int = 64
    ) -> None:
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Embedding(size, width) for size in vocabulary_sizes)
        inputs = numbers + width * len(vocabulary_sizes)
        self.layers = nn.Sequential(
            nn.Linear(inputs, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 1),
        )
        for embedding in self.embeddings:
            nn.init.normal_(embedding.weight, std=0.1)
            # A value that training never saw should weigh nothing rather than something random.
            nn.init.zeros_(embedding.weight[0])

    def forward(self, numbers: Tensor, categories: Tensor) -> Tensor:
        columns = [numbers]
        for index, embedding in enumerate(self.embeddings):
            columns.append(embedding(categories[:, index]))
        return self.layers(torch.cat(columns, dim=1))
