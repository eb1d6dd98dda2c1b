"""FAI001 to FAI004 and FAI006 against fairlearn and AIF360, over intersections, and where they have nothing to say."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fair
from sklearn.metrics import accuracy_score, precision_score, recall_score
from small_models import evidence

from audit.catalogue import select
from audit.evidence import Groups, Predictions
from audit.hypothesis import rates_differ
from audit.measure import Measure
from audit.power import detectable_difference
from audit.predicted import predicted
from audit.report import Answer
from audit.run import ask

Values = dict[tuple[str, str, str], float | None]
CODES = ("FAI001", "FAI002", "FAI003", "FAI004", "FAI006")
CLASSES = ["deny", "approve"]


def drawn(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 2, n)
    said = np.where(draw.random(n) < 0.7, truth, 1 - truth)
    sex = draw.choice(["f", "m", "unknown"], n, p=[0.5, 0.35, 0.15])
    return truth, said, {"sex": sex, "race": draw.choice(["a", "b"], n)}


def known(
    truth: np.ndarray, said: np.ndarray, groups: dict[str, np.ndarray], favourable: int | None = 1,
    classes: list[str] | None = None,
) -> dict[type, object]:  # fmt: skip
    classes = classes or CLASSES
    return evidence(truth, np.eye(len(classes))[said], classes, groups, favourable)


def answer(code: str, found: dict[type, object]) -> Answer:
    (check,) = select([code])
    return ask(check, found, 0)


def measures(code: str, found: dict[type, object]) -> dict[tuple[str, str, str], Measure]:
    asked = answer(code, found)
    assert asked.status == "measured", asked.reason
    return {one.key: one for one in asked.measures}


def values(code: str, found: dict[type, object]) -> Values:
    return {key: one.value for key, one in measures(code, found).items()}


def labels(groups: dict[str, np.ndarray], by: str) -> tuple[np.ndarray, list[str]]:
    """(n,) group of every row by one column or an intersection, and the slices' text in the order of the groups."""
    columns = by.split(" & ")
    joint = np.array([" & ".join(row) for row in zip(*(groups[one] for one in columns), strict=True)])
    names = sorted(set(joint))
    return joint, [
        " & ".join(sorted(f"{c}={v}" for c, v in zip(columns, one.split(" & "), strict=True))) for one in names
    ]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("favourable", [0, 1])
@pytest.mark.parametrize("by", ["sex", "race", "race & sex"])
def test_values_are_those_of_fairlearn(seed: int, favourable: int, by: str) -> None:
    truth, said, groups = drawn(seed)
    good, chosen = (truth == favourable).astype(int), (said == favourable).astype(int)
    joint, slices = labels(groups, by)
    given = {"sensitive_features": joint}
    frame = fair.MetricFrame(
        metrics={
            "selected": fair.selection_rate, "accuracy": accuracy_score, "fnr": fair.false_negative_rate,
            "fpr": fair.false_positive_rate, "recall": recall_score, "precision": precision_score, "npv": npv,
        },
        y_true=good, y_pred=chosen, **given,
    )  # fmt: skip
    widest, rates, chance = frame.difference(), frame.by_group, frame.by_group["selected"]
    at, of = f"by={by}", f"class={CLASSES[favourable]}"
    both = f"by={by} {of}"
    expected: Values = {
        ("fairness.demographic_parity_difference", at, ""): fair.demographic_parity_difference(good, chosen, **given),
        ("fairness.demographic_parity_ratio", at, ""): fair.demographic_parity_ratio(good, chosen, **given),
        ("fairness.equal_opportunity_difference", at, ""): fair.equal_opportunity_difference(good, chosen, **given),
        ("fairness.equalized_odds_difference", at, ""): fair.equalized_odds_difference(good, chosen, **given),
        ("fairness.equalized_odds_ratio", at, ""): fair.equalized_odds_ratio(good, chosen, **given),
        ("fairness.performance_gap", at, ""): widest["accuracy"],
        ("fairness.fnr_difference", both, ""): widest["fnr"],
        ("fairness.fpr_difference", both, ""): widest["fpr"],
        ("fairness.predictive_parity_difference", both, ""): widest["precision"],
        ("fairness.npv_difference", both, ""): widest["npv"],
    }
    for where, (_, one) in zip(slices, rates.iterrows(), strict=True):
        expected |= {
            ("fairness.selection_rate", "", where): one["selected"],
            ("fairness.impact_ratio", at, where): one["selected"] / chance.max(),
            ("accuracy.recall", of, where): one["recall"],
            ("accuracy.false_positive_rate", of, where): one["fpr"],
            ("accuracy.precision", of, where): one["precision"],
            ("accuracy.negative_predictive_value", of, where): one["npv"],
        }
    evidence_at_hand = known(truth, said, groups, favourable)
    found: Values = {}
    for code in CODES:
        found |= values(code, evidence_at_hand)
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-12)


