"""One law or standard for one version, in print: what it asks, where each requirement stands, why, and on what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from audit.acts.act import Act
from audit.acts.document import Document
from audit.acts.findings import FindingState
from audit.acts.state import ModelState
from audit.attestation import Attestation
from audit.framework import Framework
from audit.interview import CLASSIFICATION, interview
from audit.measure import Measure, identifier
from audit.part import ORDER, State
from audit.policy import Judgement, Verdict
from audit.report import Question, Report
from audit.requirement import Requirement
from audit.scope import Applicability, Scope
from audit.standing import RequirementState
from audit.tier import tier
from dashboard import figures, texts
from dashboard.paper import block
from dashboard.paper.acts import approved
from dashboard.paper.again import said_again, signing
from dashboard.paper.block import Block, Cell
from dashboard.paper.wording import label, limit, listed, many, reason, word
from dashboard.texts import say
from dashboard.views import requirements
from models.card import Card
from models.record import Record

MANY = 20
"""Rows beyond which a table is set small."""
ABSENT: tuple[State, ...] = ("scope not answered", "not measured", "document missing", "attestation missing")


class Standing(Record):
    """What is attached to the page: every requirement of a law for a version, as it stood."""

    framework: str
    model: str
    """Model digest."""
    on: date
    entry: int
    """The newest entry of the ledger."""
    states: tuple[RequirementState, ...]


@dataclass(frozen=True)
class Statute:
    """A version under one law, and all that a page about it is made from."""

    card: Card
    pack: Framework
    standing: Standing
    scope: Scope
    concerns: Applicability
    stands: ModelState
    at: datetime
    """When the newest entry of the ledger was written."""
    report: Report | None = None
    judgement: Judgement | None = None
    documents: tuple[tuple[Act, Document], ...] = ()
    attestations: tuple[tuple[Act, Attestation], ...] = ()
    """Those of this law."""
    signing_key: str | None = None
    """Fingerprint of the key that signs the checkpoints of the ledger."""
    generated_by: str = "answerable"

    @property
    def id(self) -> str:
        """``l-`` and 16 base32 characters of what is attached."""
        return identifier("l", [self.standing.sha256()])

    def asked(self) -> Iterator[tuple[Requirement, RequirementState]]:
        """Every requirement with where it stands, in the law's order."""
        return zip(self.pack.requirements, self.standing.states, strict=True)


def contents(made: Statute, language: str = texts.DEFAULT) -> dict[str, Any]:
    """The document as finished text, shaped as ``dashboard.paper.contents.contents`` shapes it."""
    return block.finished(lambda: _contents(made), language)


def _contents(made: Statute) -> dict[str, Any]:
    sections = {
        "applies": _applies(made),
        "absent": _absent(made),
        "requirements": _matrix(made),
        "figures": _measured(made),
        "filed": _filed(made),
        "people": _people(made),
        "identity": _identity(made),
        "text": _read(made),
    }
    return {
        "kind": say("kind.law"),
        "language": texts.spoken(),
        "title": made.card.title,
        "subtitle": made.pack.name,
        "opens": None,
        "sentence": block.cell(sentence(made), id=made.id),
        "front": list(_front(made)),
        "sections": [{"title": say(f"section.{name}"), "blocks": list(blocks)} for name, blocks in sections.items()],
        "report": figures.short(made.id),
        "digest": made.standing.sha256(),
        "generated_by": made.generated_by,
    }


def sentence(made: Statute) -> str:
    """``Of 40 requirements: 3 outside policy, 12 within policy.``"""
    states = made.standing.states
    if not states:
        return say("statute.others", law=made.pack.name)
    counts = (say("statute.counted", n=n, what=word(one)) for one, n in requirements.counted(states).items())
    return say(f"statute.sentence_{many(len(states))}", n=len(states), counts=listed(counts))


def _front(made: Statute) -> Iterator[Block]:
    if made.pack.outdated(made.standing.on):
        yield block.text(_outdated(made))
    yield block.terms(_at_a_glance(made))
    counted = [one for one in ORDER if any(each.state == one for each in made.standing.states)]
    rows = [
        [_state(one), block.cell(", ".join(each.requirement for each in made.standing.states if each.state == one))]
        for one in counted
    ]
    if rows:
        columns = [(say("column.state"), 1.6, False), (say("column.requirements"), 5.4, False)]
        yield block.table(columns, rows, say("statute.weakest"), id=made.id)


