"""What has become of each approval: in force, expired, stale, withdrawn, or never counting; derived, never stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Literal

from audit.acts.act import Act, KnownBy, of
from audit.acts.evidence import Evidence
from audit.acts.person import compared
from audit.acts.signoff import Approval, Request, Signed, Stage, Withdrawal
from models.record import Record

Standing = Literal["in force", "expired", "stale", "withdrawn", "does not count"]
Sameness = tuple[str, str, Stage]


class ApprovalState(Record):
    """One person's approval of one version for one stage, and what has become of it."""

    id: str
    by: str
    known_by: KnownBy
    at: datetime
    version: str
    """Model digest."""
    stage: Stage
    report: str
    """Report key it rests on."""
    standing: Standing
    reason: str
    """Why it is not in force; empty where it is."""
    conditions: tuple[str, ...] = ()
    ends: date
    by_author: bool = False
    """Whether the same person trained the version or asked for the approval."""

    @property
    def sentence(self) -> str:
        """What a report says of it."""
        who = f"approved by its author {self.by}" if self.by_author else f"approved by {self.by}"
        said = f"{who} ({self.known_by}) for {self.stage} on {self.at:%Y-%m-%d}, until {self.ends}"
        said += f", on condition: {'; '.join(self.conditions)}" if self.conditions else ""
        return said if self.standing == "in force" else f"{said}; {self.standing}: {self.reason}"


def approvals(acts: Iterable[Act], evidence: Evidence, today: date) -> tuple[ApprovalState, ...]:
    """Every approval, oldest first. The same person approving the same again is one: the newest that is in force."""
    kept = list(acts)
    requests = {one.id: (one, content) for one, content in of(kept, Request)}
    withdrawn = _withdrawn(kept)
    found: dict[Sameness, ApprovalState] = {}
    for one, content in of(kept, Approval):
        state = _state(one, content, requests, withdrawn, evidence, today)
        before = found.get(same(one, content))
        if before is None or before.standing != "in force" or state.standing in ("in force", "expired"):
            found.pop(same(one, content), None)
            found[same(one, content)] = state
    return tuple(found.values())


def same(one: Act, content: Approval) -> Sameness:
    """What makes two approvals one: person, version and stage."""
    return compared(one.actor), content.signed.model, content.stage


def _withdrawn(acts: Iterable[Act]) -> dict[str, tuple[Act, str]]:
    """What was taken back, by approval id: with one also those that the same person gave before of the same."""
    given: dict[str, Sameness] = {}
    found: dict[str, tuple[Act, str]] = {}
    for one in acts:
        if isinstance(one.content, Approval):
            given[one.id] = same(one, one.content)
        elif isinstance(one.content, Withdrawal) and (told := given.get(one.content.approval)):
            back = [id for id, other in given.items() if other == told]
            found |= {id: (one, one.content.reason) for id in back if id not in found}
    return found


def refused(
    actor: str, known_by: KnownBy, requester: str | None, made_by: str | None, *, four_eyes: bool
) -> str | None:
    """Why an approval by this person does not count; ``None`` where it does."""
    if not four_eyes:
        return None
    for role, name in (("asked for the approval", requester), ("made the version", made_by)):
        if name is None:
            return f"it is not known who {role}, and the policy demands four eyes"
        if compared(actor) == compared(name):
            return f"{actor} {role}, and the policy demands four eyes"
    if known_by == "os-user":
        return f"{actor} is known by the operating system alone, and the policy demands four eyes"
    return None


def stale(signed: Signed, waived: Iterable[tuple[str, date]], evidence: Evidence, today: date) -> str | None:
    """Why what was signed is no longer what is known; ``None`` while it is."""
    return next(_outdated(signed, waived, evidence, today), None)


def _outdated(signed: Signed, waived: Iterable[tuple[str, date]], evidence: Evidence, today: date) -> Iterator[str]:
    yield from _newer_reports(signed, evidence)
    yield from _newer_judgements(signed, evidence)
    now = evidence.in_force.get(signed.policy_name)
    if now is not None and now != signed.policy:
        yield f"the policy {signed.policy_name} changed: {signed.policy[:12]} then, {now[:12]} now"
    for measure, until in waived:
        if until < today:
            yield f"the waiver of {measure} expired on {until}"


def _newer_reports(signed: Signed, evidence: Evidence) -> Iterator[str]:
    report = evidence.report(signed.report)
    if report is None:
        yield "the report it rests on is not kept here"
        return
    for one in evidence.reports:
        if one.model == signed.model and one.key != signed.report and one.created > report.created:
            other = "another split" if one.split != signed.split else "the same split"
            yield f"there is the newer report {one.id} on {other}, of {one.created:%Y-%m-%d}"


def _newer_judgements(signed: Signed, evidence: Evidence) -> Iterator[str]:
    """Judged again is new evidence where the policy is another one, or where a rule that held does not."""
    bound = next((one for one in evidence.judgements if one.id == signed.judgement), None)
    if bound is None:
        yield "the judgement it rests on is not kept here"
        return
    alike = [one for one in evidence.judgements if (one.model, one.policy_name) == (signed.model, signed.policy_name)]
    for later in (one for one in alike if one.created > bound.created):
        if later.policy != signed.policy:
            yield f"the policy {signed.policy_name} changed, and {later.id} of {later.created:%Y-%m-%d} is under the new one"
        elif worse := sorted(set(later.shut_by) - set(bound.shut_by)):
            yield f"judgement {later.id} of {later.created:%Y-%m-%d} shuts the gate: {', '.join(worse)}"


def _state(
    one: Act,
    content: Approval,
    requests: Mapping[str, tuple[Act, Request]],
    withdrawn: Mapping[str, tuple[Act, str]],
    evidence: Evidence,
    today: date,
) -> ApprovalState:
    asked = requests.get(content.request)
    made_by = evidence.made_by.get(content.signed.model)
    authors = {compared(name) for name in (asked[0].actor if asked else None, made_by) if name}
    standing, reason = _standing(one, content, asked, withdrawn.get(one.id), evidence, today)
    return ApprovalState(
        id=one.id, by=one.actor, known_by=one.known_by, at=one.created, version=content.signed.model,
        stage=content.stage, report=content.signed.report, standing=standing, reason=reason,
        conditions=content.conditions, ends=content.ends, by_author=compared(one.actor) in authors,
    )  # fmt: skip


def _standing(
    one: Act,
    content: Approval,
    asked: tuple[Act, Request] | None,
    taken_back: tuple[Act, str] | None,
    evidence: Evidence,
    today: date,
) -> tuple[Standing, str]:
    if taken_back:
        return "withdrawn", f"by {taken_back[0].actor} on {taken_back[0].created:%Y-%m-%d}, because {taken_back[1]}"
    if asked is None or (asked[1].stage, asked[1].signed) != (content.stage, content.signed):
        return "does not count", "nobody asked for it on this evidence"
    four_eyes = evidence.four_eyes.get(content.signed.policy, True)
    made_by = evidence.made_by.get(content.signed.model)
    why = refused(one.actor, one.known_by, asked[0].actor, made_by, four_eyes=four_eyes)
    if why:
        return "does not count", why
    if content.ends < today:
        return "expired", f"it ended on {content.ends}"
    outdated = stale(content.signed, content.waived, evidence, today)
    return ("stale", outdated) if outdated else ("in force", "")
