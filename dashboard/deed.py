"""A deed on a screen: its form, its button, and what is said where it is refused. Nothing that was typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple, TypeVar

import streamlit as st

from audit.acts.act import Act
from dashboard import access, marks, source
from dashboard.access import Deed
from dashboard.figures import printable
from storage.errors import StoreError

CHANGED = (
    "Nothing was kept: what this form is about was changed while you wrote, by somebody else or in another window. "
    "The form holds what is said now; change it, and press the button again. What you had typed, to copy it:"
)
OPTION = re.compile(r"--([a-z][a-z-]*)")
"""How the terminal names what a form calls a field."""
V = TypeVar("V")


class Form(NamedTuple):
    """A form by its name, and since when it is as it is: with another, its fields have other keys and start anew."""

    name: str
    since: str
    """The act that it starts from, and how many of its deeds were done in this session."""

    def key(self, field: str) -> str:
        """The key of one of its fields."""
        return f"{self.name}-{self.since}-{field}"

    def button(self, deed: Deed, label: str, act: Callable[[], Act]) -> None:
        """Its button, which who may not do the deed cannot press.

        Who might when the screen was drawn, and may not now, is refused by the deed itself, which keeps the attempt:
        so the press is taken from its callback; what a disabled button sends is not seen otherwise.
        """
        why = access.denied(source.archive(), deed, source.visitor())
        st.form_submit_button(
            label, type="primary", key=self.key("button"), disabled=why is not None,
            on_click=st.session_state.__setitem__, args=(f"{self.name}-pressed", self.since),
        )  # fmt: skip
        pressed = st.session_state.pop(f"{self.name}-pressed", None)
        if pressed is not None and pressed != self.since:
            if pressed.rpartition("-")[2] == self.since.rpartition("-")[2]:  # else a second press of what was kept
                st.warning(CHANGED)
                st.code(self._typed(pressed), language=None, wrap_lines=True)
        elif pressed is not None:
            try:
                kept = act()
            except (StoreError, ValueError, LookupError) as refused:
                st.error(marks.plain(spoken(str(refused))))
            else:
                st.session_state[self.name] = st.session_state.get(self.name, 0) + 1
                st.session_state[f"{self.name}-said"] = f"Kept as {marks.code(kept.id)}: {kept.kind}."
                st.rerun()
        if why:
            st.caption(marks.plain(why))

    def _typed(self, since: str) -> str:
        """What stands in the text fields of the form as it was."""
        before = Form(self.name, since).key("")
        fields = {
            str(key).removeprefix(before): said for key, said in st.session_state.items() if str(key).startswith(before)
        }
        told = [f"{field}: {said}" for field, said in sorted(fields.items()) if isinstance(said, str) and said]
        return str(printable("\n".join(told)))


@contextmanager
def form(name: str, since: str = "") -> Iterator[Form]:
    """A form that is kept as it was typed until its deed is done, which it says, or until it starts from another act."""
    one = Form(name, f"{since}-{st.session_state.get(name, 0)}")
    if said := st.session_state.pop(f"{name}-said", None):
        st.toast(said)
    with st.form(one.key("form"), border=False, enter_to_submit=False):
        yield one


def day(label: str, key: str, given: date | None = None) -> date | None:
    """A field for a day, as far away as somebody says; none until one is chosen."""
    return st.date_input(label, given, key=key, min_value=date.min, max_value=date.max, format="YYYY-MM-DD")


def chosen(label: str, given: V | None) -> V:
    """What was chosen. Raises ``ValueError`` where nothing was."""
    if given is None:
        raise ValueError(f"{label}: nothing was chosen yet; choose, and press the button again.")
    return given


def lines(text: str) -> tuple[str, ...]:
    """What was written, one a line."""
    return tuple(filter(None, map(str.strip, text.splitlines())))


def spoken(text: str) -> str:
    """A sentence with the fields named as the form names them; what could be typed on the terminal stays as it is."""
    said, typed, rest = text.partition("Type: ")
    return OPTION.sub(lambda found: found[1].replace("-", " ").capitalize(), said) + typed + rest
