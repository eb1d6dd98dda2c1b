"""The charts of paper: what Altair draws on a screen, written as SVG in a hundredth of the time."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pandas as pd

from dashboard.charts import layout
from dashboard.charts.curves import HUES, binned, from_zero, lined, parts_of
from dashboard.charts.drawing import Canvas, Drawing
from dashboard.charts.forest import against_limits, around_reference, around_zero
from dashboard.charts.heat import crossed, headed
from dashboard.charts.layout import WIDTH, Laid
from dashboard.charts.scatter import placed
from dashboard.theme import LIGHT, MONO

SIDE = 56
"""Pixels of the plot's width that the numbers of an axis beside it take."""


def forest(frame: pd.DataFrame, title: str, *, rate: bool | str, n: int | None = None) -> Drawing:
    """Numbers with their intervals against limits, as ``charts.forest`` draws them."""
    laid = against_limits(frame, title, rate=rate, n=n)
    canvas = _canvas(laid, rate)
    for row in _each(laid.rows[laid.rows["limit"].notna()]):
        at, tall = canvas.x(row.limit), row.bottom - row.top
        canvas.rect(at, row.top, canvas.x(row.edge) - at, tall, LIGHT["fail"], 0.1)
        canvas.line(at, row.top, at, row.bottom, LIGHT["ink"], 1.5)
    return _rows(canvas, laid)


def differences(frame: pd.DataFrame, title: str, *, rate: bool | str, n: int | None = None) -> Drawing:
    """Paired differences around zero, as ``charts.differences`` draws them."""
    laid = around_zero(frame, title, rate=rate, n=n)
    canvas = _canvas(laid, rate)
    zero = canvas.x(0)
    for row in _each(laid.rows):
        canvas.rect(zero, row.top, canvas.x(row.edge) - zero, row.bottom - row.top, LIGHT["quiet"], 0.12)
        canvas.line(zero, row.top, zero, row.bottom, LIGHT["ink"], 1.2)
    return _rows(canvas, laid)


def intervals(
    frame: pd.DataFrame, title: str, *, rate: bool | str, reference: float | None = None, said: str = "",
    n: int | None = None,
) -> Drawing:  # fmt: skip
    """Numbers with their intervals around a line, as ``charts.intervals`` draws them."""
    laid = around_reference(frame, title, rate=rate, reference=reference, said=said, n=n)
    canvas = _canvas(laid, rate)
    if reference is not None:
        for row in _each(laid.rows):
            canvas.line(canvas.x(reference), row.top, canvas.x(reference), row.bottom, LIGHT["ink"], 1.2)
    return _rows(canvas, laid)


def bars(frame: pd.DataFrame, title: str, *, unit: str, rate: bool = False, n: int | None = None) -> Drawing:
    """Bars from zero with whiskers, as ``charts.bars`` draws them."""
    laid = from_zero(frame, title, unit=unit, rate=rate, n=n)
    canvas = _canvas(laid, rate)
    for row in _each(laid.rows):
        zero, tall = canvas.x(0), row.bar_bottom - row.bar_top
        canvas.rect(zero, row.bar_top, canvas.x(row.value) - zero, tall, LIGHT["accent"], 0.75)
        canvas.line(canvas.x(row.low), row.middle, canvas.x(row.high), row.middle, LIGHT["ink"], 1.2)
        canvas.lines(1, row.label_at, row.text)
    return canvas.drawing(laid.title, laid.beneath, laid.told)


def _each(rows: pd.DataFrame) -> Iterator[Any]:
    return (SimpleNamespace(**{str(name): value for name, value in one.items()}) for one in rows.to_dict("records"))


def _canvas(laid: Laid, rate: bool | str) -> Canvas:
    canvas = Canvas(WIDTH, laid.height, laid.ends)
    canvas.axis_across(rate)
    return canvas


def _rows(canvas: Canvas, laid: Laid) -> Drawing:
    """Each row's dot and whisker under its label."""
    judged = bool((laid.rows["symbol"] != "").any())
    for row in _each(laid.rows):
        canvas.line(canvas.x(row.low), row.middle, canvas.x(row.high), row.middle, row.hue, row.weight)
        canvas.dot(canvas.x(row.value), row.middle, row.hue)
        canvas.lines(15 if judged else 1, row.label_at, row.text)
        if judged:
            canvas.lines(1, row.label_at, row.symbol, fill=row.hue, font=MONO)
    return canvas.drawing(laid.title, laid.beneath, laid.told)


def reliability(frame: pd.DataFrame, title: str, *, n: int | None = None) -> Drawing:
    """How often the model is right for what it says, as ``charts.reliability`` draws it."""
    laid = binned(frame, title, n=n)
    said = layout.domain(laid.rows[["said"]], rate=True)
    canvas = Canvas(WIDTH - SIDE, laid.height, said, laid.ends)
    canvas.axis_across(True, "what the model says")
    canvas.axis_up(True, "how often it is right")
    _ribbon(canvas, laid.rows, "said", "null_low", "null_high", LIGHT["quiet"], 0.16)
    canvas.path([(canvas.x(one), canvas.y(one)) for one in said], stroke=LIGHT["quiet"], dash="4 3")
    for row in _each(laid.rows):
        at = canvas.x(row.said)
        canvas.line(at, canvas.y(row.low), at, canvas.y(row.high), LIGHT["accent"], row.weight)
        canvas.dot(at, canvas.y(row.found), LIGHT["accent"], 3.8)
    return canvas.drawing(laid.title, laid.beneath, laid.told)


