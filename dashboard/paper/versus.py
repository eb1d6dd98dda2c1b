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
from dashboard import figures, texts, views
from dashboard.paper import block, parent
from dashboard.paper.acts import approved
from dashboard.paper.again import said_again, signing
from dashboard.paper.block import Block, Cell
from dashboard.paper.wording import label, many, reason, word
from dashboard.texts import say
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


def contents(made: Versus, language: str = texts.DEFAULT) -> dict[str, Any]:
    """The document as finished text, shaped as ``dashboard.paper.contents.contents`` shapes it."""
    return block.finished(lambda: _contents(made), language)


def _contents(made: Versus) -> dict[str, Any]:
    comparison = made.comparison
    sections = {
        "changed": _changed(made),
        "broke": _broke(made),
        "costs": _cost(made),
        "not_compared": _not_compared(made),
        "both": _identity(made),
        "method": _method(made),
        "evidence": _evidence(made),
    }
    return {
        "kind": say("kind.comparison"),
        "language": texts.spoken(),
        "title": say("versus.title", first=comparison.first, second=comparison.second),
        "subtitle": made.cards[1].purpose.title,
        "opens": None,
        "sentence": block.cell(sentence(comparison), id=made.id),
        "front": [block.terms(_at_a_glance(made)), *_counts(made)],
        "sections": [{"title": say(f"section.{name}"), "blocks": list(blocks)} for name, blocks in sections.items()],
        "report": figures.short(made.id),
        "digest": comparison.sha256(),
        "generated_by": made.generated_by,
    }


def sentence(comparison: Comparison) -> str:
    """``mortgage@2 against mortgage@1: 3 better, 7 no worse, 1 worse, 2 cannot tell.``"""
    counts = parent.counts(comparison)
    return say("versus.sentence", first=comparison.first, second=comparison.second, counts=counts)


def _at_a_glance(made: Versus) -> Iterator[tuple[str, str | Cell]]:
    comparison, (first, second) = made.comparison, made.reports
    yield say("parent.compared"), block.cell(_made(comparison.second, made.cards[1]), id=second.id)
    yield say("versus.with"), block.cell(_made(comparison.first, made.cards[0]), id=first.id)
    same = say("versus.same", n=figures.count(comparison.n), dataset=second.dataset)
    yield say("column.on"), block.cell(same, under=say("versus.split", split=comparison.split[:12]))
    yield say("front.policy"), block.cell(say("versus.policy", policy=made.policy.title), id=made.policy.sha256())
    before = say("versus.first", when=figures.moment(first.created, UTC))
    yield say("front.when"), block.cell(figures.moment(second.created, UTC), under=before)
    for one in made.signed:
        yield say("people.signed"), block.cell(approved(one), id=one.id)
    yield say("front.read"), say("versus.reading")
    words = f"comparison of {first.id} and {second.id} under {made.policy.sha256()[:20]}"
    yield said_again(words, made.on, made.entry)


def _made(version: str, card: Card) -> str:
    if card.origin:
        return say("versus.brought", version=version, source=card.origin.source)
    if card.remedy:
        return say("versus.made", version=version, remedy=card.remedy.replace("_", " "))
    return say("versus.plain", version=version)


def _counts(made: Versus) -> Iterator[Block]:
    """What the page comes to, dimension by dimension."""
    found: dict[str, list[Difference]] = {}
    for one in made.comparison.differences:
        found.setdefault(one.name.partition(".")[0], []).append(one)
    rows = [
        [
            block.cell(texts.named("dimension", dimension, dimension.capitalize()), id=made.id),
            *(block.cell(figures.count(sum(each.outcome == outcome for each in some))) for outcome in SYMBOLS),
        ]
        for dimension, some in found.items()
    ]
    if rows:
        outcomes = (say(f"verdict.{one}") for one in SYMBOLS)
        columns = [(say("versus.in"), 2.4, False), *((one[:1].upper() + one[1:], 1.0, True) for one in outcomes)]
        yield block.table(columns, rows, say("versus.counted"), id=made.id)


def _changed(made: Versus) -> Iterator[Block]:
    comparison = made.comparison
    if not comparison.differences:
        yield block.text(say("versus.nothing"))
        return
    if said := views.seed_sentence(comparison):
        yield block.text(texts.english(said))
    yield from parent.plots(comparison, made.id)
    yield from parent.tables(comparison, comparison.first, comparison.second)


