"""What laws and standards ask, and where each requirement stands: counts and reasons, never one number for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import pandas as pd

from audit.acts.document import name_of
from audit.framework import Framework
from audit.part import ORDER, State
from audit.requirement import Requirement
from audit.scope import Scope
from audit.standing import RequirementState, documents_for
from dashboard.views.scope import concerned

MOOD: dict[State, str] = {
    "outside policy": "fail", "stale": "unsure", "undecided": "unsure", "within policy": "pass",
    "document present": "pass", "attested": "pass", "not applicable": "exempt", "measured without limit": "exempt",
    "attestation missing": "missing", "document missing": "missing", "not measured": "missing",
    "scope not answered": "missing",
}  # fmt: skip
"""The verdict whose symbol and colour a state has."""
READ: tuple[State, ...] = (*ORDER[2:], *ORDER[:2])
"""States in the order in which they are read: what needs a person first, what is not asked last."""


def counted(states: Iterable[RequirementState]) -> dict[State, int]:
    """How often each state occurs, in the order in which they are read."""
    times = Counter(one.state for one in states)
    return {one: times[one] for one in READ if times[one]}


def sentence(pack: Framework, states: Sequence[RequirementState]) -> str:
    """``Of 40 requirements: 3 outside policy, 12 within policy ...``."""
    if not states:
        return f"{pack.name} asks nothing itself: it says which other texts do."
    listed = ", ".join(f"{n} {state}" for state, n in counted(states).items())
    return f"Of {len(states)} requirement{'s' if len(states) > 1 else ''}: {listed}."


def overview(
    packs: Mapping[str, Framework], scope: Scope, found: Mapping[str, Sequence[RequirementState]]
) -> pd.DataFrame:
    """One row per law or standard: whether it concerns the model, and how often each state occurs."""
    times = pd.DataFrame([{state: counted(found[id]).get(state, 0) for state in READ} | {"id": id} for id in packs])
    return concerned(packs, scope).merge(times, on="id")


def matrix(pack: Framework, states: Sequence[RequirementState]) -> pd.DataFrame:
    """One row per requirement, in the law's order."""
    rows = [
        {
            "id": one.id,
            "title": one.title,
            "ref": one.ref,
            "asks": asks(one, pack),
            "state": stands.state,
            "why": stands.reason,
            "evidence": stands.evidence,
            "from": stands.applies_from,
        }
        for one, stands in zip(pack.requirements, states, strict=True)
    ]
    return pd.DataFrame(rows, dtype=object)


def asks(one: Requirement, pack: Framework) -> str:
    """``Asks for: accuracy.accuracy with an interval; a document: model card; an attestation``."""
    parts = []
    for kind in dict.fromkeys(one.kinds):
        if kind == "measurable":
            parts.append(", ".join(map(str, one.measurements)))
        elif kind == "document":
            kinds = [each for each in documents_for(one, pack) if each != one.id]
            parts.append("a document" + (f": {', '.join(map(name_of, kinds))}" if kinds else ""))
        else:
            parts.append("a named person's attestation")
    return f"Asks for {'; '.join(parts)}"


def begins(on: date | None) -> str:
    """From when a duty applies, where that is later than today."""
    return f"applies from {on}" if on else ""
