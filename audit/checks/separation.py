"""ACC002: how well do the scores separate the outcomes?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy

from audit.check import check
from audit.estimate import LEVELS, Setting, banded, undefined
from audit.evidence import Groups, Predictions, Seed
from audit.grouping import coded
from audit.interval import Array, alpha_of, clopper_pearson, delongs
from audit.measure import Condition, Measure, setting
from audit.resample import drawn, over

AT_ONCE = 100_000
"""Numbers ranked at a time: as many as stay near the processor."""
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
    (average precision). Intervals: KS, a bootstrap band over all scores for the lower end, at the best score for the
    upper; average precision, bootstrap error on the logit scale; Gini, DeLong, and with weights or units that bootstrap.
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
    ranked = _Ranked.of(score, came)
    found = ranked.of_weights(weight[None])
    best = int(np.abs(found.apart[0]).argmax())
    parts = [
        ranked.of_weights(some * weight, best, found.apart[0])
        for times in drawn(n, draws, seed, predictions.unit)
        for some in np.array_split(times, min(len(times), -(-times.size // AT_ONCE)))
    ]
    again = _Separation(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    smaller = int(min(came.sum(), n - came.sum()))
    yield _ks(found, again, smaller, level, at, n)
    yield _gini(predictions, score, came, float(found.area[0]), again.area, smaller, level, at)
    precision = float(found.precision[0])
    yield banded(
        "accuracy.pr_auc", precision, _logit(precision, again.precision, int(came.sum()), level),
        "bootstrap of rows, logit scale", level=level, setting=at, n=n,
        note=f"without any skill it would be {100 * share:.1f} %, the share of the outcome",
    )  # fmt: skip


class _Separation(NamedTuple):
    """What (draws,) weightings of the rows say."""

    area: Array
    precision: Array
    apart: Array
    """(draws, scores) signed difference of the two shares below each score; when drawn again see ``of_weights``."""


class _Ranked(NamedTuple):
    """Rows from the highest score down, and where every run of tied scores ends."""

    order: np.ndarray
    came: Array
    ends: np.ndarray

    @classmethod
    def of(cls, score: Array, came: np.ndarray) -> _Ranked:
        order = np.argsort(-score, kind="stable")
        return cls(order, came[order].astype(float), np.flatnonzero(np.append(np.diff(score[order]) != 0, True)))

    def of_weights(self, weight: Array, best: int | None = None, around: Array | None = None) -> _Separation:
        """With ``around``, the differences found: how far above them any new one lies, and the new one at ``best``."""
        ordered = weight[:, self.order]
        positive = (ordered * self.came).cumsum(axis=1)[:, self.ends]
        everyone = ordered.cumsum(axis=1)[:, self.ends]
        of_hits, of_alarms = (over(np.ones(1), one) for one in (positive[:, -1:], (everyone - positive)[:, -1:]))
        gained = np.diff(positive, axis=1, prepend=0)
        found = np.divide(positive, everyone, out=np.zeros_like(positive), where=everyone > 0)
        precision = np.einsum("ij,ij->i", gained, found) * of_hits[:, 0]
        passed = np.diff(everyone - positive, axis=1, prepend=0)
        area = np.einsum("ij,ij->i", passed, positive - gained / 2) * (of_hits * of_alarms)[:, 0]
        apart = positive * (of_hits + of_alarms) - everyone * of_alarms
        if around is not None and best is not None:
            side = np.sign(around[best])
            apart = np.column_stack([np.abs(apart - around).max(axis=1), side * apart[:, best]])
        return _Separation(area, precision, apart)


def _ks(found: _Separation, again: _Separation, smaller: int, level: float, at: Setting, n: int) -> Measure:
    """The lower end must hold wherever the largest difference lies, the upper at the best score only."""
    value = float(np.abs(found.apart[0]).max())
    known = again.apart[np.isfinite(again.apart).all(axis=1)]
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
    predictions: Predictions, score: Array, came: np.ndarray, area: float, again: Array, smaller: int, level: float,
    at: Setting,
) -> Measure:  # fmt: skip
    levels, method = sorted({*LEVELS, level}), "DeLong, logit scale"
    if predictions.weight is None and predictions.unit is None:
        bands = {one: limits[1:] for one, limits in delongs(score, came, levels).items()}
    else:
        bands, method = _logit(area, again, smaller, level), "bootstrap of rows, logit scale"
    bands = {one: (2 * low - 1, 2 * high - 1) for one, (low, high) in bands.items()}
    return banded("accuracy.gini", 2 * area - 1, bands, method, level=level, setting=at, n=len(came))


def _logit(value: float, again: Array, n: int, level: float) -> dict[float, tuple[float, float]]:
    """Value and bootstrap error on the logit scale; Clopper-Pearson of n where nothing varies."""
    known = again[np.isfinite(again)]
    levels = sorted({*LEVELS, level})
    if len(known) < 2 or np.ptp(known) < 1e-12:
        ends = {one: clopper_pearson(min(value, 1.0) * n, n, one) for one in levels}
        return {one: (min(float(low), value), max(float(high), value)) for one, (low, high) in ends.items()}
    least = 1 / (4 * n + 4)
    error = float(scipy.special.logit(np.clip(known, least, 1 - least)).std(ddof=1))
    centre = float(scipy.special.logit(value))
    reach = {one: float(scipy.stats.norm.isf(alpha_of(one) / 2)) * error for one in levels}
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
