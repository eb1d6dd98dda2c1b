"""ACC001 against scikit-learn, and what it says where there is nothing to say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from small_models import Case, evidence

from audit.checks.accuracy import accuracy
from audit.evidence import Baseline, Predictions, Seed, Tally
from audit.measure import Measure


def measured(known: dict[type, object], baseline: Baseline | None = None) -> dict[tuple[str, str, str], Measure]:
    found = accuracy(known[Predictions], known[Tally], Seed(1), known[Predictions], baseline, draws=200)  # type: ignore[arg-type]
    return {one.key: one for one in found if isinstance(one, Measure)}


def drawn(seed: int, classes: int, n: int = 250) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, classes, n)
    score = draw.dirichlet(np.ones(classes), n) + 0.3 * np.eye(classes)[truth]
    return truth, score / score.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("classes", [2, 4])
def test_values_are_those_of_scikit_learn(seed: int, classes: int) -> None:
    truth, score = drawn(seed, classes)
    names = [f"c{i}" for i in range(classes)]
    found = {key: one.value for key, one in measured(evidence(truth, score, names)).items()}
    said = score.argmax(axis=1)
    expected = {
        ("accuracy.accuracy", "", ""): metrics.accuracy_score(truth, said),
        ("accuracy.balanced_accuracy", "", ""): metrics.balanced_accuracy_score(truth, said),
        ("accuracy.precision", "", ""): metrics.precision_score(truth, said, average="macro"),
        ("accuracy.recall", "", ""): metrics.recall_score(truth, said, average="macro"),
        ("accuracy.f1_macro", "", ""): metrics.f1_score(truth, said, average="macro"),
    }
    for position, name in enumerate(names):
        at, only = f"class={name}", {"labels": [position], "average": "macro"}
        expected["accuracy.precision", at, ""] = metrics.precision_score(truth, said, **only)
        expected["accuracy.recall", at, ""] = metrics.recall_score(truth, said, **only)
        expected["accuracy.f1", at, ""] = metrics.f1_score(truth, said, **only)
        if classes > 2:
            expected["accuracy.roc_auc", at, ""] = metrics.roc_auc_score(truth == position, score[:, position])
    if classes == 2:
        expected["accuracy.roc_auc", "", ""] = metrics.roc_auc_score(truth, score[:, 1])
    assert found == pytest.approx(expected, abs=1e-12)


def test_the_favourable_class_is_the_one_that_is_ranked() -> None:
    truth, score = drawn(0, 2)
    found = measured(evidence(truth, np.round(score, 1), ["approve", "deny"], favourable=0))
    expected = metrics.roc_auc_score(truth == 0, np.round(score, 1)[:, 0])
    assert found["accuracy.roc_auc", "", ""].value == pytest.approx(expected, abs=1e-12)


def test_every_group_has_its_accuracy() -> None:
    truth, score = drawn(3, 2)
    sex = np.random.default_rng(0).choice(["f", "m", "unknown"], len(truth))
    found = measured(evidence(truth, score, ["no", "yes"], {"sex": sex}))
    for label in ("f", "m", "unknown"):
        inside = sex == label
        one = found["accuracy.accuracy", "", f"sex={label}"]
        assert one.value == pytest.approx(
            metrics.accuracy_score(truth[inside], score[inside].argmax(axis=1)), abs=1e-12
        )
        assert one.n == inside.sum()


def test_a_model_is_set_against_its_baselines() -> None:
    truth = np.array([0, 0, 0, 1, 1, 1])
    score = np.eye(2)[np.array([0, 0, 1, 1, 1, 1])]
    simpler = {"majority": np.zeros(6, int)}
    known = evidence(truth, score, ["no", "yes"])
    found = measured(known, Baseline(simpler, {"majority": np.tile([0.5, 0.5], (6, 1))}))
    gain = found["accuracy.vs_baseline", "baseline=majority", ""]
    assert gain.value == pytest.approx(5 / 6 - 3 / 6)
    assert "baseline is wrong: 3; wrong where it is right: 1" in gain.note
    assert found["accuracy.accuracy", "baseline=majority", ""].value == 0.5
    assert found["accuracy.roc_auc", "baseline=majority", ""].value == 0.5


def test_logistic_regression_is_a_baseline_of_tables(loans: Case, shapes: Case) -> None:
    ours = loans.subject.evidence[Baseline]
    assert set(ours.decisions) == {"majority", "logistic"}
    assert (ours.decisions["logistic"] == loans.test.truth).mean() > (
        ours.decisions["majority"] == loans.test.truth
    ).mean()
    assert set(shapes.subject.evidence[Baseline].decisions) == {"majority"}


def test_a_label_that_is_never_decided_has_no_precision_and_a_reason() -> None:
    truth = np.array([0, 1, 2, 0, 1, 2])
    found = measured(evidence(truth, np.eye(3)[np.array([0, 1, 1, 0, 1, 0])], ["a", "b", "never"]))
    assert found["accuracy.precision", "class=never", ""].value is None
    assert "never decides 'never'" in found["accuracy.precision", "class=never", ""].reason
    assert found["accuracy.recall", "class=never", ""].value == 0
    assert found["accuracy.f1", "class=never", ""].value == 0


def test_a_label_that_never_occurs_has_no_recall_and_a_reason() -> None:
    truth = np.array([0, 1, 0, 1])
    found = measured(evidence(truth, np.eye(3)[truth], ["a", "b", "empty"]))
    for name in ("accuracy.recall", "accuracy.precision", "accuracy.f1", "accuracy.roc_auc"):
        assert found[name, "class=empty", ""].value is None
        assert found[name, "class=empty", ""].reason
    assert found["accuracy.balanced_accuracy", "", ""].value == 1


def test_one_row_is_measured_without_pretending() -> None:
    found = measured(evidence(np.array([1]), np.array([[0.2, 0.8]]), ["no", "yes"]))
    whole = found["accuracy.accuracy", "", ""]
    assert (whole.value, whole.n) == (1, 1)
    assert whole.intervals[1].low == pytest.approx(0.025)
    assert found["accuracy.roc_auc", "", ""].reason == "the split holds only one of the two outcomes"
