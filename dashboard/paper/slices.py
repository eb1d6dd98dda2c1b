"""Slices in a printed report: where the version errs more, what was tested and found clean."""

from __future__ import annotations

from collections.abc import Iterator

from audit.measure import Measure
from audit.report import Report
from dashboard import charts, figures, texts, views
from dashboard.paper import block
from dashboard.paper.block import Block, Cell
from dashboard.texts import say

COLUMNS = [
    ("verdict", 1.0, False), ("where", 2.4, False), ("wrong_there", 1.7, True), ("elsewhere", 0.9, True),
    ("more", 1.8, True), ("adjusted", 1.2, True),
]  # fmt: skip
NAMES = ("accuracy.slice_error", "accuracy.slice_excess", "accuracy.slice_p_value")


def slices(report: Report) -> Iterator[Block]:
    """One sentence, the plot, and every part that was tested."""
    frame = views.slices(report)
    yield block.text(texts.english(views.slices_sentence(frame)))
    if frame.empty:
        return
    drawable = views.drawable_slices(frame)
    if not drawable.empty:
        chart = charts.printed.intervals(
            drawable, texts.english(views.slices_title(frame)), rate="points", reference=0.0,
            said=say("slices.reference"), n=report.n,
        )  # fmt: skip
        yield block.figure(chart, say("slices.excess"), report.id)
    found = {(one.name, one.slice_text): one for one in report.measures() if one.name in NAMES}
    outside = views.tabled_slices(frame)["outside"]
    rows = [
        [
            block.verdict(verdict),
            block.cell(views.readable(where), under=f"n = {figures.count(int(n))}"),
            _cell(found.get((NAMES[0], where)), report),
            block.cell(elsewhere),
            _cell(found.get((NAMES[1], where)), report),
            _cell(found.get((NAMES[2], where)), report),
        ]
        for verdict, where, n, elsewhere in zip(frame["verdict"], frame["slice"], frame["n"], outside, strict=True)
    ]
    columns = [(say(f"column.{name}"), share, right) for name, share, right in COLUMNS]
    yield block.table(columns, rows, say("slices.tested"), id=report.id)


def _cell(one: Measure | None, report: Report) -> Cell:
    if one is None:
        return block.cell(figures.DASH)
    return block.cell(figures.measured(one), id=one.id(report.key), under=texts.english(one.reason))