def _outdated(made: Statute) -> str:
    """That the pack is older than a year."""
    as_of = made.pack.as_of
    return say("statute.outdated", law=made.pack.name, as_of=as_of, days=(made.standing.on - as_of).days)


def _at_a_glance(made: Statute) -> Iterator[tuple[str, str | Cell]]:
    pack, report, judgement, standing = made.pack, made.report, made.judgement, made.standing
    head = pack.framework
    yield say("statute.law"), block.cell(f"{pack.name} ({pack.id})", under=f"{head.version}; {head.jurisdiction}")
    yield say("statute.as_of"), say("statute.read_in", as_of=pack.as_of, pack=pack.digest[:12])
    applies, because = word(made.concerns.applies), reason(made.concerns.reason)
    yield say("statute.concerns"), say("statute.concerned", applies=applies, reason=because)
    if report is None:
        yield say("front.audited"), say("statute.unaudited", version=made.card.title)
    else:
        on = say("statute.audited", version=report.title, n=figures.count(report.n))
        yield say("front.audited"), block.cell(on, id=report.id)
    if judgement is not None:
        gate = say("statute.opens" if judgement.passed else "statute.shut", policy=judgement.policy_title)
        yield say("statute.judged"), block.cell(gate, id=_gate(judgement))
    stands = say("statute.phase", phase=word(made.stands.phase), on=standing.on)
    newest = say("people.newest", when=figures.moment(made.at, UTC))
    yield say("people.stands"), block.cell(stands, under=newest)
    yield say("front.read"), say("statute.reading")
    yield said_again(f"law {pack.id} of {made.card.digest[:12]}", standing.on, standing.entry)


def _gate(judgement: Judgement) -> str:
    return identifier("g", [judgement.sha256()])


def _state(state: State) -> Cell:
    mood = requirements.MOOD[state]
    return block.cell(f"{figures.SYMBOLS[mood]} {word(state)}", outcome=mood)


def _applies(made: Statute) -> Iterator[Block]:
    """What was answered, with what makes each question matter; what is open; for the EU the tiers."""
    applies, because = word(made.concerns.applies), reason(made.concerns.reason)
    yield block.text(say("statute.because", law=made.pack.name, applies=applies, reason=because))
    if made.pack.status:
        yield block.text(texts.english(made.pack.status), quiet=True)
    if made.pack.id.startswith("eu_ai_act") and made.pack.id != CLASSIFICATION:
        yield from _tiers(made)
    given = dict(made.scope.answers)
    rows = [
        [block.cell(texts.english(one.text)), block.cell(", ".join(given[one.id])), block.cell(one.cites)]
        for one in interview().questions
        if one.id in given
    ]
    if not rows:
        yield block.text(say("statute.unanswered"))
        return
    columns = [
        (say("column.question"), 3.4, False),
        (say("column.answer"), 2.0, False),
        (say("column.cites"), 1.6, False),
    ]
    yield block.table(columns, rows, say("statute.answered"), id=made.id)


def _tiers(made: Statute) -> Iterator[Block]:
    placed = tier(made.scope)
    rows = [
        [block.cell(word(one.id)), block.cell(one.ref), block.cell(str(one.applies_from)), block.cell(texts.english(one.reason))]
        for one in placed.tiers
    ]  # fmt: skip
    if rows:
        columns = [
            (say("people.tier"), 1.6, False), (say("column.article"), 1.2, False), (say("column.from"), 1.0, False),
            (say("column.reason"), 3.6, False),
        ]  # fmt: skip
        yield block.table(columns, rows, say("statute.placed"), id=made.id)
    if placed.open:
        yield block.text(say("statute.open", questions=", ".join(placed.open)))


def _absent(made: Statute) -> Iterator[Block]:
    """Everything that nobody measured, filed, said or answered."""
    yield from _table(made, ABSENT, say("statute.nothing"))
    silent = [one for one in made.report.answers if one.status != "measured"] if made.report else []
    if made.report and silent:
        rows = [[block.cell(_asked(one.question), id=made.report.id), block.cell(reason(one.reason))] for one in silent]
        columns = [(say("column.question"), 3.4, False), (say("column.reason"), 3.6, False)]
        yield block.table(columns, rows, say("statute.silent"))
    if not made.report:
        yield block.text(say("statute.audit", version=made.card.title))
    elif made.standing.states and not silent and not any(one.state in ABSENT for one in made.standing.states):
        yield block.text(say("statute.everything"))


