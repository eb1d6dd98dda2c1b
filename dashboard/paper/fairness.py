"""Fairness in a printed report: how far apart groups lie and each group's rate; every intersection in full in the annex."""

from __future__ import annotations

from collections.abc import Iterator

from audit.grouping import JOINT
from audit.measure import Measure
from audit.report import Report
from dashboard import charts, figures, texts, views
from dashboard.paper import block
from dashboard.paper.block import Block, Cell
from dashboard.paper.crossing import crossed
from dashboard.paper.dossier import Dossier
from dashboard.texts import say
from dashboard.views import Rate


def by_grouping(dossier: Dossier) -> Iterator[Block]:
    """For every way of grouping: the size of the largest gap, all gaps against limits, the first rate group by group."""
    report = dossier.report
    for by in views.groupings(report):
        gaps = views.gaps(report, by, dossier.judgement, dossier.task)
        yield block.heading(say("fairness.by", by=by), level=3)
        yield block.text(texts.english(views.largest_gap(gaps, by)))
        drawable = gaps[gaps["value"].notna() & (gaps["kind"] == "points")]
        rates = views.rates(report, by)
        if not drawable.empty and JOINT not in by:
            title = texts.english(views.gaps_title(drawable, by, "points"))
            chart = charts.printed.forest(views.telling(drawable), title, rate="points", n=report.n)
            yield block.figure(chart, say("fairness.gaps", by=by), report.id)
        if rates:
            yield from _rate(report, by, rates[0])


def _rate(report: Report, by: str, rate: Rate) -> Iterator[Block]:
    """One rate by group: crossed where there are two columns, else one under the other; and what chance could do."""
    frame = views.by_group(report, by, rate)
    grid = views.crossed(frame, by)
    if not frame["value"].notna().any():
        return
    if not grid.empty:
        chart = charts.printed.heat_map(grid, texts.english(views.crossing_title(grid, rate)), rate=rate.share)
    else:
        whole = views.overall(report, by, rate)
        said = say("parent.everybody", share=figures.number(whole, rate=rate.share)) if whole is not None else ""
        chart = charts.printed.intervals(
            frame, texts.english(views.rate_title(frame, rate)), rate=rate.share, reference=whole, said=said
        )
    yield block.figure(chart, say("fairness.rate", rate=texts.english(rate.label), by=by), report.id)
    if told := views.power(report, by, rate):
        yield block.text(texts.english(told))


def in_detail(report: Report) -> Iterator[Block]:
    """Every number about one group, one intersection or one of many classes of a grouping, set across."""
    found = views.details(report)
    if not any(found.values()):
        yield block.text(say("fairness.none"))
        return
    yield block.text(say("fairness.detail"))
    called, apart = views.naming(report.measures()), views.naming(report.measures(), apart="class")
    for by, measures in found.items():
        groups = sorted((one for one in measures if one.slice), key=lambda one: one.name == views.POOLED)
        classes = [one for one in measures if not one.slice and _class(one)]
        if len({_class(one) for one in classes}) < 2:
            classes = []
        if measures:
            yield block.heading(say("fairness.by", by=by))
        yield from crossed(groups, report, say("fairness.each_group", by=by), views.group_name, called)
        yield from crossed(classes, report, say("fairness.each_class", by=by), _class, apart)
        told = {one.key for one in (*groups, *classes)}
        rest = [one for one in measures if one.key not in told]
        if rest:
            columns = [
                (say("column.between"), 4.4, False),
                (say("column.value"), 3.4, True),
                (say("column.n"), 0.8, True),
            ]
            yield block.table(
                columns, [_row(one, called(one), report) for one in rest], say("fairness.between", by=by), dense=True
            )


def _row(one: Measure, name: str, report: Report) -> list[Cell]:
    about = texts.english(one.reason if one.value is None else one.note)
    return [
        block.cell(name, under=about),
        block.cell(figures.measured(one), id=one.id(report.key)),
        block.cell(figures.count(one.n)),
    ]


def _class(one: Measure) -> str:
    return str(dict(one.setting).get("class", ""))
