"""How every chart is laid out: labels above their rows, axes, sizes, title, what is told to those who do not see it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, TypeVar, cast

import altair as alt
import numpy as np
import pandas as pd

from dashboard import figures
from dashboard.theme import MONO, SANS, Palette, colour

Channel = TypeVar("Channel", alt.X, alt.Y)
WIDTH = 440
"""Pixels of the plot where the chart is not as wide as its container."""
LINE, STRIP, GAP = 14, 20, 8
"""Pixels: a line of a row's label, the strip its whisker is drawn in, the space to the next row."""
HARD = "\u00a0"
"""A space at which no line ends."""
LETTERS = 62
"""Letters in a line of a label or title: they fit a plot of 380 pixels."""


class Laid(NamedTuple):
    """A plot of rows before it is drawn: on a screen by Altair, on paper as SVG."""

    rows: pd.DataFrame
    height: int
    ends: list[float]
    title: str
    beneath: str
    told: str


def laid_out(rows: pd.DataFrame, palette: Palette) -> tuple[pd.DataFrame, int]:
    """Pixels from the top for each row: its label of one or more lines, and below it the strip of its whisker."""
    texts = [wrapped(str(label), LETTERS) for label in rows["label"]]
    outcomes = rows.get("outcome")
    heights = np.array([LINE * len(lines) + STRIP + GAP for lines in texts])
    stops = np.cumsum(heights)
    bottom = stops - GAP
    placed = rows.assign(
        text=["\n".join(lines) for lines in texts],
        label_at=stops - heights,
        top=bottom - STRIP + 2,
        middle=bottom - STRIP / 2 + 1,
        bottom=bottom,
        bar_top=bottom - STRIP + 5,
        bar_bottom=bottom - 3,
        weight=weight(rows["n"]),
    )
    if outcomes is not None:
        placed["symbol"] = [figures.SYMBOLS.get(one, "") for one in outcomes]
        placed["hue"] = [colour(one, palette) if one else palette["accent"] for one in outcomes]
        placed["text"] = [
            f"{one} · {text}" if one else text for one, text in zip(outcomes, placed["text"], strict=True)
        ]
    return placed, int(stops[-1]) if len(stops) else STRIP


def wrapped(text: str, letters: int) -> list[str]:
    return textwrap.wrap(text, letters) or [""]


def weight(n: pd.Series) -> pd.Series:
    """Stroke width: 1 for next to nothing, 2.6 for the largest n."""
    sizes = n.astype(float).fillna(0)
    return 1 + 1.6 * (sizes / max(float(sizes.max()), 1.0)) ** 0.5


def domain(values: pd.DataFrame, rate: bool) -> list[float]:
    """All that is drawn, with some air; a rate's axis does not leave -100 to 100 %, or 0 to 100 %."""
    numbers = values.to_numpy(dtype=float)
    least, most = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    air = 0.06 * (most - least) or 0.05 * abs(most) or 0.05
    low = 0.0 if least == 0 else least - air
    high = 0.0 if most == 0 and least < 0 else most + air
    if rate:
        low, high = max(low, 0.0 if least >= 0 else -1.0), min(high, 1.0 if most <= 1 else high)
    return [low, high]


def closed(rows: pd.DataFrame, ends: Sequence[float], rate: bool | str) -> pd.DataFrame:
    """The value as text, and an interval's open end drawn to the end of the axis."""
    bands = rows[["value", "low", "high"]].astype(float).to_numpy()
    shown = [figures.with_interval(*map(known, band), rate=rate) for band in bands]
    low, high = rows["low"].astype(float).fillna(ends[0]), rows["high"].astype(float).fillna(ends[1])
    return rows.assign(shown=shown, low=low, high=high)


def across(ends: Sequence[float], rate: bool | str, field: str) -> alt.X:
    return alt.X(f"{field}:Q", scale=alt.Scale(domain=list(ends), nice=False), axis=axis(ends, rate, None))


def down(field: str, height: int) -> alt.Y:
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)


def like(channel: Channel, field: str) -> Channel:
    """The same axis for another column."""
    again = channel.copy()
    again.shorthand = f"{field}:Q"
    return again


def axis(ends: Sequence[float], rate: bool | str, title: str | None) -> alt.Axis:
    """A share is written in percent, a difference of shares (``points``) as a bare number of points."""
    digits = 0 if ends[1] - ends[0] > 0.05 else 1
    sign = "" if rate == "points" else f" + '{figures.THIN}%'"
    text = f"format(100 * datum.value, '.{digits}f'){sign}" if rate else "format(datum.value, '~g')"
    return alt.Axis(title=title, tickCount=5, labelExpr=text, labelOverlap=False, labelFlush=False)


def whiskers(ends: Sequence[float], rate: bool | str, height: int) -> list[alt.Chart]:
    base = alt.Chart().encode(
        y=down("middle", height),
        color=alt.Color("hue:N", scale=None),
        tooltip=[
            alt.Tooltip("label:N"),
            alt.Tooltip("outcome:N"),
            alt.Tooltip("shown:N", title="value"),
            alt.Tooltip("n:Q"),
        ],
    )
    line = base.mark_rule().encode(
        x=across(ends, rate, "low"), x2="high:Q", strokeWidth=alt.StrokeWidth("weight:Q", scale=None)
    )
    return [line, base.mark_point(filled=True, opacity=1, size=60).encode(x=across(ends, rate, "value"))]


def labels(rows: pd.DataFrame, height: int, palette: Palette) -> list[alt.Chart]:
    top = down("label_at", height)
    judged = "symbol" in rows and bool((rows["symbol"] != "").any())
    base = alt.Chart()
    words = base.mark_text(
        align="left", baseline="top", lineBreak="\n", lineHeight=LINE, color=palette["ink"], fontSize=11
    )
    texts = [words.encode(x=alt.value(15 if judged else 1), y=top, text="text:N")]
    if judged:
        sign = base.mark_text(align="left", baseline="top", font=MONO, fontSize=11)
        texts.append(sign.encode(x=alt.value(1), y=top, text="symbol:N", color=alt.Color("hue:N", scale=None)))
    return texts


def long(frame: pd.DataFrame, x: str, lines: list[str]) -> pd.DataFrame:
    parts = [pd.DataFrame({"x": frame[x], "y": frame[name], "line": name}) for name in lines]
    return pd.concat(parts, ignore_index=True)


def told(rows: pd.DataFrame, rate: bool | str) -> str:
    said = Counter(map(str, rows["outcome"]))
    tally = ", ".join(f"{count} {outcome}" for outcome, count in said.items() if outcome)
    drawn = rows.head(8)[["label", "shown", "outcome"]].to_numpy(dtype=str).tolist()
    parts = [f"{label}: {shown}{', ' + outcome if outcome else ''}" for label, shown, outcome in drawn]
    return f"{tally + '. ' if tally else ''}{'; '.join(parts)}."


def size(n: int | None) -> str:
    return "" if n is None else f" n{HARD}={HARD}{figures.count(n)}."


def known(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[call-overload, arg-type]


def finish(
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
        text=wrapped(title, LETTERS - 8), subtitle=wrapped(beneath, LETTERS + 4), anchor="start", fontSize=13,
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
