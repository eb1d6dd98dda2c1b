"""The search for slices: against all there are, and against sliceline where that is installed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.slices import DEEPEST, Scan, Score, SliceLine, top_slices

Found = dict[tuple[tuple[int, int], ...], float]
SCORES: list[Callable[[float, float], Score]] = [
    SliceLine,
    lambda rows, total: SliceLine(rows, total, 0.95),
    Scan,
    lambda rows, total: Scan(rows, total, 0.3),
]
COST = (0.0, 0.7, 1.9)


def brute(codes, levels, error, score, k, deepest, support, weight=None, cost=(0, 0, 0)) -> Found:
    """All slices there are, counted one by one; of those with a score above 0 the best k, and what ties with them."""
    n = len(error)
    weight = np.ones(n) if weight is None else np.asarray(weight) * n / np.sum(weight)
    made, found = score(float(n), float(weight @ error)), {}
    for depth in range(1, deepest + 1):
        for columns in combinations(range(codes.shape[1]), depth):
            for values in product(*(range(levels[at]) for at in columns)):
                inside = (codes[:, columns] == values).all(axis=1)
                size, wrong = weight[inside].sum(), (weight * error)[inside].sum()
                if size >= support * (1 - 1e-12) and wrong > 0:
                    value = float(made(np.array([size]), np.array([wrong]))[0]) - cost[depth - 1]
                    if value > 1e-12:
                        found[tuple(zip(columns, values, strict=True))] = value
    ordered = sorted(found.values(), reverse=True)
    least = ordered[k - 1] if len(ordered) >= k else 0
    return {slice: value for slice, value in found.items() if value >= least - 1e-12 * max(1, least)}


def ours(*given, **options) -> Found:
    return {one.levels: one.score for one in top_slices(*given, **options)}


def same(one: Found, other: Found, within: float = 1e-12) -> bool:
    return set(one) == set(other) and all(abs(one[at] - other[at]) <= within * max(1, one[at]) for at in one)


def table(draw: np.random.Generator, n: int, columns: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    levels = draw.integers(2, most + 1, columns)
    return np.column_stack([draw.integers(0, one, n) for one in levels]), levels


def errors(draw: np.random.Generator, codes: np.ndarray, kind: str) -> np.ndarray:
    n = len(codes)
    made = {
        "wrong": draw.random(n) < 0.1 + 0.4 * (codes[:, 0] == 0),
        "loss": draw.exponential(1, n),
        "counts": draw.integers(0, 3, n),
        "rare": draw.random(n) < 0.03,
    }
    return made[kind].astype(float)


class TestExact:
    @given(
        seed=st.integers(0, 2**32), n=st.integers(20, 200), columns=st.integers(1, 5), most=st.integers(2, 5),
        k=st.integers(1, 20), deepest=st.integers(1, DEEPEST), support=st.integers(1, 20),
        kind=st.sampled_from(["wrong", "loss", "counts", "rare"]), score=st.sampled_from(SCORES),
        weighted=st.booleans(), cost=st.sampled_from([(0.0, 0.0, 0.0), COST]),
    )  # fmt: skip
    @settings(max_examples=150)
    def test_nothing_better_was_left_out(
        self, seed, n, columns, most, k, deepest, support, kind, score, weighted, cost
    ) -> None:
        draw = np.random.default_rng(seed)
        codes, levels = table(draw, n, columns, most)
        error = errors(draw, codes, kind)
        weight = draw.integers(0, 4, n) + 0.5 if weighted else None
        if not error.any():
            assert top_slices(codes, levels, error, score) == []
            return
        found = ours(codes, levels, error, score, k=k, deepest=deepest, support=support, weight=weight, cost=cost)
        assert same(found, brute(codes, levels, error, score, k, deepest, support, weight, cost), 1e-10)

    @pytest.mark.parametrize("deepest", [1, 2, 3])
    @pytest.mark.parametrize("kind", ["wrong", "loss", "counts"])
    def test_sliceline_finds_the_same(self, deepest: int, kind: str) -> None:
        sliceline = pytest.importorskip("sliceline")
        draw = np.random.default_rng([deepest, len(kind)])
        for _ in range(5):
            codes, levels = table(draw, 300, 5, 5)
            error = errors(draw, codes, kind)
            theirs = sliceline.Slicefinder(k=10, max_l=deepest, min_sup=10, verbose=False).fit(codes, error)
            slices = [
                tuple((at, v) for at, v in enumerate(row) if v is not None) for row in theirs.top_slices_.tolist()
            ]
            told = [one["slice_score"] for one in theirs.top_slices_statistics_]
            assert same(
                ours(codes, levels, error, k=10, deepest=deepest, support=10), dict(zip(slices, told, strict=True))
            )

    def test_slices_that_tie_with_the_last_are_all_kept_the_simpler_first(self) -> None:
        codes = np.array([[0, 0, 1], [0, 0, 1], [1, 1, 0], [1, 1, 1], [2, 2, 0], [2, 2, 0]] * 5)
        error = (codes[:, 0] == 0).astype(float)
        found = top_slices(codes, [3, 3, 2], error, k=1, support=1)
        assert [one.levels for one in found[:3]] == [((0, 0),), ((1, 0),), ((0, 0), (1, 0))]
        assert len({round(one.score, 12) for one in found}) == 1
        assert len(found) == 2**3 - 1 - 1  # every conjunction of the three conditions but the third alone

    def test_sizes_and_sums_are_those_of_the_rows(self) -> None:
        draw = np.random.default_rng(0)
        codes, levels = table(draw, 500, 4, 4)
        error, weight = draw.exponential(1, 500), draw.exponential(1, 500)
        for one in top_slices(codes, levels, error, Scan, support=1, weight=weight):
            inside = np.logical_and.reduce([codes[:, column] == level for column, level in one.levels])
            assert one.size == pytest.approx(weight[inside].sum() / weight.mean())
            assert one.error == pytest.approx((weight * error)[inside].sum() / weight.mean())

    def test_weights_are_repetitions(self) -> None:
        draw = np.random.default_rng(1)
        codes, levels = table(draw, 200, 4, 3)
        error, weight = errors(draw, codes, "wrong"), draw.integers(1, 4, 200)
        again = np.repeat(np.arange(200), weight)
        mean = weight.mean()
        one = ours(codes, levels, error, Scan, support=20 / mean, weight=weight)
        other = ours(codes[again], levels, error[again], Scan, support=20)
        assert same({at: value * mean for at, value in one.items()}, other, 1e-9)

    def test_a_size_at_the_support_counts_however_weights_round(self) -> None:
        weight = np.array(
            [1.5, 3.5, 1.5, 3.5, 3.5, 2.5, 3.5, 2.5, 2.5, 3.5, 0.5, 0.5, 2.5, 0.5, 1.5, 0.5, 1.5, 3.5, 3.5, 2.5]
        )
        for inside in combinations(range(20), 2):
            codes = np.isin(np.arange(20), inside).astype(int)[:, None]
            size = weight[list(inside)].sum() * 20 / weight.sum()
            assert top_slices(codes, [2], codes[:, 0], support=size, weight=weight)[0].levels == ((0, 1),)


class TestBadInput:
    @pytest.mark.parametrize("error", [[0.0, -1.0], [0.0, np.nan], [0.0, np.inf]])
    def test_errors_that_are_none(self, error: list[float]) -> None:
        with pytest.raises(ValueError, match="finite numbers from 0"):
            top_slices(np.zeros((2, 1), int), [1], error)

    @pytest.mark.parametrize("weight", [[1.0, -1.0], [0.0, 0.0], [1.0, np.nan], [1.0]])
    def test_weights_that_are_none(self, weight: list[float]) -> None:
        with pytest.raises(ValueError, match="finite number from 0 for every row, and not all 0"):
            top_slices(np.zeros((2, 1), int), [1], [0.0, 1.0], weight=weight)

    def test_another_number_of_rows(self) -> None:
        with pytest.raises(ValueError, match=r"a code per row and column, got \(3,\) and \(2, 1\)"):
            top_slices(np.zeros((2, 1), int), [1], [0.0, 1.0, 1.0])

    @pytest.mark.parametrize("error", [0.0, 1.0])
    @pytest.mark.parametrize("score", [SliceLine, Scan])
    def test_where_all_rows_err_alike_no_part_is_worse(self, error: float, score: Callable[..., Score]) -> None:
        codes = np.random.default_rng(0).integers(0, 3, (50, 3))
        assert top_slices(codes, [3, 3, 3], np.full(50, error), score, support=1) == []

    def test_one_row_no_columns_and_constant_columns(self) -> None:
        assert top_slices(np.zeros((1, 1), int), [1], [1.0], support=1) == []
        assert top_slices(np.zeros((5, 0), int), [], np.ones(5)) == []
        assert top_slices(np.zeros((60, 4), int), [1, 2, 3, 1], np.arange(60) % 2, Scan) == []
