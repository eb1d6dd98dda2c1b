"""The web face: which screens there are, and what is said when something cannot be shown."""

from pathlib import Path

import streamlit as st

from storage.errors import StoreError

HERE = Path(__file__).parent
st.set_page_config(page_title="Answerable", page_icon=str(HERE / "static/icon.svg"), layout="wide")

FLEET = st.Page("screens/fleet.py", title="Fleet", default=True, help="Every model, its verdicts and its last audit.")
SCREENS = {
    "Audits": [
        FLEET,
        st.Page("screens/report.py", title="Report", url_path="report", help="What one audit found."),
        st.Page(
            "screens/fairness.py", title="Fairness", url_path="fairness", help="How far apart groups lie, and for whom."
        ),
        st.Page("screens/slices.py", title="Slices", url_path="slices", help="Where in the data a version errs more."),
        st.Page("screens/compare.py", title="Compare", url_path="compare", help="Two versions on the same examples."),
    ],
    "Governance": [
        st.Page("screens/inventory.py", title="Inventory", url_path="inventory", help="Who answers for which model."),
        st.Page("screens/signoff.py", title="Sign-off", url_path="signoff", help="Who lets which version go where."),
        st.Page("screens/findings.py", title="Findings", url_path="findings", help="What is wrong, and who mends it."),
        st.Page("screens/risks.py", title="Risk register", url_path="risks", help="What could harm whom."),
        st.Page("screens/documents.py", title="Documents", url_path="documents", help="What people wrote and stated."),
        st.Page("screens/policy.py", title="Policy", url_path="policy", help="Limits, their reasons, and what if."),
        st.Page("screens/scope.py", title="Scope", url_path="scope", help="Which laws concern a model."),
        st.Page("screens/requirements.py", title="Requirements", url_path="requirements", help="Where laws stand."),
    ],
    "Proof": [
        st.Page("screens/ledger.py", title="Ledger", url_path="ledger", help="Who did what, and whether it proves."),
    ],
}
page = st.navigation(SCREENS, position="top")
try:
    page.run()
except (StoreError, LookupError) as why:
    st.error(str(why), title="This cannot be shown")
    st.page_link(FLEET, label="All models")
