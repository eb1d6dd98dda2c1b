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
