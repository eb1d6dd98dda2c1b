"""How many ledger entries a second SQLite takes, each transaction on the disk before the next begins."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage import ledger
from storage.archive import Archive
from storage.ledger import Actor, New
from storage.store import Store

ANN = Actor("ann", "os-user")
RUNS = 5


def single(count: int = 2000) -> float:
    """Entries a second, each its own transaction; the median of five runs."""
    return statistics.median(_rate(count, 1) for _ in range(RUNS))


def bulk(count: int = 20_000) -> float:
    """Entries a second in transactions of 1,000; the median of five runs."""
    return statistics.median(_rate(count, 1000) for _ in range(RUNS))


def _rate(count: int, together: int) -> float:
    with _store() as store:
        _append(store, together)
        started = time.perf_counter()
        for _ in range(count // together):
            _append(store, together)
        return count / (time.perf_counter() - started)


def _append(store: Store, count: int) -> None:
    with store.writing() as connection:
        ledger.append_all(connection, [_line(number) for number in range(count)])


def _line(number: int) -> New:
    digest = f"{number:064x}"
    return New("report", f"r-{digest[-16:]}", ANN, (("document", digest), ("rows", digest)))


@contextmanager
def _store() -> Iterator[Archive]:
    with tempfile.TemporaryDirectory() as folder:
        store = Archive(f"sqlite:///{folder}/store.db", Path(folder) / "vault")
        with store, store.database.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            connection.rollback()
            yield store
