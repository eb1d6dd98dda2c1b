"""From counts and draws to measures: the bridge between statistics and records, and an interval at any level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from audit.bootstrap import gaussian_bootstrap, multinomial_bootstrap
from audit.contrast import Extreme, debiased_difference, largest_difference, smallest_ratio
from audit.interval import clopper_pearson, mid_p
from audit.measure import Bound, Condition, Count, Interval, Measure, direction
from audit.moments import Moments
from audit.quantile import student_isf
from audit.report import Exhibit
from models.record import Scalar

Setting = tuple[tuple[str, Scalar], ...]
LEVELS = (0.8, 0.9, 0.95, 0.99, 0.999)
"""Levels kept where an interval cannot be made again from counts."""


def proportion(
    name: str,
    k: float,
    n: float,
    *,
    level: float = 0.95,
    setting: Setting = (),
    slice: tuple[Condition, ...] = (),
    bound: Bound = "exact",
    note: str = "",
) -> Measure:
    """``k`` of ``n``: shown with its mid-P interval, judged on Clopper-Pearson."""
    if n <= 0:
        return undefined(name, "there is no such example in the split", setting=setting, slice=slice, n=0)
    count = _count(k, n)
    return Measure(
        name=name,
        value=float(k / n),
        better=direction(name),
        setting=setting,
        slice=slice,
        n=round(n),
        bound=bound,
        estimator="proportion",
        counts=(count,),
        intervals=(_interval(mid_p(k, n, level), level, "mid-P"), _exact(k, n, level)),
        note=_noted(note, (count,)),
    )


def undefined(
    name: str, reason: str, *, setting: Setting = (), slice: tuple[Condition, ...] = (), n: int | None = None
) -> Measure:
    """A measure that does not exist here, and why."""
    return Measure(name=name, value=None, reason=reason, better=direction(name), setting=setting, slice=slice, n=n)


def number(
    name: str,
    value: float,
    *,
    setting: Setting = (),
    slice: tuple[Condition, ...] = (),
    n: int | None = None,
    unit: str = "",
    note: str = "",
) -> Measure:
    """A number without sampling: another sample of people would not change it, or it already speaks of chance."""
    return Measure(
        name=name, value=float(value), better=direction(name), setting=setting, slice=slice, n=n, unit=unit,
        sampled=False, note=note,
    )  # fmt: skip


def resampled(
    name: str,
    counts: np.ndarray,
    statistic: Callable[[np.ndarray], np.ndarray],
    *,
    seed: int,
    setting: Setting = (),
    slice: tuple[Condition, ...] = (),
    level: float = 0.95,
    draws: int = 2000,
    n: int | None = None,
    note: str = "",
    scatter: np.ndarray | None = None,
) -> Measure:
    """A function of counts with percentile intervals of replicates of the counts: the row bootstrap, without the rows.

    scatter: how the counts vary where rows are weighted or belong to units (``Tally.scatter``).
    """

    def column(part: np.ndarray) -> np.ndarray:
        return statistic(part)[:, None]

    if scatter is None:
        (found,), method = multinomial_bootstrap(counts, column, draws, seed), "multinomial bootstrap"
    else:
        (found,), method = gaussian_bootstrap(counts, scatter, column, draws, seed), "Gaussian bootstrap of units"
    if not np.isfinite(found.value):
        return undefined(name, "its denominator is zero in this split", setting=setting, slice=slice, n=n)
    bands = {one: found.interval(one) for one in sorted({*LEVELS, level})}
    return banded(
        name, found.value, bands, method, level=level, setting=setting, slice=slice,
        n=int(counts.sum()) if n is None else n, note=note,
    )  # fmt: skip


def banded(
    name: str,
    value: float,
    bands: dict[float, tuple[float, float]],
    method: str,
    *,
    level: float = 0.95,
    setting: Setting = (),
    slice: tuple[Condition, ...] = (),
    n: int | None = None,
    unit: str = "",
    note: str = "",
) -> Measure:
    """A value with an interval at several levels, the one of ``level`` first."""
    order = sorted(bands, key=lambda one: (one != level, one))
    return Measure(
        name=name,
        value=float(value),
        better=direction(name),
        setting=setting,
        slice=slice,
        n=n,
        unit=unit,
        intervals=tuple(_interval(bands[one], one, method) for one in order),
        note=note,
    )


def mean(
    name: str,
    values: np.ndarray,
    *,
    level: float = 0.95,
    setting: Setting = (),
    slice: tuple[Condition, ...] = (),
    floor: float = -np.inf,
    ceiling: float = np.inf,
    note: str = "",
    weight: np.ndarray | None = None,
    unit: np.ndarray | None = None,
) -> Measure:
    """Mean of one value per example, with Student's interval cut at what is possible; n in units where there are some."""
    means = Moments.of({name: values}, {}, weight, unit).means(name)
    n, value = int(means.n[0]), float(means.value[0])
    error = float(means.error[0]) if n > 1 else np.inf
    bands = {}
    for one in sorted({*LEVELS, level}):
        reach = student_isf((1 - one) / 2, n - 1) * error if n > 1 else np.inf
        low, high = max(floor, value - reach), min(ceiling, value + reach)
        if np.isfinite(low) and np.isfinite(high):
            bands[one] = (low, high)
    return banded(name, value, bands, "Student's t", level=level, setting=setting, slice=slice, n=n, note=note)


