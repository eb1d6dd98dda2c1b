"""What the screen People says: one's own tokens, everybody's roles, and the forms of an admin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd
import streamlit as st

from audit.acts.person import ROLES, Person
from dashboard import access, deed, granting, marks, parts, source
from dashboard.governing import today
from storage.archive import Archive
from storage.ledger import Actor

LASTS = timedelta(days=90)
"""How long a token counts unless another day is chosen."""


def tokens(archive: Archive, me: Person, visitor: Actor) -> None:
    """The tokens of whoever looks: made here, shown once, ended here."""
    st.subheader("Your tokens")
    st.markdown(
        f"A token lets you act on the terminal (`{access.TOKEN}=...`) and ask the routes under `/api`. Whoever has it acts "
        "as you."
    )
    if secret := st.session_state.pop("secret", None):
        st.success("Copy it now: it is shown this once, and kept nowhere.", title="Your new token")
        st.code(secret, language=None, wrap_lines=True)
    for act, token in access.tokens(archive, me.id):
        with st.container(horizontal=True, vertical_alignment="center"):
            over = "ended" if token.expires < today() else "until"
            st.markdown(f"{marks.plain(token.label)} {marks.code(act.id)} {over} {token.expires}", width="content")
            st.button("End", key=f"end-{act.id}", on_click=_end, args=(archive, act.id, visitor))
    with st.form("token", border=False, clear_on_submit=True):
        label = st.text_input("What it is for", max_chars=100, placeholder="my laptop")
        expires = st.date_input("Until", today() + LASTS, min_value=today())
        if st.form_submit_button("Make a token"):
            try:
                _, st.session_state["secret"] = granting.new_token(archive, label, expires, by=visitor)
            except ValueError as why:
                st.error(marks.plain(str(why)))
            else:
                st.rerun()


def _end(archive: Archive, token: str, visitor: Actor) -> None:
    try:
        granting.end_token(archive, token, "ended on the screen", visitor)
    except ValueError as why:
        st.toast(marks.plain(str(why)))


def people(archive: Archive, known: Sequence[Person], visitor: Actor) -> None:
    """Everybody with a role, and for an admin the forms that give and take roles."""
    st.subheader("Who may do what")
    rows = [(marks.plain(one.name), ", ".join(one.roles) or "no role", marks.code(one.id)) for one in known]
    parts.table(pd.DataFrame(rows, columns=["Name", "Roles", "Id"]), "People and their roles")
    with st.expander("What each role allows"):
        allowed = [
            (one.words.capitalize(), "everybody" if one.roles == access.EVERYBODY else ", ".join(one.roles))
            for one in access.DEEDS.values()
        ]
        parts.table(pd.DataFrame(allowed, columns=["Deed", "Roles"]), "What each role allows")
    if source.may("people"):
        _change(archive, known, visitor)
        _add(archive, visitor)


def _change(archive: Archive, known: Sequence[Person], visitor: Actor) -> None:
    st.subheader("Give or take roles")
    names = {one.id: one.name for one in known}
    with deed.form("role") as form:
        who = st.selectbox("Who", names, None, names.__getitem__, key=form.key("who"))
        roles = st.multiselect("Roles from now on", ROLES, key=form.key("roles"), placeholder="none: withdrawn")
        why = st.text_input("Why", key=form.key("why"))
        form.button(
            "people", "Give these roles",
            lambda: granting.change(archive, deed.chosen("Who", who), roles, why, visitor),
        )  # fmt: skip


def _add(archive: Archive, visitor: Actor) -> None:
    st.subheader("Let somebody in")
    with deed.form("add") as form:
        name = st.text_input("Name", key=form.key("name"))
        issuer = st.text_input("Issuer", key=form.key("issuer"), placeholder="https://login.example.org")
        subject = st.text_input("Subject", key=form.key("subject"))
        roles = st.multiselect("Roles", ROLES, key=form.key("new-roles"))
        form.button("people", "Let in", lambda: granting.add(archive, name, issuer, subject, roles, by=visitor))
