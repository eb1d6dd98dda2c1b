"""Tests and multiplicity against statsmodels."""

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from audit.hypothesis import benjamini_hochberg, benjamini_yekutieli, fisher, holm, max_t, mcnemar, rates_differ


@pytest.fixture(autouse=True, scope="module")
def what_is_there_stays():
    """statsmodels collects garbage in every call: what other tests left in this process is not looked at again."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@settings(max_examples=20, deadline=None)
@given(b=st.integers(0, 300), c=st.integers(0, 300))
def test_mcnemar_is_that_of_statsmodels(b, c):
    assert mcnemar(b, c) == pytest.approx(statsmodels_mcnemar([[0, b], [c, 0]], exact=True).pvalue, rel=1e-9)


def test_mcnemar_in_closed_form():
    assert mcnemar(0, 0) == 1
    assert mcnemar(0, 6) == mcnemar(6, 0) == pytest.approx(2 / 2**6)
    assert mcnemar(5, 5) == 1


@pytest.mark.parametrize(("b", "c"), [(-1, 2), (1.5, 2)])
def test_mcnemar_refuses_what_is_no_count(b, c):
    with pytest.raises(ValueError, match="whole numbers"):
        mcnemar(b, c)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 1e-9, 0.001, 0.01, 0.02, 0.04, 0.5, 1.0]) | st.floats(0, 1), min_size=1, max_size=12)
)
def test_holm_is_that_of_statsmodels(p):
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)


def test_holm_by_hand_and_of_nothing():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([]).shape == (0,)


@pytest.mark.parametrize("p", [[0.5, float("nan")], [-0.1], [1.1], [[0.1]]])
def test_holm_refuses_what_is_no_probability(p):
    with pytest.raises(ValueError, match="numbers from 0 to 1"):
        holm(np.array(p))


class TestMany:
    @settings(max_examples=50)
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
    def test_false_discovery_control_is_that_of_statsmodels(self, p: list[float]) -> None:
        for ours, theirs in ((benjamini_hochberg, "fdr_bh"), (benjamini_yekutieli, "fdr_by"), (holm, "holm")):
            np.testing.assert_allclose(ours(p), multipletests(p, method=theirs)[1], atol=1e-10)

    def test_the_largest_of_many_statistics_is_judged_by_the_largest_of_many_replicates(self) -> None:
        replicates = np.array([[1.0, 5.0], [2.0, 1.0], [3.0, 2.0]])
        np.testing.assert_allclose(max_t([6.0, 2.5], replicates), [1 / 4, 3 / 4])
        draw = np.random.default_rng(0)
        one = draw.normal(size=(4000, 1))
        alike = np.repeat(one, 20, axis=1)
        assert max_t([2.0], one)[0] == pytest.approx(max_t(np.full(20, 2.0), alike)[0])


class TestRatesDiffer:
    def test_the_p_value_is_near_that_of_the_chi_squared_for_large_groups(self) -> None:
        from scipy.stats import chi2_contingency

        k, n = np.array([50, 30, 40]), np.array([100, 100, 100])
        expected = chi2_contingency([k, n - k], lambda_="log-likelihood")[1]
        assert rates_differ(k, n, draws=20_000) == pytest.approx(expected, abs=0.004)
        assert rates_differ(k + 0.01, n + 0.01) == pytest.approx(expected, abs=0.001)

    def test_two_small_groups_give_fishers_exact_p_value(self) -> None:
        from scipy.stats import fisher_exact

        assert rates_differ([1, 9], [10, 10], draws=50_000) == pytest.approx(
            fisher_exact([[1, 9], [9, 1]])[1], abs=0.001
        )

    def test_equal_groups_are_accused_as_often_as_the_level_says(self) -> None:
        draw = np.random.default_rng(1)
        n = np.array([5, 20, 300, 8])
        found = [rates_differ(draw.binomial(n, 0.1), n, draws=200, seed=at) <= 0.05 for at in range(600)]
        assert np.mean(found) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)

    def test_a_billion_rows_are_no_trouble(self) -> None:
        assert rates_differ([300_000_000, 299_990_000], [700_000_000, 700_000_000]) == pytest.approx(0.59, abs=0.01)
        assert rates_differ([300_000_000, 299_900_000], [700_000_000, 700_000_000]) == pytest.approx(6.6e-8, rel=0.01)

    def test_all_none_and_one_group(self) -> None:
        assert rates_differ([0, 0, 0], [5, 9, 0]) == 1.0
        assert rates_differ([5, 9], [5, 9]) == 1.0
        with pytest.raises(ValueError, match="two groups or more, got 1"):
            rates_differ([1, 0], [2, 0])


@pytest.mark.parametrize("most", [6, 60, 4000])
def test_fishers_test_is_that_of_scipy(most):
    draw = np.random.default_rng(most)
    for _ in range(60):
        table = draw.integers(0, most, (2, 2))
        if table.sum(axis=1).all():
            expected = stats.fisher_exact(table).pvalue
            assert fisher(table[:, 0], table.sum(axis=1)) == pytest.approx(expected, rel=1e-7)
