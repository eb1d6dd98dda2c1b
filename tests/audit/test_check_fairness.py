"""FAI001 to FAI003 against fairlearn, and where they have nothing to say."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn import metrics as fair
from sklearn.metrics import accuracy_score
from small_models import evidence

from audit.catalogue import select
from audit.evidence import Groups
from audit.report import Answer
from audit.run import ask

Values = dict[tuple[str, str, str], float | None]


def drawn(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 2, n)
    said = np.where(draw.random(n) < 0.7, truth, 1 - truth)
    return truth, said, draw.choice(["f", "m", "unknown"], n, p=[0.5, 0.35, 0.15])


def answer(code: str, known: dict[type, object]) -> Answer:
    (check,) = select([code])
    return ask(check, known, 0)


def values(code: str, known: dict[type, object]) -> Values:
    return {one.key: one.value for one in answer(code, known).measures}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("favourable", [0, 1])
def test_values_are_those_of_fairlearn(seed: int, favourable: int) -> None:
    truth, said, sex = drawn(seed)
    known = evidence(truth, np.eye(2)[said], ["deny", "approve"], {"sex": sex}, favourable)
    good, chosen, given = truth == favourable, said == favourable, {"sensitive_features": sex}
    parity, odds, errors = (values(code, known) for code in ("FAI001", "FAI002", "FAI003"))
    frame = fair.MetricFrame(
        metrics={
            "selected": fair.selection_rate, "accuracy": accuracy_score, "fnr": fair.false_negative_rate,
            "fpr": fair.false_positive_rate,
        },
        y_true=good.astype(int), y_pred=chosen.astype(int), **given,
    )  # fmt: skip
    widest, of = frame.difference(), f"by=sex class={'approve' if favourable else 'deny'}"
    assert parity == pytest.approx(
        {
            **{("fairness.selection_rate", "", f"sex={one}"): rate for one, rate in frame.by_group["selected"].items()},
            ("fairness.demographic_parity_difference", "by=sex", ""): fair.demographic_parity_difference(
                good, chosen, **given
            ),
            ("fairness.demographic_parity_ratio", "by=sex", ""): fair.demographic_parity_ratio(good, chosen, **given),
        },
        abs=1e-12,
    )
    assert odds == pytest.approx(
        {
            ("fairness.equal_opportunity_difference", "by=sex", ""): fair.equal_opportunity_difference(
                good, chosen, **given
            ),
            ("fairness.equalized_odds_difference", "by=sex", ""): fair.equalized_odds_difference(good, chosen, **given),
        },
        abs=1e-12,
    )
    assert errors == pytest.approx(
        {
            ("fairness.group_inputs", "", ""): 0,
            ("fairness.performance_gap", "by=sex", ""): widest["accuracy"],
            ("fairness.fnr_difference", of, ""): widest["fnr"],
            ("fairness.fpr_difference", of, ""): widest["fpr"],
        },
        abs=1e-12,
    )


def test_where_no_outcome_is_favourable_every_class_is_compared() -> None:
    draw = np.random.default_rng(0)
    truth, said, ink = draw.integers(0, 3, 300), draw.integers(0, 3, 300), draw.choice(["a", "b"], 300)
    known = evidence(truth, np.eye(3)[said], ["x", "y", "z"], {"ink": ink})
    for code in ("FAI001", "FAI002"):
        assert answer(code, known).status == "not_applicable"
    found = values("FAI003", known)
    for position, name in enumerate("xyz"):
        frame = fair.MetricFrame(
            metrics=fair.false_negative_rate, y_true=(truth == position).astype(int),
            y_pred=(said == position).astype(int), sensitive_features=ink,
        )  # fmt: skip
        expected = pytest.approx(frame.difference(), abs=1e-12)
        assert found["fairness.fnr_difference", f"by=ink class={name}", ""] == expected


def test_a_grouping_with_one_value_has_no_gap_and_says_who_there_is() -> None:
    truth, said, _ = drawn(0, 50)
    known = evidence(truth, np.eye(2)[said], ["deny", "approve"], {"sex": np.full(50, "f")}, 1)
    for code in ("FAI001", "FAI002", "FAI003"):
        found = answer(code, known)
        assert found.status == "measured"
        gaps = [one for one in found.measures if "difference" in one.name or "gap" in one.name]
        assert gaps
        assert all(one.value is None and "needs two groups" in one.reason and "f (" in one.reason for one in gaps)


def test_nobody_selected_has_no_ratio() -> None:
    known = evidence(np.array([0, 1, 0, 1]), np.eye(2)[np.zeros(4, int)], "dn", {"sex": np.array(list("ffmm"))}, 1)
    found = {one.name: one for one in answer("FAI001", known).measures}
    assert found["fairness.demographic_parity_difference"].value == 0
    assert found["fairness.demographic_parity_ratio"].value is None
    assert "ratio does not exist" in found["fairness.demographic_parity_ratio"].reason


def test_the_pair_that_drives_the_gap_is_named() -> None:
    group = np.repeat(["a", "b", "c"], 100)
    said = np.concatenate([np.repeat([0, 1], [90, 10]), np.repeat([0, 1], [50, 50]), np.repeat([0, 1], [10, 90])])
    known = evidence(said, np.eye(2)[said], ["no", "yes"], {"by": group}, 1)
    gap = next(one for one in answer("FAI001", known).measures if one.name.endswith("parity_difference"))
    assert gap.value == pytest.approx(0.8)
    assert gap.note.startswith("between c (n=100) and a (n=100)")
    assert gap.intervals[0].low_by == "c (n=100) and a (n=100)"


def test_a_model_that_decides_by_a_group_is_reported_as_such() -> None:
    truth, said, sex = drawn(0, 50)
    known = evidence(truth, np.eye(2)[said], ["deny", "approve"], {"sex": sex}, 1)
    known[Groups] = Groups({"sex": sex}, ("sex",))
    found = next(one for one in answer("FAI003", known).measures if one.name == "fairness.group_inputs")
    assert (found.value, found.sampled) == (1, False)
    assert "decides by sex itself" in found.note
