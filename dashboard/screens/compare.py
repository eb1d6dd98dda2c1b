"""Compare: two versions on the same examples, and what the second one costs."""

import streamlit as st

from dashboard import figures, parts, sections, source, views
from storage import queries

st.title("Compare")
database = source.archive().database
pair = source.pair(st.query_params.get("first"), st.query_params.get("second"))
if pair is None:
    st.markdown("A comparison needs two audited versions on the same test data. This makes the second one:")
    st.code("answerable demo", language="bash")
    st.stop()
first, second = pair
with st.container(horizontal=True):
    titles = queries.audited(database, second.dataset)
    parts.choose("First", "first", titles, first.title)
    parts.choose("Second", "second", queries.audited(database), second.title)
if first.id == second.id:
    st.markdown("These are one and the same report. Choose another version.")
    st.stop()
try:
    found = source.comparison(first.id, second.id)
except ValueError as why:
    st.warning(str(why))
    st.stop()

st.markdown(f"**{found.second} against {found.first}: {found.sentence}.**")
st.caption(
    f"On the same {figures.count(found.n)} examples. Better and worse survive Holm's correction over all that is "
    f"compared, at {found.level:.0%} together. {views.seed_sentence(found)}"
)
frame = views.differences(found)
with st.container(horizontal=True, vertical_alignment="bottom"):
    outcome = parts.narrow("Outcome", "outcome", frame["outcome"])
    dimension = parts.narrow("About", "about", frame["dimension"])
for column, asked in {"outcome": outcome, "dimension": dimension}.items():
    frame = frame[frame[column] == asked] if asked else frame
if frame.empty:
    st.markdown("Nothing that was compared is like that. Take a filter away to see more.")
else:
    sections.differences(frame, found.n)

if found.flips:
    st.header("What broke for whom")
    st.markdown(
        f"{figures.count(found.negative_flips)} of {figures.count(found.n)} examples were decided rightly by "
        f"{found.first} and wrongly by {found.second}; {figures.count(found.positive_flips)} the other way round."
    )
    sections.flips(views.flips(found), found.negative_flips / found.n, found.n)

st.header("Cost beside quality")
parts.table(
    views.costs(source.card(first.model), source.card(second.model)).reset_index(names=""), "Cost of both versions"
)
