"""One training loop, written as if there were one device."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from models.checkpoint import Checkpoint, Standing
from models.engine import Engine
from models.task import Training

Attack = Callable[[nn.Module, torch.Tensor, torch.Tensor], torch.Tensor]
"""(network, inputs, truth) to inputs that are harder."""


class Cancelled(Exception):
    """Raised by a progress callback to stop a training; what was reached is kept."""


@dataclass(frozen=True)
class Progress:
    """How far a training is."""

    stage: str
    done: int
    total: int
    loss: float | None = None


Tell = Callable[[Progress], None]


@dataclass(frozen=True)
class Examples:
    """What a network learns from: inputs (n, ...) float32, truth (n,) int64, and a weight (n,) of each example."""

    inputs: torch.Tensor
    truth: torch.Tensor
    weight: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.truth)


def fit(
    engine: Engine,
    network: nn.Module,
    train: Examples,
    training: Training,
    seed: int,
    *,
    validation: Examples | None = None,
    attack: Attack | None = None,
    checkpoint: Checkpoint | None = None,
    stage: str = "training",
    tell: Tell | None = None,
) -> Standing:
    """Minimise the mean cross entropy with Adam over mini-batches, and leave the weights in ``network``.

    With ``training.patience`` the loss on ``validation`` decides when to stop, and the best weights are left. With
    ``attack`` each mini-batch is made harder first. After every epoch all is kept in ``checkpoint``; a later call with
    the same recipe goes on there, and ends bit-equal. ``tell`` is called after every mini-batch of the first process.
    """
    network.to(engine.device)
    train = _placed(engine, train)
    optimizer = torch.optim.Adam(network.parameters(), lr=training.rate, weight_decay=training.decay)
    standing = checkpoint.read(network, optimizer) if checkpoint else Standing()
    learner = engine.parallel(network)
    steps = -(-len(train) // training.batch)
    while standing.epoch < training.epochs and not _patience_is_over(standing, training):
        began = time.perf_counter()
        torch.manual_seed(seed * 1_000_003 + standing.epoch)
        network.train()
        for step, rows in enumerate(torch.split(torch.randperm(len(train)), training.batch), start=1):
            loss = _step(engine, network, learner, optimizer, train, rows, attack)
            if tell and engine.writes:
                tell(Progress(stage, standing.epoch * steps + step, training.epochs * steps, loss.item()))
        standing.epoch += 1
        standing.seen += len(train)
        if training.patience and validation is not None:
            _compare(standing, network, _loss(engine, network, validation))
        standing.seconds += time.perf_counter() - began
        if checkpoint and engine.writes:
            checkpoint.write(standing, network, optimizer)
    if standing.kept:
        network.load_state_dict(standing.kept)
    return standing


def _step(
    engine: Engine,
    network: nn.Module,
    learner: nn.Module,
    optimizer: torch.optim.Optimizer,
    train: Examples,
    rows: torch.Tensor,
    attack: Attack | None,
) -> torch.Tensor:
    mine = engine.place(engine.share(rows))
    inputs, truth = train.inputs[mine], train.truth[mine]
    if attack:
        inputs = attack(network, inputs, truth)
    with engine.autocast():
        losses = nn.functional.cross_entropy(learner(inputs), truth, reduction="none")
    weighted = losses if train.weight is None else losses * train.weight[mine]
    loss = engine.part(weighted.sum(), len(rows))
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.detach()


def _loss(engine: Engine, network: nn.Module, examples: Examples) -> float:
    """Mean cross entropy, on every process over all examples, so that all decide alike."""
    network.eval()
    placed = _placed(engine, examples)
    with torch.no_grad(), engine.autocast():
        batches = zip(torch.split(placed.inputs, 1024), torch.split(placed.truth, 1024), strict=True)
        total = sum(nn.functional.cross_entropy(network(x), y, reduction="sum").double() for x, y in batches)
    return float(total) / len(examples)


def _compare(standing: Standing, network: nn.Module, loss: float) -> None:
    if standing.best is None or loss < standing.best:
        standing.best, standing.waited, standing.kept = loss, 0, copy.deepcopy(network.state_dict())
    else:
        standing.waited += 1


def _patience_is_over(standing: Standing, training: Training) -> bool:
    return training.patience is not None and standing.waited >= training.patience


def _placed(engine: Engine, examples: Examples) -> Examples:
    weight = None if examples.weight is None else engine.place(examples.weight)
    return Examples(engine.place(examples.inputs), engine.place(examples.truth), weight)