def npv(truth: np.ndarray, said: np.ndarray) -> float:
    return float(precision_score(1 - truth, 1 - said))


@pytest.mark.parametrize("seed", range(4))
def test_values_are_those_of_aif360(seed: int) -> None:
    from aif360.sklearn import metrics as aif  # logs which of its extras are absent, so not at the top

    truth, said, groups = drawn(seed)
    race = groups["race"]
    y, p = (pd.Series(one, index=pd.Index(race, name="race")) for one in (truth, said))
    at = {"prot_attr": "race", "priv_group": "a"}
    found: Values = {}
    for code in CODES:
        found |= values(code, known(truth, said, {"race": race}))
    every = aif.statistical_parity_difference(y, p, **at)
    benefits = said - truth + 1
    both = "by=race class=approve"
    ratio = aif.disparate_impact_ratio(y, p, **at)
    expected = {
        ("fairness.demographic_parity_difference", "by=race", ""): abs(every),
        ("fairness.demographic_parity_ratio", "by=race", ""): min(ratio, 1 / ratio),
        ("fairness.equal_opportunity_difference", "by=race", ""): abs(aif.equal_opportunity_difference(y, p, **at)),
        ("fairness.average_odds_difference", "by=race", ""): aif.average_odds_error(y, p, **at),
        ("fairness.fpr_difference", both, ""): abs(aif.difference(aif.specificity_score, y, p, **at)),
        ("fairness.predictive_parity_difference", both, ""): abs(aif.difference(precision_score, y, p, **at)),
        ("fairness.theil_index", "", ""): aif.theil_index(benefits),
        ("fairness.generalized_entropy", "alpha=2", ""): aif.generalized_entropy_error(y, p),
        ("fairness.generalized_entropy", "alpha=2 by=race part=between groups", ""): (
            aif.between_group_generalized_entropy_error(y, p, prot_attr="race")
        ),
        ("fairness.theil_index", "by=race part=between groups", ""): (
            aif.between_group_generalized_entropy_error(y, p, prot_attr="race", alpha=1)
        ),
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-12)


def test_where_no_outcome_is_favourable_every_class_is_compared() -> None:
    draw = np.random.default_rng(0)
    truth, said = draw.integers(0, 3, 300), draw.integers(0, 3, 300)
    ink, paper = draw.choice(["a", "b"], 300), draw.choice(["c", "d"], 300)
    given = known(truth, said, {"ink": ink, "paper": paper}, None, ["x", "y", "z"])
    for code in ("FAI001", "FAI002", "FAI006"):
        assert answer(code, given).status == "not_applicable"
    found = values("FAI003", given) | values("FAI004", given)
    for position, name in enumerate("xyz"):
        frame = fair.MetricFrame(
            metrics={"fnr": fair.false_negative_rate, "ppv": precision_score}, y_true=(truth == position).astype(int),
            y_pred=(said == position).astype(int), sensitive_features=ink,
        ).difference()  # fmt: skip
        of = f"by=ink class={name}"
        assert found["fairness.fnr_difference", of, ""] == pytest.approx(frame["fnr"], abs=1e-12)
        assert found["fairness.predictive_parity_difference", of, ""] == pytest.approx(frame["ppv"], abs=1e-12)
    joint = {
        name
        for name, at, _ in found
        if "ink & paper" in at and name.endswith(("difference", "_gap")) and "of=" not in at
    }
    assert joint == {"fairness.performance_gap"}


