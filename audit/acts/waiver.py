"""A rule that does not hold and is accepted all the same, by a named person, until a date."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from audit.policy import Judgement, Verdict
from models.record import Record


class Waiver(Record):
    """What ``audit.policy.Waiver`` says, given to one model after the policy was written. It is of the act's subject."""

    schema_version: Literal[1] = 1
    measure: str
    setting: str | None = None
    owner: str = Field(min_length=1)
    reason: str = Field(min_length=10)
    compensating_control: str = ""
    expires: date


def shut(judgement: Judgement) -> tuple[Verdict, ...]:
    """The verdicts that keep the gate shut."""
    return tuple(
        one
        for one in judgement.verdicts
        if one.rule.severity == "block" and one.outcome not in ("pass", "exempt", "waived")
    )
