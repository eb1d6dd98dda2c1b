"""Small groups borrow from all groups, large ones keep their own rate."""

from __future__ import annotations

import numpy as np
import pytest

from audit.pooling import pooled_rates


def test_limits_hold_in_most_groups_and_the_error_is_smaller_than_of_plain_rates() -> None:
    draw = np.random.default_rng(0)
    n = np.array([3, 5, 8, 12, 20, 30, 50, 80] * 3)
    inside, ours, plain = [], [], []
    for _ in range(50):
        true = draw.beta(6, 14, len(n))
        k = draw.binomial(n, true)
        rate, low, high = pooled_rates(k, n)
        inside.append((low <= true) & (true <= high))
        ours.append((rate - true) ** 2)
        plain.append((k / n - true) ** 2)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)
    assert np.mean(ours) < 0.5 * np.mean(plain)


def test_a_large_group_keeps_its_rate_and_a_group_of_one_hardly_has_its_own() -> None:
    rate, low, high = pooled_rates([1, 900, 100], [1, 1000, 1000])
    assert rate[1] == pytest.approx(0.9, abs=0.005)
    assert rate[0] < 0.8
    assert (low <= rate).all()
    assert (rate <= high).all()


def test_groups_that_are_alike_are_pulled_together() -> None:
    rate, _, _ = pooled_rates([30, 31, 29, 33], [100, 100, 100, 100])
    assert np.ptp(rate) < 0.02


def test_no_data_none_selected_and_all_selected() -> None:
    rate, low, high = pooled_rates([0, 0, 0], [4, 9, 0])
    assert (rate > 0).all()
    assert (rate < 0.2).all()
    assert high[2] >= high[1]
    assert (pooled_rates([4, 9], [4, 9])[0] > 0.8).all()
    assert np.isfinite([*rate, *low, *high]).all()
    with pytest.raises(ValueError, match="at least one example"):
        pooled_rates([0], [0])
