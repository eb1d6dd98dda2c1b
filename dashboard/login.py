"""Login by an identity provider: whether it is asked for, who has come, and what is shown before."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard import access, groups
from dashboard.access import Refused
from dashboard.server import REQUIRED
from storage.archive import Archive
from storage.ledger import Actor
from storage.location import home


def configured() -> bool:
    """Whether somebody must log in before anything is shown."""
    return bool(os.environ.get(REQUIRED)) or "is_logged_in" in st.user.to_dict()


def claims() -> Mapping[str, Any]:
    """What the identity provider says of whoever is here; empty before login and when it is over."""
    said = st.user.to_dict()
    return said if lasting(said) else {}


def lasting(said: Mapping[str, Any]) -> bool:
    """Whether claims are of somebody who logged in, until a moment that has not come; Streamlit never looks at it."""
    ends = said.get("exp")
    known = said.get("is_logged_in") and said.get("iss") and said.get("sub")
    return bool(known) and isinstance(ends, int | float) and time.time() < ends


def actor(archive: Archive) -> Actor:
    """The person who logged in. Raises ``Refused`` where nobody did, or nobody who is known here."""
    one = groups.person(archive, claims())
    if one is None:
        raise Refused("Log in first.")
    return Actor(one.name, "oidc")


def admitted(archive: Callable[[], Archive]) -> bool:
    """Whether the screens are for whoever is here. Where not, what to do was shown instead: before a login without a look
    at the archive."""
    if not configured():
        return True
    said = claims()
    if said:
        groups.follow(archive(), said, groups.read(home()))
        one = groups.person(archive(), said)
        if one and access.denied(archive(), "see", Actor(one.name, "oidc")) is None:
            return True
        _unknown(said)
    else:
        _welcome()
    return False


def _welcome() -> None:
    if st.user.get("is_logged_in"):
        st.logout()
    st.title("Answerable")
    st.button("Log in", type="primary", on_click=st.login)


def _unknown(said: Mapping[str, Any]) -> None:
    st.title("Answerable")
    st.markdown("You are logged in, but have no role here. Ask an admin for one, and send these two lines along:")
    st.code(f"issuer: {said['iss']}\nsubject: {said['sub']}", language=None)
    st.button("Log out", on_click=st.logout)
