"""Mergeable counts: who is in which group, what was true, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

EVERYONE = ""
"""The one group of all examples, under the grouping of the same name."""


@dataclass(frozen=True)
class Tally:
    """Label counts by group, truth and decision, for every way of grouping.

    ``counts[by]`` has shape (groups, classes, classes): group x truth x decision. Anything that is a function of these
    counts can be computed, resampled and merged over shards without the rows.
    """

    classes: tuple[str, ...]
    favourable: int | None
    names: dict[str, tuple[str, ...]]
    """Group names per way of grouping, in the order of ``counts``."""
    counts: dict[str, np.ndarray]

    @classmethod
    def of(
        cls,
        truth: np.ndarray,
        decision: np.ndarray,
        groups: dict[str, np.ndarray],
        classes: tuple[str, ...],
        favourable: int | None = None,
    ) -> Self:
        """Count rows. ``truth`` and ``decision`` are (n,) positions in ``classes``; ``groups`` (n,) text per grouping."""
        size = len(classes)
        names: dict[str, tuple[str, ...]] = {}
        counts: dict[str, np.ndarray] = {}
        for by, labels in {EVERYONE: np.full(len(truth), EVERYONE), **groups}.items():
            found, code = np.unique(labels.astype(str), return_inverse=True)
            cell = (code * size + truth) * size + decision
            names[by] = tuple(found.tolist())
            counts[by] = np.bincount(cell, minlength=len(found) * size * size).reshape(len(found), size, size)
        return cls(classes, favourable, names, counts)

    def __add__(self, other: Self) -> Self:
        """The tally of both shards together. Groups may differ; classes and groupings may not."""
        if (self.classes, self.favourable, set(self.names)) != (other.classes, other.favourable, set(other.names)):
            raise ValueError(
                f"Shards differ: {self.classes} by {sorted(self.names)}, {other.classes} by {sorted(other.names)}."
            )
        names = {by: tuple(sorted({*self.names[by], *other.names[by]})) for by in self.names}
        counts = {by: self._aligned(by, names[by]) + other._aligned(by, names[by]) for by in names}
        return type(self)(self.classes, self.favourable, names, counts)

    def _aligned(self, by: str, names: tuple[str, ...]) -> np.ndarray:
        aligned = np.zeros((len(names), len(self.classes), len(self.classes)), dtype=np.int64)
        aligned[np.searchsorted(names, self.names[by])] = self.counts[by]
        return aligned

    @property
    def groupings(self) -> tuple[str, ...]:
        """The ways of grouping, without the one of everybody."""
        return tuple(by for by in self.counts if by != EVERYONE)

    @property
    def total(self) -> np.ndarray:
        """(classes, classes) truth x decision over everybody."""
        return self.counts[EVERYONE][0]

    def right(self, by: str) -> tuple[np.ndarray, np.ndarray]:
        """Right decisions and all examples, per group."""
        counts = self.counts[by]
        return np.trace(counts, axis1=1, axis2=2), counts.sum(axis=(1, 2))

    def decided(self, by: str, decision: int) -> tuple[np.ndarray, np.ndarray]:
        """Examples decided so and all examples, per group."""
        counts = self.counts[by]
        return counts[:, :, decision].sum(axis=1), counts.sum(axis=(1, 2))

    def found(self, by: str, positive: int) -> tuple[np.ndarray, np.ndarray]:
        """True positives and actual positives of a class, per group: the true positive rate."""
        counts = self.counts[by][:, positive]
        return counts[:, positive], counts.sum(axis=1)

    def false_alarms(self, by: str, positive: int) -> tuple[np.ndarray, np.ndarray]:
        """False positives and actual negatives of a class, per group: the false positive rate."""
        counts = np.delete(self.counts[by], positive, axis=1)
        return counts[:, :, positive].sum(axis=1), counts.sum(axis=(1, 2))
