"""What a draft leaves out: categories of few people, and as many more as it takes that no total gives them away."""

from __future__ import annotations

from collections.abc import Iterator

from audit.complement import MINIMUM_CELL, complemented, small
from audit.publication.form import Publication, Row, Table

Cell = tuple[str, str]
"""(table, category)."""


def withheld(publication: Publication, fewest: int = MINIMUM_CELL) -> frozenset[Cell]:
    """Categories whose numbers a draft does not show: small ones, and the next smallest of a sum that lacks only one.

    A sum is a table with its known total, and a category of sex or race with its cells of the intersection.
    """
    sizes = _sizes(publication)
    return complemented(small(sizes, fewest), sizes, _sums(sizes))


def draft(publication: Publication, fewest: int = MINIMUM_CELL) -> Publication:
    """The same without the numbers of what is withheld; a benchmark is not named where its rate is not shown."""
    hidden = withheld(publication, fewest)
    tables = [
        one.model_copy(update={"rows": tuple(_shown(one, row, hidden) for row in one.rows)})
        for one in publication.tables
    ]
    unknown = publication.unknown.model_copy(
        update={name: None for name, n in publication.unknown if n is not None and 0 < n < fewest}
    )
    return publication.model_copy(update={"tables": tuple(tables), "unknown": unknown})


def _shown(table: Table, row: Row, hidden: frozenset[Cell]) -> Row:
    if (table.table, row.group) not in hidden:
        return row
    return row.model_copy(update={"n": None, "rate": None, "published_ratio": None, "benchmark": False})


def _sizes(publication: Publication) -> dict[Cell, int]:
    """People of each category; what is asked of whom does not change how many they are."""
    return {(table.table, row.group): row.n or 0 for table in publication.tables for row in table.rows}


def _sums(sizes: dict[Cell, int]) -> Iterator[set[Cell]]:
    """Cells that add up to something which is printed or known."""
    for name in ("sex", "race", "intersection"):
        yield {cell for cell in sizes if cell[0] == name}
    for table, group in [cell for cell in sizes if cell[0] != "intersection"]:
        cells = {one for one in sizes if one[0] == "intersection" and group in _parts(one[1])}
        yield cells | {(table, group)}


def _parts(group: str) -> tuple[str, ...]:
    """The categories that a cell of the intersection is made of."""
    return tuple(part.strip() for part in group.split(" & "))
