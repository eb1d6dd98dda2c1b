"""What the screen of slices says: where a version errs more, and where it was looked at and does not."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from audit.report import Answer, Report
from dashboard import charts, marks, parts, views


def slices(frame: pd.DataFrame, n: int) -> None:
    """Excess error around zero, then the table."""
    drawable = views.drawable_slices(frame)
    if not drawable.empty:
        drawn = charts.intervals(
            drawable, views.slices_title(frame), rate="points", reference=0.0, said="as often wrong as the rest", n=n,
            palette=parts.palette(), width="container",
        )  # fmt: skip
        parts.chart(drawn, "slices")
    text = views.tabled_slices(frame)
    sizes = "n = " + text["n"] + ", " + text["p"] + " adjusted"
    parts.table(
        pd.DataFrame(
            {
                "Verdict": text["verdict"].map(marks.word),
                "Where": text["slice"].combine(sizes, marks.beneath),
                "Wrong there": text["inside"].combine("elsewhere " + text["outside"], marks.beneath),
                "Excess": text["excess"],
                "Id": [marks.link(one) if isinstance(one, str) else "–" for one in text["id"]],
            }
        ),
        "Parts of the data that were tested",
    )


def no_search(report: Report, asked: Answer | None) -> None:
    """Why no part of the data was tested, and what to type."""
    if asked is not None and asked.reason:
        st.markdown(f"No part of the data was tested. {asked.question.code}: {marks.plain(asked.reason)}.")
        return
    st.markdown(
        f"The report of {marks.plain(report.title)} was made without a search for parts of the data. This makes one:"
    )
    st.code(f"answerable audit {report.title}", language="bash")
