"""What lists show: aggregated, filtered and paged by the database, so that no list reads a whole table."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_

from audit.acts.act import Act
from storage import schema
from storage.database import Database
from storage.ledger import Entry
from storage.schema import Judgement, Ledger, Measure, ModelVersion, Report, Verdict

Gate = Literal["passed", "not passed", "not judged", "not audited"]


class VersionLine(NamedTuple):
    """A version in a list, with its newest report and that report's newest judgement."""

    name: str
    version: int
    digest: str
    task: str
    parent: str | None
    created: datetime
    report: str | None
    audited: datetime | None
    judgement: str | None
    passed: bool | None

    @property
    def title(self) -> str:
        return f"{self.name}@{self.version}"


class Point(NamedTuple):
    """One measure of one version's newest report."""

    name: str
    version: int
    value: float | None
    low: float | None
    high: float | None


class VerdictCount(NamedTuple):
    """How often a judgement says the same in one dimension."""

    judgement: str
    dimension: str
    outcome: str
    n: int


class Totals(NamedTuple):
    """How much is kept."""

    models: int
    versions: int
    reports: int


def totals(database: Database) -> Totals:
    """Names, versions and reports."""
    counted = select(func.count(ModelVersion.name.distinct()), func.count(ModelVersion.digest))
    with database.reading() as connection:
        models, versions = connection.execute(counted).one()
        reports = connection.execute(select(func.count(Report.id))).scalar_one()
    return Totals(models, versions, reports)


def names(database: Database) -> list[str]:
    """The name of every model, sorted."""
    with database.reading() as connection:
        return list(connection.execute(select(ModelVersion.name).distinct().order_by(ModelVersion.name)).scalars())


def titles(database: Database, names: Collection[str]) -> dict[str, str]:
    """``mortgage@2`` of every version of these models, by digest."""
    named = select(ModelVersion.digest, ModelVersion.name, ModelVersion.version).where(ModelVersion.name.in_(names))
    with database.reading() as connection:
        found = connection.execute(named.order_by(ModelVersion.name, ModelVersion.version.desc()))
        return {digest: f"{name}@{version}" for digest, name, version in found}


def tasks(database: Database) -> list[str]:
    """Tasks that some version is for, sorted."""
    with database.reading() as connection:
        return list(connection.execute(select(ModelVersion.task).distinct().order_by(ModelVersion.task)).scalars())


def newest_versions(
    database: Database,
    *,
    name: str = "",
    task: str | None = None,
    gate: Gate | None = None,
    among: Collection[str] | None = None,
    after: str | None = None,
    limit: int = 20,
) -> list[VersionLine]:
    """The newest version of every model whose name contains ``name``, by name, beginning after the name ``after``.

    ``among``: only of models of these names.
    """
    last = select(ModelVersion.name, func.max(ModelVersion.version)).group_by(ModelVersion.name)
    if name:
        last = last.where(ModelVersion.name.icontains(name, autoescape=True))
    if task:
        last = last.where(ModelVersion.task == task)
    if among is not None:
        last = last.where(ModelVersion.name.in_(among))
    if after is not None:
        last = last.where(ModelVersion.name > after)
    lines = _lines(tuple_(ModelVersion.name, ModelVersion.version).in_(last), gate)
    with database.reading() as connection:
        return [VersionLine(*row) for row in connection.execute(lines.order_by("name").limit(limit))]


def older_versions(database: Database, name: str, below: int, limit: int = 20) -> list[VersionLine]:
    """Versions of one model below a version, newest first."""
    lines = _lines(and_(ModelVersion.name == name, ModelVersion.version < below), None)
    with database.reading() as connection:
        found = connection.execute(lines.order_by(ModelVersion.version.desc()).limit(limit))
        return [VersionLine(*row) for row in found]


def verdict_counts(database: Database, judgements: list[str]) -> list[VerdictCount]:
    """Verdicts of the given judgements by dimension and outcome."""
    by = Verdict.judgement, Verdict.dimension, Verdict.outcome
    counted = select(*by, func.count()).where(Verdict.judgement.in_(judgements)).group_by(*by)
    with database.reading() as connection:
        return [VerdictCount(*row) for row in connection.execute(counted)]


def trends(database: Database, headlines: dict[str, str], newest: dict[str, int], last: int = 12) -> list[Point]:
    """The overall value of each model's headline measure in the newest reports of its last versions, oldest first.

    ``headlines`` gives the measure name, ``newest`` the newest version, by model name.
    """
    wanted = [
        and_(ModelVersion.name == name, ModelVersion.version > newest[name] - last, Measure.name == measure)
        for name, measure in headlines.items()
    ]
    if not wanted:
        return []
    points = (
        select(ModelVersion.name, ModelVersion.version, Measure.value, Measure.low, Measure.high)
        .select_from(ModelVersion)
        .join(Report, Report.id == _newest_report())
        .join(Measure, and_(Measure.report == Report.id, Measure.setting == "", Measure.slice == ""))
        .where(or_(*wanted))
        .order_by(ModelVersion.name, ModelVersion.version)
    )
    with database.reading() as connection:
        return [Point(*row) for row in connection.execute(points)]


