"""From the archive to a draft: what is kept of a version, put together for a document."""

from __future__ import annotations

from datetime import date

from audit import withheld
from audit.acts.act import Act
from audit.acts.document import Document
from audit.compare import Comparison
from audit.declared import GAP
from audit.policy import Judgement
from audit.report import Report
from dashboard import drafts, filing, seen, views
from dashboard.drafts import instructions
from dashboard.drafts.material import Material
from dashboard.drafts.quoted import misquoted
from dashboard.governing import state, today
from dashboard.registering import proposals
from models.card import Card
from models.data import source
from models.data.datasheet import Datasheet
from models.task import UnknownName
from storage import queries
from storage.archive import Archive
from storage.errors import Erased


def draft(archive: Archive, kind: str, version: str, on: date | None = None) -> str:
    """A document of a kind about a version, as Markdown that people complete.

    It tells no small cell, whoever asks for it: once it is filed, whoever may read documents reads it.
    """
    if kind not in drafts.KINDS:
        raise UnknownName("draft", kind, list(drafts.KINDS))
    found = material(archive, version, on)
    return drafts.draft(kind, found)


def remarks(archive: Archive, filed: Act, *, rows: bool) -> list[str]:
    """What a filed document says otherwise than the store: declared numbers outside their intervals, figures with an id
    that are not what was measured under it, and places that nobody has filled."""
    said = [
        f"{one.declared.about}: declared {declared}, measured {measured}; {reads}."
        for one in filing.promises(archive, filed, rows=rows)
        for declared, measured, reads in [instructions.told(one)]
        if one.outcome != "inside"
    ]
    return [*said, *misquotes(archive, filed, rows=rows)]


def misquotes(archive: Archive, filed: Act, *, rows: bool) -> list[str]:
    """Figures of a filed document that are not what is stored under their ids, and how many places are left to fill."""
    document = filed.content
    if not isinstance(document, Document):
        return []
    report = archive.latest_report(document.version or archive.model(filed.subject).digest)
    judged = next(iter(archive.judgements(report.id)), None) if report else None
    if report and not rows:
        judged = seen.without_cells(archive, judged, report) if judged else None
        report = withheld.report(report)
    said = misquoted(document.text, report, judged) if report else []
    left = document.text.count(GAP)
    places = "place still says" if left == 1 else "places still say"
    return [*said, *([f"{left} {places} {GAP}."] if left else [])]


def material(archive: Archive, version: str, on: date | None = None) -> Material:
    """All that documents about a version are drafted from, without the numbers of small cells."""
    card, day = archive.model(version), on or today()
    facts, stands = filing.facts_of(archive, card, day, rows=False), state(archive, card.name, day)
    report, judgement, parent = facts.report, facts.judged(), _kept(archive, card.parent)
    return Material(
        card=card,
        task=(report and report.purpose) or card.purpose,
        state=stands,
        scope=filing.scope_of(archive, card.digest),
        facts=facts,
        parent=parent,
        report=withheld.report(report) if report else None,
        judgement=judgement,
        judged_as=str(queries.newest_judgement(archive.database, report.id) or "") if report else "",
        stored_as=report.sha256() if report else "",
        comparison=_comparison(archive, parent, report, judgement),
        datasheet=_datasheet(card),
        documents=tuple(filing.documents(archive, card.digest)),
        uncovered=proposals(archive, card.digest, stands, rows=False),
    )


def _kept(archive: Archive, digest: str | None) -> Card | None:
    try:
        return archive.model(digest) if digest else None
    except UnknownName:
        return None


def _comparison(
    archive: Archive, parent: Card | None, report: Report | None, judgement: Judgement | None
) -> Comparison | None:
    """With the parent; ``None`` also where their examples cannot be paired, or were erased."""
    if parent is None or report is None or judgement is None:
        return None
    before = archive.latest_report(parent.digest, report.split)
    try:
        found = views.comparison(archive, before, report, archive.policy(judgement.policy)) if before else None
    except (ValueError, Erased):
        return None
    return withheld.comparison(found, before, report) if found and before else None


def _datasheet(card: Card) -> Datasheet | None:
    """Of data that are shipped; who brings a model brings the answers too."""
    try:
        return None if card.origin else source.datasheet(card.dataset)
    except UnknownName:
        return None
