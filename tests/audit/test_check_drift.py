"""DAT002: a change that was planted is found, chance alone is not accused, and the index is its closed form."""

from __future__ import annotations

import numpy as np
import pytest

from audit.check import NotApplicable
from audit.checks.drift import drift
from audit.evidence import Decisions, Outputs, Seed, Times
from audit.measure import Measure

CLASSES = ("deny", "approve")


def asked(
    score: np.ndarray, order: np.ndarray, truth: np.ndarray | None = None, positive: int | None = 1, *,
    scored: bool = True, **options: int,
) -> dict[str, Measure]:  # fmt: skip
    decision = (score >= 0.5).astype(np.intp)
    said = np.column_stack([1 - score, score]) if scored else None
    outputs = Outputs(decision, said, CLASSES, positive, None, None)
    known = None if truth is None else Decisions(truth, decision, CLASSES, positive, None, None)
    found = drift(outputs, Times(order, "Monday", "Friday"), Seed(0), known, **{"draws": 300, **options})
    return {f"{one.name} {one.setting_text}".strip(): one for one in found}


def scores(seed: int, n: int, shift: float = 0.0) -> np.ndarray:
    """Uniform scores; in the later half moved up by ``shift``."""
    draw = np.random.default_rng(seed)
    return np.clip(draw.random(n) + shift * (np.arange(n) >= n // 2), 0, 1)


def holds(one: Measure, value: float, level: float = 0.95) -> bool:
    at = next(each for each in one.intervals if each.level == level)
    return at.low <= value <= at.high


SELECTION, INDEX, ERROR = "data.drift_selection class=approve", "data.drift_psi class=approve", "data.drift_error"


def test_a_planted_change_is_found() -> None:
    found = asked(scores(1, 2000, 0.2), np.arange(2000))
    assert found[SELECTION].value == pytest.approx(0.2, abs=0.05)
    assert not holds(found[SELECTION], 0)
    assert found[INDEX].value is not None
    assert found[INDEX].value > 0.2


def test_chance_alone_is_rarely_accused() -> None:
    accused = [not holds(asked(scores(seed, 400), np.arange(400), draws=50)[SELECTION], 0) for seed in range(60)]
    assert sum(accused) <= 8


def test_the_index_without_change_is_about_what_the_note_says() -> None:
    expected = 9 * (1 / 1000 + 1 / 1000)
    values = [asked(scores(seed, 2000), np.arange(2000), draws=20)[INDEX] for seed in range(20)]
    assert np.mean([one.value for one in values]) == pytest.approx(expected, rel=0.35)
    assert all("no change would show about 0.018" in one.note for one in values)


def test_the_index_is_its_closed_form() -> None:
    before, after = np.repeat([0.1, 0.9], [60, 40]), np.repeat([0.1, 0.9], [30, 70])
    found = asked(np.concatenate([before, after]), np.arange(200), bins=2)
    assert found[INDEX].value == pytest.approx((0.3 - 0.6) * np.log(0.3 / 0.6) + (0.7 - 0.4) * np.log(0.7 / 0.4))


@pytest.mark.parametrize("values", [(0.1, 0.9, 0.95), (0.05, 0.1, 0.9), (0.1, 0.5, 0.9)])
def test_a_score_that_nearly_all_have_has_a_part_of_its_own(values: tuple[float, float, float]) -> None:
    before, after = np.repeat(values, [20, 960, 20]), np.repeat(values, [20, 780, 200])
    index = asked(np.concatenate([before, after]), np.arange(2000))[INDEX].value
    assert index == pytest.approx((0.78 - 0.96) * np.log(0.78 / 0.96) + (0.2 - 0.02) * np.log(0.2 / 0.02))


def test_the_difference_is_of_later_minus_earlier_whatever_the_order_of_rows() -> None:
    score = np.repeat([0.1, 0.9, 0.1, 0.9], [60, 40, 30, 70])
    order = np.repeat([0, 1], 100)
    mixed = np.random.default_rng(0).permutation(200)
    for rows in (np.arange(200), mixed):
        found = asked(score[rows], order[rows])[SELECTION]
        assert found.value == pytest.approx(0.3)
        assert found.n == 200
        assert "100 later rows against 100 earlier ones" in found.note


def test_errors_that_grow_are_found_where_the_truth_is_known() -> None:
    score = scores(2, 2000)
    wrong = np.random.default_rng(3).random(2000) < np.where(np.arange(2000) < 1000, 0.1, 0.3)
    truth = np.where(wrong, 1 - (score >= 0.5), score >= 0.5).astype(np.intp)
    found = asked(score, np.arange(2000), truth)
    assert found[ERROR].value == pytest.approx(0.2, abs=0.05)
    assert not holds(found[ERROR], 0)
    assert holds(found[SELECTION], 0)


def test_rows_of_one_moment_stay_together() -> None:
    found = asked(scores(1, 200), np.repeat([0, 1, 2], [30, 140, 30]))
    assert "30 later rows against 170 earlier ones" in found[SELECTION].note
    late = asked(scores(1, 200), np.repeat([0, 1], [40, 160]))
    assert "160 later rows against 40 earlier ones" in late[SELECTION].note


@pytest.mark.parametrize("order", [np.zeros(100, dtype=int), np.repeat([0, 1], [90, 10])])
def test_too_few_rows_of_a_half_do_not_apply(order: np.ndarray) -> None:
    with pytest.raises(NotApplicable, match=r"at least 20 are needed"):
        asked(scores(1, 100), order)


def test_scores_that_are_all_alike_and_no_scores() -> None:
    found = asked(np.full(100, 0.7), np.arange(100))
    assert found[INDEX].value == 0
    assert found[SELECTION].value == 0
    assert INDEX not in asked(scores(1, 100), np.arange(100), scored=False)


def test_of_several_classes_each_is_asked_about() -> None:
    found = asked(scores(1, 200), np.arange(200), positive=None)
    assert {"data.drift_psi class=deny", INDEX, SELECTION} <= set(found)
