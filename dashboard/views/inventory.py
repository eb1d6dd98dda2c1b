"""What the inventory says of models, as people read it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

import pandas as pd

from audit.acts.act import Act, of
from audit.acts.inventory import InventoryEntry
from audit.acts.state import ModelState
from dashboard import figures, marks
from dashboard.views.fleet import changed
from models.card import Card

NAMES = {"use": "use", "next_review": "next review", "dependencies": "depends on"}
"""Fields that people call otherwise."""


def tier(entry: InventoryEntry) -> str:
    """The tier and what it follows from."""
    return f"{entry.tier} (exposure {entry.exposure} × purpose {entry.purpose})"


def review(state: ModelState) -> str:
    """When the model is looked at next; marked where that day is over."""
    if state.entry is None:
        return figures.DASH
    return f"{state.entry.next_review}{' ' + marks.word('overdue') if state.review_overdue else ''}"


def facts(state: ModelState) -> dict[str, str]:
    """All that the newest entry says, as Markdown."""
    entry = state.entry
    if entry is None:
        return {}
    told = {
        "Owner": entry.owner, "Developer": entry.developer, "Validator": entry.validator, "Tier": tier(entry),
        "Depends on": ", ".join(entry.dependencies) or "nothing that was named",
    }  # fmt: skip
    return {name: marks.plain(said) for name, said in told.items()} | {"Next review": review(state)}


def versions(cards: Iterable[tuple[Card, Card | None]], state: ModelState) -> pd.DataFrame:
    """One row per version (with its parent): what it changed, whether that matters and why, and how far it may go."""
    classed = {one.version: one for one in state.changes}
    rows = []
    for card, parent in cards:
        change = classed.get(card.digest)
        word = "not classed" if change is None else "material" if change.material else "not material"
        rows.append({
            "Version": marks.leading(card.title, "signoff", id=card.title),
            "What it changed": marks.plain(changed(card, parent)),
            "Class": marks.word(word) + (f"  \n:small[:gray[{marks.plain(change.reason)}]]" if change else ""),
            "Sign-off": "  \n".join(_stages(state, card.digest)) or figures.DASH,
        })  # fmt: skip
    return pd.DataFrame(rows)


def history(acts: Iterable[Act], zone: tzinfo | None) -> pd.DataFrame:
    """The entries, newest first, each with what it says otherwise than the one before."""
    rows, before = [], None
    for act, entry in of(acts, InventoryEntry):
        rows.append({
            "When": figures.moment(act.created, zone),
            "Who": marks.plain(f"{act.actor} ({act.known_by})"),
            "What was said": marks.plain(_said(before, entry)),
            "Id": marks.code(act.id),
        })  # fmt: skip
        before = entry
    return pd.DataFrame(rows[::-1])


def _stages(state: ModelState, version: str) -> Iterable[str]:
    for one in state.released:
        if one.version == version:
            yield f"{marks.word('released')} to {one.stage}"
    for given in state.approvals:
        if given.version == version:
            yield f"{marks.word(given.standing)} for {given.stage}"


def _said(before: InventoryEntry | None, entry: InventoryEntry) -> str:
    new = entry.model_dump(mode="json", exclude={"schema_version"})
    old = before.model_dump(mode="json", exclude={"schema_version"}) if before else {}
    told = [
        f"{NAMES.get(name, name)}: {f'{_text(old[name])} → ' if old else ''}{_text(value)}"
        for name, value in new.items()
        if old.get(name, ...) != value
    ]
    return "; ".join(told) or "the same again"


def _text(value: object) -> str:
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)
