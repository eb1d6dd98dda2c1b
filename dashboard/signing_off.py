"""Sign-off of a version for a stage: asked for, approved, withdrawn; and release, which is refused without it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from audit.acts.act import Act, of
from audit.acts.approvals import ApprovalState, refused, stale
from audit.acts.signoff import Approval, Refusal, Release, Request, Signed, Stage, Withdrawal
from audit.acts.waivers import covering, granted, uncovered
from audit.policy import Judgement
from audit.rule import Waiver
from dashboard.access import keep, permitted, refuse
from dashboard.governing import made, state, today
from models.card import Card
from storage.archive import Archive
from storage.ledger import Actor


def request(
    archive: Archive,
    version: str,
    stage: Stage,
    actor: Actor | None = None,
    reason: str = "",
    policy: str | None = None,
) -> Act:
    """Ask for a version to be approved, on its newest report and what a policy (any, where left out) said of it."""
    card = archive.model(version)
    actor = permitted(archive, "request", actor, card.name, card.digest)
    asked = made(Request, stage=stage, signed=rests_on(archive, card, policy), reason=reason)
    return keep(archive, "request", card.name, asked, actor)


def approve(
    archive: Archive, version: str, stage: Stage, ends: date, actor: Actor | None = None,
    conditions: tuple[str, ...] = (), on: date | None = None,
) -> Act:  # fmt: skip
    """Approve what was last asked for. Raises ``Refused`` where the evidence, the gate or the person does not allow it."""
    card, on = archive.model(version), on or today()
    actor = permitted(archive, "approve", actor, card.name, card.digest)
    if ends < on:
        raise ValueError(f"An approval until {ends} would be over already; give --until a later day.")
    acts = archive.acts(card.name)
    asked = _asked(acts, card, stage)
    why = _unapprovable(archive, card, stage, acts, actor, on)
    if asked is None or why:
        refuse(archive, card.name, actor, _refusal("approval", card, stage, why or "Nobody asked for it."))
    judgement = archive.judgement(asked[1].signed.judgement)
    waived = tuple(dict.fromkeys(covering(judgement, _waivers(archive, judgement, acts), card.title, on)))
    approval = made(
        Approval, request=asked[0].id, stage=stage, signed=asked[1].signed, conditions=conditions, ends=ends,
        waived=waived,
    )  # fmt: skip
    return keep(archive, "approve", card.name, approval, actor)


def withdraw(archive: Archive, approval: str, reason: str, actor: Actor | None = None) -> Act:
    """Take an approval back; a release that rests on it is not undone, and no new one follows."""
    given = archive.act(approval)
    if not isinstance(given.content, Approval):
        raise ValueError(f"{given.id} is no approval but of kind {given.kind}. Type: answerable signoff list")
    actor = permitted(archive, "withdraw", actor, given.subject, given.content.signed.model)
    return keep(archive, "withdraw", given.subject, made(Withdrawal, approval=given.id, reason=reason), actor)


def release(archive: Archive, version: str, stage: Stage, actor: Actor | None = None, on: date | None = None) -> Act:
    """Release a version to a stage. Raises ``Refused`` where no approval is in force."""
    card = archive.model(version)
    actor = permitted(archive, "release", actor, card.name, card.digest)
    stands = state(archive, card.name, on)
    if stands.phase == "retired":
        why = f"{card.name} is retired. Type: answerable inventory set {card.name} --phase developing"
        refuse(archive, card.name, actor, _refusal("release", card, stage, why))
    valid = stands.in_force(card.digest, stage)
    if not valid:
        others = [one for one in stands.approvals if (one.version, one.stage) == (card.digest, stage)]
        said = "; ".join(f"that by {one.by} {_is(one)}: {one.reason}" for one in others) or "nobody has approved it"
        why = (
            f"{card.title} has no approval in force for {stage}: {said}. "
            f"Type: answerable signoff request {card.title} --stage {stage}"
        )
        refuse(archive, card.name, actor, _refusal("release", card, stage, why))
    out = Release(stage=stage, version=card.digest, approvals=tuple(one.id for one in valid))
    done = keep(archive, "release", card.name, out, actor)
    if done.id not in {one.id for one in state(archive, card.name, on).released}:
        why = f"The approval of {card.title} was taken back at the same moment: it is not released. "
        why += f"Type: answerable signoff list {card.name}"
        refuse(archive, card.name, actor, _refusal("release", card, stage, why))
    return done


def _is(one: ApprovalState) -> str:
    return one.standing if one.standing == "does not count" else f"is {one.standing}"


def _refusal(tried: str, card: Card, stage: Stage, why: str) -> Refusal:
    return made(Refusal, tried=tried, version=card.digest, stage=stage, reason=why)


def rests_on(archive: Archive, card: Card, policy: str | None = None) -> Signed:
    """On what a sign-off would rest: the newest report of a version and the newest judgement of it."""
    report = archive.newest_report(card.title)
    judged = [one for one in archive.evidence(card.name).judgements if one.report == report.id]
    found = [one for one in judged if policy in (None, one.policy_name)]
    if not found:
        by = f" --policy {policy}" if policy else ""
        raise ValueError(f"{card.title} was not judged on its newest report. Type: answerable judge {card.title}{by}")
    newest = found[-1]
    return Signed(
        model=card.digest, split=report.split, policy=newest.policy, policy_name=newest.policy_name,
        report=report.key, judgement=newest.id,
    )  # fmt: skip


def _asked(acts: Iterable[Act], card: Card, stage: Stage) -> tuple[Act, Request] | None:
    """The newest request of a version for a stage."""
    found = [
        (one, content)
        for one, content in of(acts, Request)
        if (content.signed.model, content.stage) == (card.digest, stage)
    ]
    return found[-1] if found else None


def _unapprovable(archive: Archive, card: Card, stage: Stage, acts: list[Act], actor: Actor, on: date) -> str | None:
    """Why the version cannot be approved by this person now, and what to type."""
    again = f"Type: answerable signoff request {card.title} --stage {stage}"
    asked = _asked(acts, card, stage)
    if asked is None:
        return f"Nobody has asked for {card.title} to be approved for {stage}. {again}"
    evidence = archive.evidence(card.name)
    signed = asked[1].signed
    if outdated := stale(signed, (), evidence, on):
        return f"What was asked for is no longer what is known: {outdated}. {again}"
    four_eyes = evidence.four_eyes.get(signed.policy, True)
    made_by = evidence.made_by.get(card.digest)
    if why := refused(actor.name, actor.known_by, asked[0].actor, made_by, four_eyes=four_eyes):
        return (
            f"{actor.name} cannot approve {card.title}: {why}. Another person must, who logs in or has a token; or judge "
            f"it under a policy with four_eyes = false, and type: answerable signoff request {card.title} --stage {stage}"
        )
    return _shut(archive, card, signed, acts, on)


def _shut(archive: Archive, card: Card, signed: Signed, acts: list[Act], on: date) -> str | None:
    """Why the gate is shut for all waivers, and what to type."""
    judgement = archive.judgement(signed.judgement)
    left = uncovered(judgement, _waivers(archive, judgement, acts), card.title, on)
    if left:
        first = left[0]
        named = " ".join(filter(None, (first.rule.measure, first.setting)))
        is_so = "waived no longer" if first.outcome == "waived" else first.outcome
        return (
            f"The gate of {card.title} is shut under {judgement.policy_title} by {len(left)} verdicts, the first: {named} is "
            f"{is_so}. Train a better version, or type: answerable waive {card.name} {first.rule.measure} "
            "--reason WHY --until DAY"
        )
    if not any(one.rule.severity == "block" for one in judgement.verdicts):
        return f"{judgement.policy_title} has no rule that could shut the gate. Type: answerable judge {card.title}"
    return None


def _waivers(archive: Archive, judgement: Judgement, acts: Iterable[Act]) -> list[Waiver]:
    """Those of the policy, and those that were given since it was written."""
    return [*archive.policy(judgement.policy).waivers, *granted(acts).values()]
