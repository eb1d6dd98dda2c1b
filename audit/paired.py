"""Paired differences of two versions: by exact tests where there are some, else by resampling the same examples."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from audit import paired_counts, paired_hits, paired_rows
from audit.bootstrap import Draws
from audit.contribution import key as contributed
from audit.grouping import JOINT
from audit.hypothesis import mcnemar
from audit.interval import alpha_of, paired_delong, paired_difference
from audit.measure import Measure
from audit.moments import Moments
from audit.paired_counts import Key
from audit.rows import Rows

DRAWS = 10_000
ROW_DRAWS = 1000
KEPT = 50
"""Comparisons in memory at most; each is some hundred numbers."""
RESOLVED = 20
"""Replicates beyond zero from which their share is taken as the p-value; with fewer, the tail is taken as normal."""
MORE_THAN_A_MEAN = {*paired_rows.MEDIANS, paired_hits.BEST}
"""Numbers whose contributions are not averaged."""
RIGHT = {"accuracy.accuracy": 1, "accuracy.slice_error": -1}
"""Shares of right decisions, and of wrong ones."""
COUNTED, SCORED = "bootstrap of the paired counts", "bootstrap of the rows"


@dataclass(frozen=True)
class Paired:
    """Second minus first on the same examples, before the error of the whole comparison is controlled."""

    difference: float
    low: float | None
    high: float | None
    """``None`` where so little varies that nothing can be said about what chance could do."""
    p: float
    method: str


def paired_once(
    measures: list[Measure], first: Rows, second: Rows, favourable: int | None, level: float, seed: int
) -> dict[Key, Paired]:
    """``paired_differences``, kept in memory for rows of known digests: every policy and screen asks for the same ones."""
    asked = tuple((one.key, one.value is None) for one in measures)
    key = (first.digest, second.digest, asked, favourable, level, seed)
    found = _kept.get(key) if first.digest and second.digest else None
    if found is None:
        found = paired_differences(measures, first, second, favourable, level, seed)
        if first.digest and second.digest:
            if len(_kept) >= KEPT:
                _kept.clear()
            _kept[key] = found
    return dict(found)


_kept: dict[tuple[Hashable, ...], dict[Key, Paired]] = {}


def paired_differences(
    measures: list[Measure], first: Rows, second: Rows, favourable: int | None, level: float, seed: int,
    draws: int = DRAWS,
) -> dict[Key, Paired]:  # fmt: skip
    """The paired difference of every measure for which there is a method: others are left out.

    Shares of the same rows (accuracy, recall, false positive rate), overall and on slices: exact McNemar with Tango's
    interval; so also where changed inputs are decided. Other means of what each example contributes: Student's t of the
    paired differences. ROC-AUC: DeLong. Other functions of label counts, and impact ratios: bootstrap of the counts
    group x truth x first decision x second decision. Functions of scores or of predicted numbers, and medians: bootstrap
    of the rows. Where rows are weighted or belong to units, errors are those of the units. Of a measure with a target the
    difference is that of the distances from it.
    """
    direct = {one.key: _directly(one, first, second, favourable, level) for one in measures}
    found = {key: one for key, one in direct.items() if one is not None}
    rest = [one for one in measures if one.key not in found]
    counted = paired_counts.resampled(rest, first, second, favourable, draws, seed) if second.decides else {}
    hits = paired_hits.resampled(rest, first, second, favourable, draws, seed)
    left = [one for one in rest if one.key not in counted and one.key not in hits]
    scored = paired_rows.resampled(left, first, second, favourable, min(draws, ROW_DRAWS), seed)
    decided = first.decision != second.decision
    unlike = decided | (first.score != second.score).any(axis=1)
    drawn = {key: (COUNTED, one, decided) for key, one in counted.items()}
    drawn |= {key: (COUNTED, one, differs) for key, (one, differs) in hits.items()}
    drawn |= {key: (SCORED, one, unlike) for key, one in scored.items()}
    for one in (one for one in rest if one.key in drawn):
        method, replicates, differs = drawn[one.key]
        if np.isfinite(replicates.value):
            inside = second.inside(one.slice)
            differing = int(differs.sum() if inside is None else (differs & inside).sum())
            found[one.key] = _of_draws(replicates, level, method, differing)
    return found


def _directly(measure: Measure, first: Rows, second: Rows, favourable: int | None, level: float) -> Paired | None:
    """By a test that needs no resampling; ``None`` where there is none."""
    options, name = dict(measure.setting), measure.name
    inside = second.inside(measure.slice)
    if inside is not None and (mean := _mean(measure, first, second, inside, level)):
        return mean
    if inside is None or not inside.any() or not set(options) <= {"class"}:
        return None
    if name in RIGHT and not options:
        return _share(first.right, second.right, second, inside, RIGHT[name], level)
    outcome = second.classes.index(str(options["class"])) if options.get("class") in second.classes else favourable
    if name in ("accuracy.recall", "accuracy.false_positive_rate") and "class" in options:
        truly = second.truth == outcome
        among = inside & (truly if name == "accuracy.recall" else ~truly)
        before, after = first.decision == outcome, second.decision == outcome
        return _share(before, after, second, among, 1, level) if among.any() else None
    outcome = 1 if outcome is None and len(second.classes) == 2 else outcome
    if name in ("accuracy.roc_auc", "accuracy.gini") and outcome is not None:
        return _area(first, second, inside, outcome, 2.0 if name == "accuracy.gini" else 1.0, level)
    return None


def _mean(measure: Measure, first: Rows, second: Rows, inside: NDArray[np.bool_], level: float) -> Paired | None:
    """Of a mean of what each example contributes; of whether it is right where inputs are changed, as of a share."""
    by = JOINT.join(sorted(one.column for one in measure.slice))
    keys = (contributed(measure.name, measure.setting, way) for way in (by, None))
    of = next((one for one in keys if one in first.contributions and one in second.contributions), None)
    if measure.name in MORE_THAN_A_MEAN or of is None:
        return None
    before, after = first.contributions[of], second.contributions[of]
    among = inside & np.isfinite(before) & np.isfinite(after)
    if not among.any():
        return None
    if np.isin(np.concatenate([before[among], after[among]]), (0.0, 1.0)).all():
        return _share(before == 1, after == 1, second, among, 1, level)
    return _of_gains(after[among] - before[among], second, among, level)


def _of_gains(gain: NDArray[np.float64], rows: Rows, among: NDArray[np.bool_], level: float) -> Paired:
    """The mean of a paired difference, as sure as the units that it comes from."""
    weight, unit = (None if one is None else one[among] for one in (rows.weight, rows.unit))
    mean = Moments.of({"gain": gain}, {}, weight, unit).means("gain")
    method = "Student's t, paired" if weight is None and unit is None else "mean over units"
    return _student(float(mean.value[0]), float(mean.error[0]), int(mean.n[0]) - 1, level, method)


def _share(
    first: NDArray[np.bool_], second: NDArray[np.bool_], rows: Rows, among: NDArray[np.bool_], sign: int, level: float
) -> Paired:
    """Two shares of the same rows."""
    before, after = first[among], second[among]
    if rows.weight is not None or rows.unit is not None:
        return _of_gains(sign * (after.astype(float) - before), rows, among, level)
    won, lost = int((after & ~before).sum()), int((before & ~after).sum())
    difference, low, high = paired_difference(won, lost, int(among.sum()), level)
    ends = (low, high) if sign > 0 else (-high, -low)
    return Paired(sign * difference, *ends, mcnemar(won, lost), "exact McNemar; interval: Tango score")


def _area(
    first: Rows, second: Rows, inside: NDArray[np.bool_], outcome: int, scale: float, level: float
) -> Paired | None:
    """DeLong; as sure as the rarer outcome is frequent."""
    came = (second.truth == outcome)[inside]
    if second.weight is not None or second.unit is not None or came.all() or not came.any():
        return None
    difference, error = paired_delong(first.score[inside, outcome], second.score[inside, outcome], came)
    rarer = int(min(came.sum(), (~came).sum()))
    return _student(scale * difference, scale * error, rarer - 1, level, "paired DeLong")


def _student(difference: float, error: float, freedom: int, level: float, method: str) -> Paired:
    if error == 0 or freedom < 1:
        return Paired(difference, None, None, 1.0, method)
    reach = float(scipy.stats.t.isf(alpha_of(level) / 2, freedom)) * error
    p = 2 * float(scipy.stats.t.sf(abs(difference) / error, freedom))
    return Paired(difference, difference - reach, difference + reach, p, method)


def _of_draws(drawn: Draws, level: float, method: str, differing: int) -> Paired:
    """Were the versions alike, each row that differs could as well be the other way round: 2 to the power of them.

    So no claim is surer than that, however far the replicates lie from zero.
    """
    surest = 0.5 ** (differing - 1) if differing else 1.0
    if surest > alpha_of(level) or not len(drawn.replicates) or np.ptp(drawn.replicates) == 0:
        return Paired(drawn.value, None, None, 1.0, method)
    p = drawn.p
    if p * len(drawn.replicates) / 2 < RESOLVED:
        p = min(p, 2 * float(scipy.stats.norm.sf(abs(drawn.value) / float(drawn.replicates.std()))))
    return Paired(drawn.value, *drawn.interval(level), max(p, surest), method)
