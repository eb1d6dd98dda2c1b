"""What is remembered: put in once, read for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, func, select, tuple_

from audit.acts.act import Act, Content, act
from audit.acts.act import Kind as ActKind
from audit.acts.evidence import Evidence
from audit.measure import Measure
from audit.policy import Judgement, Policy, Verdict
from audit.report import Report
from audit.rows import Rows
from models.card import Card, File
from models.record import sha256
from models.task import UnknownName
from storage import acts, documents, find, ledger, schema
from storage.documents import exists
from storage.errors import Conflict, in_one_sentence
from storage.find import Found
from storage.ledger import Actor
from storage.rows import rows
from storage.splitcard import SplitCard
from storage.store import Store


class ReportLine(NamedTuple):
    """A report in a list."""

    id: str
    title: str
    model: str
    split: str
    dataset: str
    n: int
    created: datetime


class MeasureFound(NamedTuple):
    """A measure, the report it stands in and the check that made it."""

    measure: Measure
    report: Report
    code: str


class Archive(Store):
    """Models, splits, policies, reports and judgements, with the ledger of who put them in.

    Every ``put`` is one transaction, records itself in the ledger, and done twice is done once.
    """

    def put_model(self, card: Card, folder: Path, actor: Actor) -> Card:
        """Keep a version with its files; returns the card that is kept: the first one of this digest.

        Raises ``ValueError`` for a file that is not what the card says, ``Conflict`` for a title that is taken.
        """
        contents = [_content(card, folder, one) for one in card.identity.files]
        with self.writing() as connection:
            known = documents.get(connection, schema.ModelVersion, Card, schema.ModelVersion.digest == card.digest)
            if known and known.name == card.name:
                return known
            _refuse_taken(connection, card, known)
            for data in contents:
                self.keep(connection, data, "application/octet-stream", "model")
            files = tuple((one.name, one.digest) for one in card.identity.files)
            documents.put(connection, "model", card, actor, files)
        return card

    def model(self, text: str) -> Card:
        """The card of ``mortgage@2``, of the newest ``mortgage``, or of the digest that begins with the text."""
        with self.database.reading() as connection:
            digest = find.model(connection, text)
            return documents.every(connection, schema.ModelVersion, Card, schema.ModelVersion.digest == digest)[0]

    def models(self) -> list[Card]:
        """Every version, by name, newest version first."""
        with self.database.reading() as connection:
            cards = documents.every(connection, schema.ModelVersion, Card)
        return sorted(cards, key=lambda card: (card.name, -card.version))

    def fetch_model(self, card: Card, folder: Path) -> Path:
        """Write the version's files, as checked by the vault, into the folder and return it."""
        with in_one_sentence(f"The folder {folder}"):
            for one in card.identity.files:
                path = _inside(folder, one.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self.blob(one.digest))
        return folder

    def put_split(self, split: SplitCard, actor: Actor) -> str:
        """Declare a split; returns its digest."""
        with self.writing() as connection:
            if not exists(connection, schema.Split.digest == split.digest):
                documents.put(connection, "split", split, actor)
        return split.digest

    def split(self, digest: str) -> SplitCard:
        """A split by its full digest."""
        with self.database.reading() as connection:
            found = documents.get(connection, schema.Split, SplitCard, schema.Split.digest == digest)
        if found is None:
            raise UnknownName("split", digest, [])
        return found

    def put_policy(self, policy: Policy, actor: Actor) -> str:
        """Declare a policy; returns its digest. Raises ``Conflict`` where its name and version mean another one."""
        with self.writing() as connection:
            if exists(connection, schema.Policy.digest == policy.sha256()):
                return policy.sha256()
            if exists(connection, schema.Policy.name == policy.name, schema.Policy.version == policy.version):
                raise Conflict(
                    f"Policy {policy.name} {policy.version} is already kept with other content; "
                    "give the changed policy a new version."
                )
            return documents.put(connection, "policy", policy, actor)

    def policy(self, digest: str) -> Policy:
        """A policy by its full digest."""
        with self.database.reading() as connection:
            found = documents.get(connection, schema.Policy, Policy, schema.Policy.digest == digest)
        if found is None:
            raise UnknownName("policy", digest, [])
        return found

    def declared_before(self, digest: str, when: datetime) -> bool:
        """Whether the ledger had this policy or split at that moment."""
        with self.database.reading() as connection:
            moments = [ledger.first(connection, kind, digest) for kind in ("policy", "split")]
        return any(moment is not None and moment <= when for moment in moments)

    def put_report(self, report: Report, row_evidence: bytes | None, actor: Actor) -> str:
        """Keep a report with its row evidence (Parquet); returns its id. A key that is known is kept already.

        Raises ``ValueError`` for evidence that is not the report's, for what appears twice in it, and for a model or
        split that was not put in before.
        """
        _check(report, row_evidence)
        with self.writing() as connection:
            if exists(connection, schema.Report.key == report.key):
                return report.id
            if not exists(connection, schema.ModelVersion.digest == report.model):
                raise ValueError(f"Report {report.id} is about {report.title}, which is not kept; put the model first.")
            if not exists(connection, schema.Split.digest == report.split):
                raise ValueError(
                    f"Report {report.id} is on split {report.split[:12]}, not declared; put the split first."
                )
            if row_evidence is not None:
                self.keep(connection, row_evidence, "application/vnd.apache.parquet", "rows")
            return documents.put(connection, "report", report, actor, (("rows", report.rows),) if report.rows else ())

    def put_audit(
        self, card: Card, split: Mapping[str, Any], report: Report, ids: np.ndarray, rows: Rows | None
    ) -> str:
        """Keep what an audit in memory found: the version under the next free number of its name, its data's card, the
        report and the row evidence, with ids hashed by this archive's key; returns the report's id.

        Raises ``ValueError`` for a team's store: it is not known which person acts here.
        """
        if self.acts(kind="grant"):
            raise ValueError(
                "This store belongs to a team, and nobody is known in memory. Write the predictions into a file, and type: "
                "ANSWERABLE_TOKEN=... answerable audit and that file."
            )
        actor = ledger.me()
        kept = self.put_model(self.numbered(card), Path(), actor)
        self.put_split(SplitCard.model_validate(split), actor)
        hashed = None
        if rows is not None:
            named = np.array(self.vault.hashed_ids(ids.tolist()), dtype=object)
            hashed = replace(rows, ids=named).to_bytes()
        told = report.model_copy(update={"title": kept.title, "rows": sha256(hashed) if hashed else None})
        return self.put_report(told, hashed, actor)

    def numbered(self, card: Card) -> Card:
        """The version as it is kept under its name, or with the next free number; the same digest is the same version."""
        versions = [one for one in self.models() if one.name == card.name]
        known = next((one for one in versions if one.digest == card.digest), None)
        if known:
            return known
        following = max((one.version for one in versions), default=0) + 1
        return Card.model_validate(card.model_dump() | {"version": following})  # a copy would keep the old title

    def report(self, text: str) -> Report:
        """The report of an id or the beginning of one."""
        with self.database.reading() as connection:
            name = find.prefixed(connection, "report", text)
            return documents.every(connection, schema.Report, Report, schema.Report.id == name)[0]

    def reports(self, model: str | None = None, after: ReportLine | None = None, limit: int = 50) -> list[ReportLine]:
        """Reports from the newest back, of all models or one digest; ``after`` is the last line of the page before."""
        table = schema.Report
        columns = (table.id, table.title, table.model, table.split, table.dataset, table.n, table.created)
        query = select(*columns).order_by(table.created.desc(), table.id.desc()).limit(limit)
        if model is not None:
            query = query.where(table.model == model)
        if after is not None:
            query = query.where(tuple_(table.created, table.id) < tuple_(after.created, after.id))
        with self.database.reading() as connection:
            return [ReportLine(*row) for row in connection.execute(query)]

    def latest_report(self, model: str, split: str | None = None) -> Report | None:
        """The newest report of a model digest, on one split or any."""
        where = [schema.Report.model == model] + ([schema.Report.split == split] if split is not None else [])
        with self.database.reading() as connection:
            return documents.get(connection, schema.Report, Report, *where)

    def newest_report(self, text: str) -> Report:
        """The report of an id, or the newest report of a version. Raises ``LookupError`` with what to type."""
        if text.startswith("r-"):
            return self.report(text)
        card = self.model(text)
        found = self.latest_report(card.digest)
        if found is None:
            raise LookupError(f"{card.title} has no report yet. Type: answerable audit {card.title}")
        return found

    def siblings(self, report: Report) -> list[Report]:
        """The newest report, on the same examples, of every version that differs from this one's in the seed only.

        None where that is not known of this one: it was made before versions recorded it.
        """
        family = self.model(report.model).family
        alike = [card for card in self.models() if family is not None and card.family == family]
        found = [self.latest_report(card.digest, report.split) for card in alike]
        return [one for one in found if one is not None]

    def measure(self, text: str) -> MeasureFound:
        """The measure of an id or the beginning of one."""
        with self.database.reading() as connection:
            name = find.prefixed(connection, "measure", text)
            query = select(schema.Measure.report, schema.Measure.code).where(schema.Measure.id == name)
            place = connection.execute(query).one()
            (report,) = documents.every(connection, schema.Report, Report, schema.Report.id == place.report)
        return MeasureFound(next(one for one in report.measures() if one.id(report.key) == name), report, place.code)

    def judged_before(self, split: str, when: datetime, model: str) -> int:
        """How many other versions the split had judged by then: the more, the less a good result on it means."""
        others = select(func.count(schema.Report.model.distinct())).where(
            schema.Report.split == split, schema.Report.created < when, schema.Report.model != model
        )
        with self.database.reading() as connection:
            return connection.execute(others).scalar_one()

    def put_judgement(self, judgement: Judgement, actor: Actor) -> str:
        """Keep what a policy says about a report; returns the judgement's id. Saying the same again adds nothing."""
        ((head, *_), *_) = rows(judgement).values()
        where = (schema.Judgement.report == head["report"], schema.Judgement.policy == judgement.policy)
        with self.writing() as connection:
            if not exists(connection, schema.Report.id == head["report"]):
                raise ValueError(
                    f"This judgement is of report {head['report']}, which is not kept; put the report first."
                )
            if not exists(connection, schema.Policy.digest == judgement.policy):
                raise ValueError(f"Policy {judgement.policy_title} is not declared; put the policy first.")
            last = documents.get(connection, schema.Judgement, Judgement, *where)
            if last and last.model_copy(update={"created": judgement.created}) == judgement:
                return documents.head_id(rows(last))
            return documents.put(connection, "judgement", judgement, actor)

    def judgement(self, text: str) -> Judgement:
        """The judgement of an id or the beginning of one."""
        with self.database.reading() as connection:
            name = find.prefixed(connection, "judgement", text)
            return documents.every(connection, schema.Judgement, Judgement, schema.Judgement.id == name)[0]

    def judgements(self, report: str) -> list[Judgement]:
        """What policies said about a report (its full id), newest first."""
        with self.database.reading() as connection:
            return documents.every(connection, schema.Judgement, Judgement, schema.Judgement.report == report)

    def verdict(self, text: str) -> tuple[Judgement, Verdict]:
        """The verdict of an id or the beginning of one, as the newest judgement has it."""
        with self.database.reading() as connection:
            name = find.prefixed(connection, "verdict", text)
            holding = select(schema.Verdict.judgement).where(schema.Verdict.id == name)
            newest = documents.every(connection, schema.Judgement, Judgement, schema.Judgement.id.in_(holding))[0]
        return newest, next(one for one in newest.verdicts if one.id == name)

    def put_act(
        self, subject: str, content: Content, actor: Actor, allowed: Callable[[list[Act]], None] | None = None
    ) -> Act:
        """Keep what somebody did about a model; nothing that was done before is changed by it.

        ``allowed`` sees every grant in the transaction that keeps the act, and raises where it may not be done.
        """
        done = act(subject, content, actor.name, actor.known_by, datetime.now(UTC))
        with self.writing() as connection:
            if allowed:
                allowed(acts.acts(connection, kind="grant"))
            if not exists(connection, schema.Act.id == done.id):
                documents.put(connection, "act", done, actor, note=f"{done.kind} of {subject}")
        return done

    def act(self, text: str) -> Act:
        """The act of an id or the beginning of one."""
        with self.database.reading() as connection:
            name = find.prefixed(connection, "act", text)
            return documents.every(connection, schema.Act, Act, schema.Act.id == name)[0]

    def acts(self, subject: str | None = None, kind: ActKind | None = None, but: Collection[ActKind] = ()) -> list[Act]:
        """What was done about one model (by name) or all, of one kind or any ``but`` some, oldest first."""
        with self.database.reading() as connection:
            return acts.acts(connection, subject, kind, but)

    def evidence(self, model: str) -> Evidence:
        """What acts about a model (by name) depend on: its reports, judgements, makers and their policies."""
        return acts.evidence(self.database, model)

    def evidences(self) -> dict[str, Evidence]:
        """The same by name, of every model about which something was done that rests on evidence."""
        return acts.evidences(self.database)

    def find(self, text: str) -> Found:
        """What a name, an id, a digest or the beginning of one stands for. Raises ``UnknownName`` or ``Ambiguous``."""
        with self.database.reading() as connection:
            return find.anything(connection, text)


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"The card names the file {name!r}, which lies outside of the version's folder.")
    return path