def _asked(question: Question) -> str:
    return f"{question.code}: {texts.named('check', f'{question.code}.title', question.title)}"


def _matrix(made: Statute) -> Iterator[Block]:
    present = tuple(one for one in ORDER if one not in ABSENT and one != "not applicable")
    yield from _table(made, present, say("statute.there"))
    yield from _table(made, ("not applicable",), say("statute.exempt"))
    if not made.standing.states:
        yield block.text(say("statute.asks_nothing", law=made.pack.name))


def _table(made: Statute, states: Iterable[State], caption: str) -> Iterator[Block]:
    rows = [_row(asked, state) for asked, state in made.asked() if state.state in states]
    if rows:
        columns = [
            (say("column.state"), 1.3, False), (say("column.requirement"), 3.2, False),
            (say("column.reason"), 3.6, False), (say("column.rests"), 1.9, False),
        ]  # fmt: skip
        yield block.table(columns, rows, caption, dense=len(rows) > MANY)


def _row(asked: Requirement, state: RequirementState) -> list[Cell]:
    """The figures it rests on stand in the tables of evidence and documents: here are their ids."""
    later = say("statute.later", on=state.applies_from) if state.applies_from else ""
    first, more = [_named(one) for one in state.evidence[:3]], max(0, len(state.evidence) - 3)
    rests = " ".join([*first, *([say("statute.more", n=more)] if more else [])])
    under = filter(None, (asked.ref, listed(map(word, asked.actor)), listed(map(word, asked.kinds)), later))
    return [
        _state(state.state),
        block.cell(f"{asked.id} {texts.english(asked.title)}", under=say("front.join").join(under)),
        block.cell(reason(state.reason)),
        block.cell(rests or figures.DASH, code=bool(rests)),
    ]


def _named(evidence: str) -> str:
    """An id in full, a digest cut short."""
    return evidence if evidence[1:2] == "-" else evidence[:12]


def _measured(made: Statute) -> Iterator[Block]:
    report, judgement = made.report, made.judgement
    rested = {id for one in made.standing.states for id in one.evidence}
    if report is None:
        yield block.text(say("statute.audit", version=made.card.title))
        return
    figured = [one for one in report.measures() if one.id(report.key) in rested]
    if not figured:
        yield block.text(say("statute.unmeasured"))
        return
    verdicts = judgement.by_measure if judgement else {}
    yield block.text(say("statute.how"))
    columns = [
        (say("column.measure"), 3.2, False), (say("column.value"), 2.6, True), (say("column.n"), 0.8, True),
        (say("column.limit"), 1.3, False), (say("column.verdict"), 1.1, False),
    ]  # fmt: skip
    rows = [_figure(one, report, verdicts.get(one.id(report.key))) for one in figured]
    yield block.table(columns, rows, say("statute.measures"), dense=len(rows) > MANY)


def _figure(one: Measure, report: Report, judged: Verdict | None) -> list[Cell]:
    return [
        block.cell(label(one.name, one.setting_text, one.slice_text), under=reason(one.reason or "")),
        block.cell(figures.measured(one), id=one.id(report.key)),
        block.cell(figures.count(one.n)),
        block.cell(limit(one.name, judged.limit, judged.rule.side) if judged else say("statute.unlimited")),
        block.verdict(judged.outcome) if judged else block.cell(figures.DASH),
    ]


def _filed(made: Statute) -> Iterator[Block]:
    if made.documents:
        columns = [
            (say("column.kind"), 1.8, False), (say("identity.title"), 2.4, False), (say("column.filed"), 1.2, False),
            (say("column.by"), 1.6, False), (say("column.until"), 1.2, False),
        ]  # fmt: skip
        rows = [
            [
                block.cell(word(one.kind) if one.kind.islower() else one.kind, id=act.id, under=one.digest[:12]),
                block.cell(one.title),
                block.cell(f"{act.created:%Y-%m-%d}"),
                block.cell(f"{act.actor} ({act.known_by})"),
                block.cell(str(one.expires) if one.expires else figures.DASH),
            ]
            for act, one in made.documents
        ]
        yield block.table(columns, rows, say("statute.documents"))
    if made.attestations:
        columns = [
            (say("column.requirement"), 1.6, False), (say("column.statement"), 3.4, False),
            (say("column.person"), 1.6, False), (say("column.dated"), 1.2, False), (say("column.until"), 1.2, False),
        ]  # fmt: skip
        rows = [
            [
                block.cell(one.requirement, id=act.id),
                block.cell(one.statement, under=", ".join([*_elsewhere(one, made.card), *map(_named, one.evidence)])),
                block.cell(one.person, under=say("statute.filed_by", actor=act.actor, known_by=act.known_by)),
                block.cell(str(one.dated)),
                block.cell(str(one.expires) if one.expires else figures.DASH),
            ]
            for act, one in made.attestations
        ]
        yield block.table(columns, rows, say("statute.attestations"))
    if not made.documents and not made.attestations:
        yield block.text(say("statute.unfiled"))


