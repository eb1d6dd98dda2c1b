"""The tables of New York City's Local Law 144 in print."""

from __future__ import annotations

from audit.report import Exhibit, Report
from dashboard import views
from dashboard.paper import block
from dashboard.paper.block import Block

COLUMNS = [("Category", 2.6, False), ("n", 1.2, True), ("Rate", 1.7, True), ("Impact ratio", 1.8, True), ("By chance", 1.0, True)]  # fmt: skip


def law_table(exhibit: Exhibit, report: Report) -> Block:
    """One table: each category with what is to be said of it beneath. The numbers' own ids stand in the annex."""
    rows = [
        [block.cell(category, under=note), *map(block.cell, numbers)]
        for category, note, *numbers in views.law_table(exhibit).itertuples(index=False, name=None)
    ]
    return block.table(COLUMNS, rows, exhibit.title, id=report.id)
