"""Paired differences of two versions: by exact tests, and by resampling the counts they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from audit import rates
from audit.bootstrap import multinomial_bootstrap
from audit.hypothesis import mcnemar
from audit.interval import paired_difference
from audit.measure import Measure
from audit.rows import Rows
from audit.tally import EVERYONE

Key = tuple[str, str, str]
Statistic = Callable[[rates.Counts], rates.Values]
"""Counts (..., groups, classes, classes), truth x decision, to values (...)."""
DRAWS = 10_000

WHOLE: dict[str, Callable[[rates.Counts], rates.Values]] = {
    "accuracy.balanced_accuracy": rates.balanced_accuracy,
    "accuracy.precision": rates.precision_macro,
    "accuracy.recall": rates.recall_macro,
    "accuracy.f1_macro": rates.f1_macro,
}
OF_A_CLASS: dict[str, Callable[[rates.Counts], rates.Values]] = {
    "accuracy.precision": rates.precisions,
    "accuracy.recall": rates.recalls,
    "accuracy.f1": rates.f1s,
}
BETWEEN_GROUPS: dict[str, Callable[[rates.Counts, int], rates.Values]] = {
    "fairness.demographic_parity_difference": lambda c, k: rates.gap(rates.selection(c, k)),
    "fairness.demographic_parity_ratio": lambda c, k: rates.smallest_ratio(rates.selection(c, k)),
    "fairness.equal_opportunity_difference": lambda c, k: rates.gap(rates.recalls(c)[..., k]),
    "fairness.equalized_odds_difference": lambda c, k: np.maximum(
        rates.gap(rates.recalls(c)[..., k]), rates.gap(rates.false_alarm(c, k))
    ),
    "fairness.fnr_difference": lambda c, k: rates.gap(rates.recalls(c)[..., k]),
    "fairness.fpr_difference": lambda c, k: rates.gap(rates.false_alarm(c, k)),
}


@dataclass(frozen=True)
class Paired:
    """Second minus first on the same examples, before the error of the whole comparison is controlled."""

    difference: float
    low: float | None
    high: float | None
    """``None`` where the replicates never differ, so that resampling says nothing about what chance could do."""
    p: float
    method: str


def paired_differences(
    measures: list[Measure], first: Rows, second: Rows, favourable: int | None, level: float, seed: int
) -> dict[Key, Paired]:
    """The paired difference of every measure for which there is a method: others are left out.

    Accuracy, overall and per group: exact McNemar with Tango's interval. What is a function of label counts: percentile
    bootstrap of the counts group x truth x first decision x second decision, 10,000 replicates.
    """
    found: dict[Key, Paired] = {}
    counted: dict[str, dict[Key, Statistic]] = {}
    for measure in measures:
        if measure.name == "accuracy.accuracy" and not measure.setting:
            found[measure.key] = _mcnemar(measure, first, second, level)
            continue
        by = str(dict(measure.setting).get("by", EVERYONE))
        statistic = _statistic(measure, first.classes, favourable)
        if statistic is not None:
            counted.setdefault(by, {})[measure.key] = statistic
    for by, statistics in counted.items():
        found |= _resampled(_paired_counts(by, first, second), statistics, level, seed)
    return found


def _mcnemar(measure: Measure, first: Rows, second: Rows, level: float) -> Paired:
    inside = np.ones(len(first.truth), dtype=bool)
    for one in measure.slice:
        inside &= second.groups[one.column] == one.value
    before, after = (first.decision == first.truth)[inside], (second.decision == second.truth)[inside]
    won, lost = int((after & ~before).sum()), int((before & ~after).sum())
    difference, low, high = paired_difference(won, lost, int(inside.sum()), level)
    return Paired(difference, low, high, mcnemar(won, lost), "exact McNemar; interval: Tango score")


def _statistic(measure: Measure, classes: tuple[str, ...], favourable: int | None) -> Statistic | None:
    """The function of counts that the measure is, or ``None``."""
    options, name = dict(measure.setting), measure.name
    outcome = classes.index(str(options["class"])) if options.get("class") in classes else favourable
    if name == "fairness.performance_gap":
        return lambda c: rates.gap(rates.accuracy(c))
    if name in BETWEEN_GROUPS and outcome is not None:
        return lambda c: BETWEEN_GROUPS[name](c, outcome)
    if name in OF_A_CLASS and "class" in options and outcome is not None:
        return lambda c: OF_A_CLASS[name](c[..., 0, :, :])[..., outcome]
    if name in WHOLE and not options:
        return lambda c: WHOLE[name](c[..., 0, :, :])
    return None


def _paired_counts(by: str, first: Rows, second: Rows) -> np.ndarray:
    """(groups, classes, classes, classes): group x truth x first decision x second decision."""
    size = len(first.classes)
    labels = second.groups[by].astype(str) if by else np.full(len(second.truth), EVERYONE)
    names, code = np.unique(labels, return_inverse=True)
    cell = ((code * size + first.truth) * size + first.decision) * size + second.decision
    return np.bincount(cell, minlength=len(names) * size**3).reshape(len(names), size, size, size)


def _resampled(counts: np.ndarray, statistics: dict[Key, Statistic], level: float, seed: int) -> dict[Key, Paired]:
    def gains(part: np.ndarray) -> np.ndarray:
        before, after = part.sum(axis=-1), part.sum(axis=-2)
        return np.column_stack([one(after) - one(before) for one in statistics.values()])

    found = {}
    for key, drawn in zip(statistics, multinomial_bootstrap(counts, gains, DRAWS, seed), strict=True):
        if np.isfinite(drawn.value) and len(drawn.replicates):
            varies = np.ptp(drawn.replicates) > 0
            low, high = drawn.interval(level) if varies else (None, None)
            found[key] = Paired(drawn.value, low, high, drawn.p, "bootstrap of the paired counts")
    return found
