"""Findings: what is wrong with which model, who mends it until when, and the evidence that closed it."""

from typing import get_args

import streamlit as st

from audit.acts.finding import Severity
from dashboard import figures, marks, parts, source
from dashboard.sections import finding as forms
from dashboard.views.finding import STATES, findings, table
from storage import queries

PAGE = 40
database = source.archive().database
st.title("Findings")
states = source.states()
every = findings(states)
if not states:
    st.markdown("No model is kept yet. This makes the first ones; what is wrong with them is then written here:")
    st.code("answerable demo", language="bash")
    st.stop()
pointed = parts.asked("finding")
with st.container(horizontal=True, vertical_alignment="bottom"):
    models = sorted(one.model for one in states)
    if (asked := st.query_params.get("model")) and asked not in models:
        st.warning(f"There is no model {marks.plain(asked)}; findings of all are shown.")
    model = st.selectbox("Model", models, index=None, key="model", bind="query-params", width=220)
    owners = sorted({one.finding.owner for one in every})
    owner = st.selectbox("Mended by", owners, index=None, key="owner", bind="query-params", width=220)
    severity = st.pills("Severity", get_args(Severity), key="severity", bind="query-params")
    state = st.pills("Status", STATES, key="state", bind="query-params")
found = findings(states, model=model, owner=owner, severity=severity, state=state)
if pointed:
    full = source.archive().act(pointed).id
    found = findings(states, finding=full)
    parts.everything("All findings")
late = sum(one.state == "overdue" for one in found)
still = sum(one.state != "closed" for one in found)
if not every:
    st.markdown("No finding was ever opened.")
elif not found:
    st.markdown("No finding is like that. Take a filter away to see more.")
else:
    st.markdown(
        f"{figures.count(still)} open, {figures.count(late)} of them overdue; {figures.count(len(found) - still)} closed."
    )
    start = parts.start(len(found))
    shown = found[start : start + PAGE]
    parts.table(table(shown, queries.titles(database, [one.model for one in shown])), "Findings, the overdue first")
    if len(found) > start + PAGE:
        parts.more("More findings", "screens/findings.py", **{"from": str(start + PAGE)})
with st.expander("Close a finding", expanded=bool(pointed)):
    forms.close_form([one for one in found if one.state != "closed"][:PAGE], full if pointed else None)
with st.expander("Open a finding", expanded=not every):
    forms.open_form([one.model for one in states], model)
