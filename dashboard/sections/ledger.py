"""What the ledger's screen says: its lines, and what verifying them found."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import marks, parts
from storage.verify import Finding


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
