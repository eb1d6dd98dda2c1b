"""Risk register: what could harm whom, what no risk covers, and the log of what went wrong."""

import streamlit as st

from dashboard import governing, parts, registering, source
from dashboard.sections import risks
from dashboard.views import risks as views
from storage import queries

archive = source.archive()
names = queries.names(archive.database)
address = st.query_params
st.title("Risk register")
if not names:
    st.markdown("No model is kept yet, so there is nothing that could go wrong. This makes the first ones:")
    st.code("answerable demo", language="bash")
    st.stop()
found = source.wanted(address.get("id") or address.get("model")) or source.asked(names[0])
card = found.card
stands = governing.state(archive, card.name)
with st.container(horizontal=True, vertical_alignment="bottom"):
    parts.choose("Model", "id", names, card.name)
    st.page_link("screens/findings.py", label="Findings", query_params={"model": card.name}, help="")
    as_document = {"id": card.title, "kind": "risk_register", "view": "Write"}
    st.page_link("screens/documents.py", label="As a document", query_params=as_document, help="")
st.markdown(views.sentence(stands))
risks.register(stands)
proposed = registering.proposals(archive, card.name, stands, rows=source.may("rows"))
if proposed:
    st.header("No risk covers this")
    risks.proposals(proposed)
begun = bool(address.get("risk") or address.get("about") or not stands.risks)
with st.expander(
    "Describe a risk, or one of these anew",
    expanded=begun,
    key=f"describe-{address.get('risk')}-{address.get('about')}",
):
    risks.risk_form(stands, proposed)

st.header("Incidents")
st.markdown(views.incidents_sentence(stands))
risks.incidents(stands)
with st.expander("Log an incident, or say more about one", expanded=address.get("incident") is not None):
    risks.incident_form(stands, card)
