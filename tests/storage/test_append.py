"""Appends are serialised by a lock on the head: many writers make one chain without a gap."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from storage_samples import ANN, policy

from storage import ledger, queries
from storage.archive import Archive
from storage.errors import StoreError
from storage.ledger import New
from storage.verify import verify


def line() -> New:
    return New("policy", policy().sha256(), ANN, (("document", policy().sha256()),))


def test_many_writers_make_one_chain(full: Archive) -> None:
    def write(count: int) -> None:
        for _ in range(count):
            with full.writing() as connection:
                ledger.append_all(connection, [line(), line()])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, [10] * 6))
    entries = queries.entries(full.database, limit=1000)[::-1]
    assert [one.seq for one in entries] == list(range(1, 127))
    assert verify(full) == []


def test_a_writer_waits_for_the_head_and_readers_do_not(full: Archive) -> None:
    written = threading.Event()

    def second() -> None:
        with full.writing() as connection:
            ledger.append_all(connection, [line()])
        written.set()

    with full.writing() as connection:
        ledger.append_all(connection, [line()])
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not written.wait(0.5)
        assert len(queries.entries(full.database)) == 6
    waiting.join(30)
    assert written.is_set()
    assert [one.seq for one in queries.entries(full.database)[::-1]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert verify(full) == []


def test_an_append_without_the_lock_cannot_fork_the_chain(full: Archive) -> None:
    if full.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with full.database.writing() as careless:
        ledger.append_all(careless, [line()])
        failed: list[Exception] = []

        def other() -> None:
            try:
                with full.database.writing() as connection:
                    ledger.append_all(connection, [line()])
            except StoreError as why:
                failed.append(why)

        racing = threading.Thread(target=other)
        racing.start()
        racing.join(0.5)
    racing.join(30)
    assert len(failed) == 1
    assert verify(full) == []
