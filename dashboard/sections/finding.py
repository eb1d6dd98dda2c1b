"""The forms by which a finding is opened, and closed by evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import streamlit as st

from audit.acts.finding import Severity
from dashboard import deed, figures, governing, source
from dashboard.views.finding import Found


def open_form(models: Sequence[str], model: str | None) -> None:
    """Open a finding about a version or about a model as such."""
    with deed.form(f"finding-{model}") as form:
        left, right = st.columns(2)
        about = left.text_input(
            "About: a version, or a model as such", model or "", key=form.key("about"), placeholder="mortgage@2"
        )
        owner = right.text_input("Owner: who must mend it", key=form.key("owner"))
        title = st.text_input("Title: what is wrong, in a sentence", key=form.key("title"))
        left, right = st.columns(2)
        severity = left.selectbox("Severity", get_args(Severity), index=None, key=form.key("severity"))
        with right:
            due = deed.day("Due", form.key("due"))

        def act() -> Any:
            if not about.strip():
                raise ValueError(f"About: say a version or a model, such as {next(iter(models), 'mortgage@2')}.")
            said = {"title": title, "owner": owner, "severity": deed.chosen("Severity", severity)}
            said |= {"due": deed.chosen("Due", due)}
            return governing.open_finding(source.archive(), about, said, source.visitor())

        form.button("finding", "Open this finding", act)


def close_form(found: Sequence[Found], chosen: str | None) -> None:
    """Close a finding by a report that was made after it was opened."""
    if not found:
        st.caption("Nothing here is open.")
        return
    named = {f"{one.finding.title} ({one.model}, {figures.short(one.finding.id)})": one for one in found}
    at = next((at for at, one in enumerate(named.values()) if one.finding.id == chosen), None if len(named) > 1 else 0)
    st.caption("Closes a finding for good. Refused without a report that was made after it was opened.")
    with deed.form(f"close-{chosen}") as form:
        label = st.selectbox("Finding", list(named), index=at, key=form.key("finding"))
        evidence = st.text_input(
            "Evidence: a report made since, or a version, whose newest it is",
            key=form.key("evidence"),
            placeholder="r-...",
        )
        reason = st.text_area("Reason: what it shows", key=form.key("reason"), height=80)

        def act() -> Any:
            opened = named[deed.chosen("Finding", label)].finding.id
            if not evidence.strip():
                raise ValueError("Evidence: name the report that shows it, such as r-..., or a version.")
            return governing.close_finding(source.archive(), opened, evidence.strip(), reason, source.visitor())

        form.button("close", "Close this finding", act)
