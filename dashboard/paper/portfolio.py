"""All models in print: who answers for each, where it stands, how good it is, and which need somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from audit.acts.state import ModelState
from audit.measure import identifier
from dashboard import figures, views
from dashboard.paper import block
from dashboard.paper.again import said_again, signing
from dashboard.paper.block import Block, Cell
from models.record import Record
from storage.portfolio import OpenVerdict, Overall
from storage.queries import VersionLine

PRESSING = 12
"""Models that need somebody and stand on page one; section 1 has them all."""


class Portfolio(Record):
    """What is attached to the page: where every model stood on a day."""

    on: date
    entry: int
    """The newest entry of the ledger."""
    states: tuple[ModelState, ...]


@dataclass(frozen=True)
class Line:
    """One model: where it stands, its newest version, the headline number and the blocking verdicts that do not hold."""

    stands: ModelState
    newest: VersionLine
    headline: Overall | None
    open: tuple[OpenVerdict, ...]

    @property
    def gate(self) -> str:
        return views.gate(self.newest.passed, self.newest.report)


@dataclass(frozen=True)
class Fleet:
    """Every model of a store, those that need attention first."""

    portfolio: Portfolio
    lines: tuple[Line, ...]
    at: datetime
    """When the newest entry of the ledger was written."""
    signing_key: str | None = None
    """Fingerprint of the key that signs the checkpoints of the ledger."""
    generated_by: str = "answerable"

    @property
    def id(self) -> str:
        """``f-`` and 16 base32 characters of what is attached."""
        return identifier("f", [self.portfolio.sha256()])


def contents(made: Fleet) -> dict[str, Any]:
    """The document as finished text, shaped as ``dashboard.paper.contents.contents`` shapes it."""
    sections = [
        ("Who needs attention", _attention(made)),
        ("Every model", _table(made)),
        ("Model by model", _each(made)),
        ("Not known, and why", _not_known(made)),
        ("Evidence", _evidence(made)),
    ]
    told = {
        "kind": "Portfolio",
        "title": f"All models on {made.portfolio.on}",
        "subtitle": "Where each stands, who answers for it, and what it was measured to be",
        "opens": None,
        "sentence": block.cell(sentence(made), id=made.id),
        "front": list(_front(made)),
        "sections": [{"title": title, "blocks": list(blocks)} for title, blocks in sections],
        "report": figures.short(made.id),
        "digest": made.portfolio.sha256(),
        "generated_by": made.generated_by,
    }
    plain: dict[str, Any] = figures.printable(told)
    return plain


def sentence(made: Fleet) -> str:
    """``120 models: 7 need attention, 31 do not pass their gate.``"""
    n, needing = len(made.lines), sum(bool(one.stands.attention) for one in made.lines)
    shut = sum(one.gate == "not passed" for one in made.lines)
    models = f"{figures.count(n)} model{'' if n == 1 else 's'}"
    if not n:
        return "No model is kept yet."
    return (
        f"{models}: {figures.count(needing)} need{'s' if needing == 1 else ''} attention, the gate of "
        f"{figures.count(shut)} does not open."
    )


def _front(made: Fleet) -> Iterator[Block]:
    yield block.terms(_at_a_glance(made))
    needing = [one for one in made.lines if one.stands.attention]
    rows = [_needs(one) for one in needing[:PRESSING]]
    if rows:
        yield block.table([("Model", 1.6, False), ("What", 5.4, False)], rows, "What is most pressing", id=made.id)
    if left := len(needing) - len(rows):
        yield block.text(f"{figures.count(left)} more stand in section 1.", quiet=True)


def _at_a_glance(made: Fleet) -> Iterator[tuple[str, str | Cell]]:
    phases = [one.stands.phase for one in made.lines]
    yield "Models", ", ".join(f"{figures.count(phases.count(one))} {one}" for one in dict.fromkeys(phases)) or "none"
    gates = [one.gate for one in made.lines]
    yield "Gates", ", ".join(f"{figures.count(gates.count(one))} {one}" for one in dict.fromkeys(gates)) or "none"
    tiers = [one.stands.entry.tier for one in made.lines if one.stands.entry]
    listed = ", ".join(f"{figures.count(tiers.count(one))} of tier {one}" for one in sorted(set(tiers)))
    yield "Tiers", listed or "no model is in the inventory"
    yield "Stands", block.cell(str(made.portfolio.on), under=f"the newest entry is of {figures.moment(made.at, UTC)}")
    yield "Read it as", "Where models stand by what was measured and signed. It does not say that any law is met."
    yield said_again("portfolio", made.portfolio.on, made.portfolio.entry)


def _needs(one: Line) -> list[Cell]:
    first, *more = one.stands.attention
    return [block.cell(one.stands.model), block.cell(first, under=" ".join(more))]


def _attention(made: Fleet) -> Iterator[Block]:
    rows = [_needs(one) for one in made.lines if one.stands.attention]
    if not rows:
        yield block.text("No review is overdue, no approval has lapsed, no finding is open.")
        return
    yield block.table(
        [("Model", 1.6, False), ("What", 5.4, False)], rows, "Most pressing first in each model", id=made.id
    )


def _table(made: Fleet) -> Iterator[Block]:
    if not made.lines:
        yield block.text("No model is kept yet. Type: answerable demo")
        return
    columns = [
        ("Model", 1.7, False), ("Owner", 1.3, False), ("Tier", 0.5, True), ("State", 1.3, False), ("Newest", 1.5, False),
        ("Gate", 1.0, False), ("Findings", 0.7, True), ("Next review", 1.0, False),
    ]  # fmt: skip
    yield block.table(
        columns, [_row(one) for one in sorted(made.lines, key=_name)], "Models by name", dense=True, id=made.id
    )


def _name(one: Line) -> str:
    return one.stands.model


def _row(one: Line) -> list[Cell]:
    entry, newest = one.stands.entry, one.newest
    passed = {True: "pass", False: "fail", None: "missing"}[newest.passed]
    return [
        block.cell(one.stands.model),
        block.cell(entry.owner if entry else figures.DASH),
        block.cell(str(entry.tier) if entry else figures.DASH),
        block.cell(one.stands.phase),
        block.cell(newest.title, under=f"{newest.audited:%Y-%m-%d}" if newest.audited else "never audited"),
        block.cell(one.gate, outcome=passed, id=newest.judgement or ""),
        block.cell(figures.count(len(one.stands.open_findings))),
        block.cell(str(entry.next_review) if entry else figures.DASH),
    ]


def _each(made: Fleet) -> Iterator[Block]:
    """One block for each model, by name."""
    for one in sorted(made.lines, key=_name):
        yield block.heading(one.stands.model)
        yield block.terms(_told(one))
    if not made.lines:
        yield block.text("There is none.")


def _told(one: Line) -> Iterator[tuple[str, Cell]]:
    entry, newest = one.stands.entry, one.newest
    use = entry.use if entry else f"not in the inventory; its task is {newest.task}"
    yield "Use", block.cell(use)
    if entry:
        yield "Developer, validator", block.cell(f"{entry.developer}, {entry.validator}")
    yield "Newest version", block.cell(f"{newest.title}: {one.gate}", id=newest.report or "")
    found = one.headline
    if found is not None:
        text = figures.with_interval(found.value, found.low, found.high, rate=figures.rate_of(found.name))
        yield figures.title(found.name), block.cell(text, id=found.id, under=f"n = {figures.count(found.n)}")
    for verdict in one.open:
        yield (
            "Does not hold",
            block.cell(
                f"{figures.verdict(verdict.outcome)}: {views.label(verdict.rule)}",
                outcome=verdict.outcome,
                id=verdict.id,
            ),
        )
    for approval in one.stands.approvals:
        yield "Signed", block.cell(approval.sentence, id=approval.id)
    for released in one.stands.released:
        said = f"{released.version[:12]} to {released.stage} by {released.by} on {released.at:%Y-%m-%d}"
        yield "Released", block.cell(said, id=released.id)
    for finding in one.stands.open_findings:
        late = "overdue since" if finding.overdue else "due"
        yield (
            "Finding",
            block.cell(f"{finding.title} ({finding.severity}, {finding.owner}, {late} {finding.due})", id=finding.id),
        )


def _not_known(made: Fleet) -> Iterator[Block]:
    """What cannot be said of a model, because nobody entered, audited or judged it."""
    missing = {
        "Not in the inventory": [one for one in made.lines if one.stands.entry is None],
        "Never audited": [one for one in made.lines if one.newest.report is None],
        "Audited and not judged": [one for one in made.lines if one.newest.report and one.newest.judgement is None],
        "Without its headline number": [one for one in made.lines if one.newest.report and not _valued(one)],
        "Signed by nobody": [one for one in made.lines if not one.stands.approvals],
    }
    rows = [
        [block.cell(what, under=figures.count(len(some))), block.cell(", ".join(sorted(map(_name, some))))]
        for what, some in missing.items()
        if some
    ]
    if not rows:
        yield block.text("Every model is in the inventory, audited, judged and signed.")
        return
    yield block.table([("What", 2.0, False), ("Models", 5.0, False)], rows, "What is not known", id=made.id)


def _valued(one: Line) -> bool:
    return one.headline is not None and one.headline.value is not None


def _evidence(made: Fleet) -> Iterator[Block]:
    yield block.text(
        "Every figure about a model in this document with its full id: “answerable show ID” finds it again. Where every "
        "model stands is attached to the PDF as JSON; the digest in the footer is the SHA-256 of exactly those bytes."
    )
    rows = [
        [block.cell(id, code=True), block.cell(what), block.cell(_name(one))]
        for one in made.lines
        for id, what in _ids(one)
    ]
    columns = [("Id", 1.9, False), ("What", 3.2, False), ("Model", 2.4, False)]
    if rows:
        yield block.table(columns, rows, dense=True)
    yield block.terms([signing(made.signing_key)])


def _ids(one: Line) -> Iterator[tuple[str, str]]:
    newest = one.newest
    yield from ((id, what) for id, what in ((newest.report, "report"), (newest.judgement, "judgement")) if id)
    if one.headline is not None:
        yield one.headline.id, one.headline.name
    yield from ((each.id, each.rule) for each in one.open)
    yield from ((each.id, "approval") for each in one.stands.approvals)
    yield from ((each.id, "release") for each in one.stands.released)
    yield from ((each.id, "finding") for each in one.stands.open_findings)
