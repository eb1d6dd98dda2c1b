"""What does not add up in a published audit."""

from __future__ import annotations

from models.record import Record


class Finding(Record):
    """One rule that one or several rows break."""

    rule: int
    """Its number among the lint rules of the framework, from 1."""
    table: str
    """The table's title; empty where it is about the whole audit."""
    rows: tuple[str, ...]
    printed: str
    arithmetic: str
    """What follows from the other printed numbers."""
    sentence: str


class Linted(Record):
    """What the rules say of one audit."""

    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...]
    """Which rules could not be applied to what, and why: silence about them is no proof."""
