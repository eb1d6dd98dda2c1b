"""Measures of predicted numbers, and medians, as functions of how often each row counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from audit.interval import Array
from audit.measure import Measure
from audit.paired_scores import Statistic, gap_of_means, groups_of, mean, standardised
from audit.resample import over
from audit.rows import Rows

BETWEEN_GROUPS: dict[str, Callable[[Array, NDArray[np.intp]], Statistic]] = {
    "fairness.mean_score_difference": gap_of_means,
    "fairness.mean_error_difference": gap_of_means,
    "fairness.standardized_mean_difference": standardised,
}


def statistic(measure: Measure, rows: Rows, place: NDArray[np.intp]) -> Statistic | None:
    """The number as a function of the weights of the rows at ``place``; ``None`` for a measure that is not known here.

    Of a mean error, whose target is 0, it is the distance from it.
    """
    part, options, name = rows.take(place), dict(measure.setting), measure.name
    error = part.decision - part.truth
    if name in BETWEEN_GROUPS and "by" in options:
        code = groups_of(part, str(options["by"]))
        values = error if name == "fairness.mean_error_difference" else part.decision
        return None if code is None else BETWEEN_GROUPS[name](values, code)
    if name == "accuracy.regression_error" and options.get("kind") == "mae":
        return mean(np.abs(error))
    if name == "accuracy.regression_error" and options.get("kind") == "rmse":
        squared = mean(error**2)
        return lambda drawn: np.sqrt(squared(drawn))
    if name == "accuracy.mean_error":
        signed = mean(error)
        return lambda drawn: np.abs(signed(drawn))
    return None


def median(values: Array) -> Statistic:
    """The median of the values that are known."""
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]

    def middle(drawn: Array) -> Array:
        upto = drawn[:, order].cumsum(axis=1)
        half = over(upto, upto[:, -1:]) >= 0.5
        return np.where(half.any(axis=1), values[order][half.argmax(axis=1)], np.nan)

    return middle
