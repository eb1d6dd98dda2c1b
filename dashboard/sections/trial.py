"""What if: a draft of a policy, one limit or a whole text, and what it would change in stored reports."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from audit.policy import Policy, draft
from audit.policy_text import as_toml
from audit.trial import Trial
from dashboard import figures, marks, parts, policies
from dashboard.views import policy as views
from dashboard.views import trial

ONE, WHOLE = "One limit", "A whole draft"
SHOWN = 20
"""Rows that are shown; the rest is counted."""


def drafted(of: Policy) -> Policy | None:
    """What a person wants to try; ``None`` where nothing was given, or what was given cannot be read, which is said."""
    how = parts.pick("What is another one", "change", [ONE, WHOLE])
    try:
        return _limit(of) if how == ONE else _text(of)
    except ValueError as why:
        st.error(marks.plain(str(why)))
        return None


def _limit(of: Policy) -> Policy | None:
    rules = [f"{number}. {views.rule_name(one)}" for number, one in enumerate(of.rules, 1)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rule = st.selectbox("Rule", rules, key="rule", bind="query-params", width=420)
        number = rules.index(rule)
        typed = st.text_input(
            f"{of.rules[number].side.replace('_', ' ').capitalize()}", key="limit", bind="query-params", width=160,
            placeholder=str(of.rules[number].given),
        )  # fmt: skip
    st.caption(f"Now: {views.given(of.rules[number])}. Type a number, such as 0.05 or 5 %, or the word declared.")
    return draft(as_toml(policies.with_limit(of, number, policies.typed(typed)))) if typed else None


def _text(of: Policy) -> Policy | None:
    with st.form("draft"):
        text = st.text_area("The draft, as TOML", as_toml(of), height=320, key=f"draft-{of.sha256()[:12]}")
        file = st.file_uploader("Or a file", type="toml", max_upload_size=1)
        if st.form_submit_button("Try this draft"):
            st.session_state["tried"] = file.getvalue().decode("utf-8", "replace") if file else text
    asked = st.session_state.get("tried")
    return draft(asked) if asked else None


def tried(draft: Policy, found: list[Trial]) -> None:
    """Gates and verdicts that would change, what was not tried, and the draft to take away."""
    said = trial.sentences(f"Tried {draft.title}", found)
    st.markdown("\n".join(f"- {marks.plain(one)}" for one in said))
    st.download_button(
        "Download the draft as TOML", as_toml(draft), f"{draft.name}.toml", "application/toml", on_click="ignore"
    )
    _gates(trial.gates(found))
    _verdicts(trial.verdicts(found))
    for why, times in trial.untried(found):
        st.caption(f"Not tried in {trial.of_reports(times)}: {marks.plain(why)}.")


def _gates(frame: pd.DataFrame) -> None:
    if frame.empty:
        return
    st.subheader("Gates that would be others")
    shown = frame.head(SHOWN)
    links = list(map(marks.version, shown["version"], shown["report"]))
    parts.table(
        pd.DataFrame({"Version": links, "Was": list(shown["was"]), "Would be": list(shown["would be"])}), "Gates"
    )
    if len(frame) > SHOWN:
        st.caption(f"And {len(frame) - SHOWN} more: `answerable policy try FILE --json` lists all.")


def _verdicts(frame: pd.DataFrame) -> None:
    if frame.empty:
        st.markdown("No verdict would be another one.")
        return
    st.subheader("Verdicts that would be others")
    shown = frame.head(SHOWN)
    parts.table(
        pd.DataFrame({
            "Rule": list(map(marks.beneath, shown["rule"], shown["setting"])),
            "Was": [marks.word(one) if one else "no such rule" for one in shown["was"]],
            "Would be": [marks.word(one) if one else "no such rule" for one in shown["would be"]],
            "Reports": [figures.count(one) for one in shown["reports"]],
        }),
        "Verdicts that would change, by rule",
    )  # fmt: skip
    if len(frame) > SHOWN:
        st.caption(f"And {len(frame) - SHOWN} more kinds of change.")
