"""Stored reports beside the last that was said of them, one after the other, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Select, func, select

from audit.policy import Judgement
from storage import schema
from storage.database import Database

AT_ONCE = 50
"""Reports held in memory."""


class Judged(NamedTuple):
    """A stored report, as bytes, with what it takes to judge it again."""

    id: str
    document: bytes
    card: bytes
    task: str
    """Name of the task that the version is for."""
    parent: str | None
    """Digest of the parent version."""
    judgement: Judgement | None
    """The newest, under whatever policy."""


def count(database: Database, *, every: bool = False) -> int:
    """How many there are."""
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(_chosen(every).subquery())).scalar_one()


def judged(database: Database, *, every: bool = False) -> Iterator[Judged]:
    """The newest report of every version, or with ``every`` all reports; by name, newest version first."""
    with database.reading() as connection:
        ids = list(connection.execute(_chosen(every)).scalars())
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            found = {one.id: one for one in _read(connection, some)}
            yield from (found[one] for one in some)


def _chosen(every: bool) -> Select[str]:
    version, report = schema.ModelVersion, schema.Report
    chosen = select(report.id).join(version, version.digest == report.model)
    if not every:
        other = report.__table__.alias("other")
        newest = (
            select(other.c.id)
            .where(other.c.model == version.digest)
            .order_by(other.c.created.desc(), other.c.id.desc())
            .limit(1)
            .correlate(version)
            .scalar_subquery()
        )
        chosen = chosen.where(report.id == newest)
    return chosen.order_by(version.name, version.version.desc(), report.created.desc(), report.id.desc())


def _read(connection: Connection, ids: list[str]) -> Iterator[Judged]:
    version, report, judgement = schema.ModelVersion, schema.Report, schema.Judgement
    documents = (
        select(report.id, report.document, version.document, version.task, version.parent)
        .join(version, version.digest == report.model)
        .where(report.id.in_(ids))
    )
    last = _last(connection, ids)
    said = dict(
        connection.execute(select(judgement.id, judgement.document).where(judgement.id.in_(last.values()))).all()
    )
    for id, document, card, task, parent in connection.execute(documents):
        found = said.get(last.get(id, ""))
        yield Judged(id, document, card, task, parent, Judgement.model_validate_json(found) if found else None)


def _last(connection: Connection, ids: list[str]) -> dict[str, str]:
    """The id of the newest judgement of each report that has one."""
    judgement = schema.Judgement
    query = select(judgement.report, judgement.id).where(judgement.report.in_(ids))
    return dict(connection.execute(query.order_by(judgement.created, judgement.id)).all())
