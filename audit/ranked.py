"""Rows ranked by score: how far apart the two outcomes lie, the areas under both curves, and what each row adds."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from audit.interval import Array
from audit.resample import drawn, over

AT_ONCE = 100_000
"""Numbers summed at a time: as many as stay near the processor."""
BLOCKS, FEWEST = 512, 16
"""Blocks of many plain rows, and rows in each at least."""
BETWEEN = 0.5826
"""Standard deviations of a block by which a walk exceeds, on average, what is seen of it at the ends of blocks."""


class Influenced(NamedTuple):
    """A value and its standard error, by the influence of each row."""

    value: float
    error: float


class Ranked(NamedTuple):
    """Rows from the highest score down; everything here is in that order."""

    order: NDArray[np.intp]
    came: NDArray[np.bool_]
    weight: Array
    unit: NDArray[np.generic] | None
    ends: NDArray[np.intp]
    """(runs,) position of the last row of each run of tied scores."""

    @classmethod
    def of(cls, score: Array, came: NDArray[np.bool_], weight: Array, unit: NDArray[np.generic] | None) -> Self:
        order = np.argsort(-score, kind="stable")
        ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
        return cls(order, came[order], weight[order], None if unit is None else unit[order], ends)

    @property
    def run(self) -> NDArray[np.intp]:
        """(rows,) the run that each row is in."""
        return np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=-1))

    def reached(self) -> tuple[Array, Array]:
        """(runs,) weights of those it happened to, and of the others, down to the end of each run."""
        return (self.weight * self.came).cumsum()[self.ends], (self.weight * ~self.came).cumsum()[self.ends]

    def apart(self) -> Array:
        """(runs,) signed difference of the shares of the two outcomes down to the end of each run."""
        hits, alarms = self.reached()
        return np.asarray(hits / hits[-1] - alarms / alarms[-1])

    def apart_again(self, draws: int, seed: int) -> Array:
        """(draws, 2) of the rows drawn again: how far any difference moves at most, and the new one where it is largest.

        The second has the sign that the largest difference has. NaN where only one outcome was drawn.
        """
        found = self.apart()
        best = int(np.abs(found).argmax())
        if self.unit is None and len(self.came) > FEWEST * BLOCKS and (self.weight == 1).all():
            return self._apart_by_blocks(found, best, draws, seed)
        side, each = np.sign(found[best]), np.column_stack([self.weight * self.came, self.weight * ~self.came])
        some = []
        for drawn_together in drawn(len(self.came), draws, seed, self.unit):
            parts = min(len(drawn_together), -(-drawn_together.size // AT_ONCE))
            for times in np.array_split(drawn_together, parts):
                of_hit, of_alarm = over(np.ones(1), times @ each).T[:, :, None]
                times *= self.weight
                times *= np.where(self.came, of_hit, -of_alarm)
                moved = times.cumsum(axis=1, out=times).take(self.ends, axis=1)
                at_best = side * moved[:, best]
                moved -= found
                some.append(np.column_stack([np.maximum(moved.max(axis=1), -moved.min(axis=1)), at_best]))
        return np.concatenate(some)

    def _apart_by_blocks(self, found: Array, best: int, draws: int, seed: int) -> Array:
        """The same, looked at after every block of rows; what moves further within a block is added on average.

        Source: Broadie, Glasserman and Kou 1997 (the maximum of a walk that is looked at now and then).
        """
        few = len(self.ends) <= BLOCKS
        places = np.searchsorted(self.ends, np.linspace(0, len(self.came) - 1, BLOCKS + 1)[1:])
        runs = np.arange(len(self.ends)) if few else np.unique(np.append(places, best))
        generator = np.random.default_rng(seed)
        hits, alarms = (
            generator.poisson(np.diff(one[runs], prepend=0), (draws, len(runs))).cumsum(axis=1)
            for one in self.reached()
        )
        moved = over(hits, hits[:, -1:]) - over(alarms, alarms[:, -1:])
        at_best = np.sign(found[best]) * moved[:, np.searchsorted(runs, best)]
        moved -= found[runs]
        step = 0.0 if few else np.sqrt(sum(1 / one[-1] for one in self.reached()) / len(runs))
        return np.column_stack([np.abs(moved).max(axis=1) + BETWEEN * step, at_best])

    def area(self) -> Influenced:
        """Area under the ROC curve: the share of pairs of both outcomes that are ranked right, ties counting half.

        Source: Mann and Whitney 1947; DeLong et al. 1988, whose placements are what each row adds.
        """
        hits, alarms = self.reached()
        above = hits - np.diff(hits, prepend=0) / 2
        below = alarms[-1] - alarms + np.diff(alarms, prepend=0) / 2
        placement = np.where(self.came, below[self.run] / alarms[-1], above[self.run] / hits[-1])
        value = float(np.diff(alarms, prepend=0) @ above / hits[-1] / alarms[-1])
        return self._influenced(value, (placement - value) / np.where(self.came, hits[-1], alarms[-1]))

    def precision(self) -> Influenced:
        """Average precision: the mean over those it happened to of the precision at their score.

        The influence of a row is the derivative of the value by its weight. Source: Davis and Goadrich 2006; Hampel 1974.
        """
        hits, alarms = self.reached()
        everyone, gained = hits + alarms, np.diff(hits, prepend=0)
        precise = np.nan_to_num(over(hits, everyone))
        value = float(gained @ precise / hits[-1])
        each = np.nan_to_num(over(gained, everyone))
        more, less = (one[::-1].cumsum()[::-1][self.run] for one in (each, each * precise))
        return self._influenced(value, (self.came * (precise[self.run] - value + more) - less) / hits[-1])

    def _influenced(self, value: float, influence: Array) -> Influenced:
        """Rows of one unit vary together."""
        each = self.weight * influence
        if self.unit is not None:
            each = np.bincount(np.unique(self.unit, return_inverse=True)[1], each).astype(float)
        return Influenced(value, float(np.sqrt(each @ each)))
