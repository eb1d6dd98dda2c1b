"""FAI005: do scores mean the same, and rank equally well, in every group?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import NamedTuple

import numpy as np

from audit.check import check
from audit.estimate import LEVELS, Setting, banded, number, undefined
from audit.evidence import Groups, Moments, Predictions, Scores
from audit.grouping import coarser, finest
from audit.inequality import spread
from audit.interval import alpha_of, mid_p
from audit.mean_gap import Estimate, largest_gap, of_areas, of_calibration, of_means
from audit.measure import Condition, Measure, setting
from audit.moments import Means
from audit.quantile import chi2_ppf
from audit.scores import Ranking, clustered

ALONE = "a comparison needs two groups with such examples; there is: {}"


@check("FAI005", dimension="fairness")
def scores_by_group(
    moments: Moments, scores: Scores, groups: Groups, predictions: Predictions | None, *, level: float = 0.95
) -> Iterator[Measure]:
    """Do scores mean the same, and rank equally well, in every group?

    Measures: the mean score (stated probability of the favourable outcome, else of the last of two classes) of each
    group and each intersection of two or three ways of grouping, its largest difference between two groups, and that in
    standard deviations within groups; ROC-AUC in each group and its largest difference; the largest difference of mean
    stated probability minus share of the outcome (calibration within groups); and the probability (p-value) of mean
    scores, and of such errors, at least this unequal if all were equal.
    Read it: 0 is equal. Scores can differ because outcomes do: then calibration is equal and the means are not. Equal
    selection at today's threshold can hide unequal scores, which another threshold would show.
    Limits: a mean says nothing about the two ends of the scores; calibration on average can hide errors that cancel; a
    group with one example of an outcome has hardly an AUC.
    Source: Kleinberg et al. 2017; Cohen 1988 for standardised differences; DeLong et al. 1988 for ROC-AUC; intervals:
    split-role MOVER (Zou and Donner 2008) of limits for as many independent rows as would be as sure.
    """
    for by in filter(None, moments.grouping):
        groups_there = _present(moments, by)
        yield from _means(groups_there, by, level)
        yield from _calibration(groups_there, by, level)
        yield from _areas(scores, by, level, _of_units(scores, groups, predictions, by))


class Present(NamedTuple):
    """The groups of one way of grouping whose rows count for anything."""

    names: list[str]
    slices: list[tuple[Condition, ...]]
    weight: np.ndarray
    means: dict[str, Means]

    @property
    def n(self) -> np.ndarray:
        return self.means["score"].n


def _present(moments: Moments, by: str) -> Present:
    weight = moments.centre[by][:, 0] * moments.units[by]
    there, grouping = np.flatnonzero(weight > 0), moments.grouping[by]
    means = {value: moments.means(value, by) for value in ("score", "outcome", "error")}
    return Present(
        [grouping.names[one] for one in there],
        [grouping.slice(int(one)) for one in there],
        weight[there],
        {value: Means(*(getattr(one, each.name)[there] for each in fields(one))) for value, one in means.items()},
    )


def _means(there: Present, by: str, level: float) -> Iterator[Measure]:
    at, found = setting(by=by), of_means(there.means["score"], 0.0, 1.0)
    yield from _each("fairness.mean_score", found, there.n, there.slices, level)
    yield _gap("fairness.mean_score_difference", found, there.n, there.names, level, at)
    yield _standardised(there, found, level, at)
    yield _p_value(there, found, setting(by=by, of="mean_score"))


def _calibration(there: Present, by: str, level: float) -> Iterator[Measure]:
    found = of_calibration(there.means["error"], there.means["outcome"])
    yield _gap("fairness.calibration_difference", found, there.n, there.names, level, setting(by=by))
    yield _p_value(there, found, setting(by=by, of="calibration"))


def _of_units(scores: Scores, groups: Groups, predictions: Predictions | None, by: str) -> Ranking | None:
    """Areas of rows that are weighted or belong to units: from the rows, for a unit's part needs everybody's scores."""
    one, grouping = predictions, scores.grouping[by]
    if one is None or one.positive is None or (one.weight is None and one.unit is None):
        return None
    whole, code = finest({column: groups.labels[column] for column in grouping.columns}, len(one.truth))
    *_, (mine, place) = coarser(whole)
    group = mine.positions(grouping)[place[code]]
    found = []
    for at in range(len(grouping.parts)):
        inside = group == at
        weight, unit = (None if each is None else each[inside] for each in (one.weight, one.unit))
        found.append(clustered(one.score[inside, one.positive], (one.truth == one.positive)[inside], weight, unit))
    return Ranking(*(np.concatenate([getattr(each, part.name) for each in found]) for part in fields(Ranking)))


def _areas(scores: Scores, by: str, level: float, of_units: Ranking | None) -> Iterator[Measure]:
    ranking, grouping = of_units or scores.ranking(by), scores.grouping[by]
    both = np.isfinite(ranking.area)
    found = of_areas(Ranking(*(getattr(ranking, one.name)[both] for one in fields(ranking))))
    n = (ranking.positives + ranking.negatives)[both]
    there = [int(one) for one in np.flatnonzero(both)]
    names, slices = [grouping.names[one] for one in there], [grouping.slice(one) for one in there]
    yield from _each("accuracy.roc_auc", found, n, slices, level)
    absent = [int(one) for one in np.flatnonzero(~both)]
    for one in absent:
        reason = "the group holds only one of the two outcomes"
        yield undefined("accuracy.roc_auc", reason, slice=grouping.slice(one))
    gap = _gap("fairness.auc_difference", found, n, names, level, setting(by=by))
    left = f"; {len(absent)} groups with only one of the two outcomes are not in it" if absent else ""
    yield gap.model_copy(update={"note": gap.note + left}) if gap.value is not None else gap


def _each(
    name: str, found: Estimate, n: np.ndarray, slices: Sequence[tuple[Condition, ...]], level: float
) -> Iterator[Measure]:
    limits = {one: found.limits(mid_p, one) for one in {*LEVELS, level}}
    for place, where in enumerate(slices):
        bands = {one: (low[place], high[place]) for one, (low, high) in limits.items()}
        yield banded(
            name, found.value[place], bands, "mid-P of effective counts", level=level, slice=where, n=round(n[place])
        )


def _gap(name: str, found: Estimate, n: np.ndarray, names: Sequence[str], level: float, at: Setting) -> Measure:
    if len(names) < 2:
        return undefined(name, ALONE.format(", ".join(names) or "none"), setting=at)
    extremes = {one: largest_gap(found, one) for one in {*LEVELS, level}}
    bands = {one: (extreme.low, extreme.high) for one, extreme in extremes.items()}
    value, pair = extremes[level].value, extremes[level].pair or (0, 1)
    between = " and ".join(f"{names[one]} ({found.value[one]:.3f}, n={round(n[one])})" for one in pair)
    return banded(
        name, value or 0.0, bands, "split-role MOVER of effective counts", level=level, setting=at,
        n=round(float(n.sum())), note=f"between {between}",
    )  # fmt: skip


def _standardised(there: Present, found: Estimate, level: float, at: Setting) -> Measure:
    """The gap over the standard deviation within groups, whose own limits are those of a chi-squared variance."""
    name, freedom = "fairness.standardized_mean_difference", float(there.n.sum()) - len(there.names)
    if len(there.names) < 2:
        return undefined(name, ALONE.format(", ".join(there.names) or "none"), setting=at)
    within = float((there.weight / there.weight.sum()) @ there.means["score"].deviation ** 2)
    if freedom < 1 or within < 1e-20:
        return undefined(name, "scores do not vary within groups, so there is no unit to standardise by", setting=at)
    deviation = float(np.sqrt(within * there.n.sum() / freedom))
    bands = {}
    for one in {*LEVELS, level}:
        tail, gap = alpha_of(one) / 2, largest_gap(found, one)
        small, large = (chi2_ppf(share, freedom) / freedom for share in (tail, 1 - tail))
        bands[one] = (gap.low / deviation * np.sqrt(small), gap.high / deviation * np.sqrt(large))
    value = float(np.ptp(found.value)) / deviation
    return banded(
        name, value, bands, "split-role MOVER over chi-squared", level=level, setting=at, n=round(float(there.n.sum())),
        unit="sd", note=f"the standard deviation within groups is {deviation:.3f}",
    )  # fmt: skip


def _p_value(there: Present, found: Estimate, at: Setting) -> Measure:
    name = "fairness.rates_differ_p_value"
    if len(there.names) < 2:
        return undefined(name, ALONE.format(", ".join(there.names) or "none"), setting=at)
    p = spread(found.value, there.weight / there.weight.sum(), found.variance).p
    return number(name, p, setting=at, n=round(float(there.n.sum())), unit="p-value")
