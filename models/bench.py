"""What a training works with and what it hands over: plain training and every remedy have this one shape."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from models import encode, zoo
from models.card import Decision, Field
from models.checkpoint import Checkpoint
from models.data.source import Splits
from models.data.split import Split
from models.engine import Engine
from models.fit import Examples, Tell
from models.load import Model
from models.record import Scalar
from models.task import Task


class Unfit(ValueError):
    """A remedy that does not suit the task or the version; the message says why."""


@dataclass(frozen=True)
class Bench:
    """Everything a training may use."""

    task: Task
    splits: Splits
    fields: tuple[Field, ...]
    """How raw columns are encoded; empty for images."""
    seed: int
    engine: Engine
    checkpoint: Checkpoint
    parent: Model | None = None
    tell: Tell | None = None

    @property
    def arguments(self) -> dict[str, Scalar]:
        """Arguments of the architecture, the size of its inputs included."""
        inputs = encode.spans(self.fields)[-1][2] if self.fields else self.splits.train.inputs.shape[1]
        return {**dict(self.task.arguments), "inputs": inputs}

    def network(self) -> nn.Module:
        """A fresh network, the same for the same seed."""
        torch.manual_seed(self.seed)
        return zoo.build(self.task.architecture, self.arguments, len(self.splits.train.classes))

    def examples(self, split: Split) -> Examples:
        """A part of the data as the network takes it."""
        inputs = encode.encode(split.inputs, self.fields) if self.fields else split.inputs  # type: ignore[arg-type]
        return Examples(torch.as_tensor(inputs, dtype=torch.float32), torch.as_tensor(split.truth, dtype=torch.int64))


@dataclass(frozen=True)
class Fitted:
    """One network, or the members of a mixture with their weights, and how a score becomes a decision."""

    networks: tuple[nn.Module, ...]
    decision: Decision
    seen: int
    """Examples that passed forwards and backwards, attacks included."""
    seconds: float
    members: tuple[float, ...] = (1.0,)
