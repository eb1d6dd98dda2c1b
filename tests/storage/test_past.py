"""A store as it was: everything that reads sees nothing of what came later, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError
from storage_samples import ANN, inventory

from storage import queries
from storage.archive import Archive
from storage.errors import StoreError
from storage.past import as_of


def test_what_came_later_is_not_there(full: Archive) -> None:
    full.put_act("loans", inventory(), ANN)
    then, acts, cards = queries.last_entry(full.database), full.acts("loans"), full.models()
    full.put_act("loans", inventory("somebody else"), ANN)
    with as_of(full, then) as past:
        assert past.acts("loans") == acts
        assert past.models() == cards
        assert queries.last_entry(past.database) == then
        assert [one.seq for one in queries.entries(past.database)] == list(range(then, max(0, then - 50), -1))
    assert len(full.acts("loans")) == len(acts) + 1


def test_before_a_version_was_put_in_there_is_none(full: Archive) -> None:
    first = next(one.seq for one in reversed(queries.entries(full.database)) if one.kind == "model")
    report = full.reports()[0]
    with as_of(full, first - 1) as past:
        assert past.models() == []
        assert past.latest_report(report.model) is None
        assert past.judgements(report.id) == []
        assert queries.newest_versions(past.database) == []


def test_where_nothing_came_later_it_is_the_archive_itself(full: Archive) -> None:
    with as_of(full, queries.last_entry(full.database)) as past:
        assert past is full
    with pytest.raises(ValueError, match="another store"), as_of(full, 10_000):
        pass


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_schema_may_be_called_anything(url: str, tmp_path: Path) -> None:
    with Archive(url, tmp_path / "vault") as archive, archive.database.writing() as connection:
        connection.exec_driver_sql('CREATE SCHEMA "Team-1"')
    with Archive(f'{url}&options=-csearch_path%3D"Team-1"', tmp_path / "vault") as archive:
        archive.put_act("loans", inventory(), ANN)
        archive.put_act("loans", inventory("somebody else"), ANN)
        with as_of(archive, 1) as past:
            assert past.acts("loans") == archive.acts("loans")[:1]


def test_the_past_cannot_be_written(full: Archive) -> None:
    with as_of(full, 1) as past, pytest.raises((StoreError, DBAPIError)):
        past.put_act("loans", inventory(), ANN)
