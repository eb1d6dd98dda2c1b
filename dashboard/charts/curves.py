"""Curves and bars: calibration, robustness by radius, importance."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import figures
from dashboard.charts import layout
from dashboard.charts.layout import WIDTH, Laid
from dashboard.theme import LIGHT, Palette

BINNED, CURVED = 300, 240
"""Pixels of height."""
HUES = ("accent", "quiet", "unsure", "waived")
"""Of the lines of a curve."""


def reliability(
    frame: pd.DataFrame, title: str, *, n: int | None = None, palette: Palette = LIGHT, width: int | str = WIDTH
) -> alt.LayerChart:
    """How often the model is right for what it says, with the band that a perfectly calibrated model would show.

    Columns: ``said``, ``found``, ``low``, ``high``, ``null low``, ``null high`` (shares) and ``n`` per bin.
    """
    rows, _, ends, title, beneath, told = binned(frame, title, n=n)
    said = layout.domain(rows[["said"]], rate=True)
    x = alt.X("said:Q", scale=alt.Scale(domain=said, nice=False), axis=layout.axis(said, True, "what the model says"))
    y = alt.Y(
        "found:Q", scale=alt.Scale(domain=ends, nice=False), axis=layout.axis(ends, True, "how often it is right")
    )
    base = alt.Chart()
    null = base.mark_area(color=palette["quiet"], opacity=0.16).encode(
        x=x, y=layout.like(y, "null_low"), y2="null_high:Q"
    )
    corner = alt.Chart(pd.DataFrame({"said": said, "found": said}))
    perfect = corner.mark_line(color=palette["quiet"], strokeDash=[4, 3], strokeWidth=1).encode(x=x, y=y)
    thickness = alt.StrokeWidth("weight:Q", scale=None)
    whisker = base.mark_rule(color=palette["accent"]).encode(
        x=x, y=layout.like(y, "low"), y2="high:Q", strokeWidth=thickness
    )
    tip = [alt.Tooltip("said:Q", format=".1%"), alt.Tooltip("found:Q", format=".1%"), alt.Tooltip("n:Q")]
    dot = base.mark_point(color=palette["accent"], filled=True, opacity=1, size=45).encode(x=x, y=y, tooltip=tip)
    return layout.finish([null, perfect, whisker, dot], rows, title, beneath, told, BINNED, width, palette)


def binned(frame: pd.DataFrame, title: str, *, n: int | None = None) -> Laid:
    """The bins of a reliability curve, and the ends of the axis of what was found."""
    rows = frame.rename(columns={"null low": "null_low", "null high": "null_high"})
    rows = rows.assign(weight=layout.weight(rows["n"]))
    ends = layout.domain(rows[["said", "found", "low", "high"]], rate=True)
    outside = int(((frame["found"] < frame["null low"]) | (frame["found"] > frame["null high"])).sum())
    told = f"Reliability curve of {len(rows)} bins; {outside} lie outside the band of a perfectly calibrated model."
    beneath = f"Dashed: perfect. Grey: what a perfect model would show. Thin: few examples.{layout.size(n)}"
    return Laid(rows, BINNED, ends, title, beneath, told)


def curve(
    frame: pd.DataFrame,
    title: str,
    *,
    unit: str,
    rate: bool,
    n: int | None = None,
    palette: Palette = LIGHT,
    width: int | str = WIDTH,
) -> alt.LayerChart:
    """One or more lines over the first column; columns ``low`` and ``high`` are the ribbon of a single line."""
    x_name, ribbon, lines = parts_of(frame)
    rows, _, ends, title, beneath, told = lined(frame, title, unit=unit, rate=rate, n=n)
    x = alt.X("x:Q", title=x_name, axis=alt.Axis(grid=False, labelOverlap=False, tickCount=5))
    y = alt.Y("y:Q", scale=alt.Scale(domain=ends, nice=False), axis=layout.axis(ends, rate, unit))
    hues = [palette[one] for one in HUES][: len(lines)]
    key = alt.Legend(orient="top", title=None, labelLimit=0, symbolType="stroke") if len(lines) > 1 else None
    hue = alt.Color("line:N", scale=alt.Scale(domain=lines, range=hues), legend=key)
    base = alt.Chart().encode(x=x, y=y, color=hue, tooltip=["line:N", "x:Q", alt.Tooltip("y:Q", format=".3g")])
    layers = [base.mark_line(strokeWidth=1.8), base.mark_point(filled=True, opacity=1, size=40)]
    if ribbon:
        span = pd.DataFrame({"x": frame[x_name], "low": frame["low"], "high": frame["high"]})
        area = alt.Chart(span).mark_area(color=palette["accent"], opacity=0.15)
        layers.insert(0, area.encode(x=x, y=layout.like(y, "low"), y2="high:Q"))
    return layout.finish(layers, rows, title, beneath, told, CURVED, width, palette)


def parts_of(frame: pd.DataFrame) -> tuple[str, bool, list[str]]:
    """What a curve goes over, whether it has a ribbon, and its lines."""
    x_name, *names = map(str, frame.columns)
    return x_name, {"low", "high"} <= set(names), [name for name in names if name not in ("low", "high")]


def lined(frame: pd.DataFrame, title: str, *, unit: str, rate: bool, n: int | None = None) -> Laid:
    """The points of a curve's lines, and the ends of the axis of what they show."""
    x_name, ribbon, lines = parts_of(frame)
    rows = layout.long(frame, x_name, lines)
    tall = rows["y"] if not ribbon else pd.concat([rows["y"], frame["low"], frame["high"]])
    ends = layout.domain(tall.to_frame().assign(zero=0.0), rate)
    first, last = frame.iloc[0], frame.iloc[-1]
    told = "; ".join(
        f"{name} goes from {figures.number(first[name], rate=rate)} at {x_name} {first[x_name]:g} "
        f"to {figures.number(last[name], rate=rate)} at {last[x_name]:g}"
        for name in lines
    )
    beneath = f"{unit.capitalize()}.{' Ribbon: interval.' if ribbon else ''}{layout.size(n)}"
    return Laid(rows, CURVED, ends, title, beneath, f"Curve: {told}.")


