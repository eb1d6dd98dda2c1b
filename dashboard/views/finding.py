"""What is wrong with which model, and who mends it until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from audit.acts.findings import FindingState
from audit.acts.state import ModelState
from audit.measure import identifier
from dashboard import figures, marks

STATES = ("overdue", "open", "closed")


class Found(NamedTuple):
    """A finding and the model it is about."""

    model: str
    finding: FindingState

    @property
    def state(self) -> str:
        """Closed by evidence, overdue, or open."""
        return "closed" if self.finding.closed else "overdue" if self.finding.overdue else "open"


def findings(states: Iterable[ModelState], **wanted: str | None) -> list[Found]:
    """Findings like that, by model, owner, severity and state: open ones first, and of these the overdue."""
    every = [Found(one.model, finding) for one in states for finding in one.findings]
    found = [one for one in every if all(value in (None, _said(one, name)) for name, value in wanted.items())]
    return sorted(found, key=lambda one: (STATES.index(one.state), one.finding.due, one.finding.id))


def table(found: Iterable[Found], titles: Mapping[str, str]) -> pd.DataFrame:
    """One row per finding; of a closed one the report that shows it. ``titles``: of versions, by digest."""
    rows = [
        {
            "Status": f"{marks.word(one.state)}  \n:small[{marks.word(one.finding.severity)}]",
            "Finding": f"{marks.plain(one.finding.title)}  \n:small[{_about(one, titles)}]",
            "Mended by": marks.beneath(one.finding.owner, f"until {one.finding.due}"),
            "Evidence": _evidence(one.finding),
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def _about(one: Found, titles: Mapping[str, str]) -> str:
    version = titles.get(one.finding.version or "", one.model)
    opened = f"opened by {one.finding.by} on {one.finding.opened:%Y-%m-%d}"
    about = marks.leading(version, "inventory", model=one.model)
    return f"{about} :gray[{marks.plain(opened)}] {marks.code(one.finding.id)}"


def _evidence(one: FindingState) -> str:
    if one.closed is None or one.evidence is None:
        return figures.DASH
    said = f"closed on {one.closed:%Y-%m-%d}: {one.reason}"
    return f"{marks.link(identifier('r', [one.evidence]))}  \n:small[:gray[{marks.plain(said)}]]"


def _said(one: Found, name: str) -> str:
    named = {"model": one.model, "state": one.state, "finding": one.finding.id}
    return named[name] if name in named else str(getattr(one.finding, name))
