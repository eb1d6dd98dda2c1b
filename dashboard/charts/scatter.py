"""A scatter of two goods against each other, with the front that nothing beats in both."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from dashboard import figures
from dashboard.charts import layout
from dashboard.charts.layout import WIDTH, Laid
from dashboard.theme import LIGHT, Palette

HEIGHT = 260


def trade_off(
    frame: pd.DataFrame,
    title: str,
    *,
    across: str,
    up: str,
    n: int | None = None,
    palette: Palette = LIGHT,
    width: int | str = WIDTH,
) -> alt.LayerChart:
    """Two shares of each alternative, more of both being better; the front is joined, the version itself is a diamond.

    Columns: ``label``, ``x``, ``x low``, ``x high``, ``y``, ``y low``, ``y high``, ``front`` (whether nothing is better
    in both), ``here`` (whether it is the version itself). ``across`` and ``up`` name the axes.
    """
    rows, _, _, title, beneath, told = placed(frame, title, across=across, up=up, n=n, palette=palette)
    wide, tall = (layout.domain(rows[[end, f"{end}_low", f"{end}_high"]], rate=True) for end in ("x", "y"))
    x = alt.X("x:Q", scale=alt.Scale(domain=wide, nice=False), axis=layout.axis(wide, True, across))
    y = alt.Y("y:Q", scale=alt.Scale(domain=tall, nice=False), axis=layout.axis(tall, True, up))
    front = rows[rows["front"]].sort_values("x")
    line = (
        alt.Chart(front[["x", "y"]]).mark_line(color=palette["accent"], strokeWidth=1.2, opacity=0.6).encode(x=x, y=y)
    )
    dot = alt.Chart().mark_point(filled=True, opacity=1).encode(
        x=x, y=y, color=alt.Color("hue:N", scale=None), shape=alt.Shape("kind:N", scale=None),
        size=alt.Size("size:Q", scale=None), tooltip=["label:N", alt.Tooltip("shown:N", title="value")],
    )  # fmt: skip
    thin = alt.Chart().mark_rule(opacity=0.3).encode(color=alt.Color("hue:N", scale=None))
    whiskers = [
        thin.encode(x=layout.like(x, "x_low"), x2="x_high:Q", y=y),
        thin.encode(x=x, y=layout.like(y, "y_low"), y2="y_high:Q"),
    ]
    return layout.finish([*whiskers, line, dot], rows, title, beneath, told, HEIGHT, width, palette)


def placed(
    frame: pd.DataFrame, title: str, *, across: str, up: str, n: int | None = None, palette: Palette = LIGHT
) -> Laid:
    """The points with their looks, and the ends of the axis across."""
    rows = frame.loc[frame["x"].notna() & frame["y"].notna()].reset_index(drop=True)
    rows = rows.rename(columns=lambda name: name.replace(" ", "_"))
    rows = rows.assign(
        hue=np.where(rows["front"], palette["accent"], palette["missing"]),
        kind=np.select([rows["here"], rows["front"]], ["diamond", "circle"], "circle"),
        size=np.where(rows["here"], 130, np.where(rows["front"], 60, 30)),
        shown=[
            f"{up} {figures.number(layout.known(one.y), rate=True)}, {across} {figures.number(layout.known(one.x), rate=True)}"
            for one in rows.itertuples()
        ],
    )
    told = "; ".join(f"{one.label}: {one.shown}" for one in rows[rows["front"] | rows["here"]].head(8).itertuples())
    beneath = (
        f"Diamond: this version. Line: none was better in both where they were chosen. Thin: intervals.{layout.size(n)}"
    )
    ends = layout.domain(rows[["x", "x_low", "x_high"]], rate=True)
    return Laid(rows, HEIGHT, ends, title, beneath, f"Scatter of {len(rows)}. {told}.")
