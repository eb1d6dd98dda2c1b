"""What the ledger's screen says: its lines, what verifying them found, and what to take away."""

from __future__ import annotations

from urllib.parse import quote

import pandas as pd
import streamlit as st

from dashboard import access, marks, parts, source
from storage import envelope, export, keys, queries, signing
from storage.finding import Finding


def entries(frame: pd.DataFrame) -> None:
    """Lines of the ledger; what a screen can show is a link, and a clock that went backwards is told."""
    when = [
        f"{at}  \n:orange[? {behind}]" if behind else at
        for at, behind in zip(frame["When"], frame["behind"], strict=True)
    ]
    parts.table(
        pd.DataFrame({
            "No.": frame["No."],
            "When": when,
            "Who": list(map(marks.plain, frame["Who"])),
            "What": [_what(one) for _, one in frame.iterrows()],
            "Hash": frame["Hash"],
        }),
        "Ledger entries, newest first",
    )  # fmt: skip


def _what(one: pd.Series) -> str:
    small = f"  \n:small[:gray[{marks.plain(one['note'])}]]" if one["note"] else ""
    itself = one["about"] == one["id"]
    about = marks.code(one["id"]) if itself else marks.plain(one["about"])
    named = f"[{about}]({one['to']}{quote(one['about'])})" if one["to"] else about
    return " ".join([one["what"], named, *([] if itself else [marks.code(one["id"])])]) + small


def findings(found: list[Finding], last: int) -> None:
    """What verifying said: whether something was changed, what a checkpoint covers, and clocks that went backwards."""
    broken = [one for one in found if one.broken]
    covered = [one.message for one in found if one.kind == "checkpoint" and not one.broken]
    if broken:
        st.error("  \n".join(f"- {marks.plain(one.message)}" for one in broken), title="The archive was changed")
    else:
        whole = f"Verified up to entry {last}: chain, documents, rows and files are as they were written."
        st.success("  \n".join([whole, *map(marks.plain, covered)]))
    for one in found:
        if not one.broken and one.message not in covered:
            st.markdown(f":orange[?] {marks.plain(one.message)}" if one.kind == "clock" else marks.plain(one.message))


def held_elsewhere() -> None:
    """Hold the ledger against a checkpoint that somebody kept where nobody who runs the store can change it."""
    now = keys.current(source.archive().database)
    if now is None:
        st.markdown("Nothing was signed yet. This signs the ledger as it is; keep the file elsewhere:")
        st.code("answerable ledger checkpoint checkpoint.json", language="bash")
    else:
        st.markdown(
            f"Signed now by the key `{signing.short(now)}`. The key lies outside the store, so a new checkpoint is made "
            "on the terminal: `answerable ledger checkpoint checkpoint.json`."
        )
    with st.form("held", border=False, enter_to_submit=False):
        file = st.file_uploader("A checkpoint: file, e-mail or git note", max_upload_size=5)
        text = st.text_area("Or its text", height=80)
        key = st.text_input(
            "Fingerprint of the key that signed it, as a report prints it", placeholder="may be left empty"
        )
        asked = st.form_submit_button("Verify against this checkpoint")
    if asked:
        _against(file.getvalue().decode("utf-8", "replace") if file else text, key)


def _against(text: str, key: str) -> None:
    try:
        found = source.findings(envelope.read(text), _expected(key))
    except ValueError as why:
        st.error(marks.plain(str(why)))
        return
    findings(found, queries.last_entry(source.archive().database))


def _expected(typed: str) -> str | None:
    """The fingerprint that was typed; never the name of a file, which would be one of the server's."""
    if not typed.strip():
        return None
    found = signing.printed(typed)
    if found is None:
        raise ValueError(
            f"{typed!r} is no fingerprint; it has {signing.SHORTEST} to 64 of the characters 0-9 and a-f, as every "
            "report prints it."
        )
    return found


def take_away() -> None:
    """The ledger and all that it speaks of as JSON lines."""
    archive, visitor = source.archive(), source.visitor()
    why = access.denied(archive, "export", visitor)

    def written() -> str:
        refused = access.denied(archive, "export", visitor)
        return refused if refused else "".join(f"{line}\n" for line in export.lines(archive.database))

    st.download_button(
        "Download the ledger as JSON lines", written, "ledger.jsonl", "application/jsonl", on_click="ignore",
        disabled=why is not None, help=why,
    )  # fmt: skip
    st.caption("`answerable ledger verifier` writes the program that proves this file without Answerable.")
