"""UNC001 and UNC002: what a mean over everybody hides, and who is left to people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_models import predictions

from audit.check import NotApplicable
from audit.checks.conformal import conformal
from audit.checks.selective import selective
from audit.conformal import effective, threshold
from audit.evidence import Groups, Predictions, Seed
from audit.measure import Measure
from audit.report import Exhibit
from audit.resample import drawn
from audit.selective import Kept

Found = dict[tuple[str, str, str], Measure]
COVERAGE, SIZE, GAP = "uncertainty.conformal_coverage", "uncertainty.conformal_set_size", "uncertainty.coverage_gap"
SPLIT, MONDRIAN = "kind=split level=0.9", "by=town kind=mondrian level=0.9"


def covered(one: Predictions, groups: dict[str, np.ndarray] | None = None, seed: int = 0, **options: float) -> Found:
    return {
        each.key: each for each in conformal(one, None if groups is None else Groups(groups, ()), Seed(seed), **options)
    }


def chosen(one: Predictions, groups: dict[str, np.ndarray] | None = None) -> Found:
    found = selective(one, None if groups is None else Groups(groups, ()), Seed(0), draws=200)
    return {each.key: each for each in found if isinstance(each, Measure)}


def towns(seed: int, n: int, wrong: float = 0.6) -> tuple[Predictions, dict[str, np.ndarray]]:
    """Three classes, stated with confidence and rightly so, but in a twelfth of all cases, the town's, ``wrong``."""
    draw = np.random.default_rng(seed)
    town = draw.choice(["large", "small"], n, p=[11 / 12, 1 / 12])
    said = draw.integers(0, 3, n)
    sure = draw.uniform(0.8, 0.95, n)
    score = np.tile(((1 - sure) / 2)[:, None], (1, 3))
    score[np.arange(n), said] = sure
    missed = draw.random(n) < np.where(town == "small", wrong, 0.03)
    truth = np.where(missed, (said + draw.integers(1, 3, n)) % 3, said)
    return predictions(truth, score, ["a", "b", "c"]), {"town": town}


def test_coverage_that_is_right_on_the_whole_hides_a_town_and_its_own_threshold_mends_it() -> None:
    one, groups = towns(0, 6000)
    found = covered(one, groups)
    whole, small = found[COVERAGE, SPLIT, ""], found[COVERAGE, SPLIT, "town=small"]
    assert whole.value == pytest.approx(0.9, abs=0.02)
    assert small.value < 0.6  # type: ignore[operator]
    assert small.intervals[0].high < 0.6  # type: ignore[operator]
    assert found[GAP, "by=town kind=split level=0.9", ""].intervals[0].low > 0.3  # type: ignore[operator]
    mended = found[COVERAGE, MONDRIAN, "town=small"]
    assert mended.intervals[1].high > 0.9  # type: ignore[operator]
    assert mended.value > 0.83  # type: ignore[operator]
    assert found[SIZE, MONDRIAN, "town=small"].value > found[SIZE, SPLIT, "town=small"].value + 0.3  # type: ignore[operator]


def test_towns_that_are_alike_are_covered_alike() -> None:
    one, groups = towns(1, 6000, wrong=0.03)
    found = covered(one, groups)
    assert found[GAP, "by=town kind=split level=0.9", ""].intervals[0].low == 0
    for label in ("large", "small"):
        shown = found[COVERAGE, SPLIT, f"town={label}"].intervals[1]
        assert shown.low <= 0.9 <= shown.high  # type: ignore[operator]


def test_what_was_promised_is_kept_on_average_over_many_halves() -> None:
    """Over splits the coverage of n calibration examples is rank / (n + 1) or, with ties, more."""
    found = []
    for seed in range(150):
        draw = np.random.default_rng(seed)
        score = draw.dirichlet([1, 1, 1], 100)
        truth = draw.integers(0, 3, 100)
        found.append(
            covered(predictions(truth, score, "abc"), None, seed, nominal=0.8)[
                COVERAGE, "kind=split level=0.8", ""
            ].value
        )
    assert np.mean(found) == pytest.approx(41 / 51, abs=4 * np.std(found) / np.sqrt(150))


def test_the_note_says_how_far_one_calibration_strays() -> None:
    one, groups = towns(2, 2000)
    note = covered(one, groups)[COVERAGE, SPLIT, ""].note
    assert note == (
        "calibrated on 1000 examples: the coverage of one calibration lies within 88.1 to 91.8 % in 95 of 100"
    )


