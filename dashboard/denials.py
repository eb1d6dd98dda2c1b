"""Principal reasons of denials: of rows of a version's own held-out part, or of a file of rows; nothing of it is kept."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from audit.adverse_action import Approved, Reasons, may_not_be, reasons
from audit.bring.table import open_table
from dashboard.access import permitted
from dashboard.work import Place, load
from models.card import Card, Field
from models.data.split import Split

MOST = 1_000
"""Rows of a file that are explained at once."""


def explain(
    place: Place, version: str, ids: tuple[str, ...] = (), file: Path | None = None, seed: int = 0
) -> list[Reasons]:
    """Reasons for the rows with these ids of the test part, or for every row of a file.

    Raises ``ValueError`` for a version that was not trained here, for an id or a column that there is not, and
    ``Refused`` for a person who may not see rows.
    """
    from models.data import source

    card = place.archive.model(version)
    permitted(place.archive, "rows", None, card.name, card.digest)
    if card.origin:
        raise ValueError(
            f"{card.title} was brought as {card.origin.source}: reasons need a version that is trained here, whose gradients "
            "and training part are known."
        )
    if bool(ids) == bool(file):
        raise ValueError(f"Name rows or a file. Type: answerable reasons {card.title} --id 17, or --rows FILE")
    parts = source.splits(card.dataset, card.parts_seed)
    if not isinstance(parts.train.inputs, pd.DataFrame):
        raise ValueError(f"{card.title} does not decide from a table: there are no columns that could be reasons.")
    changed = [part for part, digest in card.split_digests if dict(parts.digests())[part] != digest]
    if changed:
        raise ValueError(
            f"The {changed[0]} part of {card.dataset} is not the one that {card.title} was made with: install the data package "
            "named in the datasheet, or train again."
        )
    model = load(place, card)
    approved = Approved.of(model, card.purpose, parts.train.inputs, seed)
    rows = _read(file, card) if file else _named(parts.test, ids, card)
    return reasons(approved, rows, may_not_be(card.purpose, model, map(str, parts.train.groups.columns)))


def _named(test: Split, ids: tuple[str, ...], card: Card) -> pd.DataFrame:
    """Rows of the test part by the ids they have in the data set."""
    assert isinstance(test.inputs, pd.DataFrame)
    frame = test.inputs.set_axis(pd.Index([str(one) for one in test.ids]))
    absent = next((one for one in ids if one not in frame.index), None)
    if absent is not None:
        raise ValueError(
            f"The test part of {card.dataset} has no row {absent!r}; it has {len(frame)}, among them {', '.join(frame.index[:3])}."
        )
    return frame.loc[list(ids)]


def _read(file: Path, card: Card) -> pd.DataFrame:
    """The rows of a file with the version's columns; named by a column ``id`` where there is one, else by their number."""
    table = open_table(file)
    columns = [field.column for field in card.identity.encoding]
    named = ["id"] if "id" in table.columns and "id" not in columns else []
    frame = table.frame([*columns, *named], MOST)
    if len(frame) > MOST:
        raise ValueError(f"{file} has more than {MOST} rows; give at most so many at once.")
    if not len(frame):
        raise ValueError(f"{file} has no row.")
    plain = pd.DataFrame({field.column: _column(frame[field.column], field) for field in card.identity.encoding})
    return plain.set_axis(frame["id"].astype(str) if named else pd.RangeIndex(1, len(frame) + 1).astype(str))


def _column(values: pd.Series, field: Field) -> pd.Series:
    if field.kind != "number":
        return values.astype(object)
    found = pd.to_numeric(values, errors="coerce")
    odd = values[found.isna() & values.notna()]
    if len(odd):
        raise ValueError(
            f"Column {field.column!r} holds numbers, but got {odd.iloc[0]!r:.60}. Give a number, or nothing."
        )
    return found.astype(float)
