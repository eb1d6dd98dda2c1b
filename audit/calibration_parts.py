"""Calibration errors of many classes or groups at once, on one set of draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import scipy
from numpy.typing import NDArray

from audit.alike import Alike
from audit.calibration import Codes, counter, perfect
from audit.evidence import Predictions
from audit.grouping import Grouping, coarser, finest
from audit.interval import Array
from audit.resample import drawn, over

FINER = 4
"""Cells of rows that are alike, in a bin."""


@dataclass(frozen=True)
class Parts:
    """Scores in disjoint parts (a class, a group of the finest intersection), and wholes that are made of them."""

    predictions: Predictions
    score: Array
    """(rows, columns)."""
    label: Codes
    """(rows, columns) the class that each score is of."""
    part: Codes
    """(rows, columns)."""
    merge: scipy.sparse.csr_array
    """(wholes, parts): 1 where a part belongs to a whole."""
    bins: int

    @classmethod
    def of_classes(cls, predictions: Predictions, chosen: list[int], bins: int) -> Self:
        """Every chosen class against all others."""
        shape = (len(predictions.truth), len(chosen))
        label, part = np.broadcast_to(chosen, shape), np.broadcast_to(np.arange(len(chosen)), shape)
        merge = scipy.sparse.csr_array(np.eye(len(chosen)))
        return cls(predictions, predictions.score[:, chosen], label, part, merge, bins)

    @classmethod
    def of_groups(
        cls, predictions: Predictions, label: Codes, groups: dict[str, NDArray[np.generic]], bins: int
    ) -> tuple[Self, list[Grouping]]:
        """Everybody, then every group of every way of grouping, by the score of the class that each row has in ``label``."""
        whole, code = finest(groups, len(label))
        ways = [(one, place) for one, place in coarser(whole)]
        before = np.cumsum([0, *(len(one.parts) for one, _ in ways)])
        rows = np.concatenate([place + start for (_, place), start in zip(ways, before[:-1], strict=True)])
        columns = np.tile(np.arange(len(whole.parts)), len(ways))
        merge = scipy.sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(before[-1], len(whole.parts)))
        score = np.take_along_axis(predictions.score, label[:, None], axis=1)
        return cls(predictions, score, label[:, None], code[:, None], merge, bins), [one for one, _ in ways]

    @property
    def outcome(self) -> Array:
        return (self.predictions.truth[:, None] == self.label).astype(float)

    @property
    def weight(self) -> Array:
        given = self.predictions.weight
        return np.ones(len(self.score)) if given is None else np.asarray(given, dtype=float)

    @property
    def cell(self) -> Codes:
        """(rows, columns) positions in parts x bins."""
        return self.part * self.bins + np.minimum((self.score * self.bins).astype(np.intp), self.bins - 1)

    @property
    def _marks(self) -> Iterator[Codes]:
        """What rows that are alike agree in."""
        yield from (*self.label.T, *self.cell.T, *(self.score.T * self.bins * FINER).astype(np.intp))

    @property
    def rows(self) -> NDArray[np.int64]:
        """(wholes,) how many rows each rests on."""
        return np.asarray(self.merge @ np.bincount(self.part.ravel(), minlength=self.parts)).astype(np.int64)

    @property
    def parts(self) -> int:
        return int(self.merge.shape[1])

    def found(self) -> Array:
        """(wholes,) expected calibration errors; NaN for one whose rows have no weight."""
        return self._errors(self._summed(self.score - self.outcome), self._size())[0]

    def null(self, draws: int, seed: int) -> Array:
        """(draws, wholes) errors under perfect calibration, from the same draws of every row's class."""
        said, size, alike = self._summed(self.score), self._size(), Alike.of(self.predictions, *self._marks)
        fallen = self._fallen_alike(alike, draws, seed) if alike else self._fallen(draws, seed)
        return np.concatenate([self._errors(said - came, size) for came in fallen])

    def _fallen(self, draws: int, seed: int) -> Iterator[Array]:
        """(some draws, parts x bins) how often every score's class was drawn as if the scores were true."""
        cell, size, given = self.cell, self.parts * self.bins, self.predictions.weight
        columns = [(of, counter(cell[:, column], size, given)) for column, of in enumerate(self.label.T)]
        for label in perfect(self.predictions.score, draws, seed):
            yield np.asarray(sum(count(label == of) for of, count in columns))

    def _fallen_alike(self, alike: Alike, draws: int, seed: int) -> Iterator[Array]:
        cell, of = self.cell[alike.first], self.label[alike.first]
        counts = [counter(cell[:, column], self.parts * self.bins) for column in range(cell.shape[1])]
        for label in alike.perfect(self.predictions.score, draws, seed):
            came = np.take_along_axis(label, of[None], axis=2)
            yield np.asarray(sum(count(came[..., column]) for column, count in enumerate(counts)))

    def again(self, draws: int, seed: int) -> Array:
        """(draws, wholes) errors of the rows drawn again; NaN where a whole was not drawn."""
        columns = self.score.shape[1]
        place = np.repeat(np.arange(len(self.score)), columns)
        residual = (self.score - self.outcome).ravel()
        shape = (self.parts * self.bins, len(self.score))
        apart = scipy.sparse.csr_array((residual, (self.cell.ravel(), place)), shape=shape)
        size = scipy.sparse.csr_array(
            (np.ones(len(place)), (self.part.ravel(), place)), shape=(self.parts, len(self.score))
        )
        alike = Alike.of(self.predictions, *self._marks, self.predictions.truth)
        if alike:
            apart, size, again = alike.mean(apart), alike.mean(size), alike.again(draws, seed)
        else:
            again = (times * self.weight for times in drawn(len(self.score), draws, seed, self.predictions.unit))
        return np.concatenate([self._errors((apart @ times.T).T, (size @ times.T).T) for times in again])

    def _summed(self, values: Array) -> Array:
        """(1, parts x bins) weighted sums."""
        weighted = (values * self.weight[:, None]).ravel()
        return np.asarray(np.bincount(self.cell.ravel(), weighted, self.parts * self.bins)[None], dtype=float)

    def _size(self) -> Array:
        """(1, parts) sums of weights."""
        weight = np.repeat(self.weight, self.part.shape[1])
        return np.asarray(np.bincount(self.part.ravel(), weight, self.parts)[None], dtype=float)

    def _errors(self, apart: Array, size: Array) -> Array:
        """(draws, wholes) from (draws, parts x bins) sums of score minus outcome and (draws or 1, parts) sizes."""
        table = apart.reshape(-1, self.parts, self.bins).transpose(1, 0, 2).reshape(self.parts, -1)
        merged = (self.merge @ table).reshape(self.merge.shape[0], -1, self.bins)
        return over(np.abs(merged).sum(axis=2).T, (self.merge @ size.T).T)
