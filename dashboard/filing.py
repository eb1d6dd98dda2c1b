"""What people file: documents, attestations, the answers that say which laws concern a model; and where those stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from audit import framework as frameworks
from audit import withheld
from audit.acts import incidents, risks
from audit.acts.act import Act, last, of
from audit.acts.document import Document
from audit.acts.state import ModelState
from audit.attestation import Attestation, Binding, DocumentFact, Found
from audit.declared import Held, declared, held
from audit.facts import Bound, Facts
from audit.interview import Question, interview
from audit.measure import identifier
from audit.policy import Judgement
from audit.report import Report
from audit.scope import Scope, answered, open_questions
from audit.standing import DOCUMENTS, UNASKED, WRITTEN_FOR, RequirementState, standings
from dashboard import seen
from dashboard.access import keep, permitted
from dashboard.governing import made, state, today
from models.card import Card
from models.task import UnknownName
from storage import queries
from storage.archive import Archive
from storage.ledger import Actor

DECLARING = "instructions_for_use"
"""The kind of document whose declared numbers are held against what was measured."""


def add_document(
    archive: Archive, about: str, kind: str, file: Path, title: str | None = None, expires: date | None = None,
    actor: Actor | None = None,
) -> Act:  # fmt: skip
    """File a Markdown document about a version (``mortgage@2``) or a model as such; the same text again adds nothing."""
    return file_text(archive, about, kind, _text(file), title or file.stem, expires, actor)


def file_text(
    archive: Archive, about: str, kind: str, text: str, title: str, expires: date | None = None,
    actor: Actor | None = None,
) -> Act:  # fmt: skip
    """File a text as a document. What instructions for use declare must be numbers of measures that are known."""
    card = archive.model(about)
    if kind not in kinds():
        raise UnknownName("kind of document", kind, kinds())
    actor = permitted(archive, "document", actor, card.name)
    document = made(
        Document, kind=kind, version=None if about.strip() == card.name else card.digest, title=title, text=text,
        expires=expires,
    )  # fmt: skip
    if kind == DECLARING:
        declared(text)
    for one, before in reversed(of(archive.acts(card.name, "document"), Document)):
        if (before.kind, before.version) == (document.kind, document.version):
            if before == document:
                return one
            break
    return keep(archive, "document", card.name, document, actor)


def promises(archive: Archive, filed: Act, *, rows: bool) -> tuple[Held, ...]:
    """What filed instructions for use declare, beside what the newest report of their version measured."""
    document = filed.content
    if not isinstance(document, Document) or document.kind != DECLARING:
        return ()
    report = archive.latest_report(document.version or archive.model(filed.subject).digest)
    if report and not rows:
        report = withheld.report(report)
    try:
        return held(declared(document.text), report)
    except (LookupError, ValueError):  # filed before declared numbers were looked at
        return ()


def named_kinds() -> list[str]:
    """Kinds of documents that have a name of their own."""
    return list(dict.fromkeys((*DOCUMENTS.values(), *WRITTEN_FOR, *UNASKED)))


def kinds() -> list[str]:
    """Kinds of documents that a requirement can ask for, and the ids of all requirements."""
    packs = [frameworks.read(name) for name in frameworks.names()]
    return [*named_kinds(), *(one.id for pack in packs for one in pack.requirements)]


def _text(file: Path) -> str:
    if not file.is_file():
        raise ValueError(f"There is no file {file}; name the Markdown file of the document.")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{file} is no text in UTF-8; file a document as Markdown.") from None


def documents(archive: Archive, model: str) -> list[tuple[Act, Document]]:
    """The documents of a model, the newest state of each kind and version last."""
    return of(archive.acts(archive.model(model).name, "document"), Document)


def attest(
    archive: Archive, version: str, framework: str, requirement: str, statement: str, evidence: tuple[str, ...] = (),
    expires: date | None = None, person: str | None = None, actor: Actor | None = None, on: date | None = None,
) -> Act:  # fmt: skip
    """A named person states that a requirement is met by a version. The ledger says who filed it and how they were known."""
    card = archive.model(version)
    actor = permitted(archive, "attest", actor, card.name, card.digest)
    pack = frameworks.read(framework)
    pack.requirement(requirement)
    attestation = made(
        Attestation, framework=pack.id, requirement=requirement, pack=pack.digest, model=card.digest,
        person=person or actor.name, statement=statement, evidence=tuple(archive.find(one).id for one in evidence),
        dated=on or today(), expires=expires,
    )  # fmt: skip
    return keep(archive, "attest", card.name, attestation, actor)


def bind(
    archive: Archive, version: str, framework: str, expires: date | None = None, actor: Actor | None = None,
    on: date | None = None,
) -> Act:  # fmt: skip
    """Take the newest report of a version, and what was judged of it, as the evidence for a law or standard.

    From then on the law's measurable requirements rest on that report, and are stale as soon as something of it changes.
    """
    card = archive.model(version)
    actor = permitted(archive, "attest", actor, card.name, card.digest)
    report = archive.newest_report(card.title)
    newest = queries.newest_judgement(archive.database, report.id)
    binding = made(
        Binding, framework=framework, pack=frameworks.read(framework).digest, report=report.key, model=card.digest,
        split=report.split, policy=archive.judgement(newest).policy if newest else None, dated=on or today(),
        expires=expires,
    )  # fmt: skip
    if expires is not None and expires < binding.dated:
        raise ValueError(f"Evidence until {expires} would be over already; give --until a later day.")
    return keep(archive, "attest", card.name, binding, actor)


def filed(archive: Archive, model: str) -> frozenset[str]:
    """Digests of the documents and attestations of a model."""
    acts = archive.acts(archive.model(model).name)
    attested = (one.sha256() for _, one in of(acts, Attestation))
    return frozenset([*(one.digest for _, one in of(acts, Document)), *attested])


def scope_of(archive: Archive, model: str) -> Scope:
    """What was answered of a model so far."""
    found = last(archive.acts(archive.model(model).name, "scope"), Scope)
    return found[1] if found else answered({})


def open_of(archive: Archive, model: str) -> tuple[Question, ...]:
    """The questions that are still to be answered of a model."""
    return open_questions(scope_of(archive, model))


def answer(archive: Archive, model: str, given: Mapping[str, str], actor: Actor | None = None) -> Act:
    """Add answers to those given before; several at once are separated by commas where a question takes several."""
    if not given:
        raise ValueError("No answer was given. Type: answerable scope ask and the model, or give QUESTION=ANSWER.")
    parts = {name: parted(name, value) for name, value in given.items()}
    return keep_scope(archive, model, answered(parts, scope_of(archive, model)), actor)


def parted(question: str, said: str) -> tuple[str, ...]:
    """One answer, or several with commas between where the question takes several."""
    many = any(one.id == question and one.kind == "many" for one in interview().questions)
    return tuple(part.strip() for part in said.split(",")) if many else (said.strip(),)


def keep_scope(archive: Archive, model: str, scope: Scope, actor: Actor | None = None) -> Act:
    """Keep all that was answered of a model."""
    name = archive.model(model).name
    return keep(archive, "scope", name, scope, permitted(archive, "scope", actor, name))


def requirements(
    archive: Archive, version: str, framework: str, on: date | None = None, *, rows: bool
) -> tuple[RequirementState, ...]:
    """Where each requirement of a law or standard stands for a version."""
    facts = facts_of(archive, archive.model(version), on or today(), rows=rows)
    return standings(frameworks.read(framework), scope_of(archive, version), facts)


def overview(
    archive: Archive, version: str, on: date | None = None, *, rows: bool
) -> dict[str, tuple[RequirementState, ...]]:
    """The same for every law and standard; what is known of the version is gathered once."""
    scope, facts = scope_of(archive, version), facts_of(archive, archive.model(version), on or today(), rows=rows)
    return {name: standings(frameworks.read(name), scope, facts) for name in frameworks.names()}


def facts_of(archive: Archive, card: Card, on: date, *, rows: bool) -> Facts:
    """All that is known of a version when a requirement is asked about it; without ``rows`` no reason tells a small cell."""

    def shown(judged: Judgement, about: Report) -> Judgement:
        return judged if rows else seen.without_cells(archive, judged, about)

    report = archive.latest_report(card.digest)
    newest = queries.newest_judgement(archive.database, report.id) if report else None
    judgement = archive.judgement(newest) if newest else None
    acts, stands = archive.acts(card.name), state(archive, card.name, on)
    kept = tuple(_kept(stands))
    filed = (one for one in of(acts, Document) if one[1].kind not in {each.kind for each in kept})
    return Facts(
        today=on,
        model=card.digest,
        split=dict(card.split_digests).get("test"),
        policy=_policy_now(archive, card, newest),
        report=report,
        judgement=shown(judgement, report) if judgement and report else None,
        bound=tuple(
            replace(one, judgement=shown(one.judgement, one.report) if one.judgement else None)
            for one in _bound(archive, acts, card)
        ),
        headline=card.purpose.headline,
        found=(*_gate(judgement), *_signed_off(stands, card)),
        documents=(*(_fact(one, document) for one, document in filed), *kept),
        attestations=tuple(content for _, content in of(acts, Attestation)),
    )


def _kept(stands: ModelState) -> Iterator[DocumentFact]:
    """The risk register and the incident log, which are documents as soon as they hold something."""
    yield from filter(None, (risks.fact(stands.risks), incidents.fact(stands.incidents)))


def _bound(archive: Archive, acts: list[Act], card: Card) -> Iterator[Bound]:
    """What was bound to each law; where nothing of this version was, that of the version that was bound last."""
    for _, one in sorted(of(acts, Binding), key=lambda each: each[1].model == card.digest):
        report = archive.report(identifier("r", [one.report]))
        judged = (each for each in archive.judgements(report.id) if each.policy == one.policy)
        yield Bound(one, report, next(judged, None))


def _policy_now(archive: Archive, card: Card, judgement: str | None) -> str | None:
    """Digest of what the policy of a judgement says now."""
    evidence = archive.evidence(card.name)
    found = next((one for one in evidence.judgements if one.id == judgement), None)
    return evidence.in_force.get(found.policy_name) if found else None


def _fact(one: Act, document: Document) -> DocumentFact:
    return DocumentFact(
        kind=document.kind, digest=document.digest, dated=one.created.date(), author=one.actor,
        model=document.version, expires=document.expires,
    )  # fmt: skip


def _gate(judgement: Judgement | None) -> tuple[Found, ...]:
    """What a judgement shows besides its verdicts."""
    if judgement is None:
        return ()
    shown, early = judgement.sha256(), not judgement.after_the_fact
    gate = f"the gate {'opens' if judgement.passed else 'stays shut'} under {judgement.policy_title}"
    declared = f"{judgement.policy_title} was declared {'before' if early else 'only after'} the first measure"
    return (
        Found(measure="process.gate_result", holds=judgement.passed, reason=gate, digest=shown),
        Found(measure="process.thresholds_predeclared", holds=early, reason=declared, digest=shown),
    )


def _signed_off(stands: ModelState, card: Card) -> tuple[Found, ...]:
    """Whether the version is approved, and by somebody else than its authors."""
    valid = [one for one in stands.approvals if one.version == card.digest and one.standing == "in force"]
    others = [one for one in valid if not one.by_author]
    nobody = f"no approval of {card.title} is in force"
    return tuple(
        Found(
            measure=name,
            holds=bool(found),
            reason=found[-1].sentence if found else why,
            digest=found[-1].id if found else "",
        )
        for name, found, why in (
            ("process.signoff_present", valid, nobody),
            ("process.independent_review", others, "only its authors approved it" if valid else nobody),
        )
    )
