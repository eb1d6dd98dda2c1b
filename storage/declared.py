"""Which policies were declared, by whom and when, and what was judged under each."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from storage.database import Database
from storage.schema import Judgement, Ledger, ModelVersion, Policy, Report


class Declared(NamedTuple):
    """A policy of the store, and the ledger entry that declared it."""

    digest: str
    name: str
    version: str
    at: datetime
    by: str

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"


class JudgedUnder(NamedTuple):
    """A judgement under a policy, without its verdicts."""

    id: str
    report: str
    title: str
    """Of the version."""
    passed: bool
    after_the_fact: bool
    created: datetime
    newest: bool
    """Whether its report was not judged again since."""


def declared(database: Database) -> list[Declared]:
    """Every policy that was declared, the newest first."""
    query = (
        select(Policy.digest, Policy.name, Policy.version, Ledger.at, Ledger.actor)
        .join(Ledger, (Ledger.subject == Policy.digest) & (Ledger.kind == "policy"))
        .order_by(Ledger.seq.desc())
    )
    with database.reading() as connection:
        return [Declared(*row) for row in connection.execute(query)]


def judged_under(database: Database, policy: str, limit: int = 50) -> list[JudgedUnder]:
    """The newest judgements under a policy."""
    later = Judgement.__table__.alias("later")
    again = (
        select(func.count())
        .select_from(later)
        .where(later.c.report == Judgement.report, later.c.created > Judgement.created)
        .correlate(Judgement)
        .scalar_subquery()
    )
    query = (
        select(
            Judgement.id, Judgement.report, ModelVersion.name, ModelVersion.version, Judgement.passed,
            Judgement.after_the_fact, Judgement.created, again,
        )
        .join(Report, Report.id == Judgement.report)
        .join(ModelVersion, ModelVersion.digest == Report.model)
        .where(Judgement.policy == policy)
        .order_by(Judgement.created.desc(), Judgement.id.desc())
        .limit(limit)
    )  # fmt: skip
    with database.reading() as connection:
        return [
            JudgedUnder(id, report, f"{name}@{version}", passed, late, at, not times)
            for id, report, name, version, passed, late, at, times in connection.execute(query)
        ]


def gates(database: Database, policy: str) -> dict[bool, int]:
    """How many judgements under a policy opened the gate, and how many did not."""
    query = select(Judgement.passed, func.count()).where(Judgement.policy == policy).group_by(Judgement.passed)
    with database.reading() as connection:
        return {passed: n for passed, n in connection.execute(query)}
