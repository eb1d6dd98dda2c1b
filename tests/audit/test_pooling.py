"""Small groups borrow from all groups, large ones keep their own rate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from audit.pooling import _quantile, pooled_rates


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


def test_means_are_those_of_the_model_by_fine_quadrature() -> None:
    """Flat in the logit of the common rate and in the shrinkage of a group of average size."""
    k, n = np.array([1, 7, 3, 20, 0]), np.array([5, 20, 30, 60, 4])
    common, concentration = (
        one.ravel() for one in np.meshgrid(special.expit(np.linspace(-8, 8, 300)), np.logspace(-1, 6, 200))
    )
    alpha, beta = common * concentration, (1 - common) * concentration
    log = special.betaln(k[:, None] + alpha, (n - k)[:, None] + beta) - special.betaln(alpha, beta)
    prior = np.log(concentration * n.mean()) - 2 * np.log(concentration + n.mean())
    weight = special.softmax(log.sum(axis=0) + prior)
    expected = ((k[:, None] + alpha) / (n[:, None] + concentration)) @ weight
    assert pooled_rates(k, n)[0] == pytest.approx(expected, abs=0.006)


def test_quantiles_are_those_of_the_beta_distribution_and_of_mixtures() -> None:
    alpha, beta = np.array([[1.5], [2.0], [150.0]]), np.array([[40.0], [2.0], [3.0]])
    for tail in (0.005, 0.3, 0.975):
        expected = stats.beta.ppf(tail, alpha, beta)[:, 0]
        assert _quantile(alpha, beta, np.ones(1), tail) == pytest.approx(expected, rel=1e-6)
        mixed = np.hstack([alpha, alpha + 3]), np.hstack([beta, beta + 9])
        found = _quantile(*mixed, np.array([0.4, 0.6]), tail)
        assert stats.beta.cdf(found[:, None], *mixed) @ [0.4, 0.6] == pytest.approx(tail, rel=1e-4)


@pytest.mark.parametrize("size", [1, 10, 10**7])
def test_no_counts_break_it(size: int) -> None:
    draw = np.random.default_rng(6)
    for rate in (0.0, 1e-6, 0.4, 1.0):
        n = draw.integers(0, size + 1, 40)
        n[0] = size
        rates, low, high = pooled_rates(draw.binomial(n, rate), n, 0.999)
        assert np.isfinite([*rates, *low, *high]).all()
        assert ((low >= 0) & (low <= high) & (high <= 1)).all()
