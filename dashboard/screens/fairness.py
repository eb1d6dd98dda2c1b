"""Fairness: how far apart groups lie, for whom, and what the data could have shown."""

import streamlit as st

from dashboard import live, marks, parts, sections, source, views
from storage import queries

st.title("Fairness")
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
        parts.to("screens/slices.py", "Slices", report)
if report is None:
    st.markdown(f"{marks.plain(card.title)} was never audited.")
    live.ask_for_audit(card)
    st.stop()
groupings = views.groupings(report)
if not groupings:
    sections.no_groups(report)
    st.stop()

by = parts.pick("Grouped by", "by", groupings)
gaps = views.gaps(report, by, source.judgement(report.id), views.task(card))
st.markdown(f"**{marks.plain(views.largest_gap(gaps, by))}**")
sections.gaps(gaps, by, report.n)

st.header("Group by group")
rates = {one.label: one for one in views.rates(report, by)}
if rates:
    rate = parts.pick("What is looked at", "rate", list(rates))
    sections.by_group(report, by, rates[rate])
sections.alternatives(report, by)
sections.law(report)
