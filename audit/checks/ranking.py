"""FAI011: do predicted numbers and rankings treat groups alike?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from audit import pairwise
from audit.check import NotApplicable, check
from audit.contribution import Contribution
from audit.estimate import LEVELS, Setting, banded, undefined
from audit.evidence import Groups, Moments, Ranking, Regression
from audit.grouping import JOINT
from audit.interval import mid_p
from audit.mean_gap import Estimate, largest_gap, of_areas, of_means
from audit.measure import Condition, Measure, setting
from audit.moments import Means

Labels = dict[str, np.ndarray]
METHOD = "mid-P of effective counts"
NUMBERS: dict[str, tuple[str, Setting]] = {
    "prediction": ("fairness.mean_score", setting(of="prediction")),
    "error": ("accuracy.mean_error", ()),
    "absolute": ("accuracy.regression_error", setting(kind="mae")),
    "squared": ("accuracy.regression_error", setting(kind="rmse")),
}
"""Of every group, the measure and its setting by what is averaged; the squared error is rooted."""


@check("FAI011", dimension="fairness")
def ranking(
    regression: Regression | None, ranked: Ranking | None, groups: Groups | None, *, level: float = 0.95
) -> Iterator[Measure | Contribution]:
    """Do predicted numbers and rankings treat groups alike?

    Measures: of predicted numbers the mean prediction, the mean error (prediction minus truth), the mean absolute and
    the root mean squared error, overall, of each group and each intersection; the largest difference of mean prediction
    and of mean error between two groups, and the former in standard deviations within groups. Of rankings how often the
    relevant one of two examples of the same group is ranked higher (within a query, where there are queries), and the
    largest difference of that between two groups.
    Read it: a mean error of 0 in every group means that nobody is over- or underestimated as a group. Predictions can
    differ because the truth does.
    Limits: limits of means take the range that was observed for the range that is possible; a mean can hide errors that
    cancel. Position in the ranking is not weighed: the first place counts like the tenth.
    Source: Agarwal, Dudik and Wu 2019 (regression); Beutel et al. 2019 (pairwise fairness); intervals: split-role MOVER
    (Zou and Donner 2008) of limits for as many independent rows as would be as sure.
    """
    if regression is None and ranked is None:
        raise NotApplicable("it asks of predicted numbers or rankings; this model decides between classes")
    labels = groups.labels if groups else {}
    if regression is not None:
        yield from _numbers(regression, labels, level)
    if ranked is not None:
        yield from _pairs(ranked, labels, level)
        yield from _seen(ranked, labels)


def _numbers(regression: Regression, labels: Labels, level: float) -> Iterator[Measure]:
    error = regression.prediction - regression.truth
    values = {"prediction": regression.prediction, "error": error, "absolute": np.abs(error), "squared": error**2}
    ends = {name: (float(of.min()), float(of.max())) for name, of in values.items()}
    moments = Moments.of(values, labels, regression.weight, regression.unit)
    for by in moments.grouping:
        counts = moments.centre[by][:, 0] > 0
        there = np.flatnonzero(counts)
        for absent in np.flatnonzero(~counts):
            yield from _weightless(moments.grouping[by].slice(int(absent)))
        slices = [moments.grouping[by].slice(int(one)) for one in there]
        found = {name: _bounded(_only(moments.means(name, by), there), ends[name]) for name in values}
        n = moments.units[by][there]
        for name in ("prediction", "error", "absolute"):
            yield from _each(NUMBERS[name][0], found[name], n, slices, NUMBERS[name][1], level)
        yield from _rooted(found["squared"], n, slices, level)
        if by:
            names = [moments.grouping[by].names[one] for one in there]
            yield _gap("fairness.mean_score_difference", found["prediction"], names, n, by, level)
            yield _gap("fairness.mean_error_difference", found["error"], names, n, by, level)
            yield _standardised(_only(moments.means("prediction", by), there), found["prediction"], names, n, by, level)


def _weightless(group: tuple[Condition, ...]) -> Iterator[Measure]:
    for name, at in NUMBERS.values():
        yield undefined(name, "no row of the group has a weight above 0", setting=at, slice=group)


def _only(means: Means, there: np.ndarray) -> Means:
    return Means(*(getattr(means, one.name)[there] for one in fields(means)))


def _bounded(means: Means, ends: tuple[float, float]) -> Estimate:
    low, high = ends
    return of_means(means, low, high if high > low else low + 1.0)


def _each(
    name: str, found: Estimate, n: np.ndarray, slices: list[tuple[Condition, ...]], at: Setting, level: float
) -> Iterator[Measure]:
    limits = {one: found.limits(mid_p, one) for one in {*LEVELS, level}}
    for place, where in enumerate(slices):
        bands = {one: (float(low[place]), float(high[place])) for one, (low, high) in limits.items()}
        yield banded(name, found.value[place], bands, METHOD, level=level, setting=at, slice=where, n=int(n[place]))


def _rooted(found: Estimate, n: np.ndarray, slices: list[tuple[Condition, ...]], level: float) -> Iterator[Measure]:
    name, at = NUMBERS["squared"]
    limits = {one: found.limits(mid_p, one) for one in {*LEVELS, level}}
    for place, where in enumerate(slices):
        bands = {
            one: (float(np.sqrt(max(low[place], 0.0))), float(np.sqrt(high[place])))
            for one, (low, high) in limits.items()
        }
        value = float(np.sqrt(found.value[place]))
        yield banded(name, value, bands, METHOD, level=level, setting=at, slice=where, n=int(n[place]))


def _gap(
    name: str, found: Estimate, names: list[str], n: np.ndarray, by: str, level: float, scale: float = 1.0, **at: str
) -> Measure:
    where = setting(by=by, **at)
    if len(names) < 2:
        return undefined(name, f"a comparison needs two groups; there is: {', '.join(names) or 'none'}", setting=where)
    extremes = {one: largest_gap(found, one) for one in {*LEVELS, level}}
    bands = {one: (extreme.low / scale, extreme.high / scale) for one, extreme in extremes.items()}
    pair = extremes[level].pair or (0, 1)
    between = " and ".join(f"{names[one]} ({found.value[one]:.3g}, n={int(n[one])})" for one in pair)
    value = (extremes[level].value or 0.0) / scale
    return banded(
        name, value, bands, "split-role MOVER of effective counts", level=level, setting=where, n=int(n.sum()),
        note=f"between {between}",
    )  # fmt: skip


def _standardised(means: Means, found: Estimate, names: list[str], n: np.ndarray, by: str, level: float) -> Measure:
    name = "fairness.standardized_mean_difference"
    within = float(np.sqrt((n * means.deviation**2).sum() / max(1, n.sum() - len(n))))
    if within < 1e-12:
        reason = "predictions do not vary within groups, so there is no unit to standardise by"
        return undefined(name, reason, setting=setting(by=by, of="prediction"))
    return _gap(name, found, names, n, by, level, within, of="prediction")


def _pairs(ranked: Ranking, labels: Labels, level: float) -> Iterator[Measure]:
    for grouping, areas in pairwise.areas(ranked, labels):
        both = np.isfinite(areas.area)
        there = np.flatnonzero(both)
        kept = pairwise.Areas(*(getattr(areas, one.name)[both] for one in fields(areas)))
        n = (kept.positives + kept.negatives).astype(int)
        slices = [grouping.slice(int(one)) for one in there]
        found = of_areas(kept)
        at = setting(of="pairs")
        yield from _each("accuracy.roc_auc", found, n, slices, at, level)
        for absent in np.flatnonzero(~both):
            reason = "no query holds a relevant and another example of the group"
            yield undefined("accuracy.roc_auc", reason, setting=at, slice=grouping.slice(int(absent)))
        if grouping.by:
            names = [grouping.names[int(one)] for one in there]
            yield _gap("fairness.pairwise_accuracy_difference", found, names, n, grouping.by, level)


def _seen(ranked: Ranking, labels: Labels) -> Iterator[Contribution]:
    """What each row adds to its group's area, and to the largest difference."""
    for grouping, group, seen in pairwise.influences(ranked, labels):
        yield Contribution.of("accuracy.roc_auc", seen, setting(of="pairs"), by=JOINT.join(sorted(grouping.columns)))
        n = np.bincount(group)
        area = np.bincount(group, seen) / n
        if grouping.by and np.isfinite(area).sum() > 1:
            most, least = int(np.nanargmax(area)), int(np.nanargmin(area))
            sign = (group == most).astype(float) - (group == least)
            moved = np.where(sign != 0, sign * len(group) / n[group] * (seen - area[group]), 0.0)
            gap = "fairness.pairwise_accuracy_difference"
            yield Contribution.of(gap, area[most] - area[least] + moved, setting(by=grouping.by))
