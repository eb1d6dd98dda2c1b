"""What a comparison's screen says: differences, and who is decided wrongly now."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts, marks, parts, views
from dashboard.figures import count, number


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
