"""Influence values give the errors that textbooks and resampling give, and keep equal groups from being accused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from audit.hypothesis import max_t
from audit.influence import (
    Multiplied,
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


def multiplied(values: np.ndarray, masks: list[np.ndarray], seed: int = 0) -> Multiplied:
    return multiplier_bootstrap(np.column_stack([mean_influence(values, one) for one in masks]), 500, seed)


@pytest.mark.parametrize("sizes", [(60, 120, 180, 240), (5, 5, 5, 5, 5), (10, 10, 500)])
@pytest.mark.parametrize("skewed", [False, True])
def test_equal_groups_are_rarely_called_unequal_and_a_true_gap_is_covered(sizes: tuple[int, ...], skewed: bool) -> None:
    accused, covered, runs = 0, 0, 200
    draw, group = np.random.default_rng(3), np.repeat(np.arange(len(sizes)), sizes)
    masks = [group == one for one in range(len(sizes))]
    for run in range(runs):
        noise = draw.beta(0.5, 5, len(group)) if skewed else draw.random(len(group))
        for moved in (0.0, 0.15):
            score = noise + moved * (group == 0)
            values = [score[one].mean() for one in masks]
            found = largest_difference_of(values, multiplied(score, masks, run), sizes)
            accused += moved == 0.0 and found.low > 0
            covered += found.low <= moved <= found.high
    assert accused / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    assert covered / (2 * runs) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / (2 * runs))


def test_areas_of_equal_groups_are_rarely_called_unequal() -> None:
    accused, runs, draw = 0, 150, np.random.default_rng(3)
    for run in range(runs):
        group, came = draw.choice(4, 600, p=[0.4, 0.3, 0.2, 0.1]), draw.random(600) < 0.5
        score = draw.random(600) + 0.3 * came
        masks = [group == one for one in range(4)]
        found = multiplier_bootstrap(np.column_stack([auc_influence(score, came, one) for one in masks]), 500, run)
        rarer = [min(came[one].sum(), (~came)[one].sum()) for one in masks]
        accused += largest_difference_of([roc_auc(score[one], came[one]) for one in masks], found, rarer).low > 0
    assert accused / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def test_of_two_large_groups_it_is_the_textbook_interval_of_a_difference() -> None:
    masks = [one == GROUP for one in range(2)]
    score = SCORE + 0.1 * masks[0]
    found = largest_difference_of(
        [score[one].mean() for one in masks],
        multiplier_bootstrap(np.column_stack([mean_influence(score, one) for one in masks]), 20_000),
        [one.sum() for one in masks],
    )
    textbook = stats.ttest_ind(score[masks[0]], score[masks[1]], equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((textbook.low, textbook.high), rel=0.02)
    assert found.pair == found.low_pair == found.high_pair == (0, 1)


def test_many_paired_statistics_together_are_rarely_called_different() -> None:
    """Twenty statistics that depend on each other: the family's error is kept, and one true difference is found."""
    draw, runs, accused, found = np.random.default_rng(4), 200, 0, 0
    for run in range(runs):
        gains = draw.normal(size=(300, 5)) @ draw.normal(size=(5, 20))
        drawn = multiplier_bootstrap(gains - gains.mean(axis=0), 400, run)
        p = max_t(np.abs(gains.mean(axis=0)) / drawn.error, np.abs(drawn.replicates) / drawn.error)
        accused += p.min() <= 0.05
        shifted = gains[:, 0].mean() + 5 * drawn.error[0]
        found += max_t([shifted / drawn.error[0]], np.abs(drawn.replicates) / drawn.error)[0] <= 0.05
    assert accused / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    assert found / runs > 0.9


def test_a_group_of_one_and_a_constant_group_are_not_taken_for_certain() -> None:
    values = np.append(DRAW.random(40), [0.9, 0.6, 0.6, 0.6])
    group = np.repeat([0, 1, 2], [40, 1, 3])
    masks = [group == one for one in range(3)]
    found = largest_difference_of([values[one].mean() for one in masks], multiplied(values, masks), [40, 1, 3])
    assert found.low == 0
    assert found.high > 0.5


def test_what_shows_no_variation_and_what_is_no_group_is_refused() -> None:
    still = multiplied(np.full(9, 0.4), [np.arange(9) < 4, np.arange(9) >= 4])
    assert (still.error == 0).all()
    assert np.isfinite(still.critical())
    with pytest.raises(ValueError, match="rows differ"):
        largest_difference_of([0.4, 0.4], still, [4, 5])
    with pytest.raises(ValueError, match="at least two groups"):
        largest_difference_of([0.4], still, [9])
    with pytest.raises(ValueError, match="all with rows"):
        largest_difference_of([0.4, 0.4], still, [9, 0])
    with pytest.raises(ValueError, match="rows that count"):
        mean_influence([1.0, 2.0], [False, False])
    with pytest.raises(ValueError, match="needs both classes"):
        auc_influence([0.1, 0.2], [True, True])
