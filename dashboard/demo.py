"""The whole line on real public data: train, audit, judge, compare, report."""

from __future__ import annotations

from pathlib import Path

from dashboard import terminal, verbs
from dashboard.work import Place, Tell

REMEDIES = {"mortgage": "reductions", "digits": "adversarial"}
"""The remedy that makes the second version of each model."""


def demo(where: Place, folder: Path, tell: Tell) -> None:
    """Two models in two versions each: trained, audited, judged, compared; one report on paper."""
    for task, remedy in REMEDIES.items():
        first = verbs.train(where, task, tell=tell)
        second = verbs.train(where, task, remedy=remedy, parent=first.title, tell=tell)
        for card in (first, second):
            report = verbs.audit(where, card.title, tell=tell)
            terminal.report(report, verbs.judge(where, report.id), False)
        terminal.comparison(verbs.compare(where, first.title, second.title), False)
    tell("writing the report of mortgage@2", 1, 1)
    files = verbs.document(where, "mortgage@2", folder, ("pdf", "html"))
    terminal.pairs(
        {
            "report": "\n".join(str(one.absolute()) for one in files),
            "archive": str(where.home.absolute()),
            "dashboard": "answerable dashboard",
            "any figure": "answerable show m-...  (the ids stand behind the figures)",
            "proof": "answerable verify",
        },
        False,
    )
