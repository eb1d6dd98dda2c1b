"""What a model is for: data set, architecture, training, favourable outcome, whom it concerns, declared margins."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import Field as Option
from pydantic import ValidationError, field_validator

from models.record import Record, Scalar

Kind = Literal["binary", "multiclass", "regression", "ranking"]
Modality = Literal["table", "image", "text"]
FOLDER = Path(__file__).parent / "tasks"


class UnknownName(LookupError):
    """A name that nothing here has; the message offers the nearest one."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        near = get_close_matches(name, known, n=1, cutoff=0.4)
        guess = f"Did you mean {near[0]!r}? " if near else ""
        listed = ", ".join(known) if known else "none yet"
        super().__init__(f"There is no {kind} {name!r}. {guess}Known: {listed}.")
        self.asked = kind, name, known

    def __reduce__(self) -> tuple[type[UnknownName], tuple[str, str, list[str]]]:
        return UnknownName, self.asked


class Training(Record):
    """How the network is fitted."""

    epochs: int = Option(ge=1)
    batch: int = Option(ge=1)
    rate: float = Option(gt=0)
    """Learning rate of Adam."""
    decay: float = Option(default=0.0, ge=0)
    """Weight decay."""
    patience: int | None = Option(default=None, ge=1)
    """Epochs without a better validation loss before training stops; ``None`` trains them all."""


class Margin(Record):
    """What the task's owner declares acceptable before anything is measured, with the reason."""

    measure: str
    limit: float
    """Largest acceptable gap between groups; for an accuracy measure, the largest acceptable loss against the parent."""
    reason: str


class Purpose(Record):
    """What a model is for, whoever trained it."""

    name: str
    title: str
    dataset: str
    kind: Kind
    modality: Modality
    favourable: str | None = None
    """The class people hope for; ``None`` where no outcome is favourable."""
    unit: str
    """What one row is: applicant, image, patient."""
    intended_use: str
    concerns_people: bool
    concerns: str
    """Who is affected by the decisions."""
    groups: tuple[str, ...] = ()
    """Ways of grouping people (or examples) that every audit of this task must look at."""
    headline: str
    """The measure the task is first judged by."""
    margins: tuple[Margin, ...] = ()

    def margin(self, measure: str) -> Margin | None:
        """The declared margin of a measure, or ``None``."""
        return next((one for one in self.margins if one.measure == measure), None)


class Task(Purpose):
    """One task that is trained here, as declared in ``models/tasks/NAME.toml``."""

    architecture: str
    arguments: tuple[tuple[str, Scalar], ...] = ()
    training: Training

    @field_validator("arguments", mode="before")
    @classmethod
    def _pairs(cls, given: Any) -> Any:
        return tuple(sorted(given.items())) if isinstance(given, dict) else given


def names() -> list[str]:
    """Names of the tasks that are shipped."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read(name: str) -> Task:
    """The task of that name; raises ``UnknownName`` with the nearest name, or ``ValueError`` naming the bad field."""
    path = FOLDER / f"{name}.toml"
    if name not in names():
        raise UnknownName("task", name, names())
    try:
        return Task.model_validate({"name": name, **tomllib.loads(path.read_text())})
    except (ValidationError, tomllib.TOMLDecodeError) as why:
        raise ValueError(f"Task file {path.name} cannot be read: {why}") from None