def test_a_grouping_with_one_value_has_no_gap_and_says_who_there_is() -> None:
    truth, said, _ = drawn(0, 50)
    given = known(truth, said, {"sex": np.full(50, "f")})
    for code in CODES:
        gaps = [one for one in measures(code, given).values() if not one.slice and "by=sex" in one.setting_text]
        assert gaps
        for one in gaps:
            assert one.value is None, one.key
            assert "two groups" in one.reason
            assert "there is: f" in one.reason


def test_nobody_selected_has_no_ratio() -> None:
    given = known(np.array([0, 1, 0, 1]), np.zeros(4, int), {"sex": np.array(list("ffmm"))})
    found = {one.name: one for one in answer("FAI001", given).measures}
    assert found["fairness.demographic_parity_difference"].value == 0
    for name in ("fairness.demographic_parity_ratio", "fairness.impact_ratio"):
        assert found[name].value is None
        assert "ratio does not exist" in found[name].reason


def test_the_pair_that_drives_the_gap_is_named() -> None:
    group = np.repeat(["a", "b", "c"], 100)
    said = np.concatenate([np.repeat([0, 1], [90, 10]), np.repeat([0, 1], [50, 50]), np.repeat([0, 1], [10, 90])])
    gap = measures("FAI001", known(said, said, {"by": group}))["fairness.demographic_parity_difference", "by=by", ""]
    assert gap.value == pytest.approx(0.8)
    assert gap.note.startswith("between c (n=100) and a (n=100)")
    assert gap.intervals[0].low_by == "c (n=100) and a (n=100)"


def test_a_model_that_decides_by_a_group_is_reported_as_such() -> None:
    truth, said, groups = drawn(0, 50)
    given = known(truth, said, groups)
    given[Groups] = Groups(groups, ("sex",))
    found = next(one for one in answer("FAI003", given).measures if one.name == "fairness.group_inputs")
    assert (found.value, found.sampled) == (1, False)
    assert "decides by sex itself" in found.note


def test_a_group_without_such_examples_is_named_and_not_dropped_silently() -> None:
    truth = np.r_[np.tile([0, 1], 40), np.zeros(20, int)]
    groups = {"by": np.repeat(["a", "b", "c"], [40, 40, 20])}
    found = measures("FAI002", known(truth, truth, groups))
    gap = found["fairness.equal_opportunity_difference", "by=by", ""]
    assert "no such example in c" in gap.note
    assert {one.label for one in gap.counts} == {"a", "b"}
    assert "c (true positive rate)" in found["fairness.equalized_odds_difference", "by=by", ""].note
    assert found["accuracy.recall", "class=approve", "by=c"].reason == "there is no such example in the split"


def test_what_stands_beside_a_gap() -> None:
    """The omnibus test, the smallest gap that could have been seen, and the pooled rate of the small group alone."""
    k, n = np.array([60, 45, 1]), np.array([150, 140, 10])
    said = np.concatenate([np.repeat([1, 0], [a, b - a]) for a, b in zip(k, n, strict=True)])
    given = known(said, said, {"by": np.repeat(["a", "b", "c"], n)})
    found, at = measures("FAI001", given), "by=by of=selection_rate"
    p = found["fairness.rates_differ_p_value", at, ""]
    assert p.value == pytest.approx(rates_differ(k, n, draws=200_000), abs=0.04)
    assert not p.sampled
    least = found["fairness.min_detectable_gap", at, ""]
    assert least.value == pytest.approx(detectable_difference(150, 140, 106 / 300, groups=3), abs=1e-12)
    assert "largest groups, a and b" in least.note
    pooled = {key[2]: one for key, one in found.items() if key[0] == "fairness.pooled_rate"}
    assert pooled.keys() == {"by=c"}
    assert 0.1 < pooled["by=c"].value < 106 / 300
    assert pooled["by=c"].note == "alone: 1 of 10"
    ratio = found["fairness.impact_ratio", "by=by", "by=b"]
    assert ratio.value == pytest.approx((45 / 140) / (60 / 150), abs=1e-12)
    assert ratio.note == "the best is a"


