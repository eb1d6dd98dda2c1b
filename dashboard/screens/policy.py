"""Policy: limits with their reasons, what was judged by them, and what another limit would change."""

import streamlit as st

from dashboard import governing, parts, policies, source
from dashboard.sections import policy, trial
from storage import declared

st.title("Policy")
archive = source.archive()
known = policies.known(archive)
chosen = policies.choose(known, st.query_params.get("policy"))
with st.container(horizontal=True, vertical_alignment="bottom"):
    parts.choose("Policy", "policy", [one.title for one in known], chosen.title)
policy.identity(chosen, parts.zone())
policy.changes(policies.base(known, chosen.policy), chosen.policy)

st.header("Rules")
policy.rules(chosen.policy)

st.header("Waivers")
policy.waivers(chosen.policy, archive.acts(kind="waiver"), governing.today())

st.header("Judged under it")
gates = declared.gates(archive.database, chosen.digest)
policy.judged(declared.judged_under(archive.database, chosen.digest), gates, parts.zone())
if not gates:
    st.code(f"answerable judge mortgage@1 --policy {chosen.policy.name}", language="bash")

st.header("What if")
st.markdown("What would another limit change? Stored reports are judged under the draft; nothing is kept.")
draft = trial.drafted(chosen.policy)
if draft is not None:
    trial.tried(draft, source.trials(draft))
