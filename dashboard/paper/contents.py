"""What stands in a printed report, in which order: one plain structure for paper and HTML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any, get_args

from audit.measure import Dimension, Measure
from audit.policy import Judgement, Outcome, Verdict
from audit.report import Answer, Report
from dashboard import charts, figures, views
from dashboard.paper import block, exhibits
from dashboard.paper.block import Block, Cell
from dashboard.paper.dossier import Dossier
from dashboard.paper.fairness import by_grouping, in_detail
from dashboard.paper.identity import identity
from dashboard.paper.parent import against_parent, printed
from dashboard.paper.slices import slices

ORDER: tuple[Outcome, ...] = ("fail", "unsure", "missing", "waived", "pass", "exempt")
DRAWN = 14
"""Rows of a forest plot that fit a page; more are drawn as several plots."""
DETAIL = 5
"""The section in which numbers about single groups stand."""
SIGNED = "Signed by"
READING = {
    "Measures:": "What it measures", "Read it:": "How to read it", "Limits:": "What it cannot say", "Source:": "Source",
}  # fmt: skip


def contents(dossier: Dossier) -> dict[str, Any]:
    """The document as finished text: ``title``, ``subtitle``, ``opens``, ``sentence``, ``front`` and ``sections``."""
    report, judgement = dossier.report, dossier.judgement
    sections = [
        {"title": "Who it is", "blocks": list(identity(dossier))},
        {"title": "What was found", "blocks": list(_results(dossier))},
        {"title": "Against its parent", "blocks": list(against_parent(dossier))},
        {"title": "Not measured, and why", "blocks": list(_not_measured(dossier))},
        {"title": "Group by group", "blocks": list(in_detail(report))},
        {"title": "Evidence", "blocks": list(_evidence(dossier))},
    ]
    made = {
        "title": dossier.card.title,
        "subtitle": dossier.task.title,
        "opens": judgement.passed,
        "sentence": block.cell(sentence(judgement), id=dossier.gate),
        "front": list(_front(dossier)),
        "sections": sections,
        "report": figures.short(report.id),
        "digest": report.sha256(),
        "generated_by": dossier.generated_by,
    }
    plain: dict[str, Any] = figures.printable(made)
    return plain


def sentence(judgement: Judgement) -> str:
    """``The gate does not open: of 9 blocking limits 2 fail and 1 is unsure.``"""
    blocking = [one for one in judgement.verdicts if one.rule.severity == "block"]
    if not blocking:
        return "The gate does not open: the policy holds no blocking rule."
    counts = {outcome: sum(one.outcome == outcome for one in blocking) for outcome in ORDER}
    words = {"fail": ("fails", "fail"), "pass": ("passes", "pass")}
    parts = [
        f"{n} {words[outcome][n > 1]}" if outcome in words else f"{n} {'are' if n > 1 else 'is'} {outcome}"
        for outcome, n in counts.items()
        if n
    ]
    listed = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    limits = f"{len(blocking)} blocking limit{'s' if len(blocking) > 1 else ''}"
    return f"The gate {'opens' if judgement.passed else 'does not open'}: of {limits} {listed}."


def _front(dossier: Dossier) -> Iterator[Block]:
    yield block.terms(_at_a_glance(dossier))
    decide = _by_severity(dossier, "block")
    if decide:
        yield _verdicts("The limits that decide", decide, dossier.report)


def _by_severity(dossier: Dossier, severity: str) -> list[Verdict]:
    """Verdicts of that severity, those that need a person first."""
    found = [one for one in dossier.judgement.verdicts if one.rule.severity == severity]
    return sorted(found, key=lambda one: ORDER.index(one.outcome))


def _at_a_glance(dossier: Dossier) -> Iterator[tuple[str, Cell]]:
    report, judgement = dossier.report, dossier.judgement
    part = {digest: part for part, digest in dossier.card.split_digests}.get(report.split)
    data = f"the {part} part of {report.dataset}" if part else f"data from {report.dataset} that its card does not name"
    yield "Audited", block.cell(f"{report.title} on {figures.count(report.n)} examples, {data}", id=report.id)
    declared = (
        "declared only after the first measure" if judgement.after_the_fact else "declared before the first measure"
    )
    title = f"{judgement.policy_title}, {declared}"
    yield "Policy", block.cell(title, id=judgement.policy)
    before = judgement.judged_before
    times = {0: "no version", 1: "one version"}.get(before, f"{before} versions")
    yield "Data used before", block.cell(f"These examples have judged {times} before.", id=dossier.gate)
    yield (
        "When",
        block.cell(figures.moment(report.created, UTC), under=f"judged {figures.moment(judgement.created, UTC)}"),
    )
    yield "Not measured", block.cell(_silence(report))
    for one in dossier.signed:
        yield SIGNED, block.cell(one.sentence, id=one.id)
    if not dossier.signed:
        yield SIGNED, block.cell("nobody")
    yield "Read it as", block.cell("Evidence for a decision. It does not say that any law is met.")


def _silence(report: Report) -> str:
    """What was not measured, in one sentence: the section of that name says why."""
    kinds = {"failed": "failed to run", "not_applicable": "did not apply"}
    parts = []
    for status, words in kinds.items():
        codes = [one.question.code for one in report.answers if one.status == status]
        if codes:
            parts.append(f"{', '.join(codes)} {words}")
    absent = sum(one.value is None for one in report.measures())
    if absent:
        parts.append(f"{absent} number{'s do' if absent > 1 else ' does'} not exist on these data")
    return f"{'; '.join(parts)}. Section 4 says why." if parts else "Every question that was asked has been answered."


def _verdicts(caption: str, verdicts: list[Verdict], report: Report) -> Block:
    bounds = {one.id(report.key): _bound(one) for one in report.measures()}
    columns = [
        ("Verdict", 1.1, False),
        ("On", 3.6, False),
        ("Limit", 1.3, False),
        ("Found", 2.1, True),
        ("n", 0.7, True),
    ]
    exempt = [one for one in verdicts if one.outcome == "exempt"]
    rows = [_verdict_row(one, bounds.get(one.measure or "", "")) for one in verdicts if one not in exempt]
    return block.table(columns, [*rows, *([_exempt_row(exempt)] if exempt else [])], caption)


def _exempt_row(exempt: list[Verdict]) -> list[Cell]:
    """All limits that do not concern this version, in one row."""
    names = dict.fromkeys(views.label(one.rule.measure, "", one.rule.slice) for one in exempt)
    reasons = dict.fromkeys(_sentence(one.reason) for one in exempt)
    return [
        block.verdict("exempt"),
        block.cell(", ".join(names), under=" ".join(reasons)),
        block.cell(""),
        block.cell("", id=exempt[0].id),
        block.cell(""),
    ]


def _verdict_row(one: Verdict, bound: str) -> list[Cell]:
    rule = one.rule
    why = "" if one.outcome == "pass" and not rule.accept_bound else views.why(one)
    return [
        block.verdict(one.outcome),
        block.cell(views.label(rule.measure, one.setting, rule.slice), under=_sentence(why)),
        block.cell(views.limit_text(rule.measure, one.limit, rule.side)),
        block.cell(
            figures.with_interval(one.value, one.low, one.high, rate=figures.rate_of(rule.measure)),
            id=one.measure or one.id,
            under=bound,
        ),
        block.cell(figures.count(one.n)),
    ]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _results(dossier: Dossier) -> Iterator[Block]:
    yield block.text(
        "A value is followed by its interval in brackets and by the id under which it is kept: “answerable show ID” "
        "finds it again. Limits are judged on intervals that hold at least as often as they say; they can be a little "
        "wider than those in the tables of measures."
    )
    noted = _by_severity(dossier, "note")
    if noted:
        yield _verdicts("Limits that are noted and do not decide", noted, dossier.report)
    elsewhere = {one.key for found in views.details(dossier.report).values() for one in found}
    for dimension in get_args(Dimension):
        answers = [one for one in dossier.report.answers if one.question.dimension == dimension]
        measured = [one for one in answers if one.status == "measured"]
        if not measured:
            continue
        yield block.heading(dimension.capitalize())
        yield from _forests(dimension, dossier)
        if dimension == "fairness":
            yield from by_grouping(dossier)
        for answer in measured:
            yield from _answer(answer, dossier.report, elsewhere)


def _forests(dimension: str, dossier: Dossier) -> Iterator[Block]:
    frame = views.verdicts(dossier.judgement, dimension)
    if frame.empty:
        return
    drawn = frame[frame["value"].notna() & frame["limit"].notna()]
    for rate, rows in drawn.groupby("rate", sort=False):
        for start in range(0, len(rows), DRAWN):
            part = rows.iloc[start : start + DRAWN]
            chart = charts.forest(part, views.forest_title(part), rate=bool(rate), n=dossier.report.n)
            yield block.figure(chart, f"{dimension.capitalize()} against its limits", dossier.report.id)


def _answer(answer: Answer, report: Report, elsewhere: set[tuple[str, str, str]]) -> Iterator[Block]:
    """One check. What is about single groups and slices is set across elsewhere; here stands how much of it there is."""
    question = answer.question
    yield block.heading(question.title, code=question.code, level=3)
    yield block.terms(_reading(question.doc))
    if question.options:
        asked = ", ".join(
            f"{key} = {value:g}" if isinstance(value, float) else f"{key} = {value}" for key, value in question.options
        )
        yield block.text(f"Asked with {asked}.", quiet=True)
    searched = views.searched(answer)
    here = [one for one in answer.measures if one.key not in elsewhere and not (searched and one.slice)]
    if here:
        columns = [("Measure", 4.4, False), ("Value", 3.4, True), ("n", 0.8, True)]
        yield block.table(columns, [_measure_row(one, report) for one in here])
    left = sum(one.key in elsewhere for one in answer.measures)
    if left:
        yield block.text(f"{left} more, about single groups and intersections, stand in section {DETAIL}.", quiet=True)
    if searched:
        yield from slices(report)
    for one in answer.exhibits:
        if not searched or one.name != views.TESTED:
            yield from exhibits.shown(one, report)


def _reading(doc: str) -> Iterator[tuple[str, str]]:
    """A check's text in its parts; what has no known heading stands under ``About``."""
    label, words = "About", ""
    for line in doc.partition("\n")[2].splitlines():
        start = next((one for one in READING if line.startswith(one)), None)
        if start:
            if words:
                yield label, words[:1].upper() + words[1:]
            label, words = READING[start], line.removeprefix(start).strip()
        else:
            words = f"{words} {line.strip()}".strip()
    if words:
        yield label, words[:1].upper() + words[1:]


