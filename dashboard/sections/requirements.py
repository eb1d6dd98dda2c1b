"""What the requirements' screen says: which laws ask what, where it stands, on what evidence, and who attests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from urllib.parse import quote

import pandas as pd
import streamlit as st

from audit.framework import Framework
from audit.scope import Scope
from audit.standing import RequirementState
from dashboard import deed, figures, filing, marks, parts, source
from dashboard.views import requirements as views
from models.card import Card

SHOWN = 6
"""Pieces of evidence that are linked in a row; the rest is counted."""
APPLIES = {"yes": ("pass", "applies"), "undecided": ("unsure", "not answered yet"), "no": ("exempt", "does not apply")}


def laws(
    card: Card, packs: Mapping[str, Framework], scope: Scope, found: Mapping[str, Sequence[RequirementState]]
) -> None:
    """Every law and standard: whether it concerns the model, and how many requirements stand where."""
    frame = views.overview(packs, scope, found)
    there = [state for state in views.READ if frame[state].any()]
    parts.table(
        pd.DataFrame(
            {
                "Law or standard": list(map(law_link(card.title), frame["id"], frame["name"])),
                "Applies": list(map(applies, frame["applies"], frame["why"])),
            }
            | {_sign(views.MOOD[one], one): [str(n) if n else "" for n in frame[one]] for one in there}
        ),
        f"Every law and standard, and how many of its requirements stand where for {card.title}",
    )


def applies(whether: str, why: str) -> str:
    """Whether a law concerns a model, with the reason small beneath."""
    return f"{_sign(*APPLIES[whether])}  \n:small[:gray[{marks.plain(why)}]]"


def law_link(title: str) -> Callable[[str, str], str]:
    """Links, by id and name of a law, to where its requirements stand for a version."""
    return lambda id, name: f"[{marks.plain(name)}](/requirements?id={quote(title)}&law={id})"


def law(card: Card, pack: Framework, states: Sequence[RequirementState], today: date) -> None:
    """One law: how its requirements stand, as of when it was read and where, and each of them."""
    st.header(pack.name)
    if banner := pack.outdated(today):
        st.warning(marks.plain(banner))
    st.markdown(f"**{marks.plain(views.sentence(pack, states))}**")
    where = "; ".join(f"{one.what} ({one.grade})" for one in pack.sources)
    st.caption(
        marks.plain(
            f"As of {pack.as_of}, version {pack.framework.version}, {pack.framework.jurisdiction}. {pack.disclaimer}"
        )
    )
    with st.expander("Where it was read", type="compact"):
        st.markdown(marks.plain(where))
    if states:
        _matrix(card, pack, states)


def _matrix(card: Card, pack: Framework, states: Sequence[RequirementState]) -> None:
    frame = views.matrix(pack, states)
    filed = filing.filed(source.archive(), card.name)
    wanted = parts.narrow("State", f"state-{pack.id}", frame["state"])
    shown = frame[frame["state"] == wanted] if wanted else frame
    parts.texts(
        pd.DataFrame({
            "Requirement": [_asked(one) for _, one in shown.iterrows()],
            "Where it stands, why, and on what": [_why(card, one, filed) for _, one in shown.iterrows()],
        }),
        f"Requirements of {pack.name}",
        pack.id,
    )  # fmt: skip


def _asked(one: pd.Series) -> str:
    small = ". ".join(filter(None, (one["ref"], one["id"], one["asks"], views.begins(one["from"]))))
    return marks.beneath(one["title"], small)


def _why(card: Card, one: pd.Series, filed: frozenset[str]) -> str:
    links = [_evidence(card, each, filed) for each in one["evidence"][:SHOWN]]
    more = f" and {len(one['evidence']) - SHOWN} more" if len(one["evidence"]) > SHOWN else ""
    state = f"**{_sign(views.MOOD[one['state']], one['state'])}**  \n"
    return state + marks.plain(one["why"]) + (f"  \n{' '.join(links)}{more}" if links else "")


def _evidence(card: Card, id: str, filed: frozenset[str]) -> str:
    """A link to what a state rests on: a measure or a report, a sign-off, a document or an attestation."""
    name, _, exhibit = id.partition("/")
    if id.startswith("a-"):
        return f"[{marks.code(id)}](/signoff?id={quote(card.title)})"
    if name[1:2] == "-":
        return marks.link(name) + (f" {marks.plain(exhibit)}" if exhibit else "")
    return f"[{marks.code(id)}](/documents?id={quote(card.title)})" if id in filed else marks.code(id)


def _sign(mood: str, text: str) -> str:
    return f":{marks.COLOURS[mood]}[{figures.SYMBOLS[mood]} {text}]"


def attestation(card: Card, pack: Framework) -> None:
    """A form by which a named person states that a requirement is met."""
    asking = {f"{one.id} · {one.title}": one.id for one in pack.requirements if "attestation" in one.kinds}
    if not asking:
        return
    with st.expander(f"Attest a requirement of {marks.plain(pack.name)}"), deed.form(f"attest-{pack.id}") as form:
        about = st.selectbox("Requirement", list(asking), key=form.key("about"))
        statement = st.text_area("Statement: what is so", key=form.key("statement"), height=80)
        left, middle, right = st.columns(3)
        person = left.text_input("Person who states it", source.visitor().name, key=form.key("person"))
        evidence = middle.text_input("Evidence: ids, with commas between", key=form.key("evidence"))
        with right:
            until = deed.day("Until", form.key("until"))
        named = tuple(one.strip() for one in evidence.split(",") if one.strip())
        form.button(
            "attest", "Attest this requirement",
            lambda: filing.attest(
                source.archive(), card.title, pack.id, asking[about], statement.strip(), named, until,
                person.strip() or None, source.visitor(),
            ),
        )  # fmt: skip
