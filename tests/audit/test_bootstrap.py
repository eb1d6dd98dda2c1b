"""Resampling counts is resampling rows."""

import numpy as np
import pytest
from scipy import stats

from audit import bootstrap
from audit.bootstrap import multinomial_bootstrap


def difference(counts):
    """Rate of the first row of a (2, 2) table minus that of the second."""
    with np.errstate(invalid="ignore"):
        rate = counts[:, :, 0] / counts.sum(axis=2)
    return (rate[:, 0] - rate[:, 1])[:, None]


def first_share(counts):
    return (counts[:, 0] / counts.sum(axis=1) - 0.5)[:, None]


def resample(counts, statistic, draws=2000, seed=0):
    (only,) = multinomial_bootstrap(counts, statistic, draws, seed)
    return only


def test_the_interval_is_that_of_resampled_rows():
    rng = np.random.default_rng(0)
    counts = np.array([[30, 70], [55, 45]])
    rows = np.repeat(np.arange(4), counts.ravel())
    picked = rows[rng.integers(0, len(rows), (4000, len(rows)))]
    tables = (picked[:, :, None] == np.arange(4)).sum(axis=1).reshape(-1, 2, 2)
    expected = np.quantile(difference(tables)[:, 0], [0.025, 0.975])
    found = resample(counts, difference, draws=4000, seed=1)
    assert found.value == pytest.approx(-0.25)
    assert found.interval() == pytest.approx(expected, abs=0.012)
    assert found.left_out == 0


def test_the_interval_of_a_share_is_that_of_the_binomial():
    found = resample([400, 600], first_share, draws=20_000, seed=2)
    assert found.interval(0.9) == pytest.approx(stats.binom.ppf([0.05, 0.95], 1000, 0.4) / 1000 - 0.5, abs=0.002)


def test_p_is_where_the_interval_begins_to_exclude_zero():
    found = resample([270, 230], first_share, draws=4000, seed=3)
    assert 0.01 < found.p < 0.2
    assert found.interval(1 - found.p * 0.95)[0] <= 0 < found.interval(1 - found.p * 1.05)[0]


def test_p_is_never_smaller_than_the_draws_can_show():
    assert resample([1000, 1], first_share, draws=99).p == pytest.approx(2 / 100)
    assert resample([50, 50], first_share, draws=99).p > 0.5


def test_undefined_replicates_are_left_out_and_counted():
    found = resample([[1, 0], [20, 20]], difference, draws=4000, seed=4)
    assert found.left_out == pytest.approx((1 - 1 / 41) ** 41, abs=0.03)
    low, high = found.interval()
    assert low <= found.value <= high


def test_the_seed_decides_and_the_size_of_the_parts_does_not(monkeypatch):
    once = resample([[30, 70], [55, 45]], difference, draws=500, seed=5)
    other = resample([[30, 70], [55, 45]], difference, draws=500, seed=6)
    assert other.interval() != once.interval()
    monkeypatch.setattr(bootstrap, "CELLS_AT_ONCE", 100)
    again = resample([[30, 70], [55, 45]], difference, draws=500, seed=5)
    assert (again.replicates == once.replicates).all()


@pytest.mark.parametrize("counts", [[0, 0], [-1, 2], [0.5, 2], [float("nan"), 2], []])
def test_what_cannot_be_resampled_is_refused(counts):
    with pytest.raises(ValueError, match="whole numbers"):
        resample(counts, first_share)


def test_a_statistic_that_does_not_exist_on_the_data_says_so():
    assert not np.isfinite(resample([[0, 0], [5, 5]], difference).value)


def test_impossible_questions_are_refused():
    with pytest.raises(ValueError, match="at least one draw"):
        resample([5, 5], first_share, draws=0)
    with pytest.raises(ValueError, match="level lies between"):
        resample([5, 5], first_share).interval(95)
