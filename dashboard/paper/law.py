"""The tables of New York City's Local Law 144 in print."""

from __future__ import annotations

from audit.report import Exhibit, Report
from dashboard import texts, views
from dashboard.paper import block
from dashboard.paper.block import Block
from dashboard.texts import say

COLUMNS = [
    ("category", 2.6, False),
    ("n", 1.2, True),
    ("rate", 1.7, True),
    ("impact", 1.8, True),
    ("chance", 1.0, True),
]


def law_table(exhibit: Exhibit, report: Report) -> Block:
    """One table: each category with what is to be said of it beneath. The numbers' own ids stand in the annex."""
    rows = [
        [block.cell(category, under=texts.english(note)), *map(block.cell, numbers)]
        for category, note, *numbers in (one.values() for one in views.law_table(exhibit))
    ]
    columns = [(say(f"column.{name}"), share, right) for name, share, right in COLUMNS]
    return block.table(columns, rows, texts.english(exhibit.title), id=report.id)
