"""What the risk register's screen says, and the forms by which risks and incidents are described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import streamlit as st

from audit.acts.incident import Incident, Serious
from audit.acts.risk import LEVELS, Risk, Status
from audit.acts.risks import Uncovered
from audit.acts.state import ModelState
from dashboard import deed, marks, parts, registering, source
from dashboard.views import risks as views
from models.card import Card

NEW = "a new one"


def register(stands: ModelState) -> None:
    """Every risk, the open and severe first."""
    if not stands.risks:
        st.markdown("Describe the first risk below, or type:")
        st.code(f"answerable risk add {stands.model} KEY --help", language="bash")
        return
    parts.table(views.risks(stands), "Risks, the open and severe first")


def proposals(found: Sequence[Uncovered]) -> None:
    """What does not hold and no risk names; the button starts a risk that does."""
    st.caption("Limits that decide and do not hold in the newest judgement, and open findings.")
    for one in found:
        with st.container(horizontal=True, vertical_alignment="center"):
            id = marks.link(one.evidence or one.about)
            st.markdown(f"{marks.beneath(views.proposal(one), one.why)} {id}", width="stretch")
            st.button("Start a risk", key=f"start-{one.about}", on_click=_start, args=(one.about,))


def _start(about: str) -> None:
    st.query_params["about"] = about
    st.query_params.pop("risk", None)


def risk_form(stands: ModelState, proposed: Sequence[Uncovered]) -> None:
    """Describe a new risk, or one that is known anew."""
    keys = [one.risk.key for one in stands.risks]
    asked = st.query_params.get("risk")
    which = st.selectbox(
        "Which", [NEW, *keys], index=keys.index(asked) + 1 if asked in keys else 0, key=f"which-{asked}"
    )
    about = next((one for one in proposed if one.about == st.query_params.get("about")), None)
    known = views.known(stands, which)
    said = known.risk.model_dump() if known else _proposed(about)
    since = known.id if known else f"new-{about.about if about else ''}"
    with deed.form(f"risk-{stands.model}", since) as form:
        left, right = st.columns(2)
        given: dict[str, Any] = {
            "key": left.text_input("Key: a name that stays", said.get("key", ""), key=form.key("key"), placeholder="young-denied", disabled=known is not None),
            "owner": right.text_input("Owner", said.get("owner", ""), key=form.key("owner")),
            "title": st.text_input("The risk in a few words", said.get("title", ""), key=form.key("title")),
            "harm": st.text_area("Who could be harmed, and how", said.get("harm", ""), key=form.key("harm"), height=80),
        }  # fmt: skip
        labels = {
            "severity": "Severity", "likelihood": "Likelihood", "residual_severity": "Severity that is left",
            "residual_likelihood": "Likelihood that is left",
        }  # fmt: skip
        for place, (field, label) in zip(st.columns(4), labels.items(), strict=True):
            at = LEVELS.index(said[field]) if field in said else None
            given[field] = place.selectbox(label, LEVELS, index=at, key=form.key(field))
        for field, label in (
            ("controls", "What is done about it, one a line"),
            ("about", "What it answers: measures (fairness.impact_ratio by=race) or findings, one a line"),
            ("evidence", "Evidence: ids of measures or reports, one a line"),
        ):
            text = st.text_area(label, "\n".join(said.get(field, ())), key=form.key(field), height=80)
            given[field] = deed.lines(text)
        left, right = st.columns(2)
        states = get_args(Status)
        given["status"] = left.selectbox(
            "Status", states, index=states.index(said.get("status", "open")), key=form.key("status")
        )
        with right:
            given["next_review"] = deed.day("Next review", form.key("review"), said.get("next_review"))
        form.button("risk", "Keep this risk", lambda: registering.put_risk(
            source.archive(), stands.model, _filled(given), source.visitor()))  # fmt: skip


def incidents(stands: ModelState) -> None:
    """Every incident, those that must be reported first."""
    if not stands.incidents:
        st.code(f"answerable incident add {stands.model} KEY --help", language="bash")
        return
    parts.table(views.incidents(stands, parts.zone()), "Incidents, those that must be reported first")


def incident_form(stands: ModelState, card: Card) -> None:
    """Log an incident, or what has become known of one."""
    keys = [one.incident.key for one in stands.incidents]
    which = st.selectbox("Incident", [NEW, *keys], key="incident-which")
    known = next((one for one in stands.incidents if one.incident.key == which), None)
    said = known.incident.model_dump() if known else {}
    with deed.form(f"incident-{stands.model}", known.id if known else "new") as form:
        left, right = st.columns(2)
        given: dict[str, Any] = {
            "key": left.text_input("Key: a name that stays", said.get("key", ""), key=form.key("key"), placeholder="wrong-letters", disabled=known is not None),
        }  # fmt: skip
        about = right.text_input("Version, or the model where it is not known which", card.title, key=form.key("about"))
        given["what"] = st.text_area("What happened", said.get("what", ""), key=form.key("what"), height=80)
        left, right = st.columns(2)
        with left:
            given["happened"] = deed.day("Happened", form.key("happened"), said.get("happened"))
        with right:
            given["noticed"] = deed.day("Noticed: deadlines run from here", form.key("noticed"), said.get("noticed"))
        left, right = st.columns(2)
        kinds = get_args(Serious)
        given["affected"] = left.text_input("Who was affected", said.get("affected", ""), key=form.key("affected"))
        at = kinds.index(said["serious"]) if said else None
        given["serious"] = right.selectbox(
            "Serious (Art. 3(49) of the EU AI Act), by what", kinds, index=at, key=form.key("serious")
        )
        given["reason"] = st.text_area(
            "Why it is serious, or why not", said.get("reason", ""), key=form.key("reason"), height=80
        )
        given["action"] = st.text_area("What was done", said.get("action", ""), key=form.key("action"), height=80)
        left, right = st.columns(2)
        given["reported_to"] = left.text_input("Reported to", said.get("reported_to", ""), key=form.key("to"))
        with right:
            given["reported"] = deed.day("Reported on", form.key("on"), said.get("reported"))
        form.button("incident", "Keep this incident", lambda: registering.put_incident(
            source.archive(), about, _filled(given), source.visitor()))  # fmt: skip


def _proposed(about: Uncovered | None) -> dict[str, Any]:
    """What a risk begins with that answers something which does not hold."""
    if about is None:
        return {}
    return {
        "title": views.proposal(about),
        "about": (about.about,),
        "evidence": (about.evidence,) if about.evidence else (),
    }


def _filled(given: dict[str, Any]) -> dict[str, Any]:
    """What was typed: what was left empty where something must be said counts as missing."""
    needed = {name for noun in (Risk, Incident) for name, field in noun.model_fields.items() if field.is_required()}
    return {name: value for name, value in given.items() if value or name not in needed}
