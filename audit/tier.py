"""From answers to the risk tier of the EU AI Act, with the articles that lead there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal, Protocol

from audit import framework
from audit.interview import CLASSIFICATION, NONE, annex_iii, exemptions
from models.record import Record

TierId = Literal["prohibited", "high_risk_annex_iii", "high_risk_annex_i", "transparency", "gpai", "minimal"]
OVERLAYS = ("transparency", "gpai")
LATER = {"5(1)(ba)": date(2026, 12, 2), "5(1)(bb)": date(2026, 12, 2)}
"""Prohibitions that begin after the others: Regulation (EU) 2026/1744."""


class Answered(Protocol):
    """Something that knows what was answered."""

    def said(self, question: str) -> tuple[str, ...] | None: ...


class Placed(Record):
    """One tier a system is in, and why."""

    id: TierId
    ref: str
    applies_from: date
    reason: str


class Tiers(Record):
    """All tiers of a system: the main one first, then the overlays; and what is still open."""

    tiers: tuple[Placed, ...]
    open: tuple[str, ...]
    """Questions whose answer can still add or take away a tier."""
    exemption: str = ""
    """What was claimed under Art. 6(3) and why it counts or does not."""

    @property
    def deciding(self) -> tuple[str, ...]:
        """What is open and bears on the main tier; while there is something, the system is never minimal."""
        return tuple(one for one in self.open if one not in OVERLAYS)

    @property
    def main(self) -> TierId | None:
        """Prohibited, high-risk or minimal; ``None`` while it cannot be told."""
        mains = [one.id for one in self.tiers if one.id not in OVERLAYS]
        return mains[0] if mains else None


def tier(scope: Answered) -> Tiers:
    """Where the answers place the system. Prohibited comes before all; overlays stack on any tier."""
    exemption, exempt, follow_up = _exemption(scope)
    unanswered = [
        one for one in ("prohibited", "annex_i_product", "annex_iii", "transparency", "gpai") if not scope.said(one)
    ]
    if scope.said("annex_i_product") == ("yes",) and not scope.said("annex_i_third_party"):
        unanswered.append("annex_i_third_party")
    unanswered += follow_up
    mains = list(_prohibited(scope)) or [*_annex_iii(scope, exempt, exemption), *_annex_i(scope)]
    deciding = [one for one in unanswered if one not in OVERLAYS]
    if not mains and not deciding:
        mains = [_placed("minimal", exemption or "no answer leads to another tier")]
    return Tiers(tiers=(*mains, *_overlays(scope)), open=tuple(unanswered), exemption=exemption)


def _chosen(scope: Answered, question: str) -> tuple[str, ...]:
    return tuple(one for one in scope.said(question) or () if one != NONE)


def _prohibited(scope: Answered) -> Iterator[Placed]:
    practices = _chosen(scope, "prohibited")
    if practices:
        placed = _placed("prohibited", f"it does what Art. {', '.join(practices)} forbids")
        begins = min(LATER.get(one, placed.applies_from) for one in practices)
        yield placed.model_copy(update={"applies_from": begins})


def _annex_iii(scope: Answered, exempt: bool, exemption: str) -> Iterator[Placed]:
    uses = _chosen(scope, "annex_iii")
    if uses and not exempt:
        named = "; ".join(f"point {one} ({annex_iii().get(one, 'unknown use')})" for one in uses)
        yield _placed("high_risk_annex_iii", ". ".join(filter(None, (f"Art. 6(2), Annex III {named}", exemption))))


def _annex_i(scope: Answered) -> Iterator[Placed]:
    if scope.said("annex_i_product") == ("yes",) and scope.said("annex_i_third_party") == ("yes",):
        yield _placed("high_risk_annex_i", "Art. 6(1): under the law of Annex I, and assessed by a third party")


def _overlays(scope: Answered) -> Iterator[Placed]:
    duties = _chosen(scope, "transparency")
    if duties:
        yield _placed("transparency", f"Art. {', '.join(duties)}; stacks on the other tiers")
    if scope.said("gpai") not in (None, ("no",)):
        systemic = scope.said("gpai") == ("systemic_risk",)
        risk = "Art. 51: with systemic risk" if systemic else "Art. 53: without systemic risk"
        yield _placed("gpai", f"{risk}; a separate axis")


def _exemption(scope: Answered) -> tuple[str, bool, list[str]]:
    """What to say of Art. 6(3), whether it exempts, and the questions that are open for it."""
    if not _chosen(scope, "annex_iii"):
        return "", False, []
    if scope.said("profiling") is None:
        return "", False, ["profiling"]
    if scope.said("profiling") == ("yes",):
        return "Art. 6(3), last subparagraph: never exempt, it profiles people", False, []
    if scope.said("exemption") is None:
        return "", False, ["exemption"]
    claimed = _chosen(scope, "exemption")
    if not claimed:
        return "", False, []
    named = "; ".join(f"Art. {one} ({exemptions().get(one, 'unknown condition')})" for one in claimed)
    if scope.said("exemption_documented") == ("yes",):
        return f"Exempt by {named}; documented by Art. 6(4) and registered by Art. 49(2)", True, []
    unsaid = [] if scope.said("exemption_documented") else ["exemption_documented"]
    return f"{named} is claimed, and counts only once documented (Art. 6(4)) and registered (Art. 49(2))", False, unsaid


def _placed(id: TierId, reason: str) -> Placed:
    found = next(one for one in framework.read(CLASSIFICATION).tiers if one.id == id)
    return Placed(id=id, ref=found.ref, applies_from=found.applies_from, reason=reason)
