"""Records in, frames and sentences out. Knows no Streamlit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

import altair as alt
import pandas as pd

from audit import compare
from audit.compare import Comparison
from audit.measure import Measure
from audit.policy import Judgement, Verdict
from audit.report import Answer, Exhibit, Question, Report
from audit.rows import Rows
from dashboard import charts, figures
from dashboard.theme import Palette
from models import task as tasks
from models.card import Card
from storage.archive import Archive
from storage.ledger import Entry
from storage.queries import VerdictCount

ORDER = ("fail", "unsure", "missing", "waived", "pass", "exempt")
"""What needs a person first."""
SHARES = ("share", "share decided right", "probability", "mean probability of the decision")
"""Units that are written as percentages."""
DETAIL = {"class", "baseline", "column"}
"""Settings that make a number one of many of its kind."""
SIDES = {"at_least": "at least", "at_most": "at most"}
SILENCE = {"not_applicable": "does not apply", "failed": "failed", "missing": "missing"}
KINDS = {
    "model": "put in the version", "split": "declared the split", "policy": "declared the policy",
    "report": "put in the report", "judgement": "judged", "blob": "put in the file", "erase": "erased",
}  # fmt: skip


def headline(task: str) -> str:
    """The measure a task is first judged by; accuracy for a task that is not shipped here."""
    try:
        return tasks.read(task).headline
    except LookupError:
        return "accuracy.accuracy"


def counts(found: Iterable[VerdictCount]) -> dict[str, dict[str, dict[str, int]]]:
    """Verdict counts by judgement, dimension and outcome."""
    by: dict[str, dict[str, dict[str, int]]] = {}
    for one in found:
        by.setdefault(one.judgement, {}).setdefault(one.dimension, {})[one.outcome] = one.n
    return by


def counted(judgement: Judgement) -> dict[str, dict[str, int]]:
    """Verdict counts of one judgement by dimension and outcome."""
    found = Counter((one.dimension, one.outcome) for one in judgement.verdicts)
    by: dict[str, dict[str, int]] = {}
    for (dimension, outcome), n in found.items():
        by.setdefault(dimension, {})[outcome] = n
    return by


def gate(passed: bool | None, report: str | None) -> str:
    """Where a version stands, in two words."""
    if report is None:
        return "not audited"
    return {None: "not judged", True: "passed", False: "not passed"}[passed]


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


def measures(report: Report, judgement: Judgement | None) -> pd.DataFrame:
    """One row per measure: what it is, its value as text and as numbers, and what the policy says of it.

    ``detail`` marks what is about one class, group, column or baseline and no rule judges.
    """
    verdicts = {one.measure: one for one in judgement.verdicts if one.measure} if judgement else {}
    rows = [
        _row(report, answer, one, verdicts.get(one.id(report.key)))
        for answer in report.answers
        for one in answer.measures
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    "id", "code", "dimension", "name", "label", "value", "low", "high", "n", "text", "reason", "note", "limit", "side",
    "limit_text", "outcome", "why", "detail",
]  # fmt: skip


def _row(report: Report, answer: Answer, one: Measure, verdict: Verdict | None) -> list[object]:
    shown = one.shown()
    limit = verdict.limit if verdict else None
    side = verdict.rule.side if verdict else None
    return [
        one.id(report.key), answer.question.code, answer.question.dimension, one.name,
        label(one.name, one.setting_text, one.slice_text), one.value, shown.low if shown else None,
        shown.high if shown else None, one.n, figures.measured(one), one.reason, one.note, limit, side,
        limit_text(one.name, limit, side), verdict.outcome if verdict else None, why(verdict) if verdict else "",
        verdict is None and (bool(one.slice) or not DETAIL.isdisjoint(dict(one.setting))),
    ]  # fmt: skip


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
            "text": figures.with_interval(one.value, one.low, one.high, rate=figures.is_rate(one.rule.measure)),
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "limit": one.limit,
            "side": one.rule.side,
            "rate": figures.is_rate(one.rule.measure),
            "limit_text": limit_text(one.rule.measure, one.limit, one.rule.side),
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


def label(name: str, setting: str = "", slice: str = "") -> str:
    """``Demographic parity difference · by race``."""
    parts = [figures.title(name)]
    if setting:
        parts.append(", ".join(one.replace("=", " ") for one in re.split(r" (?=\w+=)", setting)))
    if slice:
        parts.append(slice.replace("=", " ").replace(" & ", ", "))
    return " · ".join(parts)


def limit_text(name: str, limit: float | None, side: str | None) -> str:
    """``at most 10 %``; a dash where no rule limits it."""
    if limit is None or side is None:
        return figures.DASH
    return f"{SIDES[side]} {figures.number(limit, rate=figures.is_rate(name), width=1.0)}".replace("-", "−")


def silent(report: Report, judgement: Judgement | None) -> pd.DataFrame:
    """What was not measured, and why: questions without an answer, values that do not exist, rules left empty."""
    rows = [
        {"code": a.question.code, "what": a.question.title, "state": SILENCE[a.status], "why": a.reason}
        for a in report.answers
        if a.status != "measured"
    ]
    rows += [
        {"code": a.question.code, "what": label(one.name, one.setting_text, one.slice_text), "state": "no value",
         "why": one.reason}
        for a in report.answers
        for one in a.measures
        if one.value is None
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


def exhibit(one: Exhibit) -> pd.DataFrame:
    """An exhibit's table as people read it: no raw floats, a dash for what does not exist.

    The unit is that of all columns but the first, which says what they are of (a reliability curve's is a share too).
    """
    rate = one.unit in SHARES
    first = rate and "null low" in one.columns
    rows = [[_cell(row[0], first), *(_cell(value, rate) for value in row[1:])] for row in one.rows]
    return pd.DataFrame(rows, columns=list(one.columns))


def drawn(one: Exhibit, palette: Palette) -> alt.LayerChart | None:
    """The chart of an exhibit; ``None`` where it is a table."""
    frame = pd.DataFrame(list(one.rows), columns=list(one.columns))
    if one.chart == "table" or frame.empty:
        return None
    if "null low" in frame:
        return charts.reliability(frame, one.title, n=one.n, palette=palette, width="container")
    rate = one.unit in SHARES
    if one.chart == "curve":
        return charts.curve(frame, one.title, unit=one.unit, rate=rate, n=one.n, palette=palette, width="container")
    frame.columns = pd.Index(["label", "value", "low", "high"])
    return charts.bars(frame, one.title, unit=one.unit, rate=rate, n=one.n, palette=palette, width="container")


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
        facts["Judged before on these data"] = f"{judgement.judged_before} versions"
    return facts


def changed(card: Card, parent: Card | None) -> str:
    """What a version has that its parent has not, in one sentence."""
    if card.parent is None:
        return f"First of its line, trained on {card.dataset}."
    if parent is None:
        return f"Made from {card.parent[:12]}, which is not kept here."
    made = f"Made from {parent.title}"
    made += f" by {card.remedy.replace('_', ' ')}" if card.remedy else ""
    ours, theirs = card.identity, parent.identity
    differs = {
        "data": card.split_digests != parent.split_digests,
        "architecture": (ours.architecture, ours.arguments) != (theirs.architecture, theirs.arguments),
        "inputs": ours.columns != theirs.columns,
        "decision rule": ours.decision != theirs.decision,
        "seed": card.seed != parent.seed,
    }
    other = [name for name, new in differs.items() if new]
    return (
        f"{made}; other {', '.join(other)}." if other else f"{made}; same data, architecture, decision rule and seed."
    )


def comparison(archive: Archive, first: Report, second: Report) -> Comparison:
    """Two reports on the same examples, from their row evidence. Raises ``ValueError`` where they cannot be paired."""
    task = tasks.read(archive.model(second.model).task)
    return compare.compare(first, evidence(archive, first), second, evidence(archive, second), task)


def evidence(archive: Archive, report: Report) -> Rows:
    """The row evidence of a report. Raises ``ValueError`` where none was kept, ``Erased`` where it was erased."""
    if report.rows is None:
        raise ValueError(f"Report {figures.short(report.id)} kept no row evidence; audit {report.title} again.")
    return Rows.from_bytes(archive.blob(report.rows))


def differences(found: Comparison) -> pd.DataFrame:
    """One row per measure of both versions, worse first; ``detail`` marks what is about a class or group."""
    order = ["worse", "better", "cannot tell", "no worse"]
    rows = [
        {
            "id": one.id(found),
            "rate": figures.is_rate(one.name),
            "better": one.better,
            "n": found.n,
            "label": label(one.name, one.setting_text, one.slice_text),
            "values": " → ".join(figures.number(v, rate=figures.is_rate(one.name)) for v in (one.first, one.second)),
            "value": one.difference,
            "low": one.low,
            "high": one.high,
            "text": change(one.name, one.difference, one.low, one.high),
            "margin": one.margin,
            "outcome": one.outcome,
            "reason": one.reason,
            "detail": bool(one.slice) or not DETAIL.isdisjoint(dict(one.setting)),
        }
        for one in sorted(found.differences, key=lambda one: (order.index(one.outcome), one.name))
    ]
    return pd.DataFrame(rows)


def change(name: str, difference: float | None, low: float | None, high: float | None) -> str:
    """A difference with its sign: ``−3.1 [−5.0, −1.2]`` in percentage points where the measure is a share."""
    if difference is None:
        return figures.DASH
    rate = figures.is_rate(name)
    text = figures.with_interval(difference, low, high, rate=rate).replace(f"{figures.THIN}%", " points")
    return text.replace("-", "−") if difference <= 0 else f"+{text.replace('-', '−')}"


def flips(found: Comparison) -> pd.DataFrame:
    """Who is decided wrongly now and was not before, by group, the largest share first."""
    rows = [
        {"group": group.replace("=", ": "), "n": n, "broken": lost, "mended": won, "share": lost / n if n else 0.0}
        for group, n, lost, won in found.flips
    ]
    frame = pd.DataFrame(rows, columns=["group", "n", "broken", "mended", "share"])
    frame = frame.sort_values("share", ascending=False, ignore_index=True)
    return frame.assign(share=[figures.number(one, rate=True) for one in frame["share"]])


def entries(found: list[Entry], zone: tzinfo | None) -> pd.DataFrame:
    """Ledger entries as a table for people."""
    rows = [
        {
            "No.": str(one.seq),
            "When": figures.moment(one.at, zone),
            "Who": f"{one.actor} ({one.known_by})",
            "what": KINDS[one.kind],
            "about": one.subject,
            "note": one.note,
            "Hash": f"`{figures.short(one.hash)}`",
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def costs(first: Card, second: Card) -> pd.DataFrame:
    """What each version took and takes, side by side."""
    lines = {
        "Training time": [figures.duration(one.cost.seconds) for one in (first, second)],
        "Training energy (estimate)": [f"{figures.number(one.cost.energy_wh)} Wh" for one in (first, second)],
        "Parameters": [figures.count(one.cost.parameters) for one in (first, second)],
        "Operations for one example": [
            f"{figures.number(one.cost.flops_per_example)} FLOPs" for one in (first, second)
        ],
    }
    return pd.DataFrame.from_dict(lines, orient="index", columns=[first.title, second.title])


def age(at: datetime, now: datetime | None = None) -> str:
    """``3 days ago``."""
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    for size, unit in (
        (86_400 * 365, "year"),
        (86_400 * 30, "month"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
    ):
        if seconds >= size:
            n = int(seconds // size)
            return f"{n} {unit}{'s' if n > 1 else ''} ago"
    return "just now"


def _counted(judgement: Judgement, word: str) -> int:
    return sum(one.outcome == word for one in judgement.verdicts)


def _cell(value: object, rate: bool) -> str:
    if isinstance(value, float):
        return figures.number(value, rate=rate)
    return figures.DASH if value is None else str(value)
