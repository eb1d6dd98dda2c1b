"""Whether what a version changed matters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.record import Record


class Change(Record):
    """A version classed as a material change or not, with the reason."""

    schema_version: Literal[1] = 1
    version: str
    """Model digest."""
    material: bool
    reason: str = Field(min_length=10)
