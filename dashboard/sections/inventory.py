"""What the inventory's screen says of one model, and the forms by which people say more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import streamlit as st

from audit.acts.inventory import WEIGHTS, InventoryEntry, Phase
from audit.acts.state import ModelState
from dashboard import deed, figures, governing, marks, source
from dashboard.views.inventory import review, tier


def row(state: ModelState, newest: str) -> None:
    """One model of the list: what it is for, who answers for it, and what is open."""
    what, who, when = st.columns([5, 4, 4], vertical_alignment="top")
    entry = state.entry
    with what, st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            name, at = f"**{marks.plain(state.model)}**", {"model": state.model}
            st.page_link("screens/inventory.py", label=name, query_params=at, help="")
            st.markdown(f":small[{marks.word(state.phase)} · :gray[{marks.plain(newest)}]]", width="content")
        said = entry.use if entry else "Nobody answers for it yet: open it, and say who does."
        st.markdown(f":small[{marks.plain(said)}]")
    if entry is None:
        return
    people = {"Owner": entry.owner, "Developer": entry.developer, "Validator": entry.validator}
    who.markdown(_listed({name: marks.plain(said) for name, said in people.items()}))
    found = figures.count(len(state.open_findings)) if state.open_findings else "none"
    when.markdown(_listed({"Tier": tier(entry), "Next review": review(state), "Open findings": found}))


def entry_form(model: str, entry: InventoryEntry | None, last: str) -> None:
    """Describe a model, or change what is said of it. ``last``: the act that said it last, which the form starts from."""
    said: dict[str, Any] = entry.model_dump() if entry else {"phase": "developing"}
    with deed.form(f"register-{model}", last) as form:
        given: dict[str, object] = {}
        columns = st.columns(3)
        for place, field in zip(columns, ("owner", "developer", "validator"), strict=True):
            given[field] = place.text_input(field.capitalize(), said.get(field, ""), key=form.key(field))
        given["use"] = st.text_area(
            "Use: what it decides, for whom", said.get("use", ""), key=form.key("use"), height=80
        )
        choices: dict[str, tuple[str, Sequence[str]]] = {
            "exposure": ("Exposure: how much hangs on it", WEIGHTS),
            "purpose": ("Purpose: how serious what it decides is", WEIGHTS),
            "phase": ("Phase, before anybody approves", get_args(Phase)),
        }
        for place, (field, (label, options)) in zip(st.columns(3), choices.items(), strict=True):
            at = list(options).index(said[field]) if field in said else None
            given[field] = place.selectbox(label, options, index=at, key=form.key(field))
        left, right = st.columns([2, 1])
        with left:
            named = "\n".join(said.get("dependencies", ()))
            text = st.text_area(
                "Depends on: models, data, systems, one a line", named, key=form.key("needs"), height=80
            )
            given["dependencies"] = deed.lines(text)
        with right:
            given["next_review"] = deed.day("Next review", form.key("review"), said.get("next_review"))
        if entry is None:
            given = {name: value or None for name, value in given.items()}
        form.button(
            "register", "Keep this entry",
            lambda: governing.register(source.archive(), model, given, source.visitor()),
        )  # fmt: skip


def change_form(model: str, titles: Sequence[str]) -> None:
    """Class what a version changed as material or not."""
    with deed.form(f"classify-{model}") as form:
        left, right = st.columns(2)
        version = left.selectbox("Version", titles, key=form.key("version"))
        word = right.selectbox("Its change is", ["material", "not material"], index=None, key=form.key("material"))
        reason = st.text_area("Reason", key=form.key("reason"), height=80)

        def act() -> Any:
            matters = deed.chosen("Its change is", word) == "material"
            return governing.classify(source.archive(), version, matters, reason, source.visitor())

        form.button("classify", "Class this change", act)


def _listed(facts: dict[str, str]) -> str:
    return "  \n".join(f":small[:gray[{name}] {said}]" for name, said in facts.items())
