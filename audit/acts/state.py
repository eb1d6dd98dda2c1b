"""Where a model stands: one pure function over all acts about it and the evidence that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Literal, NamedTuple

from audit.acts.act import Act, Kind, last, of
from audit.acts.approvals import ApprovalState, Sameness, approvals, same
from audit.acts.change import Change
from audit.acts.evidence import Evidence
from audit.acts.findings import FindingState, findings
from audit.acts.incidents import IncidentState, log
from audit.acts.inventory import InventoryEntry
from audit.acts.risks import RiskState, register
from audit.acts.signoff import Approval, Release, Request, Stage, Withdrawal
from audit.acts.waiver import Waiver
from models.record import Record

SILENT: tuple[Kind, ...] = ("document", "attestation", "scope", "grant", "token", "token_end")
"""Acts that say nothing of where a model stands."""
Phase = Literal["not registered", "developing", "in validation", "approved", "approved with conditions", "retired"]


class Released(Record):
    """A version that went to a stage."""

    id: str
    version: str
    """Model digest."""
    stage: Stage
    by: str
    at: datetime


class Matter(NamedTuple):
    """Something about a model that somebody must look at."""

    about: IncidentState | InventoryEntry | ApprovalState | FindingState | RiskState | Waiver
    sentence: str
    late: bool = True
    """Whether its day is over."""


class ModelState(Record):
    """Where a model stands on a day."""

    model: str
    today: date
    phase: Phase
    entry: InventoryEntry | None = None
    """What the inventory says of it."""
    review_overdue: bool = False
    approvals: tuple[ApprovalState, ...] = ()
    findings: tuple[FindingState, ...] = ()
    changes: tuple[Change, ...] = ()
    """The newest classing of each version."""
    waivers: tuple[Waiver, ...] = ()
    """In force and expired."""
    released: tuple[Released, ...] = ()
    """The newest release to each stage."""
    risks: tuple[RiskState, ...] = ()
    """The newest word on each, the open and severe first."""
    incidents: tuple[IncidentState, ...] = ()
    """The newest word on each, those that must be reported first."""

    def in_force(self, version: str, stage: Stage) -> tuple[ApprovalState, ...]:
        """Approvals that let this version go to this stage."""
        return tuple(
            one for one in self.approvals if (one.version, one.stage, one.standing) == (version, stage, "in force")
        )

    @property
    def open_findings(self) -> tuple[FindingState, ...]:
        """The overdue first, then by their due date."""
        return tuple(sorted((one for one in self.findings if one.closed is None), key=lambda one: one.due))

    @property
    def matters(self) -> tuple[Matter, ...]:
        """What somebody must look at, the most pressing first: incidents, reviews, approvals, findings, risks, waivers."""
        return tuple(_matters(self))

    @property
    def attention(self) -> tuple[str, ...]:
        """The same as sentences."""
        return tuple(one.sentence for one in self.matters)


def state_of(model: str, acts: Iterable[Act], evidence: Evidence, today: date) -> ModelState:
    """Where a model stands, from the acts about it in the order they were done. Pure: the same in, the same out."""
    kept = [one for one in acts if one.subject == model]
    entered = last(kept, InventoryEntry)
    entry = entered[1] if entered else None
    approved = approvals(kept, evidence, today)
    return ModelState(
        model=model,
        today=today,
        phase=_phase(entry, approved, kept),
        entry=entry,
        review_overdue=entry is not None and entry.phase != "retired" and entry.next_review < today,
        approvals=approved,
        findings=findings(kept, evidence, today),
        changes=tuple({content.version: content for _, content in of(kept, Change)}.values()),
        waivers=tuple(content for _, content in of(kept, Waiver)),
        released=tuple(_released(kept)),
        risks=register(kept, today),
        incidents=log(kept, today),
    )


def _phase(entry: InventoryEntry | None, approved: Iterable[ApprovalState], acts: list[Act]) -> Phase:
    """Approved follows from approvals; without one the inventory says, and an open request is a validation."""
    if entry is None:
        return "not registered"
    if entry.phase == "retired":
        return "retired"
    valid = [one for one in approved if one.standing == "in force"]
    if valid:
        return "approved with conditions" if all(one.conditions for one in valid) else "approved"
    return "in validation" if of(acts, Request) else entry.phase


def _released(acts: list[Act]) -> Iterator[Released]:
    """A release that came after its approvals were taken back does not count, however close they were."""
    given: dict[str, Sameness] = {}
    newest: dict[Stage, Released] = {}
    for one in acts:
        content = one.content
        if isinstance(content, Approval):
            given[one.id] = same(one, content)
        elif isinstance(content, Withdrawal):
            back = given.get(content.approval)
            given = {id: said for id, said in given.items() if said != back}
        elif isinstance(content, Release) and given.keys() & content.approvals:
            newest[content.stage] = Released(
                id=one.id, version=content.version, stage=content.stage, by=one.actor, at=one.created
            )
    yield from newest.values()


def _matters(state: ModelState) -> Iterator[Matter]:
    yield from _incidents(state)
    if state.review_overdue and state.entry:
        ago = _days((state.today - state.entry.next_review).days)
        yield Matter(state.entry, f"The review of {state.model} was due on {state.entry.next_review}, {ago} ago.")
    for one in _lapsed(state):
        yield Matter(one, f"The approval by {one.by} for {one.stage} is {one.standing}: {one.reason}.")
    for finding in state.open_findings:
        due = f"{'was' if finding.overdue else 'is'} due on {finding.due}: {finding.title}"
        yield Matter(finding, f"Finding {finding.id} ({finding.severity}, {finding.owner}) {due}.", finding.overdue)
    for risk in (one for one in state.risks if one.overdue):
        due = f"({risk.risk.owner}) was due on {risk.risk.next_review}"
        yield Matter(risk, f"The review of risk {risk.risk.key} {due}.")
    for waiver in {(one.measure, one.setting): one for one in state.waivers}.values():
        if waiver.expires < state.today:
            yield Matter(waiver, f"The waiver of {waiver.measure} expired on {waiver.expires}.")


def _incidents(state: ModelState) -> Iterator[Matter]:
    for one in state.incidents:
        if one.state in ("overdue", "to be reported"):
            late = one.state == "overdue"
            due = f"{'had' if late else 'has'} to be reported by {one.due}"
            yield Matter(one, f"Incident {one.incident.key} {due} ({one.duty}) and is not.", late)


def _lapsed(state: ModelState) -> Iterator[ApprovalState]:
    """Those of what is released that ended or were taken back, and expired and stale ones that nothing later makes up for."""
    out = {(one.version, one.stage) for one in state.released}
    for one in state.approvals:
        if (one.version, one.stage) in out:
            lapsed = one.standing in ("expired", "stale", "withdrawn") and not state.in_force(one.version, one.stage)
        else:
            later = [other for other in state.approvals if other.stage == one.stage and other.at > one.at]
            lapsed = one.standing in ("expired", "stale") and not any(other.standing == "in force" for other in later)
        if lapsed:
            yield one


def _days(number: int) -> str:
    return f"{number} day{'s' if number != 1 else ''}"
