"""Limits with reasons, and what judging a report by them gives. Changing a policy never runs a check again."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from audit.measure import definitions
from models.record import Record
from models.task import Kind, Modality, Purpose, UnknownName

FOLDER = Path(__file__).parent / "policies"
Outcome = Literal["pass", "fail", "unsure", "missing", "exempt", "waived"]
Side = Literal["at_least", "at_most"]


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

    measure: str
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
    at_most: float | Literal["declared"] | None = None
    """``declared``: the margin that the task's owner declared for this measure."""
    statistic: Literal["interval", "value"] = "interval"
    level: float = Field(default=0.95, ge=0.8, le=0.999)
    minimum_n: int = 1
    severity: Literal["block", "note"] = "block"
    accept_bound: bool = False
    when: When = When()
    clauses: tuple[str, ...] = ()
    rationale: str = Field(min_length=10)

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

    def concerns(self, setting: str, slice: str) -> bool:
        """Whether the rule is about the measure with this setting and slice."""
        return slice == self.slice and (self.setting in (None, setting) or self.per != "report")

    def limit(self, task: Purpose) -> float | None:
        """The limit in force for a task; ``None`` where the task's owner was to declare it and did not."""
        given = self.at_least if self.at_least is not None else self.at_most
        if given != "declared":
            return given
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
    reason: str = Field(min_length=10)
    compensating_control: str = ""
    expires: date

    def covers(self, rule: Rule, setting: str, title: str, today: date) -> bool:
        return (
            self.measure == rule.measure
            and self.setting in (None, setting)
            and self.model == title.partition("@")[0]
            and today <= self.expires
        )


class Policy(Record):
    """A named, versioned set of rules. Its resolved digest is part of every verdict."""

    schema_version: Literal[1] = 1
    name: str
    version: str
    purpose: str
    rules: tuple[Rule, ...] = Field(min_length=1)
    waivers: tuple[Waiver, ...] = ()


class Verdict(Record):
    """What one rule says about one measure."""

    id: str
    rule: Rule
    outcome: Outcome
    measure: str | None = None
    """Id of the measure judged (or of the difference to the parent)."""
    code: str = ""
    dimension: str = ""
    setting: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    n: int | None = None
    p: float | None = None
    """Smallest error level tried at which the rule still fails."""
    settles_at: int | None = None
    """Smallest n at which the interval would leave the limit if the estimate stayed."""
    reason: str


class Judgement(Record):
    """A report under a policy: every verdict, and whether the gate opens."""

    schema_version: Literal[1] = 1
    report: str
    """Report key."""
    policy: str
    """Policy digest."""
    policy_title: str
    task: str
    parent_report: str | None = None
    after_the_fact: bool
    """Whether the policy was declared only after the first measure."""
    judged_before: int
    """Versions that this split has judged before."""
    verdicts: tuple[Verdict, ...]
    passed: bool
    created: datetime

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome == outcome for one in self.verdicts)


def names() -> list[str]:
    """Names of the shipped policies."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read(name: str) -> Policy:
    """A shipped policy by name or a file by path; raises ``UnknownName`` or ``ValueError`` naming the bad line."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.exists():
        raise UnknownName("policy", name, names())
    try:
        return Policy.model_validate(tomllib.loads(path.read_text()))
    except ValidationError as why:
        first = why.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the policy"
        raise ValueError(f"Policy {path} cannot be read: {place}: {first['msg']}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise ValueError(f"Policy {path} cannot be read: {why}") from None
