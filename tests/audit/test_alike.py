"""Rows taken together say what they say one by one; a weight of 1 for every row, or a unit of its own, takes them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest
from small_models import predictions

from audit.alike import Alike
from audit.checks.calibration import calibration
from audit.checks.calibration_within import calibration_within
from audit.evidence import Groups, Predictions, Seed
from audit.measure import Measure
from audit.ranked import Ranked
from audit.report import Exhibit

ROWS = 10_000
Found = Iterable[Measure | Exhibit]
SCORES: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "spread": lambda g: g.random(ROWS),
    "near the ends": lambda g: g.beta(0.1, 0.4, ROWS),
    "few": lambda g: g.choice([0.05, 0.3, 0.5, 0.55, 1.0], ROWS),
}


def said(score: np.ndarray) -> Predictions:
    came = (np.random.default_rng(9).random(ROWS) < 0.9 * score + 0.03).astype(int)
    return predictions(came, np.column_stack([1 - score, score]), ("no", "yes"), positive=1)


def of_groups(one: Predictions, seed: Seed) -> Found:
    g = np.random.default_rng(8)
    groups = {"sex": g.choice(["f", "m"], ROWS), "age": g.choice(["old", "young", "mid"], ROWS)}
    return calibration_within(one, Groups(groups, frozenset()), seed)


def of_all(one: Predictions, seed: Seed) -> Found:
    return calibration(one, seed)


@pytest.mark.parametrize("kind", SCORES)
@pytest.mark.parametrize("check", [of_all, of_groups])
def test_intervals_null_bands_and_p_values_are_those_of_the_rows(
    check: Callable[[Predictions, Seed], Found], kind: str
) -> None:
    together = said(SCORES[kind](np.random.default_rng(7)))
    apart = replace(together, weight=np.ones(ROWS))
    pairs = zip(check(together, Seed(3)), check(apart, Seed(3)), strict=True)
    for one, other in pairs:
        if isinstance(one, Exhibit) or isinstance(other, Exhibit):
            assert isinstance(one, Exhibit)
            assert isinstance(other, Exhibit)
            for row, same in zip(one.rows, other.rows, strict=True):
                assert [x for x in row if isinstance(x, float)] == pytest.approx(
                    [x for x in same if isinstance(x, float)], abs=0.03
                )
            continue
        assert one.key == other.key
        if one.unit == "p-value":
            assert one.value == pytest.approx(other.value, abs=0.06)
            continue
        assert one.value == pytest.approx(other.value, abs=1e-12)
        ends, others = one.shown(), other.shown()
        assert ends
        assert others
        wide = others.high - others.low
        assert [ends.low, ends.high] == pytest.approx([others.low, others.high], abs=0.16 * wide), one.key


def test_a_cell_keeps_the_mean_of_its_rows_and_the_draws_their_number() -> None:
    one, mark = said(np.random.default_rng(1).random(ROWS)), np.arange(ROWS) % 40
    alike = Alike.of(one, mark)
    assert alike
    assert alike.n.tolist() == [250] * 40
    assert (mark[alike.first] == np.arange(40)).all()
    values = np.random.default_rng(2).random((3, ROWS))
    means = [[row[mark == cell].mean() for cell in range(40)] for row in values]
    assert np.asarray(alike.mean(values)) == pytest.approx(np.array(means))
    times = np.concatenate(list(alike.again(2000, 0)))
    assert times.shape == (2000, 40)
    assert times.mean() == pytest.approx(250, rel=0.005)
    assert times.var(axis=0).mean() == pytest.approx(250, rel=0.05)
    came = np.concatenate(list(alike.perfect(one.score, 2000, 0)))
    assert (came.sum(axis=2) == 250).all()
    assert came[..., 1].mean(axis=0) == pytest.approx(250 * np.asarray(alike.mean(one.score.T))[1], rel=0.01)


def test_rows_that_count_unlike_belong_to_units_or_are_few_are_drawn_one_by_one() -> None:
    one, mark = said(np.random.default_rng(1).random(ROWS)), np.zeros(ROWS, dtype=int)
    assert Alike.of(one, mark)
    assert Alike.of(one, np.arange(ROWS)) is None
    assert Alike.of(replace(one, weight=np.ones(ROWS)), mark) is None
    assert Alike.of(replace(one, unit=mark), mark) is None
    few = replace(one, truth=one.truth[:50], decision=one.decision[:50], score=one.score[:50])
    assert Alike.of(few, mark[:50]) is None


@pytest.mark.parametrize(("share", "digits"), [(0.5, 9), (0.03, 9), (0.2, 1)])
def test_blocks_of_ranks_move_as_far_as_rows_do(share: float, digits: int) -> None:
    g = np.random.default_rng(4)
    came = g.random(ROWS) < share
    score, weight = np.round(g.normal(size=ROWS) + came, digits), np.ones(ROWS)
    found = [Ranked.of(score, came, weight, unit).apart_again(2000, 5) for unit in (None, np.arange(ROWS))]
    blocks, rows = (np.quantile(one, [0.025, 0.5, 0.975], axis=0) for one in found)
    assert blocks[:, 0] == pytest.approx(rows[:, 0], rel=0.06)
    assert blocks[:, 1] == pytest.approx(rows[:, 1], abs=0.1 * np.ptp(rows[:, 1]))
