"""Frames in, Altair charts out: intervals first, on screen and on paper alike.

Every chart has a title that says what to see, its unit and n beneath, and a description (its alternative text). Labels
stand above their row, not beside it, so that none is clipped at 420 pixels. Rates are drawn on percent axes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from dashboard import figures
from dashboard.theme import LIGHT, MONO, SANS, Palette, colour

WIDTH = 440
"""Pixels of the plot where the chart is not as wide as its container."""
LINE, STRIP, GAP = 14, 20, 8
"""Pixels: a line of a row's label, the strip its whisker is drawn in, the space to the next row."""
LETTERS = 62
"""Letters in a line of a label or title: they fit a plot of 380 pixels."""


def forest(
    frame: pd.DataFrame,
    title: str,
    *,
    rate: bool,
    n: int | None = None,
    palette: Palette = LIGHT,
    width: int | str = WIDTH,
) -> alt.LayerChart:
    """One dot with its whisker per row against its own limit, the wrong side shaded, the furthest wrong side first.

    Columns: ``label``, ``outcome`` (a verdict's), ``value``, ``low``, ``high`` (missing where open), ``limit``,
    ``side`` (``at_least`` or ``at_most``), ``n``. Rows without a value are left out: they belong in a table.
    """
    rows = frame.loc[frame["value"].notna(), ["label", "outcome", "value", "low", "high", "limit", "side", "n"]]
    sign = np.where(rows["side"] == "at_most", 1, -1)
    limits = [figures.number(_known(one), rate=rate, width=1.0) for one in rows["limit"]]
    rows = rows.assign(
        wrong=(rows["value"] - rows["limit"]) * sign,
        label=rows["label"] + ", " + rows["side"].str.replace("_", " ") + " " + pd.Series(limits, rows.index),
    )
    rows = rows.sort_values("wrong", ascending=False, kind="stable", ignore_index=True)
    rows, height = _laid_out(rows, palette)
    ends = _domain(rows[["value", "low", "high", "limit"]], rate)
    rows = _closed(rows, ends, rate)
    rows["edge"] = np.where(rows["side"] == "at_most", ends[1], ends[0])
    shade = alt.Chart().mark_rect(color=palette["fail"], opacity=0.1)
    wrong = shade.encode(x=_x(ends, rate, "limit"), x2="edge:Q", y=_y("top", height), y2="bottom:Q")
    limit = alt.Chart().mark_rule(color=palette["ink"], strokeWidth=1.5)
    line = limit.encode(x=_x(ends, rate, "limit"), y=_y("top", height), y2="bottom:Q")
    layers = [wrong, line, *_whiskers(ends, rate, height), *_labels(rows, height, palette)]
    told = _told(rows, rate)
    beneath = f"Line: the limit. Shaded: the wrong side. Whisker: the interval judged.{_size(n)}"
    return _finish(layers, rows, title, beneath, f"Forest plot. {told}", height, width, palette)


def differences(
    frame: pd.DataFrame,
    title: str,
    *,
    rate: bool,
    n: int | None = None,
    palette: Palette = LIGHT,
    width: int | str = WIDTH,
) -> alt.LayerChart:
    """Paired differences around a zero line: worse first, then cannot tell, no worse, better; the margin as a band.

    Columns: ``label``, ``outcome`` (a comparison's), ``value`` (second minus first), ``low``, ``high``, ``margin``
    (missing where none is declared), ``better`` (``higher`` or ``lower``), ``n``.
    """
    rows = frame.loc[frame["value"].notna(), ["label", "outcome", "value", "low", "high", "margin", "better", "n"]]
    order = {"worse": 0, "cannot tell": 1, "no worse": 2, "better": 3}
    rows = rows.assign(group=rows["outcome"].map(order), size=-rows["value"].abs())
    rows = rows.sort_values(["group", "size"], kind="stable", ignore_index=True)
    rows, height = _laid_out(rows, palette)
    rows["edge"] = rows["margin"].astype(float).fillna(0.0) * np.where(rows["better"] == "lower", 1, -1)
    ends = _domain(rows[["value", "low", "high", "edge"]].assign(zero=0.0), rate)
    rows = _closed(rows, ends, rate).assign(zero=0.0)
    band = alt.Chart().mark_rect(color=palette["quiet"], opacity=0.12)
    margin = band.encode(x=_x(ends, rate, "zero"), x2="edge:Q", y=_y("top", height), y2="bottom:Q")
    zero = alt.Chart().mark_rule(color=palette["ink"], strokeWidth=1.2)
    line = zero.encode(x=_x(ends, rate, "zero"), y=_y("top", height), y2="bottom:Q")
    layers = [margin, line, *_whiskers(ends, rate, height), *_labels(rows, height, palette)]
    beneath = f"Second minus first. Line: no difference. Band: the declared margin.{_size(n)}"
    return _finish(layers, rows, title, beneath, f"Differences. {_told(rows, rate)}", height, width, palette)


