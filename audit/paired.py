"""Paired differences of two versions: by exact tests where there are some, else by resampling the same examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from audit import paired_counts, paired_rows
from audit.bootstrap import Draws
from audit.hypothesis import mcnemar
from audit.interval import alpha_of, paired_delong, paired_difference
from audit.measure import Measure
from audit.moments import Moments
from audit.paired_counts import Key
from audit.rows import Rows

DRAWS = 10_000
ROW_DRAWS = 2000
RESOLVED = 20
"""Replicates beyond zero from which their share is taken as the p-value; with fewer, the tail is taken as normal."""
RIGHT = {"accuracy.accuracy": 1, "accuracy.slice_error": -1}
"""Shares of right decisions, and of wrong ones."""


@dataclass(frozen=True)
class Paired:
    """Second minus first on the same examples, before the error of the whole comparison is controlled."""

    difference: float
    low: float | None
    high: float | None
    """``None`` where nothing varies, so that resampling says nothing about what chance could do."""
    p: float
    method: str


def paired_differences(
    measures: list[Measure], first: Rows, second: Rows, favourable: int | None, level: float, seed: int,
    draws: int = DRAWS,
) -> dict[Key, Paired]:  # fmt: skip
    """The paired difference of every measure for which there is a method: others are left out.

    Accuracy, overall and on slices: exact McNemar with Tango's interval. ROC-AUC: DeLong. Functions of label counts:
    bootstrap of the counts group x truth x first decision x second decision. Functions of scores: bootstrap of the
    rows. Where rows are weighted or belong to units, errors are those of the units.
    """
    found: dict[Key, Paired] = {}
    rest: list[Measure] = []
    for measure in measures:
        one = _directly(measure, first, second, favourable, level)
        if one is None:
            rest.append(measure)
        else:
            found[measure.key] = one
    counted = paired_counts.resampled(rest, first, second, favourable, draws, seed)
    rest = [one for one in rest if one.key not in counted]
    scored = paired_rows.resampled(rest, first, second, favourable, min(draws, ROW_DRAWS), seed)
    for method, drawn in (("bootstrap of the paired counts", counted), ("bootstrap of the rows", scored)):
        known = {key: one for key, one in drawn.items() if np.isfinite(one.value) and len(one.replicates)}
        found |= {key: _of_draws(one, level, method) for key, one in known.items()}
    return found


def _directly(measure: Measure, first: Rows, second: Rows, favourable: int | None, level: float) -> Paired | None:
    """By a test that needs no resampling; ``None`` where there is none."""
    options, name = dict(measure.setting), measure.name
    if name in RIGHT and not options:
        inside = second.inside(measure.slice)
        return None if inside is None or not inside.any() else _right(first, second, inside, RIGHT[name], level)
    if name in ("accuracy.roc_auc", "accuracy.gini") and set(options) <= {"class"}:
        inside = second.inside(measure.slice)
        outcome = second.classes.index(str(options["class"])) if options.get("class") in second.classes else favourable
        outcome = 1 if outcome is None and len(second.classes) == 2 else outcome
        if inside is not None and outcome is not None:
            return _area(first, second, inside, outcome, 2.0 if name == "accuracy.gini" else 1.0, level)
    return None


def _right(first: Rows, second: Rows, inside: NDArray[np.bool_], sign: int, level: float) -> Paired:
    before, after = first.right[inside], second.right[inside]
    if second.weight is not None or second.unit is not None:
        gain = sign * (after.astype(float) - before)
        weight, unit = (None if one is None else one[inside] for one in (second.weight, second.unit))
        mean = Moments.of({"gain": gain}, {}, weight, unit).means("gain")
        return _normal(float(mean.value[0]), float(mean.error[0]), level, "mean over units")
    won, lost = int((after & ~before).sum()), int((before & ~after).sum())
    difference, low, high = paired_difference(won, lost, int(inside.sum()), level)
    ends = (low, high) if sign > 0 else (-high, -low)
    return Paired(sign * difference, *ends, mcnemar(won, lost), "exact McNemar; interval: Tango score")


def _area(
    first: Rows, second: Rows, inside: NDArray[np.bool_], outcome: int, scale: float, level: float
) -> Paired | None:
    came = (second.truth == outcome)[inside]
    if second.weight is not None or second.unit is not None or came.all() or not came.any():
        return None
    difference, error = paired_delong(first.score[inside, outcome], second.score[inside, outcome], came)
    return _normal(scale * difference, scale * error, level, "paired DeLong")


def _normal(difference: float, error: float, level: float, method: str) -> Paired:
    if error == 0:
        return Paired(difference, None, None, 1.0, method)
    reach = float(scipy.stats.norm.isf(alpha_of(level) / 2)) * error
    p = 2 * float(scipy.stats.norm.sf(abs(difference) / error))
    return Paired(difference, difference - reach, difference + reach, p, method)


def _of_draws(drawn: Draws, level: float, method: str) -> Paired:
    spread = float(drawn.replicates.std())
    if np.ptp(drawn.replicates) == 0:
        return Paired(drawn.value, None, None, 1.0, method)
    p = drawn.p
    if p * len(drawn.replicates) / 2 < RESOLVED:
        p = min(p, 2 * float(scipy.stats.norm.sf(abs(drawn.value) / spread)))
    return Paired(drawn.value, *drawn.interval(level), p, method)
