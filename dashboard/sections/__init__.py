"""What the screens say, one file per screen."""

from dashboard.sections.compare import differences, flips
from dashboard.sections.fairness import alternatives, by_group, gaps, law, no_groups
from dashboard.sections.ledger import entries, findings
from dashboard.sections.people import people, tokens
from dashboard.sections.report import answer, exhibit, pointed_at, silence, verdicts
from dashboard.sections.slices import no_search, slices

__all__ = [
    "alternatives",
    "answer",
    "by_group",
    "differences",
    "entries",
    "exhibit",
    "findings",
    "flips",
    "gaps",
    "law",
    "no_groups",
    "no_search",
    "people",
    "pointed_at",
    "silence",
    "slices",
    "tokens",
    "verdicts",
]
