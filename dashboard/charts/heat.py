"""A heat map: two ways of grouping at once, with the number and n in every cell."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from dashboard import figures
from dashboard.charts import layout
from dashboard.charts.layout import LINE, WIDTH, Laid
from dashboard.theme import LIGHT, Palette, mixed, readable

WITH_INTERVAL = 3
"""Columns up to which a cell is wide enough at 380 pixels for an interval beside the number."""
ACROSS, DOWN = 6, 24
"""Columns that hold a number at 380 pixels, and rows that fit a page; the table under the fold has all."""
CELL, SPACE = 38, 3
"""Pixels: the height of a cell and the space between cells."""
FAINTEST, STRONGEST = 0.06, 0.7
"""Share of the accent in the cell of the smallest and of the largest value."""


def heat_map(
    frame: pd.DataFrame,
    title: str,
    *,
    rate: bool | str,
    n: int | None = None,
    palette: Palette = LIGHT,
    width: int | str = WIDTH,
) -> alt.LayerChart:
    """One cell per pair of groups: the stronger its colour, the larger its value; number and n stand in it.

    Columns: ``row``, ``column``, ``value`` (missing where it does not exist), ``n``, ``text`` (the value as written). A
    pair that no row of the frame has is an empty cell: nobody is in it. The largest groups are drawn where there are
    more than ``ACROSS`` or ``DOWN``.
    """
    cells, height, _, title, beneath, told = crossed(frame, title, rate=rate, n=n, palette=palette)
    heads = list(dict.fromkeys(cells["column"]))
    band = alt.Scale(domain=heads, paddingInner=0.02, paddingOuter=0)
    column = alt.X("column:N", sort=heads, scale=band, axis=None)
    base, ink = alt.Chart().encode(x=column), alt.Color("ink:N", scale=None)
    ground = base.mark_rect(strokeWidth=1).encode(
        y=layout.down("top", height), y2="bottom:Q", color=alt.Color("hue:N", scale=None),
        stroke=alt.Stroke("edge:N", scale=None),
        tooltip=["row:N", "column:N", alt.Tooltip("text:N", title="value"), alt.Tooltip("size:N", title="n")],
    )  # fmt: skip
    bold = base.mark_text(fontSize=12, fontWeight="bold")
    value = bold.encode(y=layout.down("value_at", height), text="written:N", color=ink)
    below = base.mark_text(fontSize=10).encode(y=layout.down("size_at", height), text="size:N", color=ink)
    layers = [ground, value, below, *_names(cells, heads, height, palette, column)]
    return layout.finish(layers, cells, title, beneath, told, height, width, palette)


def crossed(
    frame: pd.DataFrame, title: str, *, rate: bool | str, n: int | None = None, palette: Palette = LIGHT
) -> Laid:
    """The cells in their place, row by row."""
    names, heads = _largest(frame, "row", DOWN), _largest(frame, "column", ACROSS)
    left = len(frame["row"].unique()) > len(names) or len(frame["column"].unique()) > len(heads)
    cells, height = _cells(frame, names, heads, rate, palette)
    more = f" The largest {len(names)} x {len(heads)} groups." if left else ""
    beneath = f"Stronger colour: higher. n: examples in the cell.{more}{layout.size(n)}"
    told = "; ".join(f"{one.row} and {one.column}: {one.text} ({one.size})" for one in cells.head(12).itertuples())
    return Laid(cells, height, [0.0, 1.0], title, beneath, f"Heat map. {told}.")


def _cells(
    frame: pd.DataFrame, names: list[str], heads: list[str], rate: bool | str, palette: Palette
) -> tuple[pd.DataFrame, int]:
    """Every cell that is drawn, row by row, with what stands in it and its place in pixels; and the height of all."""
    grid = pd.MultiIndex.from_product([names, heads], names=["row", "column"])
    cells = frame.set_index(["row", "column"]).reindex(grid).reset_index()
    there, value = cells["n"].notna(), pd.to_numeric(cells["value"])
    text = cells["text"].where(there, "nobody").where(value.notna() | ~there, figures.DASH)
    short = [figures.number(layout.known(one), rate=rate, width=1.0) for one in value]
    first = LINE * max(len(layout.wrapped(one, _letters(heads))) for one in heads) + 4
    top = first + LINE + 2 + (LINE + CELL + SPACE) * (cells.index // len(heads)).to_series(index=cells.index)
    cells = cells.assign(
        value=value,
        text=text,
        written=text if len(heads) <= WITH_INTERVAL else text.where(value.isna(), pd.Series(short, cells.index)),
        size=["" if pd.isna(one) else f"n = {figures.count(int(one))}" for one in cells["n"]],
        top=top,
        bottom=top + CELL,
        value_at=np.where(there, top + 13, top + CELL / 2),
        size_at=top + 27,
    )
    return _coloured(cells, palette), int(top.max() + CELL)


def _coloured(cells: pd.DataFrame, palette: Palette) -> pd.DataFrame:
    """The same with a ground of the accent's strength, text that can be read on it, and an outline where nobody is."""
    value = cells["value"]
    span = value.max() - value.min()
    share = (value - value.min()) / span if span > 0 else value * 0 + 0.5
    strength = FAINTEST + (STRONGEST - FAINTEST) * share
    ground = [palette["paper"] if pd.isna(one) else mixed(palette["paper"], palette["accent"], one) for one in strength]
    ink = [palette["quiet"] if pd.isna(one) else readable(hue) for one, hue in zip(strength, ground, strict=True)]
    edge = [palette["rule"] if pd.isna(one) else hue for one, hue in zip(strength, ground, strict=True)]
    return cells.assign(hue=ground, ink=ink, edge=edge)


def _names(cells: pd.DataFrame, heads: list[str], height: int, palette: Palette, column: alt.X) -> list[alt.Chart]:
    """Row names above their cells, column names above all."""
    rows = cells.drop_duplicates("row").assign(above=lambda one: one["top"] - LINE, name=lambda one: one["row"])
    tops = pd.DataFrame({"column": heads, "at": 0.0, "name": [headed(one, heads) for one in heads]})
    left = alt.Chart(rows[["above", "name"]]).mark_text(align="left", baseline="top", color=palette["ink"], fontSize=11)
    head = alt.Chart(tops).mark_text(
        baseline="top", lineBreak="\n", lineHeight=LINE, color=palette["quiet"], fontSize=11
    )
    return [
        left.encode(x=alt.value(1), y=layout.down("above", height), text="name:N"),
        head.encode(x=column, y=layout.down("at", height), text="name:N"),
    ]


def headed(name: str, heads: list[str]) -> str:
    """A column's name in lines that fit beside those of the others."""
    return "\n".join(layout.wrapped(name, _letters(heads)))


def _letters(heads: list[str]) -> int:
    """Letters of a column's name that fit beside those of the others."""
    return max(5, layout.LETTERS // max(len(heads), 1) - 2)


def _largest(frame: pd.DataFrame, side: str, most: int) -> list[str]:
    """The groups of one side with the most people, in the order of their names."""
    sizes = frame.groupby(side)["n"].sum().sort_values(ascending=False, kind="stable")
    return sorted(map(str, sizes.index[:most]))
