"""Means of a bounded value, and intervals of resampled values, for everybody and within every group."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import fields

import numpy as np

from audit.estimate import LEVELS, Setting, banded, undefined
from audit.interval import Array, clopper_pearson, mid_p
from audit.mean_gap import Estimate, of_calibration, of_means
from audit.measure import Condition, Measure
from audit.moments import Means, Moments
from audit.tally import EVERYONE

METHOD = "mid-P of effective counts"


def bounded_means(
    name: str, values: np.ndarray, groups: Mapping[str, np.ndarray], floor: float, ceiling: float, *,
    level: float = 0.95, setting: Setting = (), weight: np.ndarray | None = None, unit: np.ndarray | None = None,
    ways: Container[str] | None = None,
) -> Iterator[Measure]:  # fmt: skip
    """The mean of a value between floor and ceiling, over everybody and in every group, or for some ways of grouping."""
    moments = Moments.of({name: values}, groups, weight, unit)
    for by in moments.grouping:
        if ways is not None and by not in ways:
            continue
        found = of_means(_there(moments, name, by), floor, ceiling)
        yield from _each(name, found, moments, by, level, setting)


def mean_errors(
    name: str, score: np.ndarray, outcome: np.ndarray, groups: Mapping[str, np.ndarray], *, level: float = 0.95,
    setting: Setting = (), weight: np.ndarray | None = None, unit: np.ndarray | None = None, everyone: bool = True,
) -> Iterator[Measure]:  # fmt: skip
    """Mean stated probability minus share of the outcome; over everybody if asked, and in every group."""
    moments = Moments.of({"error": score - outcome, "outcome": outcome}, groups, weight, unit)
    for by in moments.grouping:
        if everyone or by != EVERYONE:
            found = of_calibration(_there(moments, "error", by), _there(moments, "outcome", by))
            yield from _each(name, found, moments, by, level, setting)


def resampled(
    name: str, found: float, again: Array, n: int, *, level: float = 0.95, setting: Setting = (),
    slice: tuple[Condition, ...] = (), most: float = 1.0, least: float = 0.0, note: str = "",
) -> Measure:  # fmt: skip
    """A value with the percentiles of its replicates by resampling rows.

    Where resampling shows no variation it says nothing. Then the interval holds what rows unlike all that were seen
    could do, which are at most as many as Clopper-Pearson allows for 0 of n.
    """
    known = again[np.isfinite(again)]
    bands, method = {}, "bootstrap of rows"
    for one in sorted({*LEVELS, level}):
        low, high = np.quantile(known, [(1 - one) / 2, (1 + one) / 2]) if len(known) else (found, found)
        if not len(known) or np.ptp(known) < 1e-12:
            reach, method = float(clopper_pearson(0, n, one)[1]) * (most - least), "Clopper-Pearson of rows unseen"
            low, high = found - reach, found + reach
        bands[one] = (max(least, min(float(low), found)), min(most, max(float(high), found)))
    return banded(name, found, bands, method, level=level, setting=setting, slice=slice, n=n, note=note)


def _there(moments: Moments, value: str, by: str) -> Means:
    """The means of the groups whose rows count for anything."""
    means, counting = moments.means(value, by), _counting(moments, by)
    return Means(*(getattr(means, one.name)[counting] for one in fields(means)))


def _counting(moments: Moments, by: str) -> np.ndarray:
    return np.asarray(moments.centre[by][:, 0] * moments.units[by] > 0)


def _each(name: str, found: Estimate, moments: Moments, by: str, level: float, setting: Setting) -> Iterator[Measure]:
    limits = {one: found.limits(mid_p, one) for one in {*LEVELS, level}}
    counting, grouping, n = _counting(moments, by), moments.grouping[by], moments.units[by]
    place = counting.cumsum() - 1
    for position, counts in enumerate(counting):
        where = grouping.slice(position)
        if not counts:
            yield undefined(name, "the rows of this group have no weight", setting=setting, slice=where, n=0)
            continue
        at = int(place[position])
        bands = {one: (float(low[at]), float(high[at])) for one, (low, high) in limits.items()}
        yield banded(
            name, float(found.value[at]), bands, METHOD, level=level, setting=setting, slice=where, n=int(n[position])
        )
