"""What the fleet's screen says beside its rows: what needs a person, and how far each model may go."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from audit.acts.state import ModelState
from dashboard import figures, marks, parts
from dashboard.views.matters import Pressing

FIRST, MORE = 5, 25
"""Matters that are shown, and how many more each time that they are asked for."""


def pressing(found: Sequence[Pressing], page: str, label: str = "") -> None:
    """What needs a person, each with a link (left out, named as the model) to where it is dealt with; else nothing."""
    if not found:
        return
    last = parts.start(len(found) + MORE, "matters", FIRST)
    shown = found[:last]
    with st.container(gap="xsmall", key="pressing"):
        for at, one in enumerate(shown):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"matter-{at}"):
                st.markdown(marks.chip("overdue" if one.late else "open", one.need), width="content")
                if one.page != page:
                    st.page_link(
                        one.page, label=f"**{marks.plain(label or one.model)}**", query_params=one.address, help=""
                    )
                st.markdown(marks.plain(one.sentence), width="content")
        if len(found) > len(shown):
            parts.more(f"And {figures.count(len(found) - last)} more", page, matters=str(last + MORE))


def standing(state: ModelState, titles: dict[str, str]) -> str:
    """How far a model may go and how far it went: its phase, and the version at each stage."""
    stages = [f"{one.stage}: {marks.plain(titles.get(one.version, one.version[:12]))}" for one in state.released]
    return " · ".join([marks.word(state.phase), *stages])