def difference(
    name: str,
    k: np.ndarray,
    n: np.ndarray,
    labels: Sequence[str],
    *,
    level: float = 0.95,
    setting: Setting = (),
    blocks: Sequence[str] | None = None,
) -> Measure:
    """Largest difference of rates between groups, with the debiased value in the note."""
    return _contrast(name, k, n, labels, blocks, level, setting, "largest_difference")


def ratio(
    name: str,
    k: np.ndarray,
    n: np.ndarray,
    labels: Sequence[str],
    *,
    level: float = 0.95,
    setting: Setting = (),
    blocks: Sequence[str] | None = None,
) -> Measure:
    """Smallest ratio of rates between groups."""
    return _contrast(name, k, n, labels, blocks, level, setting, "smallest_ratio")


def ranking(name: str, title: str, measures: dict[str, Measure], value: str, unit: str, n: int) -> Exhibit:
    """The columns of a table by what was measured of each, largest first; ``{}`` in the title is the first of them."""
    rows = []
    for column, one in sorted(measures.items(), key=lambda pair: -(pair[1].value or 0.0)):
        shown = one.shown()
        rows.append((column, one.value, shown and shown.low, shown and shown.high))
    return Exhibit(
        name=name, title=title.format(rows[0][0]), columns=("column", value, "low", "high"), rows=tuple(rows),
        chart="bars", unit=unit, n=n,
    )  # fmt: skip


def at(measure: Measure, level: float) -> Interval | None:
    """The interval a rule is judged on, at any level: made again from the counts, or the narrowest kept that suffices."""
    if measure.value is None:
        return None
    if measure.estimator == "proportion":
        (count,) = measure.counts
        return _exact(count.k, count.n, level)
    if measure.estimator is not None:
        return _interval_of(_extreme(measure.estimator, measure.counts, level), measure.counts, level)
    enough = [one for one in measure.intervals if one.level >= level - 1e-12]
    return min(enough, key=lambda one: one.level) if enough else None


def _contrast(
    name: str, k: np.ndarray, n: np.ndarray, labels: Sequence[str], blocks: Sequence[str] | None, level: float,
    setting: Setting, estimator: str,
) -> Measure:  # fmt: skip
    kinds = list(blocks) if blocks is not None else [""] * len(labels)
    counts = tuple(_count(a, b, label, kind) for a, b, label, kind in zip(k, n, labels, kinds, strict=True) if b > 0)
    sizes = [sum(one.block == kind for one in counts) for kind in dict.fromkeys(kinds)]
    if max(sizes, default=0) < 2:
        left = ", ".join(f"{one.label} ({one.k:g} of {one.n:g})" for one in counts) or "none"
        return undefined(name, f"a gap needs two groups with such examples; there is: {left}", setting=setting)
    extreme = _extreme(estimator, counts, level)
    if extreme.value is None:
        return undefined(name, "no group has any such outcome, so a ratio does not exist", setting=setting)
    return Measure(
        name=name,
        value=extreme.value,
        better=direction(name),
        setting=setting,
        n=round(sum(one.n for one in counts)),
        estimator=estimator,
        counts=counts,
        intervals=(_interval_of(extreme, counts, level),),
        note=_noted(_contrast_note(extreme, counts, estimator, several=len(sizes) > 1), counts),
    )


def _contrast_note(extreme: Extreme, counts: tuple[Count, ...], estimator: str, *, several: bool) -> str:
    between = f"between {_pair(extreme.pair, counts)}"
    if estimator != "largest_difference" or several:
        return between
    debiased = debiased_difference([one.k for one in counts], [one.n for one in counts])
    return f"{between}; debiased {100 * debiased:.1f} points"


def _extreme(estimator: str, counts: tuple[Count, ...], level: float) -> Extreme:
    contrast = largest_difference if estimator == "largest_difference" else smallest_ratio
    return contrast([one.k for one in counts], [one.n for one in counts], level, [one.block for one in counts])


def _interval_of(extreme: Extreme, counts: tuple[Count, ...], level: float) -> Interval:
    return Interval(
        low=extreme.low,
        high=extreme.high,
        level=level,
        method="split-role MOVER",
        guaranteed=True,
        low_by=_pair(extreme.low_pair, counts),
        high_by=_pair(extreme.high_pair, counts),
    )


def _pair(pair: tuple[int, int] | None, counts: tuple[Count, ...]) -> str | None:
    return None if pair is None else " and ".join(f"{counts[one].label} (n={round(counts[one].n)})" for one in pair)


def _count(k: float, n: float, label: str = "", block: str = "") -> Count:
    """Whole where they are counts of rows, effective where rows are weighted or belong to units."""
    whole = float(k).is_integer() and float(n).is_integer()
    return (
        Count(k=int(k), n=int(n), label=label, block=block)
        if whole
        else Count(k=float(k), n=float(n), label=label, block=block)
    )


def _noted(note: str, counts: tuple[Count, ...]) -> str:
    effective = any(isinstance(one.n, float) for one in counts)
    return "; ".join(filter(None, (note, "n is an effective sample size" if effective else "")))


def _exact(k: float, n: float, level: float) -> Interval:
    return _interval(clopper_pearson(k, n, level), level, "Clopper-Pearson", guaranteed=True)


def _interval(ends: Iterable[Any], level: float, method: str, guaranteed: bool = False) -> Interval:
    low, high = (float(end) for end in ends)
    return Interval(low=low, high=high, level=level, method=method, guaranteed=guaranteed)
