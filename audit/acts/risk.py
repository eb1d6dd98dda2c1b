"""What could go wrong with a model: who could be harmed and how, what is done about it, and what is left of it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from models.record import Record

Level = Literal["low", "medium", "high"]
Status = Literal["open", "accepted", "mitigated", "closed"]
LEVELS: tuple[Level, ...] = ("low", "medium", "high")
KEY = r"^[a-z0-9][a-z0-9-]{1,59}$"
"""A name that stays: small letters, digits and hyphens."""


class Risk(Record):
    """One risk as it stands now. A newer one of the same key replaces it, and both are kept."""

    schema_version: Literal[1] = 1
    key: str = Field(pattern=KEY)
    title: str = Field(min_length=5)
    harm: str = Field(min_length=10)
    """Who could be harmed, and how."""
    severity: Level
    likelihood: Level
    controls: tuple[str, ...] = ()
    """What is done about it."""
    evidence: tuple[str, ...] = ()
    """Ids of the measures and reports that show how large it is, or that the controls work."""
    about: tuple[str, ...] = ()
    """What it answers: names of measures, with their setting where only that (``fairness.impact_ratio by=race``), and
    ids of findings. In a newer report a measure has another id, but the same name."""
    residual_severity: Level
    residual_likelihood: Level
    """What is left once the controls work."""
    owner: str = Field(min_length=1)
    status: Status = "open"
    next_review: date

    @property
    def weight(self) -> int:
        """Severity times likelihood, from 1 to 9: which risk stands first."""
        return _times(self.severity, self.likelihood)

    @property
    def residual_weight(self) -> int:
        """The same of what is left."""
        return _times(self.residual_severity, self.residual_likelihood)


def _times(severity: Level, likelihood: Level) -> int:
    return (LEVELS.index(severity) + 1) * (LEVELS.index(likelihood) + 1)
