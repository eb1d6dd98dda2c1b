"""Something that went wrong with a model in use: what happened to whom, what was done, and who was told."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from audit.acts.risk import KEY
from models.record import Record

Serious = Literal[
    "no", "death", "health", "critical infrastructure", "fundamental rights", "property or environment",
    "widespread infringement",
]  # fmt: skip
"""Whether it is serious in the sense of Art. 3(49) of the EU AI Act, and by what; the last is of Art. 3(61)."""


class Incident(Record):
    """One incident as it is known now. A newer one of the same key replaces it, and both are kept."""

    schema_version: Literal[1] = 1
    key: str = Field(pattern=KEY)
    what: str = Field(min_length=10)
    """What happened."""
    happened: date
    noticed: date
    """The day on which somebody became aware of it: deadlines run from here."""
    version: str | None = None
    """Digest of the model version; ``None`` where it is not known which one it was."""
    affected: str = Field(min_length=2)
    """Who was affected."""
    serious: Serious
    reason: str = Field(min_length=10)
    """Why it is serious, or why it is not."""
    action: str = ""
    """What was done about it; empty while nothing was."""
    reported_to: str = ""
    reported: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.noticed < self.happened:
            raise ValueError(
                f"The incident was noticed on {self.noticed}, before it happened on {self.happened}; exchange the days."
            )
        if bool(self.reported_to) != (self.reported is not None):
            raise ValueError("An incident is reported to somebody on a day: give both --reported-to and --reported.")
        if self.reported is not None and self.reported < self.noticed:
            raise ValueError(
                f"The incident was reported on {self.reported}, before it was noticed on {self.noticed}; give a later day."
            )
        return self
