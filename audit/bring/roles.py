"""Which column of a table is what, and what is asked of it: from the command line or a ``task.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from audit.bring.columns import name
from audit.bring.unreadable import Unreadable
from models.record import Record
from models.task import Margin

Kind = Literal["classes", "regression", "ranking"]
TRUTH = ("truth", "y_true", "true", "label", "target", "actual", "ground_truth", "outcome", "y")
SCORE = ("score", "y_score", "y_prob", "probability", "prob", "proba", "y_proba", "prediction_score", "p")
DECISION = ("decision", "prediction", "predicted", "y_pred", "pred", "predicted_label", "decided")


class Roles(Record):
    """What the columns of a table of predictions are. Groups and the favourable outcome are never guessed."""

    kind: Kind = "classes"
    truth: str | None = None
    decision: str | None = None
    """Column of what was decided; of numbers (regression), of what was predicted."""
    score: tuple[str, ...] = ()
    """Column of the probability of ``positive``; or one for every class, as ``class=column`` or the class's own name."""
    threshold: float | None = None
    """Lowest score that is decided as positive, where there is no column of decisions."""
    positive: str | None = None
    """Class whose probability the score is; left out: 1, or the favourable one."""
    favourable: str | None = None
    """The class people hope for."""
    classes: tuple[str, ...] = ()
    """Names of the classes in the order in which a model answers, where it does not name them itself."""
    groups: tuple[str, ...] = ()
    probabilities: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Way of grouping, and the columns of how likely each group is."""
    weight: str | None = None
    id: str | None = None
    unit: str | None = None
    """Column of whom a row belongs to."""
    time: str | None = None
    query: str | None = None
    """Of rankings, within which rows are ranked."""
    name: str | None = None
    """What the model is called; left out, as the file."""
    intended_use: str = "not stated"
    concerns: str = "not stated"
    margins: tuple[Margin, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        given = dict(given)
        if isinstance(given.get("score"), str):
            given["score"] = (given["score"],)
        if isinstance(given.get("probabilities"), dict):
            given["probabilities"] = tuple(
                (by, tuple(of) if isinstance(of, list) else of) for by, of in given["probabilities"].items()
            )
        for role in ("favourable", "positive"):
            if isinstance(given.get(role), int | float | bool | str):
                given[role] = name(given[role])
        return given

    @model_validator(mode="after")
    def _can_be_asked(self) -> Roles:
        if self.threshold is not None and len(self.score) > 1:
            raise ValueError("a threshold needs exactly one column of scores")
        if self.kind == "classes" and len(self.score) == 1 and self.threshold is None and self.decision is None:
            raise ValueError(
                f"a score needs a threshold or a column of decisions; type --threshold 0.5 or --decision COLUMN "
                f"(score {self.score[0]!r})"
            )
        return self

    def columns(self) -> dict[str, str]:
        """Every column that has a role, and which."""
        found: dict[str, str] = {}
        for role, column in self._roles():
            found.setdefault(column, role)
        return found

    def _roles(self) -> Iterator[tuple[str, str]]:
        for role in ("truth", "decision", "weight", "id", "unit", "time", "query"):
            if column := getattr(self, role):
                yield role, column
        for one in self.score:
            yield "score", one.rpartition("=")[2]
        for one in self.groups:
            yield "group", one
        for by, shares in self.probabilities:
            for one in shares:
                yield f"probability of {by}", one


class Asked(Record):
    """A ``task.toml``: the file and the roles of its columns."""

    file: str
    roles: Roles
    notes: tuple[str, ...] = Field(default=())
    """Left by ``answerable look --write``: what a person should check."""


def read(path: Path) -> tuple[Path, Roles]:
    """The table and the roles that a ``task.toml`` names. Raises ``Unreadable`` naming the bad entry."""
    try:
        given = Asked.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as why:
        raise Unreadable(f"{path.name} cannot be used: {told(why)}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise Unreadable(f"{path.name} is not TOML: {why}.") from None
    return path.parent / given.file, given.roles


def told(why: ValidationError) -> str:
    """The first thing that is wrong, with its place."""
    first = why.errors()[0]
    place = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"{place} is not known; known are {', '.join(Roles.model_fields)}"
    message = first["msg"].removeprefix("Value error, ").replace("valid tuple", "list")
    return f"{place}: {message}" if place else message


def guessed(roles: Roles, columns: Sequence[str]) -> tuple[Roles, tuple[str, ...]]:
    """The roles with truth and prediction guessed by name where neither was said, and why."""
    known, changes, why = {one.lower(): one for one in columns}, {}, []
    taken = set(roles.columns())

    def offer(role: str, names: tuple[str, ...]) -> None:
        found = next((known[one] for one in names if one in known and known[one] not in taken), None)
        if found:
            changes[role] = (found,) if role == "score" else found
            taken.add(found)
            why.append(f"column {found!r} is taken as {role}, by its name; say --{role} to choose another")

    if roles.truth is None:
        offer("truth", TRUTH)
    if roles.decision is None and not roles.score:
        offer("decision", DECISION)
    if not roles.score and (roles.threshold is not None or roles.kind != "classes" or "decision" not in changes):
        offer("score", SCORE)
    if not changes:
        return roles, ()
    try:
        return Roles.model_validate(roles.model_dump() | changes), tuple(why)
    except ValidationError as bad:
        raise Unreadable(f"{told(bad)[:1].upper()}{told(bad)[1:]}.") from None