def _broke(made: Versus) -> Iterator[Block]:
    comparison = made.comparison
    if not comparison.flips:
        yield block.text(say("versus.undecided"))
        return
    lost, won = figures.count(comparison.negative_flips), figures.count(comparison.positive_flips)
    yield block.text(say("versus.flips", lost=lost, won=won, first=comparison.first, second=comparison.second))
    yield from parent.flips(comparison, made.id)


def _cost(made: Versus) -> Iterator[Block]:
    frame = views.costs(*made.cards)
    columns = [(say("versus.takes"), 2.4, False), *((card.title, 1.6, True) for card in made.cards)]
    ids = [card.digest for card in made.cards]
    rows = [
        [block.cell(word(str(line))), *(block.cell(_spent(said), id=id) for said, id in zip(row, ids, strict=True))]
        for line, *row in frame.itertuples(name=None)
    ]
    yield block.table(columns, rows, say("versus.beside"))
    headline = made.cards[1].purpose.headline
    ours = [one for one in made.comparison.differences if one.name == headline and not one.slice and not one.setting]
    for one in ours:
        said = figures.change(one.name, one.difference, one.low, one.high)
        yield block.terms([(label(headline), block.cell(said, id=one.id(made.comparison)))])


def _spent(said: str) -> str:
    """A number as it is, or the word for what nobody said."""
    return word(said) if said.isalpha() else said


def _not_compared(made: Versus) -> Iterator[Block]:
    """What only one report holds, what neither could be paired on, and checks that were silent."""
    first, second = made.reports
    paired = {(one.name, one.setting_text, one.slice_text) for one in made.comparison.differences}
    columns = [(say("column.measure"), 3.4, False), (say("column.reason"), 3.4, False)]
    untold = [one for one in made.comparison.differences if one.difference is None]
    rows = [
        [
            block.cell(label(one.name, one.setting_text, one.slice_text), id=one.id(made.comparison)),
            block.cell(reason(one.reason)),
        ]
        for one in untold
        if not views.detail(one)
    ]
    kinds = {one.name for report in made.reports for one in report.measures() if one.key not in paired}
    both = {one.name for one in first.measures()} & {one.name for one in second.measures()}
    for name in sorted(kinds - {one.name for one in made.comparison.differences}):
        why = say("versus.of_data") if name in both else say("versus.held", version=_holder(name, made))
        rows.append([block.cell(label(name), under=name), block.cell(why)])
    if rows:
        yield block.table(columns, rows, say("versus.without"))
    hidden = sum(1 for one in untold if views.detail(one))
    if hidden:
        yield block.text(say(f"versus.unpaired_{many(hidden)}", n=figures.count(hidden)))
    silent = [(report, one) for report in made.reports for one in report.answers if one.status != "measured"]
    if silent:
        rows = [
            [
                block.cell(say("versus.asked", code=one.question.code, version=report.title), id=report.id),
                block.cell(reason(one.reason)),
            ]
            for report, one in silent
        ]
        yield block.table(columns, rows, say("not_measured.questions"))
    if not rows and not hidden and not silent:
        yield block.text(say("versus.whole"))


def _holder(name: str, made: Versus) -> str:
    return next(one.title for one in made.reports if any(each.name == name for each in one.measures()))


def _identity(made: Versus) -> Iterator[Block]:
    first, second = made.cards
    yield block.text(texts.english(views.changed(second, first if second.parent == first.digest else None)))
    for card, report in zip(made.cards, made.reports, strict=True):
        yield block.heading(card.title)
        yield block.terms(_named(card, report))
    yield block.terms([signing(made.signing_key)])


def _named(card: Card, report: Report) -> Iterator[tuple[str, str | Cell]]:
    yield say("identity.architecture"), card.identity.architecture
    yield say("versus.seeds"), say("versus.seeded", training=card.seed, audit=report.seed)
    digests = {
        say("identity.digest_model"): card.digest,
        say("identity.recipe"): card.recipe,
        say("identity.key"): report.key,
        say("identity.code"): report.code,
    }
    yield from ((name, block.cell(digest, code=True)) for name, digest in digests.items())


def _method(made: Versus) -> Iterator[Block]:
    yield block.text(say("versus.paired"))
    yield block.text(say("versus.chance", chance=figures.number(1 - made.comparison.level, rate=True)))
    yield block.text(say("versus.resampled"), quiet=True)


def _evidence(made: Versus) -> Iterator[Block]:
    yield block.text(say("versus.how"))
    differences = parent.printed(made.comparison)
    yield block.index((one.id(made.comparison), (one.name, one.setting_text, one.slice_text)) for one in differences)
