"""The web face: which screens there are, who is let in, and what is said when something cannot be shown."""

import logging
from pathlib import Path

import streamlit as st

from dashboard import login, marks, source
from dashboard.access import Refused
from dashboard.screens import HOME, SCREENS, Screen
from storage.errors import StoreError

HERE = Path(__file__).parent
st.set_page_config(page_title="Answerable", page_icon=str(HERE / "static/icon.svg"), layout="wide")


def page_of(one: Screen) -> st.Page:
    """A screen at its address."""
    address = "" if one.name == HOME else one.name
    return st.Page(f"screens/{one.name}.py", title=one.title, url_path=address, default=one.name == HOME, help=one.help)


try:
    admitted = login.admitted(source.archive)
except (StoreError, ValueError) as why:
    logging.getLogger(__name__).error("Nobody can be let in: %s", why)
    told = "The log of this server says why." if login.configured() else str(why)
    st.error(marks.plain(told), title="Nobody can be let in")
    st.stop()
pages = {group: [page_of(one) for one in screens] for group, screens in SCREENS.items()}
page = st.navigation(pages, position="top" if admitted else "hidden")
if not admitted:
    st.stop()
try:
    page.run()
except (StoreError, LookupError, Refused) as why:
    st.error(str(why), title="This cannot be shown")
    st.page_link("screens/fleet.py", label="All models")