def test_a_town_of_a_few_gets_every_class_and_one_without_a_measured_example_says_so() -> None:
    one, groups = towns(3, 300)
    town = groups["town"].astype(object)
    town[:3] = "hamlet"
    found = covered(one, {"town": town})
    hamlet = found[COVERAGE, MONDRIAN, "town=hamlet"]
    assert "too few to exclude a class" in hamlet.note
    alone = np.array(["rest"] * 300, dtype=object)
    alone[0] = "one"
    reasons = [covered(one, {"town": alone}, seed)[COVERAGE, SPLIT, "town=one"].reason for seed in range(12)]
    assert "there is no such example in the split" in reasons
    assert "" in reasons


@pytest.mark.parametrize("n", [0, 1])
def test_one_example_cannot_be_halved(n: int) -> None:
    with pytest.raises(NotApplicable, match=f"there are {n}"):
        covered(predictions(np.zeros(n, int), np.tile([0.5, 0.5], (n, 1)), "ab"))


def test_constant_scores_of_one_class_name_every_class_or_are_right() -> None:
    found = covered(predictions(np.zeros(40, int), np.tile([0.5, 0.5], (40, 1)), "ab"))
    assert found[COVERAGE, SPLIT, ""].value == 1
    assert found[SIZE, SPLIT, ""].value == 2


def test_units_are_not_parted_and_weights_count() -> None:
    one, groups = towns(4, 600)
    unit = np.repeat(np.arange(200), 3)
    weight = np.where(groups["town"] == "small", 0.0, 1.0)
    found = covered(replace(one, unit=unit, weight=weight), groups)
    alone = covered(replace(one, unit=unit), groups)[COVERAGE, MONDRIAN, "town=large"]
    assert found[COVERAGE, SPLIT, ""].value == pytest.approx(alone.value)
    assert found[COVERAGE, SPLIT, "town=small"].value is None


def test_a_row_that_weighs_two_calibrates_like_two_rows() -> None:
    score, times = np.array([0.3, 0.1, 0.7, 0.5, 0.9]), np.array([1, 2, 1, 3, 1])
    assert threshold(score, 0.7, times) == threshold(np.repeat(score, times), 0.7)
    assert effective(times, None, 5) == 4  # 8 x 8 / 16
    assert effective(None, [1, 1, 2, 2, 3], 5) == 2  # 25 / 9


