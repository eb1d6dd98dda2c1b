"""Scope: questions whose answers say which laws and standards concern a model."""

import streamlit as st

from dashboard import filing, marks, parts, source
from dashboard.sections import scope as sections
from storage import queries

st.title("Scope")
archive = source.archive()
models = queries.names(archive.database)
if not models:
    st.markdown("No model is kept yet. This makes the first ones:")
    st.code("answerable demo", language="bash")
    st.stop()
card = source.asked(st.query_params.get("model") or models[0]).card
with st.container(horizontal=True, vertical_alignment="bottom"):
    parts.choose("Model", "model", models, card.name)
    st.page_link(
        "screens/requirements.py", label="Where the requirements stand", query_params={"id": card.title}, help=""
    )
scope = filing.scope_of(archive, card.name)
acts = archive.acts(card.name, "scope")
sections.follows(scope)

st.header("Questions")
question = sections.asked(scope)
if question:
    sections.question(card.name, scope, question)
else:
    st.markdown(f"Nothing is left to be asked of {marks.plain(card.name)}; choose a question above to answer it anew.")

st.header("Which laws concern it")
sections.laws(card.title, scope)
st.header("Answers so far")
sections.answers(scope, acts, parts.zone())
sections.history(acts, parts.zone())
