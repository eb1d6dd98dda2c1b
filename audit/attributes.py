"""What the rows of a split can be sliced by: named columns of a few levels each, made on the training part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.measure import Condition
from models.data.split import UNKNOWN

BINS = 5
"""Parts of about equal size that a number column is cut into; one with no more values than that keeps them."""
SHIFT = 0.02
"""Share of the training part that rounding an edge may move into another bin."""
MOST, RAREST = 20, 0.01
"""Levels of a category that keep their name, and the least share of the training part that each has."""
OTHER = "other"
"""Levels that are rarer, or that the training part lacks."""


@dataclass(frozen=True)
class Column:
    """How one column is cut into levels: learnt from the training part once, the same for every split."""

    name: str
    levels: tuple[str, ...]
    """Bins such as ``[25,34)``, or values; ``unknown`` is the last, before it ``other`` unless there are bins."""
    edges: tuple[float, ...] = ()
    """Where the bins of a number meet."""

    @classmethod
    def of(cls, name: str, values: Any) -> Self:
        """Learn the levels from the values of the training part."""
        column = pd.Series(values)
        known = column.dropna()
        if _is_number(known) and known.nunique() > BINS:
            edges = _edges(known.to_numpy(dtype=float))
            ends = ["-inf", *map(_written, edges), "inf"]
            bins = (f"[{low},{high})" for low, high in pairwise(ends))
            return cls(name, (*bins, UNKNOWN), edges)
        code, texts = _texts(column)
        counts = np.bincount(code[code >= 0], minlength=len(texts))
        common = np.argsort(-counts, kind="stable")[:MOST]
        named = {texts[at] for at in common if counts[at] >= RAREST * len(column)}
        return cls(name, (*sorted(named - {OTHER, UNKNOWN}), OTHER, UNKNOWN))

    def code(self, values: Any) -> NDArray[np.int16]:
        """(n,) positions in ``levels``; missing is ``unknown``, what the training part lacks ``other``."""
        column = pd.Series(values)
        last = len(self.levels) - 1
        if self.edges:
            number = column.to_numpy(dtype=float, na_value=np.nan)
            return np.where(np.isnan(number), last, np.searchsorted(self.edges, number, side="right")).astype(np.int16)
        code, texts = _texts(column)
        place = {level: at for at, level in enumerate(self.levels)}
        lookup = np.array([*(place.get(text, last - 1) for text in texts), last], dtype=np.int16)
        return lookup[code]

    def condition(self, level: int) -> Condition:
        """What says that a row has this level."""
        binned = bool(self.edges) and level < len(self.levels) - 1
        return Condition(column=self.name, operator="in" if binned else "=", value=self.levels[level])


@dataclass(frozen=True)
class Attributes:
    """The level of every row in every column that the data may be sliced by."""

    columns: tuple[Column, ...]
    codes: NDArray[np.int16]
    """(n, columns) positions in the levels of each column."""

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: NDArray[Any]) -> Attributes:
        """The same columns for the given rows, positions or a mask."""
        return Attributes(self.columns, self.codes[rows])

    def conditions(self, levels: Iterable[tuple[int, int]]) -> tuple[Condition, ...]:
        """The canonical slice of (column, level) positions."""
        return tuple(sorted((self.columns[column].condition(level) for column, level in levels), key=str))


def members(attributes: Attributes, conditions: Sequence[Condition]) -> NDArray[np.bool_]:
    """(n,) which rows meet all the conditions; without any, all do.

    Raises ``LookupError`` for a condition on a column or level that these attributes do not have.
    """
    inside = np.ones(len(attributes), dtype=bool)
    for one in conditions:
        position, level = _place(attributes, one)
        inside &= attributes.codes[:, position] == level
    return inside


def _place(attributes: Attributes, one: Condition) -> tuple[int, int]:
    named = {column.name: at for at, column in enumerate(attributes.columns)}
    if one.column not in named:
        raise LookupError(f"There is no column {one.column!r} to slice by; there is: {', '.join(named) or 'none'}.")
    column = attributes.columns[named[one.column]]
    if one.value not in column.levels:
        raise LookupError(f"{one.column!r} has no level {one.value!r}; it has: {', '.join(column.levels)}.")
    return named[one.column], column.levels.index(one.value)


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _texts(column: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """(n,) positions, -1 where missing, in the texts of the values that occur."""
    code, found = pd.factorize(column)
    return code, [_written(value) if _is_number(column) else str(value) for value in found]


def _written(value: float) -> str:
    """The shortest text that is this very number; a whole one without its point."""
    return repr(float(value)).removesuffix(".0")


def _edges(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Inner quantiles, rounded as far as few rows change their bin: so that the text of a bin is the bin."""
    lowest, ordered = values.min(), np.sort(values)
    exact = np.unique(np.quantile(values, np.arange(1, BINS) / BINS))
    exact = exact[exact > lowest] if exact[-1] > lowest else values[values > lowest].min(keepdims=True)
    below = np.searchsorted(ordered, exact) / len(values)
    power = np.floor(np.log10(np.abs(np.where(exact == 0, 1.0, exact))))
    for digits, down in product(range(2, 17), (0.0, 0.5)):  # to the nearest, or below
        near = exact - down * 10.0 ** (power - digits + 1)
        edges = np.array([float(f"{edge:.{digits}g}") for edge in near])
        if (np.diff(edges) > 0).all() and np.abs(np.searchsorted(ordered, edges) / len(values) - below).max() <= SHIFT:
            return tuple(edges.tolist())
    return tuple(exact.tolist())
