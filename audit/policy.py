"""Limits with reasons, and what judging a report by them gives. Changing a policy never runs a check again."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from audit.inheritance import FOLDER, Read, drafted, inherited, lineage, names
from audit.rule import Rule, Side, Waiver, When
from models.record import Record

__all__ = [
    "FOLDER", "Judgement", "Outcome", "Policy", "Rule", "Side", "Verdict", "Waiver", "When", "draft", "names", "read",
]  # fmt: skip

Outcome = Literal["pass", "fail", "unsure", "missing", "exempt", "waived"]
ORDER: tuple[Outcome, ...] = ("fail", "unsure", "missing", "waived", "pass", "exempt")
"""Outcomes in the order in which they are read: what needs a person first."""


class Policy(Record):
    """A named, versioned set of rules. Its resolved digest is part of every verdict."""

    later: ClassVar[frozenset[str]] = frozenset({"bases", "four_eyes"})

    schema_version: Literal[1] = 1
    name: str
    version: str
    purpose: str
    rules: tuple[Rule, ...] = Field(min_length=1)
    waivers: tuple[Waiver, ...] = ()
    four_eyes: bool | None = None
    """``False``: whoever made a version may approve it, and the report says so; left out, another person must."""
    bases: tuple[str, ...] | None = None
    """Names and versions of the policies that it extends, the nearest first."""

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"


class Verdict(Record):
    """What one rule says about one measure."""

    later: ClassVar[frozenset[str]] = frozenset({"waivers"})

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
    waivers: tuple[str, ...] | None = None
    """Ids of the acts that accept it: the one that counts, or those that no longer do; a policy's own have no id."""


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

    @property
    def by_measure(self) -> dict[str, Verdict]:
        """The verdict on each measure, by its id: where several rules judge it a blocking one's, and of these the worst."""
        weakest_last = sorted(self.verdicts, key=lambda one: (one.rule.severity == "block", -ORDER.index(one.outcome)))
        return {one.measure: one for one in weakest_last if one.measure}


def read(name: str) -> Policy:
    """A shipped policy by name or a file by path, with all that it extends.

    Raises ``UnknownName``, or ``ValueError`` that names the file, the rule and what to type.
    """
    return _resolved(lineage(name))


def draft(text: str) -> Policy:
    """A policy that is being written, as ``read`` would give it. Raises ``ValueError`` in one sentence."""
    return _resolved(drafted(text))


def _resolved(found: list[Read]) -> Policy:
    own = found[0].form
    bases = tuple(f"{one.form.name} {one.form.version}" for one in found[1:])
    return Policy(
        name=own.name, version=own.version, purpose=own.purpose, rules=inherited(found),
        waivers=tuple(Waiver(**dict(waiver)) for one in reversed(found) for waiver in one.form.waivers),
        four_eyes=next((one.form.four_eyes for one in found if one.form.four_eyes is not None), None), bases=bases or None,
    )  # fmt: skip
