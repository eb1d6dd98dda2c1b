"""Functions of label counts of two versions on the same examples: resampled together, without the rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audit import rates
from audit.bootstrap import Draws, gaussian_bootstrap, multinomial_bootstrap
from audit.dispersion import Dispersion
from audit.grouping import JOINT, Grouping, coarser, finest
from audit.inequality import entropy
from audit.measure import Condition, Measure
from audit.rows import Rows
from audit.tally import EVERYONE
from audit.weight import Weights

Key = tuple[str, str, str]
Statistic = Callable[[rates.Counts], rates.Values]
"""Counts (..., groups, classes, classes), truth x decision, to values (...)."""

WHOLE: dict[str, Callable[[rates.Counts], rates.Values]] = {
    "accuracy.balanced_accuracy": rates.balanced_accuracy,
    "accuracy.precision": rates.precision_macro,
    "accuracy.recall": rates.recall_macro,
    "accuracy.f1_macro": rates.f1_macro,
}
OF_A_CLASS: dict[str, Callable[[rates.Counts, int], rates.Values]] = {
    "accuracy.precision": lambda c, k: rates.precisions(c)[..., k],
    "accuracy.recall": lambda c, k: rates.recalls(c)[..., k],
    "accuracy.f1": lambda c, k: rates.f1s(c)[..., k],
    "accuracy.false_positive_rate": rates.false_alarm,
    "accuracy.negative_predictive_value": rates.negative_predictive,
    "fairness.selection_rate": rates.selection,
}
"""Of one class, or of the favourable one; of everybody, or of the group that a slice names."""
BETWEEN_GROUPS: dict[str, Callable[[rates.Counts, int], rates.Values]] = {
    "fairness.demographic_parity_difference": lambda c, k: rates.gap(rates.selection(c, k)),
    "fairness.demographic_parity_ratio": lambda c, k: rates.smallest_ratio(rates.selection(c, k)),
    "fairness.equal_opportunity_difference": lambda c, k: rates.gap(rates.recalls(c)[..., k]),
    "fairness.equalized_odds_difference": lambda c, k: np.maximum(
        rates.gap(rates.recalls(c)[..., k]), rates.gap(rates.false_alarm(c, k))
    ),
    "fairness.equalized_odds_ratio": lambda c, k: np.minimum(
        rates.smallest_ratio(rates.recalls(c)[..., k]), rates.smallest_ratio(rates.false_alarm(c, k))
    ),
    "fairness.fnr_difference": lambda c, k: rates.gap(rates.recalls(c)[..., k]),
    "fairness.fpr_difference": lambda c, k: rates.gap(rates.false_alarm(c, k)),
    "fairness.predictive_parity_difference": lambda c, k: rates.gap(rates.precisions(c)[..., k]),
    "fairness.npv_difference": lambda c, k: rates.gap(rates.negative_predictive(c, k)),
    "fairness.average_odds_difference": lambda c, k: _average_odds(rates.recalls(c)[..., k], rates.false_alarm(c, k)),
}
OF_BENEFITS = ("fairness.theil_index", "fairness.generalized_entropy")


def resampled(
    measures: list[Measure], first: Rows, second: Rows, favourable: int | None, draws: int, seed: int
) -> dict[Key, Draws]:
    """Second minus first of every measure that is a function of label counts, and its replicates.

    Rows that stand alone: multinomial replicates of the counts group x truth x first decision x second decision. Where
    they are weighted or belong to units: Gaussian ones with the scatter of the units.
    """
    counted: dict[tuple[str, ...], dict[Key, Callable[[Grouping], Statistic | None]]] = {}
    for measure in measures:
        columns = columns_of(measure)
        if set(columns) <= set(second.groups):
            counted.setdefault(columns, {})[measure.key] = partial(_statistic, measure, second.classes, favourable)
    found: dict[Key, Draws] = {}
    for columns, wanted in counted.items():
        grouping, code = grouped(second, columns)
        known = {key: made for key, make in wanted.items() if (made := make(grouping)) is not None}
        if known:
            found |= replicated(known, first, second, len(grouping.parts), code, draws, seed)
    return found


def columns_of(measure: Measure) -> tuple[str, ...]:
    """The columns whose groups a measure is about, in the order of the rows' ways of grouping."""
    by = str(dict(measure.setting).get("by", EVERYONE))
    return tuple(by.split(JOINT)) if by else tuple(one.column for one in measure.slice)


def grouped(rows: Rows, columns: tuple[str, ...]) -> tuple[Grouping, NDArray[np.intp]]:
    whole, code = finest({column: rows.groups[column] for column in columns}, len(rows.truth))
    *_, (grouping, place) = coarser(whole)
    return grouping, place[code]


