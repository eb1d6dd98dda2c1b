"""Who a model version is: what can change its predictions, where it came from and what it cost."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Literal, Self

from pydantic import model_validator

from models import task as tasks
from models.record import Record, Scalar
from models.task import Purpose

Argument = tuple[str, Scalar]


class File(Record):
    """One file of a version."""

    name: str
    """Path relative to the version's folder."""
    digest: str
    """SHA-256 of its bytes."""
    bytes: int


class Field(Record):
    """How one raw column becomes numbers. Fitted on the training part only."""

    column: str
    kind: Literal["number", "category"]
    mean: float | None = None
    """Training mean; stands in for a missing number."""
    scale: float | None = None
    """Training standard deviation (1 where the column is constant)."""
    levels: tuple[str, ...] = ()
    """Known categories; anything else is encoded as unseen."""
    missing_indicator: bool = False
    """Whether one more input says that the value was missing."""


class Decision(Record):
    """How a score becomes a decision."""

    kind: Literal["argmax", "threshold", "given", "number"]
    """``given``: whoever brought the predictions decided. ``number``: nothing is decided between classes."""
    threshold: float | None = None
    """Lowest probability of ``positive`` that is decided as positive (kind ``threshold``)."""
    positive: str | None = None
    """Class whose probability is compared with the threshold."""


class Identity(Record):
    """All that can change a prediction, and nothing else."""

    architecture: str
    """Name of a file in ``models/zoo``, or the format of a model that was not trained here."""
    arguments: tuple[Argument, ...]
    files: tuple[File, ...]
    columns: tuple[str, ...]
    """Raw input columns, in order; ``("image",)`` for images."""
    encoding: tuple[Field, ...] = ()
    """One field per raw column of a table; empty for images."""
    classes: tuple[str, ...]
    decision: Decision
    members: tuple[float, ...] = (1.0,)
    """Weights of the members of a mixture; a single network is one member of weight 1."""


class Environment(Record):
    """Where a version was trained or a report made."""

    python: str
    platform: str
    threads: int
    packages: tuple[tuple[str, str], ...]
    """(name, version) of the libraries that can change a number."""
    device: str
    revision: str | None = None
    """Source revision, where the code lies in a git checkout."""


class Cost(Record):
    """What making the version took."""

    seconds: float
    parameters: int
    flops_per_example: int
    """Floating point operations (2 x multiply-accumulate) of one forward pass on one example."""
    training_flops: float
    """Estimate: 3 x forward for every example seen."""
    energy_wh: float
    """Estimate, never a meter reading: see ``energy_method``."""
    energy_method: str


class Origin(Record):
    """Where a version came from that was not trained here."""

    format: str
    """predictions, onnx, skops, endpoint ..."""
    source: str
    """Name of the file or address, without the folders above it."""
    task: Purpose
    """What it is for, as declared by whoever brought it."""
    unknown: tuple[str, ...]
    """What nobody said of it: its training data, its seed, what it cost."""
    isolation: str = ""
    """What kept the file that was brought from doing harm when it was asked; empty where nothing was run."""


class Card(Record):
    """A model version: who it is, where it came from, what it cost."""

    later = frozenset({"data_seed", "family", "origin"})

    schema_version: Literal[1] = 1
    name: str
    version: int
    task: str
    identity: Identity
    digest: str
    """SHA-256 of the canonical identity: the model digest."""
    parent: str | None = None
    """Model digest of the version this one was made from or is meant to replace."""
    remedy: str | None = None
    """Name of the remedy that made it out of its parent."""
    dataset: str
    split_digests: tuple[tuple[str, str], ...]
    """(part, split digest) for train, validation and test."""
    group_inputs: tuple[str, ...] = ()
    """Columns that name groups of people and are inputs of the model all the same."""
    seed: int | None
    """``None`` where nobody said."""
    data_seed: int | None = None
    """Seed that drew the parts of the data; ``None`` where it is ``seed``."""
    recipe: str
    """SHA-256 of everything that was asked for: task, data, remedy, parent, seed, threads, code."""
    family: str | None = None
    """SHA-256 of the same without the seed: versions that differ in the seed only have it in common."""
    environment: Environment | None
    """Where it was trained; ``None`` where nobody said."""
    cost: Cost | None
    """What making it took; ``None`` where nobody said."""
    origin: Origin | None = None
    """Where it came from, if it was not trained here."""
    created: datetime

    @model_validator(mode="after")
    def _digest_is_of_identity(self) -> Self:
        if self.digest != self.identity.sha256():
            raise ValueError(
                f"Card {self.title}: its digest {self.digest[:12]} is not that of its identity "
                f"({self.identity.sha256()[:12]}); the card was changed after it was written."
            )
        return self

    @property
    def parts_seed(self) -> int:
        """Seed that drew the parts of the data."""
        return (self.seed or 0) if self.data_seed is None else self.data_seed

    @property
    def purpose(self) -> Purpose:
        """The task it is for: as declared where it was brought, else the shipped one. Raises ``UnknownName``."""
        return self.origin.task if self.origin else tasks.read(self.task)

    @cached_property
    def title(self) -> str:
        """Name and version as people write them: ``mortgage@2``."""
        return f"{self.name}@{self.version}"
