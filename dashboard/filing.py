"""What people file: documents, attestations, the answers that say which laws concern a model; and where those stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from audit import framework as frameworks
from audit.acts.act import Act, last, of
from audit.acts.document import Document
from audit.acts.state import ModelState
from audit.attestation import Attestation, DocumentFact, Found
from audit.facts import Facts
from audit.interview import Question, interview
from audit.policy import Judgement
from audit.scope import Scope, answered, open_questions
from audit.standing import DOCUMENTS, RequirementState, standings
from dashboard.governing import made, state, today
from models.card import Card
from models.task import UnknownName
from storage import queries
from storage.archive import Archive
from storage.ledger import Actor, me


def add_document(
    archive: Archive, about: str, kind: str, file: Path, title: str | None = None, expires: date | None = None,
    actor: Actor | None = None,
) -> Act:  # fmt: skip
    """File a Markdown document about a version (``mortgage@2``) or a model as such; the same text again adds nothing."""
    card = archive.model(about)
    if kind not in kinds():
        raise UnknownName("kind of document", kind, kinds())
    document = made(
        Document, kind=kind, version=None if about.strip() == card.name else card.digest, title=title or file.stem,
        text=_text(file), expires=expires,
    )  # fmt: skip
    for one, before in reversed(of(archive.acts(card.name, "document"), Document)):
        if (before.kind, before.version) == (document.kind, document.version):
            if before == document:
                return one
            break
    return archive.put_act(card.name, document, actor or me())


def kinds() -> list[str]:
    """Kinds of documents that a requirement can ask for, and the ids of all requirements."""
    packs = [frameworks.read(name) for name in frameworks.names()]
    return [*dict.fromkeys(DOCUMENTS.values()), *(one.id for pack in packs for one in pack.requirements)]


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
    actor = actor or me()
    card = archive.model(version)
    pack = frameworks.read(framework)
    pack.requirement(requirement)
    attestation = made(
        Attestation, framework=pack.id, requirement=requirement, pack=pack.digest, model=card.digest,
        person=person or actor.name, statement=statement, evidence=tuple(archive.find(one).id for one in evidence),
        dated=on or today(), expires=expires,
    )  # fmt: skip
    return archive.put_act(card.name, attestation, actor)


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
    return archive.put_act(archive.model(model).name, scope, actor or me())


def requirements(
    archive: Archive, version: str, framework: str, on: date | None = None
) -> tuple[RequirementState, ...]:
    """Where each requirement of a law or standard stands for a version."""
    pack = frameworks.read(framework)
    return standings(pack, scope_of(archive, version), facts_of(archive, archive.model(version), on or today()))


def facts_of(archive: Archive, card: Card, on: date) -> Facts:
    """All that is known of a version when a requirement is asked about it."""
    report = archive.latest_report(card.digest)
    newest = queries.newest_judgement(archive.database, report.id) if report else None
    judgement = archive.judgement(newest) if newest else None
    acts = archive.acts(card.name)
    return Facts(
        today=on,
        model=card.digest,
        split=dict(card.split_digests).get("test"),
        policy=_policy_now(archive, card, newest),
        report=report,
        judgement=judgement,
        headline=card.purpose.headline,
        found=(*_gate(judgement), *_signed_off(state(archive, card.name, on), card)),
        documents=tuple(_fact(one, document) for one, document in of(acts, Document)),
        attestations=tuple(content for _, content in of(acts, Attestation)),
    )


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
