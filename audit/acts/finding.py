"""Something that is wrong with a model: who must mend it until when, and the evidence that closes it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from models.record import Record

Severity = Literal["high", "medium", "low"]


class Finding(Record):
    """A finding as it was opened."""

    schema_version: Literal[1] = 1
    version: str | None = None
    """Digest of the model version it was found in; ``None`` where it is about the model as such."""
    title: str = Field(min_length=10)
    severity: Severity
    owner: str = Field(min_length=1)
    """Who must mend it."""
    due: date


class Closing(Record):
    """A finding is closed by evidence that came after it."""

    schema_version: Literal[1] = 1
    finding: str
    """Id of the act that opened it."""
    evidence: str
    """Report key, of a report that was made after the finding was opened."""
    reason: str = Field(min_length=10)
