"""The database behind an archive: opened, migrated, and asked in transactions that read or write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage import schema, triggers
from storage.errors import StoreError, in_one_sentence

MIGRATIONS = Path(__file__).parent / "migrations"
PRAGMAS = ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON")
"""recursive_triggers: else INSERT OR REPLACE deletes rows without asking the triggers."""
ONE_AT_A_TIME = Lock()
"""Alembic keeps what it is doing in module variables: threads that migrate must queue."""
STAMP = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"
"""As alembic makes it."""


class Database:
    """SQLite or PostgreSQL by URL, at the newest revision. Raises ``StoreError``."""

    def __init__(self, url: str) -> None:
        address = _address(url)
        self.place = f"The store {_place(address)}"
        with in_one_sentence(self.place):
            self.engine = _engine(address)
            with _disposed_unless_ready(self.engine), ONE_AT_A_TIME:
                self._upgrade()
        lasting = {"isolation_level": "REPEATABLE READ"} if self.engine.dialect.name == "postgresql" else {}
        self._snapshot = self.engine.execution_options(**lasting)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view."""
        with in_one_sentence(self.place), self._snapshot.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing. SQLite takes the writer's lock at once, so that a read before a write cannot fail it."""
        engine = self.engine.execution_options(write=True)
        with in_one_sentence(self.place), engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def _upgrade(self) -> None:
        revision = self._revision() or self._made()
        if revision == known()[-1]:
            return
        if revision is not None and revision not in known():
            raise StoreError(
                f"{self.place} is at revision {revision}, which this version of answerable does not know: "
                f"its newest is {known()[-1]}; update answerable, or name another store with ANSWERABLE_STORE."
            )
        with self.engine.connect() as connection:
            migrate(connection)

    def _revision(self) -> str | None:
        with self.engine.connect() as connection:
            return self._read_revision(connection)

    def _read_revision(self, connection: Connection) -> str | None:
        tables = inspect(connection).get_table_names()
        if "alembic_version" in tables:
            found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            return found
        if tables:
            raise StoreError(f"{self.place} is a database of something else: it has {', '.join(tables[:3])}.")
        return None

    def _made(self) -> str | None:
        """The revision of an empty database that was made now, by us or by somebody who was sooner."""
        with self.engine.execution_options(write=True).begin() as connection:
            queue(connection)
            if self._read_revision(connection) is None:
                make(connection)
            return self._read_revision(connection)


def queue(connection: Connection) -> None:
    """Be the only one to make or migrate a database until the transaction ends. SQLite's writer is alone already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('answerable migration'))")


def make(connection: Connection) -> None:
    """All tables at once in an empty database: what the migrations come to, without them and without alembic."""
    connection.exec_driver_sql(STAMP)
    schema.Table.metadata.create_all(connection, checkfirst=False)
    triggers.install(connection)
    connection.exec_driver_sql(f"INSERT INTO alembic_version (version_num) VALUES ('{known()[-1]}')")


def lock(connection: Connection, table: str) -> None:
    """Be the only one to write to a table until the transaction ends. SQLite's writer is alone already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")


def known() -> list[str]:
    """Revisions this version can read, oldest first."""
    return sorted(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*.py"))


def migrate(connection: Connection, migrations: Path = MIGRATIONS) -> None:
    """Bring the database behind an idle connection to the newest of the given migrations."""
    from alembic import command

    command.upgrade(configuration(connection, migrations), "head")


def configuration(connection: Connection, migrations: Path = MIGRATIONS) -> Any:
    """Alembic's settings for one connection."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection}, stdout=sys.stdout)  # its default is that of its import
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _disposed_unless_ready(engine: Engine) -> Iterator[None]:
    try:
        yield
    except BaseException:
        engine.dispose()
        raise


def _engine(address: URL) -> Engine:
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True)
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise StoreError(
            f"The store {url!r} is no URL; write sqlite:///folder/store.db or postgresql://host/name."
        ) from None


def _place(address: URL) -> str:
    if address.get_backend_name() == "sqlite":
        return address.database or "in memory"
    return address.render_as_string(hide_password=True)
