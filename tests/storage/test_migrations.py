"""Stores are made at the newest revision, older ones are brought to it, newer ones are refused."""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, inspect
from storage_samples import ANN, ROWS, card, judgement, policy, report, split, weights

from storage import schema
from storage.archive import Archive
from storage.database import MIGRATIONS, Database, configuration, known, migrate
from storage.errors import StoreError
from storage.triggers import APPEND_ONLY
from storage.verify import verify

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["storage.archive", "storage_samples"])
STORES = Path(__file__).parent.parent / "stores"
POSTGRES_TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"


def upgrade():
    copied = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    for table in ("report", "ledger", "measure", "blob"):
        with op.batch_alter_table(table, recreate=copied) as batch:
            batch.add_column(sa.Column("later", sa.Text(), nullable=True))
"""


@pytest.fixture
def next_migrations(tmp_path: Path) -> Path:
    """The migrations of a version to come, which copies tables."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions/9999_later.py").write_text(NEXT.format(last=known()[-1]))
    return folder


def test_tables_and_migrations_say_the_same(empty_url: str) -> None:
    database = Database(empty_url)
    with database.engine.connect() as connection:
        command.check(configuration(connection))
    with database.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {*schema.Table.metadata.tables, "alembic_version"}
    database.close()


def test_a_store_that_is_made_at_once_is_one_that_was_migrated(empty_url: str) -> None:
    database = Database(empty_url)
    made = described(database.engine)
    with database.engine.begin() as connection:
        schema.Table.metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
    with database.engine.connect() as connection:
        migrate(connection)
    assert described(database.engine) == made
    database.close()


def described(engine: Engine) -> dict[str, object]:
    """All that a database knows of its tables, by their names, and its triggers; names of constraints included."""
    with engine.connect() as connection:
        seen = inspect(connection)
        sqlite = connection.dialect.name == "sqlite"
        found: dict[str, object] = {
            table: (
                [{**one, "type": str(one["type"])} for one in seen.get_columns(table)],
                seen.get_pk_constraint(table),
                sorted(seen.get_foreign_keys(table), key=str),
                sorted(seen.get_unique_constraints(table), key=str),
                sorted(
                    str(one | {"dialect_options": {name: str(value) for name, value in one["dialect_options"].items()}})
                    for one in seen.get_indexes(table)
                ),
                sorted(seen.get_check_constraints(table), key=str),
            )
            for table in seen.get_table_names()
        }
        triggers = "SELECT sql FROM sqlite_master WHERE type = 'trigger'" if sqlite else POSTGRES_TRIGGERS
        found["triggers"] = sorted(connection.exec_driver_sql(triggers).scalars())
        found["revision"] = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    return found


def test_threads_may_make_a_store_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for database in pool.map(lambda _: Database(empty_url), range(4)):
            database.close()


def make(url: str) -> None:
    Database(url).close()


def test_processes_may_make_a_store_at_once(empty_url: str) -> None:
    makers = [FORK.Process(target=make, args=(empty_url,)) for _ in range(3)]
    for one in makers:
        one.start()
    for one in makers:
        one.join(60)
    assert [one.exitcode for one in makers] == [0, 0, 0]
    with Archive(empty_url, "memory://vault") as archive:
        archive.put_split(split(), ANN)


def test_an_upgrade_keeps_everything_and_every_trigger(full: Archive, next_migrations: Path) -> None:
    with full.database.engine.connect() as connection:
        migrate(connection, next_migrations)
    assert verify(full) == []
    assert full.report(report().id) == report()
    for table in APPEND_ONLY:
        column = next(iter(schema.Table.metadata.tables[table].columns)).name
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(StoreError, match=f"{table} is append-only"), full.database.writing() as connection:
                connection.exec_driver_sql(statement)
    with pytest.raises(StoreError, match=r"(?i)foreign key"), full.database.writing() as connection:
        connection.execute(schema.Table.metadata.tables["answer"].insert().values(
            report="none", code="X", position=0, dimension="x", status="x", reason="", seconds=0
        ))  # fmt: skip


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(full: Archive, next_migrations: Path) -> None:
    broken = next_migrations / "versions/9999_later.py"
    broken.write_text(broken.read_text() + "    op.execute('SELECT nonsense FROM nowhere')\n")
    with pytest.raises(Exception, match="nowhere"), full.database.engine.connect() as connection:
        migrate(connection, next_migrations)
    with full.database.reading() as connection:
        assert "later" not in {one["name"] for one in inspect(connection).get_columns("ledger")}
    assert verify(full) == []
    full.put_report(report(run=1), ROWS, ANN)


def test_a_store_from_a_newer_version_is_refused_and_left_alone(full: Archive, url: str, next_migrations: Path) -> None:
    with full.database.engine.connect() as connection:
        migrate(connection, next_migrations)
    with pytest.raises(StoreError, match=rf"revision 9999, .* its newest is {known()[-1]}; update answerable"):
        Database(url)
    assert verify(full) == []


@pytest.mark.parametrize("dump", sorted(STORES.glob("*.sql")), ids=lambda path: path.stem)
def test_a_store_of_every_released_version_is_read(dump: Path, tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / "store.db")
    raw.executescript(dump.read_text())
    raw.close()
    with Archive(f"sqlite:///{tmp_path}/store.db", tmp_path / "vault") as archive:
        archive.vault.put(ROWS)
        archive.vault.put(weights("mortgage", 1))
        assert verify(archive) == []
        assert archive.model("mortgage").title == card().title
        (line,) = archive.reports()
        assert archive.report(line.id).measures()[0].value == report().measures()[0].value
        assert archive.judgements(line.id)[0].verdicts[0].outcome == judgement(report()).verdicts[0].outcome
        assert archive.policy(policy().sha256()).name == "default"


def test_a_database_of_something_else_is_refused(empty_url: str) -> None:
    engine: Engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE recipes (name TEXT)")
    engine.dispose()
    with pytest.raises(StoreError, match="a database of something else: it has recipes"):
        Database(empty_url)


@pytest.mark.parametrize(("url", "said"), [
    ("store.db", "is no URL"),
    ("oracle:///x", "is of a kind this program does not know|needs the package"),
    ("nonsense:///x", "is of a kind this program does not know"),
    ("postgresql://nobody@127.0.0.1:1/none", "no PostgreSQL answers there"),
])  # fmt: skip
def test_a_wrong_address_is_a_sentence(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        Database(url)
    assert "\n" not in str(caught.value)


def test_a_password_is_never_said() -> None:
    with pytest.raises(StoreError) as caught:
        Database("postgresql://ann:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"these are not the bytes of a database" * 100)
    with pytest.raises(StoreError, match="is not a SQLite database"):
        Database(f"sqlite:///{tmp_path}/store.db")
