"""Records in, frames and sentences out. Knows no Streamlit."""

from dashboard.views.compare import comparison, costs, differences, evidence, flips
from dashboard.views.exhibits import drawn, exhibit
from dashboard.views.fleet import age, changed, counts, gate, headline
from dashboard.views.ledger import KINDS, entries
from dashboard.views.report import ORDER, forest_title, identity, measures, reading, silent, summary, verdicts, why
from dashboard.views.wording import label, limit_text

__all__ = [
    "KINDS",
    "ORDER",
    "age",
    "changed",
    "comparison",
    "costs",
    "counts",
    "differences",
    "drawn",
    "entries",
    "evidence",
    "exhibit",
    "flips",
    "forest_title",
    "gate",
    "headline",
    "identity",
    "label",
    "limit_text",
    "measures",
    "reading",
    "silent",
    "summary",
    "verdicts",
    "why",
]
