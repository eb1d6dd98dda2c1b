"""What must be known about a data set before anything learnt from it is believed."""

from __future__ import annotations

from models.record import Record


class Datasheet(Record):
    """Where a data set comes from and what is wrong with it (after Gebru et al., *Datasheets for Datasets*, 2021)."""

    title: str
    origin: str
    """Who made it, and how it gets here."""
    licence: str
    collected: str
    """When, where and how the rows were collected."""
    groups: tuple[tuple[str, str], ...] = ()
    """(way of grouping, what it is and how it was recorded)."""
    left_out: tuple[tuple[str, str], ...] = ()
    """(published column, why it is not an input)."""
    known_problems: tuple[str, ...]
    citation: str