def entries(
    database: Database,
    *,
    kind: str | None = None,
    actor: str | None = None,
    subject: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Ledger entries from the newest back; ``subject`` is the beginning of an id or digest."""
    newest = select(Ledger.body).order_by(Ledger.seq.desc()).limit(limit)
    if kind:
        newest = newest.where(Ledger.kind == kind)
    if actor:
        newest = newest.where(Ledger.actor == actor)
    if subject:
        newest = newest.where(Ledger.subject.startswith(subject.strip().lower(), autoescape=True))
    if before is not None:
        newest = newest.where(Ledger.seq < before)
    with database.reading() as connection:
        return [Entry.model_validate_json(body) for body in connection.execute(newest).scalars()]


def acts(database: Database, ids: Collection[str]) -> dict[str, Act]:
    """Acts by their ids."""
    with database.reading() as connection:
        found = connection.execute(select(schema.Act.id, schema.Act.document).where(schema.Act.id.in_(ids)))
        return {id: Act.model_validate_json(document) for id, document in found}


def actors(database: Database) -> list[str]:
    """Everyone the ledger names, sorted."""
    with database.reading() as connection:
        return list(connection.execute(select(Ledger.actor).distinct().order_by(Ledger.actor)).scalars())


def last_entry(database: Database) -> int:
    """Number of the newest ledger entry; 0 where nothing happened yet."""
    with database.reading() as connection:
        return connection.execute(select(func.max(Ledger.seq))).scalar() or 0


def newest_judgement(database: Database, report: str) -> str | None:
    """Id of the newest judgement of a report id."""
    newest = select(Judgement.id).where(Judgement.report == report)
    with database.reading() as connection:
        return connection.execute(newest.order_by(Judgement.created.desc(), Judgement.id.desc()).limit(1)).scalar()


def audited(database: Database, dataset: str | None = None, limit: int = 200) -> list[str]:
    """Titles of versions that have a report, on one data set or any, by name and newest version first."""
    which = select(ModelVersion.name, ModelVersion.version).join(Report, Report.model == ModelVersion.digest).distinct()
    if dataset is not None:
        which = which.where(Report.dataset == dataset)
    order = ModelVersion.name, ModelVersion.version.desc()
    with database.reading() as connection:
        return [f"{name}@{version}" for name, version in connection.execute(which.order_by(*order).limit(limit))]


def newest_with_parent(database: Database) -> list[str]:
    """Id of the newest report of a version whose parent has a report on the same split; empty where there is none."""
    theirs = Report.__table__.alias("theirs")
    paired = (
        select(Report.id)
        .join(ModelVersion, ModelVersion.digest == Report.model)
        .where(exists().where(theirs.c.model == ModelVersion.parent, theirs.c.split == Report.split))
    )
    with database.reading() as connection:
        newest = paired.order_by(Report.created.desc(), Report.id.desc()).limit(1)
        return list(connection.execute(newest).scalars())


def _lines(which: ColumnElement[bool], gate: Gate | None) -> Any:
    newest_judgement = (
        select(Judgement.id)
        .where(Judgement.report == Report.id)
        .order_by(Judgement.created.desc(), Judgement.id.desc())
        .limit(1)
        .correlate(Report)
        .scalar_subquery()
    )
    lines: Any = (
        select(
            ModelVersion.name.label("name"), ModelVersion.version, ModelVersion.digest, ModelVersion.task,
            ModelVersion.parent, ModelVersion.created, Report.id, Report.created, Judgement.id, Judgement.passed,
        )
        .select_from(ModelVersion)
        .outerjoin(Report, Report.id == _newest_report())
        .outerjoin(Judgement, Judgement.id == newest_judgement)
        .where(which)
    )  # fmt: skip
    conditions: dict[Gate, ColumnElement[bool]] = {
        "passed": Judgement.passed.is_(True),
        "not passed": Judgement.passed.is_(False),
        "not judged": and_(Report.id.is_not(None), Judgement.id.is_(None)),
        "not audited": Report.id.is_(None),
    }
    return lines.where(conditions[gate]) if gate else lines


def _newest_report() -> Any:
    inner = Report.__table__.alias("newest")
    return (
        select(inner.c.id)
        .where(inner.c.model == ModelVersion.digest)
        .order_by(inner.c.created.desc(), inner.c.id.desc())
        .limit(1)
        .correlate(ModelVersion)
        .scalar_subquery()
    )
