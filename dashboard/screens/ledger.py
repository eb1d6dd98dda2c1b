"""Ledger: who did what and when, and whether everything is still as it was written."""

import streamlit as st

from dashboard import parts, source, views
from dashboard.sections import ledger
from storage import queries

PAGE = 50
database = source.archive().database
last = queries.last_entry(database)
st.title("Ledger")
if not last:
    st.markdown("Nothing has happened yet. Every version, policy, report and erasure will be written here, for ever.")
    st.code("answerable demo", language="bash")
    st.stop()
with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(f"{last} entries, each carrying the hash of the one before.", width="content")
    if st.button("Verify everything now"):
        ledger.findings(source.findings(), last)
with st.expander("Verify against a checkpoint that was held elsewhere"):
    ledger.held_elsewhere()
with st.expander("Take it away"):
    ledger.take_away()
with st.container(horizontal=True, vertical_alignment="bottom"):
    kind = st.selectbox("What", sorted(views.KINDS), index=None, key="kind", bind="query-params", width=200)
    actor = st.selectbox("Who", queries.actors(database), index=None, key="actor", bind="query-params", width=200)
    subject = st.text_input("About", key="subject", bind="query-params", placeholder="beginning of an id", width=220)
before = parts.asked("before")
entries = queries.entries(
    database, kind=kind, actor=actor, subject=subject or "", before=int(before) if before.isdecimal() else None,
    limit=PAGE + 1,
)  # fmt: skip
if not entries:
    st.markdown("No entry is like that. Take a filter away to see more.")
    st.stop()
acts = queries.acts(database, [one.subject for one in entries if one.kind == "act"])
ledger.entries(views.entries(entries[:PAGE], acts, parts.zone()))
if len(entries) > PAGE:
    parts.more("Older entries", "screens/ledger.py", before=str(entries[PAGE - 1].seq))