def _measure_row(one: Measure, report: Report) -> list[Cell]:
    about = one.reason if one.value is None else one.note
    return [
        block.cell(views.label(one.name, one.setting_text, one.slice_text), under=about),
        block.cell(figures.measured(one), id=one.id(report.key), under=_bound(one)),
        block.cell(figures.count(one.n)),
    ]


def _bound(one: Measure) -> str:
    return "" if one.bound == "exact" or one.value is None else f"{one.bound} bound"


def _not_measured(dossier: Dossier) -> Iterator[Block]:
    report = dossier.report
    silent = [one for one in report.answers if one.status != "measured"]
    gone = [_absent(one, more, report) for _, one, more in views.absent(report)]
    if not silent and not gone:
        yield block.text("Every question that was asked has been answered, and every number exists.")
    columns = [("What", 2.4, False), ("Why there is no number", 4, False)]
    if silent:
        rows = [
            [block.cell(f"{one.question.code} {_status(one)}", under=one.question.title), block.cell(one.reason)]
            for one in silent
        ]
        yield block.table(columns, rows, "Questions without an answer")
    if gone:
        yield block.table(columns, gone, "Numbers that do not exist here")


def _absent(one: Measure, more: int, report: Report) -> list[Cell]:
    under = f"and {figures.count(more)} more of this kind" if more else ""
    return [block.cell(views.label(*one.key), id=one.id(report.key), under=under), block.cell(one.reason)]


def _status(answer: Answer) -> str:
    return {"not_applicable": "does not apply", "failed": "failed to run"}[answer.status]


def _evidence(dossier: Dossier) -> Iterator[Block]:
    report, judgement, comparison = dossier.report, dossier.judgement, dossier.comparison
    yield block.text(
        "Every figure in this document with its full id. The report itself is attached to the PDF as JSON; the digest "
        "in the footer is the SHA-256 of exactly those bytes."
    )
    rows = [_line(one.id(report.key), one.name, one.setting_text, one.slice_text) for one in report.measures()]
    rows += [
        _line(one.id, one.rule.measure, one.setting, one.rule.slice) for one in judgement.verdicts if not one.measure
    ]
    if comparison:
        rows += [
            _line(one.id(comparison), f"{one.name}, now minus before", one.setting_text, one.slice_text)
            for one in printed(comparison)
        ]
    columns = [("Id", 1.9, False), ("Name", 3.2, False), ("Setting", 2.4, False), ("Slice", 2.5, False)]
    yield block.table(columns, rows, dense=True)


def _line(id: str, name: str, setting: str, slice: str) -> list[Cell]:
    return [block.cell(id, code=True), block.cell(name), block.cell(setting or "–"), block.cell(slice or "all")]
