"""What a policy's screen says: its rules, its waivers, and what was judged under it."""

from __future__ import annotations

from datetime import date, tzinfo

import pandas as pd
import streamlit as st

from audit.acts.act import Act
from audit.policy import Policy
from audit.policy_diff import amendments
from dashboard import figures, marks, parts
from dashboard.figures import short, title
from dashboard.policies import Known
from dashboard.views import policy as views
from storage.declared import JudgedUnder


def identity(one: Known, zone: tzinfo | None) -> None:
    """What it is for, when it was declared, what it extends."""
    st.markdown(marks.plain(one.policy.purpose))
    said = one.declared
    parts.identity({
        "Digest": f"`{short(one.digest)}`",
        "Declared": f"{figures.moment(said.at, zone)} by {marks.plain(said.by)}" if said else "not yet: it is shipped",
        "Extends": marks.plain(", ".join(one.policy.bases)) if one.policy.bases else "nothing",
        "Who may approve": "also its author" if one.policy.four_eyes is False else "another person than the author",
    })  # fmt: skip


def changes(base: Policy | None, policy: Policy) -> None:
    """What it says otherwise than the policy that it extends."""
    if not policy.bases:
        return
    name = marks.plain(policy.bases[0])
    if base is None:
        st.caption(f"It extends {name}, which is not kept here, so what it changes in it cannot be shown.")
        return
    said = views.amended(amendments(base, policy))
    st.markdown(f"It changes in {name}:" if said else f"It changes nothing in {name}.")
    st.markdown("\n".join(f"- {marks.plain(one)}" for one in said))


def rules(policy: Policy) -> None:
    """Every rule with its limit and why, dimension by dimension."""
    for dimension in views.dimensions(policy):
        st.subheader(title(dimension))
        frame = views.rules(policy, dimension)
        parts.texts(
            pd.DataFrame({
                "Limit": [_limit(one) for _, one in frame.iterrows()],
                "Why, for whom, and by what it is decided": [_reasons(one) for _, one in frame.iterrows()],
            }),
            f"Rules about {dimension}",
            dimension,
        )  # fmt: skip


def _limit(one: pd.Series) -> str:
    return f"{marks.plain(one['what'])}  \n**{marks.plain(one['limit'])}**  \n{_small(one['name'])}"


def _reasons(one: pd.Series) -> str:
    deciding = f"{one['severity'].capitalize()}; {one['whom']}; {one['how']}."
    asked = ". ".join(said.rstrip(".") for said in (one["asked by"], one["source"]) if said)
    return "  \n".join([marks.plain(one["why"]), _small(deciding), *([_small(f"{asked}.")] if asked else [])])


def _small(text: str) -> str:
    return f":small[:gray[{marks.plain(text)}]]"


def waivers(policy: Policy, acts: list[Act], today: date) -> None:
    """Who accepts until when that a rule does not hold."""
    frame = views.waivers(policy, acts, today)
    if frame.empty:
        st.markdown("Nobody has waived a rule of it.")
        return
    until = [
        f"{marks.word('waived')} until {one.until}"
        if one.state == "waived"
        else f"{marks.word('missing')}: ended {one.until}"
        for one in frame.itertuples()
    ]
    parts.table(
        pd.DataFrame({
            "What": list(map(marks.beneath, frame["what"], "of " + frame["model"])),
            "Until": until,
            "Who, and why": list(map(marks.beneath, frame["owner"] + ": " + frame["why"], frame["control"])),
            "Where": [marks.link(one) if one[1:2] == "-" else one for one in frame["where"]],
        }),
        "Waivers of rules of this policy",
    )  # fmt: skip


def judged(found: list[JudgedUnder], gates: dict[bool, int], zone: tzinfo | None) -> None:
    """How what was judged under it stands."""
    total = sum(gates.values())
    if not total:
        st.markdown("Nothing was judged under it yet.")
        return
    opened = gates.get(True, 0)
    st.markdown(
        f"{figures.count(total)} judgements: {figures.count(opened)} opened the gate, "
        f"{figures.count(total - opened)} did not."
    )
    frame = views.judged(found, zone)
    parts.table(
        pd.DataFrame({
            "Version": list(map(marks.version, frame["version"], frame["report"])),
            "Gate": [marks.chip(one) for one in frame["state"]],
            "When": list(map(marks.beneath, frame["when"], frame["note"])),
        }),
        "Judgements under this policy, newest first",
    )  # fmt: skip
    if total > len(found):
        st.caption(f"The newest {len(found)} are shown.")
