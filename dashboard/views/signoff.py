"""What is known of a version's way to a stage: on what a sign-off rests, who approved, what was done and refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, tzinfo
from textwrap import shorten

import pandas as pd

from audit.acts.act import Act
from audit.acts.signoff import Approval, Refusal, Release, Request, Signed, Stage, Withdrawal
from audit.acts.state import ModelState
from audit.acts.waivers import uncovered
from audit.measure import identifier
from audit.policy import Judgement, Policy, Verdict
from audit.rule import Waiver
from dashboard import figures, marks
from dashboard.views.report import why
from dashboard.views.wording import label
from models.card import Card
from models.record import Record

LONGEST = 200
"""Characters of a reason in a table."""


def sentence(state: ModelState, card: Card, stage: Stage, asked: Act | None) -> str:
    """How far the version is, first of all, as Markdown."""
    given = state.in_force(card.digest, stage)
    out = next((one for one in state.released if (one.version, one.stage) == (card.digest, stage)), None)
    if out:
        ended = "" if given else f" {marks.word('expired')}: no approval of it is in force any more."
        return f"{marks.chip('released')} Released to {stage} by {marks.plain(out.by)} on {out.at:%Y-%m-%d}.{ended}"
    if given:
        on = "; ".join(given[-1].conditions)
        until = f"until {given[-1].ends}" + (f", on condition: {on}" if on else "")
        return (
            f"{marks.chip('approved')} Approved for {stage} by {marks.plain(f'{given[-1].by} {until}')}. Not released."
        )
    if asked:
        return (
            f"{marks.chip('in validation')} {marks.plain(asked.actor)} asked for {stage} on {asked.created:%Y-%m-%d}; "
            "no approval is in force."
        )
    return f"{marks.chip('missing', 'not asked for')} Nobody has asked for {marks.plain(card.title)} to go to {stage}."


def foundation(
    signed: Signed, policy: Policy, judgement: Judgement, dataset: str, made_by: str | None
) -> dict[str, str]:
    """On what a sign-off would rest, as Markdown: change one of these and it no longer holds."""
    late = ", declared after the fact" if judgement.after_the_fact else ""
    eyes = "the author may approve alone" if policy.four_eyes is False else "demanded"
    return {
        "Model": marks.code(signed.model),
        "Data": f"{marks.plain(dataset)} {marks.code(signed.split)}",
        "Policy": f"{marks.plain(judgement.policy_title)} {marks.code(signed.policy)}{late}",
        "Report": marks.link(identifier("r", [signed.report])),
        "Judgement": marks.code(signed.judgement),
        "Made by": marks.plain(made_by) if made_by else "nobody knows",
        "Four eyes": eyes,
    }


def leaning(judgement: Judgement) -> list[Verdict]:
    """Blocking verdicts that open the gate only while somebody accepts them."""
    return uncovered(judgement, (), "", date.max)


def shut_by(judgement: Judgement, waivers: Sequence[Waiver], title: str, on: date) -> pd.DataFrame:
    """One row for each of them: what does not hold and why, and who accepts it until when."""
    rows = []
    for one in leaning(judgement):
        accepted = [waiver for waiver in waivers if waiver.covers(one.rule, one.setting, title, on)]
        last = max(accepted, key=lambda waiver: waiver.expires, default=None)
        rows.append({
            "Verdict": marks.word(one.outcome),
            "Measure": marks.beneath(label(one.rule.measure, one.setting, one.rule.slice), _shortened(why(one))),
            "Accepted": (
                f"{marks.word('waived')} until {last.expires}  \n:small[:gray[{marks.plain(f'{last.owner}: {last.reason}')}]]"
                if last else "nobody accepts it"
            ),
            "Id": _number(one),
        })  # fmt: skip
    return pd.DataFrame(rows)


def gate(judgement: Judgement, waivers: Sequence[Waiver], title: str, on: date) -> str:
    """Whether the gate opens, waivers counted, in one sentence."""
    blocking = sum(one.rule.severity == "block" for one in judgement.verdicts)
    if not blocking:
        return f"{marks.chip('fail', 'shut')} The policy has no rule that could shut the gate, so nothing was asked."
    told = f"{blocking} blocking verdict{'' if blocking == 1 else 's'}"
    if left := len(uncovered(judgement, waivers, title, on)):
        return f"{marks.chip('fail', 'shut')} {told}: {left} not met, and nobody accepts that."
    if accepted := len(leaning(judgement)):
        return f"{marks.chip('waived', 'open by waivers')} {told}: {accepted} not met, which is accepted."
    return f"{marks.chip('pass', 'open')} {told}: all hold."


def approvals(state: ModelState, card: Card, stage: Stage, zone: tzinfo | None) -> pd.DataFrame:
    """Every approval of the version for the stage, the newest first, and what has become of it."""
    rows = [
        {
            "Standing": marks.word(one.standing)
            + (f"  \n:small[:gray[{marks.plain(one.reason)}]]" if one.reason else ""),
            "By": marks.beneath(one.by, f"{one.known_by}, {figures.moment(one.at, zone)}")
            + ("  \n:small[:orange[its author]]" if one.by_author else ""),
            "Conditions": marks.plain("; ".join(one.conditions)) or "none",
            "Until": str(one.ends),
            "Id": marks.code(one.id),
        }
        for one in reversed(state.approvals)
        if (one.version, one.stage) == (card.digest, stage)
    ]
    return pd.DataFrame(rows)


def about(acts: Iterable[Act], card: Card, stage: Stage) -> list[Act]:
    """What was done about this version and stage, oldest first; what was refused too."""
    given: dict[str, Record] = {}
    found = []
    for one in acts:
        content = one.content
        if isinstance(content, Approval):
            given[one.id] = content
        if _concerns(given.get(content.approval) if isinstance(content, Withdrawal) else content, card, stage):
            found.append(one)
    return found


def done(acts: Iterable[Act], zone: tzinfo | None) -> pd.DataFrame:
    """The same as a table, newest first."""
    rows = [
        {
            "When": figures.moment(one.created, zone),
            "Who": marks.plain(f"{one.actor} ({one.known_by})"),
            "What": _what(one),
            "Id": marks.code(one.id),
        }
        for one in acts
    ]
    return pd.DataFrame(rows[::-1])


def waivers(state: ModelState, zone: tzinfo | None) -> pd.DataFrame:
    """Waivers of the model, the newest first."""
    rows = [
        {
            "Rule": marks.beneath(label(one.measure, one.setting or ""), "" if one.setting else "in every setting"),
            "Standing": marks.word("expired" if one.expires < state.today else "in force"),
            "Until": str(one.expires),
            "Accepted by": marks.beneath(one.owner, one.reason),
            "Instead": marks.plain(one.compensating_control) or "nothing",
        }
        for one in reversed(state.waivers)
    ]
    return pd.DataFrame(rows)


def _shortened(text: str) -> str:
    return shorten(text, LONGEST, placeholder=" … (the report says all)")


def _number(one: Verdict) -> str:
    """What was judged: a link where the report has it; a difference to the parent stands in no report."""
    if one.measure and one.rule.against != "parent":
        return marks.link(one.measure)
    return marks.code(one.measure or one.id)


def _concerns(content: Record | None, card: Card, stage: Stage) -> bool:
    if isinstance(content, Request | Approval):
        return (content.signed.model, content.stage) == (card.digest, stage)
    if isinstance(content, Release):
        return (content.version, content.stage) == (card.digest, stage)
    return isinstance(content, Refusal) and content.version == card.digest and content.stage in (None, stage)


def _what(act: Act) -> str:
    content = act.content
    said = {
        Request: "asked for approval", Approval: "approved", Withdrawal: "took an approval back", Release: "released",
    }.get(type(content), act.kind)  # fmt: skip
    if isinstance(content, Refusal):
        return f":red[✕ refused]: {marks.plain(content.tried.replace('_', ' '))}  \n:small[:gray[{marks.plain(content.reason)}]]"
    return marks.beneath(said, getattr(content, "reason", ""))
