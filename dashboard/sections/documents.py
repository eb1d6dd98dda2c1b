"""What the Documents screen says: every kind with its newest state; one to read, to edit, and its history."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from audit.acts.act import Act
from audit.acts.document import Document
from audit.declared import Held
from dashboard import deed, drafting, drafts, figures, filing, marks, parts, source
from dashboard.drafts import instructions
from dashboard.views import documents as views
from models.card import Card

CHIPS = {
    "filed": "pass", "about another version": "unsure", "expired": "expired", "missing": "missing",
    "kept as data": "pass",
}  # fmt: skip
DRAFT, NEWEST = "A draft from what is stored", "The newest text"
Filed = list[tuple[Act, Document]]


def listed(lines: list[views.Line], card: Card) -> None:
    """Every kind of document, those that are there first."""
    rows = [
        {
            "Document": marks.leading(one.name, "documents", id=card.title, kind=one.kind)
            + f"  \n:small[:gray[{marks.plain(views.asked_by(one.asked))}]]",
            "State": marks.chip(CHIPS[one.state], one.state),
            "Newest": _newest(one, card),
        }
        for one in lines
    ]
    parts.table(pd.DataFrame(rows), "Documents of each kind")


def attestations(frame: pd.DataFrame, card: Card) -> None:
    """What people stated by name."""
    if frame.empty:
        st.markdown("Nobody has attested anything about this model. The screen Requirements has the form, or type:")
        st.code(f"answerable attest {card.title} eu_ai_act AIA-4 --statement '...'", language="bash")
        return
    shown = frame.assign(Statement=frame["Statement"].map(marks.plain), By=frame["By"].map(marks.plain))
    shown["Evidence"] = frame["Evidence"].map(lambda ids: ", ".join(map(marks.link, ids)) or figures.DASH)
    parts.table(shown, "Attestations, newest first")


def one(line: views.Line, filed: Filed, card: Card) -> None:
    """One kind of document: to read, to edit, and what it said before."""
    st.markdown(f"{marks.chip(CHIPS[line.state], line.state)} {marks.plain(views.asked_by(line.asked))}")
    if line.kind in ("risk_register", "incident_log"):
        st.caption(
            "The screen Risk register keeps this as data; it counts as this document as soon as it holds something."
        )
    if line.newest:
        parts.identity(views.facts(line.newest, card, parts.zone()))
        _remarks(line.newest[0])
    tabs = st.tabs(["Read", "Write", "Versions"], key="view", bind="query-params")
    for tab, part in zip(tabs, (_read, _write, _versions), strict=True):
        if tab.open:
            with tab:
                part(line, filed, card)


def _newest(line: views.Line, card: Card) -> str:
    if line.newest is None:
        return figures.DASH
    act, document = line.newest
    about = "" if line.state != "about another version" else f" · about `{figures.short(str(document.version))}`"
    until = f" · until {document.expires}" if document.expires else ""
    by = f"{marks.plain(act.actor)}, {figures.moment(act.created, parts.zone())}{until}"
    return f"{marks.plain(document.title)} {marks.code(document.digest)}{about}  \n:small[:gray[{by}]]"


def _remarks(act: Act) -> None:
    held = filing.promises(source.archive(), act, rows=source.may("rows"))
    if held:
        outside = sum(one.outcome in ("above", "below") for one in held)
        st.markdown(f"**Declared against measured: {outside} of {len(held)} lie outside the measured interval.**")
        parts.table(_declared(held), "What is declared, and what was measured")
    for remark in drafting.misquotes(source.archive(), act, rows=source.may("rows")):
        st.warning(marks.plain(remark))


def _declared(held: tuple[Held, ...]) -> pd.DataFrame:
    rows = []
    for one in held:
        declared, measured, reads = instructions.told(one)
        size = f"n = {figures.count(one.measure.n)}" if one.measure else ""
        mark = marks.chip({"inside": "pass", "above": "fail", "below": "fail"}.get(one.outcome, "missing"), one.outcome)
        rows.append({
            "Measure": marks.beneath(one.declared.about, f"declared {declared}"), "Measured": marks.beneath(measured, size),
            "So it is": f"{mark} {reads}",
        })  # fmt: skip
    return pd.DataFrame(rows)


def _read(line: views.Line, filed: Filed, card: Card) -> None:
    if line.newest is None:
        st.markdown("Nothing is filed yet. Start it under Write, or type:")
        st.code(f"answerable document draft {line.kind} {card.title} -o {line.kind}.md", language="bash")
        return
    with st.container(border=True, key="document"):
        for code, words in views.passages(line.newest[1].text):
            if code:
                st.code(words, language=None, wrap_lines=True)
            else:
                st.markdown(words)


def _write(line: views.Line, filed: Filed, card: Card) -> None:
    choices = [NEWEST] * bool(line.newest) + [DRAFT] * (line.kind in drafts.KINDS)
    start = (
        st.pills("Start from", choices, default=choices[0], required=True, key=f"start-{line.kind}")
        if choices
        else None
    )
    title, text = line.name, ""
    try:
        if start == DRAFT:
            text = source.draft(line.kind, card.digest)
        elif line.newest:
            title, text = line.newest[1].title, line.newest[1].text
    except LookupError as why:
        st.markdown(marks.plain(str(why)))
    st.caption("Fill every place that says TO COMPLETE. What is filed is kept for ever; the next text replaces it.")
    since = f"{card.digest[:8]}-{start}-{line.newest[0].id if line.newest else ''}"
    with deed.form(f"document-{line.kind}", since) as form:
        given: dict[str, Any] = {"title": st.text_input("Title", title, key=form.key("title"))}
        given["text"] = st.text_area("Text, as Markdown", text, key=form.key("text"), height=480)
        left, right = st.columns(2)
        about = left.selectbox("About", [card.title, card.name], key=form.key("about"))
        with right:
            until = deed.day("Counts until (may stay empty)", form.key("until"))
        form.button("document", "File this text", lambda: filing.file_text(
            source.archive(), about, line.kind, given["text"], given["title"], until, source.visitor()))  # fmt: skip
    st.download_button("Download what it started from", text, f"{line.kind}.md", "text/markdown", disabled=not text)


def _versions(line: views.Line, filed: Filed, card: Card) -> None:
    if not filed:
        st.markdown("There is no version of it yet.")
        return
    parts.table(views.versions(filed, card, parts.zone()), "Versions, newest first")
    if len(filed) < 2:
        st.caption("A second version will be shown beside the first, line by line.")
        return
    named = {
        f"{number}: {act.created:%Y-%m-%d %H:%M} {figures.short(one.digest)}": one
        for number, (act, one) in enumerate(filed, 1)
    }
    left, right = st.columns(2)
    before = left.selectbox("Before", list(named), index=len(named) - 2, key="before", bind="query-params")
    after = right.selectbox("After", list(named), index=len(named) - 1, key="after", bind="query-params")
    changed = views.diff(named[before].text, named[after].text)
    if changed:
        st.code(figures.printable(changed), language="diff", wrap_lines=True)
    else:
        st.markdown("Both say the same.")
