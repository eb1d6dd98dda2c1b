"""The most extreme contrast between groups against plain loops over the formulae, and what its ends promise."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from audit.contrast import (
    against_best,
    debiased_difference,
    dunnett_z,
    largest_difference,
    pair_difference,
    pair_ratio,
    smallest_ratio,
    tukey_z,
)

one_group = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
groups = st.lists(one_group, min_size=2, max_size=8)


def exact_limits(k, n, tail):
    """Clopper-Pearson by the quantiles of the beta distribution."""
    low = stats.beta.ppf(tail, k, n - k + 1) if k else 0.0
    high = stats.beta.isf(tail, k + 1, n - k) if k < n else 1.0
    return low, high


def middle_limits(k, n, tail):
    """Mid-P by root finding on the binomial distribution."""

    def lower(k):
        def excess(p):
            return stats.binom.sf(k, n, p) + stats.binom.pmf(k, n, p) / 2 - tail

        return optimize.brentq(excess, 0, 1, xtol=1e-15) if k else 0.0

    return lower(k), 1 - lower(n - k)


def solve(k, n, level):
    """Value, low and high of the largest difference and the smallest ratio, one pair of groups at a time."""
    alpha = 1 - level
    tail = stats.norm.sf(stats.studentized_range.ppf(level, len(k), 1e6) / sqrt(2))
    sure = [exact_limits(*each, tail) for each in zip(k, n, strict=True)]
    plain = [middle_limits(*each, alpha / 2) for each in zip(k, n, strict=True)]
    p = [a / b for a, b in zip(k, n, strict=True)]
    difference, ratio = [-inf, -inf, -inf], [inf, inf, inf]
    for i, pi in enumerate(p):
        for j, pj in enumerate(p):
            if i == j:
                continue
            difference[0] = max(difference[0], pi - pj)
            difference[1] = max(difference[1], pi - pj - sqrt((pi - sure[i][0]) ** 2 + (sure[j][1] - pj) ** 2))
            difference[2] = max(difference[2], pi - pj + sqrt((plain[i][1] - pi) ** 2 + (pj - plain[j][0]) ** 2))
            ratio[0] = min(ratio[0], pi / pj if pj else inf)
            ratio[1] = min(ratio[1], ratio_limit(pi, pj, plain[i][0], plain[j][1], -1))
            ratio[2] = min(ratio[2], ratio_limit(pi, pj, sure[i][1], sure[j][0], +1))
    return difference, ratio


def ratio_limit(a, b, a_limit, b_limit, sign):
    """The root of (a - r b)^2 = (a - a_limit)^2 + r^2 (b - b_limit)^2 on the side of the sign."""
    if a == 0 and sign < 0:
        return 0.0
    x, y, z = b**2 - (b - b_limit) ** 2, a * b, a**2 - (a - a_limit) ** 2
    if x == 0:
        return inf if sign > 0 else z / (2 * y)
    return (y + sign * sqrt(max(0.0, y**2 - x * z))) / x


@pytest.mark.parametrize("groups", [2, 3, 10, 40])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_tukeys_point_is_that_of_the_studentized_range(groups, level):
    assert tukey_z(groups, level) == pytest.approx(stats.studentized_range.ppf(level, groups, 1e6) / sqrt(2), abs=1e-5)


def test_tukeys_point_in_closed_form_and_as_tabled():
    assert tukey_z(2, 0.95) == pytest.approx(stats.norm.isf(0.025), abs=1e-10)
    assert tukey_z(10, 0.95) == pytest.approx(3.16368, abs=1e-5)
    with pytest.raises(ValueError, match="at least two groups"):
        tukey_z(1, 0.95)


@pytest.mark.parametrize("seed", range(12))
def test_difference_and_ratio_are_those_of_the_formulae(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(3, 300, rng.integers(2, 6))
    k = rng.binomial(n, rng.random(len(n)))
    if seed % 3 == 1:
        k[0] = 0
    if seed % 3 == 2:
        k[0], k[1] = 0, n[1]
    difference, ratio = solve(k.tolist(), n.tolist(), 0.95)
    found = largest_difference(k, n)
    assert (found.value, found.low, found.high) == pytest.approx(
        (difference[0], max(0, difference[1]), difference[2]), abs=1e-6
    )
    found = smallest_ratio(k, n)
    assert (found.value, found.low, found.high) == pytest.approx((ratio[0], ratio[1], min(1, ratio[2])), abs=1e-6)


def test_the_pairs_are_the_groups_behind_each_number():
    """A tiny group makes the upper end, two large ones the lower, and positions count a group without data."""
    k, n = [0, 200, 400, 3], [0, 1000, 1000, 5]
    found = largest_difference(k, n)
    assert (found.pair, found.low_pair, found.high_pair) == ((3, 1), (2, 1), (3, 1))
    ratio = smallest_ratio(k, n)
    assert (ratio.pair, ratio.low_pair, ratio.high_pair) == ((1, 3), (1, 3), (1, 2))


def test_equal_groups_have_no_pair_behind_the_end_that_says_equal():
    found, ratio = largest_difference([5, 5], [10, 10]), smallest_ratio([5, 5], [10, 10])
    assert (found.value, found.low, found.low_pair) == (0, 0, None)
    assert (ratio.value, ratio.high, ratio.high_pair) == (1, 1, None)
    assert found.high > 0.3
    assert ratio.low < 0.5


def test_without_any_success_there_is_no_ratio():
    ratio = smallest_ratio([0, 0, 0], [10, 20, 30])
    assert (ratio.value, ratio.low, ratio.high, ratio.pair) == (None, 0, 1, None)
    assert largest_difference([0, 0, 0], [10, 20, 30]).value == 0


@settings(deadline=None)
@given(groups)
def test_the_interval_holds_the_value_and_both_contrasts_agree(cells):
    k, n = np.array(cells).T
    found, ratio = largest_difference(k, n), smallest_ratio(k, n)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert 0 <= ratio.low <= ratio.high <= 1
    if ratio.value is not None:
        assert ratio.low <= ratio.value <= ratio.high
    assert (found.low > 0) == (ratio.high < 1)


@pytest.mark.parametrize(
    ("k", "n"),
    [
        ([0.01, 0, 500], [0.05, 15_000_000, 1000]),
        ([0.0002, 0, 7e-8], [2.5, 10_000, 70.0]),
        ([1.62704485, 663902585.0], [1.62704648, 663902585.0]),
        ([396597655.0, 0, 121518.432], [396597655.0, 0.033, 121518.553]),
    ],
)
def test_effective_counts_next_to_nothing_and_next_to_all_accuse_nobody_by_rounding(k, n):
    found, ratio = largest_difference(k, n), smallest_ratio(k, n)
    assert found.low <= found.value <= found.high
    assert ratio.low <= ratio.value <= ratio.high
    assert (found.low > 0) == (ratio.high < 1) == (found.low_pair is not None)


@settings(deadline=None)
@given(groups, st.randoms(use_true_random=False))
def test_the_order_of_the_groups_changes_nothing(cells, random):
    order = list(range(len(cells)))
    random.shuffle(order)
    k, n = np.array(cells).T
    for contrast in (largest_difference, smallest_ratio):
        here, there = contrast(k, n), contrast(k[order], n[order])
        assert (here.value, here.low, here.high) == (there.value, there.low, there.high)
    assert debiased_difference(k, n) == pytest.approx(debiased_difference(k[order], n[order]), abs=1e-9)


@settings(deadline=None)
@given(groups)
def test_a_higher_level_is_a_wider_interval(cells):
    k, n = np.array(cells).T
    for contrast in (largest_difference, smallest_ratio):
        narrow, wide = contrast(k, n, 0.9), contrast(k, n, 0.99)
        assert wide.low <= narrow.low
        assert narrow.high <= wide.high


@settings(deadline=None)
@given(groups, groups)
def test_blocks_are_never_compared_with_each_other(first, second):
    """As many blocks, each claims at its share of alpha; the rest is the more extreme of what each block says."""
    k, n = np.array(first + second).T
    block = np.repeat(["first", "second"], [len(first), len(second)])
    together = largest_difference(k, n, 0.95, block)
    apart = [largest_difference(*np.array(each).T, 0.95) for each in (first, second)]
    strict = [largest_difference(*np.array(each).T, 0.975) for each in (first, second)]
    assert together.value == max(each.value for each in apart)
    assert together.high == max(each.high for each in apart)
    assert together.low == pytest.approx(max(each.low for each in strict), abs=1e-12)
    assert block[together.pair[0]] == block[together.pair[1]]
    ratio = smallest_ratio(k, n, 0.95, block)
    assert ratio.low == min(smallest_ratio(*np.array(each).T).low for each in (first, second))
    assert (together.low > 0) == (ratio.high < 1)


def test_a_block_without_any_success_hides_nothing():
    ratio = smallest_ratio([0, 0, 0, 26], [1, 1, 1, 26], block=[0, 0, 1, 1])
    assert (ratio.value, ratio.pair, ratio.high_pair) == (0, (2, 3), (2, 3))
    assert ratio.high < 1


def test_a_block_of_one_group_costs_nothing():
    alone = largest_difference([10, 40], [100, 100])
    found = largest_difference([10, 40, 3, 0], [100, 100, 9, 0], block=["a", "a", "b", "b"])
    assert found == alone


@pytest.mark.parametrize(
    ("k", "n", "block", "says"),
    [
        ([3], [5], None, "at least two groups with data"),
        ([3, 0], [5, 0], None, "at least two groups with data"),
        ([3, 2], [5, 5], ["a", "b"], "at least two groups with data"),
        ([3, 6], [5, 5], None, "0 <= k <= n"),
        ([3, float("nan")], [5, 5], None, "0 <= k <= n"),
        ([3, 2], [5, 5], ["a"], "one block per group"),
        (3, 5, None, "one block per group"),
    ],
)
@pytest.mark.parametrize("contrast", [largest_difference, smallest_ratio])
def test_what_cannot_be_contrasted_is_refused(contrast, k, n, block, says):
    with pytest.raises(ValueError, match=says):
        contrast(k, n, block=block)


@pytest.mark.parametrize(
    ("sizes", "rate"),
    [((300, 50), 0.5), ((10, 10, 10, 10, 1000), 0.05), ((30,) * 10, 0.3), ((10,) * 39 + (10000,), 0.02)],
)
def test_equal_groups_are_hardly_ever_accused(sizes, rate):
    rng = np.random.default_rng(7)
    accused = [largest_difference(rng.binomial(sizes, rate), sizes).low > 0 for _ in range(400)]
    assert np.mean(accused) <= 0.05 + 3 * sqrt(0.05 * 0.95 / 400)


def test_a_true_gap_is_covered_and_large_ones_are_found():
    rng = np.random.default_rng(8)
    sizes, p = np.array([50, 100, 400, 1000]), np.array([0.2, 0.3, 0.3, 0.5])
    found = [largest_difference(rng.binomial(sizes, p), sizes) for _ in range(400)]
    assert np.mean([each.low <= 0.3 <= each.high for each in found]) >= 0.95 - 3 * sqrt(0.05 * 0.95 / 400)
    assert np.mean([each.low > 0 for each in found]) > 0.9


# What chance alone makes


def test_the_debiased_difference_of_two_equal_sizes_is_the_known_shrinkage():
    """With G = 2 and equal n the spread between groups is d^2/2 less the noise, so the range is sqrt(d^2 - 2 noise)."""
    n, k = 400, np.array([100, 160])
    noise, d = 0.325 * 0.675 / n, 0.15
    assert debiased_difference(k, [n, n]) == pytest.approx(sqrt(d**2 - 2 * noise), abs=1e-12)


def test_the_debiased_difference_takes_away_what_chance_makes():
    rng = np.random.default_rng(9)
    sizes = np.full(20, 100)
    plain, debiased = np.array(
        [(np.ptp(k / sizes), debiased_difference(k, sizes)) for k in rng.binomial(sizes, 0.3, (300, 20))]
    ).T.mean(axis=1)
    assert plain > 0.15
    assert debiased < 0.06


def test_the_debiased_difference_keeps_what_is_certain_and_leaves_out_empty_groups():
    assert debiased_difference([200_000, 800_000, 0], [10**6, 10**6, 0]) == pytest.approx(0.6, abs=1e-4)
    assert debiased_difference([0, 0], [10, 20]) == 0
    with pytest.raises(ValueError, match="at least two groups"):
        debiased_difference([1, 0], [2, 0])


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_dunnetts_point_is_that_of_correlated_normals(groups: int) -> None:
    z = dunnett_z(groups, 0.95)
    others = stats.multivariate_normal(np.zeros(groups - 1), 0.5 * np.eye(groups - 1) + 0.5)
    assert others.cdf(np.full(groups - 1, z)) == pytest.approx(0.975, abs=1e-4)
    assert dunnett_z(2, 0.9) == pytest.approx(stats.norm.isf(0.05), abs=1e-10)
    with pytest.raises(ValueError, match="another beside it"):
        dunnett_z(1, 0.95)


class TestAgainstBest:
    def test_both_ends_are_those_of_the_formulae(self) -> None:
        k, n = [4, 30, 22, 0, 9], [40, 90, 50, 12, 9]
        able = [True, True, True, True, False]
        value, low, high = against_best(k, n, eligible=able)
        p = [a / b for a, b in zip(k, n, strict=True)]
        plain = [middle_limits(*each, 0.025) for each in zip(k, n, strict=True)]
        sure = [exact_limits(*each, stats.norm.sf(dunnett_z(4, 0.95))) for each in zip(k, n, strict=True)]
        for g in range(5):
            others = [j for j in range(5) if able[j] and j != g]
            cap = [1.0] if able[g] else []
            least = min(cap + [ratio_limit(p[g], p[j], plain[g][0], plain[j][1], -1) for j in others])
            most = min(cap + [ratio_limit(p[g], p[j], sure[g][1], sure[j][0], +1) for j in others])
            assert value[g] == pytest.approx(p[g] / 0.44)
            assert (low[g], high[g]) == pytest.approx((least, max(most, value[g])), abs=1e-9)

    def test_two_groups_have_the_ratio_of_a_pair_at_the_lower_end(self) -> None:
        value, low, high = against_best([30, 50], [100, 100])
        ratio, pair_low, _ = pair_ratio([30], [100], [50], [100])
        assert (value[0], low[0]) == pytest.approx((ratio[0], pair_low[0]), rel=1e-12)
        assert value[1] == 1.0
        assert high.tolist() <= [1.0, 1.0]

    def test_a_tiny_group_that_may_not_set_the_benchmark_is_still_compared(self) -> None:
        value, low, high = against_best([50, 30, 2], [100, 100, 2], eligible=[True, True, False])
        assert value.tolist() == [1.0, 0.6, 2.0]
        assert low[2] < 1 < high[2]

    def test_the_worst_group_is_covered(self) -> None:
        draw = np.random.default_rng(0)
        p, n = np.array([0.3, 0.5, 0.5, 0.48]), np.array([60, 200, 80, 150])
        inside = []
        for _ in range(800):
            _, low, high = against_best(draw.binomial(n, p), n)
            inside.append(low[0] <= 0.6 <= high[0])
        assert np.mean(inside) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 800)

    def test_nobody_selected_and_groups_without_people_have_no_ratio(self) -> None:
        assert np.isnan(against_best([0, 0], [10, 10])[0]).all()
        value, low, high = against_best([0, 5, 0], [10, 10, 0])
        assert (value[0], low[0], np.isnan(value[2])) == (0.0, 0.0, True)
        assert 0 < high[0] < 1
        assert [part.tolist() for part in against_best([5], [10])] == [[1.0], [1.0], [1.0]]


@pytest.mark.parametrize("cells", [(3, 10, 30, 100), (0, 8, 40, 90), (7, 7, 1, 9)])
def test_a_pair_chosen_beforehand_has_mid_p_limits_put_together(cells: tuple[int, ...]) -> None:
    k, n, j, m = cells
    (low, high), (least, most), p, q = middle_limits(k, n, 0.05), middle_limits(j, m, 0.05), k / n, j / m
    found = [float(part) for part in np.ravel(pair_difference(k, n, j, m, 0.9))]
    down, up = np.hypot(p - low, most - q), np.hypot(high - p, q - least)
    assert found == pytest.approx([p - q, p - q - down, p - q + up], abs=1e-9)
    found = [float(part) for part in np.ravel(pair_ratio(k, n, j, m, 0.9))]
    expected = [p / q, ratio_limit(p, q, low, most, -1), ratio_limit(p, q, high, least, +1)]
    assert found == pytest.approx(expected, rel=1e-9)


def test_pairs_come_in_arrays_and_refuse_empty_groups() -> None:
    difference, low, high = pair_difference([50, 9], [100, 10], [30, 1], [100, 10])
    assert difference == pytest.approx([0.2, 0.8])
    assert ((low > 0) & (high < 1)).all()
    assert pair_ratio([1], [10], [0], [10])[2][0] == np.inf
    with pytest.raises(ValueError, match="data in every group"):
        pair_difference([1], [2], [0], [0])
