"""The ledger follows itself, tables refuse to be changed, and what was changed all the same is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection
from storage_samples import ANN, NOON, ROWS, card, judgement, report

from models.record import canonical, sha256
from storage import ledger, queries, schema
from storage.archive import Archive
from storage.errors import StoreError
from storage.ledger import GENESIS
from storage.triggers import APPEND_ONLY
from storage.verify import Finding, verify


def tamper(archive: Archive, *statements: str) -> None:
    """What someone with the rights of a database administrator can do: switch the triggers off and write."""
    with archive.database.writing() as connection:
        for table in APPEND_ONLY:
            _disarm(connection, table)
        for statement in statements:
            connection.exec_driver_sql(statement)


def _disarm(connection: Connection, table: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        return
    for act in ("update", "delete"):
        connection.exec_driver_sql(f"DROP TRIGGER {table}_refuses_{act}")


def broken(archive: Archive) -> list[Finding]:
    return [one for one in verify(archive) if one.broken]


def test_the_list_of_triggers_covers_every_table_but_job_and_step() -> None:
    assert set(APPEND_ONLY) == set(schema.Table.metadata.tables) - {"job", "step"}


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_append_only_tables_refuse_update_and_delete(full: Archive, table: str) -> None:
    column = next(iter(schema.Table.metadata.tables[table].columns)).name
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(StoreError, match=f"{table} is append-only"), full.database.writing() as connection:
            connection.exec_driver_sql(statement)
    assert verify(full) == []


def test_a_row_cannot_be_replaced_or_a_table_emptied(full: Archive) -> None:
    sqlite = full.database.engine.dialect.name == "sqlite"
    statement = "INSERT OR REPLACE INTO ledger SELECT * FROM ledger" if sqlite else "TRUNCATE ledger"
    with pytest.raises(StoreError, match="ledger is append-only"), full.database.writing() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("change", ["size = 1", "retention = 'x'", "erased = created, media_type = 'x'"])
def test_a_blob_allows_only_the_erase_mark(full: Archive, change: str) -> None:
    with pytest.raises(StoreError, match="blob is append-only"), full.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE blob SET {change}")


def test_an_erase_mark_is_not_taken_back(full: Archive) -> None:
    full.erase(sha256(ROWS), "asked", ANN)
    with pytest.raises(StoreError, match="blob is append-only"), full.database.writing() as connection:
        connection.exec_driver_sql("UPDATE blob SET erased = NULL")


def test_every_put_is_an_entry_that_follows_the_one_before(full: Archive) -> None:
    entries = queries.entries(full.database)[::-1]
    assert [one.kind for one in entries] == ["split", "policy", "model", "report", "judgement", "act"]
    assert [one.seq for one in entries] == [1, 2, 3, 4, 5, 6]
    assert [one.previous for one in entries] == [GENESIS, *(one.hash for one in entries[:-1])]
    assert dict(entries[3].digests) == {"document": report().sha256(), "rows": sha256(ROWS)}
    assert {(one.actor, one.known_by) for one in entries} == {("ann", "os-user")}
    assert verify(full) == []


@pytest.mark.parametrize(("statement", "subject", "said"), [
    ("UPDATE ledger SET actor = 'eve' WHERE seq = 2", "2", "columns do not say what its body says"),
    ("UPDATE ledger SET at = '2020-01-01 00:00:00.000000' WHERE seq = 3", "3", "columns do not say"),
    ("UPDATE ledger SET previous = hash WHERE seq = 2", "2", "columns do not say"),
    ("UPDATE ledger SET hash = previous WHERE seq = 4", "4", "does not have the hash"),
    ("DELETE FROM ledger WHERE seq = 2", "2", "it is missing"),
    ("DELETE FROM ledger WHERE seq = 1", "1", "it is missing"),
])  # fmt: skip
def test_the_first_broken_entry_is_named(full: Archive, statement: str, subject: str, said: str) -> None:
    tamper(full, statement)
    first = broken(full)[0]
    assert (first.kind, first.subject) == ("entry", subject)
    assert said in first.message


def test_a_rewritten_entry_breaks_the_one_after_it(full: Archive) -> None:
    forged = queries.entries(full.database)[-2].model_copy(update={"actor": "eve"})
    tamper(full, "DELETE FROM ledger WHERE seq = 2")
    with full.database.writing() as connection:
        connection.execute(schema.Table.metadata.tables["ledger"].insert().values(**ledger.row(forged)))
    assert broken(full)[0].message == "Ledger entry 3 is the first broken one: it does not follow the entry before it."


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_moment_that_no_clock_shows_is_a_broken_entry(full: Archive) -> None:
    entry = queries.entries(full.database)[-2]
    body = canonical(entry.model_dump(mode="json") | {"at": "0001-01-01T00:00:00+14:00"})
    tamper(full, f"UPDATE ledger SET body = x'{body.hex()}', hash = '{sha256(body)}' WHERE seq = 2")
    assert (broken(full)[0].kind, broken(full)[0].subject) == ("entry", "2")


def test_an_entry_cut_off_the_end_leaves_its_document_alone(full: Archive) -> None:
    tamper(full, "DELETE FROM ledger WHERE seq = 6")
    assert [(one.kind, one.subject[:2]) for one in broken(full)] == [("document", "a-")]


def test_a_deleted_document_is_named(full: Archive) -> None:
    tamper(full, "DELETE FROM verdict", "DELETE FROM judgement")
    (found,) = broken(full)
    assert "judgement g-" in found.message
    assert "was deleted" in found.message


@pytest.mark.parametrize("table", ["model_version", "split", "policy", "report", "judgement", "act"])
def test_a_changed_document_is_named(full: Archive, table: str) -> None:
    digit = "x'7b7d'" if full.database.engine.dialect.name == "sqlite" else r"'\x7b7d'::bytea"
    tamper(full, f"UPDATE {table} SET document = {digit}")
    (found,) = broken(full)
    assert found.kind == "document"
    assert "was changed" in found.message


@pytest.mark.parametrize(("table", "statement"), [
    ("measure", "UPDATE measure SET value = 0.99 WHERE position = 1"),
    ("measure", "DELETE FROM measure WHERE position = 2"),
    ("answer", "UPDATE answer SET status = 'measured'"),
    ("exhibit", "DELETE FROM exhibit"),
    ("report", "UPDATE report SET title = 'better@1'"),
    ("verdict", "UPDATE verdict SET outcome = 'pass'"),
    ("judgement", "UPDATE judgement SET passed = NOT passed"),
    ("model_version", "UPDATE model_version SET version = 9"),
    ("act", "UPDATE act SET actor = 'eve'"),
])  # fmt: skip
def test_a_flat_row_that_its_document_does_not_give_is_named(full: Archive, table: str, statement: str) -> None:
    tamper(full, statement)
    (found,) = broken(full)
    assert found.kind == "row"
    assert f"in table {table} " in found.message


def test_a_report_slipped_in_is_named(full: Archive) -> None:
    tamper(
        full,
        "INSERT INTO policy (digest, name, version, document, sha256) SELECT 'beef', name, '9', document, sha256 FROM policy",
    )
    assert [(one.kind, one.subject) for one in broken(full)] == [("document", "beef")]


def test_a_blob_that_is_damaged_missing_or_slipped_in_is_named(full: Archive) -> None:
    weights = card().identity.files[0].digest
    full.vault.files.pipe_file(full.vault.path(sha256(ROWS)), b"other rows")
    full.vault.erase(weights)
    tamper(
        full,
        f"INSERT INTO blob SELECT 'beef', media_type, size, retention, created, erased FROM blob WHERE digest = '{weights}'",
    )
    said = {one.subject: one.message for one in broken(full)}
    assert "damaged" in said[sha256(ROWS)]
    assert "lost" in said[weights]
    assert "slipped in" in said["beef"]
    assert len(said) == 3


def test_erased_evidence_is_said_and_breaks_nothing(full: Archive) -> None:
    full.erase(sha256(ROWS), "the applicants asked", ANN)
    (found,) = verify(full)
    assert not found.broken
    assert found.message.startswith("Evidence erased")
    assert found.message.endswith("because the applicants asked")


def test_evidence_erased_behind_the_ledgers_back_is_named(full: Archive) -> None:
    with full.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE blob SET erased = created WHERE digest = '{sha256(ROWS)}'")
    full.vault.erase(sha256(ROWS))
    assert "the ledger says otherwise" in broken(full)[0].message


def test_an_erasure_that_was_cut_short_is_named_and_can_be_finished(full: Archive) -> None:
    full.erase(sha256(ROWS), "asked", ANN)
    full.vault.put(ROWS)
    assert "still in the vault" in broken(full)[0].message
    full.erase(sha256(ROWS), "asked", ANN)
    assert broken(full) == []


def test_a_clock_that_went_back_is_recorded_and_breaks_nothing(full: Archive) -> None:
    with full.writing() as connection:
        early = datetime.now(UTC) - timedelta(hours=1)
        entry = ledger.append(connection, "blob", "none", ANN, at=early)
    assert entry.behind_seconds == pytest.approx(3600, abs=60)
    (found,) = verify(full)
    assert (found.kind, found.broken) == ("clock", False)


def test_an_empty_archive_verifies(archive: Archive) -> None:
    assert verify(archive) == []


def test_many_judgements_verify(full: Archive) -> None:
    for day in range(1, 4):
        full.put_judgement(judgement(report(), passed=day % 2 == 0, created=NOON + timedelta(days=day)), ANN)
    assert verify(full) == []
