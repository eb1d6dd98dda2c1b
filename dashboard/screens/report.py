"""Report: what one audit found about one version, against its limits."""

import streamlit as st

from dashboard import live, marks, parts, sections, source, views
from dashboard.figures import title
from storage import queries

found = source.wanted(st.query_params.get("id"))
if found is None:
    st.title("Report")
    st.markdown("No report is kept yet. Make the first one:")
    st.code("answerable demo", language="bash")
    st.stop()
card, report, pointed = found
if report is None:
    st.title(card.title)
    st.markdown(f"{views.changed(card, source.parent(card))} It was never audited.")
    live.jobs()
    live.ask_for_audit(card)
    st.stop()

judgement = source.judgement(report.id)
state = views.gate(judgement.passed if judgement else None, report.id)
st.title(report.title)
st.markdown(f"{marks.chip(state)} {views.summary(report, judgement)}")
entries = queries.entries(source.archive().database, subject=report.id)
parts.identity(views.identity(report, card, judgement, entries, parts.zone()))
with st.container(horizontal=True, vertical_alignment="center"):
    parts.to("screens/fairness.py", "Fairness by group", report)
    parts.to("screens/slices.py", "Slices", report)
    if card.parent:
        pair = {"first": card.parent, "second": card.title}
        st.page_link("screens/compare.py", label="Compare with its parent", query_params=pair, help="")
    live.ask_for_audit(card)
live.jobs()
frame = views.measures(report, judgement)
if pointed:
    sections.pointed_at(frame, pointed)

dimensions = list(dict.fromkeys(one.question.dimension for one in report.answers))
start = frame.loc[frame["id"] == pointed, "dimension"].iloc[0] if pointed else dimensions[0]
tabs = st.tabs([title(one) for one in dimensions], default=title(start), key="dimension", bind="query-params")
for name, tab in zip(dimensions, tabs, strict=True):
    if not tab.open:
        continue
    with tab:
        sections.verdicts(frame, judgement, name, report.n)
        for answer in report.answers:
            if answer.question.dimension == name and answer.status == "measured":
                sections.answer(answer, frame[frame["code"] == answer.question.code], pointed)

st.header("Not measured, and why")
silent = views.silent(report, judgement)
if silent.empty:
    st.markdown("Every question was measured and every value exists.")
else:
    sections.silence(silent)
