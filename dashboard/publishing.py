"""Publishing a page that a law wants posted: a draft for anybody, the complete one by an approver, in the ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

from audit.acts.act import Act, of
from audit.acts.person import compared
from audit.acts.publication import Publication as Published
from audit.acts.signoff import Refusal
from audit.publication.form import Publication
from audit.publication.lint import lint
from audit.publication.made import publication
from audit.publication.withheld import draft
from audit.report import Report
from dashboard.access import keep, permitted, refuse
from dashboard.governing import made, today
from dashboard.paper import publication as paper
from models.card import Card
from models.record import sha256
from models.task import UnknownName
from storage import queries
from storage.archive import Archive
from storage.ledger import Actor

LAWS = ["ll144"]


class Said(NamedTuple):
    """What an employer says that no audit can measure."""

    distributed: date | None = None
    """First use of the tool."""
    source: str = ""
    """Where the data come from; else what the datasheet says."""
    justification: str = ""
    """Why small categories have no ratio; else the sentence of the page."""
    auditor: str = ""


class Page(NamedTuple):
    """A page and its tables, as bytes by how their files end."""

    files: dict[str, bytes]
    act: Act | None = None
    """That let it out; ``None`` for a draft."""


def sketch(archive: Archive, version: str, law: str, said: Said) -> Page:
    """A draft: small categories are withheld. Anybody who may see the model may make one."""
    _, report, found = _found(archive, version, law, said)
    return Page(_files(draft(found), report, said, is_draft=True))


def publish(
    archive: Archive, version: str, law: str, said: Said, actor: Actor | None = None, on: date | None = None
) -> Page:
    """The complete page, by an approver. Raises ``Refused`` where the person, the page or its age does not allow it.

    The same page published again by the same person is one act.
    """
    card, report, found = _found(archive, version, law, said)
    actor = permitted(archive, "publish", actor, card.name, card.digest)
    if why := _alone(archive, card, report, actor) or _unfit(found, card, law, on or today()):
        refuse(archive, card.name, actor, made(Refusal, tried="publish", version=card.digest, reason=why))
    files = _files(found, report, said, is_draft=False)
    act = made(
        Published, law=law, version=card.digest, report=report.key, digest=sha256(files["html"]),
        distributed=found.distribution_date,
    )  # fmt: skip
    done = of(archive.acts(card.name, "publication"), Published)
    same = next((one for one, before in done if before == act and compared(one.actor) == compared(actor.name)), None)
    return Page(files, same or keep(archive, "publish", card.name, act, actor))


def write(page: Page, folder: Path, version: str, law: str) -> list[Path]:
    """The files of a page; those of a draft are called so."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{version.replace('@', '-')}-{law}{'' if page.act else '-draft'}"
    written = []
    for suffix, data in page.files.items():
        path = folder / f"{stem}.{suffix}"
        path.write_bytes(data)
        written.append(path)
    return written


def _found(archive: Archive, version: str, law: str, said: Said) -> tuple[Card, Report, Publication]:
    if law not in LAWS:
        raise UnknownName("page that a law wants posted", law, LAWS)
    card = archive.model(version)
    report = archive.newest_report(card.title)
    source = said.source or _source(card, report)
    return card, report, publication(report, said.distributed, source, said.justification)


def _source(card: Card, report: Report) -> str:
    """What is known of the data where they were not brought."""
    from models.data.source import datasheet

    if card.origin:
        return ""
    part = {digest: part for part, digest in card.split_digests}.get(report.split)
    sheet = datasheet(card.dataset)
    return f"{sheet.title}, {f'the {part} part' if part else 'a part'}. {sheet.collected}"


def _files(found: Publication, report: Report, said: Said, *, is_draft: bool) -> dict[str, bytes]:
    return {
        "html": paper.page(found, report, said.auditor, draft=is_draft).encode(),
        "csv": paper.as_csv(found, draft=is_draft).encode(),
        "json": paper.as_json(found, draft=is_draft).encode(),
    }


def _alone(archive: Archive, card: Card, report: Report, actor: Actor) -> str | None:
    """Why this person may not publish what the policy wants two pairs of eyes for."""
    newest = queries.newest_judgement(archive.database, report.id)
    if newest is None:
        return f"{card.title} was not judged on its newest report. Type: answerable judge {card.title}"
    evidence, policy = archive.evidence(card.name), archive.judgement(newest).policy
    if not evidence.four_eyes.get(policy, True):
        return None
    maker = evidence.made_by.get(card.digest)
    why = ""
    if maker is None:
        why = "it is not known who made the version"
    elif compared(maker) == compared(actor.name):
        why = f"{actor.name} made the version"
    elif actor.known_by == "os-user":
        why = f"{actor.name} is known by the operating system alone"
    if not why:
        return None
    return (
        f"{actor.name} cannot publish the audit of {card.title}: {why}, and the policy demands four eyes. Another person "
        "must, who logs in or has a token; or judge it under a policy with four_eyes = false."
    )


def _unfit(found: Publication, card: Card, law: str, on: date) -> str | None:
    """The first thing that does not add up or is not said, as our own lint of published audits finds it."""
    findings = lint(found, on).findings
    if not findings:
        return None
    how = f"answerable publish {card.title} --law {law} --distributed DAY --source TEXT --publish"
    return f"The page of {card.title} would not hold (rule {findings[0].rule}): {findings[0].sentence} Type: {how}"
