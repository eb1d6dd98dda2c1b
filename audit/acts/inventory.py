"""What the inventory says of a model, above its versions."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from models.record import Record

Weight = Literal["low", "medium", "high"]
Phase = Literal["developing", "in validation", "retired"]
WEIGHTS: tuple[Weight, ...] = ("low", "medium", "high")


class InventoryEntry(Record):
    """The whole current description of a model. A new one replaces the one before."""

    schema_version: Literal[1] = 1
    owner: str = Field(min_length=1)
    """Who answers for the model."""
    developer: str = Field(min_length=1)
    validator: str = Field(min_length=1)
    """Who challenges it."""
    use: str = Field(min_length=10)
    """What it is used for, by whom."""
    exposure: Weight
    """How much hangs on it: people, money, decisions."""
    purpose: Weight
    """How serious what it decides is."""
    dependencies: tuple[str, ...] = ()
    """Models, data and systems that it needs."""
    phase: Phase = "developing"
    """What its owner says. Approved is never said: it follows from approvals."""
    next_review: date

    @property
    def tier(self) -> int:
        """Exposure x purpose: 1 asks for the most care (one high, the other at least medium), 3 for the least."""
        sum = WEIGHTS.index(self.exposure) + WEIGHTS.index(self.purpose)
        return 1 if sum >= 3 else 2 if sum == 2 else 3