def hidden(seed: int, n: int, unfair: bool) -> dict[type, object]:
    """Decisions that treat sexes alike and races alike; if ``unfair``, not Black women and white men."""
    draw = np.random.default_rng(seed)
    sex, race = draw.choice(["female", "male"], n), draw.choice(["Black", "white"], n)
    worse = (sex == "female") == (race == "Black")
    truth = draw.integers(0, 2, n)
    said = (draw.random(n) < np.where(worse & unfair, 0.35, 0.65 if unfair else 0.5)).astype(int)
    return known(truth, said, {"sex": sex, "race": race})


def test_a_flaw_that_both_margins_hide_is_found_in_the_intersection_and_the_twin_is_clean() -> None:
    flawed, clean = (measures("FAI001", hidden(2, 2000, unfair)) for unfair in (True, False))
    name = "fairness.demographic_parity_difference"
    for by in ("sex", "race"):
        assert flawed[name, f"by={by}", ""].intervals[0].low == 0
    found = flawed[name, "by=race & sex", ""]
    low = found.intervals[0].low
    assert low is not None
    assert low > 0.2
    assert "Black & female" in found.note or "white & male" in found.note
    assert flawed["fairness.rates_differ_p_value", "by=race & sex of=selection_rate", ""].value < 0.001
    assert clean[name, "by=race & sex", ""].intervals[0].low == 0


def approvals(seed: int, n: int, less_reason: float) -> dict[type, object]:
    """Approvals that come true in 80 of 100 cases, in group b ``less_reason`` less often; selection is equal."""
    draw = np.random.default_rng(seed)
    group, said = draw.choice(["a", "b"], n), draw.integers(0, 2, n)
    chance = np.where(said == 1, 0.8 - less_reason * (group == "b"), 0.3)
    return known((draw.random(n) < chance).astype(int), said, {"by": group})


def test_approvals_that_mean_less_for_a_group_are_found_by_predictive_parity_and_not_by_selection() -> None:
    found = measures("FAI004", approvals(3, 3000, 0.15))
    low = found["fairness.predictive_parity_difference", "by=by class=approve", ""].intervals[0].low
    assert low is not None
    assert low > 0.03
    assert found["fairness.npv_difference", "by=by class=approve", ""].intervals[0].low == 0
    assert measures("FAI001", approvals(3, 3000, 0.15))[
        "fairness.demographic_parity_difference", "by=by", ""
    ].intervals[0].low == 0  # fmt: skip


def test_undeserved_refusals_of_one_group_are_inequality_between_groups() -> None:
    draw = np.random.default_rng(0)
    truth, group = draw.integers(0, 2, 2000), draw.choice(["a", "b"], 2000)
    refused = (draw.random(2000) < np.where(group == "b", 0.3, 0.05)) & (truth == 1)
    found = measures("FAI006", known(truth, np.where(refused, 0, truth), {"by": group}))
    part = found["fairness.theil_index", "by=by part=between groups", ""]
    assert part.intervals[0].low > 0
    assert "(b)" in part.note.split(" to ")[0]
    assert part.value < found["fairness.theil_index", "", ""].value
    assert found["fairness.rates_differ_p_value", "by=by of=benefit", ""].value < 1e-6


def test_the_clean_twin_is_not_accused_over_repeated_draws() -> None:
    """Equal groups, small and unequal: each comparison accuses in at most 5 % of draws, 3 standard errors allowed."""
    runs, accused = 20, {}
    for seed in range(runs):
        draw = np.random.default_rng(seed)
        truth = (draw.random(300) < 0.3).astype(int)
        said = np.where(draw.random(300) < 0.85, truth, 1 - truth)
        given = known(truth, said, {"by": draw.choice(list("abcd"), 300, p=[0.5, 0.3, 0.15, 0.05])})
        for code in CODES:
            for key, one in measures(code, given).items():
                if accuses(one):
                    accused[key] = accused.get(key, 0) + 1
    limit = runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)
    assert {key: times for key, times in accused.items() if times > limit} == {}


