"""ACC002 against scipy and scikit-learn, and how often its intervals hold the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics
from small_models import evidence, predictions

from audit.checks.scores_by_group import scores_by_group
from audit.checks.separation import separation
from audit.evidence import Groups, Moments, Predictions, Scores, Seed
from audit.measure import Measure

KS, GINI, PR = "accuracy.ks", "accuracy.gini", "accuracy.pr_auc"


def asked(
    one: Predictions, groups: dict[str, np.ndarray] | None = None, seed: int = 0, draws: int = 200
) -> dict[tuple[str, str, str], Measure]:
    known = None if groups is None else Groups(groups, ())
    return {each.key: each for each in separation(one, known, Seed(seed), draws=draws)}


def drawn(seed: int, n: int, apart: float = 1.0, tied: bool = False, share: float = 0.4) -> Predictions:
    draw = np.random.default_rng(seed)
    truth = (draw.random(n) < share).astype(int)
    score = stats.norm.cdf(draw.normal(apart * truth, 1))
    score = np.round(score, 1) if tied else score
    return predictions(truth, np.column_stack([1 - score, score]), "ny", 1)


def expected(came: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> dict[str, float]:
    fpr, tpr, _ = metrics.roc_curve(came, score, sample_weight=weight, drop_intermediate=False)
    return {
        KS: float(np.abs(tpr - fpr).max()),
        GINI: 2 * metrics.roc_auc_score(came, score, sample_weight=weight) - 1,
        PR: metrics.average_precision_score(came, score, sample_weight=weight),
    }


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_values_are_those_of_scipy_and_scikit_learn(seed: int, tied: bool) -> None:
    one = drawn(seed, 150, tied=tied)
    found = asked(one)
    for name, value in expected(one.truth == 1, one.score[:, 1]).items():
        assert found[name, "", ""].value == pytest.approx(value, abs=1e-12)
    of_scipy = stats.ks_2samp(one.score[one.truth == 1, 1], one.score[one.truth == 0, 1]).statistic
    assert found[KS, "", ""].value == pytest.approx(of_scipy, abs=1e-12)


def test_weights_are_those_of_scikit_learn() -> None:
    one = replace(drawn(5, 200, tied=True), weight=np.random.default_rng(1).uniform(0, 3, 200))
    found = asked(one)
    for name, value in expected(one.truth == 1, one.score[:, 1], one.weight).items():
        assert found[name, "", ""].value == pytest.approx(value, abs=1e-12)


def test_several_classes_are_each_set_against_the_others_also_within_groups() -> None:
    draw = np.random.default_rng(2)
    truth = draw.integers(0, 3, 240)
    score = draw.dirichlet([1, 1, 1], 240) + 0.3 * np.eye(3)[truth]
    score /= score.sum(axis=1, keepdims=True)
    hand = draw.choice(["left", "right"], 240)
    found = asked(predictions(truth, score, "abc"), {"hand": hand})
    for place, name in enumerate("abc"):
        for measure, value in expected(truth == place, score[:, place]).items():
            assert found[measure, f"class={name}", ""].value == pytest.approx(value, abs=1e-12)
        for side in ("left", "right"):
            inside = hand == side
            area = metrics.roc_auc_score(truth[inside] == place, score[inside, place])
            assert found["accuracy.roc_auc", f"class={name}", f"hand={side}"].value == pytest.approx(area, abs=1e-12)


def test_no_number_is_given_that_the_scores_by_group_give_too() -> None:
    one, sex = drawn(3, 200), np.random.default_rng(0).choice(["f", "m"], 200)
    known = evidence(one.truth, one.score, "ny", {"sex": sex}, 1)
    asked_of = (known[Moments], known[Scores], known[Groups], known[Predictions])
    theirs = {each.key for each in scores_by_group(*asked_of)}  # type: ignore[arg-type]
    assert ("accuracy.roc_auc", "", "sex=f") in theirs
    assert not theirs & set(asked(one, {"sex": sex}))


@pytest.mark.parametrize(("apart", "share"), [(0.0, 0.5), (1.0, 0.3), (2.0, 0.5)])
def test_the_separation_of_the_population_lies_within(apart: float, share: float) -> None:
    truth = {KS: 2 * stats.norm.cdf(apart / 2) - 1, GINI: 2 * stats.norm.cdf(apart / np.sqrt(2)) - 1}
    held = dict.fromkeys(truth, 0)
    for seed in range(80):
        found = asked(drawn(seed, 150, apart, share=share), seed=seed, draws=100)
        for name, value in truth.items():
            shown = found[name, "", ""].shown()
            assert shown is not None
            held[name] += shown.low <= value <= shown.high  # type: ignore[operator]
    assert min(held.values()) >= 70  # fewer in 1 of 300 at a coverage of 95 %


@pytest.mark.parametrize(("apart", "share", "least"), [(0.0, 0.02, 87), (1.0, 0.3, 87), (1.0, 0.02, 83)])
def test_average_precision_of_the_population_lies_within_also_where_the_outcome_is_rare(
    apart: float, share: float, least: int
) -> None:
    many = drawn(999, 1_000_000, apart, share=share)
    truth = metrics.average_precision_score(many.truth, many.score[:, 1])
    shown = [asked(drawn(seed, 1000, apart, share=share), draws=2)[PR, "", ""].shown() for seed in range(100)]
    assert sum(one.low <= truth <= one.high for one in shown) >= least  # type: ignore[union-attr, operator]


def test_an_interval_of_average_precision_is_about_as_wide_as_it_should() -> None:
    found = [asked(drawn(seed, 300), seed=seed)[PR, "", ""] for seed in range(60)]
    values = np.array([one.value for one in found], dtype=float)
    width = np.mean([one.shown().high - one.shown().low for one in found])  # type: ignore[union-attr, operator]
    assert width == pytest.approx(2 * 1.96 * values.std(), rel=0.25)
    assert found[0].note.startswith("without any skill it would be ")


@pytest.mark.parametrize("score", [[0.1, 0.2, 0.8, 0.9], [0.9, 0.8, 0.2, 0.1], [0.5] * 4])
def test_perfect_inverted_and_constant_scores_claim_no_certainty(score: list[float]) -> None:
    truth = np.array([0, 0, 1, 1])
    found = asked(predictions(truth, np.column_stack([1 - np.array(score), score]), "ny", 1))
    for name, value in expected(truth == 1, np.array(score)).items():
        shown = found[name, "", ""].shown()
        assert shown is not None
        assert found[name, "", ""].value == pytest.approx(value)
        assert shown.high - shown.low > 0.2  # type: ignore[operator]


@pytest.mark.parametrize("truth", [[1], [0, 0, 0]])
def test_one_outcome_has_no_separation_and_a_reason(truth: list[int]) -> None:
    found = asked(predictions(np.array(truth), np.tile([0.4, 0.6], (len(truth), 1)), "ny", 1))
    assert {each.value for each in found.values()} == {None}
    assert {each.reason for each in found.values()} == {"the split holds only one of the two outcomes"}
