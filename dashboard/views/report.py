"""What a report says: its numbers, its verdicts, and what it could not say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import tzinfo

import pandas as pd

from audit.compare import Difference
from audit.grouping import JOINT
from audit.measure import Measure
from audit.policy import ORDER, Judgement, Verdict
from audit.report import Answer, Question, Report
from dashboard import figures
from dashboard.views.wording import label, limit_of, limit_text
from models.card import Card
from storage.ledger import Entry

"""What needs a person first."""
DETAIL = {"class", "baseline", "column"}
"""Settings that make a number one of many of its kind."""
SILENCE = {"not_applicable": "does not apply", "failed": "failed", "missing": "missing"}
_COLUMNS = [
    "id", "code", "dimension", "name", "label", "value", "low", "high", "n", "text", "reason", "note", "limit", "side",
    "limit_text", "outcome", "why", "detail",
]  # fmt: skip


def summary(report: Report, judgement: Judgement | None) -> str:
    """What a reader must know first, in one or two sentences."""
    asked = Counter(one.status for one in report.answers)
    silent = [f"{asked['not_applicable']} do not apply"] if asked["not_applicable"] else []
    silent += [f"{asked['failed']} failed"] if asked["failed"] else []
    questions = f"Of {len(report.answers)} questions {asked['measured']} were measured"
    questions += f"; {', '.join(silent)}." if silent else "."
    if judgement is None:
        return f"No policy has judged this report yet. {questions}"
    said = ", ".join(f"{n} {word}" for word in figures.SYMBOLS if (n := _counted(judgement, word)))
    verb = "passes" if judgement.passed else "does not pass"
    return f"{report.title} {verb} the policy {judgement.policy_title}: {said}. {questions}"


def identity(
    report: Report, card: Card, judgement: Judgement | None, entries: list[Entry], zone: tzinfo | None
) -> dict[str, str]:
    """Who the report is about, on what, made when and by whom, under which policy; as Markdown."""
    by = next((f" by {one.actor}" for one in entries if one.kind == "report"), "")
    facts = {
        "Report": f"`{figures.short(report.id)}`",
        "Model": f"`{figures.short(card.digest)}`",
        "Data": f"{report.dataset}, {figures.count(report.n)} held out `{figures.short(report.split)}`",
        "Audited": f"{figures.moment(report.created, zone)}{by}",
        "Code": f"`{figures.short(report.code)}`",
        "Seed": str(report.seed),
    }
    if judgement:
        late = ", declared after the fact" if judgement.after_the_fact else ""
        facts["Policy"] = f"{judgement.policy_title} `{figures.short(judgement.policy)}`{late}"
        noun = "version" if judgement.judged_before == 1 else "versions"
        facts["Judged before on these data"] = f"{judgement.judged_before} {noun}"
    return facts


def measures(report: Report, judgement: Judgement | None) -> pd.DataFrame:
    """One row per measure: what it is, its value as text and as numbers, and what the policy says of it.

    ``detail`` marks what is about one class, group, column or baseline and no rule judges.
    """
    verdicts = judgement.by_measure if judgement else {}
    rows = [
        _row(report, answer, one, verdicts.get(one.id(report.key)))
        for answer in report.answers
        for one in answer.measures
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def verdicts(judgement: Judgement, dimension: str) -> pd.DataFrame:
    """One row per verdict in a dimension, what needs a person first."""
    found = sorted(
        (one for one in judgement.verdicts if one.dimension == dimension),
        key=lambda one: (ORDER.index(one.outcome), one.rule.measure),
    )
    rows = [
        {
            "id": one.measure or one.id,
            "label": label(one.rule.measure, one.setting, one.rule.slice),
            "text": figures.found(one),
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "limit": one.limit,
            "side": one.rule.side,
            "rate": figures.unit_of(one),
            "limit_text": limit_of(one),
            "n": one.n,
            "outcome": one.outcome,
            "why": why(one),
            "severity": one.rule.severity,
            "rationale": one.rule.rationale,
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def why(verdict: Verdict) -> str:
    """The reason of a verdict, with the n that would settle an unsure one."""
    settle = f"; about {figures.count(verdict.settles_at)} examples would settle it" if verdict.settles_at else ""
    return f"{verdict.reason}{settle}"


def silent(report: Report, judgement: Judgement | None) -> pd.DataFrame:
    """What was not measured, and why: questions without an answer, values that do not exist, rules left empty."""
    rows = [
        {"code": a.question.code, "what": a.question.title, "state": SILENCE[a.status], "why": a.reason}
        for a in report.answers
        if a.status != "measured"
    ]
    rows += [
        {"code": code, "what": label(*one.key), "state": "no value",
         "why": f"{one.reason}; and {figures.count(more)} more of this kind" if more else one.reason}
        for code, one, more in absent(report)
    ]  # fmt: skip
    rows += [
        {
            "code": "rule",
            "what": label(one.rule.measure, one.setting, one.rule.slice),
            "state": "missing",
            "why": one.reason,
        }
        for one in (judgement.verdicts if judgement else ())
        if one.outcome == "missing"
    ]
    return pd.DataFrame(rows, columns=["code", "what", "state", "why"])


def absent(report: Report) -> Iterator[tuple[str, Measure, int]]:
    """Of the numbers that do not exist: one of each check and name, and how many more of these there are."""
    alike: dict[tuple[str, str], list[Measure]] = {}
    for answer in report.answers:
        for one in answer.measures:
            if one.value is None:
                alike.setdefault((answer.question.code, one.name), []).append(one)
    for (code, _), (first, *more) in alike.items():
        yield code, first, len(more)


def reading(question: Question) -> str:
    """A check's own text as Markdown: one paragraph for what it measures, how to read it, its limits and its source."""
    text = question.doc
    for word in ("Measures:", "Read it:", "Limits:", "Source:"):
        text = text.replace(f"\n{word}", f"\n\n**{word}**")
    options = ", ".join(f"{name} {value}" for name, value in question.options)
    return f"{text}\n\n**Asked with:** {options}" if options else text


def forest_title(rows: pd.DataFrame) -> str:
    """What to see in a forest plot."""
    said = Counter(rows["outcome"])
    words = {"fail": "on the wrong side of its limit", "unsure": "too uncertain to tell"}
    found = [f"{said[one]} of {len(rows)} {text}" for one, text in words.items() if said[one]]
    return ", ".join(found).capitalize() if found else "Nothing lies on the wrong side of its limit"


def detail(one: Measure | Difference) -> bool:
    """Whether a number is one of many of its kind: of one group, class, column or baseline, or of an intersection."""
    at = dict(one.setting)
    return bool(one.slice) or not DETAIL.isdisjoint(at) or JOINT in str(at.get("by", ""))


def _row(report: Report, answer: Answer, one: Measure, verdict: Verdict | None) -> list[object]:
    shown = one.shown()
    limit = verdict.limit if verdict else None
    side = verdict.rule.side if verdict else None
    return [
        one.id(report.key), answer.question.code, answer.question.dimension, one.name,
        label(one.name, one.setting_text, one.slice_text), one.value, shown.low if shown else None,
        shown.high if shown else None, one.n, figures.measured(one), one.reason, one.note, limit, side,
        limit_text(one.name, limit, side), verdict.outcome if verdict else None, why(verdict) if verdict else "",
        verdict is None and detail(one),
    ]  # fmt: skip


def _counted(judgement: Judgement, word: str) -> int:
    return sum(one.outcome == word for one in judgement.verdicts)
