"""Slices: parts of the data on which a version errs more, and those that were tested and found clean."""

import streamlit as st

from dashboard import live, marks, parts, sections, source, views
from storage import queries

st.title("Slices")
found = source.wanted(st.query_params.get("id"))
if found is None:
    st.markdown("No report is kept yet. This makes the first ones:")
    st.code("answerable demo", language="bash")
    st.stop()
card, report, _ = found
with st.container(horizontal=True, vertical_alignment="bottom"):
    parts.choose("Version", "id", queries.audited(source.archive().database), report.title if report else card.title)
    if report:
        parts.to("screens/report.py", "The whole report", report)
        parts.to("screens/fairness.py", "Fairness", report)
if report is None:
    st.markdown(f"{marks.plain(card.title)} was never audited.")
    live.ask_for_audit(card)
    st.stop()

answer = views.search(report)
frame = views.slices(report)
if answer is None or answer.status != "measured":
    sections.no_search(report, answer)
    st.stop()
st.markdown(f"**{marks.plain(views.slices_sentence(frame))}**")
if not frame.empty:
    sections.slices(frame, report.n)
with st.expander("How it was searched, how to read it, limits"):
    st.markdown(views.reading(answer.question))
