"""Documents about more than one report: two versions, all models, one law; made, and made again to be held to a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit import framework as frameworks
from audit import policy as policies
from audit import withheld
from audit.acts.act import of
from audit.acts.document import Document as Filed
from audit.attestation import Attestation
from audit.policy import Policy
from audit.scope import applicable
from audit.standing import standings
from dashboard import filing, governing, texts, views
from dashboard.paper import portfolio as fleet
from dashboard.paper import statute, versus
from dashboard.paper.again import Source
from dashboard.paper.portfolio import Fleet, Line, Portfolio
from dashboard.paper.statute import Standing, Statute
from dashboard.paper.versus import Versus
from models.task import UnknownName
from storage import keys, queries
from storage import portfolio as flat
from storage.archive import Archive
from storage.past import as_of

if TYPE_CHECKING:
    from dashboard.document import Document

EVERY = 1_000_000
"""More models than a store has."""


def comparison(
    archive: Archive, first: str, second: str, policy: Policy, on: date | None = None, language: str = texts.DEFAULT,
    *, rows: bool = True,
) -> Document:  # fmt: skip
    """Two versions (or reports) on the same examples, without ``rows`` without small cells. Raises ``ValueError`` where
    they cannot be compared."""
    from dashboard.document import Document

    on = on or governing.today()
    reports = archive.newest_report(first), archive.newest_report(second)
    if reports[0].key == reports[1].key:
        raise ValueError(f"{first} and {second} are the same report {reports[0].id}; name two versions.")
    cards = archive.model(reports[0].model), archive.model(reports[1].model)
    stands, found = governing.state(archive, cards[1].name, on), views.comparison(archive, *reports, policy)
    if not rows:
        found = withheld.comparison(found, *reports)
        reports = withheld.report(reports[0]), withheld.report(reports[1])
    made = Versus(
        cards=cards, reports=reports, comparison=found, policy=policy, on=on,
        entry=queries.last_entry(archive.database),
        signed=tuple(one for one in stands.approvals if one.report == reports[1].key),
        signing_key=keys.current(archive.database),
    )  # fmt: skip
    newest = max(one.created for one in reports)
    return Document(versus.contents(made, language), made.comparison.canonical(), newest)


def portfolio(archive: Archive, on: date | None = None, language: str = texts.DEFAULT) -> Document:
    """Every model of the store, those that need attention first."""
    from dashboard.document import Document

    on = on or governing.today()
    stands = governing.states(archive, on)
    newest = {one.name: one for one in queries.newest_versions(archive.database, limit=EVERY)}
    headlines = {one.report: views.headline(one.task) for one in newest.values() if one.report}
    numbers = flat.overall(archive.database, headlines)
    shut = flat.shut_by(archive.database, [one.judgement for one in newest.values() if one.judgement])
    lines = [
        Line(stands=one, newest=version, headline=numbers.get(version.report or ""), open=tuple(shut[version.judgement or ""]))
        for one in stands
        if (version := newest.get(one.model))
    ]  # fmt: skip
    entry, at = _newest_entry(archive)
    found = Portfolio(on=on, entry=entry, states=tuple(stands))
    made = Fleet(found, tuple(lines), at, keys.current(archive.database))
    return Document(fleet.contents(made, language), made.portfolio.canonical(), at)


def law(
    archive: Archive, version: str, framework: str, on: date | None = None, language: str = texts.DEFAULT,
    *, rows: bool = True,
) -> Document:  # fmt: skip
    """Where every requirement of one law or standard stands for a version, with what it rests on; without ``rows``
    without small cells."""
    from dashboard.document import Document

    on = on or governing.today()
    card, pack = archive.model(version), frameworks.read(framework)
    facts, scope = filing.facts_of(archive, card, on, rows=True), filing.scope_of(archive, card.name)
    told = facts if rows else filing.facts_of(archive, card, on, rows=False)
    acts, bound = archive.acts(card.name), facts.binding(pack.id)
    report, judgement = (bound.report, bound.judgement) if bound else (facts.report, facts.judged())
    entry, at = _newest_entry(archive)
    made = Statute(
        card=card,
        pack=pack,
        standing=Standing(
            framework=pack.id, model=card.digest, on=on, entry=entry, states=standings(pack, scope, told)
        ),
        scope=scope,
        concerns=applicable(scope, pack),
        stands=governing.state(archive, card.name, on),
        at=at,
        report=report if rows or report is None else withheld.report(report),
        judgement=judgement,
        documents=tuple(one for one in of(acts, Filed) if one[1].version in (None, card.digest)),
        attestations=tuple(one for one in of(acts, Attestation) if one[1].framework == pack.id),
        signing_key=keys.current(archive.database),
    )
    return Document(statute.contents(made, language), made.standing.canonical(), at)


def again(archive: Archive, source: Source, language: str = texts.DEFAULT, *, rows: bool = True) -> Document:
    """The document that a page says it is, in its language, as the store had it when the page was made; without ``rows``
    as it was written for people who may not see small cells."""
    with as_of(archive, source.entry) as then:
        if source.kind == "comparison":
            first, second, policy = source.given
            return comparison(then, first, second, _policy(then, policy), source.on, language, rows=rows)
        if source.kind == "portfolio":
            return portfolio(then, source.on, language)
        framework, model = source.given
        return law(then, model, framework, source.on, language, rows=rows)


def write(made: Document, folder: Path, name: str, formats: tuple[str, ...]) -> list[Path]:
    """The document as files of that name. Raises ``UnknownName`` for a format that such a document does not have."""
    faces = _faces(made)
    unknown = next((one for one in formats if one not in faces), None)
    if unknown:
        raise UnknownName("format of such a report", unknown, list(faces))
    folder.mkdir(parents=True, exist_ok=True)
    stem, written = re.sub(r"[^\w.-]+", "-", name), []
    for one in formats:
        path = folder / f"{stem}.{one}"
        path.write_bytes(faces[one]())
        written.append(path)
    return written


def _faces(made: Document) -> dict[str, Callable[[], bytes]]:
    from dashboard.document import html, pdf
    from dashboard.formats.docx import docx
    from dashboard.formats.markdown import markdown

    return {
        "pdf": lambda: pdf(made),
        "html": lambda: html(made).encode(),
        "docx": lambda: docx(made),
        "md": lambda: markdown(made.told).encode(),
        "json": lambda: made.attached,
    }


def _newest_entry(archive: Archive) -> tuple[int, datetime]:
    found = queries.entries(archive.database, limit=1)
    return (found[0].seq, found[0].at) if found else (0, datetime(1970, 1, 1, tzinfo=UTC))


def _policy(archive: Archive, digest: str) -> Policy:
    """The policy that begins with a digest: one that is kept, or one that is shipped."""
    shipped: dict[str, Any] = {one.sha256(): one for one in map(policies.read, policies.names())}
    found = next((one for known, one in shipped.items() if known.startswith(digest)), None)
    return found if found is not None else archive.policy(archive.find(digest).id)
