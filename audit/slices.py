"""Exact search for the parts of the data on which errors gather: conjunctions of up to three columns, best first.

No heuristic: what is left out is proved to score lower. A part of a slice has at most its size, its sum of errors and
its largest error, so a slice that could not score high enough with these is never counted, nor are its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Score = Callable[[Array, Array], Array]
"""From sizes and sums of errors to scores: higher is worse, and at a given size it rises with the errors."""
DEEPEST = 3
"""Conditions of the deepest slice."""
TIE = 1e-12
"""Scores nearer than this, relative to 1 or to theirs, are ties; a size that falls short by less has the support."""
TINY = 1e-300
NONE: Codes = np.empty(0, dtype=np.intp)


class Slice(NamedTuple):
    """The rows with the given level in each of the given columns."""

    levels: tuple[tuple[int, int], ...]
    """(column, level) positions, by column."""
    score: float
    size: float
    """Rows; where they are weighted, their weight in units of the mean weight."""
    error: float
    """Sum of the errors of these."""


@dataclass(frozen=True)
class SliceLine:
    """alpha x (relative error - 1) less (1 - alpha) x (relative smallness - 1).

    ``alpha`` in (0, 1] weighs how bad a slice is against how large. Source: Sagadeeva and Boehm 2021.
    """

    rows: float
    total: float
    alpha: float = 0.6

    def __call__(self, size: Array, error: Array) -> Array:
        worse, smaller = error / size / (self.total / self.rows) - 1, self.rows / size - 1
        return self.alpha * worse - (1 - self.alpha) * smaller


@dataclass(frozen=True)
class Scan:
    """Log-likelihood ratio of "more errors inside than outside" to "alike": how surprising, whatever the size.

    So it prefers what other rows of the same kind are most likely to confirm. ``dispersion`` is the variance of the
    errors over their mean: 1 for rare counts, 1 - p for right and wrong. Source: Kulldorff 1997.
    """

    rows: float
    total: float
    dispersion: float = 1.0

    def __call__(self, size: Array, error: Array) -> Array:
        expected = np.minimum(self.total, size * (self.total / self.rows))
        found = np.minimum(self.total, error)
        ratio = self._part(found, expected) + self._part(self.total - found, self.total - expected)
        return np.where(found > expected * (1 + TIE), ratio / self.dispersion, 0.0)

    @staticmethod
    def _part(found: Array, expected: Array) -> Array:
        part: Array = scipy.special.xlogy(found, np.maximum(found, TINY) / np.maximum(expected, TINY))
        return part


def top_slices(
    codes: NDArray[np.integer],
    levels: ArrayLike,
    error: ArrayLike,
    score: Callable[[float, float], Score] = SliceLine,
    *,
    k: int = 10,
    deepest: int = DEEPEST,
    support: float = 10,
    weight: ArrayLike | None = None,
    cost: Sequence[float] = (0.0, 0.0, 0.0),
) -> list[Slice]:
    """The ``k`` slices with the highest scores above 0, highest first; among ties those with fewer conditions first.

    All that tie with the k-th are kept, so there may be more. codes: (n, columns) from 0. levels: (columns,) how many
    each has. error: (n,) from 0: right or wrong, a loss, any score per row. score: made of the number of rows and the
    sum of errors. support: the least rows of a slice. weight: (n,) from 0; then size and support are in units of the
    mean weight. cost: taken off the score of a slice of one, two and three conditions, never falling. Raises ``ValueError`` for errors or weights that are negative or not finite, and for other shapes.
    """
    rows = _rows(np.asarray(codes), np.asarray(levels, dtype=np.intp), np.asarray(error, dtype=float), weight)
    if not rows.total > 0 or not rows.codes:
        return []
    search = _Search(rows, score(rows.size, rows.total), k, max(support, 1e-9) * (1 - TIE), cost)
    level = search.singles()
    for candidates in (search.pairs, search.triples)[: deepest - 1]:
        level = search.counted(candidates(level))
    return search.slices()


@dataclass(frozen=True)
class _Rows:
    """Rows with the smallest error first: so the last write of every level is its largest error."""

    codes: list[Codes]
    levels: Codes
    error: Array
    """Of the rows that have any."""
    mass: Array | None
    """The same times their weight; ``None`` where it is 1 throughout: then counting does."""
    weight: Array | None
    start: int
    """Where the rows with an error begin."""
    size: float
    total: float

    def count(self, code: Codes, cells: int) -> tuple[Array, Array]:
        """Size and sum of errors of every cell."""
        size = np.bincount(code, self.weight, cells)
        error = np.bincount(code[self.start :], self.mass, cells)
        return size.astype(float, copy=False), error.astype(float, copy=False)

    def peak(self, code: Codes, cells: int) -> Array:
        """Largest error of every cell."""
        peak = np.zeros(cells)
        peak[code[self.start :]] = self.error
        return peak


def _rows(codes: NDArray[np.integer], levels: Codes, error: Array, weight: ArrayLike | None) -> _Rows:
    n = len(error)
    if error.ndim != 1 or codes.shape != (n, len(levels)):
        raise ValueError(f"Need an error per row and a code per row and column, got {error.shape} and {codes.shape}.")
    if not np.isfinite(error).all() or (error < 0).any():
        raise ValueError("Errors must be finite numbers from 0: a slice is where their mean is high.")
    order = np.argsort(error, kind="stable")
    error = error[order]
    start = int(np.searchsorted(error, 0, side="right"))
    columns = [column.take(order).astype(np.intp, copy=False) for column in codes.T]
    some = error[start:]
    if weight is None:
        mass = None if (some == 1).all() else some
        return _Rows(columns, levels, some, mass, None, start, float(n), float(some.sum()))
    weights = np.asarray(weight, dtype=float)
    if weights.shape != (n,) or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ValueError("Weights must be a finite number from 0 for every row, and not all 0.")
    weights = (weights * (n / weights.sum()))[order]
    mass = some * weights[start:]
    return _Rows(columns, levels, some, mass, weights, start, float(n), float(mass.sum()))


class _Level(NamedTuple):
    """Slices of so many conditions, (slices,) each: counted, or bounded by what they are parts of."""

    members: Codes
    """(slices, conditions) positions of the single conditions, by column."""
    size: Array
    error: Array
    peak: Array

    def take(self, at: NDArray[np.bool_] | Codes) -> _Level:
        return _Level(self.members[at], self.size[at], self.error[at], self.peak[at])

    @classmethod
    def below(cls, members: Codes, *parents: _Level) -> _Level:
        """What slices can have at most, each being part of one slice of every parent."""
        size, error, peak = (np.minimum.reduce(part) for part in zip(*(one[1:] for one in parents), strict=True))
        return cls(members, size, error, peak)

    @classmethod
    def joined(cls, levels: Sequence[_Level]) -> _Level:
        members, size, error, peak = (np.concatenate(part) for part in zip(*levels, strict=True))
        return cls(members, size, error, peak)


class _Search:
    """The best slices so far; single conditions are numbered through all columns."""

    def __init__(self, rows: _Rows, score: Score, k: int, support: float, cost: Sequence[float]) -> None:
        self.rows, self.score, self.k, self.support, self.cost = rows, score, k, support, cost
        self.column = np.repeat(np.arange(len(rows.levels)), rows.levels)
        self.value = np.arange(len(self.column)) - (np.cumsum(rows.levels) - rows.levels)[self.column]
        self.found: list[tuple[Codes, Array, Array, Array]] = []
        self.scores = np.empty(0)
        self.threshold = 0.0
        """Score from which a slice may be among the best."""

    def singles(self) -> _Level:
        """Count every condition; keeps those that may be part of a slice that is among the best."""
        given = list(zip(self.rows.codes, self.rows.levels.tolist(), strict=True))
        size, error = (np.concatenate(part) for part in zip(*(self.rows.count(*one) for one in given), strict=True))
        peak = np.concatenate([self.rows.peak(*one) for one in given])
        level = _Level(np.arange(len(size))[:, None], size, error, peak).take((size >= self.support) & (error > 0))
        self._add(level)
        level = level.take(self._reaches(self._bound(level)))
        self._compact(level.members[:, 0])
        return level

    def _compact(self, kept: Codes) -> None:
        """Number the kept conditions within their columns; the rest of a column is its last cell."""
        self.kept = kept
        self.width = np.bincount(self.column[kept], minlength=len(self.rows.levels)) + 1
        self.rank = (self.width - 1)[self.column]
        self.rank[kept] = np.arange(len(kept)) - (np.cumsum(self.width - 1) - self.width + 1)[self.column[kept]]
        first = np.cumsum(self.rows.levels) - self.rows.levels
        self.code = {
            int(at): self.rank[first[at] : first[at] + self.rows.levels[at]][self.rows.codes[at]]
            for at in np.flatnonzero(self.width > 1)
        }

    def pairs(self, level: _Level) -> _Level:
        """Pairs of kept conditions of two columns that may be among the best."""
        column = self.column[level.members[:, 0]]
        one, other = np.nonzero(column[:, None] < column[None, :])
        members = np.column_stack([level.members[one, 0], level.members[other, 0]])
        return self._possible(_Level.below(members, level.take(one), level.take(other)))

    def triples(self, level: _Level) -> _Level:
        """Triples of conditions whose three pairs were all kept and that may be among the best."""
        place = np.empty(len(self.column), dtype=np.intp)
        place[self.kept] = np.arange(len(self.kept))
        first, second = place[level.members].T.reshape(2, -1)
        pair = np.full((len(self.kept), len(self.kept)), -1, dtype=np.intp)
        pair[first, second] = np.arange(len(first))
        found = []
        for one in np.unique(first):
            partners = np.flatnonzero(pair[one] >= 0)
            between = pair[np.ix_(partners, partners)]
            b, c = np.nonzero(between >= 0)
            parents = [level.take(at) for at in (pair[one, partners[b]], pair[one, partners[c]], between[b, c])]
            members = np.column_stack([parents[0].members, parents[1].members[:, 1]])
            found.append(self._possible(_Level.below(members, *parents)))
        return _Level.joined(found) if found else level.take(NONE)

    def counted(self, level: _Level) -> _Level:
        """Count candidates, the most promising columns first; returns what they are, those that may have parts."""
        bound = self._bound(level)
        key = self.column[level.members] @ (len(self.rows.levels) ** np.arange(level.members.shape[1]))
        order = np.argsort(key, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(key[order])) + 1) if len(order) else []
        done = [level.take(NONE)]
        for group in sorted(groups, key=lambda group: -bound[group].max()):
            if not self._reaches(bound[group].max()):
                break
            counted = self._count(level.members[group])
            self._add(counted)
            done.append(counted)
        return self._possible(_Level.joined(done))

    def _count(self, members: Codes) -> _Level:
        """Slices of the same columns."""
        columns = [int(at) for at in self.column[members[0]]]
        code, cell = self.code[columns[0]], self.rank[members[:, 0]]
        for position, at in enumerate(columns[1:], start=1):
            code = code * self.width[at] + self.code[at]
            cell = cell * self.width[at] + self.rank[members[:, position]]
        cells = int(np.prod(self.width[columns]))
        size, error = (part[cell] for part in self.rows.count(code, cells))
        level = _Level(members, size, error, self.rows.peak(code, cells)[cell])
        return level.take((size >= self.support) & (error > 0))

    def _add(self, level: _Level) -> None:
        scores = self.score(level.size, level.error) - self.cost[level.members.shape[1] - 1]
        good = self._reaches(scores)
        if good.any():
            self.found.append((level.members[good], scores[good], level.size[good], level.error[good]))
            self.scores = np.sort(np.concatenate([self.scores, scores[good]]))[-self.k :]
            self.threshold = float(self.scores[0]) if len(self.scores) == self.k else 0.0

    def _possible(self, level: _Level) -> _Level:
        """Those that may be, or have a part that is, among the best."""
        level = level.take(level.size >= self.support)
        return level.take(self._reaches(self._bound(level)))

    def _bound(self, level: _Level) -> Array:
        """The highest score of any part with at least the support.

        A part of size s has at most ``error`` and at most s x ``peak``. Up to where these cross the score rises with s,
        beyond it rises or falls throughout: so it is highest there or at an end.
        """
        least = np.full(len(level.size), self.support)
        crossing = np.clip(level.error / np.maximum(level.peak, TINY), least, level.size)
        ends = (self.score(at, np.minimum(level.error, at * level.peak)) for at in (least, crossing, level.size))
        bound: Array = np.maximum.reduce(list(ends)) - self.cost[level.members.shape[1] - 1]
        return bound

    def _reaches(self, scores: Array) -> NDArray[np.bool_]:
        return (scores > TIE) & (scores >= self.threshold - TIE * max(1.0, self.threshold))

    def slices(self) -> list[Slice]:
        """The best of all that were counted."""
        column, value = self.column.tolist(), self.value.tolist()
        made = [
            Slice(tuple((column[at], value[at]) for at in members), score, size, error)
            for members, score, size, error in (
                row for some in self.found for row in zip(*(part.tolist() for part in some), strict=True)
            )
            if self._reaches(score)
        ]
        return sorted(made, key=lambda one: (-round(one.score, 11), len(one.levels), one.levels))
