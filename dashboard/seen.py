"""What of a report people see: all of it, or what is left without small cells for those who may not see rows."""

from __future__ import annotations

from audit import withheld
from audit.compare import Comparison
from audit.measure import identifier
from audit.policy import Judgement
from audit.report import Report
from dashboard import access
from storage.archive import Archive
from storage.ledger import Actor


def rows(archive: Archive, by: Actor | None = None) -> bool:
    """Whether somebody (whoever types, where left out) may see small cells and people's rows now."""
    return access.denied(archive, "rows", by or access.actor(archive)) is None


def report(archive: Archive, one: Report) -> Report:
    """A report as whoever types may see it."""
    return one if rows(archive) else withheld.report(one)


def judgement(archive: Archive, one: Judgement, about: Report) -> Judgement:
    """A judgement of a report as whoever types may see it."""
    return one if rows(archive) else without_cells(archive, one, about)


def without_cells(archive: Archive, one: Judgement, about: Report) -> Judgement:
    """A judgement of a report without the values of small cells, of the report or of the parent's."""
    parent = archive.report(identifier("r", [one.parent_report])) if one.parent_report else None
    return withheld.judgement(one, withheld.report(about), parent)


def comparison(archive: Archive, one: Comparison, first: Report, second: Report) -> Comparison:
    """A comparison of two reports as whoever types may see it."""
    return one if rows(archive) else withheld.comparison(one, first, second)
