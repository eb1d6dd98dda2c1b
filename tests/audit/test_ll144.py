"""FAI010: the three tables of Local Law 144, against another implementation, brute force and bad input."""

from __future__ import annotations

from itertools import pairwise
from math import comb
from pathlib import Path

import aedt_audit
import numpy as np
import pandas as pd
import pytest
import yaml
from small_models import evidence

from audit.catalogue import select
from audit.evidence import Predictions
from audit.hypothesis import holm
from audit.impact import SMALL, ImpactTable, above_median, impact_tables
from audit.measure import Measure, definitions
from audit.predicted import predicted
from audit.report import Answer
from audit.run import ask

RACES = ["Asian", "Black", "White", "Two or More Races"]
FRAMEWORK = Path(__file__).parent.parent.parent / "audit" / "frameworks" / "nyc_ll144.yaml"
PARTS = {"sex": ["sex"], "race": ["race"], "intersection": ["race", "sex"]}


def people(seed: int, n: int = 1500) -> pd.DataFrame:
    """Applicants with a score; one race is rarer than 2 %, and some have not said their sex or race."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sex": draw.choice(["Female", "Male", "unknown"], n, p=[0.5, 0.44, 0.06]),
            "race": draw.choice([*RACES, "unknown"], n, p=[0.2, 0.3, 0.43, 0.01, 0.06]),
        }
    )
    score = draw.integers(0, 40, n) + 5 * (frame["race"] == "White") + 3 * (frame["sex"] == "Male")
    return frame.assign(score=score / 60, chosen=score > 24)


def asked(frame: pd.DataFrame, *, columns: tuple[str, ...] = ("sex", "race"), **more: object) -> Answer:
    score = frame["score"].to_numpy(dtype=float)
    said = Predictions(
        frame["chosen"].to_numpy(dtype=int), frame["chosen"].to_numpy(dtype=int), np.column_stack([1 - score, score]),
        ("no", "yes"), 1, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return answer(predicted(said, {one: frame[one].to_numpy(dtype=object) for one in columns}, 1))


def answer(found: dict[type, object]) -> Answer:
    (check,) = select(["FAI010"])
    return ask(check, found, 0)


def about(given: Answer, name: str, **at: str) -> dict[tuple[str, ...], Measure]:
    """Measures of a name, with this in their setting, by the values of their slice in the order of the columns."""
    assert given.status == "measured", given.reason
    return {
        tuple(one.value for one in m.slice): m
        for m in given.measures
        if m.name == name and at.items() <= dict(m.setting).items()
    }


def planted(rates: dict[str, float], n: int) -> pd.DataFrame:
    """Exactly these shares of each race are chosen, in a random order of people."""
    frames = [pd.DataFrame({"race": race, "chosen": np.arange(n) < round(rate * n)}) for race, rate in rates.items()]
    frame = pd.concat(frames, ignore_index=True).sample(frac=1, random_state=0)
    return frame.assign(sex="Female", score=frame["chosen"].astype(float))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", ["selection", "scoring"])
@pytest.mark.parametrize("table", PARTS)
def test_rates_and_ratios_are_those_of_aedt_audit(seed: int, rate: str, table: str) -> None:
    frame = people(seed)
    by = PARTS[table]
    theirs = (
        aedt_audit.selection_rates(frame, by=by, outcome="chosen")
        if rate == "selection"
        else aedt_audit.scoring_rates(frame, by=by, score="score")
    )
    theirs = aedt_audit.impact_ratios(theirs, by=by)
    theirs = theirs[~(theirs[by] == "unknown").any(axis=1)].set_index(by)
    given = asked(frame)
    rates = about(given, f"fairness.{rate}_rate", rate=rate, table=table)
    ratios = about(given, "fairness.impact_ratio", rate=rate, table=table)
    assert len(rates) == len(ratios) == len(theirs) >= 2
    for key, row in zip(theirs.index, theirs.to_dict("records"), strict=True):
        key = key if isinstance(key, tuple) else (key,)
        assert rates[key].n == row["n"]
        assert rates[key].value == pytest.approx(row["rate"], abs=1e-12)
        assert ratios[key].value == pytest.approx(row["impact_ratio"], abs=1e-12)
        assert ("does not set the benchmark" in rates[key].note) == row["excluded"]


def test_unknown_people_are_counted_and_in_no_rate() -> None:
    frame = people(0)
    given = asked(frame)
    no_sex, no_race = frame["sex"] == "unknown", frame["race"] == "unknown"
    expected = {"sex": no_sex.sum(), "race": no_race.sum(), "intersection": (no_sex | no_race).sum()}
    for table, count in expected.items():
        (one,) = about(given, "fairness.unknown_count", table=table).values()
        assert (one.value, one.n) == (count, len(frame))
        rates = about(given, "fairness.selection_rate", table=table)
        assert not any("unknown" in key for key in rates)
        assert sum(each.n or 0 for each in rates.values()) == len(frame) - count


def test_a_category_under_two_percent_never_sets_the_benchmark_and_is_shown() -> None:
    large = planted({"White": 0.5, "Black": 0.4}, 500)
    frame = pd.concat([large, planted({"Asian": 1.0}, 15)], ignore_index=True)
    given = asked(frame)
    ratios = about(given, "fairness.impact_ratio", rate="selection", table="race")
    assert ratios[("White",)].value == 1.0
    assert ratios[("Black",)].value == pytest.approx(0.8)
    assert ratios[("Asian",)].value == pytest.approx(2.0)
    assert "1.48% of the data, under 2%: does not set the benchmark" in ratios[("Asian",)].note
    shown = next(one for one in given.exhibits if "selection rates by race" in one.title)
    row = dict(zip(shown.columns, next(row for row in shown.rows if row[0] == "Asian"), strict=True))
    assert (row["n"], row["rate"], row["impact ratio"]) == (15, 1.0, pytest.approx(2.0))
    assert "lowest impact ratio is 0.800 (Black), against White" in shown.title


def test_exactly_two_percent_may_set_the_benchmark() -> None:
    hit = np.r_[np.ones(2), np.ones(30), np.zeros(68)]
    race = np.array(["a"] * 2 + ["b"] * 98, dtype=object)
    (table,) = impact_tables(hit, {"race": race}).values()
    assert table.names[table.benchmark] == "a"
    (table,) = impact_tables(hit, {"race": race}, small=0.021).values()
    assert table.names[table.benchmark] == "b"


def test_ties_at_the_median_are_not_above_it() -> None:
    assert above_median([0.2, 0.5, 0.5, 0.5, 0.9]).tolist() == [False, False, False, False, True]
    assert above_median([1.0, 2.0, 3.0, 4.0]).tolist() == [False, False, True, True]
    assert not above_median(np.full(7, 0.3)).any()


@pytest.mark.parametrize("seed", range(20))
def test_the_median_is_that_of_numpy_and_weights_are_repeated_rows(seed: int) -> None:
    draw = np.random.default_rng(seed)
    score, weight = draw.integers(0, 9, 31 + seed).astype(float), draw.integers(0, 4, 31 + seed)
    weight[0] = 1
    assert (above_median(score) == (score > np.median(score))).all()
    assert (above_median(score, weight) == (score > np.median(np.repeat(score, weight)))).all()


def test_the_median_is_of_everybody_not_of_those_whose_category_is_known() -> None:
    frame = pd.DataFrame({"sex": ["f", "f", "m", "m", *["unknown"] * 4], "race": "w", "chosen": True})
    frame["score"] = [0.1, 0.6, 0.2, 0.7, 0.8, 0.8, 0.9, 0.9]
    rates = about(asked(frame), "fairness.scoring_rate", table="sex")
    assert {key: one.value for key, one in rates.items()} == {("f",): 0.0, ("m",): 0.0}


def fisher(k: int, n: int, other: int, other_n: int) -> float:
    """Two-sided exact p-value by summing every table that is no more probable."""
    total = k + other
    chance = [comb(n, x) * comb(other_n, total - x) if 0 <= total - x <= other_n else 0 for x in range(n + 1)]
    return sum(one for one in chance if one <= chance[k]) / sum(chance)


def test_the_exact_test_is_fishers_corrected_for_every_pair() -> None:
    table = ImpactTable(
        ("a", "b", "c", "d"), ((),) * 4, np.array([40, 50, 30, 2]), np.array([30.0, 25, 9, 2]),
        np.array([40.0, 50, 30, 2]), unknown=0,
    )  # fmt: skip
    assert (table.names[table.benchmark], table.eligible.tolist()) == ("a", [True, True, True, False])
    raw = [fisher(25, 50, 30, 40), fisher(9, 30, 30, 40), fisher(2, 2, 30, 40)]
    ordered = sorted(raw)
    pairs = 3 + 3  # of three that may set the benchmark, and of the fourth with each of them
    stepped = np.minimum(1, np.maximum.accumulate([p * (pairs - i) for i, p in enumerate(ordered)]))
    p = table.p_values()
    assert p is not None
    assert p[[1, 2, 3]] == pytest.approx([stepped[ordered.index(one)] for one in raw], rel=1e-10)


def test_holm_for_more_than_are_given_counts_the_others_as_one() -> None:
    p = [0.01, 0.2, 0.003]
    assert holm(p, 5) == pytest.approx(holm([*p, 1.0, 1.0])[:3])
    with pytest.raises(ValueError, match="at least as many were asked"):
        holm(p, 2)


def test_equal_categories_are_seldom_accused_though_the_best_is_chosen_afterwards() -> None:
    draw, accused = np.random.default_rng(5), 0
    n = np.full(7, 300.0)
    for _ in range(400):
        k = draw.binomial(300, 0.4, 7).astype(float)
        p = ImpactTable(tuple("abcdefg"), ((),) * 7, n.astype(int), k, n, unknown=0).p_values()
        assert p is not None
        accused += bool(p.min() < 0.05)
    assert accused / 400 <= 0.05  # corrected for six comparisons with the best alone, it is .11


def test_a_planted_disparity_is_seen_and_its_clean_twin_is_not() -> None:
    flawed, clean = (asked(planted({"White": 0.5, "Black": rate}, 600)) for rate in (0.3, 0.5))
    for given, expected in ((flawed, True), (clean, False)):
        ratio = about(given, "fairness.impact_ratio", rate="selection", table="race")
        p = about(given, "fairness.significance_test", rate="selection", table="race", test="fisher")
        worst = min(ratio.values(), key=lambda one: one.value or 0.0)
        assert (worst.shown().high < 1) == expected  # type: ignore[union-attr, operator]
        assert (min(one.value or 0.0 for one in p.values()) < 0.05) == expected


def test_four_fifths_stands_only_in_notes_and_is_labelled_as_what_it_is() -> None:
    given = asked(planted({"White": 0.5, "Black": 0.3, "Asian": 0.49}, 600))
    label = "federal rule of thumb (29 CFR 1607.4(D)), not part of Local Law 144"
    ratios = about(given, "fairness.impact_ratio", rate="selection", table="race")
    assert f"four fifths: below; {label}" in ratios[("Black",)].note
    assert f"four fifths: not below; {label}" in ratios[("Asian",)].note
    for one in given.measures:
        assert one.note.count("four fifths") == one.note.count(label)
    assert not any("fifths" in str(shown) for shown in given.exhibits)


def test_the_three_tables_show_what_the_measures_say() -> None:
    given = asked(people(1))
    assert [one.name for one in given.exhibits] == ["fairness.ll144_table"] * 6
    shown = next(one for one in given.exhibits if "selection rates by sex and race" in one.title)
    rates = about(given, "fairness.selection_rate", table="intersection")
    tests = about(given, "fairness.significance_test", rate="selection", table="intersection")
    *rows, last = [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]
    assert last["category"] == "unknown"
    assert sum(row["n"] for row in rows) + last["n"] == 1500
    for row in rows:
        one = rates[tuple(str(row["category"]).split(" & "))]
        assert (row["n"], row["rate"], row["low"]) == (one.n, one.value, one.shown().low)  # type: ignore[union-attr]
    assert sum(row["p exact"] is None for row in rows) == 1
    assert {row["p exact"] for row in rows} - {None} == {one.value for one in tests.values()}


def test_more_than_two_classes_are_each_asked() -> None:
    draw = np.random.default_rng(0)
    sex = draw.choice(["f", "m"], 300).astype(object)
    given = answer(evidence(np.zeros(300, int), draw.dirichlet(np.ones(3), 300), ["a", "b", "c"], {"sex": sex}))
    shares = {
        name: about(given, "fairness.selection_rate", table="sex", **{"class": name})[("f",)].value for name in "abc"
    }
    assert sum(one or 0.0 for one in shares.values()) == pytest.approx(1)


def test_a_missing_column_is_said_and_the_other_table_shown() -> None:
    given = asked(people(0), columns=("sex",))
    assert len(about(given, "fairness.selection_rate", table="sex")) == 2
    for table, lacks in (("race", "the column race"), ("intersection", "the columns sex and race")):
        (one,) = about(given, "fairness.impact_ratio", rate="scoring", table=table).values()
        assert (one.value, one.reason) == (None, f"the split lacks what this table needs: {lacks}")


def test_without_sex_and_race_there_is_nothing_to_say() -> None:
    given = asked(people(0).rename(columns={"sex": "gender", "race": "region"}), columns=("gender", "region"))
    assert (given.status, given.reason) == (
        "not_applicable", "no column says sex ('sex') or race ('race'); there is: gender, region",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "table", "reason"),
    [
        ({"sex": "Female"}, "sex", "an impact ratio needs two categories; there is: Female (n=1500)"),
        ({"sex": "unknown"}, "sex", "the category of all 1500 people is unknown"),
        ({"chosen": False, "score": 0.5}, "sex", "nobody was selected in a category that may set the benchmark"),
    ],
)
def test_where_no_ratio_exists_it_says_why(change: dict[str, object], table: str, reason: str) -> None:
    given = asked(people(0).assign(**change))  # type: ignore[arg-type]
    for name in ("impact_ratio", "significance_test", "min_detectable_gap"):
        (one,) = about(given, f"fairness.{name}", rate="selection", table=table).values()
        assert one.value is None
        assert one.reason.startswith(reason)
    shown = next(one for one in given.exhibits if f"selection rates by {table}:" in one.title)
    assert reason in shown.title


def test_many_small_categories_have_no_benchmark() -> None:
    frame = people(0).assign(race=[f"r{one % 200}" for one in range(1500)])
    given = asked(frame)
    (one,) = about(given, "fairness.impact_ratio", rate="selection", table="race").values()
    assert one.reason == "every category holds under 2% of the data, so none may set the benchmark"
    assert len(about(given, "fairness.selection_rate", table="race")) == 200


def test_one_row_and_categories_of_one_are_measured() -> None:
    one = pd.DataFrame({"sex": ["f", "m"], "race": ["w", "w"], "chosen": [True, False], "score": [0.6, 0.4]})
    ratios = about(asked(one), "fairness.impact_ratio", rate="selection", table="sex")
    assert ratios[("f",)].value == 1.0
    assert ratios[("m",)].value == 0.0
    assert ratios[("m",)].shown().high == 1.0  # type: ignore[union-attr]
    (least,) = about(asked(one), "fairness.min_detectable_gap", rate="selection", table="sex").values()
    assert "would more often be missed" in least.reason


def test_weighted_rows_count_people_and_have_no_exact_test() -> None:
    frame = people(0)
    given = asked(frame, weight=np.where(frame["race"] == "White", 0.5, 2.0))
    shown = next(one for one in given.exhibits if "selection rates by race" in one.title)
    assert sum(int(row[1] or 0) for row in shown.rows) == len(frame)
    (test,) = about(given, "fairness.significance_test", rate="selection", table="race").values()
    assert "needs counts of people" in test.reason
    plain = about(asked(frame), "fairness.selection_rate", table="race")
    weighted = about(given, "fairness.selection_rate", table="race")
    assert weighted[("Black",)].value == pytest.approx(plain[("Black",)].value)


def test_intervals_are_nested_by_level() -> None:
    for one in about(asked(people(0)), "fairness.impact_ratio", rate="selection").values():
        ordered = sorted(one.intervals, key=lambda each: each.level)
        for inner, outer in pairwise(ordered):
            assert outer.low <= inner.low  # type: ignore[operator]
            assert inner.high <= outer.high  # type: ignore[operator]


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="small is a share of the data"):
        impact_tables([1, 0], {"sex": ["f", "m"]}, small=2)


def test_the_share_is_the_one_of_the_law_as_stored() -> None:
    stored = yaml.safe_load(FRAMEWORK.read_text())
    (rule,) = [one for one in stored["requirements"] if one["id"] == "LL144-8"]
    assert rule["threshold"]["value"] == SMALL
    (check,) = select(["FAI010"])
    assert dict(check.options)["small"] == SMALL


def test_the_law_names_measures_that_are_known() -> None:
    for one in yaml.safe_load(FRAMEWORK.read_text())["requirements"]:
        for named in one["measurements"]:
            assert (named["measure"] if isinstance(named, dict) else named) in definitions()


@pytest.mark.realdata
def test_mortgage_is_measured_by_race_and_sex() -> None:
    from models.data.mortgage import load

    split = load(0).test
    hit = (split.truth == 1).astype(int)
    groups = {str(by): split.groups[by].to_numpy(dtype=object) for by in split.groups.columns}
    tables = impact_tables(hit, groups)
    frame = split.groups.astype(object).fillna("unknown").assign(chosen=hit)
    for by in (["race"], ["sex"], ["race", "sex"]):
        theirs = aedt_audit.impact_ratios(aedt_audit.selection_rates(frame, by=by, outcome="chosen"), by=by)
        known = theirs[~(theirs[by] == "unknown").any(axis=1)]
        table = tables[frozenset(by)]
        assert table.people.tolist() == known["n"].tolist()
        assert table.ratios(0.95)[0] == pytest.approx(known["impact_ratio"].to_numpy(), abs=1e-12)
