"""How records are written in machine formats: numbers in full, times in UTC, ids derived, nothing that steers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from audit.measure import Measure
from audit.policy import Verdict
from dashboard import figures
from dashboard.paper.dossier import Dossier


def as_json(value: Any) -> str:
    """Indented JSON in the order given; ``ValueError`` for NaN and infinity, which no record holds."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def number(value: float) -> str:
    """A number in full: the shortest text that reads back as the same number."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def instant(when: datetime) -> str:
    """A time in UTC: ``2026-03-05T09:30:00Z``."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def derived(*parts: str) -> str:
    """A UUID that follows from its parts: the same records always give the same one."""
    return str(uuid5(NAMESPACE_URL, json.dumps(["answerable", *parts])))


def line(text: str) -> str:
    """Text on one line, without anything that only steers; a dash where nothing is left."""
    printable: str = figures.printable(" ".join(text.split()))
    return printable or figures.DASH


def about(name: str, setting: str, slice: str) -> str:
    """What a number is, in the names under which it is kept: ``accuracy.recall (class=7) on sex=F``."""
    return f"{name}{f' ({setting})' if setting else ''}{f' on {slice}' if slice else ''}"


def measured(one: Measure) -> str:
    """``accuracy.recall (class=7) on sex=F``."""
    return about(*one.key)


def judged(one: Verdict) -> str:
    """``fairness.performance_gap (by=sex) at most 0.05``."""
    name = about(one.rule.measure, one.setting, one.rule.slice)
    return name if one.limit is None else f"{name} {one.rule.side.replace('_', ' ')} {number(one.limit)}"


def found(one: Verdict) -> str:
    """``found 0.0494 [0.003, 0.0958], n = 900``; says so where there is no number."""
    if one.value is None:
        return "no number"
    ends = [figures.DASH if end is None else number(end) for end in (one.low, one.high)]
    size = "" if one.n is None else f", n = {one.n}"
    return f"found {number(one.value)} [{ends[0]}, {ends[1]}]{size}"


def part(dossier: Dossier) -> str:
    """The part of the data that was audited: ``test``; the data set's name where the card does not name the split."""
    return {digest: name for name, digest in dossier.card.split_digests}.get(
        dossier.report.split, dossier.report.dataset
    )
