"""Which groups of a report are of few people, which others would give them away, and which numbers rest on either."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, groupby
from typing import NamedTuple

from audit.complement import MINIMUM_CELL, complemented, small
from audit.grouping import JOINT
from audit.measure import Measure
from audit.report import Report

FEW = f"withheld: fewer than {MINIMUM_CELL} people (minimum_cell)"
BESIDE = f"withheld: it would give away a group of fewer than {MINIMUM_CELL} people (minimum_cell)"
REASONS = (FEW, BESIDE)
SEARCHED = "accuracy.slice_"
"""Of parts that a search found: they do not add up to anything."""
OBSERVED = ("data.base_rate", "calibration.in_the_large")
"""What tells how many of a group had which outcome: the one by itself, the other with the mean score."""
Cell = tuple[tuple[str, str], ...]
"""(column, value) of every condition of a group."""
Columns = tuple[str, ...]


class Hidden(NamedTuple):
    """The groups of a report that are withheld: from every number, and from some whose own n is small."""

    few: frozenset[Cell]
    """Of few people."""
    whole: frozenset[Cell]
    """These, and those that would give them away."""
    keys: Mapping[tuple[str, str, str], str]
    """Measures that are withheld, by key, with the reason."""
    labels: Mapping[Columns, frozenset[str]]
    """What the groups behind these are called, by the columns that make them."""


def hidden(one: Report) -> Hidden:
    """Which groups and measures of a report are withheld."""
    sizes = _sizes(one.measures())
    few = frozenset(small(sizes))
    whole = complemented(few, sizes, sums(sizes))
    keys, cells = {}, set(whole)
    families = {
        key: (family, {cell: measure.n or 0 for cell, measure in family.items()})
        for key, family in _families(one.measures()).items()
    }
    split = complemented({cell for _, rests_on in families.values() for cell in small(rests_on)}, sizes, sums(sizes))
    for (name, _), (family, rests_on) in families.items():
        own = small(rests_on)
        told = {one for one in split & rests_on.keys() if rests_on[one] < sizes[one] or name in OBSERVED}
        for cell in complemented(own | told | (whole & rests_on.keys()), rests_on, sums(rests_on)):
            keys[family[cell].key] = FEW if cell in few | own else BESIDE
            cells.add(cell)
    by_columns = groupby(sorted(cells, key=_columns), key=_columns)
    labels = {columns: frozenset(_label(cell) for cell in some) for columns, some in by_columns}
    for measure in one.measures():
        if measure.key not in keys and (reason := _reason(measure, labels)):
            keys[measure.key] = reason
    return Hidden(few, whole, keys, labels)


def sums(cells: Iterable[Cell]) -> Iterator[set[Cell]]:
    """Groups that add up to everybody, and each larger group with the parts that one column more makes of it."""
    known = set(cells)
    for columns, members in groupby(sorted(known, key=_columns), key=_columns):
        parts = list(members)
        for some in combinations(columns, len(columns) - 1):
            of: dict[Cell, set[Cell]] = {}
            for cell in parts:
                of.setdefault(tuple(pair for pair in cell if pair[0] in some), set()).add(cell)
            yield from (inside | ({larger} & known) for larger, inside in of.items())


def _sizes(measures: Iterable[Measure]) -> dict[Cell, int]:
    """People of every group: the most that a number with an interval rests on; others count other people too."""
    sizes: dict[Cell, int] = {}
    loose: dict[Cell, int] = {}
    for one in measures:
        cell = _cell(one)
        if cell and one.n:
            found = sizes if one.intervals else loose
            found[cell] = max(found.get(cell, 0), one.n)
    return loose | sizes


def _families(measures: Iterable[Measure]) -> dict[tuple[str, str], dict[Cell, Measure]]:
    """The same number of several groups, by name and setting."""
    families: dict[tuple[str, str], dict[Cell, Measure]] = {}
    for one in measures:
        if cell := _cell(one):
            families.setdefault((one.name, one.setting_text), {})[cell] = one
    return families


def _cell(one: Measure) -> Cell | None:
    if not one.slice or one.name.startswith(SEARCHED) or any(part.operator != "=" for part in one.slice):
        return None
    return tuple((part.column, part.value) for part in one.slice)


def _columns(cell: Cell) -> Columns:
    return tuple(column for column, _ in cell)


def _label(cell: Cell) -> str:
    return JOINT.join(value for _, value in cell)


def text(cell: Cell) -> str:
    """``race=martian & sex=female``."""
    return JOINT.join(f"{column}={value}" for column, value in cell)


def _reason(one: Measure, labels: Mapping[Columns, frozenset[str]]) -> str:
    """Why a measure that is about no withheld group is withheld all the same; empty where it is not."""
    if one.slice and 0 < (one.n or 0) < MINIMUM_CELL:
        return FEW
    said = " ".join((one.note, one.reason, *(by for each in one.intervals for by in (each.low_by, each.high_by) if by)))
    return BESIDE if names_any(said, labels_of(one, labels)) else ""


def labels_of(one: Measure, labels: Mapping[Columns, frozenset[str]]) -> frozenset[str]:
    """Withheld groups that a measure may rest on."""
    columns = tuple(part.column for part in one.slice) or tuple(str(dict(one.setting).get("by", "")).split(JOINT))
    few = {count.label for count in one.counts if count.label and 0 < count.n < MINIMUM_CELL}
    return labels.get(columns, frozenset()) | few


def names_any(text: str, labels: Iterable[str]) -> bool:
    """Whether a text names one of these groups."""
    return any(re.search(rf"(?<![\w=.]){re.escape(label)}(?![\w%])", text) for label in labels)
