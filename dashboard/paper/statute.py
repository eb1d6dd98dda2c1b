"""One law or standard for one version, in print: what it asks, where each requirement stands, why, and on what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from audit.acts.act import Act
from audit.acts.document import Document
from audit.acts.state import ModelState
from audit.attestation import Attestation
from audit.framework import Framework
from audit.interview import CLASSIFICATION, interview
from audit.measure import identifier
from audit.part import ORDER, State
from audit.policy import Judgement
from audit.report import Report
from audit.requirement import Requirement
from audit.scope import Applicability, Scope
from audit.standing import RequirementState
from audit.tier import tier
from dashboard import figures, views
from dashboard.paper import block
from dashboard.paper.again import said_again, signing
from dashboard.paper.block import Block, Cell
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


def contents(made: Statute) -> dict[str, Any]:
    """The document as finished text, shaped as ``dashboard.paper.contents.contents`` shapes it."""
    sections = [
        ("What applies, and why", _applies(made)),
        ("What is not there, and why", _absent(made)),
        ("Every requirement", _matrix(made)),
        ("Figures that requirements rest on", _measured(made)),
        ("Documents and attestations", _filed(made)),
        ("Findings and sign-offs", _people(made)),
        ("Who it is", _identity(made)),
        ("The text as it was read", _read(made)),
    ]
    told = {
        "kind": "Requirements",
        "title": made.card.title,
        "subtitle": made.pack.name,
        "opens": None,
        "sentence": block.cell(sentence(made), id=made.id),
        "front": list(_front(made)),
        "sections": [{"title": title, "blocks": list(blocks)} for title, blocks in sections],
        "report": figures.short(made.id),
        "digest": made.standing.sha256(),
        "generated_by": made.generated_by,
    }
    plain: dict[str, Any] = figures.printable(told)
    return plain


def sentence(made: Statute) -> str:
    """How many requirements stand where."""
    return requirements.sentence(made.pack, made.standing.states)


def _front(made: Statute) -> Iterator[Block]:
    if banner := made.pack.outdated(made.standing.on):
        yield block.text(banner)
    yield block.terms(_at_a_glance(made))
    counted = [one for one in ORDER if any(each.state == one for each in made.standing.states)]
    rows = [
        [_state(one), block.cell(", ".join(each.requirement for each in made.standing.states if each.state == one))]
        for one in counted
    ]
    if rows:
        columns = [("State", 1.6, False), ("Requirements", 5.4, False)]
        yield block.table(columns, rows, "Where they stand, the weakest first", id=made.id)


def _at_a_glance(made: Statute) -> Iterator[tuple[str, str | Cell]]:
    pack, report, judgement = made.pack, made.report, made.judgement
    yield "Law or standard", block.cell(f"{pack.name} ({pack.id})", under=f"{pack.framework.version}; {_where(pack)}")
    yield "As of", f"{pack.as_of}, as read in the sources of section 8; the pack is {pack.digest[:12]}"
    yield "Concerns it", f"{made.concerns.applies}: {made.concerns.reason}"
    if report is None:
        yield "Audited", f"{made.card.title} was never audited, so nothing is measured"
    else:
        yield "Audited", block.cell(f"{report.title} on {figures.count(report.n)} examples", id=report.id)
    if judgement is not None:
        gate = "opens" if judgement.passed else "does not open"
        yield "Judged", block.cell(f"under {judgement.policy_title}: the gate {gate}", id=_gate(judgement))
    yield (
        "Stands",
        block.cell(f"{made.stands.phase} on {made.standing.on}", under=f"the newest entry is of {_at(made)}"),
    )
    yield "Read it as", "Evidence for requirements. It does not say that the law is met; states are never added up."
    standing = made.standing
    yield said_again(f"law {pack.id} of {made.card.digest[:12]}", standing.on, standing.entry)


def _gate(judgement: Judgement) -> str:
    return identifier("g", [judgement.sha256()])


def _at(made: Statute) -> str:
    return figures.moment(made.at, UTC)


def _where(pack: Framework) -> str:
    return pack.framework.jurisdiction


def _state(state: State) -> Cell:
    mood = requirements.MOOD[state]
    return block.cell(f"{figures.SYMBOLS[mood]} {state}", outcome=mood)


def _applies(made: Statute) -> Iterator[Block]:
    """What was answered, with what makes each question matter; what is open; for the EU the tiers."""
    yield block.text(f"{made.pack.name}: {made.concerns.applies}, because {made.concerns.reason}.")
    if made.pack.status:
        yield block.text(made.pack.status, quiet=True)
    if made.pack.id.startswith("eu_ai_act") and made.pack.id != CLASSIFICATION:
        placed = tier(made.scope)
        rows = [
            [block.cell(one.id.replace("_", " ")), block.cell(one.ref), block.cell(str(one.applies_from)), block.cell(one.reason)]
            for one in placed.tiers
        ]  # fmt: skip
        if rows:
            columns = [("Tier", 1.6, False), ("Article", 1.2, False), ("From", 1.0, False), ("Why", 3.6, False)]
            yield block.table(columns, rows, "Where the answers place the system", id=made.id)
        if placed.open:
            yield block.text(f"Still open, and able to change the tier: {', '.join(placed.open)}.")
    given = dict(made.scope.answers)
    rows = [
        [block.cell(one.text), block.cell(", ".join(given[one.id])), block.cell(one.cites)]
        for one in interview().questions
        if one.id in given
    ]
    if not rows:
        yield block.text("No question of scope was answered yet, so what applies is undecided.")
        return
    columns = [("Question", 3.4, False), ("Answer", 2.0, False), ("Cites", 1.6, False)]
    yield block.table(columns, rows, "What was answered", id=made.id)


def _absent(made: Statute) -> Iterator[Block]:
    """Everything that nobody measured, filed, said or answered."""
    yield from _table(made, ABSENT, "Nothing is there")
    silent = [one for one in made.report.answers if one.status != "measured"] if made.report else []
    if made.report and silent:
        rows = [
            [block.cell(f"{one.question.code}: {one.question.title}", id=made.report.id), block.cell(one.reason)]
            for one in silent
        ]
        yield block.table([("Question", 3.4, False), ("Why", 3.6, False)], rows, "Checks without an answer")
    if not silent and not any(one.state in ABSENT for one in made.standing.states):
        yield block.text("Everything that is asked was measured, filed or said.")


def _matrix(made: Statute) -> Iterator[Block]:
    present = tuple(one for one in ORDER if one not in ABSENT and one != "not applicable")
    yield from _table(made, present, "What is there, and where it stands")
    yield from _table(made, ("not applicable",), "What does not apply")
    if not made.standing.states:
        yield block.text(f"{made.pack.name} asks nothing itself.")


def _table(made: Statute, states: Iterable[State], caption: str) -> Iterator[Block]:
    rows = [_row(made, one, state) for one, state in made.asked() if state.state in states]
    if rows:
        columns = [("State", 1.3, False), ("Requirement", 3.2, False), ("Why", 3.6, False), ("Rests on", 1.9, False)]
        yield block.table(columns, rows, caption, dense=len(rows) > MANY)


def _row(made: Statute, asked: Requirement, state: RequirementState) -> list[Cell]:
    """The figures it rests on stand in the tables of evidence and documents: here are their ids."""
    later = f"from {state.applies_from} on" if state.applies_from else ""
    whose = ", ".join(one.replace("_", " ") for one in asked.actor)
    first, more = [_named(one) for one in state.evidence[:3]], max(0, len(state.evidence) - 3)
    rests = " ".join([*first, *([f"and {more} more"] if more else [])])
    under = "; ".join(filter(None, (asked.ref, whose, ", ".join(asked.kinds), later)))
    return [
        _state(state.state),
        block.cell(f"{asked.id} {asked.title}", under=under),
        block.cell(state.reason),
        block.cell(rests or figures.DASH, code=bool(rests)),
    ]


def _named(evidence: str) -> str:
    """An id in full, a digest cut short."""
    return evidence if evidence[1:2] == "-" else evidence[:12]


def _measured(made: Statute) -> Iterator[Block]:
    report, judgement = made.report, made.judgement
    rested = {id: one.requirement for one in made.standing.states for id in one.evidence}
    if report is None:
        yield block.text(f"{made.card.title} was never audited. Type: answerable audit {made.card.title}")
        return
    figured = [one for one in report.measures() if one.id(report.key) in rested]
    if not figured:
        yield block.text("No requirement of this law rests on a measure of this version.")
        return
    verdicts = {one.measure: one for one in judgement.verdicts if one.measure} if judgement else {}
    yield block.text(
        "A value is followed by its interval and by the id under which it is kept: “answerable show ID” finds it again. "
        "A limit is that of the policy; the law's own numbers are in its text."
    )
    rows = []
    for one in figured:
        limit = verdicts.get(one.id(report.key))
        told = views.limit_text(one.name, limit.limit, limit.rule.side) if limit else ""
        rows.append(
            [
                block.cell(views.label(one.name, one.setting_text, one.slice_text), under=one.reason or ""),
                block.cell(figures.measured(one), id=one.id(report.key)),
                block.cell(figures.count(one.n)),
                block.cell(told or "no limit"),
                block.verdict(limit.outcome) if limit else block.cell(figures.DASH),
            ]
        )
    columns = [("Measure", 3.2, False), ("Value", 2.6, True), ("n", 0.8, True), ("Limit", 1.3, False), ("Verdict", 1.1, False)]  # fmt: skip
    yield block.table(columns, rows, "Measures", dense=len(rows) > MANY)


def _filed(made: Statute) -> Iterator[Block]:
    if made.documents:
        columns = [("Kind", 1.8, False), ("Title", 2.4, False), ("Filed", 1.2, False), ("By", 1.6, False), ("Until", 1.2, False)]  # fmt: skip
        rows = [
            [
                block.cell(one.kind.replace("_", " "), id=act.id, under=one.digest[:12]),
                block.cell(one.title),
                block.cell(f"{act.created:%Y-%m-%d}"),
                block.cell(f"{act.actor} ({act.known_by})"),
                block.cell(str(one.expires) if one.expires else figures.DASH),
            ]
            for act, one in made.documents
        ]
        yield block.table(columns, rows, "Documents")
    if made.attestations:
        columns = [("Requirement", 1.6, False), ("Statement", 3.4, False), ("Person", 1.6, False), ("Dated", 1.2, False), ("Until", 1.2, False)]  # fmt: skip
        rows = [
            [
                block.cell(one.requirement, id=act.id),
                block.cell(one.statement, under=", ".join(map(_named, one.evidence))),
                block.cell(one.person, under=f"filed by {act.actor} ({act.known_by})"),
                block.cell(str(one.dated)),
                block.cell(str(one.expires) if one.expires else figures.DASH),
            ]
            for act, one in made.attestations
        ]
        yield block.table(columns, rows, "Attestations")
    if not made.documents and not made.attestations:
        yield block.text("No document was filed about this model, and nobody has attested anything under this law.")


def _people(made: Statute) -> Iterator[Block]:
    entry, stands = made.stands.entry, made.stands
    if entry is None:
        yield block.text(f"{stands.model} is not in the inventory, so nobody answers for it by name.")
    else:
        yield block.terms(
            [
                ("Owner", entry.owner),
                ("Developer", entry.developer),
                ("Validator", entry.validator),
                ("Tier", f"{entry.tier} (exposure {entry.exposure}, purpose {entry.purpose})"),
                ("Next review", str(entry.next_review)),
            ]
        )
    if stands.findings:
        columns = [("Finding", 3.4, False), ("Severity", 1.0, False), ("Owner", 1.4, False), ("Due", 1.1, False), ("Status", 1.8, False)]  # fmt: skip
        rows = [
            [
                block.cell(one.title, id=one.id),
                block.cell(one.severity),
                block.cell(one.owner),
                block.cell(str(one.due)),
                block.cell(f"closed {one.closed:%Y-%m-%d}" if one.closed else "overdue" if one.overdue else "open"),
            ]
            for one in stands.findings
        ]
        yield block.table(columns, rows, "Findings")
    mine = [one for one in stands.approvals if one.version == made.card.digest]
    yield block.terms([("Signed", block.cell(one.sentence, id=one.id)) for one in mine] or [("Signed", "nobody")])
    if not stands.findings:
        yield block.text("There is no finding.")


def _identity(made: Statute) -> Iterator[Block]:
    card, report, judgement = made.card, made.report, made.judgement
    told = [
        ("Model", card.digest),
        *((f"Data, {part}", digest) for part, digest in card.split_digests),
        ("Report key", report.key if report else ""),
        ("Code that measured", report.code if report else ""),
        ("Policy", judgement.policy if judgement else ""),
        ("Pack of the law", made.pack.digest),
    ]
    named = [(label, block.cell(digest, code=True)) for label, digest in told if digest]
    yield block.terms([*named, signing(made.signing_key)])


def _read(made: Statute) -> Iterator[Block]:
    pack = made.pack
    yield block.text(pack.disclaimer)
    columns = [("Source", 2.8, False), ("Where", 2.8, False), ("Opened", 0.8, False), ("Grade", 1.6, False)]
    rows = [
        [block.cell(one.what, under=one.note), block.cell(one.where), block.cell("yes" if one.opened else "no"), block.cell(one.grade)]
        for one in pack.sources
    ]  # fmt: skip
    yield block.table(columns, rows, f"Sources, as of {pack.as_of}", id=made.id)
    if pack.framework.timeline:
        rows = [[block.cell(str(one.date)), block.cell(one.what, under=one.check)] for one in pack.framework.timeline]
        yield block.table([("From", 1.1, False), ("What applies", 5.6, False)], rows, "Dates", id=made.id)
