"""What the scope's screen says: one question at a time, what was answered, and which laws concern the model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import pandas as pd
import streamlit as st

from audit import framework
from audit.acts.act import Act
from audit.interview import Question
from audit.scope import Scope, answered
from audit.tier import tier
from dashboard import deed, filing, marks, parts, source
from dashboard.sections.requirements import applies, law_link
from dashboard.views import scope as views


def follows(scope: Scope) -> None:
    """The tier that the answers lead to, and by which rule."""
    st.markdown(f"**{marks.plain(views.progress(scope))}**")
    found = tier(scope)
    st.markdown("\n".join(f"- {marks.plain(one)}" for one in views.placed(found)))
    if found.exemption:
        st.caption(marks.plain(found.exemption))


def asked(scope: Scope) -> Question | None:
    """The question that the address asks for, else the first that is open; ``None`` where none is left."""
    known = views.questions(scope)
    wanted = st.query_params.get("question")
    unsaid = next((one for one in known if scope.said(one.id) is None), None)
    current = next((one for one in known if one.id == wanted), unsaid)
    names = {one.id: f"{'✓' if scope.said(one.id) else '○'} {one.text}" for one in known}

    def put() -> None:
        st.query_params["question"] = st.session_state[key]

    key = f"question-{current.id if current else ''}-{len(scope.answers)}"
    at = list(names).index(current.id) if current else None
    st.selectbox("Question", list(names), at, format_func=names.__getitem__, key=key, on_change=put)
    return current


def question(model: str, scope: Scope, one: Question) -> None:
    """One question with what makes it matter, and a form to answer it."""
    st.markdown(f"**{marks.plain(one.text)}**  \n:small[:gray[{marks.plain(one.cites)}]]")
    with deed.form(f"answer-{model}-{one.id}") as form:
        given = _given(one, scope.said(one.id) or (), form)
        form.button("scope", "Keep this answer", lambda: _keep(model, one, given))


def _given(one: Question, said: Sequence[str], form: deed.Form) -> tuple[str, ...]:
    if one.kind == "text":
        typed = st.text_area("Answer", "; ".join(said), key=form.key("text"), label_visibility="collapsed", height=80)
        return (typed.strip(),)
    texts = {each.id: marks.plain(each.text) for each in one.options}
    if one.kind == "many":
        labels = {id: f"{id} {text}" if "(" in id and id not in text else text for id, text in texts.items()}
        return tuple(id for id, label in labels.items() if st.checkbox(label, id in said, key=form.key(id)))
    at = list(texts).index(said[0]) if said else None
    chosen = st.radio(
        "Answer", list(texts), at, format_func=texts.__getitem__, key=form.key("one"), label_visibility="collapsed"
    )
    return (chosen,) if chosen else ()


def _keep(model: str, one: Question, given: tuple[str, ...]) -> Act:
    archive = source.archive()
    kept = filing.keep_scope(
        archive, model, answered({one.id: given}, filing.scope_of(archive, model)), source.visitor()
    )
    st.query_params.pop("question", None)
    return kept


def answers(scope: Scope, acts: Sequence[Act], zone: tzinfo | None) -> None:
    """What was answered so far, and by whom."""
    frame = views.answers(scope, acts, zone)
    if frame.empty:
        st.markdown("Nothing was answered yet.")
        return
    parts.texts(
        pd.DataFrame({
            "Question": list(map(marks.beneath, frame["question"], frame["cites"])),
            "Answer": list(map(marks.beneath, frame["answer"], frame["who"])),
        }),
        "Answers so far",
        "answers",
    )  # fmt: skip


def laws(title: str, scope: Scope) -> None:
    """Which laws and standards concern the model, and why."""
    frame = views.concerned({name: framework.read(name) for name in framework.names()}, scope)
    names = list(map(law_link(title), frame["id"], frame["name"]))
    parts.table(
        pd.DataFrame({"Law or standard": names, "Applies": list(map(applies, frame["applies"], frame["why"]))}),
        "Laws and standards, and whether they concern the model",
    )


def history(acts: Sequence[Act], zone: tzinfo | None) -> None:
    """Who answered what when."""
    frame = views.history(acts, zone)
    if frame.empty:
        return
    st.header("Who answered what when")
    parts.table(
        pd.DataFrame({"Who": list(map(marks.plain, frame["who"])), "What": list(map(marks.plain, frame["what"]))}),
        "Answers in the order in which they were given, newest first",
    )
