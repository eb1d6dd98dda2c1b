"""The smallest gap a sample could have shown is shown in four of five samples of that gap."""

from __future__ import annotations

import numpy as np
import pytest

from audit.contrast import largest_difference
from audit.power import detectable_difference, largest_two, settling_n


@pytest.mark.parametrize(("n", "other", "rate"), [(500, 500, 0.3), (200, 2000, 0.5), (3000, 400, 0.1)])
def test_the_gap_is_found_in_about_four_of_five_samples(n: int, other: int, rate: float) -> None:
    gap = detectable_difference(n, other, rate)
    assert gap is not None
    share = other / (n + other)
    draw = np.random.default_rng(0)
    k = np.column_stack(
        [draw.binomial(n, rate + gap * share, 600), draw.binomial(other, rate - gap * (1 - share), 600)]
    )
    found = np.mean([largest_difference(one, [n, other]).low > 0 for one in k])
    assert found == pytest.approx(0.8, abs=0.06)


def test_it_is_near_statsmodels_power_for_two_equal_groups() -> None:
    from statsmodels.stats.proportion import power_proportions_2indep

    gap = detectable_difference(400, 400, 0.5)
    assert gap is not None
    power = power_proportions_2indep(gap, 0.5 - gap / 2, 400, alpha=0.05).power
    assert power == pytest.approx(0.8, abs=0.01)


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