def _content(card: Card, folder: Path, file: File) -> bytes:
    path = _inside(folder, file.name)
    if not path.is_file():
        raise ValueError(f"{card.title} names the file {file.name}, which is not in {folder}.")
    data = path.read_bytes()
    if sha256(data) != file.digest:
        raise ValueError(
            f"{path} has digest {sha256(data)[:12]}, and the card of {card.title} says {file.digest[:12]}: "
            "the file was changed or damaged; train or import the version again."
        )
    return data


def _refuse_taken(connection: Connection, card: Card, known: Card | None) -> None:
    if known:
        raise Conflict(f"This very model is kept as {known.title} already; one version has one name.")
    taken = select(schema.ModelVersion.version).where(schema.ModelVersion.name == card.name)
    versions = set(connection.execute(taken).scalars())
    if card.version in versions:
        raise Conflict(
            f"{card.title} is kept already with another digest, and a version never changes; "
            f"the next free version is {card.name}@{max(versions) + 1}."
        )


def _check(report: Report, row_evidence: bytes | None) -> None:
    if row_evidence is not None and sha256(row_evidence) != report.rows:
        raise ValueError(f"The row evidence has digest {sha256(row_evidence)[:12]}, and the report says {report.rows}.")
    codes = [answer.question.code for answer in report.answers]
    keys = [" ".join(filter(None, measure.key)) for measure in report.measures()]
    for what, found in (("check", codes), ("measure", keys)):
        twice = [one for one, count in Counter(found).items() if count > 1]
        if twice:
            raise ValueError(f"Report {report.id} has the {what} {twice[0]} more than once; each may appear once.")
