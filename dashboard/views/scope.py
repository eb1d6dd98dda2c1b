"""What was answered about a model, by whom and when, and what follows: the tier, and the laws that concern it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo

import pandas as pd

from audit.acts.act import Act, of
from audit.framework import Framework
from audit.interview import Question, interview
from audit.scope import Scope, applicable, open_questions
from audit.tier import Tiers
from dashboard import figures

TIERS = {
    "prohibited": "Prohibited", "high_risk_annex_iii": "High-risk (Annex III)", "high_risk_annex_i": "High-risk (Annex I)",
    "transparency": "Transparency duties", "gpai": "General-purpose model", "minimal": "Minimal risk",
}  # fmt: skip

WHETHER = ("yes", "undecided", "no")
"""Whether a law concerns a model, in the order in which it is read."""


def progress(scope: Scope) -> str:
    """How many questions are answered, and how many are open."""
    left = len(open_questions(scope))
    answered = len(scope.answers)
    said = f"{answered} question{'' if answered == 1 else 's'} answered"
    return f"{said}; {left} open." if left else f"{said}; every question that arises is answered."


def placed(found: Tiers) -> list[str]:
    """Each tier of the EU AI Act in a sentence with the rule that leads there, or what is still open for it."""
    said = [f"{TIERS[one.id]} ({one.ref}), from {one.applies_from}: {one.reason}." for one in found.tiers]
    if found.main is None:
        said.append(f"Which tier it is in cannot be told yet; open: {', '.join(found.deciding)}.")
    return said


def questions(scope: Scope) -> list[Question]:
    """Those that were answered and those that are open, in the interview's order."""
    asked = {one.id for one in open_questions(scope)} | {name for name, _ in scope.answers}
    return [one for one in interview().questions if one.id in asked]


def answers(scope: Scope, acts: Sequence[Act], zone: tzinfo | None) -> pd.DataFrame:
    """One row per answered question: what was said, by whom and when it was last said otherwise."""
    last = {name: act for act, changed in _changes(acts) for name in changed}
    rows = [
        {
            "id": one.id,
            "question": one.text,
            "cites": one.cites,
            "answer": told(one, scope.said(one.id) or ()),
            "who": _who(last[one.id], zone) if one.id in last else "",
        }
        for one in questions(scope)
        if scope.said(one.id)
    ]
    return pd.DataFrame(rows)


def told(question: Question, said: Sequence[str]) -> str:
    """An answer in the words of its options."""
    if question.kind == "text":
        return "; ".join(said)
    texts = {one.id: one.text for one in question.options}
    return "; ".join(
        f"{one} {texts[one]}" if "(" in one and one not in texts[one] else texts.get(one, one) for one in said
    )


def history(acts: Sequence[Act], zone: tzinfo | None) -> pd.DataFrame:
    """One row per time that something was answered, the newest first: who, when, and what became what."""
    rows = [
        {
            "id": act.id,
            "who": _who(act, zone),
            "what": "; ".join(
                f"{name}: {was} → {now}" if was else f"{name}: {now}" for name, (was, now) in changed.items()
            ),
        }
        for act, changed in _changes(acts)
    ]
    return pd.DataFrame(rows[::-1])


def concerned(packs: Mapping[str, Framework], scope: Scope) -> pd.DataFrame:
    """One row per law or standard: whether it concerns the model, and why; those that do first."""
    found = [(name, pack.name, applicable(scope, pack)) for name, pack in packs.items()]
    found.sort(key=lambda one: (WHETHER.index(one[2].applies), one[1]))
    return pd.DataFrame(
        [{"id": id, "name": name, "applies": one.applies, "why": one.reason} for id, name, one in found]
    )


def _changes(acts: Sequence[Act]) -> Iterator[tuple[Act, dict[str, tuple[str, str]]]]:
    """What each act answered otherwise than the one before, as text."""
    before: dict[str, str] = {}
    for act, scope in of(acts, Scope):
        now = {name: ", ".join(said) for name, said in scope.answers}
        yield act, {name: (before.get(name, ""), said) for name, said in now.items() if before.get(name) != said}
        before = now


def _who(act: Act, zone: tzinfo | None) -> str:
    return f"{act.actor} ({act.known_by}), {figures.moment(act.created, zone)}"
