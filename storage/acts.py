"""What people did about a model, read in the order it was done, with the evidence that it depends on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from audit.acts.act import Act, Kind
from audit.acts.evidence import Evidence, Judged, Reported
from audit.policy import Policy
from storage import schema
from storage.database import Database

HOLDS = ("pass", "exempt", "waived")
RESTING: tuple[Kind, ...] = ("approval", "closing")
"""Acts whose standing depends on what is kept of a model; of others it does not."""


def acts(
    connection: Connection, subject: str | None = None, kind: Kind | None = None, but: Collection[Kind] = ()
) -> list[Act]:
    """Acts about one model or all, of one kind or any ``but`` some, oldest first: in the order of the ledger."""
    entry = (schema.Ledger.subject == schema.Act.id) & (schema.Ledger.kind == "act")
    query = select(schema.Act.document).join(schema.Ledger, entry).order_by(schema.Ledger.seq)
    if subject is not None:
        query = query.where(schema.Act.subject == subject)
    if kind is not None:
        query = query.where(schema.Act.kind == kind)
    if but:
        query = query.where(schema.Act.kind.not_in(but))
    return [Act.model_validate_json(document) for document in connection.execute(query).scalars()]


def evidence(database: Database, model: str) -> Evidence:
    """Reports, judgements and makers of every version of a model, without answers and verdicts."""
    return _evidence(database, schema.ModelVersion.name == model).get(model) or Evidence()


def evidences(database: Database) -> dict[str, Evidence]:
    """The same by name, of every model about which something was done that rests on evidence."""
    rests = select(schema.Act.subject).where(schema.Act.kind.in_(RESTING))
    return _evidence(database, schema.ModelVersion.name.in_(rests))


def _evidence(database: Database, which: ColumnElement[bool]) -> dict[str, Evidence]:
    """Evidence by the name of the model, in a handful of queries however many models there are."""
    with database.reading() as connection:
        reports, judgements = _reports(connection, which), _judgements(connection, which)
        made_by, in_force = _made_by(connection, which), _in_force(connection)
        four_eyes = _four_eyes(connection, {one.policy for found in judgements.values() for one in found})
    return {
        name: Evidence(
            reports=tuple(reports[name]), judgements=tuple(judgements[name]), made_by=made_by[name],
            four_eyes={one.policy: four_eyes[one.policy] for one in judgements[name]}, in_force=in_force,
        )
        for name in {*made_by, *reports}
    }  # fmt: skip


def _reports(connection: Connection, which: ColumnElement[bool]) -> defaultdict[str, list[Reported]]:
    table = schema.Report
    query = (
        select(schema.ModelVersion.name, table.key, table.id, table.model, table.split, table.created)
        .join_from(table, schema.ModelVersion)
        .where(which)
        .order_by(table.created, table.id)
    )
    found: defaultdict[str, list[Reported]] = defaultdict(list)
    for name, key, id, model, split, created in connection.execute(query):
        found[name].append(Reported(key, id, model, split, created))
    return found


def _judgements(connection: Connection, which: ColumnElement[bool]) -> defaultdict[str, list[Judged]]:
    table = schema.Judgement
    columns = table.id, table.report, schema.Report.model, table.policy, schema.Policy.name, table.created
    query = (
        _judged(select(schema.ModelVersion.name.label("about"), *columns), which)
        .join(schema.Policy, schema.Policy.digest == table.policy)
        .order_by(table.created, table.id)
    )
    shut, found = _shut(connection, which), defaultdict[str, list[Judged]](list)
    for row in connection.execute(query):
        judged = Judged(row.id, row.report, row.model, row.policy, row.name, tuple(shut[row.id]), row.created)
        found[row.about].append(judged)
    return found


def _shut(connection: Connection, which: ColumnElement[bool]) -> defaultdict[str, list[str]]:
    """What of the blocking rules does not hold, by judgement: measure, setting and slice, as far as something was measured."""
    table, about = schema.Verdict, schema.Measure
    query = (
        _judged(select(table.judgement, table.rule, about.setting, about.slice), which)
        .join(table, table.judgement == schema.Judgement.id)
        .outerjoin(about, about.id == table.measure)
        .where(table.severity == "block", table.outcome.not_in(HOLDS))
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for judgement, *names in connection.execute(
        query.distinct().order_by(table.judgement, table.rule, about.setting, about.slice)
    ):
        found[judgement].append(" ".join(filter(None, names)))
    return found


def _judged(query: Any, which: ColumnElement[bool]) -> Any:
    """A query over the judgements of the reports of some models' versions."""
    return (
        query.select_from(schema.ModelVersion)
        .join(schema.Report, schema.Report.model == schema.ModelVersion.digest)
        .join(schema.Judgement, schema.Judgement.report == schema.Report.id)
        .where(which)
    )


def _made_by(connection: Connection, which: ColumnElement[bool]) -> defaultdict[str, dict[str, str]]:
    """Who put each version in, by the name of its model: its digest and the actor of the first entry about it."""
    query = (
        select(schema.ModelVersion.name, schema.Ledger.subject, schema.Ledger.actor)
        .join_from(schema.Ledger, schema.ModelVersion, schema.ModelVersion.digest == schema.Ledger.subject)
        .where(which, schema.Ledger.kind == "model")
        .order_by(schema.Ledger.seq.desc())
    )
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, digest, actor in connection.execute(query):
        found[name][digest] = actor
    return found


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