def reliability(
    frame: pd.DataFrame, title: str, *, n: int | None = None, palette: Palette = LIGHT, width: int | str = WIDTH
) -> alt.LayerChart:
    """How often the model is right for what it says, with the band that a perfectly calibrated model would show.

    Columns: ``said``, ``found``, ``low``, ``high``, ``null low``, ``null high`` (shares) and ``n`` per bin.
    """
    rows = frame.rename(columns={"null low": "null_low", "null high": "null_high"})
    rows = rows.assign(weight=_weight(rows["n"]))
    ends = _domain(rows[["said", "found", "low", "high"]], rate=True)
    said = _domain(rows[["said"]], rate=True)
    x = alt.X("said:Q", scale=alt.Scale(domain=said, nice=False), axis=_axis(said, True, "what the model says"))
    y = alt.Y("found:Q", scale=alt.Scale(domain=ends, nice=False), axis=_axis(ends, True, "how often it is right"))
    base = alt.Chart()
    null = base.mark_area(color=palette["quiet"], opacity=0.16).encode(x=x, y=_like(y, "null_low"), y2="null_high:Q")
    corner = alt.Chart(pd.DataFrame({"said": said, "found": said}))
    perfect = corner.mark_line(color=palette["quiet"], strokeDash=[4, 3], strokeWidth=1).encode(x=x, y=y)
    thickness = alt.StrokeWidth("weight:Q", scale=None)
    whisker = base.mark_rule(color=palette["accent"]).encode(x=x, y=_like(y, "low"), y2="high:Q", strokeWidth=thickness)
    tip = [alt.Tooltip("said:Q", format=".1%"), alt.Tooltip("found:Q", format=".1%"), alt.Tooltip("n:Q")]
    dot = base.mark_point(color=palette["accent"], filled=True, opacity=1, size=45).encode(x=x, y=y, tooltip=tip)
    outside = int(((frame["found"] < frame["null low"]) | (frame["found"] > frame["null high"])).sum())
    told = f"Reliability curve of {len(rows)} bins; {outside} lie outside the band of a perfectly calibrated model."
    beneath = f"Dashed: perfect. Grey: what a perfect model would show. Thin: few examples.{_size(n)}"
    return _finish([null, perfect, whisker, dot], rows, title, beneath, told, 300, width, palette)


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
    x_name, *names = map(str, frame.columns)
    ribbon = {"low", "high"} <= set(names)
    lines = [name for name in names if name not in ("low", "high")]
    rows = _long(frame, x_name, lines)
    tall = rows["y"] if not ribbon else pd.concat([rows["y"], frame["low"], frame["high"]])
    ends = _domain(tall.to_frame().assign(zero=0.0), rate)
    x = alt.X("x:Q", title=x_name, axis=alt.Axis(grid=False, labelOverlap=False, tickCount=5))
    y = alt.Y("y:Q", scale=alt.Scale(domain=ends, nice=False), axis=_axis(ends, rate, unit))
    hues = [palette["accent"], palette["quiet"], palette["unsure"], palette["waived"]][: len(lines)]
    key = alt.Legend(orient="top", title=None, labelLimit=0, symbolType="stroke") if len(lines) > 1 else None
    hue = alt.Color("line:N", scale=alt.Scale(domain=lines, range=hues), legend=key)
    base = alt.Chart().encode(x=x, y=y, color=hue, tooltip=["line:N", "x:Q", alt.Tooltip("y:Q", format=".3g")])
    layers = [base.mark_line(strokeWidth=1.8), base.mark_point(filled=True, opacity=1, size=40)]
    if ribbon:
        span = pd.DataFrame({"x": frame[x_name], "low": frame["low"], "high": frame["high"]})
        area = alt.Chart(span).mark_area(color=palette["accent"], opacity=0.15)
        layers.insert(0, area.encode(x=x, y=_like(y, "low"), y2="high:Q"))
    first, last = frame.iloc[0], frame.iloc[-1]
    told = "; ".join(
        f"{name} goes from {figures.number(first[name], rate=rate)} at {x_name} {first[x_name]:g} "
        f"to {figures.number(last[name], rate=rate)} at {last[x_name]:g}"
        for name in lines
    )
    beneath = f"{unit.capitalize()}.{' Ribbon: interval.' if ribbon else ''}{_size(n)}"
    return _finish(layers, rows, title, beneath, f"Curve: {told}.", 240, width, palette)


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
    rows = frame.sort_values("value", ascending=False, kind="stable", ignore_index=True).head(most).assign(n=1)
    rows, height = _laid_out(rows, palette)
    ends = _domain(rows[["value", "low", "high"]].assign(zero=0.0), rate)
    rows = _closed(rows, ends, rate).assign(zero=0.0)
    bar = alt.Chart().mark_bar(color=palette["accent"], opacity=0.75)
    drawn = bar.encode(x=_x(ends, rate, "zero"), x2="value:Q", y=_y("bar_top", height), y2="bar_bottom:Q")
    whisker = alt.Chart().mark_rule(color=palette["ink"], strokeWidth=1.2)
    spread = whisker.encode(x=_x(ends, rate, "low"), x2="high:Q", y=_y("middle", height))
    layers = [drawn, spread, *_labels(rows, height, palette)]
    left = f" The {most} largest of {len(frame)}." if len(frame) > most else ""
    told = "; ".join(f"{row.label} {figures.number(_known(row.value), rate=rate)}" for row in rows.head(5).itertuples())
    beneath = f"{unit.capitalize()}. Whisker: interval.{left}{_size(n)}"
    return _finish(layers, rows, title, beneath, f"Bars, largest first: {told}.", height, width, palette)


