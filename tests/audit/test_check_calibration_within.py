"""CAL002: what is wrong in one class or group is found there; what is right is accused only by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_models import predictions

from audit.checks.calibration_within import calibration_within
from audit.evidence import Groups, Predictions, Seed
from audit.measure import Measure
from audit.report import Exhibit

Found = dict[tuple[str, str, str], Measure]


def asked(one: Predictions, groups: dict[str, np.ndarray] | None = None, seed: int = 0, **options: int) -> Found:
    known = None if groups is None else Groups(groups, ())
    found = calibration_within(one, known, Seed(seed), **{"draws": 200, **options})
    return {each.key: each for each in found if isinstance(each, Measure)}


def people(seed: int, n: int, wrong: float = 0.0) -> tuple[Predictions, dict[str, np.ndarray]]:
    """True probabilities, but those of Black women are stated ``wrong`` too high, and of Black men too low."""
    draw = np.random.default_rng(seed)
    race, sex = draw.choice(["Black", "white"], n), draw.choice(["f", "m"], n)
    chance = draw.uniform(0.25, 0.75, n)
    said = chance + wrong * (race == "Black") * np.where(sex == "f", 1, -1)
    truth = (draw.random(n) < chance).astype(int)
    return predictions(truth, np.column_stack([1 - said, said]), ["deny", "approve"], 1), {"race": race, "sex": sex}


P, ECE, LARGE = "calibration.ece_p_value", "calibration.ece", "calibration.in_the_large"
AT = "bins=15 class=approve"


def test_an_error_that_hides_in_an_intersection_is_found_there_and_only_there() -> None:
    one, groups = people(1, 3000, 0.2)
    found = asked(one, groups)
    for sex, sign in (("f", 1), ("m", -1)):
        assert found[P, AT, f"race=Black & sex={sex}"].value <= 0.01  # type: ignore[operator]
        large = found[LARGE, "", f"race=Black & sex={sex}"]
        assert large.value == pytest.approx(sign * 0.2, abs=0.06)
        assert found[P, AT, f"race=white & sex={sex}"].value > 0.05  # type: ignore[operator]
    shown = found[LARGE, "", "race=Black"].shown()
    assert shown is not None
    assert shown.low < 0 < shown.high  # type: ignore[operator]


def test_honest_probabilities_are_accused_in_at_most_one_of_twenty_reports() -> None:
    accused = 0
    for seed in range(60):
        one, groups = people(seed, 300)
        found = asked(one, groups, seed)
        accused += any(each.value <= 0.05 for key, each in found.items() if key[0] == P and key[2])  # type: ignore[operator]
    assert accused <= 8  # 1 of 1000 at a rate of 5 %


def test_an_overconfident_class_is_named_and_its_neighbours_are_not_the_most_wrong() -> None:
    draw = np.random.default_rng(0)
    score = draw.dirichlet([2, 2, 2], 2000)
    chance = score.copy()
    chance[:, 0] *= 0.5
    chance /= chance.sum(axis=1, keepdims=True)
    truth = (draw.random((2000, 1)) > chance.cumsum(axis=1)).sum(axis=1)
    found = asked(predictions(truth, score, ["a", "b", "c"]))
    errors = {name: found[ECE, f"bins=15 class={name}", ""].value for name in "abc"}
    assert max(errors, key=lambda name: errors[name] or 0.0) == "a"
    assert found[P, "bins=15 class=a", ""].value <= 0.02  # type: ignore[operator]
    assert "adjusted for 3 classes (Benjamini-Hochberg)" in found[P, "bins=15 class=a", ""].note
    assert found[LARGE, "class=a", ""].value > 0.05  # type: ignore[operator]


def test_with_many_groups_one_that_is_plainly_wrong_is_still_found() -> None:
    draw = np.random.default_rng(4)
    n = 200 * 40
    group = np.repeat([f"g{number:03}" for number in range(200)], 40)
    chance = draw.uniform(0.2, 0.4, n)
    said = np.where(group == "g007", chance + 0.55, chance)
    one = predictions((draw.random(n) < chance).astype(int), np.column_stack([1 - said, said]), "ny", 1)
    found = asked(one, {"town": group}, draws=100)
    low = [key[2] for key, each in found.items() if key[0] == P and key[2] and each.value <= 0.05]  # type: ignore[operator]
    assert "town=g007" in low
    assert len(low) <= 3


def test_everybody_stands_in_one_band_and_in_it_the_null_is_that_of_the_scores() -> None:
    one, _ = people(2, 1000)
    (bands,) = (each for each in calibration_within(one, None, Seed(0), draws=400) if isinstance(each, Exhibit))
    assert bands.columns == ("band", "n", "said", "found", "low", "high", "null low", "null high")
    assert [row[1] for row in bands.rows] == [100] * 10
    said, low, high = (np.array([row[at] for row in bands.rows], dtype=float) for at in (2, 6, 7))
    assert (low < said).all()
    assert (said < high).all()
    reach = 1.96 * np.sqrt(said * (1 - said) / 100)
    np.testing.assert_allclose((high - low) / 2, reach, rtol=0.2)


def test_scores_that_are_all_the_same_make_one_band() -> None:
    one = predictions(np.array([0, 1, 1, 1]), np.tile([0.4, 0.6], (4, 1)), "ny", 1)
    (bands,) = (each for each in calibration_within(one, None, Seed(0), draws=50) if isinstance(each, Exhibit))
    assert [row[:4] for row in bands.rows] == [("0.600 to 0.600", 4, 0.6, 0.75)]


@pytest.mark.parametrize("truth", [[1], [0, 0, 0], [1, 1, 1, 1]])
def test_few_rows_or_one_outcome_claim_little(truth: list[int]) -> None:
    score = np.tile([0.3, 0.7], (len(truth), 1))
    groups = {"sex": np.array(["unknown", "f", "f", "f"][: len(truth)], dtype=object)}
    found = asked(predictions(np.array(truth), score, "ny", 1), groups)
    alone = found[ECE, "bins=15 class=y", "sex=unknown"]
    assert alone.n == 1
    assert "a small group: 1 examples" in alone.note
    shown = alone.shown()
    assert shown is not None
    assert (shown.low, shown.high) == (0, 1)


def test_rows_of_no_weight_are_said_to_have_none_and_weights_repeat_rows() -> None:
    one, groups = people(3, 200)
    weight = np.where(groups["sex"] == "f", 2.0, 0.0)
    found = asked(replace(one, weight=weight), groups)
    assert found[ECE, AT, "sex=m"].value is None
    assert "no weight" in found[ECE, AT, "sex=m"].reason
    plain = asked(one, groups)
    assert found[ECE, AT, "sex=f"].value == pytest.approx(plain[ECE, AT, "sex=f"].value)
    assert found[LARGE, "", "sex=f"].value == pytest.approx(plain[LARGE, "", "sex=f"].value)
