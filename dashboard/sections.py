"""What screens say in more than one place: verdicts, answers, differences, what was found."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from audit.policy import Judgement
from audit.report import Answer, Exhibit
from dashboard import charts, marks, parts, views
from dashboard.figures import count
from storage.verify import Finding


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
                rows, views.forest_title(rows), rate=bool(rate), n=n, palette=parts.palette(), width="container"
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
        with st.expander(f"By group, class and setting: {len(detail)} numbers", expanded=pointed in set(detail["id"])):
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


def differences(frame: pd.DataFrame, n: int) -> None:
    """Differences around zero, then the table; what is about one group under a fold."""
    main, detail = frame[~frame["detail"]], frame[frame["detail"]]
    told = main[main["value"].notna() & main["low"].notna() & main["rate"]]
    if not told.empty:
        parts.chart(
            charts.differences(
                told, "Where the two versions differ", rate=True, n=n, palette=parts.palette(), width="container"
            ),
            "differences",
        )
    parts.table(_changes(main), "Differences overall")
    if not detail.empty:
        with st.expander(f"By group and class: {len(detail)} numbers"):
            parts.table(_changes(detail), "Differences by group and class")


def flips(frame: pd.DataFrame) -> None:
    """Right before and wrong now, by group."""
    parts.table(
        pd.DataFrame(
            {
                "Group": frame["group"].map(marks.plain),
                "n": frame["n"].map(count),
                "Broken": frame["broken"].map(count),
                "Mended": frame["mended"].map(count),
                "Broken, share": frame["share"],
            }
        ),
        "What broke for whom",
    )


def entries(frame: pd.DataFrame) -> None:
    """Lines of the ledger; what a screen can show is a link."""
    about = [marks.link(one) if one[1:2] == "-" else marks.code(one) for one in frame["about"]]
    why = frame["note"].map(lambda note: f"  \n:small[:gray[{marks.plain(note)}]]" if note else "")
    parts.table(
        frame[["No.", "When", "Who"]].assign(What=frame["what"] + " " + pd.Series(about) + why, Hash=frame["Hash"]),
        "Ledger entries, newest first",
    )


def findings(found: list[Finding], last: int) -> None:
    """What verifying said."""
    broken = [one for one in found if one.broken]
    if broken:
        st.error("  \n".join(f"- {marks.plain(one.message)}" for one in broken), title="The archive was changed")
    else:
        st.success(f"Verified up to entry {last}: chain, documents, rows and files are as they were written.")
    for one in found:
        if not one.broken:
            st.caption(marks.plain(one.message))


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


def _changes(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Outcome": frame["outcome"].map(marks.word),
            "Measure": frame["label"].combine(frame["reason"], marks.beneath),
            "Difference": frame["text"].combine(frame["values"], marks.beneath),
            "Id": frame["id"].map(marks.code),
        }
    )


def _size(n: float | None) -> str:
    return "" if n is None or pd.isna(n) else f"n = {count(int(n))}"
