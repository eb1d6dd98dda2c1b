"""What is looked at rather than read: a chart where it is one, and its table."""

from __future__ import annotations

import altair as alt
import pandas as pd

from audit.report import Exhibit
from dashboard import charts, figures
from dashboard.theme import Palette

SHARES = ("share", "share decided right", "probability", "mean probability of the decision")
"""Units that are written as percentages."""


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


def _cell(value: object, rate: bool) -> str:
    if isinstance(value, float):
        return figures.number(value, rate=rate)
    return figures.DASH if value is None else str(value)
