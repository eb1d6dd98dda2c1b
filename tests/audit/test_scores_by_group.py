"""FAI005 and what it rests on: scores by group against closed forms, equal groups not accused, bad input explained."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from small_models import evidence

from audit.catalogue import select
from audit.evidence import Predictions
from audit.mean_gap import largest_gap, of_areas, of_calibration, of_means
from audit.measure import Measure
from audit.moments import Moments
from audit.predicted import predicted
from audit.run import ask
from audit.scores import Scores

Key = tuple[str, str, str]


def known(score: np.ndarray, came: np.ndarray, groups: dict[str, np.ndarray]) -> dict[type, object]:
    return evidence(came.astype(int), np.column_stack([1 - score, score]), ["deny", "approve"], groups, 1)


def measures(found: dict[type, object]) -> dict[Key, Measure]:
    (check,) = select(["FAI005"])
    asked = ask(check, found, 0)
    assert asked.status == "measured", asked.reason
    return {one.key: one for one in asked.measures}


def drawn(seed: int, n: int = 500) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    draw = np.random.default_rng(seed)
    score = draw.beta(2, 3, n).round(2)
    groups = {"sex": draw.choice(["f", "m"], n), "race": draw.choice(["a", "b", "unknown"], n, p=[0.5, 0.4, 0.1])}
    return score, draw.random(n) < score, groups


@pytest.mark.parametrize("seed", range(3))
def test_values_are_the_definitions(seed: int) -> None:
    score, came, groups = drawn(seed)
    found = {key: one.value for key, one in measures(known(score, came, groups)).items()}
    for by in ("sex", "race"):
        at = [groups[by] == one for one in sorted(set(groups[by]))]
        mean, size = [float(score[one].mean()) for one in at], [int(one.sum()) for one in at]
        error = [float((score[one] - came[one]).mean()) for one in at]
        area = [roc_auc_score(came[one], score[one]) for one in at]
        squares = sum((n - 1) * score[one].var(ddof=1) for n, one in zip(size, at, strict=True))
        pooled = math.sqrt(squares / (len(score) - len(at)))
        expected: dict[Key, float] = {
            ("fairness.mean_score_difference", f"by={by}", ""): np.ptp(mean),
            ("fairness.standardized_mean_difference", f"by={by}", ""): np.ptp(mean) / pooled,
            ("fairness.calibration_difference", f"by={by}", ""): np.ptp(error),
            ("fairness.auc_difference", f"by={by}", ""): np.ptp(area),
        }
        for name, one, part in zip(sorted(set(groups[by])), mean, area, strict=True):
            expected["fairness.mean_score", "", f"{by}={name}"] = one
            expected["accuracy.roc_auc", "", f"{by}={name}"] = part
        assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-12)
    assert ("fairness.mean_score", "", "race=b & sex=f") in found
    assert ("fairness.mean_score_difference", "by=race & sex", "") in found


def test_the_p_value_of_two_groups_is_nearly_welchs() -> None:
    from scipy.stats import ttest_ind

    score, came, groups = drawn(4, 2000)
    score = np.clip(score + 0.02 * (groups["sex"] == "m"), 0, 1)
    p = measures(known(score, came, groups))["fairness.rates_differ_p_value", "by=sex of=mean_score", ""].value
    women = groups["sex"] == "f"
    expected = ttest_ind(score[women], score[~women], equal_var=False).pvalue
    assert p == pytest.approx(expected, rel=0.15)


def test_scores_that_mean_less_in_one_group_are_found_by_calibration_alone() -> None:
    draw = np.random.default_rng(1)
    score, group = draw.beta(2, 2, 3000), draw.choice(["a", "b"], 3000)
    shifted = draw.random(3000) < np.clip(score - 0.12 * (group == "b"), 0, 1)
    found = measures(known(score, shifted, {"by": group}))
    low = found["fairness.calibration_difference", "by=by", ""].intervals[0].low
    assert low is not None
    assert low > 0.04
    assert found["fairness.rates_differ_p_value", "by=by of=calibration", ""].value < 0.001
    assert found["fairness.mean_score_difference", "by=by", ""].intervals[0].low == 0
    assert "between b" in found["fairness.calibration_difference", "by=by", ""].note


def test_a_model_that_cannot_rank_one_group_is_found_by_auc() -> None:
    draw = np.random.default_rng(0)
    came, group = draw.integers(0, 2, 2000), draw.choice(["a", "b"], 2000, p=[0.8, 0.2])
    signal = np.where(group == "b", 0.5, 0.35 + 0.3 * came)
    score = np.clip(signal + draw.normal(0, 0.15, 2000), 0, 1)
    gap = measures(known(score, came, {"by": group}))["fairness.auc_difference", "by=by", ""]
    assert gap.intervals[0].low > 0.25
    assert gap.note.startswith("between a (0.9")


NULLS = {
    "uniform, groups of 10": ((10, 10, 10, 10, 10), lambda draw, n: draw.random(n)),
    "rare high scores, unequal groups": (
        (10, 32, 100, 316, 1000), lambda draw, n: np.where(draw.random(n) < 0.05, 0.9, 0.02),
    ),
    "skewed, groups of 50": ((50, 50), lambda draw, n: draw.beta(2, 5, n)),
}  # fmt: skip


@pytest.mark.parametrize("name", NULLS)
def test_equal_groups_are_accused_in_at_most_one_of_twenty_data_sets(name: str) -> None:
    """Where the Gaussian multiplier bootstrap accuses in 15 % (first) and 68 % (second) of them."""
    sizes, law = NULLS[name]
    draw, runs = np.random.default_rng(0), 150
    group = np.repeat(np.arange(len(sizes)), sizes).astype(str)
    accused = {"mean": 0, "calibration": 0, "area": 0}
    for _ in range(runs):
        score = law(draw, len(group))
        came = draw.random(len(group)) < score
        found = Moments.of({"score": score, "error": score - came, "outcome": came}, {"by": group})
        mean, error, outcome = (found.means(one, "by") for one in ("score", "error", "outcome"))
        accused["mean"] += largest_gap(of_means(mean, 0.0, 1.0)).low > 0
        accused["calibration"] += largest_gap(of_calibration(error, outcome)).low > 0
        ranking = Scores.of(score, came, {"by": group}).ranking("by")
        if np.isfinite(ranking.area).all():
            accused["area"] += largest_gap(of_areas(ranking)).low > 0
    limit = runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)
    assert max(accused.values()) <= limit, accused


def test_the_upper_end_holds_the_true_gap() -> None:
    draw, runs, missed = np.random.default_rng(1), 150, 0
    group = np.repeat(["a", "b", "c"], [20, 60, 200])
    for _ in range(runs):
        score = draw.beta(2, 2, 280) * 0.8 + 0.1 * (group == "a")
        found = largest_gap(of_means(Moments.of({"score": score}, {"by": group}).means("score", "by"), 0.0, 1.0))
        missed += not found.low <= 0.1 <= found.high
    assert missed <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


def bad() -> dict[str, dict[type, object]]:
    draw = np.random.default_rng(0)
    score, came, _ = drawn(0, 200)
    sex = draw.choice(["f", "m"], 200)
    return {
        "one row": known(np.array([0.4]), np.array([True]), {"sex": np.array(["f"])}),
        "one group": known(score, came, {"sex": np.full(200, "f")}),
        "one-member groups": known(score, came, {"sex": np.arange(200).astype(str)}),
        "no positives": known(score, np.zeros(200, bool), {"sex": sex}),
        "no negatives": known(score, np.ones(200, bool), {"sex": sex}),
        "constant scores": known(np.full(200, 0.5), came, {"sex": sex}),
        "ties": known((score > 0.4) * 1.0, came, {"sex": sex}),
        "perfect ranking": known(came * 0.5 + score / 4, came, {"sex": sex}),
        "missing groups": known(score, came, {"sex": np.array([None, "f", "m", float("nan")] * 50, dtype=object)}),
        "200 groups": known(*drawn(1, 3000)[:2], {"town": draw.integers(0, 200, 3000).astype(str)}),
    }


@pytest.mark.parametrize("name", bad())
def test_bad_input_gives_numbers_with_their_reason(name: str) -> None:
    found = measures(bad()[name])
    for key, one in found.items():
        assert one.reason if one.value is None else math.isfinite(one.value), key
        assert one.value is None or not one.sampled or one.intervals, key
        for interval in one.intervals:
            assert interval.low is not None, key
            assert interval.high is not None, key
            assert interval.low - 1e-12 <= one.value <= interval.high + 1e-12, key
    if name == "constant scores":
        unit = found["fairness.standardized_mean_difference", "by=sex", ""]
        assert "do not vary" in unit.reason
        assert found["fairness.mean_score_difference", "by=sex", ""].intervals[0].high > 0
    if name == "no positives":
        assert "only one of the two outcomes" in found["accuracy.roc_auc", "", "sex=f"].reason
        assert "two groups" in found["fairness.auc_difference", "by=sex", ""].reason
    if name == "missing groups":
        assert found["fairness.mean_score", "", "sex=unknown"].n == 100


def weighted(weight: np.ndarray | None, unit: np.ndarray | None = None) -> dict[Key, Measure]:
    score, came, groups = drawn(6)
    said = Predictions(
        came.astype(int), (score > 0.5).astype(int), np.column_stack([1 - score, score]), ("no", "yes"), 1, weight, unit
    )
    return measures(predicted(said, groups, 1))


def test_weights_move_the_mean_and_units_widen_the_interval() -> None:
    score, _, groups = drawn(6)
    weight = np.where(score > 0.5, 3.0, 1.0)
    women = groups["sex"] == "f"
    key = ("fairness.mean_score", "", "sex=f")
    assert weighted(weight)[key].value == pytest.approx(np.average(score[women], weights=weight[women]))
    plain = weighted(None)[key].intervals[0]
    clustered = weighted(None, np.argsort(np.argsort(score)) // 10)[key].intervals[0]
    assert clustered.high - clustered.low > 1.5 * (plain.high - plain.low)


def test_rows_without_weight_are_no_group() -> None:
    _, _, groups = drawn(6)
    found = weighted(np.where(groups["race"] == "unknown", 0.0, 1.0))
    assert ("fairness.mean_score", "", "race=unknown") not in found
    assert all(one.value is None or math.isfinite(one.value) for one in found.values())


def test_a_task_of_many_classes_without_a_positive_one_has_no_such_score() -> None:
    draw = np.random.default_rng(0)
    given = evidence(
        draw.integers(0, 3, 60), draw.dirichlet(np.ones(3), 60), ["x", "y", "z"], {"ink": draw.choice(["a", "b"], 60)}
    )
    (check,) = select(["FAI005"])
    found = ask(check, given, 0)
    assert found.status == "not_applicable"
    assert "Scores" in found.reason
