"""A tally of shards is the tally of the whole."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.tally import Tally

CLASSES = ("a", "b", "c")


def tally(truth: np.ndarray, decision: np.ndarray, **groups: np.ndarray) -> Tally:
    return Tally.of(truth, decision, groups, CLASSES, None)


def same(one: Tally, other: Tally) -> bool:
    return one.names == other.names and all(np.array_equal(one.counts[by], other.counts[by]) for by in one.counts)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 80), cuts=st.lists(st.integers(0, 80), max_size=4))
def test_shards_add_up_to_the_whole_in_any_order(seed: int, n: int, cuts: list[int]) -> None:
    draw = np.random.default_rng(seed)
    truth, decision = draw.integers(0, 3, (2, n))
    groups = {"sex": draw.choice(["f", "m", "unknown"], n), "age": draw.choice(["old", "young"], n)}
    parts = [part for part in np.split(np.arange(n), sorted(min(cut, n) for cut in cuts)) if len(part)]
    shards = [tally(truth[p], decision[p], **{by: labels[p] for by, labels in groups.items()}) for p in parts]
    whole = tally(truth, decision, **groups)
    assert same(reduce(add, shards), whole)
    assert same(reduce(add, reversed(shards)), whole)


def test_a_group_that_one_shard_alone_has_is_kept() -> None:
    first = tally(np.array([0, 1]), np.array([0, 0]), sex=np.array(["male", "male"]))
    second = tally(np.array([2]), np.array([2]), sex=np.array(["female"]))
    both = first + second
    assert both.names["sex"] == ("female", "male")
    assert both.counts["sex"].sum(axis=(1, 2)).tolist() == [1, 2]
    right, n = both.right("sex")
    assert (right.tolist(), n.tolist()) == ([1, 1], [1, 2])


def test_an_unknown_group_is_a_group() -> None:
    found = tally(np.array([0, 1, 1]), np.array([0, 1, 1]), sex=np.array(["f", "unknown", "f"], dtype=object))
    assert found.names["sex"] == ("f", "unknown")
    assert found.decided("sex", 1)[0].tolist() == [1, 1]


def test_shards_that_differ_in_kind_are_refused() -> None:
    one = tally(np.array([0]), np.array([0]), sex=np.array(["f"]))
    with pytest.raises(ValueError, match="Shards differ"):
        one + tally(np.array([0]), np.array([0]), age=np.array(["old"]))
    with pytest.raises(ValueError, match="Shards differ"):
        one + Tally.of(np.array([0]), np.array([0]), {"sex": np.array(["f"])}, ("a", "b"), None)


def test_found_and_false_alarms_are_counted_by_hand() -> None:
    truth, decision = np.array([1, 1, 0, 0, 2]), np.array([1, 0, 1, 0, 1])
    found = tally(truth, decision, by=np.array(["x", "x", "x", "y", "y"]))
    assert [part.tolist() for part in found.found("by", 1)] == [[1, 0], [2, 0]]
    assert [part.tolist() for part in found.false_alarms("by", 1)] == [[1, 1], [1, 2]]


class TestIntersections:
    def test_every_two_and_three_columns_are_crossed_and_sum_to_their_margins(self) -> None:
        draw = np.random.default_rng(0)
        truth, decision = draw.integers(0, 3, (2, 500))
        groups = {one: draw.choice([f"{one}1", f"{one}2", f"{one}3"], 500) for one in "pqrs"}
        found = tally(truth, decision, **groups)
        assert len(found.groupings) == 4 + 6 + 4
        assert found.columns["p & q & r"] == ("p", "q", "r")
        for position, name in enumerate(found.names["p & s"]):
            inside = (groups["p"] == name.split(" & ")[0]) & (groups["s"] == name.split(" & ")[1])
            by_hand = np.zeros((3, 3), int)
            np.add.at(by_hand, (truth[inside], decision[inside]), 1)
            assert np.array_equal(found.counts["p & s"][position], by_hand)
            assert {str(one) for one in found.slice("p & s", position)} == {
                f"p={name[:2]}",
                f"s={name[-2:]}",
            }
        assert np.array_equal(found.counts["p & q"].sum(axis=0), found.total)

    def test_missing_labels_and_labels_with_the_joining_sign_are_kept_apart(self) -> None:
        one = np.array(["a & b", None, "a"], dtype=object)
        other = np.array(["c", "c", float("nan")], dtype=object)
        found = tally(np.array([0, 1, 2]), np.array([0, 1, 2]), one=one, other=other)
        assert found.names["one"] == ("a", "a & b", "unknown")
        assert [dict((c.column, c.value) for c in found.slice("one & other", at)) for at in range(3)] == [
            {"one": "a", "other": "unknown"},
            {"one": "a & b", "other": "c"},
            {"one": "unknown", "other": "c"},
        ]

    def test_two_hundred_groups_and_one_row_are_counted(self) -> None:
        labels = np.array([f"g{i}" for i in range(200)])
        found = tally(np.arange(200) % 3, np.arange(200) % 3, by=labels, other=labels)
        assert len(found.names["by & other"]) == 200
        one = tally(np.array([1]), np.array([1]), by=np.array(["x"]))
        assert [part.tolist() for part in one.right("by")] == [[1], [1]]


class TestWeights:
    def test_equal_weights_are_no_weights_but_for_the_small_sample_factor(self) -> None:
        draw = np.random.default_rng(1)
        truth, decision = draw.integers(0, 3, (2, 300))
        groups = {"sex": draw.choice(["f", "m"], 300)}
        plain = Tally.of(truth, decision, groups, CLASSES)
        weighted = Tally.of(truth, decision, groups, CLASSES, weight=np.full(300, 7.0))
        (k, n), (effective_k, effective_n) = plain.right("sex"), weighted.right("sex")
        np.testing.assert_allclose(effective_k / effective_n, k / n, rtol=1e-12)
        np.testing.assert_allclose(effective_n, n - 1, rtol=1e-12)

    def test_the_effective_size_gives_statsmodels_standard_error_of_a_weighted_rate(self) -> None:
        import statsmodels.api as sm

        draw = np.random.default_rng(2)
        n = 400
        weight, right = draw.exponential(1, n), draw.random(n) < 0.7
        found = Tally.of(np.zeros(n, int), np.where(right, 0, 1), {}, CLASSES, weight=weight)
        (k,), (size,) = found.right("")
        fitted = sm.WLS(right.astype(float), np.ones(n), weights=weight).fit(cov_type="HC1")
        assert k / size == pytest.approx(fitted.params[0], rel=1e-12)
        assert np.sqrt(k / size * (1 - k / size) / size) == pytest.approx(fitted.bse[0], rel=1e-9)

    def test_rows_of_one_person_count_as_that_person(self) -> None:
        import statsmodels.api as sm

        draw = np.random.default_rng(3)
        unit = np.repeat(np.arange(120), 5)
        skill = draw.random(120)
        right = draw.random(600) < skill[unit]
        found = Tally.of(np.zeros(600, int), np.where(right, 0, 1), {}, CLASSES, unit=unit)
        (k,), (size,) = found.right("")
        fitted = sm.OLS(right.astype(float), np.ones(600)).fit(
            cov_type="cluster", cov_kwds={"groups": unit, "df_correction": False}
        )
        share = k / size
        assert np.sqrt(share * (1 - share) / size) == pytest.approx(fitted.bse[0], rel=1e-9)
        assert 120 < size < 400
        assert found.note == "n is an effective size: 600 rows of 120 units"

    @settings(max_examples=20)
    @given(seed=st.integers(0, 2**32 - 1), cut=st.integers(0, 20))
    def test_shards_add_up_where_units_are_whole(self, seed: int, cut: int) -> None:
        draw = np.random.default_rng(seed)
        unit, weight = np.repeat(np.arange(20), 3), draw.random(60)
        truth, decision = draw.integers(0, 3, (2, 60))
        sex = draw.choice(["f", "m"], 60)
        whole = Tally.of(truth, decision, {"sex": sex}, CLASSES, weight=weight, unit=unit)
        first = slice(0, 3 * cut), slice(3 * cut, 60)
        one, other = (
            Tally.of(truth[s], decision[s], {"sex": sex[s]}, CLASSES, weight=weight[s], unit=unit[s])
            for s in (first if 0 < cut < 20 else (slice(0, 30), slice(30, 60)))
        )
        for by in ("", "sex"):
            np.testing.assert_allclose((one + other).right(by), whole.right(by), rtol=1e-10)

    def test_a_unit_in_two_shards_and_weights_that_are_none_are_refused(self) -> None:
        zeros = np.zeros(2, int)
        one = Tally.of(zeros, zeros, {}, CLASSES, unit=np.array(["ann", "bob"]))
        with pytest.raises(ValueError, match="1 units have rows in both shards"):
            one + Tally.of(zeros, zeros, {}, CLASSES, unit=np.array(["bob", "eve"]))
        for weight, words in (([1, -1], "1 of 2 weights"), ([0, 0], "All 2 weights are 0"), ([1.0], "2 rows and")):
            with pytest.raises(ValueError, match=words):
                Tally.of(zeros, zeros, {}, CLASSES, weight=np.array(weight, float))