def accuses(one: Measure) -> bool:
    if one.value is None or one.slice or "by=" not in one.setting_text:
        return False
    if one.unit == "p-value":
        return one.value < 0.05
    interval = one.shown()
    if interval is None:
        return False
    equal = 1 if one.name.endswith("ratio") else 0
    assert interval.low is not None
    assert interval.high is not None
    return not interval.low <= equal <= interval.high


def bad() -> Iterator[tuple[str, dict[type, object]]]:
    draw = np.random.default_rng(0)
    yield "one row", known(np.array([1]), np.array([0]), {"sex": np.array(["f"])})
    truth, said, _ = drawn(0, 200)
    yield "one-member groups", known(truth, said, {"sex": np.arange(200).astype(str)})
    yield "no positives", known(np.zeros(60, int), said[:60], {"sex": draw.choice(["f", "m"], 60)})
    yield "no negatives", known(np.ones(60, int), said[:60], {"sex": draw.choice(["f", "m"], 60)})
    yield "all approved", known(truth, np.ones(200, int), {"sex": draw.choice(["f", "m"], 200)})
    yield "all deserving refused", known(np.ones(9, int), np.zeros(9, int), {"sex": np.array(list("fffmmmmmm"))})
    yield "every decision right", known(truth, truth, {"sex": draw.choice(["f", "m"], 200)})
    missing = np.array([None, "f", "m", float("nan")] * 50, dtype=object)
    yield "missing groups", known(truth, said, {"sex": missing})
    many = drawn(1, 3000)
    yield "200 groups", known(many[0], many[1], {"town": draw.integers(0, 200, 3000).astype(str)})
    yield "no favourable outcome", known(truth, said, {"sex": draw.choice(["f", "m"], 200)}, None)


@pytest.mark.parametrize(("name", "given"), list(bad()), ids=lambda one: one if isinstance(one, str) else "")
@pytest.mark.parametrize("code", CODES)
def test_bad_input_gives_numbers_with_their_reason(code: str, name: str, given: dict[type, object]) -> None:
    found = answer(code, given)
    assert found.status in ("measured", "not_applicable"), found.reason
    for one in found.measures:
        assert one.reason if one.value is None else math.isfinite(one.value), one.key
        for interval in one.intervals:
            assert interval.low is not None, one.key
            assert interval.high is not None, one.key
            assert interval.low - 1e-12 <= one.value <= interval.high + 1e-12, one.key
    if name == "missing groups":
        assert any("sex=unknown" in one.slice_text for one in found.measures) or code in ("FAI003", "FAI006")


def weighted(weight: np.ndarray | None) -> dict[type, object]:
    truth, said, groups = drawn(5)
    predictions = Predictions(truth, said, np.eye(2)[said], tuple(CLASSES), 1, weight)
    return predicted(predictions, groups, 1)


@pytest.mark.parametrize("code", CODES)
def test_equal_weights_change_no_value_and_others_make_n_effective(code: str) -> None:
    plain, twice = values(code, weighted(None)), values(code, weighted(np.full(400, 2.0)))
    by_size = ("pooled_rate", "detectable_gap", "p_value")  # these are made of n, which uneven rows change
    gaps = {key for key in plain if not key[0].endswith(by_size)}
    assert {key: twice[key] for key in gaps} == pytest.approx({key: plain[key] for key in gaps}, abs=1e-9)
    uneven = measures(code, weighted(np.random.default_rng(0).gamma(1.0, 1.0, 400)))
    halved = [one for one in uneven.values() if one.n and one.value is not None and one.n < 300 and not one.slice]
    assert halved


@pytest.mark.parametrize("weight", [np.full(400, 0.0), np.r_[-1.0, np.ones(399)]])
def test_weights_that_cannot_be_weights_are_refused_in_a_sentence(weight: np.ndarray) -> None:
    with pytest.raises(ValueError, match="weight"):
        weighted(weight)
