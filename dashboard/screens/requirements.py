"""Requirements: which laws and standards concern a version, and where each of their requirements stands."""

import streamlit as st

from audit import framework
from dashboard import filing, governing, marks, parts, source
from dashboard.sections import requirements
from storage import queries

st.title("Requirements")
database = source.archive().database
found = source.wanted(st.query_params.get("id"))
if found is None:
    st.markdown("No report is kept yet, so no requirement has evidence. This makes the first ones:")
    st.code("answerable demo", language="bash")
    st.stop()
card = found.card
packs = {name: framework.read(name) for name in framework.names()}
for asked in st.query_params.get_all("law"):
    if asked not in packs:
        st.warning(f"There is no pack {marks.plain(asked)}. There are {', '.join(packs)}.")
with st.container(horizontal=True, vertical_alignment="bottom"):
    own = queries.titles(database, [card.name]).values()
    parts.choose("Version", "id", list(dict.fromkeys([*own, *queries.audited(database)])), card.title)
    chosen = st.multiselect("Laws and standards", list(packs), key="law", bind="query-params", width=520)
    st.page_link("screens/scope.py", label="Which laws concern it", query_params={"model": card.name}, help="")
states = source.requirements(card.digest)
if not chosen:
    requirements.laws(card, packs, filing.scope_of(source.archive(), card.name), states)
for name in chosen:
    requirements.law(card, packs[name], states[name], governing.today())
    requirements.attestation(card, packs[name])
