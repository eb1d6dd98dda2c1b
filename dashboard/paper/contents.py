"""What stands in a printed report, in which order: one plain structure for paper and HTML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any, get_args

from audit.measure import Dimension, Measure
from audit.policy import ORDER, Judgement, Verdict
from audit.report import Answer, Question, Report
from dashboard import charts, figures, texts, views
from dashboard.paper import block, exhibits
from dashboard.paper.acts import approved
from dashboard.paper.again import said_again
from dashboard.paper.block import Block, Cell
from dashboard.paper.dossier import Dossier
from dashboard.paper.fairness import by_grouping, in_detail
from dashboard.paper.identity import identity
from dashboard.paper.parent import against_parent, printed
from dashboard.paper.slices import slices
from dashboard.paper.wording import label, limit, sentence, why
from dashboard.texts import say
from models.record import sha256

DRAWN = 14
"""Rows of a forest plot that fit a page; more are drawn as several plots."""
DETAIL = 5
"""The section in which numbers about single groups stand."""
READING = {
    "Measures:": "measures", "Read it:": "read", "Limits:": "limits", "Source:": "source",
}  # fmt: skip


def contents(dossier: Dossier, language: str = texts.DEFAULT) -> dict[str, Any]:
    """The document as finished text: ``kind``, ``title``, ``subtitle``, ``sentence``, ``front`` and ``sections``.

    ``opens`` is whether the gate does; ``None`` in a document that is about no gate. ``report`` and ``digest`` name
    the record that is attached. Any other document of this shape can be set on paper in the same way.
    """
    return block.finished(lambda: _contents(dossier), language)


def _contents(dossier: Dossier) -> dict[str, Any]:
    report = dossier.report
    sections = {
        "identity": identity(dossier),
        "found": _results(dossier),
        "parent": against_parent(dossier),
        "not_measured": _not_measured(dossier),
        "groups": in_detail(report),
        "evidence": _evidence(dossier),
    }
    return {
        "kind": say("kind.audit"),
        "language": texts.spoken(),
        "title": dossier.card.title,
        "subtitle": dossier.task.title,
        "opens": dossier.judgement.passed,
        "sentence": block.cell(gate(dossier.judgement), id=dossier.gate),
        "front": list(_front(dossier)),
        "sections": [{"title": say(f"section.{one}"), "blocks": list(made)} for one, made in sections.items()],
        "report": figures.short(report.id),
        "digest": sha256(dossier.attached),
        "generated_by": dossier.generated_by,
    }


def gate(judgement: Judgement) -> str:
    """``The gate does not open: of 9 blocking limits 2 fail and 1 is unsure.``"""
    blocking = [one for one in judgement.verdicts if one.rule.severity == "block"]
    if not blocking:
        return say("gate.empty")
    counts = {outcome: sum(one.outcome == outcome for one in blocking) for outcome in ORDER}
    *first, last = [say(f"gate.{_many(n)}.{outcome}", n=n) for outcome, n in counts.items() if n]
    listed = say("gate.and", first=say("gate.comma").join(first), last=last) if first else last
    limits = say("gate.limits", n=len(blocking)) if len(blocking) > 1 else say("gate.limit")
    return say("gate.opens" if judgement.passed else "gate.shut", limits=limits, parts=listed)


def _many(n: int) -> str:
    return "many" if n > 1 else "one"


def _front(dossier: Dossier) -> Iterator[Block]:
    yield block.terms(_at_a_glance(dossier))
    decide = _by_severity(dossier, "block")
    if decide:
        yield _verdicts(say("front.decide"), decide, dossier.report)


def _by_severity(dossier: Dossier, severity: str) -> list[Verdict]:
    """Verdicts of that severity, those that need a person first."""
    found = [one for one in dossier.judgement.verdicts if one.rule.severity == severity]
    return sorted(found, key=lambda one: ORDER.index(one.outcome))


def _at_a_glance(dossier: Dossier) -> Iterator[tuple[str, Cell]]:
    report, judgement = dossier.report, dossier.judgement
    part = {digest: part for part, digest in dossier.card.split_digests}.get(report.split)
    data = say("front.part" if part else "front.unnamed", part=part, dataset=report.dataset)
    audited = say("front.on", version=report.title, n=figures.count(report.n), data=data)
    yield say("front.audited"), block.cell(audited, id=report.id)
    declared = "front.after" if judgement.after_the_fact else "front.before"
    yield say("front.policy"), block.cell(say(declared, policy=judgement.policy_title), id=judgement.policy)
    before = judgement.judged_before
    used = {0: "front.used_never", 1: "front.used_once"}.get(before, "front.used_often")
    yield say("front.used"), block.cell(say(used, n=before), id=dossier.gate)
    yield (
        say("front.when"),
        block.cell(
            figures.moment(report.created, UTC), under=say("front.judged", when=figures.moment(judgement.created, UTC))
        ),
    )
    yield say("front.not_measured"), block.cell(_silence(report))
    for one in dossier.signed:
        yield say("front.signed"), block.cell(approved(one), id=one.id)
    if not dossier.signed:
        yield say("front.signed"), block.cell(say("front.nobody"))
    yield say("front.read"), block.cell(say("front.reading"))
    if dossier.on is not None and dossier.entry is not None:
        yield said_again("the report", dossier.on, dossier.entry)


def _silence(report: Report) -> str:
    """What was not measured, in one sentence: the section of that name says why."""
    parts = []
    for status in ("failed", "not_applicable"):
        codes = [one.question.code for one in report.answers if one.status == status]
        if codes:
            parts.append(say(f"front.{status}", codes=", ".join(codes)))
    absent = sum(one.value is None for one in report.measures())
    if absent:
        parts.append(say(f"front.absent_{_many(absent)}", n=absent))
    return say("front.silence", parts=say("front.join").join(parts)) if parts else say("front.answered")


def _verdicts(caption: str, verdicts: list[Verdict], report: Report) -> Block:
    bounds = {one.id(report.key): said for one in report.measures() if (said := _bound(one))}
    columns = [
        (say("column.verdict"), 1.1, False),
        (say("column.on"), 3.6, False),
        (say("column.limit"), 1.3, False),
        (say("column.found"), 2.1, True),
        (say("column.n"), 0.7, True),
    ]
    exempt = [one for one in verdicts if one.outcome == "exempt"]
    rows = [_verdict_row(one, bounds.get(one.measure or "", "")) for one in verdicts if one not in exempt]
    return block.table(columns, [*rows, *([_exempt_row(exempt)] if exempt else [])], caption)


def _exempt_row(exempt: list[Verdict]) -> list[Cell]:
    """All limits that do not concern this version, in one row."""
    names = dict.fromkeys(label(one.rule.measure, "", one.rule.slice) for one in exempt)
    reasons = dict.fromkeys(sentence(why(one)) for one in exempt)
    return [
        block.verdict("exempt"),
        block.cell(", ".join(names), under=" ".join(reasons)),
        block.cell(""),
        block.cell("", id=exempt[0].id),
        block.cell(""),
    ]


def _verdict_row(one: Verdict, bound: str) -> list[Cell]:
    rule = one.rule
    reason = "" if one.outcome == "pass" and not rule.accept_bound else why(one)
    return [
        block.verdict(one.outcome),
        block.cell(label(rule.measure, one.setting, rule.slice), under=sentence(reason)),
        block.cell(limit(rule.measure, one.limit, rule.side, change=rule.against == "parent")),
        block.cell(
            figures.found(one),
            id=one.measure or one.id,
            under=bound,
        ),
        block.cell(figures.count(one.n)),
    ]


def _results(dossier: Dossier) -> Iterator[Block]:
    yield block.text(say("found.how"))
    noted = _by_severity(dossier, "note")
    if noted:
        yield _verdicts(say("found.noted"), noted, dossier.report)
    elsewhere = {one.key for found in views.details(dossier.report).values() for one in found}
    for dimension in get_args(Dimension):
        answers = [one for one in dossier.report.answers if one.question.dimension == dimension]
        measured = [one for one in answers if one.status == "measured"]
        if not measured:
            continue
        yield block.heading(say(f"dimension.{dimension}"))
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
            chart = charts.printed.forest(
                part, texts.english(views.forest_title(part)), rate=str(rate), n=dossier.report.n
            )
            yield block.figure(chart, say("found.forest", dimension=say(f"dimension.{dimension}")), dossier.report.id)


def _answer(answer: Answer, report: Report, elsewhere: set[tuple[str, str, str]]) -> Iterator[Block]:
    """One check. What is about single groups and slices is set across elsewhere; here stands how much of it there is."""
    question = answer.question
    yield block.heading(texts.named("check", f"{question.code}.title", question.title), code=question.code, level=3)
    yield block.terms(_reading(question))
    if question.options:
        asked = ", ".join(
            f"{key} = {value:g}" if isinstance(value, float) else f"{key} = {value}" for key, value in question.options
        )
        yield block.text(say("found.asked", options=asked), quiet=True)
    searched = views.searched(answer)
    here = [one for one in answer.measures if one.key not in elsewhere and not (searched and one.slice)]
    if here:
        columns = [(say("column.measure"), 4.4, False), (say("column.value"), 3.4, True), (say("column.n"), 0.8, True)]
        yield block.table(columns, [_measure_row(one, report) for one in here])
    left = sum(one.key in elsewhere for one in answer.measures)
    if left:
        yield block.text(say("found.left", n=left, section=DETAIL), quiet=True)
    if searched:
        yield from slices(report)
    for one in answer.exhibits:
        if not searched or one.name != views.TESTED:
            yield from exhibits.shown(one, report)


def _reading(question: Question) -> Iterator[tuple[str, str]]:
    """A check's text in its parts; what has no known heading stands under ``About``."""
    for part, words in _parts(question.doc):
        told = words if part == "source" else texts.named("check", f"{question.code}.{part}", words)
        yield say(f"reading.{part}"), told


