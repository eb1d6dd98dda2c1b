"""One limit with its reason, whom it concerns, and who accepts for a time that it does not hold."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from audit.measure import definitions
from models.record import Record
from models.task import Kind, Modality, Purpose, UnknownName

Side = Literal["at_least", "at_most"]


class Target(NamedTuple):
    """What a rule limits, and from which side: a rule of a tier replaces the base's rule of the same target."""

    measure: str
    setting: str | None
    slice: str
    per: str
    against: str
    side: Side

    def __str__(self) -> str:
        about = filter(None, (self.setting, self.slice))
        each = "" if self.per == "report" else f" for each {self.per}"
        return " ".join([self.measure, *about]) + each + (" against the parent" if self.against == "parent" else "")


class When(Record):
    """Which tasks a rule concerns. A field left out concerns all."""

    kind: Kind | Annotated[tuple[Kind, ...], Field(min_length=1)] | None = None
    """One kind of task, or several."""
    modality: Modality | None = None
    concerns_people: bool | None = None
    favourable: bool | None = None
    """Whether the task has an outcome that people hope for."""

    def excludes(self, task: Purpose) -> str | None:
        """Why the rule does not concern the task, or ``None``."""
        facts = {
            "kind": task.kind,
            "modality": task.modality,
            "concerns_people": task.concerns_people,
            "favourable": task.favourable is not None,
        }
        for name, wanted in self.model_dump(exclude_none=True).items():
            allowed = wanted if isinstance(wanted, tuple) else (wanted,)
            if facts[name] not in allowed:
                told = " or ".join(map(str, allowed))
                return f"the rule is for tasks with {name.replace('_', ' ')} = {told}; this one has {facts[name]}"
        return None


class Rule(Record):
    """One limit, with its reason."""

    later: ClassVar[frozenset[str]] = frozenset({"source"})

    measure: str
    """Name of the measure that is limited, as in audit/measures.yaml."""
    setting: str | None = None
    """Canonical setting text; left out, every setting in the report must hold. Per group: what stands beside ``by``."""
    slice: str = ""
    """Canonical slice text; empty means all examples."""
    per: Literal["report", "group", "intersection"] = "report"
    """``group``: once for every way of grouping that the task declares (setting ``by``). ``intersection``: once for every
    combination of two or three of them."""
    against: Literal["report", "parent"] = "report"
    """``parent``: the paired difference to the parent version instead of the measure itself."""
    at_least: float | Literal["declared"] | None = None
    """``declared``: the margin that the task's owner declared for this measure."""
    at_most: float | Literal["declared"] | None = None
    """``declared``: the margin that the task's owner declared for this measure."""
    statistic: Literal["interval", "value"] = "interval"
    """``interval``: the whole interval must be on the right side. ``value``: the number alone decides."""
    level: float = Field(default=0.95, ge=0.8, le=0.999)
    """Level of the interval that decides."""
    minimum_n: int = 1
    """With fewer examples the rule cannot pass."""
    severity: Literal["block", "note"] = "block"
    """``note``: the verdict is shown and does not close the gate."""
    accept_bound: bool = False
    """Whether a bound that can only accuse (accuracy under attack) may pass all the same."""
    when: When = When()
    """Which tasks the rule concerns; left out, all."""
    clauses: tuple[str, ...] = ()
    """What asks for it: ids of requirements in audit/frameworks, or article words."""
    rationale: str = Field(min_length=10)
    """Why this limit, in a sentence."""
    source: str | None = None
    """Where the limit, or the reason for it, was published."""

    @model_validator(mode="after")
    def _is_one_limit_on_a_known_measure(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"Rule on {self.measure}: give exactly one of at_least and at_most.")
        if self.measure not in definitions():
            raise UnknownName("measure", self.measure, sorted(definitions()))
        return self

    @property
    def side(self) -> Side:
        return "at_least" if self.at_least is not None else "at_most"

    @property
    def target(self) -> Target:
        return Target(self.measure, self.setting, self.slice, self.per, self.against, self.side)

    @property
    def given(self) -> float | Literal["declared"]:
        """The limit as it is written."""
        return self.at_least if self.at_least is not None else self.at_most  # type: ignore[return-value]

    def concerns(self, setting: str, slice: str) -> bool:
        """Whether the rule is about the measure with this setting and slice."""
        return slice == self.slice and (self.setting in (None, setting) or self.per != "report")

    def limit(self, task: Purpose) -> float | None:
        """The limit in force for a task; ``None`` where the task's owner was to declare it and did not."""
        if self.given != "declared":
            return self.given
        margin = task.margin(self.measure)
        if margin is None:
            return None
        return -margin.limit if self.against == "parent" and self.side == "at_least" else margin.limit


class Waiver(Record):
    """A named person accepts that a rule does not hold, until a date."""

    measure: str
    setting: str | None = None
    model: str
    """Name of the model it covers."""
    owner: str
    """Who accepts it, by name."""
    reason: str = Field(min_length=10)
    compensating_control: str = ""
    """What is done meanwhile so that nobody is harmed."""
    expires: date
    """Last day on which it counts."""

    def names(self, rule: Rule, setting: str, title: str) -> bool:
        """Whether it is about this rule, setting and model, in force or not."""
        named = self.measure == rule.measure and self.setting in (None, setting)
        return named and self.model == title.partition("@")[0]

    def covers(self, rule: Rule, setting: str, title: str, today: date) -> bool:
        """Whether it is in force for this rule, setting and model."""
        return self.names(rule, setting, title) and not self.ended(today)

    def ended(self, today: date) -> bool:
        return today > self.expires
