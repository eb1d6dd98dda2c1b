"""Numbers of two versions that need the scores of every row: resampled together on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit import paired_numbers
from audit.bootstrap import Draws
from audit.conformal import alike
from audit.contribution import key
from audit.interval import Array
from audit.measure import Measure
from audit.paired_counts import Key
from audit.paired_scores import Statistic, statistic
from audit.paired_sets import NAMES, of_sets
from audit.resample import drawn as rows_drawn
from audit.rows import Rows

MEDIANS = ("explainability.completeness_error",)
"""Numbers that are the median of what each example contributes."""
MOST = 5_000
"""Rows beyond which a seeded sample of as many is resampled."""


@dataclass(frozen=True)
class Part:
    """The rows of one slice, and what is asked of both versions there."""

    place: NDArray[np.intp]
    """Positions among the rows that are resampled."""
    asked: dict[Key, tuple[Statistic, Statistic]]

    def gains(self, weight: Array) -> list[Array]:
        """(draws,) second minus first of every number, from (draws, rows) weights."""
        inside = weight if len(self.place) == weight.shape[1] else weight[:, self.place]
        gains = [np.full(len(inside), np.nan) for _ in self.asked]
        there = inside.sum(axis=1) > 0
        drawn = inside if there.all() else inside[there]
        for gain, (before, after) in zip(gains, self.asked.values(), strict=True):
            gain[there] = after(drawn) - before(drawn)
        return gains


def resampled(
    measures: list[Measure], first: Rows, second: Rows, favourable: int | None, draws: int, seed: int
) -> dict[Key, Draws]:
    """Second minus first of every measure of scores that is known here, by one bootstrap of the rows (or units) for all.

    The value is that of all rows; beyond 5,000 the replicates are those of a sample, brought to its size.
    """
    everyone = np.arange(len(second.truth))
    chosen, shrink = _sample(second, seed)
    parts = _parts(measures, first, second, favourable, chosen)
    if not parts:
        return {}
    weight = _weight(second, chosen)
    unit = None if second.unit is None else second.unit[chosen]
    table = [_gains(parts, times * weight) for times in rows_drawn(len(chosen), draws, seed, unit)]
    value, replicates = _gains(parts, weight[None])[0], np.concatenate(table)
    if len(chosen) < len(everyone):
        whole = _gains(_parts(measures, first, second, favourable, everyone), _weight(second, everyone)[None])[0]
        value, replicates = whole, whole + (replicates - value) * shrink
    keys = [key for part in parts for key in part.asked]
    return {
        key: Draws(float(one), column[np.isfinite(column)], float(np.mean(~np.isfinite(column))))
        for key, one, column in zip(keys, value, replicates.T, strict=True)
    }


def _sample(rows: Rows, seed: int) -> tuple[NDArray[np.intp], float]:
    """Positions of at most about 5,000 rows, whole units, and how much surer all of them are."""
    unit = np.arange(len(rows.truth)) if rows.unit is None else np.unique(rows.unit, return_inverse=True)[1]
    units = int(unit.max()) + 1
    some = min(units, max(2, round(units * MOST / len(unit))))
    if some >= units:
        return np.arange(len(unit)), 1.0
    picked = np.zeros(units, dtype=bool)
    picked[np.random.default_rng(seed).permutation(units)[:some]] = True
    return np.flatnonzero(picked[unit]), float(np.sqrt(some / units))


def _parts(
    measures: list[Measure], first: Rows, second: Rows, favourable: int | None, chosen: NDArray[np.intp]
) -> list[Part]:
    before, after = (rows.take(chosen) for rows in (first, second))
    found: dict[str, Part] = {}
    for measure in measures:
        inside = after.inside(measure.slice)
        if inside is None or not inside.any():
            continue
        if measure.name in NAMES:
            part = found.setdefault("", Part(np.arange(len(inside)), {}))
            made = [of_sets(measure, rows, inside) for rows in (before, after)]
        else:
            part = found.setdefault(measure.slice_text, Part(np.flatnonzero(inside), {}))
            made = [_statistic(measure, rows, part.place, favourable) for rows in (before, after)]
        if made[0] is not None and made[1] is not None:
            part.asked[measure.key] = made[0], made[1]
    return [part for part in found.values() if part.asked]


def _statistic(measure: Measure, rows: Rows, place: NDArray[np.intp], favourable: int | None) -> Statistic | None:
    if measure.name in MEDIANS:
        values = rows.contributions.get(key(measure.name, measure.setting))
        return None if values is None else paired_numbers.median(values[place])
    if not rows.decides:
        return paired_numbers.statistic(measure, rows, place)
    return statistic(measure, rows, place, favourable)


def _gains(parts: list[Part], weight: Array) -> Array:
    return np.column_stack([gain for part in parts for gain in part.gains(weight)])


def _weight(rows: Rows, chosen: NDArray[np.intp]) -> Array:
    """As given, with a mean of 1 over those that count."""
    return np.ones(len(chosen)) if rows.weight is None else alike(rows.weight[chosen])