def _statistic(
    measure: Measure, classes: tuple[str, ...], favourable: int | None, grouping: Grouping
) -> Statistic | None:
    """The function of counts that the measure is, or ``None``."""
    options, name = dict(measure.setting), measure.name
    outcome = classes.index(str(options["class"])) if options.get("class") in classes else favourable
    if name == "fairness.performance_gap":
        return lambda c: rates.gap(rates.accuracy(c))
    if name in BETWEEN_GROUPS and outcome is not None and "by" in options:
        return lambda c: BETWEEN_GROUPS[name](c, outcome)
    if name in OF_BENEFITS and favourable is not None:
        alpha = float(options.get("alpha", 1.0))
        between = options.get("part") == "between groups"
        return partial(_between if between else _benefits, alpha=alpha, favourable=favourable)
    at = position(measure.slice, grouping)
    if name == "fairness.impact_ratio" and set(options) == {"by"} and at is not None and favourable is not None:
        return partial(to_best, at=at, favourable=favourable)
    if at is None or not set(options) <= {"class"}:
        return None
    if name in OF_A_CLASS and outcome is not None and ("class" in options or name not in WHOLE):
        return lambda c: OF_A_CLASS[name](c[..., at, :, :], outcome)
    if name in WHOLE and not options and not measure.slice:
        return lambda c: WHOLE[name](c[..., 0, :, :])
    return None


def position(conditions: tuple[Condition, ...], grouping: Grouping) -> int | None:
    """Which group a slice names."""
    named = {one.column: one.value for one in conditions}
    values = tuple(named.get(column, "") for column in grouping.columns)
    return grouping.parts.index(values) if values in grouping.parts else None


def to_best(
    counts: rates.Counts, at: int, favourable: int, able: NDArray[np.bool_] | Literal[True] = True
) -> rates.Values:
    """Selection rate of a group over that of the best of those able to set the benchmark."""
    selected = rates.selection(counts, favourable)
    best = np.where(np.isnan(selected) | ~np.asarray(able), -np.inf, selected).max(axis=-1)
    return rates.over(selected[..., at], best)


def _average_odds(found: rates.Values, alarms: rates.Values) -> rates.Values:
    """Largest mean of both gaps between the same two groups."""
    apart = sum(np.abs(one[..., :, None] - one[..., None, :]) for one in (found, alarms))
    return np.asarray(np.where(np.isnan(apart), -np.inf, apart).max(axis=(-2, -1)) / 2)


def _benefits(counts: rates.Counts, alpha: float, favourable: int) -> rates.Values:
    refused, gifted = _unlike(counts.sum(axis=-3), favourable)
    return entropy(refused, gifted, alpha)


def _between(counts: rates.Counts, alpha: float, favourable: int) -> rates.Values:
    """The entropy if everybody had the mean benefit of their group."""
    refused, gifted = _unlike(counts, favourable)
    mean, n = np.nan_to_num(1 - refused + gifted), counts.sum(axis=(-2, -1))
    share = rates.over(n, n.sum(axis=-1, keepdims=True))
    relative = rates.over(mean, (mean * share).sum(axis=-1, keepdims=True))
    if alpha == 1:
        term = relative * np.log(relative, out=np.zeros_like(relative), where=relative > 0)
    else:
        term = (relative**alpha - 1) / (alpha * (alpha - 1))
    return np.asarray((share * term).sum(axis=-1))


def _unlike(counts: rates.Counts, favourable: int) -> tuple[rates.Values, rates.Values]:
    """Shares of those who deserved the favourable outcome and were refused, and received it undeserved."""
    n = counts.sum(axis=(-2, -1))
    received, deserved = counts[..., :, favourable].sum(axis=-1), counts[..., favourable, :].sum(axis=-1)
    both = counts[..., favourable, favourable]
    return rates.over(deserved - both, n), rates.over(received - both, n)


def replicated(
    statistics: dict[Key, Statistic],
    first: Rows,
    second: Rows,
    groups: int,
    code: NDArray[np.intp],
    draws: int,
    seed: int,
) -> dict[Key, Draws]:
    size = len(second.classes)
    cell = ((code * size + second.truth) * size + first.decision) * size + second.decision
    shape = (groups, size, size, size)

    def gains(part: NDArray[np.generic]) -> rates.Values:
        before, after = part.sum(axis=-1), part.sum(axis=-2)
        return np.column_stack([one(after) - one(before) for one in statistics.values()])

    weights = Weights.of(len(cell), second.weight, second.unit)
    if weights is None:
        drawn = multinomial_bootstrap(np.bincount(cell, minlength=groups * size**3).reshape(shape), gains, draws, seed)
        return dict(zip(statistics, drawn, strict=True))
    occurring, place = np.unique(cell, return_inverse=True)
    sums = np.bincount(place, weights.weight)
    scatter = Dispersion.of_cells(place, 1, len(occurring), weights.weight, weights.unit).scatter[0]

    def spread_out(part: NDArray[np.generic]) -> rates.Values:
        whole = np.zeros((len(part), groups * size**3))
        whole[:, occurring] = part
        return gains(whole.reshape(-1, *shape))

    return dict(zip(statistics, gaussian_bootstrap(sums, scatter, spread_out, draws, seed), strict=True))
