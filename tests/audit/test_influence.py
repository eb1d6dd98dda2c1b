"""Influence values give the errors that textbooks and resampling give, and keep equal groups from being accused."""

from __future__ import annotations

import numpy as np
import pytest

from audit.influence import (
    auc_influence,
    ece_influence,
    largest_difference_of,
    mean_influence,
    multiplier_bootstrap,
)
from audit.interval import _placements, roc_auc

DRAW = np.random.default_rng(0)
N = 1500
SCORE = DRAW.random(N)
CAME = DRAW.random(N) < SCORE
GROUP = DRAW.integers(0, 3, N)


def ece(score: np.ndarray, outcome: np.ndarray, bins: int) -> float:
    cell = np.minimum((score * bins).astype(int), bins - 1)
    return float(np.abs(np.bincount(cell, score - outcome, bins)).sum() / len(score))


def test_the_errors_of_means_and_areas_are_the_textbooks() -> None:
    inside = GROUP == 1
    found = multiplier_bootstrap(
        np.column_stack([mean_influence(SCORE, inside), auc_influence(SCORE, CAME, inside)]), draws=4000
    )
    mean = SCORE[inside].std() / np.sqrt(inside.sum())
    area = np.sqrt(sum(one.var() / len(one) for one in _placements(SCORE[inside], CAME[inside])))
    np.testing.assert_allclose(found.error, [mean, area], rtol=2e-3)
    np.testing.assert_allclose(found.replicates.std(axis=0), found.error, rtol=0.05)


def test_the_error_of_an_ece_far_from_zero_is_that_of_resampled_rows() -> None:
    score = SCORE**0.3
    again = [ece(score[rows], CAME[rows], 10) for rows in DRAW.integers(0, N, (800, N))]
    found = multiplier_bootstrap(ece_influence(score, CAME, 10)[:, None])
    assert found.error[0] == pytest.approx(np.std(again), rel=0.08)


def test_rows_of_one_unit_are_multiplied_together() -> None:
    unit = np.repeat(np.arange(N // 5), 5)
    copied = SCORE[unit * 5]
    alone = multiplier_bootstrap(mean_influence(copied)[:, None])
    together = multiplier_bootstrap(mean_influence(copied)[:, None], unit=unit)
    assert together.error[0] == pytest.approx(np.sqrt(5) * alone.error[0], rel=2e-3)


def test_weights_count_as_copies_do() -> None:
    weight = DRAW.integers(1, 4, N)
    found = mean_influence(SCORE, weight=weight)
    copies = np.repeat(SCORE, weight)
    by_row = np.repeat(np.arange(N), weight)
    summed = np.bincount(by_row, mean_influence(copies), N) * N / len(copies)
    np.testing.assert_allclose(found, summed, atol=1e-12)


@pytest.mark.parametrize("what", ["mean", "area"])
def test_equal_groups_are_rarely_called_unequal_and_a_true_gap_is_covered(what: str) -> None:
    accused, covered, runs, shift = 0, 0, 150, 0.15
    draw = np.random.default_rng(3)
    for _ in range(runs):
        group = draw.choice(4, 600, p=[0.4, 0.3, 0.2, 0.1])
        came = draw.random(600) < 0.5
        for moved in (0.0, shift):
            score = draw.random(600) + 0.3 * came + (moved * (group == 0) if what == "mean" else 0)
            masks = [group == one for one in range(4)]
            values = [score[m].mean() if what == "mean" else roc_auc(score[m], came[m]) for m in masks]
            terms = [mean_influence(score, m) if what == "mean" else auc_influence(score, came, m) for m in masks]
            found = largest_difference_of(values, multiplier_bootstrap(np.column_stack(terms), draws=500))
            if moved == 0.0:
                accused += found.low > 0
            covered += found.low <= (moved if what == "mean" else 0.0) <= found.high
    assert accused / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    assert covered / (2 * runs) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / (2 * runs))


def test_constant_values_one_group_and_no_rows() -> None:
    still = multiplier_bootstrap(mean_influence(np.full(9, 0.4))[:, None])
    assert still.error[0] == 0
    assert np.isfinite(still.critical())
    with pytest.raises(ValueError, match="at least two groups, got 1"):
        largest_difference_of([0.4], still)
    with pytest.raises(ValueError, match="rows that count"):
        mean_influence([1.0, 2.0], [False, False])
    with pytest.raises(ValueError, match="needs both classes"):
        auc_influence([0.1, 0.2], [True, True])
