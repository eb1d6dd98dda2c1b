"""Rows as the database driver gives them, so that what was written there by other means cannot fail to be read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select, type_coerce
from sqlalchemy.types import NullType

from storage.schema import Table


@cache
def columns(table: type[Table]) -> Select[Any]:
    """Select the columns of a table without converting them."""
    named = table.metadata.tables[table.__tablename__].columns
    selected: Select[Any] = select(*(type_coerce(column, NullType()).label(column.name) for column in named))  # type: ignore[assignment]
    return selected


def form(connection: Connection, row: Mapping[str, object]) -> dict[str, object]:
    """A row that our code derived, as the driver would give it back."""
    if connection.dialect.name != "sqlite":
        return dict(row)
    return {name: _sqlite(value) for name, value in row.items()}


def _sqlite(value: object) -> object:
    if isinstance(value, datetime):
        with suppress(OverflowError):  # a moment that is before the year 1 in UTC, or after 9999
            value = value.astimezone(UTC)
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return int(value) if isinstance(value, bool) else value
