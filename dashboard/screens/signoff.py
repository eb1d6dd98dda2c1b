"""Sign-off: on what it would rest to let a version go to a stage, who approved, and what was refused."""

from typing import get_args

import streamlit as st

from audit.acts.act import of
from audit.acts.signoff import Request, Signed, Stage
from audit.acts.waivers import granted
from dashboard import governing, live, marks, parts, signing_off, source
from dashboard.sections import signoff
from dashboard.views import signoff as views
from models.card import Card
from storage import queries

STAGES: tuple[Stage, ...] = get_args(Stage)[::-1]
st.title("Sign-off")
archive = source.archive()
found = source.wanted(st.query_params.get("id"))
if found is None:
    st.markdown("No report is kept yet, and a sign-off rests on one. This makes the first ones:")
    st.code("answerable demo", language="bash")
    st.stop()
card = found.card
with st.container(horizontal=True, vertical_alignment="bottom"):
    parts.choose("Version", "id", queries.audited(archive.database), card.title)
    stage: Stage = "staging" if parts.pick("Stage", "stage", list(STAGES)) == "staging" else "production"
    st.page_link("screens/inventory.py", label="Inventory", query_params={"model": card.name}, help="")
    st.page_link("screens/findings.py", label="Findings", query_params={"model": card.name}, help="")
state, evidence, acts = governing.state(archive, card.name), archive.evidence(card.name), archive.acts(card.name)
about = views.about(acts, card, stage)
requests = of(about, Request)
asked = requests[-1][0] if requests else None
st.markdown(views.sentence(state, card, stage, asked))


def rests_on(card: Card) -> Signed | None:
    """On what it would rest, under the policy that the address names; ``None`` where there is nothing, which is said."""
    newest = next((one.id for one in reversed(evidence.reports) if one.model == card.digest), None)
    judged = [one.policy_name for one in reversed(evidence.judgements) if one.report == newest]
    named = list(dict.fromkeys(judged))
    policy = parts.pick("Policy", "policy", named) if len(named) > 1 else None
    try:
        return signing_off.rests_on(archive, card, policy)
    except (ValueError, LookupError) as why:
        st.markdown(marks.plain(str(why)))
        return None


st.header("On what it would rest")
signed = rests_on(card)
leaning = []
if signed:
    judgement, policy = archive.judgement(signed.judgement), archive.policy(signed.policy)
    dataset, made_by = archive.split(signed.split).dataset, evidence.made_by.get(card.digest)
    parts.identity(views.foundation(signed, policy, judgement, dataset, made_by))
    waivers = [*policy.waivers, *granted(acts).values()]
    st.markdown(views.gate(judgement, waivers, card.title, state.today))
    leaning = views.leaning(judgement)
    if leaning:
        parts.table(
            views.shut_by(source.shown(judgement), waivers, card.title, state.today),
            "Blocking verdicts that do not hold",
        )
elif found.report is None:
    live.ask_for_audit(card)

seen = f"{asked.id if asked else ''}-{signed.judgement if signed else ''}"
FORMS = {
    "Ask": lambda: signoff.ask(card, stage, signed.policy_name if signed else None, seen),
    "Approve": lambda: signoff.approve(card, stage, seen),
    "Release": lambda: signoff.release(card, stage),
    "Take back": lambda: signoff.take_back(
        card, stage, [one for one in state.approvals if (one.version, one.stage) == (card.digest, stage)]
    ),
    "Waive": lambda: signoff.waive(card, leaning),
}
for name, tab in zip(FORMS, st.tabs(list(FORMS), key="act", bind="query-params"), strict=True):
    with tab:
        FORMS[name]()

given = views.approvals(state, card, stage, parts.zone())
if not given.empty:
    st.header("Approvals")
    parts.table(given, "Approvals, newest first")
if state.waivers:
    st.header("Waivers")
    parts.table(views.waivers(state, parts.zone()), "Waivers, newest first")
if about:
    st.header("What was done")
    parts.table(views.done(about, parts.zone()), "What was done about this version and stage, newest first")