def curve(frame: pd.DataFrame, title: str, *, unit: str, rate: bool, n: int | None = None) -> Drawing:
    """Lines over the first column, as ``charts.curve`` draws them; each line is named at its end."""
    laid = lined(frame, title, unit=unit, rate=rate, n=n)
    over, ribbon, lines = parts_of(frame)
    across = layout.domain(frame[[over]].assign(zero=0.0), rate=False)
    canvas = Canvas(WIDTH - SIDE, laid.height, across, laid.ends)
    canvas.axis_across("", over, grid=False)
    canvas.axis_up(rate, unit)
    if ribbon:
        _ribbon(canvas, frame, over, "low", "high", LIGHT["accent"], 0.15)
    for place, name in enumerate(lines):
        hue = LIGHT[HUES[place % len(HUES)]]
        points = [(canvas.x(x), canvas.y(y)) for x, y in frame[[over, name]].dropna().itertuples(index=False)]
        canvas.path(points, stroke=hue)
        for x, y in points:
            canvas.dot(x, y, hue, 3)
        if len(lines) > 1:
            canvas.dot(6, 8 + 14 * place, hue, 3)
            canvas.text(14, 12 + 14 * place, name, fill=hue)
    return canvas.drawing(laid.title, laid.beneath, laid.told)


def trade_off(frame: pd.DataFrame, title: str, *, across: str, up: str, n: int | None = None) -> Drawing:
    """Two goods against each other, as ``charts.trade_off`` draws them."""
    laid = placed(frame, title, across=across, up=up, n=n)
    rows: Any = laid.rows
    canvas = Canvas(WIDTH - SIDE, laid.height, laid.ends, layout.domain(rows[["y", "y_low", "y_high"]], rate=True))
    canvas.axis_across(True, across)
    canvas.axis_up(True, up)
    for row in _each(rows):
        x, y = canvas.x(row.x), canvas.y(row.y)
        if pd.notna(row.x_low) and pd.notna(row.x_high):
            canvas.line(canvas.x(row.x_low), y, canvas.x(row.x_high), y, row.hue, opacity=0.3)
        if pd.notna(row.y_low) and pd.notna(row.y_high):
            canvas.line(x, canvas.y(row.y_low), x, canvas.y(row.y_high), row.hue, opacity=0.3)
    front = rows[rows["front"]].sort_values("x")
    joined = [(canvas.x(x), canvas.y(y)) for x, y in front[["x", "y"]].itertuples(index=False)]
    if len(joined) > 1:
        canvas.path(joined, stroke=LIGHT["accent"], opacity=0.6)
    for row in _each(rows):
        x, y, reach = canvas.x(row.x), canvas.y(row.y), (row.size / 3.14) ** 0.5
        if row.kind == "diamond":
            canvas.path([(x, y - 1.3 * reach), (x + reach, y), (x, y + 1.3 * reach), (x - reach, y)], fill=row.hue)
        else:
            canvas.dot(x, y, row.hue, reach)
    return canvas.drawing(laid.title, laid.beneath, laid.told)


def heat_map(frame: pd.DataFrame, title: str, *, rate: bool | str, n: int | None = None) -> Drawing:
    """Two ways of grouping at once, as ``charts.heat_map`` draws them."""
    laid = crossed(frame, title, rate=rate, n=n)
    cells: Any = laid.rows
    heads = list(dict.fromkeys(cells["column"]))
    canvas, wide = Canvas(WIDTH, laid.height), WIDTH / len(heads)
    for place, name in enumerate(heads):
        canvas.lines((place + 0.5) * wide, 0, headed(name, heads), fill=LIGHT["quiet"], anchor="middle")
    for row in _each(cells.drop_duplicates("row")):
        canvas.text(0, row.top - 4, row.row)
    for row in _each(cells):
        left = heads.index(row.column) * wide
        canvas.rect(left + 1, row.top, wide - 2, row.bottom - row.top, row.hue, stroke=row.edge)
        canvas.text(
            left + wide / 2, row.value_at + 4, row.written, fill=row.ink, size=12, weight="bold", anchor="middle"
        )
        if row.size:
            canvas.text(left + wide / 2, row.size_at + 4, row.size, fill=row.ink, size=10, anchor="middle")
    return canvas.drawing(laid.title, laid.beneath, laid.told)


def _ribbon(canvas: Canvas, frame: pd.DataFrame, over: str, low: str, high: str, hue: str, opacity: float) -> None:
    rows = frame[[over, low, high]].dropna().to_numpy(dtype=float)
    below = [(canvas.x(at), canvas.y(one)) for at, one, _ in rows]
    above = [(canvas.x(at), canvas.y(one)) for at, _, one in rows[::-1]]
    canvas.path([*below, *above], fill=hue, opacity=opacity)
