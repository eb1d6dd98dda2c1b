"""Many numbers of a kind set across: what they are about down the side, what they measure along the top."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from audit.measure import Measure
from audit.report import Report
from dashboard import figures
from dashboard.paper import block
from dashboard.paper.block import Block, Cell
from dashboard.texts import say

ACROSS = 5
"""Numbers with interval and id that stand side by side on paper."""


def crossed(
    measures: Iterable[Measure],
    report: Report,
    caption: str,
    row: Callable[[Measure], str],
    column: Callable[[Measure], str],
) -> Iterator[Block]:
    """Tables of at most ``ACROSS`` columns, each number followed by its id, its n beneath."""
    cells: dict[tuple[str, str], Measure] = {(row(one), column(one)): one for one in measures}
    rows, columns = (list(dict.fromkeys(key[side] for key in cells)) for side in (0, 1))
    for start in range(0, len(columns), ACROSS):
        part = columns[start : start + ACROSS]
        heads = [(say("column.who"), 1.1, False), *((name, 1.6, True) for name in part)]
        body = [[block.cell(name), *(_cell(cells.get((name, one)), report) for one in part)] for name in rows]
        yield block.table(heads, body, caption if start == 0 else say("found.continued", caption=caption), dense=True)


def _cell(one: Measure | None, report: Report) -> Cell:
    if one is None:
        return block.cell("")
    size = "" if one.n is None else f"n = {figures.count(one.n)}"
    about = size if one.value is not None else say("fairness.absent")
    return block.cell(figures.measured(one), id=one.id(report.key), under=about)
