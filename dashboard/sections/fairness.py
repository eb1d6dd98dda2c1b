"""What the screen of fairness says: gaps against limits, each group's rate, two ways of grouping at once."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from audit.report import Report
from dashboard import charts, marks, parts, views
from dashboard.figures import count, number, numbers
from dashboard.sections.report import exhibit
from dashboard.views import Rate


def gaps(frame: pd.DataFrame, by: str, n: int) -> None:
    """Every gap between groups against its limit where there is one, then all of them as a table."""
    drawable = frame[frame["value"].notna() & (frame["kind"] != "other")]
    for kind, rows in drawable.groupby("kind", sort=False):
        unit = "points" if kind == "points" else kind == "ratio"
        drawn = charts.forest(
            views.telling(rows),
            views.gaps_title(rows, by, str(kind)),
            rate=unit,
            n=n,
            palette=parts.palette(),
            width="container",
        )
        parts.chart(drawn, f"gaps-{kind}")
    with st.expander(f"All gaps by {marks.plain(by)}: {numbers(len(frame))}"):
        told = frame["note"].where(frame["value"].notna(), frame["reason"])
        parts.table(
            pd.DataFrame(
                {
                    "Gap": frame["label"].combine(told, marks.beneath),
                    "Value": frame["text"].combine("n = " + frame["n"].map(count), marks.beneath),
                    "Limit": frame["limit_text"],
                    "Id": frame["id"].map(marks.link),
                }
            ),
            f"Gaps by {by}",
        )


def by_group(report: Report, by: str, rate: Rate) -> None:
    """One rate of every group: as a forest, as a heat map of two columns, as a table; and what chance could do."""
    frame, palette = views.by_group(report, by, rate), parts.palette()
    whole = views.overall(report, by, rate)
    if frame["value"].notna().any():
        said = f"everybody, {number(whole, rate=rate.share)}" if whole is not None else ""
        drawn = charts.intervals(
            frame, views.rate_title(frame, rate), rate=rate.share, reference=whole, said=said, palette=palette,
            width="container",
        )  # fmt: skip
        parts.chart(drawn, "rates")
    if told := views.power(report, by, rate):
        st.markdown(told)
    grid = views.crossed(frame, by)
    if not grid.empty and grid["value"].notna().any():
        title = views.crossing_title(grid, rate)
        parts.chart(charts.heat_map(grid, title, rate=rate.share, palette=palette, width="container"), "crossed")
    with st.expander(f"Every group by {marks.plain(by)}: {numbers(len(frame))}"):
        parts.table(_groups(frame), f"{rate.label} by {by}")


def law(report: Report) -> None:
    """The tables of New York City's Local Law 144, where the report has them."""
    found = views.exhibits(report, "fairness.ll144_table")
    if not found:
        return
    st.header("NYC Local Law 144")
    st.markdown(
        "The law asks for these tables and sets no pass mark. A category under 2 % of the data is shown and sets no "
        "benchmark; people whose category is not recorded are counted and left out of every rate."
    )
    for one in found:
        with st.expander(marks.plain(one.title)):
            table = pd.DataFrame(views.law_table(one))
            category = table["Category"].combine(table["note"], marks.beneath)
            parts.table(table.drop(columns="note").assign(Category=category), one.title)


def alternatives(report: Report, by: str) -> None:
    """Less discriminatory alternatives for one way of grouping, where the report searched for them."""
    found = [one for one in views.exhibits(report, views.ALTERNATIVES) if one.rows and one.rows[0][-1] == by]
    if found:
        st.header("Less discriminatory alternatives")
    if told := views.alternative(report, by):
        st.markdown(marks.plain(told))
    for one in found:
        exhibit(one)


def no_groups(report: Report) -> None:
    """Why there is nothing to show, and what to do."""
    st.markdown(f"The report of {marks.plain(report.title)} compares no groups.")
    for reason in views.no_groups(report):
        st.markdown(f"- {marks.plain(reason)}")
    st.markdown(
        "A task names its ways of grouping people under `groups`; the data set must have those columns. Then audit again:"
    )
    st.code(f"answerable audit {report.title}", language="bash")


def _groups(frame: pd.DataFrame) -> pd.DataFrame:
    shown = {
        "Group": frame["group"].combine(frame["reason"], marks.beneath),
        "Value": frame["text"].combine("n = " + frame["n"].map(count), marks.beneath),
    }
    if (frame["pooled"] != "–").any():
        shown["Pulled towards all groups"] = frame["pooled"]
    return pd.DataFrame(shown | {"Id": frame["id"].map(marks.link)})
