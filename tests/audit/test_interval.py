"""Intervals of one number against other implementations, closed forms and exact enumeration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.proportion import proportion_confint

from audit.interval import clopper_pearson, delong, mid_p, paired_difference, quantile_bounds, roc_auc

rates = pytest.mark.parametrize("limits", [clopper_pearson, mid_p])
counts = st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def every_count(sizes):
    k, n = zip(*[(k, n) for n in sizes for k in range(n + 1)], strict=True)
    return np.array(k), np.array(n)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.9999])
def test_clopper_pearson_is_that_of_statsmodels(level):
    k, n = every_count([1, 2, 7, 60, 1001])
    low, high = clopper_pearson(k, n, level)
    expected_low, expected_high = proportion_confint(k, n, alpha=1 - level, method="beta")
    assert low == pytest.approx(expected_low, abs=1e-12)
    assert high == pytest.approx(expected_high, abs=1e-12)


def test_clopper_pearson_covers_every_rate_at_least_at_its_level():
    n, p = 25, np.linspace(0.001, 0.999, 400)
    low, high = clopper_pearson(np.arange(n + 1), n)
    inside = (low[:, None] <= p) & (p <= high[:, None])
    assert (stats.binom.pmf(np.arange(n + 1)[:, None], n, p) * inside).sum(axis=0).min() >= 0.95


@pytest.mark.parametrize("level", [0.02, 0.9, 0.999999])
def test_mid_p_limits_satisfy_their_defining_equation(level):
    k, n = every_count([1, 2, 7, 60, 501])
    k, n = np.append(k, [1, 3, 5000, 900_000]), np.append(n, [10**8, 10**6, 10**6, 10**6])
    low, high = mid_p(k, n, level)
    some, not_all, tail = k > 0, k < n, (1 - level) / 2
    at_low = stats.binom.sf(k, n, low) + stats.binom.pmf(k, n, low) / 2
    at_high = stats.binom.cdf(k - 1, n, high) + stats.binom.pmf(k, n, high) / 2
    assert at_low[some] == pytest.approx(tail, rel=1e-6)
    assert at_high[not_all] == pytest.approx(tail, rel=1e-6)
    assert (low[~some] == 0).all()
    assert (high[~not_all] == 1).all()


def test_mid_p_covers_on_average_at_its_level_where_clopper_pearson_is_wider():
    n, p = 100, np.linspace(0.05, 0.95, 901)
    weight = stats.binom.pmf(np.arange(n + 1)[:, None], n, p)

    def coverage(limits):
        low, high = limits(np.arange(n + 1), n)
        return (weight * ((low[:, None] <= p) & (p <= high[:, None]))).sum(axis=0).mean()

    assert coverage(mid_p) == pytest.approx(0.95, abs=0.01)
    assert coverage(clopper_pearson) > coverage(mid_p)


@rates
def test_no_examples_say_nothing(limits):
    assert [float(end) for end in limits(0, 0)] == [0, 1]


@rates
@settings(deadline=None)
@given(count=counts)
def test_the_interval_of_a_rate_holds_it_mirrors_and_widens_with_the_level(limits, count):
    k, n = count
    low, high = limits(k, n, 0.9)
    assert 0 <= low <= high <= 1
    if n:
        assert low <= k / n <= high
    wider_low, wider_high = limits(k, n, 0.99)
    assert wider_low <= low
    assert high <= wider_high
    mirrored_low, mirrored_high = limits(n - k, n, 0.9)
    assert np.array([1 - mirrored_high, 1 - mirrored_low]) == pytest.approx(np.array([low, high]), abs=1e-12)


@rates
@settings(deadline=None)
@given(k=st.floats(0.1, 29.9), step=st.floats(0, 0.1))
def test_fractional_counts_lie_between_their_neighbours(limits, k, step):
    here, there = limits(k, 30), limits(k + step, 30)
    assert here[0] <= there[0] + 1e-12
    assert here[1] <= there[1] + 1e-12


@rates
@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 2), (float("nan"), 2), (1, float("nan")), (1, float("inf"))])
def test_impossible_counts_are_refused(limits, k, n):
    with pytest.raises(ValueError, match="0 <= k <= n"):
        limits([k, 1], [n, 2])


@pytest.mark.parametrize("level", [0, 1, 95, float("nan")])
def test_an_impossible_level_is_refused_by_everything_that_has_one(level):
    calls = [
        lambda: clopper_pearson(1, 2, level),
        lambda: mid_p(1, 2, level),
        lambda: paired_difference(1, 2, 10, level),
        lambda: delong([1, 2], [False, True], level),
        lambda: quantile_bounds([1, 2], 0.5, level),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="level lies between 0 and 1"):
            call()


# Two versions on the same examples


@pytest.mark.parametrize(("b", "c", "n"), [(12, 2, 44), (1, 0, 44), (0, 9, 30), (30, 25, 500)])
def test_paired_difference_inverts_the_score_test_at_the_constrained_maximum_of_the_likelihood(b, c, n):
    def score(difference):
        def unlikely(second):
            first, same = second + difference, 1 - 2 * second - difference
            return -(special.xlogy(b, first) + special.xlogy(c, second) + special.xlogy(n - b - c, same))

        room = (max(0, -difference), (1 - difference) / 2)
        second = optimize.minimize_scalar(unlikely, room, bounds=room, options={"xatol": 1e-12}).x
        return (b - c - n * difference) / np.sqrt(n * (2 * second + difference - difference**2))

    _, low, high = paired_difference(b, c, n, 0.9)
    assert (score(low), score(high)) == pytest.approx((stats.norm.isf(0.05), -stats.norm.isf(0.05)), abs=1e-4)


@settings(deadline=None)
@given(b=st.integers(0, 40), c=st.integers(0, 40), same=st.integers(0, 100), level=st.floats(0.5, 0.999))
def test_paired_difference_holds_the_estimate_and_turns_sign_with_the_versions(b, c, same, level):
    n = max(1, b + c + same)
    value, low, high = paired_difference(b, c, n, level)
    assert -1 <= low <= value + 1e-12
    assert value - 1e-12 <= high <= 1
    assert low < high
    other_value, other_low, other_high = paired_difference(c, b, n, level)
    assert (-other_value, -other_high, -other_low) == pytest.approx((value, low, high), abs=1e-9)


def test_paired_difference_excludes_zero_exactly_when_the_asymptotic_mcnemar_test_rejects():
    for b in range(1, 25):
        _, low, high = paired_difference(b, 5, 100)
        p = statsmodels_mcnemar([[0, b], [5, 0]], exact=False, correction=False).pvalue
        assert (p < 0.05) == (not low <= 0 <= high)


def test_paired_difference_without_a_discordant_pair_is_the_score_interval_around_zero():
    value, low, high = paired_difference(0, 0, 50)
    z2 = stats.norm.isf(0.025) ** 2
    assert (value, low, high) == pytest.approx((0, -z2 / (50 + z2), z2 / (50 + z2)), abs=1e-12)


@pytest.mark.parametrize(("only_first", "only_second"), [(0.1, 0.1), (0.02, 0.02), (0.3, 0.1), (0.15, 0.01)])
def test_paired_difference_covers_the_truth_by_exact_enumeration(only_first, only_second):
    n = 30
    pairs = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
    chance = stats.multinomial.pmf(
        [(b, c, n - b - c) for b, c in pairs], n, [only_first, only_second, 1 - only_first - only_second]
    )
    ends = np.array([paired_difference(b, c, n)[1:] for b, c in pairs])
    truth = only_first - only_second
    assert chance[(ends[:, 0] <= truth) & (truth <= ends[:, 1])].sum() >= 0.94


@pytest.mark.parametrize(("b", "c", "n"), [(6, 5, 10), (-1, 2, 10), (0, 0, 0), (float("nan"), 0, 5)])
def test_impossible_pairs_are_refused(b, c, n):
    with pytest.raises(ValueError, match=r"got .*n = "):
        paired_difference(b, c, n)


# Rankings


@pytest.mark.parametrize("distinct", [3, 20, 10**9])
def test_the_area_under_the_curve_is_that_of_scikit_learn(distinct):
    rng = np.random.default_rng(distinct)
    positive = rng.random(500) < 0.3
    score = rng.integers(0, distinct, 500) + distinct * 0.2 * positive
    assert roc_auc(score, positive) == pytest.approx(roc_auc_score(positive, score), abs=1e-12)
    assert delong(score, positive)[0] == roc_auc(score, positive)


def test_the_width_of_delong_is_that_of_a_bootstrap():
    rng = np.random.default_rng(3)
    positive = np.repeat([True, False], [150, 250])
    score = np.round(rng.normal(positive * 1.2, 1), 1)
    picks = np.hstack([rng.integers(0, 150, (1000, 150)), rng.integers(150, 400, (1000, 250))])
    replicates = [roc_auc(score[rows], positive[rows]) for rows in picks]
    auc, low, high = delong(score, positive)
    assert low < auc < high
    assert (high - low) / (2 * 1.96) == pytest.approx(np.std(replicates), rel=0.1)


def test_delong_covers_the_truth_also_when_one_class_is_small():
    rng = np.random.default_rng(4)
    for positives, negatives in ((100, 100), (10, 100)):
        positive = np.repeat([True, False], [positives, negatives])
        shift = np.sqrt(2) * stats.norm.ppf(0.8)
        ends = [delong(rng.normal(shift * positive, 1), positive)[1:] for _ in range(400)]
        assert np.mean([low <= 0.8 <= high for low, high in ends]) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400)


def test_a_perfect_ranking_is_bounded_by_its_disjoint_pairs():
    score, positive = np.arange(30.0), np.arange(30) >= 20
    assert delong(score, positive) == pytest.approx((1, 0.025 ** (1 / 10), 1), abs=1e-12)
    assert delong(-score, positive) == pytest.approx((0, 0, 1 - 0.025 ** (1 / 10)), abs=1e-12)


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=40).filter(
        lambda rows: len({truth for _, truth in rows}) == 2
    )
)
def test_no_finite_ranking_is_certain(rows):
    score, positive = np.array(rows).T
    auc, low, high = delong(score, positive == 1)
    assert 0 <= low <= auc + 1e-12
    assert auc <= high + 1e-12 <= 1 + 1e-12
    assert high - low > 1e-6
    wider = delong(score, positive == 1, 0.99)
    assert wider[1] <= low
    assert high <= wider[2]


def test_a_ranking_needs_both_classes_and_numbers():
    with pytest.raises(ValueError, match="0 positives, 2 negatives"):
        roc_auc([1, 2], [False, False])
    with pytest.raises(ValueError, match="not NaN"):
        delong([1, float("nan")], [False, True])
    with pytest.raises(ValueError, match="shapes"):
        roc_auc([1, 2, 3], [False, True])


# Quantiles


def test_quantile_bounds_are_the_order_statistics_of_the_binomial():
    """Median of 1..100: the tabled 95 % limits are the 40th and the 61st value; of 1..10 the 2nd and the 9th."""
    assert quantile_bounds(np.arange(1, 101), 0.5) == (50, 40, 61)
    assert quantile_bounds(np.arange(10, 0, -1), 0.5) == (5, 2, 9)


def test_a_quantile_beyond_the_sample_has_no_bound():
    estimate, low, high = quantile_bounds(np.arange(1.0, 41), 0.99)
    assert estimate == 40
    assert low is not None
    assert high is None
    assert quantile_bounds([7.0], 0.5) == (7, None, None)


def test_quantile_bounds_cover_the_truth():
    rng = np.random.default_rng(5)
    truth = stats.expon.ppf(0.9)
    ends = [quantile_bounds(each, 0.9)[1:] for each in rng.exponential(size=(1000, 200))]
    assert np.mean([low <= truth <= high for low, high in ends]) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 1000)


@settings(deadline=None)
@given(
    values=st.lists(st.integers(-5, 5), min_size=1, max_size=60), q=st.floats(0.01, 0.99), level=st.floats(0.01, 0.99)
)
def test_quantile_bounds_hold_the_estimate(values, q, level):
    estimate, low, high = quantile_bounds(values, q, level)
    assert low is None or low <= estimate
    assert high is None or estimate <= high


@pytest.mark.parametrize(("values", "q"), [([], 0.5), ([1, float("nan")], 0.5), ([1, 2], 0), ([1, 2], 95)])
def test_a_quantile_of_nothing_is_refused(values, q):
    with pytest.raises(ValueError, match=r"quantile needs|q must lie"):
        quantile_bounds(values, q)
