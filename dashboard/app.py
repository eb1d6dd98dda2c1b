"""The web face: which screens there are, and what is said when something cannot be shown."""

from pathlib import Path

import streamlit as st

from storage.errors import StoreError

HERE = Path(__file__).parent
st.set_page_config(page_title="Answerable", page_icon=str(HERE / "static/icon.svg"), layout="wide")

SCREENS = [
    st.Page("screens/fleet.py", title="Fleet", default=True, help="Every model, its verdicts and its last audit."),
    st.Page("screens/report.py", title="Report", url_path="report", help="What one audit found."),
    st.Page(
        "screens/fairness.py", title="Fairness", url_path="fairness", help="How far apart groups lie, and for whom."
    ),
    st.Page("screens/slices.py", title="Slices", url_path="slices", help="Where in the data a version errs more."),
    st.Page("screens/compare.py", title="Compare", url_path="compare", help="Two versions on the same examples."),
    st.Page("screens/ledger.py", title="Ledger", url_path="ledger", help="Who did what, and whether it still proves."),
]
page = st.navigation(SCREENS, position="top")
try:
    page.run()
except (StoreError, LookupError) as why:
    st.error(str(why), title="This cannot be shown")
    st.page_link(SCREENS[0], label="All models")