def alt_text(chart: alt.LayerChart) -> str:
    """What the chart shows, in words."""
    return str(chart.description)


def svg(chart: alt.LayerChart) -> str:
    """The chart as SVG, without a browser and without a request."""
    spec = figures.printable(chart.to_dict(validate=False))
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _laid_out(rows: pd.DataFrame, palette: Palette) -> tuple[pd.DataFrame, int]:
    """Pixels from the top for each row: its label of one or more lines, and below it the strip of its whisker."""
    wrapped = [_wrapped(str(label), LETTERS) for label in rows["label"]]
    outcomes = rows.get("outcome")
    heights = np.array([LINE * len(lines) + STRIP + GAP for lines in wrapped])
    stops = np.cumsum(heights)
    bottom = stops - GAP
    placed = rows.assign(
        text=["\n".join(lines) for lines in wrapped],
        label_at=stops - heights,
        top=bottom - STRIP + 2,
        middle=bottom - STRIP / 2 + 1,
        bottom=bottom,
        bar_top=bottom - STRIP + 5,
        bar_bottom=bottom - 3,
        weight=_weight(rows["n"]),
    )
    if outcomes is not None:
        placed["symbol"] = [figures.SYMBOLS[one] for one in outcomes]
        placed["hue"] = [colour(one, palette) for one in outcomes]
        placed["text"] = [f"{one} · {text}" for one, text in zip(outcomes, placed["text"], strict=True)]
    return placed, int(stops[-1]) if len(stops) else STRIP


def _wrapped(text: str, letters: int) -> list[str]:
    return textwrap.wrap(text, letters) or [""]


def _weight(n: pd.Series) -> pd.Series:
    """Stroke width: 1 for next to nothing, 2.6 for the largest n."""
    known = n.astype(float).fillna(0)
    return 1 + 1.6 * (known / max(float(known.max()), 1.0)) ** 0.5


def _domain(values: pd.DataFrame, rate: bool) -> list[float]:
    """All that is drawn, with some air; a rate's axis does not leave -100 to 100 %, or 0 to 100 %."""
    numbers = values.to_numpy(dtype=float)
    least, most = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    air = 0.06 * (most - least) or 0.05 * abs(most) or 0.05
    low = 0.0 if least == 0 else least - air
    high = 0.0 if most == 0 and least < 0 else most + air
    if rate:
        low, high = max(low, 0.0 if least >= 0 else -1.0), min(high, 1.0 if most <= 1 else high)
    return [low, high]


def _closed(rows: pd.DataFrame, ends: Sequence[float], rate: bool) -> pd.DataFrame:
    """The value as text, and an interval's open end drawn to the end of the axis."""
    bands = rows[["value", "low", "high"]].itertuples(index=False)
    shown = [figures.with_interval(*map(_known, band), rate=rate) for band in bands]
    low, high = rows["low"].astype(float).fillna(ends[0]), rows["high"].astype(float).fillna(ends[1])
    return rows.assign(shown=shown, low=low, high=high)