def _parts(doc: str) -> Iterator[tuple[str, str]]:
    part, words = "about", ""
    for line in doc.partition("\n")[2].splitlines():
        start = next((one for one in READING if line.startswith(one)), None)
        if start:
            if words:
                yield part, words[:1].upper() + words[1:]
            part, words = READING[start], line.removeprefix(start).strip()
        else:
            words = f"{words} {line.strip()}".strip()
    if words:
        yield part, words[:1].upper() + words[1:]


def _measure_row(one: Measure, report: Report) -> list[Cell]:
    about = texts.english(one.reason if one.value is None else one.note)
    return [
        block.cell(label(one.name, one.setting_text, one.slice_text), under=about),
        block.cell(figures.measured(one), id=one.id(report.key), under=_bound(one)),
        block.cell(figures.count(one.n)),
    ]


def _bound(one: Measure) -> str:
    return "" if one.bound == "exact" or one.value is None else say(f"bound.{one.bound}")


def _not_measured(dossier: Dossier) -> Iterator[Block]:
    report = dossier.report
    silent = [one for one in report.answers if one.status != "measured"]
    gone = [_absent(one, more, report) for _, one, more in views.absent(report)]
    if not silent and not gone:
        yield block.text(say("not_measured.nothing"))
    columns = [(say("column.what"), 2.4, False), (say("column.why"), 4, False)]
    if silent:
        rows = [
            [
                block.cell(
                    say(f"not_measured.{one.status}", code=one.question.code),
                    under=texts.named("check", f"{one.question.code}.title", one.question.title),
                ),
                block.cell(texts.english(one.reason)),
            ]
            for one in silent
        ]
        yield block.table(columns, rows, say("not_measured.questions"))
    if gone:
        yield block.table(columns, gone, say("not_measured.numbers"))


def _absent(one: Measure, more: int, report: Report) -> list[Cell]:
    under = say("not_measured.more", n=figures.count(more)) if more else ""
    return [block.cell(label(*one.key), id=one.id(report.key), under=under), block.cell(texts.english(one.reason))]


def _evidence(dossier: Dossier) -> Iterator[Block]:
    report, judgement, comparison = dossier.report, dossier.judgement, dossier.comparison
    yield block.text(say("evidence.how"))
    entries: list[tuple[str, tuple[str, ...]]] = [(one.id(report.key), one.key) for one in report.measures()]
    entries += [
        (one.id, (one.rule.measure, one.setting, one.rule.slice)) for one in judgement.verdicts if not one.measure
    ]
    if comparison:
        entries += [
            (one.id(comparison), (say("evidence.difference", name=one.name), one.setting_text, one.slice_text))
            for one in printed(comparison)
        ]
    yield block.index(entries)
