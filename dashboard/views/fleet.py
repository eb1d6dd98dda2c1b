"""How models are listed: where each stands, and what its newest version changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from models import task as tasks
from models.card import Card
from models.task import Purpose
from storage.queries import VerdictCount


def headline(name: str) -> str:
    """The measure a task is first judged by; accuracy for a task that is not shipped here."""
    try:
        return tasks.read(name).headline
    except LookupError:
        return "accuracy.accuracy"


def task(card: Card) -> Purpose | None:
    """The task of a version; ``None`` where it is not shipped here."""
    try:
        return card.purpose
    except LookupError:
        return None


def counts(found: Iterable[VerdictCount]) -> dict[str, dict[str, dict[str, int]]]:
    """Verdict counts by judgement, dimension and outcome."""
    by: dict[str, dict[str, dict[str, int]]] = {}
    for one in found:
        by.setdefault(one.judgement, {}).setdefault(one.dimension, {})[one.outcome] = one.n
    return by


def gate(passed: bool | None, report: str | None) -> str:
    """Where a version stands, in two words."""
    if report is None:
        return "not audited"
    return {None: "not judged", True: "passed", False: "not passed"}[passed]


def changed(card: Card, parent: Card | None) -> str:
    """What a version has that its parent has not, in one sentence."""
    if card.parent is None and card.origin:
        return f"Brought as {card.origin.source} ({card.origin.format})."
    if card.parent is None:
        return f"First of its line, trained on {card.dataset}."
    if parent is None:
        return f"Made from {card.parent[:12]}, which is not kept here."
    made = f"Made from {parent.title}"
    made += f" by {card.remedy.replace('_', ' ')}" if card.remedy else ""
    ours, theirs = card.identity, parent.identity
    differs = {
        "data": card.split_digests != parent.split_digests,
        "architecture": (ours.architecture, ours.arguments) != (theirs.architecture, theirs.arguments),
        "inputs": ours.columns != theirs.columns,
        "decision rule": ours.decision != theirs.decision,
        "seed": card.seed != parent.seed,
    }
    other = [name for name, new in differs.items() if new]
    return f"{made}; other {', '.join(other)}." if other else f"{made}; all else the same."


def age(at: datetime, now: datetime | None = None) -> str:
    """``3 days ago``."""
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    for size, unit in (
        (86_400 * 365, "year"),
        (86_400 * 30, "month"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
    ):
        if seconds >= size:
            n = int(seconds // size)
            return f"{n} {unit}{'s' if n > 1 else ''} ago"
    return "just now"
