"""What is said of many models at once, read from flat rows: headline numbers, and verdicts that keep a gate shut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import select

from storage.acts import HOLDS
from storage.database import Database
from storage.schema import Measure, Verdict

TOGETHER = 500
"""Ids that one query names."""


class Overall(NamedTuple):
    """A measure of everybody in a report."""

    id: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int | None


class OpenVerdict(NamedTuple):
    """A blocking verdict that does not hold."""

    id: str
    rule: str
    """The measure that it limits."""
    outcome: str


def overall(database: Database, wanted: Mapping[str, str]) -> dict[str, Overall]:
    """By report id the measure of that name that is about everybody and has no setting."""
    columns = Measure.report, Measure.id, Measure.name, Measure.value, Measure.low, Measure.high, Measure.n
    plain = select(*columns).where(Measure.setting == "", Measure.slice == "")
    found: dict[str, Overall] = {}
    with database.reading() as connection:
        for some in _batches(wanted):
            named = Measure.name.in_({wanted[one] for one in some})
            for row in connection.execute(plain.where(Measure.report.in_(some), named)):
                if row.name == wanted[row.report]:
                    found[row.report] = Overall(*row[1:])
    return found


def shut_by(database: Database, judgements: list[str]) -> defaultdict[str, list[OpenVerdict]]:
    """By judgement id the blocking verdicts that do not hold, in the order of the policy."""
    columns = Verdict.judgement, Verdict.id, Verdict.rule, Verdict.outcome
    blocking = select(*columns).where(Verdict.severity == "block", Verdict.outcome.not_in(HOLDS))
    found: defaultdict[str, list[OpenVerdict]] = defaultdict(list)
    with database.reading() as connection:
        for some in _batches(judgements):
            query = blocking.where(Verdict.judgement.in_(some)).order_by(Verdict.judgement, Verdict.position)
            for row in connection.execute(query):
                found[row.judgement].append(OpenVerdict(*row[1:]))
    return found


def _batches(ids: Mapping[str, str] | list[str]) -> list[tuple[str, ...]]:
    every = list(ids)
    return [tuple(every[at : at + TOGETHER]) for at in range(0, len(every), TOGETHER)]
