"""What is looked at rather than read: a chart where it is one, and its table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from audit.report import Exhibit
from dashboard import figures
from dashboard.theme import Palette
from dashboard.views.wording import readable

if TYPE_CHECKING:
    import altair as alt

    from dashboard.charts import Drawing

ALTERNATIVES = "fairness.alternatives"
SHARES = ("share", "share decided right", "probability", "mean probability of the decision")
"""Units that are written as percentages."""
SHARED = (
    "error",
    "error outside",
    "low",
    "high",
    "rate",
    "selection rate",
    "scoring rate",
    "share",
    "accuracy",
    "coverage",
)
"""Columns that hold shares in a table of several units."""


def exhibit(one: Exhibit) -> pd.DataFrame:
    """An exhibit's table as people read it: no raw floats, a dash for what does not exist.

    The unit is that of all columns but the first, which says what they are of (a reliability curve's is a share too).
    In a table of several units a column's name says which: ``p``, an excess, a share.
    """
    rate = one.unit in SHARES
    first = rate and "null low" in one.columns
    units = [_unit(name, rate if place or first else False) for place, name in enumerate(one.columns)]
    rows = [[_cell(value, unit) for value, unit in zip(row, units, strict=True)] for row in one.rows]
    return pd.DataFrame(rows, columns=list(one.columns))


def drawn(one: Exhibit, palette: Palette) -> alt.LayerChart | None:
    """The chart of an exhibit for a screen; ``None`` where it is a table."""
    from dashboard import charts  # altair comes along, and the terminal draws nothing

    return _drawn(one, charts, {"palette": palette, "width": "container"})


def printed(one: Exhibit) -> Drawing | None:
    """The chart of an exhibit for paper; ``None`` where it is a table."""
    from dashboard.charts import printed as charts

    return _drawn(one, charts, {})


def _drawn(one: Exhibit, charts: Any, look: dict[str, Any]) -> Any:
    if not (one.rows and one.columns) or (one.chart == "table" and one.name != ALTERNATIVES):
        return None
    frame = pd.DataFrame(list(one.rows), columns=list(one.columns))
    if one.name == ALTERNATIVES:
        return charts.trade_off(
            trade_off(frame),
            one.title,
            across="accuracy",
            up="impact ratio",
            n=one.n,
            **look,
        )
    if "null low" in frame:
        return charts.reliability(frame, one.title, n=one.n, **look)
    rate = one.unit in SHARES
    if one.chart == "curve":
        return charts.curve(frame, one.title, unit=one.unit, rate=rate, n=one.n, **look)
    frame.columns = pd.Index(["label", "value", "low", "high"])
    return charts.bars(frame, one.title, unit=one.unit, rate=rate, n=one.n, **look)


def trade_off(frame: pd.DataFrame) -> pd.DataFrame:
    """Alternatives as points: accuracy across, impact ratio up; the first is the decision as it is."""
    ends = {"x low": "low", "x high": "high", "y low": "ratio low", "y high": "ratio high"}
    names = {"label": "alternative", "x": "accuracy", "y": "impact ratio"} | ends
    points = pd.DataFrame({name: frame[column] for name, column in names.items()})
    points = points.astype({name: float for name in names if name != "label"})
    return points.assign(front=frame["front"] == "yes", here=frame.index == 0)


def _unit(column: str, rate: bool) -> str:
    """How a column's numbers are written: ``p``, ``points``, ``%`` or plainly; ``slice`` for conditions in words."""
    if column == "slice":
        return "slice"
    if column.startswith("p ") or column in ("p", "p-value"):
        return "p"
    if "excess" in column:
        return "points"
    return "%" if rate or column in SHARED else ""


def _cell(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return figures.p_value(value) if unit == "p" else figures.number(value, rate=unit).replace("-", "−")
    if isinstance(value, int):
        return figures.count(value)
    if value is None:
        return figures.DASH
    return readable(str(value)) if unit == "slice" else str(value)
