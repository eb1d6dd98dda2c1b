"""Average odds: the value of AIF360's definition, the claim of equalized odds, equal groups not accused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audit.contrast import largest_difference
from audit.odds import largest_average_odds

Rate = tuple[np.ndarray, np.ndarray]


def drawn(seed: int, groups: int) -> tuple[Rate, Rate]:
    draw = np.random.default_rng(seed)
    positives, negatives = draw.integers(5, 200, (2, groups))
    found, alarms = draw.binomial(positives, draw.random(groups)), draw.binomial(negatives, draw.random(groups))
    return (found, positives), (alarms, negatives)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_largest_mean_of_both_gaps_and_names_its_pair(seed: int) -> None:
    found, alarms = drawn(seed, 5)
    rates = [k / n for k, n in (found, alarms)]
    means = {(i, j): sum(abs(rate[i] - rate[j]) for rate in rates) / 2 for i in range(5) for j in range(5) if i < j}
    extreme = largest_average_odds(found, alarms)
    assert extreme.value == pytest.approx(max(means.values()), abs=1e-12)
    assert tuple(sorted(extreme.pair)) == max(means, key=means.__getitem__)
    assert extreme.low <= extreme.value <= extreme.high


@pytest.mark.parametrize("seed", range(30))
def test_it_claims_a_disparity_exactly_where_equalized_odds_does(seed: int) -> None:
    draw = np.random.default_rng(seed)
    n = draw.integers(20, 300, (2, 4))
    k = draw.binomial(n, np.clip(0.5 + draw.normal(0, 0.08, (2, 4)), 0, 1))
    both = largest_difference(k.ravel(), n.ravel(), block=np.repeat(["tpr", "fpr"], 4))
    assert (largest_average_odds((k[0], n[0]), (k[1], n[1])).low > 0) == (both.low > 0)


@pytest.mark.parametrize(("rate", "sizes"), [(0.01, (20, 2000)), (0.5, (50, 50)), (0.1, (20, 200))])
def test_equal_groups_are_accused_in_at_most_one_of_twenty_data_sets(rate: float, sizes: tuple[int, int]) -> None:
    draw, runs = np.random.default_rng(0), 250
    n = np.geomspace(*sizes, 6).astype(int)
    accused = sum(
        largest_average_odds((draw.binomial(n, rate), n), (draw.binomial(n[::-1], rate), n[::-1])).low > 0
        for _ in range(runs)
    )
    assert accused <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


@pytest.mark.parametrize(("apart", "other"), [(0.2, 0.0), (0.2, 0.2), (0.3, -0.1)])
def test_the_interval_holds_the_truth(apart: float, other: float) -> None:
    draw, runs, missed = np.random.default_rng(1), 250, 0
    n = np.array([40, 60, 200])
    chances = np.array([0.4 + apart, 0.4, 0.4]), np.array([0.3 + other, 0.3, 0.3])
    truth = (abs(apart) + abs(other)) / 2
    for _ in range(runs):
        found = largest_average_odds(*((draw.binomial(n, one), n) for one in chances))
        missed += not found.low <= truth <= found.high
    assert missed <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


def test_a_group_without_one_of_the_two_kinds_takes_no_part() -> None:
    found = largest_average_odds(([3, 0, 1], [4, 0, 4]), ([1, 5, 2], [4, 5, 4]))
    assert set(found.pair) == {0, 2}
    with pytest.raises(ValueError, match="two groups with positives and negatives, got 1"):
        largest_average_odds(([3, 0], [4, 0]), ([1, 5], [4, 5]))
