"""Inventory: who answers for which model, what it is for, and when it is looked at next."""

from typing import get_args

import streamlit as st

from audit.acts.act import of
from audit.acts.inventory import InventoryEntry
from audit.acts.state import ModelState, Phase
from dashboard import figures, governing, marks, parts, source
from dashboard.sections import fleet, inventory
from dashboard.views.inventory import facts, history, versions
from dashboard.views.matters import pressing
from storage import queries

PAGE = 12
VERSIONS = 50
database = source.archive().database


def listed(states: list[ModelState]) -> None:
    """One row per model; those that need a person first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name", key="name", bind="query-params", placeholder="part of a name", width=220)
        known = [one for one in get_args(Phase) if one in {state.phase for state in states}]
        phase = st.pills("Phase", known, key="phase", bind="query-params")
        tiers = sorted({str(state.entry.tier) for state in states if state.entry})
        tier = st.pills("Tier", tiers, key="tier", bind="query-params") if tiers else None
    found = [
        one
        for one in states
        if (name or "").casefold() in one.model.casefold()
        and phase in (None, one.phase)
        and tier in (None, str(one.entry.tier) if one.entry else "")
    ]
    if not found:
        st.markdown("No model is like that. Take a filter away to see more.")
    start = parts.start(len(found))
    shown = found[start : start + PAGE]
    newest = {
        one.name: one.title
        for one in queries.newest_versions(database, among=[state.model for state in shown], limit=PAGE)
    }
    for one in shown:
        parts.rule()
        inventory.row(one, newest[one.model])
    if len(found) > start + PAGE:
        parts.more("More models", "screens/inventory.py", **{"from": str(start + PAGE)})


def one_model(state: ModelState) -> None:
    """All that is said of a model, and the forms to say more."""
    acts = source.archive().acts(state.model, "inventory")
    entries = of(acts, InventoryEntry)
    st.title(state.model)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        parts.choose("Model", "model", queries.names(database), state.model)
        parts.everything("All models")
        st.page_link("screens/signoff.py", label="Sign-off", query_params={"id": state.model}, help="")
        st.page_link("screens/findings.py", label="Findings", query_params={"model": state.model}, help="")
    said = state.entry.use if state.entry else "Nobody answers for it yet. Say below who does, and what it is for."
    st.markdown(f"{marks.chip(state.phase)} {marks.plain(said)}")
    parts.identity(facts(state))
    fleet.pressing(pressing([state]), "screens/inventory.py", "Look at it")
    with st.expander("Change what is said of it" if entries else "Register it", expanded=not entries):
        inventory.entry_form(state.model, state.entry, entries[-1][0].id if entries else "first")
    st.header("Versions")
    lines = queries.older_versions(database, state.model, below=2**31, limit=VERSIONS)
    cards = [source.card(line.digest) for line in lines]
    parts.table(versions([(card, source.parent(card)) for card in cards], state), "Versions, newest first")
    if len(lines) == VERSIONS:
        st.caption(f"The newest {figures.count(VERSIONS)} are shown.")
    with st.expander("Class what a version changed"):
        inventory.change_form(state.model, [card.title for card in cards])
    if entries:
        st.header("What was said when")
        parts.table(history(acts, parts.zone()), "Entries, newest first")


if chosen := parts.asked("model"):
    one_model(governing.state(source.archive(), source.asked(chosen).card.name))
elif states := source.states():
    st.title("Inventory")
    listed(states)
else:
    st.title("Inventory")
    st.markdown("No model is kept yet. This makes the first ones; then say here who answers for each:")
    st.code("answerable demo", language="bash")
