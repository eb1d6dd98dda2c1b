"""What a report's screen says: verdicts, answers, what was not measured."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from audit.policy import Judgement
from audit.report import Answer, Exhibit
from dashboard import charts, marks, parts, views
from dashboard.figures import count, numbers


def pointed_at(frame: pd.DataFrame, identifier: str) -> None:
    """The one measure that the address asks for, with its id to copy."""
    one: Any = next(frame[frame["id"] == identifier].itertuples())
    with st.container(border=True, key="pointed"):
        st.markdown(f"**{one.label}**: {one.text}{'' if one.reason == '' else ' ' + marks.plain(one.reason)}")
        said = (
            f"{marks.chip(one.outcome)} limit {one.limit_text}: {one.why}. " if one.outcome else "No rule limits it. "
        )
        st.caption(f"{said}Measured by {one.code} on {count(one.n)}. {marks.plain(one.note)}")
        st.code(identifier, language=None, width="content")


def verdicts(frame: pd.DataFrame, judgement: Judgement | None, dimension: str, n: int) -> None:
    """What the policy says in one dimension: the numbers against their limits, then the same as a table."""
    said = views.verdicts(judgement, dimension) if judgement else pd.DataFrame()
    if said.empty:
        st.caption("No rule of the policy limits this dimension." if judgement else "No policy has judged this yet.")
        return
    drawn = said[said["value"].notna() & said["limit"].notna()]
    for rate, rows in drawn.groupby("rate"):
        parts.chart(
            charts.forest(
                rows, views.forest_title(rows), rate=str(rate), n=n, palette=parts.palette(), width="container"
            ),
            f"forest-{dimension}-{rate}",
        )
    parts.table(
        pd.DataFrame(
            {
                "Verdict": said["outcome"].map(marks.word),
                "Measure": said["label"].combine(said["why"], marks.beneath),
                "Value": said["text"].combine("limit: " + said["limit_text"], marks.beneath),
                "Id": said["id"].map(marks.link),
            }
        ),
        f"Verdicts on {dimension}",
    )


def answer(found: Answer, frame: pd.DataFrame, pointed: str | None) -> None:
    """One check: its numbers, what it shows, and how to read it."""
    question = found.question
    st.subheader(question.title, anchor=question.code)
    main = frame[~frame["detail"]]
    if not main.empty:
        parts.table(_numbers(main, pointed), f"{question.code}: numbers overall")
    detail = frame[frame["detail"]]
    if not detail.empty:
        with st.expander(f"By group, class and setting: {numbers(len(detail))}", expanded=pointed in set(detail["id"])):
            parts.table(_numbers(detail, pointed), f"{question.code}: numbers by group, class and setting")
    for one in found.exhibits:
        exhibit(one)
    with st.expander(f"{question.code}: what it asks, how to read it, limits"):
        st.markdown(views.reading(question))


def exhibit(one: Exhibit) -> None:
    """A curve or bars where the exhibit is one, and always its table under a fold."""
    drawn = views.drawn(one, parts.palette())
    if drawn is not None:
        parts.chart(drawn, f"exhibit-{one.name}")
    with st.expander("The numbers drawn" if drawn is not None else marks.plain(one.title), expanded=drawn is None):
        parts.table(views.exhibit(one), one.title)


def silence(frame: pd.DataFrame) -> None:
    """What was not measured."""
    told = frame.assign(why=frame["state"] + ": " + frame["why"])
    shown = {"Check": told["code"], "What": told["what"], "Why": told["why"]}
    parts.table(
        pd.DataFrame({name: values.map(marks.plain) for name, values in shown.items()}), "Not measured, and why"
    )


def _numbers(frame: pd.DataFrame, pointed: str | None) -> pd.DataFrame:
    told = frame["note"].where(frame["value"].notna(), frame["reason"])
    name = frame["label"].where(frame["id"] != pointed, "▸ " + frame["label"])
    return pd.DataFrame(
        {
            "Measure": name.combine(told, marks.beneath),
            "Value": frame["text"].combine(frame["n"].map(_size), marks.beneath),
            "Id": frame["id"].map(marks.link),
        }
    )


def _size(n: float | None) -> str:
    return "" if n is None or pd.isna(n) else f"n = {count(int(n))}"
