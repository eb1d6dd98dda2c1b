"""Entropy of benefits against AIF360's formula, its limits over repeated draws, and the spread of group means."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2

from audit.inequality import between, entropy, entropy_limits, spread


def formula(benefit: np.ndarray, alpha: float) -> float:
    """As published: Speicher et al. 2018, equation 2."""
    relative = benefit / benefit.mean()
    if alpha == 1:
        return float(np.mean([one * math.log(one) if one else 0.0 for one in relative]))
    return float((relative**alpha - 1).mean() / (alpha * (alpha - 1)))


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("seed", range(5))
def test_the_entropy_of_shares_is_that_of_people(seed: int, alpha: float) -> None:
    draw = np.random.default_rng(seed)
    benefit = draw.choice([0, 1, 2], 300, p=draw.dirichlet([1, 4, 1]))
    assert float(entropy((benefit == 0).mean(), (benefit == 2).mean(), alpha)) == pytest.approx(
        formula(benefit, alpha), abs=1e-12
    )
    group = draw.integers(0, 4, 300)
    means, share = [benefit[group == one].mean() for one in range(4)], np.bincount(group) / 300
    assert between(means, share, alpha) == pytest.approx(formula(np.array(means)[group], alpha), abs=1e-12)


def test_where_nobody_has_a_benefit_there_is_no_entropy() -> None:
    assert math.isnan(float(entropy(1.0, 0.0, 1.0)))
    assert math.isnan(between([0.0, 0.0], [0.5, 0.5], 2.0))


def test_no_error_among_few_people_is_not_taken_for_equality() -> None:
    assert entropy_limits((0, 50), (0, 50), 2.0, 0.95)[0] == 0
    few, many = (entropy_limits((0, n), (0, n), 2.0, 0.95)[1] for n in (50, 5000))
    assert 0.02 < few < 0.1
    assert many < few / 50


@pytest.mark.parametrize("alpha", [1.0, 2.0])
@pytest.mark.parametrize("shares", [(0.02, 0.02), (0.1, 0.05), (0.3, 0.2)])
def test_the_limits_hold_the_true_entropy(shares: tuple[float, float], alpha: float) -> None:
    draw, runs, missed = np.random.default_rng(0), 300, 0
    truth = float(entropy(*shares, alpha))
    for _ in range(runs):
        refused, _, gifted = draw.multinomial(150, [shares[0], 1 - sum(shares), shares[1]]).tolist()
        low, high = entropy_limits((refused, 150), (gifted, 150), alpha, 0.95)
        missed += not low <= truth <= high
    assert missed <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


def test_alike_groups_spread_as_chi_squared() -> None:
    found = spread([1.0, 1.1, 0.9, 1.0], [0.25] * 4, [0.01] * 4)
    assert found.freedom == pytest.approx(3)
    assert found.p == pytest.approx(chi2.sf(0.02 / 0.01, 3))
    low, high = found.limits(0.95)
    assert low == 0
    assert high > found.squares


def test_the_limits_of_a_spread_hold_the_truth_and_leave_zero_only_with_reason() -> None:
    draw, runs = np.random.default_rng(0), 300
    n = np.array([30, 60, 120, 240])
    share, limit = n / n.sum(), runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)
    for means in (np.ones(4), np.array([1.3, 1.0, 1.0, 0.9])):
        truth = float(share @ (means - means @ share) ** 2)
        missed = 0
        for _ in range(runs):
            low, high = spread(draw.normal(means, 0.5 / np.sqrt(n)), share, 0.25 / n).limits(0.95)
            missed += not low <= truth <= high
        assert missed <= limit