def naive_area(sure: np.ndarray, wrong: np.ndarray, seed: int = 0, orders: int = 4000) -> float:
    """Mean over random orders of equally sure rows of the mean error of every number kept."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(orders):
        order = np.lexsort((draw.random(len(sure)), -sure))
        found.append(np.mean(wrong[order].cumsum() / np.arange(1, len(sure) + 1)))
    return float(np.mean(found))


@pytest.mark.parametrize("tied", [False, True])
def test_the_area_is_the_mean_error_over_every_number_kept(tied: bool) -> None:
    draw = np.random.default_rng(5)
    score = draw.dirichlet([1, 1, 1], 60)
    score = np.round(score, 1) if tied else score
    truth = draw.integers(0, 3, 60)
    one = predictions(truth, score, "abc")
    expected = naive_area(score.max(axis=1), one.decision != truth, orders=4000 if tied else 1)
    assert chosen(one)["uncertainty.selective_risk", "", ""].value == pytest.approx(
        expected, abs=2e-3 if tied else 1e-12
    )


def test_equal_weights_are_no_weights_and_double_ones_are_rows_twice() -> None:
    one, _ = towns(6, 120)
    plain = chosen(one)["uncertainty.selective_risk", "", ""].value
    assert chosen(replace(one, weight=np.full(120, 7.0)))["uncertainty.selective_risk", "", ""].value == pytest.approx(
        plain
    )


def test_one_row_that_counts_is_one_row() -> None:
    one, _ = towns(6, 50)
    weight = np.zeros(50)
    weight[7] = 3.0
    area = chosen(replace(one, weight=weight))["uncertainty.selective_risk", "", ""]
    assert area.value == float(one.decision[7] != one.truth[7])


def test_a_model_that_knows_its_errors_has_a_small_area_and_one_that_does_not_its_error() -> None:
    draw = np.random.default_rng(7)
    right = draw.random(4000) < 0.8
    knows, blind = np.where(right, 0.9, 0.6), draw.uniform(0.55, 0.95, 4000)
    areas = []
    for sure in (knows, blind):
        found = chosen(predictions(np.where(right, 1, 0), np.column_stack([1 - sure, sure]), "ny"))
        areas.append(found["uncertainty.selective_risk", "", ""])
    error = 1 - right.mean()
    assert areas[0].value < 0.2 * error  # type: ignore[operator]
    assert areas[1].intervals[0].low <= error <= areas[1].intervals[0].high  # type: ignore[operator]


def test_who_is_left_to_people_is_said_of_every_group() -> None:
    draw = np.random.default_rng(8)
    n = 2000
    old = draw.random(n) < 0.3
    sure = np.where(old, draw.uniform(0.5, 0.75, n), draw.uniform(0.6, 1, n))
    truth = (draw.random(n) < np.where(old & (sure > 0.7), 0.5, sure)).astype(int)
    one = predictions(truth, np.column_stack([1 - sure, sure]), "ny")
    found = chosen(one, {"age": np.where(old, "old", "young")})
    bar = np.sort(sure)[::-1][n // 2 - 1]
    for label, inside in (("old", old), ("young", ~old)):
        kept = inside & (sure >= bar)
        share = found["uncertainty.kept_share", "kept=0.5", f"age={label}"]
        accuracy = found["uncertainty.selective_accuracy", "kept=0.5", f"age={label}"]
        assert (share.value, share.n) == (pytest.approx(kept.sum() / inside.sum()), inside.sum())
        assert (accuracy.value, accuracy.n) == (pytest.approx(truth[kept].mean() if kept.any() else 0), kept.sum())
    assert found["uncertainty.kept_share", "kept=0.5", "age=old"].value < 0.1  # type: ignore[operator]


def test_the_curve_ends_at_the_error_of_all_and_keeps_no_tie_apart() -> None:
    one, _ = towns(9, 500)
    (curve,) = (each for each in selective(one, None, Seed(0), draws=50) if isinstance(each, Exhibit))
    rows = np.array(curve.rows, dtype=float)
    assert rows[-1, :2] == pytest.approx([1, (one.decision != one.truth).mean()])
    assert (np.diff(rows[:, 0]) > 0).all()
    assert ((rows[:, 2] <= rows[:, 1]) & (rows[:, 1] <= rows[:, 3])).all()
    tied = predictions(one.truth, np.full((500, 3), 1 / 3), "abc")
    (curve,) = (each for each in selective(tied, None, Seed(0), draws=50) if isinstance(each, Exhibit))
    assert [row[0] for row in curve.rows] == [1.0]


@pytest.mark.parametrize("truth", [[1], [1, 1, 1]])
def test_few_examples_all_right_claim_little(truth: list[int]) -> None:
    found = chosen(
        predictions(np.array(truth), np.tile([0.2, 0.8], (len(truth), 1)), "ny"),
        {"sex": np.array(["unknown"] * len(truth), dtype=object)},
    )
    area = found["uncertainty.selective_risk", "", ""]
    assert area.value == 0
    assert area.intervals[0].high > 0.6  # type: ignore[operator]
    assert found["uncertainty.selective_accuracy", "kept=0.9", "sex=unknown"].value == 1


@pytest.mark.parametrize("digits", [2, 12])
@pytest.mark.parametrize("weighted", [False, True])
def test_of_many_rows_the_risk_of_new_weights_is_the_sum_of_what_each_row_contributes(
    digits: int, weighted: bool
) -> None:
    draw = np.random.default_rng(digits)
    sure = draw.beta(4, 2, 6000).round(digits)
    weight = draw.uniform(0.5, 1.5, 6000) if weighted else np.ones(6000)
    kept = Kept.of(sure, draw.random(6000) < 1 - sure)
    area, each = kept.area(weight[None])[0], weight * kept.influence(weight)
    times = next(drawn(6000, 60, 0))
    exact = kept.area(times * weight)
    first_order = area + times @ each - each.sum()
    assert np.abs(first_order - exact).max() < 0.25 * exact.std()
    step = weight.copy()
    step[17] += 1e-4
    assert (kept.area(step[None])[0] - area) / 1e-4 == pytest.approx(kept.influence(weight)[17], abs=1e-8)


@pytest.mark.parametrize("units", [None, 12])
def test_the_risk_of_many_rows_is_as_sure_as_rows_or_units_drawn_again(units: int | None) -> None:
    draw = np.random.default_rng(6)
    n = 6000
    unit = None if units is None else draw.integers(0, units, n)
    shift = 0.0 if unit is None else draw.normal(0, 0.15, units)[unit]
    sure = draw.uniform(0.5, 1, n)
    wrong = draw.random(n) < np.clip(1 - sure + shift, 0, 1)
    score = np.where(wrong[:, None], np.column_stack([sure, 1 - sure]), np.column_stack([1 - sure, sure]))
    one = replace(predictions(np.ones(n, dtype=int), score, "ab"), unit=unit)
    found = next(each for each in selective(one, None, Seed(0)) if each.name == "uncertainty.selective_risk")
    again = np.concatenate([Kept.of(score.max(axis=1), wrong).area(times) for times in drawn(n, 400, 3, unit)])
    shown = found.shown()
    assert shown is not None
    assert (shown.high - shown.low) / 3.92 == pytest.approx(np.std(again), rel=0.2)  # type: ignore[operator]
