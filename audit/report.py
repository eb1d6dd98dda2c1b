"""A report is every answer one version gave on one split, with enough beside it to ask again."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from audit.contribution import Contribution
from audit.measure import Dimension, Measure, identifier
from models.card import Environment
from models.record import Record, Scalar, canonical, sha256
from models.task import Purpose

Status = Literal["measured", "not_applicable", "failed"]


class Question(Record):
    """What was asked, in full."""

    code: str
    title: str
    dimension: Dimension
    doc: str
    options: tuple[tuple[str, Scalar], ...] = ()


class Exhibit(Record):
    """What is looked at rather than read: a curve or a table. Pictures of people's rows lie in the vault."""

    name: str
    title: str
    """One sentence that says what to see."""
    columns: tuple[str, ...]
    rows: tuple[tuple[Scalar | None, ...], ...]
    chart: Literal["table", "curve", "bars"] = "table"
    unit: str = ""
    n: int | None = None

    @model_validator(mode="after")
    def _rows_fit_columns(self) -> Self:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"Exhibit {self.name}: every row must have {len(self.columns)} values: {self.columns}.")
        return self


class Answer(Record):
    """One question with its measures and exhibits, or why there are none."""

    later: ClassVar[frozenset[str]] = frozenset({"contributions"})

    question: Question
    status: Status
    reason: str = ""
    measures: tuple[Measure, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    seconds: float = 0.0
    contributions: tuple[Contribution, ...] | None = None
    """Until the report is made: then they lie in the row evidence."""

    @model_validator(mode="after")
    def _silence_has_a_reason(self) -> Self:
        if self.status != "measured" and not self.reason:
            raise ValueError(f"{self.question.code} is {self.status} without a reason.")
        return self


class Report(Record):
    """All answers about one version on one split. Each check appears exactly once."""

    later: ClassVar[frozenset[str]] = frozenset({"purpose"})

    schema_version: Literal[1] = 1
    key: str
    """SHA-256 of model, split and code digests, checks with options, seed and run number."""
    model: str
    """Model digest."""
    title: str
    """``mortgage@2``."""
    task: str
    """Task digest."""
    dataset: str
    split: str
    """Split digest."""
    n: int
    """Examples in the split."""
    code: str
    """Digest of the installed sources that measured."""
    seed: int
    run: int
    """0 for the first report of this key's parts, 1 for a deliberate repetition ..."""
    answers: tuple[Answer, ...]
    environment: Environment
    rows: str | None = None
    """Digest of the row evidence in the vault."""
    purpose: Purpose | None = None
    """What the model was audited for, where it was brought: the next audit may name other columns or groups."""
    created: datetime

    @property
    def id(self) -> str:
        """Derived from the key: ``r-`` and 16 base32 characters."""
        return identifier("r", [self.key])

    def measures(self) -> tuple[Measure, ...]:
        """Every measure of every answer."""
        return tuple(measure for answer in self.answers for measure in answer.measures)

    def equal(self, other: Report) -> bool:
        """Whether two runs found the same: all but times, host and durations."""
        return self._findings() == other._findings()

    def _findings(self) -> str:
        timed = {"created", "environment", "answers", "rows"}
        head = self.model_dump(mode="json", exclude=timed)
        answers = [
            a.model_dump(mode="json", exclude={"seconds"}) for a in self.answers if a.question.dimension != "cost"
        ]
        return sha256(canonical([head, answers]))


def report_key(model: str, split: str, code: str, questions: tuple[Question, ...], seed: int, run: int) -> str:
    """What makes a report this report: its key."""
    asked = [[one.code, [list(pair) for pair in one.options]] for one in questions]
    return sha256(canonical([model, split, code, asked, seed, run]))
