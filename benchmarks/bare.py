"""What training costs without us: a bare PyTorch loop of the same steps."""

from __future__ import annotations

import time

import torch
from torch import nn

from models.data import source
from models.task import Task


def bare_loop(task: Task, seed: int = 0) -> float:
    """Seconds for the data, the network and all steps of the task's training, written as in a tutorial."""
    started = time.perf_counter()
    train = source.splits(task.dataset, seed).train
    inputs = torch.as_tensor(train.inputs, dtype=torch.float32)[:, None]
    truth = torch.as_tensor(train.truth)
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 49, 10),
    )  # fmt: skip
    optimizer = torch.optim.Adam(network.parameters(), lr=task.training.rate)
    for _ in range(task.training.epochs):
        for rows in torch.split(torch.randperm(len(inputs)), task.training.batch):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs[rows]), truth[rows]).backward()
            optimizer.step()
    return time.perf_counter() - started
