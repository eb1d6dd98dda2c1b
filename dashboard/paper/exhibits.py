"""An exhibit in print: its chart, and its numbers in a table."""

from __future__ import annotations

from collections.abc import Iterator

from audit.report import Exhibit, Report
from dashboard import figures, texts, views
from dashboard.paper import block
from dashboard.paper.block import Block
from dashboard.paper.law import law_table
from dashboard.texts import say

LAW = "fairness.ll144_table"
ACROSS = 9
"""Columns of numbers that stand side by side on paper; a wider table is set in parts."""


def shown(exhibit: Exhibit, report: Report) -> Iterator[Block]:
    """The chart where there is one, then the table, in parts where it is too wide for a page."""
    if exhibit.name == LAW:
        yield law_table(exhibit, report)
        return
    chart = views.printed(exhibit)
    if chart is not None:
        yield block.figure(chart, exhibit.name, report.id)
    size = "" if exhibit.n is None else f", n = {figures.count(exhibit.n)}"
    caption = f"{texts.english(exhibit.title)} ({exhibit.name}{', ' + exhibit.unit if exhibit.unit else ''}{size})"
    text = views.exhibit(exhibit).to_numpy(dtype=str).tolist()
    first, *rest = range(len(exhibit.columns))
    for start in range(0, max(len(rest), 1), ACROSS):
        part = [first, *rest[start : start + ACROSS]]
        columns = [(exhibit.columns[i], 1.0, i != first) for i in part]
        rows = [[block.cell(row[i]) for i in part] for row in text]
        yield block.table(columns, rows, caption, id=report.id)
        caption = say("found.continued", caption=exhibit.name)
