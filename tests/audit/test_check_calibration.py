"""CAL001: against a naive loop and scikit-learn; refutes who is wrong, and only so often who is right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import brier_score_loss
from small_models import predictions

from audit.calibration import ece
from audit.checks.calibration import calibration
from audit.evidence import Seed
from audit.measure import Measure
from audit.report import Exhibit


def measured(truth: np.ndarray, score: np.ndarray, seed: int = 0, draws: int = 99) -> dict[tuple[str, str], Measure]:
    classes = [f"c{i}" for i in range(score.shape[1])]
    found = calibration(predictions(truth, score, classes), Seed(seed), draws=draws)
    return {(one.name, one.setting_text): one for one in found if isinstance(one, Measure)}


def binary(seed: int, n: int, sharpness: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes drawn with probability sigmoid(logit), and what a model says that has the logit ``sharpness`` times."""
    draw = np.random.default_rng(seed)
    logit = draw.normal(0, 1.5, n)
    truth = (draw.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    said = 1 / (1 + np.exp(-sharpness * logit))
    return truth, np.column_stack([1 - said, said])


def naive(score: np.ndarray, hit: np.ndarray, bins: int) -> float:
    """Share of each bin times the distance of its mean score from its share of hits."""
    total = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = (score >= low) & ((score < high) | (number == bins - 1))
        if inside.any():
            total += inside.mean() * abs(score[inside].mean() - hit[inside].mean())
    return float(total)


@pytest.mark.parametrize("seed", range(6))
def test_the_error_is_that_of_a_plain_loop(seed: int) -> None:
    draw = np.random.default_rng(seed)
    score = draw.dirichlet(np.ones(4), 300)
    truth = draw.integers(0, 4, 300)
    found = measured(truth, score, draws=9)
    top = naive(score.max(axis=1), score.argmax(axis=1) == truth, 15)
    each = np.mean([naive(score[:, k], truth == k, 15) for k in range(4)])
    assert found["calibration.ece", "bins=15 kind=top label"].value == pytest.approx(top, abs=1e-12)
    assert found["calibration.ece", "bins=15 kind=class-wise"].value == pytest.approx(each, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_brier_score_is_that_of_scikit_learn(seed: int) -> None:
    truth, score = binary(seed, 200)
    twice = measured(truth, score, draws=9)["calibration.brier", ""]
    assert twice.value == pytest.approx(2 * brier_score_loss(truth, score[:, 1]), abs=1e-12)
    draw = np.random.default_rng(seed)
    truth, score = draw.integers(0, 3, 200), draw.dirichlet(np.ones(3), 200)
    expected = brier_score_loss(truth, score, labels=[0, 1, 2], scale_by_half=False)
    assert measured(truth, score, draws=9)["calibration.brier", ""].value == pytest.approx(expected, abs=1e-12)


def test_certainty_that_is_right_has_no_error() -> None:
    truth = np.array([0, 1, 1, 0])
    found = measured(truth, np.eye(2)[truth])
    assert found["calibration.brier", ""].value == 0
    assert found["calibration.ece", "bins=15 kind=top label"].value == 0
    assert found["calibration.ece_p_value", "bins=15 kind=top label"].value == 1


@pytest.mark.parametrize("kind", ["top label", "class-wise"])
def test_probabilities_that_are_true_are_refuted_only_by_chance(kind: str) -> None:
    p = [
        measured(*binary(seed, 300), seed=seed, draws=49)["calibration.ece_p_value", f"bins=15 kind={kind}"].value
        for seed in range(60)
    ]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert sum(one <= 0.1 for one in p if one is not None) <= stats.binom.ppf(0.999, 60, 0.1)


@pytest.mark.parametrize("sharpness", [3.0, 0.3])
def test_too_much_or_too_little_confidence_is_refuted(sharpness: float) -> None:
    for seed in range(5):
        found = measured(*binary(seed, 500, sharpness), seed=seed)
        for kind in ("top label", "class-wise"):
            assert found["calibration.ece_p_value", f"bins=15 kind={kind}"].value == 1 / 100
            assert found["calibration.ece", f"bins=15 kind={kind}"].sampled


def test_the_null_of_several_classes_is_true_to_its_probabilities() -> None:
    draw = np.random.default_rng(5)
    score = draw.dirichlet([1, 2, 3], 400)
    p = []
    for seed in range(40):
        truth = (np.random.default_rng(seed).random((400, 1)) > score.cumsum(axis=1)).sum(axis=1)
        p.append(
            measured(truth, score, seed=seed, draws=49)["calibration.ece_p_value", "bins=15 kind=class-wise"].value
        )
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_the_curve_counts_everybody_once_and_lies_in_its_band_where_it_should() -> None:
    truth, score = binary(1, 2000)
    (curve,) = (
        one for one in calibration(predictions(truth, score, "ab"), Seed(0), draws=199) if isinstance(one, Exhibit)
    )
    rows = np.array(curve.rows, dtype=float)
    assert rows[:, 6].sum() == 2000
    assert ((rows[:, 2] <= rows[:, 1]) & (rows[:, 1] <= rows[:, 3])).all()
    assert ((rows[:, 4] <= rows[:, 1]) & (rows[:, 1] <= rows[:, 5])).mean() >= 0.6


def test_a_score_of_one_belongs_to_the_last_bin() -> None:
    assert ece(np.ones((4, 1)), np.array([[1.0], [1.0], [1.0], [0.0]]), 15) == pytest.approx(0.25)


def width(one: Measure) -> float:
    shown = one.shown()
    assert shown is not None
    return float(shown.high) - float(shown.low)  # type: ignore[arg-type]


def test_rows_of_one_unit_are_drawn_together_so_that_copies_add_no_certainty() -> None:
    truth, score = binary(4, 150, 2.0)
    copied = predictions(np.repeat(truth, 8), np.repeat(score, 8, axis=0), "ab", 1)
    asked = (predictions(truth, score, "ab", 1), replace(copied, unit=np.repeat(np.arange(150), 8)), copied)
    found = [
        {each.key: each for each in calibration(one, Seed(0), draws=400) if isinstance(each, Measure)} for one in asked
    ]
    for key in found[0]:
        assert found[1][key].value == pytest.approx(found[0][key].value) or key[0].endswith("p_value")
    for name, at in (
        ("ece", "bins=15 kind=top label"),
        ("smooth_ece", "kind=top label"),
        ("brier_reliability", "bins=15"),
    ):
        once, together, apart = (each[f"calibration.{name}", at, ""] for each in found)
        assert width(together) == pytest.approx(width(once), rel=0.15)
        assert width(apart) < 0.6 * width(once)


def test_a_weight_is_a_number_of_rows() -> None:
    truth, score = binary(5, 200)
    weight = np.random.default_rng(0).integers(0, 3, 200)
    once = predictions(np.repeat(truth, weight), np.repeat(score, weight, axis=0), "ab", 1)
    of_rows, of_weights = (
        {each.key: each.value for each in calibration(one, Seed(0), draws=20) if isinstance(each, Measure)}
        for one in (once, replace(predictions(truth, score, "ab", 1), weight=weight.astype(float)))
    )
    values = {key for key in of_rows if not key[0].endswith("p_value")}
    assert {key: of_weights[key] for key in values} == pytest.approx({key: of_rows[key] for key in values})


def test_what_is_smooth_is_measured_and_refuted_as_what_is_binned() -> None:
    honest, wrong = measured(*binary(6, 800)), measured(*binary(6, 800, 3.0))
    name, at = "calibration.smooth_ece", "kind=top label"
    assert wrong[f"{name}_p_value", at].value == 1 / 100
    assert honest[f"{name}_p_value", at].value > 0.05  # type: ignore[operator]
    assert wrong[name, at].value > 3 * honest[name, at].value  # type: ignore[operator]
    assert "a perfectly calibrated model would show" in wrong[name, at].note


def test_one_row_has_an_interval_that_admits_it_knows_nothing() -> None:
    found = measured(np.array([1]), np.array([[0.3, 0.7]]))["calibration.brier", ""]
    assert found.value == pytest.approx(0.18)
    shown = found.shown()
    assert shown is not None
    assert (shown.low, shown.high) == (0.0, 2.0)
