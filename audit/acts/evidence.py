"""In memory: what is kept of a model's versions, as far as acts depend on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Reported(NamedTuple):
    """A report, without its answers."""

    key: str
    id: str
    model: str
    split: str
    created: datetime


class Judged(NamedTuple):
    """A judgement, without its verdicts."""

    id: str
    report: str
    """Report id."""
    model: str
    policy: str
    """Policy digest."""
    policy_name: str
    shut_by: tuple[str, ...]
    """What of the blocking rules does not hold: measures, each with its setting and slice."""
    created: datetime


@dataclass(frozen=True)
class Evidence:
    """Reports and judgements of every version of a model, who made the versions, and the policies in force."""

    reports: tuple[Reported, ...] = ()
    judgements: tuple[Judged, ...] = ()
    made_by: Mapping[str, str] = field(default_factory=dict)
    """Who put each version in, by model digest."""
    four_eyes: Mapping[str, bool] = field(default_factory=dict)
    """Whether a policy demands four eyes, by policy digest; where nothing is said it does."""
    in_force: Mapping[str, str] = field(default_factory=dict)
    """Digest of the policy that was declared last, by its name; one that is not named is not compared."""

    def report(self, key: str) -> Reported | None:
        """The report of that key."""
        return next((one for one in self.reports if one.key == key), None)