def bars(
    frame: pd.DataFrame,
    title: str,
    *,
    unit: str,
    rate: bool = False,
    n: int | None = None,
    most: int = 15,
    palette: Palette = LIGHT,
    width: int | str = WIDTH,
) -> alt.LayerChart:
    """Bars from zero with whiskers, the largest first, at most ``most``. Columns: ``label``, ``value``, ``low``, ``high``."""
    rows, height, ends, title, beneath, told = from_zero(
        frame, title, unit=unit, rate=rate, n=n, most=most, palette=palette
    )
    bar = alt.Chart().mark_bar(color=palette["accent"], opacity=0.75)
    drawn = bar.encode(
        x=layout.across(ends, rate, "zero"), x2="value:Q", y=layout.down("bar_top", height), y2="bar_bottom:Q"
    )
    whisker = alt.Chart().mark_rule(color=palette["ink"], strokeWidth=1.2)
    spread = whisker.encode(x=layout.across(ends, rate, "low"), x2="high:Q", y=layout.down("middle", height))
    layers = [drawn, spread, *layout.labels(rows, height, palette)]
    return layout.finish(layers, rows, title, beneath, told, height, width, palette)


def from_zero(
    frame: pd.DataFrame, title: str, *, unit: str, rate: bool = False, n: int | None = None, most: int = 15,
    palette: Palette = LIGHT,
) -> Laid:  # fmt: skip
    """Rows in their place, the largest first."""
    rows = frame.sort_values("value", ascending=False, kind="stable", ignore_index=True).head(most).assign(n=1)
    rows, height = layout.laid_out(rows, palette)
    ends = layout.domain(rows[["value", "low", "high"]].assign(zero=0.0), rate)
    rows = layout.closed(rows, ends, rate).assign(zero=0.0)
    left = f" The {most} largest of {len(frame)}." if len(frame) > most else ""
    told = "; ".join(
        f"{row.label} {figures.number(layout.known(row.value), rate=rate)}" for row in rows.head(5).itertuples()
    )
    beneath = f"{unit.capitalize()}. Whisker: interval.{left}{layout.size(n)}"
    return Laid(rows, height, ends, title, beneath, f"Bars, largest first: {told}.")
