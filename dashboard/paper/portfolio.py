"""All models in print: who answers for each, where it stands, how good it is, and which need somebody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from audit.acts.findings import FindingState
from audit.acts.state import ModelState, Released
from audit.measure import identifier
from dashboard import figures, texts, views
from dashboard.paper import block
from dashboard.paper.acts import approved, pressing
from dashboard.paper.again import said_again, signing
from dashboard.paper.block import Block, Cell
from dashboard.paper.wording import label, listed, many, word
from dashboard.texts import say
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


def contents(made: Fleet, language: str = texts.DEFAULT) -> dict[str, Any]:
    """The document as finished text, shaped as ``dashboard.paper.contents.contents`` shapes it."""
    return block.finished(lambda: _contents(made), language)


def _contents(made: Fleet) -> dict[str, Any]:
    sections = {
        "attention": _attention(made),
        "every_model": _table(made),
        "each_model": _each(made),
        "not_known": _not_known(made),
        "evidence": _evidence(made),
    }
    return {
        "kind": say("kind.portfolio"),
        "language": texts.spoken(),
        "title": say("portfolio.title", on=made.portfolio.on),
        "subtitle": say("portfolio.subtitle"),
        "opens": None,
        "sentence": block.cell(sentence(made), id=made.id),
        "front": list(_front(made)),
        "sections": [{"title": say(f"section.{name}"), "blocks": list(blocks)} for name, blocks in sections.items()],
        "report": figures.short(made.id),
        "digest": made.portfolio.sha256(),
        "generated_by": made.generated_by,
    }


def sentence(made: Fleet) -> str:
    """``120 models: 7 need attention, the gate of 31 does not open.``"""
    n, needing = len(made.lines), sum(bool(one.stands.attention) for one in made.lines)
    shut = sum(one.gate == "not passed" for one in made.lines)
    if not n:
        return say("portfolio.empty")
    models = say(f"portfolio.models_{many(n)}", n=figures.count(n))
    needs = say(f"portfolio.need_{many(needing)}", n=figures.count(needing))
    return say("portfolio.sentence", models=models, needs=needs, shut=figures.count(shut))


def _front(made: Fleet) -> Iterator[Block]:
    yield block.terms(_at_a_glance(made))
    needing = [one for one in made.lines if one.stands.attention]
    rows = [_needs(one) for one in needing[:PRESSING]]
    if rows:
        yield block.table(_pressing(), rows, say("portfolio.pressing"), id=made.id)
    if left := len(needing) - len(rows):
        yield block.text(say("portfolio.left", n=figures.count(left)), quiet=True)


def _at_a_glance(made: Fleet) -> Iterator[tuple[str, str | Cell]]:
    yield say("column.models"), _counted(one.stands.phase for one in made.lines)
    yield say("portfolio.gates"), _counted(one.gate for one in made.lines)
    tiers = Counter(one.stands.entry.tier for one in made.lines if one.stands.entry)
    told = (say("portfolio.of_tier", n=figures.count(n), tier=tier) for tier, n in sorted(tiers.items()))
    yield say("portfolio.tiers"), listed(told) or say("portfolio.no_tier")
    newest = say("people.newest", when=figures.moment(made.at, UTC))
    yield say("people.stands"), block.cell(str(made.portfolio.on), under=newest)
    yield say("front.read"), say("portfolio.reading")
    yield said_again("portfolio", made.portfolio.on, made.portfolio.entry)


def _counted(words: Iterable[str]) -> str:
    """``3 approved, 1 retired``, in the order in which they come."""
    told = (say("portfolio.counted", n=figures.count(n), what=word(one)) for one, n in Counter(words).items())
    return listed(told) or say("identity.none")


def _pressing() -> list[tuple[str, float, bool]]:
    return [(say("column.model"), 1.6, False), (say("column.what"), 5.4, False)]


def _needs(one: Line) -> list[Cell]:
    first, *more = (pressing(each, one.stands) for each in one.stands.matters)
    return [block.cell(one.stands.model), block.cell(first, under=" ".join(more))]


def _attention(made: Fleet) -> Iterator[Block]:
    rows = [_needs(one) for one in made.lines if one.stands.attention]
    if not rows:
        yield block.text(say("portfolio.calm"))
        return
    yield block.table(_pressing(), rows, say("portfolio.order"), id=made.id)


def _table(made: Fleet) -> Iterator[Block]:
    if not made.lines:
        yield block.text(say("portfolio.begin"))
        return
    columns = [
        (say("column.model"), 1.7, False), (say("people.owner"), 1.3, False), (say("people.tier"), 0.5, True),
        (say("column.state"), 1.3, False), (say("column.newest"), 1.5, False), (say("column.gate"), 1.0, False),
        (say("people.findings"), 0.7, True), (say("people.next_review"), 1.0, False),
    ]  # fmt: skip
    rows = [_row(one) for one in sorted(made.lines, key=_name)]
    yield block.table(columns, rows, say("portfolio.by_name"), dense=True, id=made.id)


def _name(one: Line) -> str:
    return one.stands.model


def _row(one: Line) -> list[Cell]:
    entry, newest = one.stands.entry, one.newest
    passed = {True: "pass", False: "fail", None: "missing"}[newest.passed]
    audited = f"{newest.audited:%Y-%m-%d}" if newest.audited else say("portfolio.never")
    return [
        block.cell(one.stands.model),
        block.cell(entry.owner if entry else figures.DASH),
        block.cell(str(entry.tier) if entry else figures.DASH),
        block.cell(word(one.stands.phase)),
        block.cell(newest.title, under=audited),
        block.cell(word(one.gate), outcome=passed, id=newest.judgement or ""),
        block.cell(figures.count(len(one.stands.open_findings))),
        block.cell(str(entry.next_review) if entry else figures.DASH),
    ]


def _each(made: Fleet) -> Iterator[Block]:
    """One block for each model, by name."""
    for one in sorted(made.lines, key=_name):
        yield block.heading(one.stands.model)
        yield block.terms(_told(one))
    if not made.lines:
        yield block.text(say("portfolio.none"))


def _told(one: Line) -> Iterator[tuple[str, Cell]]:
    entry, newest = one.stands.entry, one.newest
    yield say("portfolio.use"), block.cell(entry.use if entry else say("portfolio.no_use", task=newest.task))
    if entry:
        yield say("portfolio.made_by"), block.cell(listed((entry.developer, entry.validator)))
    version = say("portfolio.version", version=newest.title, gate=word(one.gate))
    yield say("portfolio.newest"), block.cell(version, id=newest.report or "")
    found = one.headline
    if found is not None:
        text = figures.with_interval(found.value, found.low, found.high, rate=figures.rate_of(found.name))
        yield label(found.name), block.cell(text, id=found.id, under=f"n = {figures.count(found.n)}")
    for verdict in one.open:
        said = say("portfolio.unmet", verdict=block.verdict(verdict.outcome)["text"], measure=label(verdict.rule))
        yield say("portfolio.open"), block.cell(said, outcome=verdict.outcome, id=verdict.id)
    for approval in one.stands.approvals:
        yield say("people.signed"), block.cell(approved(approval), id=approval.id)
    for released in one.stands.released:
        yield say("portfolio.released"), block.cell(_released(released), id=released.id)
    for finding in one.stands.open_findings:
        yield say("people.finding"), block.cell(_finding(finding), id=finding.id)


def _released(one: Released) -> str:
    when = f"{one.at:%Y-%m-%d}"
    return say("portfolio.release", version=one.version[:12], stage=word(one.stage), by=one.by, when=when)


def _finding(one: FindingState) -> str:
    due = say("portfolio.late" if one.overdue else "portfolio.due", due=one.due)
    return say("portfolio.finding", title=one.title, severity=word(one.severity), owner=one.owner, due=due)


def _not_known(made: Fleet) -> Iterator[Block]:
    """What cannot be said of a model, because nobody entered, audited or judged it."""
    missing = {
        "unregistered": [one for one in made.lines if one.stands.entry is None],
        "unaudited": [one for one in made.lines if one.newest.report is None],
        "unjudged": [one for one in made.lines if one.newest.report and one.newest.judgement is None],
        "unvalued": [one for one in made.lines if one.newest.report and not _valued(one)],
        "unsigned": [one for one in made.lines if not one.stands.approvals],
    }
    rows = [
        [block.cell(say(f"not_known.{what}"), under=figures.count(len(some))), block.cell(listed(sorted(map(_name, some))))]
        for what, some in missing.items()
        if some
    ]  # fmt: skip
    if not rows:
        yield block.text(say("portfolio.known"))
        return
    columns = [(say("column.what"), 2.0, False), (say("column.models"), 5.0, False)]
    yield block.table(columns, rows, say("portfolio.unknown"), id=made.id)


def _valued(one: Line) -> bool:
    return one.headline is not None and one.headline.value is not None


def _evidence(made: Fleet) -> Iterator[Block]:
    yield block.text(say("portfolio.how"))
    rows = [
        [block.cell(id, code=True), block.cell(what), block.cell(_name(one))]
        for one in made.lines
        for id, what in _ids(one)
    ]
    columns = [(say("column.id"), 1.9, False), (say("column.what"), 3.2, False), (say("column.model"), 2.4, False)]
    if rows:
        yield block.table(columns, rows, dense=True)
    yield block.terms([signing(made.signing_key)])


def _ids(one: Line) -> Iterator[tuple[str, str]]:
    newest = one.newest
    kept = ((newest.report, "report"), (newest.judgement, "judgement"))
    yield from ((id, word(what)) for id, what in kept if id)
    if one.headline is not None:
        yield one.headline.id, one.headline.name
    yield from ((each.id, each.rule) for each in one.open)
    yield from ((each.id, word("approval")) for each in one.stands.approvals)
    yield from ((each.id, word("release")) for each in one.stands.released)
    yield from ((each.id, word("finding")) for each in one.stands.open_findings)
