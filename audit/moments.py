"""Mergeable moments: means of values per group, over rows or units, without the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.grouping import Grouping, coarser, finest
from audit.tally import EVERYONE
from audit.weight import Weights

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Means:
    """The mean of one value in every group, (groups,) each."""

    value: Array
    """0 where ``n`` is 0."""
    error: Array
    """Standard error by linearisation over units; 0 with one unit."""
    deviation: Array
    """Standard deviation between rows."""
    n: NDArray[np.int64]
    """Units."""


@dataclass(frozen=True)
class Moments:
    """Sums of the weights and of weighted values, and how they scatter between units, per group.

    Values are kept as distances from their group's mean and merged by Chan's update, so that large ones lose no digits.
    Source: Chan, Golub and LeVeque 1983; linearisation of a ratio, Cochran 1977.
    """

    values: tuple[str, ...]
    grouping: dict[str, Grouping]
    units: dict[str, NDArray[np.int64]]
    """(groups,) how many units, by way of grouping."""
    mean: dict[str, Array]
    """(groups, values)."""
    centre: dict[str, Array]
    """(groups, 1 + values): mean over units of the sum of weights, and of the weighted distances from ``mean``."""
    scatter: dict[str, Array]
    """(groups, 1 + values, 1 + values): sum over units of the outer product of their own such sums less ``centre``."""
    squares: dict[str, Array]
    """(groups, values): weighted sum of squared distances of rows from the group's mean."""

    @classmethod
    def of(
        cls,
        values: Mapping[str, ArrayLike],
        groups: Mapping[str, Any],
        weight: ArrayLike | None = None,
        unit: ArrayLike | None = None,
    ) -> Self:
        """values: (n,) finite numbers by name. groups, weight and unit as for ``Tally.of``. Raises ``ValueError``."""
        table = np.column_stack([np.asarray(column, dtype=float) for column in values.values()])
        if not np.isfinite(table).all():
            bad = [name for name, column in zip(values, table.T, strict=True) if not np.isfinite(column).all()]
            raise ValueError(f"Values of {', '.join(bad)} are missing or infinite; a mean needs a number in every row.")
        n = len(table)
        weights = Weights.of(n, weight, unit) or Weights(np.ones(n), np.arange(n), None)
        whole, code = finest(groups, n)
        grouping, parts = {}, {}
        for one, place in coarser(whole):
            grouping[one.by] = one
            parts[one.by] = _moments(table, place[code], len(one.parts), weights)
        return cls(tuple(values), grouping, *_by_kind(parts))

    def __add__(self, other: Self) -> Self:
        """The moments of both shards together; a unit must lie within one. Raises ``ValueError`` for other values."""
        if (self.values, set(self.grouping)) != (other.values, set(other.grouping)):
            raise ValueError(
                f"Shards differ: {self.values} by {sorted(self.grouping)}, {other.values} by {sorted(other.grouping)}."
            )
        grouping = {by: one.union(other.grouping[by]) for by, one in self.grouping.items()}
        parts = {by: _merged(self._aligned(by, one), other._aligned(by, one)) for by, one in grouping.items()}
        return type(self)(self.values, grouping, *_by_kind(parts))

    def means(self, value: str, by: str = EVERYONE) -> Means:
        """The mean of a value per group, with its standard error. Raises ``KeyError`` for a value that is not kept."""
        at = dict(zip(self.values, range(len(self.values)), strict=True))[value]
        units, scatter, total = self.units[by], self.scatter[by], self.centre[by][:, 0] * self.units[by]
        between = _over(scatter[:, at + 1, at + 1] * units, total**2 * np.maximum(units - 1, 1))
        deviation = np.sqrt(_over(self.squares[by][:, at], total))
        return Means(self.mean[by][:, at], np.sqrt(between), deviation, units)

    def _aligned(self, by: str, within: Grouping) -> Parts:
        place, size = self.grouping[by].positions(within), len(within.parts)

        def put(part: NDArray[Any]) -> NDArray[Any]:
            whole = np.zeros((size, *part.shape[1:]), dtype=part.dtype)
            whole[place] = part
            return whole

        return Parts(*(put(kind[by]) for kind in (self.units, self.mean, self.centre, self.scatter, self.squares)))


class Parts(NamedTuple):
    """The moments of one way of grouping."""

    units: NDArray[np.int64]
    mean: Array
    centre: Array
    scatter: Array
    squares: Array

    def about(self, mean: Array) -> Parts:
        """The same, with distances from another mean."""
        shift = np.broadcast_to(np.eye(self.centre.shape[1]), self.scatter.shape).copy()
        shift[:, 1:, 0] = self.mean - mean
        centre = np.einsum("gij,gj->gi", shift, self.centre)
        return Parts(self.units, mean, centre, shift @ self.scatter @ shift.transpose(0, 2, 1), self.squares)


def _moments(table: Array, group: NDArray[np.intp], groups: int, weights: Weights) -> Parts:
    weight = weights.weight[:, None]
    mean = _over(_summed(table * weight, group, groups), _summed(weight, group, groups))
    distance = table - mean[group]
    squares = _summed(weight * distance**2, group, groups)
    vectors, of_unit = np.hstack([weight, weight * distance]), group
    if weights.ids is not None:
        size = weights.unit.max() + 1
        pair, place = np.unique(group * size + weights.unit, return_inverse=True)
        of_unit, vectors = pair // size, _summed(vectors, place, len(pair))
    units = np.bincount(of_unit, minlength=groups)
    centre = _over(_summed(vectors, of_unit, groups), units[:, None])
    apart = vectors - centre[of_unit]
    outer = [_summed(apart * column[:, None], of_unit, groups) for column in apart.T]
    return Parts(units, mean, centre, np.stack(outer, axis=1), squares)


def _merged(one: Parts, other: Parts) -> Parts:
    weights = [(part.units * part.centre[:, 0])[:, None] for part in (one, other)]
    share_of_other = _over(weights[1], weights[0] + weights[1])
    mean = one.mean + share_of_other * (other.mean - one.mean)
    squares = one.squares + other.squares + weights[0] * share_of_other * (other.mean - one.mean) ** 2
    one, other = one.about(mean), other.about(mean)
    units = one.units + other.units
    share = _over(other.units, units)[:, None]
    apart = other.centre - one.centre
    between = (one.units * share[:, 0])[:, None, None] * apart[:, :, None] * apart[:, None, :]
    return Parts(units, mean, one.centre + apart * share, one.scatter + other.scatter + between, squares)


def _by_kind(parts: dict[str, Parts]) -> tuple[Any, ...]:
    """One dictionary by way of grouping for each kind of moment."""
    return tuple({by: part[at] for by, part in parts.items()} for at in range(len(Parts._fields)))


def _summed(table: Array, group: NDArray[np.intp], groups: int) -> Array:
    return np.column_stack([np.bincount(group, column, groups) for column in table.T])


def _over(a: NDArray[Any], b: NDArray[Any]) -> Array:
    top, bottom = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    quotient: Array = np.divide(top, bottom, out=np.zeros(top.shape), where=bottom > 0)
    return quotient
