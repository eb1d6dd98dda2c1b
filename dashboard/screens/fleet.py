"""Fleet: what needs a person, then one row per model: what its newest version is worth and how far it may go."""

from typing import get_args

import streamlit as st

from audit.acts.state import ModelState
from dashboard import figures, live, marks, parts, source, views
from dashboard.sections import fleet
from dashboard.views.matters import NEEDS, pressing
from storage import queries
from storage.queries import VersionLine

PAGE = 8
GATES: tuple[queries.Gate, ...] = get_args(queries.Gate)
database = source.archive().database
totals = queries.totals(database)


def row(
    line: VersionLine, trend: list[queries.Point], counts: dict[str, dict[str, int]], state: ModelState | None = None
) -> None:
    """One version: its gate and name, where the model stands, verdicts by dimension, the headline over the versions."""
    who, verdicts, number = st.columns([4, 7, 4], vertical_alignment="center")
    with who, st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(marks.chip(views.gate(line.passed, line.report)), width="content")
            target = line.report or line.title
            st.page_link("screens/report.py", label=f"**{line.title}**", query_params={"id": target}, help="")
        if state:
            st.markdown(f":small[{fleet.standing(state, titles)}]")
    with verdicts:
        given = " ".join(marks.dimension(name, found) for name, found in sorted(counts.items()))
        card = source.card(line.digest)
        audited = f"Audited {views.age(line.audited)}" if line.audited else "Never audited"
        small = f"{audited}. {views.changed(card, source.parent(card))}"
        st.markdown(f"{given or 'No verdicts yet.'}  \n:small[:gray[{marks.plain(small)}]]")
    with number:
        if trend:
            parts.trend(trend, views.headline(line.task))


st.title("Fleet")
if not totals.versions:
    st.markdown("Nothing is kept yet. This trains, audits, judges and compares four models on public data:")
    st.code("answerable demo", language="bash")
    st.markdown("Or one model at a time:")
    st.code("answerable train mortgage\nanswerable audit mortgage@1\nanswerable judge mortgage@1", language="bash")
    st.stop()
st.caption(
    f"{figures.count(totals.models)} models, {figures.count(totals.versions)} versions, "
    f"{figures.count(totals.reports)} reports."
)
live.jobs()
states = {one.model: one for one in source.states()}
occurring = {one.need for one in pressing(states.values())}
need = None
if occurring:
    need = st.pills(
        "Needs a person", [one for one in NEEDS.values() if one in occurring], key="needs", bind="query-params"
    )
    fleet.pressing(pressing(states.values(), need), "screens/fleet.py")
with st.container(horizontal=True, vertical_alignment="bottom"):
    name = st.text_input("Name", key="name", bind="query-params", placeholder="part of a name", width=220)
    task = st.pills("Task", queries.tasks(database), key="task", bind="query-params")
    gate = st.pills("State", GATES, key="state", bind="query-params")
among = [one.model for one in pressing(states.values(), need)] if need else None


def found(after: str | None) -> list[VersionLine]:
    """A page of models that are like that, beginning after a name."""
    return queries.newest_versions(
        database, name=name or "", task=task, gate=gate, among=among, after=after, limit=PAGE + 1
    )


lines = found(parts.asked("after") or None) or found(None)
shown = lines[:PAGE]
if not shown:
    st.markdown("No model is like that. Take a filter away to see more.")
newest = {line.name: line.version for line in shown}
trends = queries.trends(database, {line.name: views.headline(line.task) for line in shown}, newest)
titles = queries.titles(database, newest)
counts = views.counts(queries.verdict_counts(database, [line.judgement for line in shown if line.judgement]))
for line in shown:
    with st.container(gap="xsmall", key=f"model-{line.name}"):
        parts.rule()
        row(
            line,
            [one for one in trends if one.name == line.name],
            counts.get(line.judgement or "", {}),
            states.get(line.name),
        )
        if line.version > 1:
            older = st.expander("Older versions", key=f"older-{line.name}", on_change="rerun", type="compact")
            if older.open:
                earlier = queries.older_versions(database, line.name, line.version)
                said = views.counts(
                    queries.verdict_counts(database, [one.judgement for one in earlier if one.judgement])
                )
                with older:
                    for one in earlier:
                        row(one, [], said.get(one.judgement or "", {}))
if len(lines) > PAGE:
    parts.more("More models", "screens/fleet.py", after=shown[-1].name)
