"""What people did about a model, read in the order it was done, with the evidence that it depends on."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, select

from audit.acts.act import Act, Kind
from audit.acts.evidence import Evidence, Judged, Reported
from audit.policy import Policy
from storage import schema
from storage.database import Database

HOLDS = ("pass", "exempt", "waived")


def acts(connection: Connection, subject: str | None = None, kind: Kind | None = None) -> list[Act]:
    """Acts about one model or all, oldest first: in the order of the ledger, whatever the clocks said."""
    entry = (schema.Ledger.subject == schema.Act.id) & (schema.Ledger.kind == "act")
    query = select(schema.Act.document).join(schema.Ledger, entry).order_by(schema.Ledger.seq)
    if subject is not None:
        query = query.where(schema.Act.subject == subject)
    if kind is not None:
        query = query.where(schema.Act.kind == kind)
    return [Act.model_validate_json(document) for document in connection.execute(query).scalars()]


def evidence(database: Database, model: str) -> Evidence:
    """Reports, judgements and makers of every version of a model, without answers and verdicts."""
    with database.reading() as connection:
        judgements = _judgements(connection, model)
        return Evidence(
            reports=_reports(connection, model),
            judgements=judgements,
            made_by=_made_by(connection, model),
            four_eyes=_four_eyes(connection, {one.policy for one in judgements}),
            in_force=_in_force(connection),
        )


def _reports(connection: Connection, model: str) -> tuple[Reported, ...]:
    table = schema.Report
    query = select(table.key, table.id, table.model, table.split, table.created).join(schema.ModelVersion)
    found = connection.execute(query.where(schema.ModelVersion.name == model).order_by(table.created, table.id))
    return tuple(Reported(*row) for row in found)


def _judgements(connection: Connection, model: str) -> tuple[Judged, ...]:
    table = schema.Judgement
    query = (
        select(table.id, table.report, schema.Report.model, table.policy, schema.Policy.name, table.created)
        .join(schema.Report, schema.Report.id == table.report)
        .join(schema.Policy, schema.Policy.digest == table.policy)
        .join(schema.ModelVersion, schema.ModelVersion.digest == schema.Report.model)
        .where(schema.ModelVersion.name == model)
        .order_by(table.created, table.id)
    )
    found = connection.execute(query).all()
    shut = _shut(connection, [row.id for row in found])
    return tuple(
        Judged(row.id, row.report, row.model, row.policy, row.name, tuple(shut[row.id]), row.created) for row in found
    )


def _shut(connection: Connection, judgements: list[str]) -> defaultdict[str, list[str]]:
    """Measures of the blocking rules that do not hold, by judgement."""
    table = schema.Verdict
    query = select(table.judgement, table.rule).where(
        table.judgement.in_(judgements), table.severity == "block", table.outcome.not_in(HOLDS)
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for judgement, rule in connection.execute(query.distinct().order_by(table.judgement, table.rule)):
        found[judgement].append(rule)
    return found


def _made_by(connection: Connection, model: str) -> dict[str, str]:
    """Who put each version in: its digest and the actor of the first entry about it."""
    query = (
        select(schema.Ledger.subject, schema.Ledger.actor)
        .join(schema.ModelVersion, schema.ModelVersion.digest == schema.Ledger.subject)
        .where(schema.ModelVersion.name == model, schema.Ledger.kind == "model")
        .order_by(schema.Ledger.seq.desc())
    )
    return {row.subject: row.actor for row in connection.execute(query)}


def _four_eyes(connection: Connection, policies: set[str]) -> dict[str, bool]:
    """Whether each of these policies demands four eyes: unless it says that it does not, it does."""
    documents = select(schema.Policy.digest, schema.Policy.document).where(schema.Policy.digest.in_(policies))
    found = connection.execute(documents)
    return {row.digest: demands_four_eyes(Policy.model_validate_json(row.document)) for row in found}


def _in_force(connection: Connection) -> dict[str, str]:
    """The digest of each policy that was declared last under its name."""
    query = (
        select(schema.Policy.name, schema.Policy.digest)
        .join(schema.Ledger, (schema.Ledger.subject == schema.Policy.digest) & (schema.Ledger.kind == "policy"))
        .order_by(schema.Ledger.seq)
    )
    return {row.name: row.digest for row in connection.execute(query)}


def demands_four_eyes(policy: Policy) -> bool:
    """Whether a policy asks that the approver be another person than the author."""
    return policy.four_eyes is not False