def _elsewhere(one: Attestation, card: Card) -> list[str]:
    """That an attestation is about another version, where it is."""
    return [] if one.model == card.digest else [say("statute.other_version", model=one.model[:12])]


def _people(made: Statute) -> Iterator[Block]:
    entry, stands = made.stands.entry, made.stands
    if entry is None:
        yield block.text(say("statute.unregistered", model=stands.model))
    else:
        exposure, purpose = word(entry.exposure), word(entry.purpose)
        yield block.terms(
            [
                (say("people.owner"), entry.owner),
                (say("people.developer"), entry.developer),
                (say("people.validator"), entry.validator),
                (say("people.tier"), say("people.weighed", tier=entry.tier, exposure=exposure, purpose=purpose)),
                (say("people.next_review"), str(entry.next_review)),
            ]
        )
    if stands.findings:
        columns = [
            (say("people.finding"), 3.4, False), (say("column.severity"), 1.0, False), (say("people.owner"), 1.4, False),
            (say("column.due"), 1.1, False), (say("column.status"), 1.8, False),
        ]  # fmt: skip
        rows = [
            [
                block.cell(one.title, id=one.id),
                block.cell(word(one.severity)),
                block.cell(one.owner),
                block.cell(str(one.due)),
                block.cell(_status(one)),
            ]
            for one in stands.findings
        ]
        yield block.table(columns, rows, say("people.findings"))
    mine = [one for one in stands.approvals if one.version == made.card.digest]
    signed = [block.cell(approved(one), id=one.id) for one in mine] or [block.cell(say("front.nobody"))]
    yield block.terms((say("people.signed"), one) for one in signed)
    if not stands.findings:
        yield block.text(say("people.no_finding"))


def _status(one: FindingState) -> str:
    if one.closed:
        return say("people.closed", on=f"{one.closed:%Y-%m-%d}")
    return word("overdue" if one.overdue else "open")


def _identity(made: Statute) -> Iterator[Block]:
    card, report, judgement = made.card, made.report, made.judgement
    told = [
        (say("identity.digest_model"), card.digest),
        *((say("identity.digest_data", part=part), digest) for part, digest in card.split_digests),
        (say("identity.key"), report.key if report else ""),
        (say("identity.code"), report.code if report else ""),
        (say("identity.policy"), judgement.policy if judgement else ""),
        (say("statute.pack"), made.pack.digest),
    ]
    named = [(name, block.cell(digest, code=True)) for name, digest in told if digest]
    yield block.terms([*named, signing(made.signing_key)])


def _read(made: Statute) -> Iterator[Block]:
    pack = made.pack
    yield block.text(texts.english(pack.disclaimer))
    columns = [
        (say("column.source"), 2.8, False), (say("column.where"), 2.8, False), (say("column.opened"), 0.8, False),
        (say("column.grade"), 1.6, False),
    ]  # fmt: skip
    rows = [
        [
            block.cell(one.what, under=texts.english(one.note)),
            block.cell(one.where),
            block.cell(word("yes" if one.opened else "no")),
            block.cell(texts.english(one.grade)),
        ]
        for one in pack.sources
    ]
    yield block.table(columns, rows, say("statute.sources", as_of=pack.as_of), id=made.id)
    if pack.framework.timeline:
        rows = [
            [block.cell(str(one.date)), block.cell(texts.english(one.what), under=texts.english(one.check))]
            for one in pack.framework.timeline
        ]
        columns = [(say("column.from"), 1.1, False), (say("column.begins"), 5.6, False)]
        yield block.table(columns, rows, say("statute.dates"), id=made.id)
