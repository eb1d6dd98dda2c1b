"""One thing that a law or standard asks: who must do it, from when, and what can be evidence for it."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from audit.appendix import Kind
from models.record import Record

Actor = Literal["provider", "deployer", "gpai_provider", "developer", "regulator"]


class Needed(Record):
    """A measure that can be evidence for a requirement, and in which form."""

    measure: str
    per: Literal["group", "intersection"] | None = None
    needs: Literal["interval"] | None = None

    def __str__(self) -> str:
        form = [f"per {self.per}"] if self.per else []
        return " ".join([self.measure, *form, *(["with an interval"] if self.needs else [])])


class Cited(Record):
    """Which source of the pack a requirement was read in, and where."""

    id: str
    locator: str


class Threshold(Record):
    """A number that the text itself names. It is shown; only a policy judges."""

    name: str
    value: float
    operator: Literal["<", "<=", ">", ">="]
    meaning: str = ""
    optional: bool = False


class Deadlines(Record):
    """Days within which an incident must be reported."""

    standard: int
    widespread_or_critical: int
    death: int


class Requirement(Record):
    """One thing that a framework asks, in our own words."""

    id: str
    title: str
    kind: Kind
    also: tuple[Kind, ...] = ()
    """What it asks for besides: each must be there."""
    ref: str = ""
    """Article, rule or clause."""
    actor: tuple[Actor, ...] = ()
    """Whose duty it is; empty where the text does not say."""
    scope: Literal["all_gpai", "systemic_risk"] | None = None
    applies_from: date | None = None
    date_note: str = ""
    measurements: tuple[Needed, ...]
    note: str = ""
    source: Cited
    verified: bool
    """Whether the requirement was seen in the source; never says anything about the choice of measures."""
    group: str = ""
    function: str = ""
    category: str = ""
    subcategory: str = ""
    type: str = ""
    cross_ref: str = ""
    sr_11_7_counterpart: str = ""
    year: int | None = None
    en_adoption: str = ""
    questions: int | None = None
    process_checks: int | None = None
    technical_test: bool | None = None
    threshold: Threshold | None = None
    max_age_days: int | None = Field(default=None, ge=1)
    """Days after which the evidence has expired."""
    retention_years: int | None = None
    retention_months: int | None = None
    deadlines_days: Deadlines | None = None

    @field_validator("measurements", mode="before")
    @classmethod
    def _plain_names(cls, given: Any) -> Any:
        return tuple({"measure": one} if isinstance(one, str) else one for one in given or ())

    @field_validator("actor", mode="before")
    @classmethod
    def _joined_by_plus(cls, given: Any) -> Any:
        return tuple(given.split("+")) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _can_be_measured(self) -> Self:
        if "measurable" in self.kinds and not self.measurements:
            raise ValueError(f"{self.id} is measurable and names no measure; give measurements, or another kind")
        return self

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Everything it asks for, its own kind first."""
        return self.kind, *self.also
