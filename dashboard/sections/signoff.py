"""The forms of a sign-off: ask, approve, release, take back, accept what does not hold. Each says what it does."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from audit.acts.approvals import ApprovalState
from audit.acts.signoff import Stage
from audit.policy import Verdict
from dashboard import deed, governing, marks, signing_off, source
from dashboard.views.wording import label
from models.card import Card


def ask(card: Card, stage: Stage, policy: str | None, since: str) -> None:
    """Ask for an approval on the evidence that is shown, which ``since`` names."""
    st.caption(
        f"Asks the approvers to let {marks.plain(card.title)} go to {stage}, on the evidence above and no other. "
        "Who asks cannot approve where four eyes are demanded."
    )
    name = f"request-{card.digest[:12]}-{stage}"
    with deed.form(name, since) as form:
        reason = st.text_area("Reason, if there is one to give", key=form.key("reason"), height=80)
        form.button(
            "request", f"Ask for {stage}",
            lambda: signing_off.request(
                source.archive(), card.title, stage, source.visitor(), reason=reason, policy=policy
            ),
        )  # fmt: skip


def approve(card: Card, stage: Stage, since: str) -> None:
    """Approve what was asked for last: ``since`` names it and the evidence that is shown, and nothing else is approved."""
    st.caption(
        f"Lets {marks.plain(card.title)} be released to {stage} until a day, while the evidence stays what it is. "
        "New evidence ends it by itself."
    )
    name = f"approve-{card.digest[:12]}-{stage}"
    with deed.form(name, since) as form:
        conditions = st.text_area("Conditions, one a line", key=form.key("conditions"), height=80)
        until = deed.day("Until", form.key("until"))
        form.button(
            "approve", f"Approve for {stage}",
            lambda: signing_off.approve(
                source.archive(), card.title, stage, deed.chosen("Until", until), source.visitor(),
                deed.lines(conditions),
            ),
        )  # fmt: skip


def release(card: Card, stage: Stage) -> None:
    """Release the version."""
    st.caption(f"Records that {marks.plain(card.title)} goes to {stage}. Refused without an approval in force.")
    name = f"release-{card.digest[:12]}-{stage}"
    with deed.form(name) as form:
        form.button(
            "release", f"Release to {stage}",
            lambda: signing_off.release(source.archive(), card.title, stage, source.visitor()),
        )  # fmt: skip


def take_back(card: Card, stage: Stage, given: Sequence[ApprovalState]) -> None:
    """Take an approval back."""
    if not given:
        st.caption(f"There is no approval for {stage} that could be taken back.")
        return
    st.caption("Takes an approval back. A release that rests on it is not undone, and no new one follows.")
    name = f"withdraw-{card.digest[:12]}-{stage}"
    named = {f"by {one.by} until {one.ends}, {one.id[:12]}": one.id for one in reversed(given)}
    with deed.form(name) as form:
        chosen = st.selectbox("Approval", list(named), key=form.key("approval"))
        reason = st.text_area("Reason", key=form.key("reason"), height=80)
        form.button(
            "withdraw", "Take it back",
            lambda: signing_off.withdraw(source.archive(), named[chosen], reason, source.visitor()),
        )  # fmt: skip


def waive(card: Card, verdicts: Sequence[Verdict]) -> None:
    """Accept that a rule does not hold."""
    if not verdicts:
        st.caption("Every blocking verdict holds: there is nothing to accept.")
        return
    st.caption(
        f"Accepts for every version of {marks.plain(card.name)}, until a day, that a rule does not hold. You answer for "
        "it by name; an approval that needs it ends with it."
    )
    options: dict[str, tuple[str, str | None]] = {
        label(one.rule.measure, one.setting): (one.rule.measure, one.setting or None) for one in verdicts
    }
    options |= {
        f"{label(measure)}, in every setting": (measure, None) for measure, setting in options.values() if setting
    }
    name = f"waive-{card.name}"
    with deed.form(name) as form:
        chosen = st.selectbox("Rule that does not hold", list(options), key=form.key("rule"))
        reason = st.text_area("Reason: why that is accepted", key=form.key("reason"), height=80)
        control = st.text_input("What is done instead, so that nobody is harmed", key=form.key("control"))
        until = deed.day("Until", form.key("until"))
        measure, setting = options[chosen]
        form.button(
            "waive", "Accept it",
            lambda: governing.waive(
                source.archive(), card.name, measure,
                {"setting": setting, "reason": reason, "compensating_control": control, "expires": deed.chosen("Until", until)},
                source.visitor(),
            ),
        )  # fmt: skip
