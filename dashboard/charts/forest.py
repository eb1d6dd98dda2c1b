"""Numbers with their intervals, one to a row: against limits, around no difference, group by group."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from dashboard import figures
from dashboard.charts import layout
from dashboard.charts.layout import WIDTH, Laid
from dashboard.theme import LIGHT, Palette

MOST = 24
"""Rows that are drawn of many groups; the table under the fold has them all."""


def forest(
    frame: pd.DataFrame,
    title: str,
    *,
    rate: bool | str,
    n: int | None = None,
    palette: Palette = LIGHT,
    width: int | str = WIDTH,
) -> alt.LayerChart:
    """One dot with its whisker per row against its own limit, the wrong side shaded, the furthest wrong side first.

    Columns: ``label``, ``outcome`` (a verdict's, or empty), ``value``, ``low``, ``high`` (missing where open), ``limit``
    (missing where none is declared: those rows come last, the largest value first), ``side`` (``at_least`` or
    ``at_most``), ``n``. Rows without a value are left out: they belong in a table.
    """
    rows, height, ends, title, beneath, told = against_limits(frame, title, rate=rate, n=n, palette=palette)
    marks = layout.whiskers(ends, rate, height) + layout.labels(rows, height, palette)
    if rows["limit"].notna().any():
        marks = [*_limits(rows, ends, rate, height, palette), *marks]
    return layout.finish(marks, rows, title, beneath, told, height, width, palette)


def against_limits(
    frame: pd.DataFrame, title: str, *, rate: bool | str, n: int | None = None, palette: Palette = LIGHT
) -> Laid:
    """Rows in their place, each with its limit and the end of its wrong side."""
    rows = frame.loc[frame["value"].notna(), ["label", "outcome", "value", "low", "high", "limit", "side", "n"]]
    sign = np.where(rows["side"] == "at_most", 1, -1)
    held = pd.to_numeric(rows["limit"])
    limits = [
        f"{_side(side)} {figures.number(layout.known(one), rate=rate, width=1.0)}"
        for side, one in zip(rows["side"], held, strict=True)
    ]
    rows = rows.assign(
        limit=held,
        wrong=(rows["value"] - held) * sign,
        label=rows["label"].where(held.isna(), rows["label"] + ", " + pd.Series(limits, rows.index, dtype=str)),
    )
    rows = rows.sort_values(["wrong", "value"], ascending=False, kind="stable", ignore_index=True)
    rows, height = layout.laid_out(rows, palette)
    ends = layout.domain(rows[["value", "low", "high", "limit"]], bool(rate))
    rows = layout.closed(rows, ends, rate)
    rows["edge"] = np.where(rows["side"] == "at_most", ends[1], ends[0])
    beneath = "Whisker: the interval."
    if rows["limit"].notna().any():
        beneath = "Line: the limit. Shaded: the wrong side. Whisker: the interval judged."
    beneath = f"Percentage points. {beneath}" if rate == "points" else beneath
    return Laid(rows, height, ends, title, beneath + layout.size(n), f"Forest plot. {layout.told(rows, rate)}")


def differences(
    frame: pd.DataFrame,
    title: str,
    *,
    rate: bool | str,
    n: int | None = None,
    palette: Palette = LIGHT,
    width: int | str = WIDTH,
) -> alt.LayerChart:
    """Paired differences around a zero line: worse first, then cannot tell, no worse, better; the margin as a band.

    Columns: ``label``, ``outcome`` (a comparison's), ``value`` (second minus first), ``low``, ``high``, ``margin``
    (missing where none is declared), ``better`` (``higher`` or ``lower``), ``n``.
    """
    rows, height, ends, title, beneath, told = around_zero(frame, title, rate=rate, n=n, palette=palette)
    band = alt.Chart().mark_rect(color=palette["quiet"], opacity=0.12)
    margin = band.encode(x=layout.across(ends, rate, "zero"), x2="edge:Q", y=layout.down("top", height), y2="bottom:Q")
    zero = alt.Chart().mark_rule(color=palette["ink"], strokeWidth=1.2)
    line = zero.encode(x=layout.across(ends, rate, "zero"), y=layout.down("top", height), y2="bottom:Q")
    layers = [margin, line, *layout.whiskers(ends, rate, height), *layout.labels(rows, height, palette)]
    return layout.finish(layers, rows, title, beneath, told, height, width, palette)


def around_zero(
    frame: pd.DataFrame, title: str, *, rate: bool | str, n: int | None = None, palette: Palette = LIGHT
) -> Laid:
    """Rows in their place, each with the edge of its margin."""
    rows = frame.loc[frame["value"].notna(), ["label", "outcome", "value", "low", "high", "margin", "better", "n"]]
    order = {"worse": 0, "cannot tell": 1, "no worse": 2, "better": 3}
    rows = rows.assign(group=rows["outcome"].map(order), size=-rows["value"].abs())
    rows = rows.sort_values(["group", "size"], kind="stable", ignore_index=True)
    rows, height = layout.laid_out(rows, palette)
    rows["edge"] = rows["margin"].astype(float).fillna(0.0) * np.where(rows["better"] == "lower", 1, -1)
    ends = layout.domain(rows[["value", "low", "high", "edge"]].assign(zero=0.0), bool(rate))
    rows = layout.closed(rows, ends, rate).assign(zero=0.0)
    beneath = f"Second minus first. Line: no difference. Band: the declared margin.{layout.size(n)}"
    return Laid(rows, height, ends, title, beneath, f"Differences. {layout.told(rows, rate)}")


def intervals(
    frame: pd.DataFrame,
    title: str,
    *,
    rate: bool | str,
    reference: float | None = None,
    said: str = "",
    n: int | None = None,
    palette: Palette = LIGHT,
    width: int | str = WIDTH,
) -> alt.LayerChart:
    """One dot with its whisker per row, the largest value first, around a line at ``reference``, which ``said`` explains.

    Columns: ``label``, ``value``, ``low``, ``high``, ``n`` and, where each row has one, ``outcome``. More than ``MOST``
    rows are drawn from both ends. Rows without a value are left out: they belong in a table.
    """
    rows, height, ends, title, beneath, told = around_reference(
        frame, title, rate=rate, reference=reference, said=said, n=n, palette=palette
    )
    layers = layout.whiskers(ends, rate, height) + layout.labels(rows, height, palette)
    if reference is not None:
        rule = alt.Chart().mark_rule(color=palette["ink"], strokeWidth=1.2)
        stroke = rule.encode(x=layout.across(ends, rate, "line"), y=layout.down("top", height), y2="bottom:Q")
        layers.insert(0, stroke)
    return layout.finish(layers, rows, title, beneath, told, height, width, palette)


def around_reference(
    frame: pd.DataFrame,
    title: str,
    *,
    rate: bool | str,
    reference: float | None = None,
    said: str = "",
    n: int | None = None,
    palette: Palette = LIGHT,
) -> Laid:
    """Rows in their place, the largest value first."""
    rows = frame.loc[frame["value"].notna()].sort_values("value", ascending=False, kind="stable", ignore_index=True)
    left = f" The {MOST // 2} highest and the {MOST // 2} lowest of {len(rows)}." if len(rows) > MOST else ""
    if left:
        rows = pd.concat([rows.head(MOST // 2), rows.tail(MOST // 2)], ignore_index=True)
    rows = rows.assign(outcome=rows.get("outcome", pd.Series("", rows.index)))
    rows, height = layout.laid_out(rows[["label", "outcome", "value", "low", "high", "n"]], palette)
    line = np.nan if reference is None else reference
    ends = layout.domain(rows[["value", "low", "high"]].assign(line=line), bool(rate))
    rows = layout.closed(rows, ends, rate).assign(line=line)
    beneath = f"{f'Line: {said}. ' if said else ''}Whisker: interval. Thin: few examples.{left}{layout.size(n)}"
    return Laid(rows, height, ends, title, beneath, f"Intervals. {layout.told(rows, rate)}")


def _limits(rows: pd.DataFrame, ends: list[float], rate: bool | str, height: int, palette: Palette) -> list[alt.Chart]:
    """The line at each row's limit and the shade on its wrong side."""
    base = alt.Chart().transform_filter("isValid(datum.limit)")
    at, top = layout.across(ends, rate, "limit"), layout.down("top", height)
    shade = base.mark_rect(color=palette["fail"], opacity=0.1).encode(x=at, x2="edge:Q", y=top, y2="bottom:Q")
    line = base.mark_rule(color=palette["ink"], strokeWidth=1.5).encode(x=at, y=top, y2="bottom:Q")
    return [shade, line]


def _side(side: str | None) -> str:
    return str(side).replace("_", " ")