def _x(ends: Sequence[float], rate: bool, field: str) -> alt.X:
    return alt.X(f"{field}:Q", scale=alt.Scale(domain=list(ends), nice=False), axis=_axis(ends, rate, None))


def _y(field: str, height: int) -> alt.Y:
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)


def _like(y: alt.Y, field: str) -> alt.Y:
    """The same axis for another column."""
    again = y.copy()
    again.shorthand = f"{field}:Q"
    return again


def _axis(ends: Sequence[float], rate: bool, title: str | None) -> alt.Axis:
    digits = 0 if ends[1] - ends[0] > 0.05 else 1
    text = f"format(100 * datum.value, '.{digits}f') + '{figures.THIN}%'" if rate else "format(datum.value, '~g')"
    return alt.Axis(title=title, tickCount=5, labelExpr=text, labelOverlap=False, labelFlush=False)


def _whiskers(ends: Sequence[float], rate: bool, height: int) -> list[alt.Chart]:
    base = alt.Chart().encode(
        y=_y("middle", height),
        color=alt.Color("hue:N", scale=None),
        tooltip=[
            alt.Tooltip("label:N"),
            alt.Tooltip("outcome:N"),
            alt.Tooltip("shown:N", title="value"),
            alt.Tooltip("n:Q"),
        ],
    )
    line = base.mark_rule().encode(
        x=_x(ends, rate, "low"), x2="high:Q", strokeWidth=alt.StrokeWidth("weight:Q", scale=None)
    )
    return [line, base.mark_point(filled=True, opacity=1, size=60).encode(x=_x(ends, rate, "value"))]


def _labels(rows: pd.DataFrame, height: int, palette: Palette) -> list[alt.Chart]:
    y = _y("label_at", height)
    judged = "symbol" in rows
    base = alt.Chart()
    words = base.mark_text(
        align="left", baseline="top", lineBreak="\n", lineHeight=LINE, color=palette["ink"], fontSize=11
    )
    texts = [words.encode(x=alt.value(15 if judged else 1), y=y, text="text:N")]
    if judged:
        sign = base.mark_text(align="left", baseline="top", font=MONO, fontSize=11)
        texts.append(sign.encode(x=alt.value(1), y=y, text="symbol:N", color=alt.Color("hue:N", scale=None)))
    return texts


def _long(frame: pd.DataFrame, x: str, lines: list[str]) -> pd.DataFrame:
    parts = [pd.DataFrame({"x": frame[x], "y": frame[name], "line": name}) for name in lines]
    return pd.concat(parts, ignore_index=True)


def _told(rows: pd.DataFrame, rate: bool) -> str:
    tally = ", ".join(f"{count} {outcome}" for outcome, count in rows["outcome"].value_counts(sort=False).items())
    parts = [f"{r.label}: {figures.number(_known(r.value), rate=rate)}, {r.outcome}" for r in rows.head(8).itertuples()]
    return f"{tally}. {'; '.join(parts)}."


def _size(n: int | None) -> str:
    return "" if n is None else f" n = {figures.count(n)}."


def _known(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[call-overload, arg-type]


def _finish(
    layers: list[alt.Chart],
    rows: pd.DataFrame,
    title: str,
    beneath: str,
    told: str,
    height: int,
    width: int | str,
    palette: Palette,
) -> alt.LayerChart:
    heading = alt.TitleParams(
        text=_wrapped(title, LETTERS - 8), subtitle=_wrapped(beneath, LETTERS + 4), anchor="start", fontSize=13,
        subtitleFontSize=11, subtitleLineHeight=14, lineHeight=16, color=palette["ink"], subtitleColor=palette["quiet"],
        offset=12, frame="group",
    )  # fmt: skip
    chart = cast(alt.LayerChart, alt.layer(*layers, data=rows))
    return (
        chart.properties(title=heading, description=f"{title}. {told}", height=height, width=width)
        .configure(font=SANS, background="transparent", padding=2)
        .configure_view(stroke=None)
        .configure_axis(
            domainColor=palette["rule"], gridColor=palette["rule"], tickColor=palette["rule"], labelFontSize=11,
            labelColor=palette["quiet"], titleColor=palette["quiet"], titleFontSize=11, titleFontWeight="normal",
            labelLimit=0, titleLimit=0,
        )
        .configure_legend(labelColor=palette["ink"], labelFontSize=11)
    )  # fmt: skip
