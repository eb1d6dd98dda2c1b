"""Rankings from counts are the rankings of the rows; in bins they lie within the bound that is stated."""

from __future__ import annotations

import numpy as np
import pytest

from audit.interval import _placements, delong, roc_auc
from audit.scores import Scores, clustered

DRAW = np.random.default_rng(0)
N = 2000
SCORE = np.round(DRAW.random(N), 2)
CAME = DRAW.random(N) < SCORE
GROUPS = {"sex": DRAW.choice(["f", "m"], N), "age": DRAW.choice(["old", "young"], N)}


def halves(score: np.ndarray, bins: int | None = None) -> Scores:
    first, second = (
        Scores.of(score[s], CAME[s], {by: of[s] for by, of in GROUPS.items()}, bins=bins)
        for s in (slice(0, 700), slice(700, N))
    )
    return first + second


def test_the_area_and_its_error_are_delongs_on_the_rows() -> None:
    for scores in (Scores.of(SCORE, CAME, GROUPS), halves(SCORE)):
        found = scores.ranking("sex")
        for position, name in enumerate(["f", "m"]):
            inside = GROUPS["sex"] == name
            variance = sum(one.var(ddof=1) / len(one) for one in _placements(SCORE[inside], CAME[inside]))
            assert found.area[position] == pytest.approx(roc_auc(SCORE[inside], CAME[inside]), abs=1e-13)
            assert found.error[position] == pytest.approx(np.sqrt(variance), rel=1e-12)
            assert found.bound[position] == 0


def test_in_bins_the_true_area_lies_within_the_stated_bound() -> None:
    score = DRAW.random(N)
    for bins in (3, 20, 500):
        binned, exact = halves(score, bins).ranking("age & sex"), Scores.of(score, CAME, GROUPS).ranking("age & sex")
        assert (np.abs(binned.area - exact.area) <= binned.bound + 1e-12).all()
        assert (binned.bound > 0).all()


def test_quantiles_are_within_half_a_bin() -> None:
    exact, binned = Scores.of(SCORE, CAME, GROUPS), Scores.of(SCORE, CAME, GROUPS, bins=50)
    assert exact.quantile(0.5)[0] == np.quantile(SCORE, 0.5, method="inverted_cdf")
    assert abs(binned.quantile(0.5)[0] - exact.quantile(0.5)[0]) <= 0.011


def test_weights_count() -> None:
    doubled = Scores.of(np.repeat(SCORE, 2), np.repeat(CAME, 2), {})
    weighted = Scores.of(SCORE, CAME, {}, weight=np.full(N, 2.0))
    assert weighted.ranking().area == pytest.approx(doubled.ranking().area, rel=1e-13)


def test_a_group_with_one_outcome_has_no_area() -> None:
    found = Scores.of([0.1, 0.9, 0.5], [False, True, True], {"by": ["a", "a", "b"]}).ranking("by")
    assert (found.area[0], np.isnan(found.area[1])) == (1.0, True)


def test_scores_that_cannot_be_ranked_or_binned_are_refused() -> None:
    with pytest.raises(ValueError, match="1 of 2 scores are missing"):
        Scores.of([0.1, np.nan], [True, False], {})
    with pytest.raises(ValueError, match="within 0 and 1"):
        Scores.of([0.1, 7.0], [True, False], {}, bins=10)
    with pytest.raises(ValueError, match="Shards differ"):
        Scores.of([0.1], [True], {}, bins=10) + Scores.of([0.1], [True], {}, bins=20)


def test_an_area_of_units_counts_units_and_not_their_rows() -> None:
    draw = np.random.default_rng(5)
    score, came = draw.random(80).round(2), draw.random(80) < 0.5
    one = clustered(score, came)
    area, _low, _high = delong(score, came)
    assert one.area[0] == pytest.approx(area, abs=1e-12)
    again = np.repeat(np.arange(80), 6)
    units = clustered(score[again], came[again], unit=again)
    assert units.area[0] == pytest.approx(area, abs=1e-12)
    assert units.error[0] == pytest.approx(one.error[0], rel=1e-9)
    assert units.positives[0] == pytest.approx(came.sum())
    weight = draw.integers(1, 5, 80)
    repeated = np.repeat(np.arange(80), weight)
    weighted = clustered(score, came, weight=weight)
    assert weighted.area[0] == pytest.approx(delong(score[repeated], came[repeated])[0], abs=1e-12)
    assert weighted.error[0] > clustered(score[repeated], came[repeated]).error[0]


def test_the_error_of_an_area_of_units_is_that_of_units_drawn_again() -> None:
    draw = np.random.default_rng(6)
    unit = np.repeat(np.arange(60), 5)
    came = (draw.random(60) < 0.5)[unit]
    score = 0.8 * came + draw.normal(0, 1, 60)[unit] + draw.normal(0, 0.3, 300)
    areas = []
    for _ in range(600):
        rows = np.concatenate([np.flatnonzero(unit == one) for one in draw.integers(0, 60, 60)])
        areas.append(clustered(score[rows], came[rows]).area[0])
    assert clustered(score, came, unit=unit).error[0] == pytest.approx(np.std(areas), rel=0.15)
    assert clustered(score, came).error[0] < 0.6 * np.std(areas)
