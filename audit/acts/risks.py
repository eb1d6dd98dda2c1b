"""The risk register of a model: the newest word on each risk, and what no risk answers; derived, never stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from audit.acts.act import Act, of
from audit.acts.findings import FindingState
from audit.acts.risk import Level, Risk
from audit.acts.waiver import shut
from audit.attestation import DocumentFact
from audit.policy import Judgement, Verdict
from models.record import Record, canonical, sha256


class RiskState(Record):
    """One risk, who said so last, and whether it should have been looked at again by now."""

    id: str
    """Of the act that said it last."""
    by: str
    at: datetime
    risk: Risk
    overdue: bool
    """Whether its review is."""
    states: int = 1
    """How often it was described."""

    @property
    def living(self) -> bool:
        """Whether it is still to be reckoned with."""
        return self.risk.status != "closed"


class Uncovered(NamedTuple):
    """Something that does not hold and that no risk answers."""

    about: str
    """As a risk says it in ``about``."""
    title: str
    evidence: str
    """Id of the measure; empty for a finding."""
    why: str


def register(acts: Iterable[Act], today: date) -> tuple[RiskState, ...]:
    """The newest word on each risk: the open and severe first."""
    told: dict[str, list[Act]] = {}
    newest: dict[str, Risk] = {}
    for one, risk in of(acts, Risk):
        told.setdefault(risk.key, []).append(one)
        newest[risk.key] = risk
    states = [
        RiskState(
            id=told[key][-1].id,
            by=told[key][-1].actor,
            at=told[key][-1].created,
            risk=risk,
            overdue=risk.status != "closed" and risk.next_review < today,
            states=len(told[key]),
        )
        for key, risk in newest.items()
    ]
    return tuple(sorted(states, key=_pressing))


def uncovered(
    judgement: Judgement | None, findings: Iterable[FindingState], risks: Iterable[RiskState]
) -> tuple[Uncovered, ...]:
    """Blocking verdicts that do not hold and open findings that no living risk names."""
    named = {name for one in risks if one.living for name in (*one.risk.about, *one.risk.evidence)}
    shown = [*(_verdicts(judgement) if judgement else ()), *_open(findings)]
    return tuple(one for one in shown if not _names(one) & named)


def fact(risks: Iterable[RiskState]) -> DocumentFact | None:
    """The register as the document that a requirement asks for: there as soon as it holds a risk, old when a review is."""
    kept = list(risks)
    if not kept:
        return None
    newest = max(kept, key=lambda one: one.at)
    reviews = [one.risk.next_review for one in kept if one.living]
    return DocumentFact(
        kind="risk_register", digest=sha256(canonical(sorted(one.id for one in kept))), dated=newest.at.date(),
        author=newest.by, expires=min(reviews, default=None),
    )  # fmt: skip


def _pressing(one: RiskState) -> tuple[bool, bool, int, int, date, str]:
    risk = one.risk
    return not one.living, risk.status != "open", -risk.weight, -risk.residual_weight, risk.next_review, risk.key


def _names(one: Uncovered) -> set[str]:
    """By what a risk can name it: the measure with its setting or without, its id, the finding's id."""
    return {one.about, one.about.partition(" ")[0], one.evidence} - {""}


def _verdicts(judgement: Judgement) -> Iterator[Uncovered]:
    told: dict[str, Verdict] = {}
    for one in shut(judgement):
        if one.outcome in ("fail", "unsure"):
            told.setdefault(" ".join(filter(None, (one.rule.measure, one.setting))), one)
    for about, one in told.items():
        yield Uncovered(about, f"{about}: {one.outcome}", one.measure or one.id, one.reason)


def _open(findings: Iterable[FindingState]) -> Iterator[Uncovered]:
    for one in findings:
        if one.closed is None:
            yield Uncovered(one.id, one.title, "", f"finding of {one.severity} severity, due on {one.due}")


def levels(severity: Level, likelihood: Level) -> str:
    """``high severity, low likelihood``."""
    return f"{severity} severity, {likelihood} likelihood"
