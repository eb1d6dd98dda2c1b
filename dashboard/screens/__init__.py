"""One file, one screen: thin scripts that Streamlit runs. This is the list of them, which the menu and the guard read."""

from __future__ import annotations

from typing import NamedTuple


class Screen(NamedTuple):
    """A screen as the menu has it."""

    name: str
    """Of its file, and of its address; the first one is at the root."""
    title: str
    help: str


SCREENS = {
    "Audits": (
        Screen("fleet", "Fleet", "Every model, its verdicts and its last audit."),
        Screen("report", "Report", "What one audit found."),
        Screen("fairness", "Fairness", "How far apart groups lie, and for whom."),
        Screen("slices", "Slices", "Where in the data a version errs more."),
        Screen("compare", "Compare", "Two versions on the same examples."),
    ),
    "Governance": (
        Screen("inventory", "Inventory", "Who answers for which model."),
        Screen("signoff", "Sign-off", "Who lets which version go where."),
        Screen("findings", "Findings", "What is wrong, and who mends it."),
        Screen("risks", "Risk register", "What could harm whom."),
        Screen("documents", "Documents", "What people wrote and stated."),
        Screen("policy", "Policy", "Limits, their reasons, and what if."),
        Screen("scope", "Scope", "Which laws concern a model."),
        Screen("requirements", "Requirements", "Where laws stand."),
    ),
    "Proof": (
        Screen("ledger", "Ledger", "Who did what, and whether it proves."),
        Screen("people", "People", "Who may do what, and your tokens."),
    ),
}
HOME = "fleet"
"""The screen at the root."""
NAMES = tuple(one.name for group in SCREENS.values() for one in group)
