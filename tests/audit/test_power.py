"""The smallest gap a sample could have shown is shown in four of five samples of that gap: by exact enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import power_proportions_2indep

from audit.power import detectable_difference, largest_two, settling_n


def exact_power(n: int, other: int, p: float, q: float, groups: int) -> float:
    """Chance that square-and-add of Clopper-Pearson limits at Tukey's point shows a difference, by enumeration."""
    tail = stats.norm.sf(stats.studentized_range.ppf(0.95, groups, 1e6) / np.sqrt(2))
    (k, low, high), (j, least, most) = (
        (count, stats.beta.ppf(tail, count, size - count + 1), stats.beta.isf(tail, count + 1, size - count))
        for size in (n, other)
        for count in [np.arange(size + 1)]
    )
    a, b = (k / n)[:, None], (j / other)[None, :]
    ahead = a - b > np.hypot(a - np.nan_to_num(low)[:, None], np.nan_to_num(most, nan=1.0)[None, :] - b)
    behind = b - a > np.hypot(b - np.nan_to_num(least)[None, :], np.nan_to_num(high, nan=1.0)[:, None] - a)
    weight = stats.binom.pmf(k, n, p)[:, None] * stats.binom.pmf(j, other, q)[None, :]
    return float(weight[ahead | behind].sum())


@pytest.mark.parametrize(("n", "other"), [(20, 20), (30, 100), (30, 1000), (100, 100), (300, 300), (600, 400)])
@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
@pytest.mark.parametrize("groups", [2, 10])
def test_the_gap_is_shown_in_four_of_five_samples(n: int, other: int, rate: float, groups: int) -> None:
    gap = detectable_difference(n, other, rate, groups=groups)
    assert gap == detectable_difference(other, n, rate, groups=groups)
    if gap is None:
        assert (n, rate) == (20, 0.1)
        return
    share, found = other / (n + other), []
    for sign in (1, -1):
        p, q = rate + sign * gap * share, rate - sign * gap * (1 - share)
        if min(p, q) >= 0 and max(p, q) <= 1:
            found.append(exact_power(n, other, p, q, groups))
    assert min(found) == pytest.approx(0.8, abs=0.05 if n < 100 else 0.02)


def test_it_is_a_little_more_than_statsmodels_says_of_the_uncorrected_test() -> None:
    gap = detectable_difference(400, 400, 0.5)
    assert gap is not None
    assert 0.8 < power_proportions_2indep(gap, 0.5 - gap / 2, 400, alpha=0.05).power < 0.83


def test_more_groups_need_a_larger_gap_and_more_people_a_smaller_one() -> None:
    gaps = [detectable_difference(300, 300, 0.4, groups=groups) for groups in (2, 5, 40)]
    assert gaps == sorted(gaps)  # type: ignore[type-var]
    assert detectable_difference(3000, 3000, 0.4) < gaps[0]  # type: ignore[operator]


def test_where_no_gap_could_be_seen_there_is_none() -> None:
    assert detectable_difference(3, 3, 0.01) is None
    assert detectable_difference(100, 100, 0.0) is None
    with pytest.raises(ValueError, match="data in both groups"):
        detectable_difference(0, 5, 0.5)


def test_the_settling_size_scales_with_the_square_of_the_width() -> None:
    assert settling_n(100, 0.5, 0.6, 0.55) == 400
    assert settling_n(100, 0.5, 0.6, 0.5) is None
    assert largest_two([5, 9, 7]) == (1, 2)
