"""What a comparison's screen says: differences, and who is decided wrongly now."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts, marks, parts, views
from dashboard.figures import count, number, numbers

DRAWN = 14
"""Differences in the plot; the tables have them all."""
OUTCOMES = ("worse", "better", "cannot tell", "no worse")
OPEN = ("worse", "better")
"""Outcomes whose table stands open; the others fold out."""


def differences(frame: pd.DataFrame, n: int) -> None:
    """The shares that differ most around zero, then a table per outcome; what is about one group under a fold."""
    main, detail = frame[~frame["detail"]], frame[frame["detail"]]
    told = main[main["value"].notna() & main["low"].notna() & main["rate"]]
    if not told.empty:
        size = told.assign(told=told["outcome"].isin(OPEN), size=told["value"].abs())
        most = size.sort_values(["told", "size"], ascending=False, kind="stable").head(DRAWN)
        title = "Where the two versions differ" + (f": {DRAWN} of {len(told)} shares" if len(told) > DRAWN else "")
        drawn = charts.differences(most, title, rate="points", n=n, palette=parts.palette(), width="container")
        parts.chart(drawn, "differences")
    only = main["outcome"].nunique() == 1
    for outcome in [one for one in OUTCOMES if one in set(main["outcome"])]:
        rows = main[main["outcome"] == outcome]
        with st.expander(f"{outcome.capitalize()}: {numbers(len(rows))}", expanded=only or outcome in OPEN):
            parts.table(_changes(rows), f"Differences overall: {outcome}")
    if not detail.empty:
        with st.expander(f"By group, intersection and class: {numbers(len(detail))}", expanded=main.empty):
            parts.table(_changes(detail), "Differences by group, intersection and class")


def flips(frame: pd.DataFrame, everybody: float, n: int) -> None:
    """Right before and wrong now, by group and tested part: the shares with their intervals, then the table."""
    if frame.empty:
        return
    said = f"everybody, {number(everybody, rate=True)}"
    drawn = charts.intervals(
        frame, views.flips_title(frame), rate=True, reference=everybody, said=said, n=n, palette=parts.palette(),
        width="container",
    )  # fmt: skip
    parts.chart(drawn, "flips")
    with st.expander(f"What broke and was mended, by group: {len(frame)} groups"):
        parts.table(
            pd.DataFrame(
                {
                    "Group": frame["group"].map(marks.plain).combine(frame["n"].map(count), _sized),
                    "Broken": frame["broken"].map(count),
                    "Mended": frame["mended"].map(count),
                    "Broken, share": frame["share"],
                }
            ),
            "What broke for whom",
        )


def _sized(group: str, n: str) -> str:
    return f"{group}  \n:small[:gray[n = {n}]]"


def _changes(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Outcome": frame["outcome"].map(marks.word),
            "Measure": frame["label"].combine(frame["reason"], marks.beneath),
            "Difference": frame["text"].combine(frame["values"], marks.beneath),
            "Id": frame["id"].map(marks.code),
        }
    )
