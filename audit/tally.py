"""Mergeable counts: who is in which group, what was true, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.dispersion import Dispersion
from audit.grouping import Codes, Grouping, coarser, finest
from audit.measure import Condition
from audit.weight import Weights

EVERYONE = ""
"""The one group of all examples, under the grouping of the same name."""
Rate = tuple[NDArray[Any], NDArray[Any]]
"""(k, n), each (groups,): whole numbers, or effective counts where rows are weighted or belong to units."""


@dataclass(frozen=True)
class Tally:
    """Label counts by group, truth and decision, for every way of grouping and every intersection of two or three.

    ``counts[by]`` has shape (groups, classes, classes): group x truth x decision; sums of weights where rows are
    weighted. Anything that is a function of these counts can be computed, resampled and merged over shards without the
    rows.
    """

    classes: tuple[str, ...]
    favourable: int | None
    grouping: dict[str, Grouping]
    counts: dict[str, NDArray[Any]]
    dispersion: dict[str, Dispersion] | None = None
    """Only where rows are weighted or belong to units; cells are (truth, decision) in row order."""
    unit_ids: NDArray[np.uint64] | None = None
    """Hashes of the units seen, sorted: a unit must lie within one shard."""

    @classmethod
    def of(
        cls,
        truth: ArrayLike,
        decision: ArrayLike,
        groups: Mapping[str, Any],
        classes: tuple[str, ...],
        favourable: int | None = None,
        weight: ArrayLike | None = None,
        unit: ArrayLike | None = None,
    ) -> Self:
        """Count rows.

        truth, decision: (n,) positions in ``classes``. groups: (n,) labels by column; a missing one is ``unknown``.
        weight: (n,) from 0, not all 0. unit: (n,) whom a row belongs to. Raises ``ValueError`` for weights that cannot
        be weights.
        """
        truth, decision = np.asarray(truth, dtype=np.intp), np.asarray(decision, dtype=np.intp)
        weights = Weights.of(len(truth), weight, unit)
        size = len(classes) ** 2  # cells of truth x decision
        whole, code = finest(groups, len(truth))
        cell = truth * len(classes) + decision
        fine = _counted(code * size + cell, len(whole.parts) * size, weights).reshape(-1, size)
        grouping: dict[str, Grouping] = {}
        counts: dict[str, NDArray[Any]] = {}
        dispersion: dict[str, Dispersion] = {}
        for one, place in coarser(whole):
            grouping[one.by] = one
            summed = np.zeros((len(one.parts), size), dtype=fine.dtype)
            np.add.at(summed, place, fine)
            counts[one.by] = summed.reshape(-1, len(classes), len(classes))
            if weights is not None:
                at = place[code] * size + cell
                dispersion[one.by] = Dispersion.of_cells(at, len(one.parts), size, weights.weight, weights.unit)
        ids = weights.ids if weights else None
        return cls(classes, favourable, grouping, counts, dispersion or None, ids)

    def __add__(self, other: Self) -> Self:
        """The tally of both shards together. Groups may differ; classes, columns and whether there are weights may not.

        Raises ``ValueError`` where they do, or where both shards have rows of one unit.
        """
        self._same_kind(other)
        grouping = {by: one.union(other.grouping[by]) for by, one in self.grouping.items()}
        counts = {by: self._aligned(by, one) + other._aligned(by, one) for by, one in grouping.items()}
        mine, theirs = self.dispersion, other.dispersion
        merged = None
        if mine is not None and theirs is not None:
            merged = {
                by: mine[by].take(self.grouping[by].positions(one), len(one.parts))
                + theirs[by].take(other.grouping[by].positions(one), len(one.parts))
                for by, one in grouping.items()
            }
        ids = self.unit_ids
        if ids is not None and other.unit_ids is not None:
            ids = np.union1d(ids, other.unit_ids)
        return type(self)(self.classes, self.favourable, grouping, counts, merged, ids)

    def _same_kind(self, other: Self) -> None:
        mine, theirs = ((t.classes, t.favourable, set(t.grouping), t.dispersion is None) for t in (self, other))
        if mine != theirs:
            raise ValueError(
                f"Shards differ: {self.classes} by {sorted(self.grouping)}, {other.classes} by {sorted(other.grouping)}."
            )
        if self.unit_ids is not None and other.unit_ids is not None:
            both = len(np.intersect1d(self.unit_ids, other.unit_ids))
            if both:
                raise ValueError(
                    f"{both} units have rows in both shards; sort the data by unit so that each lies in one."
                )

    def _aligned(self, by: str, within: Grouping) -> NDArray[Any]:
        mine = self.counts[by]
        aligned = np.zeros((len(within.parts), *mine.shape[1:]), dtype=mine.dtype)
        aligned[self.grouping[by].positions(within)] = mine
        return aligned

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """Group names per way of grouping, in the order of ``counts``."""
        return {by: one.names if by else (EVERYONE,) for by, one in self.grouping.items()}

    @property
    def groupings(self) -> tuple[str, ...]:
        """The ways of grouping, single columns first, without the one of everybody."""
        return tuple(by for by in self.counts if by != EVERYONE)

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns that a way of grouping is made of."""
        return {by: one.columns for by, one in self.grouping.items()}

    def slice(self, by: str, position: int) -> tuple[Condition, ...]:
        """The conditions that say who is in a group."""
        return self.grouping[by].slice(position)

    @property
    def total(self) -> NDArray[Any]:
        """(classes, classes) truth x decision over everybody."""
        whole: NDArray[Any] = self.counts[EVERYONE][0]
        return whole

    @property
    def scatter(self) -> NDArray[np.float64] | None:
        """(cells, cells) how the counts of everybody vary; ``None`` where rows are independent and count alike."""
        return None if self.dispersion is None else self.dispersion[EVERYONE].scatter[0]

    @property
    def note(self) -> str:
        """What to say of every n, where it is not simply rows."""
        if self.dispersion is None:
            return ""
        all_of_them = self.dispersion[EVERYONE]
        rows, units = int(all_of_them.rows.sum()), int(all_of_them.units.sum())
        return (
            f"n is an effective size: {rows} rows of {units} units"
            if units < rows
            else f"n is the effective size of {rows} weighted rows"
        )

    def rate(self, by: str, hit: ArrayLike, among: ArrayLike) -> Rate:
        """Rows in the cells ``hit`` among those in the cells ``among``, per group; both masks (classes, classes)."""
        size = len(self.classes) ** 2
        top, bottom = np.asarray(hit, dtype=bool).reshape(size), np.asarray(among, dtype=bool).reshape(size)
        counts = self.counts[by].reshape(-1, size)
        if self.dispersion is not None:
            return self.dispersion[by].effective(counts, top, bottom)
        return counts @ top, counts @ bottom

    def right(self, by: str) -> Rate:
        """Right decisions and all examples, per group."""
        size = len(self.classes)
        return self.rate(by, np.eye(size), np.ones((size, size)))

    def decided(self, by: str, decision: int) -> Rate:
        """Examples decided so and all examples, per group."""
        size = len(self.classes)
        return self.rate(by, self._decided(decision), np.ones((size, size)))

    def found(self, by: str, positive: int) -> Rate:
        """True positives and actual positives of a class, per group: the true positive rate."""
        truly = self._truly(positive)
        return self.rate(by, truly & self._decided(positive), truly)

    def false_alarms(self, by: str, positive: int) -> Rate:
        """False positives and actual negatives of a class, per group: the false positive rate."""
        others = ~self._truly(positive)
        return self.rate(by, others & self._decided(positive), others)

    def precise(self, by: str, positive: int) -> Rate:
        """True positives and those decided as the class, per group: the positive predictive value."""
        decided = self._decided(positive)
        return self.rate(by, decided & self._truly(positive), decided)

    def precise_negative(self, by: str, positive: int) -> Rate:
        """True negatives and those not decided as the class, per group: the negative predictive value."""
        decided = ~self._decided(positive)
        return self.rate(by, decided & ~self._truly(positive), decided)

    def _truly(self, one: int) -> NDArray[np.bool_]:
        mask = np.zeros((len(self.classes), len(self.classes)), dtype=bool)
        mask[one] = True
        return mask

    def _decided(self, one: int) -> NDArray[np.bool_]:
        return self._truly(one).T


def share(hit: ArrayLike, weight: ArrayLike | None = None, unit: ArrayLike | None = None) -> tuple[float, float]:
    """(k, n) how many of all examples are hit; effective counts where rows are weighted or belong to units."""
    said = np.asarray(hit, dtype=np.intp)
    (k,), (n,) = Tally.of(said, said, {}, ("no", "yes"), weight=weight, unit=unit).decided(EVERYONE, 1)
    return float(k), float(n)


def _counted(cell: Codes, cells: int, weights: Weights | None) -> NDArray[Any]:
    return np.bincount(cell, minlength=cells) if weights is None else np.bincount(cell, weights.weight, cells)
