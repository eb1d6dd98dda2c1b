"""Conformal thresholds, sets and intervals: those of MAPIE, and the coverage that theory promises."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from audit.conformal import (
    coverage_band,
    group_thresholds,
    halves,
    intervals,
    nonconformity,
    rank,
    sets,
    threshold,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from mapie.classification import SplitConformalClassifier
    from mapie.regression import SplitConformalRegressor


class Stated(ClassifierMixin, BaseEstimator):
    """A classifier whose probabilities are its input."""

    def fit(self, X, y):
        self.classes_, self.is_fitted_ = np.arange(X.shape[1]), True
        return self

    def predict_proba(self, X):
        return X

    def predict(self, X):
        return X.argmax(axis=1)


class First(RegressorMixin, BaseEstimator):
    """A regression whose prediction is its first input."""

    def fit(self, X, y):
        self.n_features_in_, self.is_fitted_ = X.shape[1], True
        return self

    def predict(self, X):
        return X[:, 0]


def drawn(seed: int, n: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    score = draw.dirichlet(np.ones(classes), n)
    truth = (draw.random((n, 1)) > score.cumsum(axis=1)).sum(axis=1).clip(0, classes - 1)
    return score, truth


@pytest.mark.parametrize("nominal", [0.8, 0.9, 0.95])
@pytest.mark.parametrize(("n", "classes"), [(60, 2), (101, 3), (500, 10)])
def test_thresholds_and_sets_are_those_of_mapie(n: int, classes: int, nominal: float) -> None:
    score, truth = drawn(n, n, classes)
    truth[:classes] = np.arange(classes)
    theirs = SplitConformalClassifier(Stated().fit(score, truth), confidence_level=nominal, prefit=True)
    theirs.conformalize(score, truth)
    ours = threshold(nonconformity(score, truth), nominal)
    fresh, _ = drawn(n + 1, 200, classes)
    _, named = theirs.predict_set(fresh)
    assert ours == pytest.approx(float(theirs._mapie_classifier.quantiles_[0]), abs=1e-12)
    np.testing.assert_array_equal(sets(fresh, ours), named[:, :, 0])


@pytest.mark.parametrize("nominal", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("n", [50, 333])
def test_intervals_of_numbers_are_those_of_mapie(n: int, nominal: float) -> None:
    draw = np.random.default_rng(n)
    predicted = draw.normal(0, 3, (n, 1))
    truth = predicted[:, 0] + draw.standard_t(3, n)
    theirs = SplitConformalRegressor(First().fit(predicted, truth), confidence_level=nominal, prefit=True)
    theirs.conformalize(predicted, truth)
    fresh = draw.normal(0, 3, (40, 1))
    _, ends = theirs.predict_interval(fresh)
    low, high = intervals(fresh[:, 0], threshold(np.abs(truth - predicted[:, 0]), nominal))
    np.testing.assert_allclose(np.column_stack([low, high]), ends[:, :, 0], atol=1e-12)


def test_the_threshold_of_a_group_is_that_of_the_group_alone() -> None:
    draw = np.random.default_rng(0)
    group, score = draw.integers(0, 5, 400), np.round(draw.random(400), 2)
    group[group == 3] = 2
    found = group_thresholds(score, group, 5)
    assert found.tolist() == [threshold(score[group == one]) for one in range(5)]
    assert found[3] == math.inf


@pytest.mark.parametrize(("n", "nominal", "expected"), [(9, 0.9, 9), (8, 0.9, 9), (99, 0.9, 90), (99, 0.55, 55)])
def test_the_rank_is_not_one_too_high_for_rounding(n: int, nominal: float, expected: int) -> None:
    assert rank(n, nominal) == expected


def test_too_few_to_exclude_anything_leave_every_class() -> None:
    assert threshold([0.1] * 8) == math.inf
    assert threshold([0.1] * 9) == 0.1
    assert threshold([]) == math.inf
    assert sets(np.array([[0.0, 1.0]]), math.inf).all()
    assert coverage_band(8) == (1.0, 1.0)


@pytest.mark.parametrize("nominal", [0.0, 1.0, 90.0])
def test_a_coverage_that_is_none_is_refused(nominal: float) -> None:
    with pytest.raises(ValueError, match=r"the usual one is 0\.9"):
        threshold([0.1, 0.2], nominal)


@pytest.mark.parametrize("n", [30, 200])
def test_the_coverage_of_a_calibration_is_spread_as_its_band_says(n: int) -> None:
    """Uniform scores: the coverage of a threshold is the threshold itself."""
    found = np.array([threshold(one) for one in np.random.default_rng(n).random((4000, n))])
    low, high = coverage_band(n)
    assert ((low <= found) & (found <= high)).mean() == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 4000))
    assert found.mean() == pytest.approx(rank(n) / (n + 1), abs=0.004)
    assert stats.kstest(found, stats.beta(rank(n), n + 1 - rank(n)).cdf).pvalue > 0.001


def test_halves_are_halves_and_part_no_unit() -> None:
    assert halves(101, 0).sum() == 50
    assert (halves(100, 0) != halves(100, 1)).any()
    unit = np.repeat([f"u{one}" for one in range(30)], 3)
    chosen = halves(90, 2, unit)
    assert chosen.sum() == 45
    assert all(chosen[unit == one].all() or not chosen[unit == one].any() for one in set(unit))
    assert not halves(1, 0).any()
