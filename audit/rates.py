"""Rates of confusion counts, over any number of groups or replicates at once.

Every function takes counts of shape (..., classes, classes), truth x decision, and gives (...) values, NaN where a
denominator is zero: the same arithmetic serves one tally and ten thousand resampled ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.integer]
Values = NDArray[np.float64]


def accuracy(counts: Counts) -> Values:
    """Share decided right."""
    return over(np.trace(counts, axis1=-2, axis2=-1), counts.sum(axis=(-2, -1)))


def recalls(counts: Counts) -> Values:
    """(..., classes): found among those who truly are of the class."""
    return over(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1))


def precisions(counts: Counts) -> Values:
    """(..., classes): right among those decided as the class."""
    return over(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-2))


def f1s(counts: Counts) -> Values:
    """(..., classes): harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN)."""
    return over(2 * np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1) + counts.sum(axis=-2))


def balanced_accuracy(counts: Counts) -> Values:
    """Mean recall over the classes that occur."""
    return _mean(recalls(counts))


def precision_macro(counts: Counts) -> Values:
    """Mean precision over the classes that occur; a class never decided counts as 0 (scikit-learn's convention)."""
    return _macro(precisions(counts), counts)


def recall_macro(counts: Counts) -> Values:
    """Mean recall over the classes that occur or are decided; a class that never occurs counts as 0."""
    return _macro(recalls(counts), counts)


def f1_macro(counts: Counts) -> Values:
    """Mean F1 over the classes that occur or are decided."""
    return _macro(f1s(counts), counts)


def selection(counts: Counts, favourable: int) -> Values:
    """Share decided as the favourable class."""
    return over(counts[..., favourable].sum(axis=-1), counts.sum(axis=(-2, -1)))


def false_alarm(counts: Counts, positive: int) -> Values:
    """False positive rate: decided as the class among those who are not."""
    others = np.delete(counts, positive, axis=-2)
    return over(others[..., positive].sum(axis=-1), others.sum(axis=(-2, -1)))


def negative_predictive(counts: Counts, positive: int) -> Values:
    """Truly others among those decided as others."""
    decided = np.delete(counts, positive, axis=-1)
    return over(np.delete(decided, positive, axis=-2).sum(axis=(-2, -1)), decided.sum(axis=(-2, -1)))


def gap(rates: Values) -> Values:
    """Largest difference over the last axis (groups); groups without such examples are left out."""
    return np.where(np.isnan(rates), -np.inf, rates).max(-1) - np.where(np.isnan(rates), np.inf, rates).min(-1)


def smallest_ratio(rates: Values) -> Values:
    """Smallest over largest rate on the last axis (groups)."""
    largest = np.where(np.isnan(rates), -np.inf, rates).max(-1)
    return over(np.where(np.isnan(rates), np.inf, rates).min(-1), largest)


def over(numerator: NDArray[np.generic], denominator: NDArray[np.generic]) -> Values:
    """Division that gives NaN for a zero denominator, without a warning."""
    top, bottom = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    return np.divide(top, bottom, out=np.full(np.broadcast(top, bottom).shape, np.nan), where=bottom != 0)


def _mean(values: Values) -> Values:
    defined = ~np.isnan(values)
    return over(np.where(defined, values, 0.0).sum(-1), defined.sum(-1))


def _macro(values: Values, counts: Counts) -> Values:
    present = (counts.sum(axis=-1) + counts.sum(axis=-2)) > 0
    return over(np.where(present, np.nan_to_num(values), 0.0).sum(-1), present.sum(-1))
