"""Conformal sets of one version as functions of how often each row counts: their thresholds are drawn again too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from audit.conformal import nonconformity
from audit.grouping import JOINT, coarser, finest
from audit.interval import Array
from audit.measure import Measure
from audit.rates import gap
from audit.resample import over
from audit.rows import Rows

Codes = NDArray[np.intp]
NAMES = ("uncertainty.conformal_coverage", "uncertainty.conformal_set_size", "uncertainty.coverage_gap")


class Sorted(NamedTuple):
    """Nonconformity scores in order, each with the row that has it."""

    values: Array
    rows: Codes

    @classmethod
    def of(cls, values: Array, rows: Codes) -> Sorted:
        order = np.argsort(values, kind="stable")
        return cls(values[order], rows[order])

    def upto(self, drawn: Array, limit: Array) -> Array:
        """(draws,) weight of the scores that are at most each (draws,) limit."""
        weight = drawn[:, self.rows].cumsum(axis=1)
        return self._at(weight, np.searchsorted(self.values, limit, side="right"))

    def threshold(self, drawn: Array, nominal: float) -> Array:
        """(draws,) the threshold of split conformal prediction; infinite where too few rows count."""
        weight = drawn[:, self.rows].cumsum(axis=1)
        needed = (weight[:, -1] + 1) * nominal - 1e-9
        place = (weight < needed[:, None]).sum(axis=1)
        return np.append(self.values, np.inf)[place]

    @staticmethod
    def _at(weight: Array, place: Codes) -> Array:
        return np.where(place > 0, np.take_along_axis(weight, np.maximum(place - 1, 0)[:, None], axis=1)[:, 0], 0.0)


@dataclass(frozen=True)
class Sets:
    """The conformal sets of one version: thresholds from the half calibrated on, values from the other."""

    rows: Rows
    nominal: float
    owner: Codes
    """(n,) whose threshold each row has."""
    strange: Array
    """(n,) nonconformity of the true class."""
    calibrated: tuple[Sorted, ...]
    """Of each owner, those of the half calibrated on."""

    @classmethod
    def of(cls, rows: Rows, half: NDArray[np.bool_], nominal: float, owner: Codes) -> Self:
        strange = nonconformity(rows.score, rows.truth)
        calibrated = tuple(_of(strange, half & (owner == one)) for one in range(int(owner.max()) + 1))
        return cls(rows, nominal, owner, strange, calibrated)

    def coverage(self, drawn: Array, where: NDArray[np.bool_]) -> Array:
        """(draws,) how often the set holds the truth, among these rows."""
        return self._mean(drawn, where, lambda there: _of(self.strange, there))

    def size(self, drawn: Array, where: NDArray[np.bool_]) -> Array:
        """(draws,) mean number of classes in the set."""
        return self._mean(drawn, where, self._classes)

    def _classes(self, where: NDArray[np.bool_]) -> Sorted:
        at = np.flatnonzero(where)
        return Sorted.of((1 - self.rows.score[at]).ravel(), np.repeat(at, self.rows.score.shape[1]))

    def _mean(self, drawn: Array, where: NDArray[np.bool_], conforming: Callable[[NDArray[np.bool_]], Sorted]) -> Array:
        total = np.zeros(len(drawn))
        for one, known in enumerate(self.calibrated):
            there = where & (self.owner == one)
            if there.any():
                total += conforming(there).upto(drawn, known.threshold(drawn, self.nominal))
        return over(total, drawn @ where.astype(float))


def of_sets(measure: Measure, rows: Rows, inside: NDArray[np.bool_]) -> Callable[[Array], Array] | None:
    """From (draws, rows) weights of all rows to (draws,) values of a measure of conformal sets in one slice.

    ``None`` where the rows do not know the halves or the columns. Of the coverage it is the distance from the nominal
    one.
    """
    options, half = dict(measure.setting), rows.calibrating
    columns = str(options["by"]).split(JOINT) if "by" in options else []
    if half is None or not set(columns) <= set(rows.groups):
        return None
    whole, code = finest({column: rows.groups[column] for column in columns}, len(half))
    *_, (grouping, place) = coarser(whole)
    group, nominal = place[code], float(options["level"])
    sets = Sets.of(rows, half, nominal, group if options.get("kind") == "mondrian" else np.zeros_like(group))
    measured = inside & ~half
    if measure.name == "uncertainty.conformal_set_size":
        return lambda drawn: sets.size(drawn, measured)
    if measure.name == "uncertainty.coverage_gap":
        each = [measured & (group == one) for one in range(len(grouping.parts))]
        return lambda drawn: gap(np.column_stack([sets.coverage(drawn, one) for one in each]))
    return lambda drawn: np.abs(sets.coverage(drawn, measured) - nominal)


def _of(values: Array, where: NDArray[np.bool_]) -> Sorted:
    return Sorted.of(values[where], np.flatnonzero(where))
