"""Two versions on the same examples, in print: better or worse, for whom, at what cost, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from audit.acts.approvals import ApprovalState
from audit.compare import Comparison, Difference
from audit.measure import identifier
from audit.policy import Policy
from audit.report import Report
from dashboard import figures, views
from dashboard.paper import block, parent
from dashboard.paper.again import said_again, signing
from dashboard.paper.block import Block, Cell
from models.card import Card

SYMBOLS = ("worse", "cannot tell", "no worse", "better")
"""Outcomes, what needs a person first."""


@dataclass(frozen=True)
class Versus:
    """Two versions and all that a page about both is made from."""

    cards: tuple[Card, Card]
    reports: tuple[Report, Report]
    comparison: Comparison
    policy: Policy
    """Its rules against the parent set the margins."""
    on: date
    entry: int
    """The newest entry of the ledger."""
    signed: tuple[ApprovalState, ...] = ()
    """Approvals of the second version that rest on its report."""
    signing_key: str | None = None
    """Fingerprint of the key that signs the checkpoints of the ledger."""
    generated_by: str = "answerable"

    @property
    def id(self) -> str:
        """``c-`` and 16 base32 characters of what is attached, the policy and when it was."""
        return identifier("c", [self.comparison.sha256(), self.policy.sha256(), str(self.on), str(self.entry)])


def contents(made: Versus) -> dict[str, Any]:
    """The document as finished text, shaped as ``dashboard.paper.contents.contents`` shapes it."""
    comparison = made.comparison
    told = {
        "kind": "Comparison",
        "title": f"{comparison.first} and {comparison.second}",
        "subtitle": made.cards[1].purpose.title,
        "opens": None,
        "sentence": block.cell(sentence(comparison), id=made.id),
        "front": [block.terms(_at_a_glance(made)), *_counts(made)],
        "sections": [
            {"title": "What changed", "blocks": list(_changed(made))},
            {"title": "What broke, and for whom", "blocks": list(_broke(made))},
            {"title": "What it costs", "blocks": list(_cost(made))},
            {"title": "Not compared, and why", "blocks": list(_not_compared(made))},
            {"title": "Who they are", "blocks": list(_identity(made))},
            {"title": "How it was compared", "blocks": list(_method(made))},
            {"title": "Evidence", "blocks": list(_evidence(made))},
        ],
        "report": figures.short(made.id),
        "digest": comparison.sha256(),
        "generated_by": made.generated_by,
    }
    plain: dict[str, Any] = figures.printable(told)
    return plain


def sentence(comparison: Comparison) -> str:
    """``mortgage@2 against mortgage@1: 3 better, 7 no worse, 1 worse, 2 cannot tell.``"""
    return f"{comparison.second} against {comparison.first}: {comparison.sentence}."


def _at_a_glance(made: Versus) -> Iterator[tuple[str, str | Cell]]:
    comparison, (first, second) = made.comparison, made.reports
    yield "Compared", block.cell(f"{comparison.second}, {_made(made.cards[1])}", id=second.id)
    yield "With", block.cell(f"{comparison.first}, {_made(made.cards[0])}", id=first.id)
    n = figures.count(comparison.n)
    yield "On", block.cell(f"the same {n} examples of {second.dataset}", under=f"split {comparison.split[:12]}")
    title = f"{made.policy.title}, whose rules against the parent set the margins"
    yield "Policy", block.cell(title, id=made.policy.sha256())
    yield (
        "When",
        block.cell(figures.moment(second.created, UTC), under=f"{figures.moment(first.created, UTC)} the first"),
    )
    for one in made.signed:
        yield "Signed", block.cell(one.sentence, id=one.id)
    yield "Read it as", "Evidence for a choice between two versions on these examples, not on any others."
    words = f"comparison of {first.id} and {second.id} under {made.policy.sha256()[:20]}"
    yield said_again(words, made.on, made.entry)


def _made(card: Card) -> str:
    how = f"by {card.remedy.replace('_', ' ')}" if card.remedy else "without a remedy"
    return f"made {how}" if not card.origin else f"brought as {card.origin.source}"


def _counts(made: Versus) -> Iterator[Block]:
    """What the page comes to, dimension by dimension."""
    found: dict[str, list[Difference]] = {}
    for one in made.comparison.differences:
        found.setdefault(one.name.partition(".")[0], []).append(one)
    rows = [
        [
            block.cell(dimension.capitalize(), id=made.id),
            *(block.cell(figures.count(sum(each.outcome == outcome for each in some))) for outcome in SYMBOLS),
        ]
        for dimension, some in found.items()
    ]
    if rows:
        columns = [("Differences in", 2.4, False), *((one.capitalize(), 1.0, True) for one in SYMBOLS)]
        yield block.table(columns, rows, "In how much they differ", id=made.id)


def _changed(made: Versus) -> Iterator[Block]:
    comparison = made.comparison
    if not comparison.differences:
        yield block.text("The two reports have no measure in common, so nothing can be said.")
        return
    if said := views.seed_sentence(comparison):
        yield block.text(said)
    yield from parent.plots(comparison, made.id)
    yield from parent.tables(comparison, comparison.first, comparison.second)


def _broke(made: Versus) -> Iterator[Block]:
    if not made.comparison.flips:
        yield block.text("The versions give no decisions that could be right or wrong, so none was broken or mended.")
        return
    yield block.text(
        f"{figures.count(made.comparison.negative_flips)} decisions were right in {made.comparison.first} and are wrong in "
        f"{made.comparison.second}; {figures.count(made.comparison.positive_flips)} the other way round."
    )
    yield from parent.flips(made.comparison, made.id)


def _cost(made: Versus) -> Iterator[Block]:
    frame = views.costs(*made.cards)
    columns = [("What it takes", 2.4, False), *((card.title, 1.6, True) for card in made.cards)]
    ids = [card.digest for card in made.cards]
    rows = [
        [block.cell(str(line)), *(block.cell(said, id=id) for said, id in zip(row, ids, strict=True))]
        for line, *row in frame.itertuples(name=None)
    ]
    yield block.table(columns, rows, "Cost beside quality")
    headline = made.cards[1].purpose.headline
    ours = [one for one in made.comparison.differences if one.name == headline and not one.slice and not one.setting]
    for one in ours:
        said = figures.change(one.name, one.difference, one.low, one.high)
        yield block.terms([(figures.title(headline), block.cell(said, id=one.id(made.comparison)))])


def _not_compared(made: Versus) -> Iterator[Block]:
    """What only one report holds, what neither could be paired on, and checks that were silent."""
    first, second = made.reports
    paired = {(one.name, one.setting_text, one.slice_text) for one in made.comparison.differences}
    columns = [("Measure", 3.4, False), ("Why", 3.4, False)]
    untold = [one for one in made.comparison.differences if one.difference is None]
    rows = [
        [
            block.cell(views.label(one.name, one.setting_text, one.slice_text), id=one.id(made.comparison)),
            block.cell(one.reason),
        ]
        for one in untold
        if not views.detail(one)
    ]
    kinds = {one.name for report in made.reports for one in report.measures() if one.key not in paired}
    both = {one.name for one in first.measures()} & {one.name for one in second.measures()}
    for name in sorted(kinds - {one.name for one in made.comparison.differences}):
        why = (
            "It is about the data, chance or a baseline, not about a version."
            if name in both
            else f"Only the report of {_holder(name, made)} holds it."
        )
        rows.append([block.cell(figures.title(name), under=name), block.cell(why)])
    if rows:
        yield block.table(columns, rows, "Measures without a difference")
    hidden = sum(1 for one in untold if views.detail(one))
    if hidden:
        yield block.text(f"{figures.numbers(hidden)} more, about single groups and classes, could not be paired.")
    silent = [(report, one) for report in made.reports for one in report.answers if one.status != "measured"]
    if silent:
        rows = [
            [block.cell(f"{one.question.code} of {report.title}", id=report.id), block.cell(one.reason)]
            for report, one in silent
        ]
        yield block.table(columns, rows, "Questions without an answer")
    if not rows and not silent:
        yield block.text("Everything that both reports hold was compared.")


def _holder(name: str, made: Versus) -> str:
    return next(one.title for one in made.reports if any(each.name == name for each in one.measures()))


def _identity(made: Versus) -> Iterator[Block]:
    first, second = made.cards
    yield block.text(views.changed(second, first if second.parent == first.digest else None))
    for card, report in zip(made.cards, made.reports, strict=True):
        yield block.heading(card.title)
        yield block.terms(_named(card, report))
    yield block.terms([signing(made.signing_key)])


def _named(card: Card, report: Report) -> Iterator[tuple[str, str | Cell]]:
    yield "Architecture", card.identity.architecture
    yield "Seeds", f"{card.seed} of the training, {report.seed} of the audit"
    digests = {"Model": card.digest, "Recipe": card.recipe, "Report key": report.key, "Code that measured": report.code}
    yield from ((label, block.cell(digest, code=True)) for label, digest in digests.items())


def _method(made: Versus) -> Iterator[Block]:
    level = figures.number(1 - made.comparison.level, rate=True)
    yield block.text(
        "Both versions were asked about the same examples, so that each difference is one of pairs: shares by exact "
        "McNemar, ROC-AUC by DeLong, functions of label counts by resampling the paired counts, functions of scores by "
        "resampling the rows. A difference is the second version minus the first."
    )
    yield block.text(
        f"The chance of any wrong “better” or “worse” is held at {level} over all that was compared (Holm). A loss within "
        "a declared margin is no worse. What neither an interval nor an exact number settles cannot be told, and the n "
        "that would settle it is given where it is known."
    )
    yield block.text("Resampling begins at seed 0, so that the same two reports give the same numbers.", quiet=True)


def _evidence(made: Versus) -> Iterator[Block]:
    yield block.text(
        "Every difference in this document with its full id: “answerable show ID” finds it again. The comparison itself is "
        "attached to the PDF as JSON; the digest in the footer is the SHA-256 of exactly those bytes."
    )
    rows = [
        [
            block.cell(one.id(made.comparison), code=True),
            block.cell(one.name),
            block.cell(one.setting_text or figures.DASH),
            block.cell(one.slice_text or "all"),
        ]
        for one in parent.printed(made.comparison)
    ]
    columns = [("Id", 1.9, False), ("Name", 3.2, False), ("Setting", 2.4, False), ("Slice", 2.5, False)]
    yield block.table(columns, rows, dense=True)
