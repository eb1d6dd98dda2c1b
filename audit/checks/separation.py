"""ACC002: how well do the scores separate the outcomes?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy

from audit.check import check
from audit.estimate import LEVELS, Setting, banded, undefined
from audit.evidence import Groups, Predictions, Seed
from audit.grouping import coded
from audit.interval import Array, alpha_of, clopper_pearson, delongs
from audit.measure import Condition, Measure, setting
from audit.quantile import student_isf
from audit.ranked import Influenced, Ranked

ONE_OUTCOME = "{} holds only one of the two outcomes"


@check("ACC002", dimension="accuracy")
def separation(
    predictions: Predictions, groups: Groups | None, seed: Seed, *, draws: int = 1000, level: float = 0.95
) -> Iterator[Measure]:
    """How well do the scores separate those to whom it happens from the others?

    Measures: the Kolmogorov-Smirnov separation (KS: the largest difference between the shares of both outcomes below
    one score), Gini (2 x ROC-AUC - 1) and the area under the precision-recall curve (average precision), for the
    favourable class, else the last of two classes, else each class against all others; with more than two classes also
    ROC-AUC of each class within each group.
    Read it: 0 is no separation for KS and Gini, 100 % a perfect one; the area under the precision-recall curve is
    without skill where it equals the share of the outcome, as its note says.
    Limits: a ranking says nothing about the probabilities (CAL001) nor about the decisions (ACC001). KS is too large on
    average where there is no separation, as every largest value is: its lower end allows for that. With few examples of
    the outcome the interval of average precision holds the truth in 92 rather than 95 of 100 cases.
    Source: Kolmogorov 1933, Smirnov 1948; DeLong et al. 1988 (Gini); Davis and Goadrich 2006, Boyd et al. 2013
    (average precision). Intervals: KS, a bootstrap band over all scores (of more than 8,192 plain rows, at 512
    ranks, and what moves between them: Broadie et al. 1997) for the lower end, at the best score for the upper; average
    precision, the error that the influence of each row gives (Hampel 1974), on the logit scale; Gini, DeLong, and with
    weights or units that too.
    """
    chosen = list(range(len(predictions.classes))) if predictions.positive is None else [predictions.positive]
    for one in chosen:
        at = setting(**{"class": predictions.classes[one]}) if predictions.positive is None else ()
        yield from _separation(predictions, one, draws, seed.value, level, at)
    if predictions.positive is None and groups is not None:
        yield from _areas(predictions, groups, level)


def _separation(
    predictions: Predictions, one: int, draws: int, seed: int, level: float, at: Setting
) -> Iterator[Measure]:
    score, came = predictions.score[:, one], predictions.truth == one
    n = len(came)
    weight = np.ones(n) if predictions.weight is None else np.asarray(predictions.weight, dtype=float)
    share = float(weight @ came / weight.sum())
    if share in (0.0, 1.0):
        for name in ("accuracy.ks", "accuracy.gini", "accuracy.pr_auc"):
            yield undefined(name, ONE_OUTCOME.format("the split"), setting=at, n=n)
        return
    ranked = Ranked.of(score, came, weight, predictions.unit)
    happened = int(came.sum())
    smaller = min(happened, n - happened)
    yield _ks(ranked, draws, seed, smaller, level, at)
    yield _gini(predictions, score, came, ranked.area(), smaller, level, at)
    precision = ranked.precision()
    yield banded(
        "accuracy.pr_auc", precision.value, _logit(precision, happened, level), "influence of rows, logit scale",
        level=level, setting=at, n=n,
        note=f"without any skill it would be {100 * share:.1f} %, the share of the outcome",
    )  # fmt: skip


def _ks(ranked: Ranked, draws: int, seed: int, smaller: int, level: float, at: Setting) -> Measure:
    """The lower end must hold wherever the largest difference lies, the upper at the best score only."""
    value, n = float(np.abs(ranked.apart()).max()), len(ranked.order)
    again = ranked.apart_again(draws, seed)
    known = again[np.isfinite(again).all(axis=1)]
    bands = {}
    for one in sorted({*LEVELS, level}):
        tail = alpha_of(one) / 2
        if not len(known) or np.ptp(known[:, 1]) < 1e-12:
            low, high = (float(end) for end in clopper_pearson(value * smaller, smaller, one))
        else:
            low = value - float(np.quantile(known[:, 0], 1 - tail))
            high = value + value - float(np.quantile(known[:, 1], tail))
        bands[one] = (max(0.0, min(low, value)), min(1.0, max(high, value)))
    return banded("accuracy.ks", value, bands, "bootstrap band of rows", level=level, setting=at, n=n)


def _gini(
    predictions: Predictions, score: Array, came: np.ndarray, area: Influenced, smaller: int, level: float, at: Setting
) -> Measure:
    levels, method = sorted({*LEVELS, level}), "DeLong, logit scale"
    if predictions.weight is None and predictions.unit is None:
        bands = {one: limits[1:] for one, limits in delongs(score, came, levels).items()}
    else:
        bands, method = _logit(area, smaller, level), "influence of rows, logit scale"
    bands = {one: (2 * low - 1, 2 * high - 1) for one, (low, high) in bands.items()}
    return banded("accuracy.gini", 2 * area.value - 1, bands, method, level=level, setting=at, n=len(came))


def _logit(found: Influenced, n: int, level: float) -> dict[float, tuple[float, float]]:
    """Value and error on the logit scale by Student's t of n; Clopper-Pearson of n where nothing varies."""
    value, levels = found.value, sorted({*LEVELS, level})
    if found.error < 1e-12 or not 0 < value < 1:
        ends = {one: clopper_pearson(min(value, 1.0) * n, n, one) for one in levels}
        return {one: (min(float(low), value), max(float(high), value)) for one, (low, high) in ends.items()}
    centre, error = float(scipy.special.logit(value)), found.error / (value * (1 - value))
    reach = {one: student_isf(alpha_of(one) / 2, max(1, n - 1)) * error for one in levels}
    return {
        one: (float(scipy.special.expit(centre - far)), float(scipy.special.expit(centre + far)))
        for one, far in reach.items()
    }


def _areas(predictions: Predictions, groups: Groups, level: float) -> Iterator[Measure]:
    """ROC-AUC of every class in every group; with two classes FAI005 has it."""
    for by, labels in groups.labels.items():
        grouping, code = coded(by, labels)
        for position in range(len(grouping.parts)):
            inside = code == position
            for one, name in enumerate(predictions.classes):
                came, score = predictions.truth[inside] == one, predictions.score[inside, one]
                yield _area(score, came, grouping.slice(position), setting(**{"class": name}), level)


def _area(score: Array, came: np.ndarray, where: tuple[Condition, ...], at: Setting, level: float) -> Measure:
    name = "accuracy.roc_auc"
    if came.all() or not came.any():
        return undefined(name, ONE_OUTCOME.format("the group"), setting=at, slice=where, n=len(came))
    ends = delongs(score, came, sorted({*LEVELS, level}))
    bands = {one: (low, high) for one, (_, low, high) in ends.items()}
    return banded(name, ends[level][0], bands, "DeLong, logit scale", level=level, setting=at, slice=where, n=len(came))
