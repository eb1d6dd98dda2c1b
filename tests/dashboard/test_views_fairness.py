"""What views say of groups and slices: sizes first, nobody left out, limits from the rule or the task's owner."""

from __future__ import annotations

import pandas as pd
import pytest
import stores

from audit import policy
from audit.estimate import difference, number, proportion, ratio, undefined
from audit.judge import judge
from audit.measure import Measure, setting, where
from audit.report import Answer, Exhibit, Question, Report
from dashboard import charts, figures, views
from dashboard.theme import LIGHT
from dashboard.views import Rate
from models import task as tasks
from tests import small_models
from tests.dashboard.searches import PARTS, searched, untold

MORTGAGE = tasks.read("mortgage")
SELECTION = Rate("fairness.selection_rate", "", "Selection rate")
COUNTS = {"black": (40, 100), "unknown": (6, 10), "white": (80, 100)}


def hand(*more: Measure) -> Report:
    """Selection by race in numbers that can be checked by hand."""
    k, n = ([one[side] for one in COUNTS.values()] for side in (0, 1))
    gap = difference("fairness.demographic_parity_difference", k, n, list(COUNTS), setting=setting(by="race"))
    rates = [proportion("fairness.selection_rate", *counts, slice=where(race=race)) for race, counts in COUNTS.items()]
    return small_models.report_of(gap, *rates, *more)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Report:
    archive = stores.archive(tmp_path_factory.mktemp("store"))
    return stores.keep(
        archive, stores.card("mortgage", 1), stores.draw("mortgage", 1.6, 3.0), stores.START, more=searched()
    )


def test_ways_of_grouping_are_single_columns_and_then_intersections(drawn: Report) -> None:
    assert views.groupings(drawn) == ["race", "sex", "race & sex"]
    assert views.groupings(small_models.report_of()) == []


def test_the_largest_gap_is_said_by_its_size_then_its_groups_then_chance() -> None:
    gaps = views.gaps(hand(), "race", None, None)
    said = views.largest_gap(gaps, "race")
    assert said.startswith("The largest gap by race is 40\u202fpoints [")
    assert said.endswith(
        "demographic parity difference, between white (n=100) and black (n=100); more than chance explains."
    )
    assert said.index("40") < said.index("white") < said.index("chance")


def test_a_gap_that_chance_could_make_is_not_accused() -> None:
    gap = difference("fairness.fpr_difference", [3, 4], [10, 10], ["a", "b"], setting=setting(by="race"))
    said = views.largest_gap(views.gaps(small_models.report_of(gap), "race", None, None), "race")
    assert said.endswith("between b (n=10) and a (n=10); chance could explain it.")


def test_a_larger_gap_of_few_people_does_not_hide_a_smaller_that_is_sure() -> None:
    few = difference("fairness.npv_difference", [2, 0], [2, 2], ["black", "white"], setting=setting(by="race"))
    said = views.largest_gap(views.gaps(hand(few), "race", None, None), "race")
    assert "is 100\u202fpoints" in said
    assert "1 of 2 gaps is more than chance explains, the largest 40\u202fpoints" in said


def test_a_limit_is_the_rules_or_else_the_declared_one(drawn: Report) -> None:
    judgement = judge(drawn, policy.read("default"), MORTGAGE)
    judged = views.gaps(drawn, "race", judgement, MORTGAGE).set_index("name")
    assert judged.loc["fairness.demographic_parity_difference", "outcome"] == "fail"
    assert judged.loc["fairness.demographic_parity_difference", "limit"] == pytest.approx(0.10)
    crossed = views.gaps(drawn, "race & sex", judgement, MORTGAGE).set_index("name")
    assert crossed.loc["fairness.demographic_parity_difference", "outcome"] == ""
    assert crossed.loc["fairness.demographic_parity_difference", "limit_text"] == "at most 10\u202fpoints"
    free = views.gaps(drawn, "race", None, None)
    assert free["limit"].isna().all()
    assert (free["limit_text"] == figures.DASH).all()


def test_a_gap_stands_beside_the_limit_that_blocks_and_not_beside_a_note(drawn: Report) -> None:
    name, rules = "fairness.demographic_parity_difference", policy.read("default").rules
    note = policy.Rule(
        measure=name, setting="by=race", at_most=0.99, severity="note", rationale="A lax limit, by hand."
    )
    judgement = judge(drawn, policy.read("default").model_copy(update={"rules": (*rules, note)}), MORTGAGE)
    gap = views.gaps(drawn, "race", judgement, MORTGAGE).set_index("name").loc[name]
    assert (gap["outcome"], gap["limit"]) == ("fail", pytest.approx(0.10))
    row = views.measures(drawn, judgement).set_index("id").loc[gap["id"]]
    assert row["outcome"] == "fail"


def test_tests_about_gaps_are_no_gaps(drawn: Report) -> None:
    names = set(views.gaps(drawn, "race", None, MORTGAGE)["name"])
    assert "fairness.demographic_parity_difference" in names
    assert not names & {"fairness.min_detectable_gap", "fairness.rates_differ_p_value", "fairness.pooled_rate"}


def test_every_group_has_its_rate_its_n_and_its_id(drawn: Report) -> None:
    for by in views.groupings(drawn):
        for rate in views.rates(drawn, by):
            frame = views.by_group(drawn, by, rate)
            assert not frame.empty
            assert frame["id"].is_unique
            assert frame["label"].str.fullmatch(r".+, n = \d+").all()
    names = [one.label for one in views.rates(drawn, "race")]
    assert names[:5] == [
        "Selection rate", "Accuracy", "True positive rate", "False positive rate", "Positive predictive value"
    ]  # fmt: skip
    assert len(names) == len(set(names))


def test_unknown_people_are_a_group_and_groups_without_a_rate_say_why() -> None:
    empty = undefined(
        "fairness.selection_rate", "there is no such example in the split", slice=where(race="asian"), n=0
    )
    frame = views.by_group(hand(empty), "race", SELECTION).set_index("group")
    assert frame.loc["unknown", "n"] == 10
    assert frame.loc["asian", "text"] == figures.DASH
    assert frame.loc["asian", "reason"] == "there is no such example in the split"


def test_everybody_is_measured_or_is_all_groups_together() -> None:
    assert views.overall(hand(), "race", SELECTION) == pytest.approx(126 / 210)
    measured = hand(proportion("fairness.selection_rate", 1, 2))
    assert views.overall(measured, "race", SELECTION) == pytest.approx(0.5)


def test_two_columns_cross_with_the_smaller_across_and_others_do_not(drawn: Report) -> None:
    frame = views.by_group(drawn, "race & sex", SELECTION)
    grid = views.crossed(frame, "race & sex")
    assert len(grid) == len(frame) == 9
    assert set(grid["row"]) == {"black", "hispanic", "white"}
    assert set(grid["column"]) == {"male", "female", "unknown"}
    assert views.crossed(views.by_group(drawn, "race", SELECTION), "race").empty


def test_what_the_sample_could_have_shown_is_told_in_words() -> None:
    at = setting(by="race", of="selection_rate")
    p = number("fairness.rates_differ_p_value", 0.0004, setting=at, unit="p-value")
    least = number("fairness.min_detectable_gap", 0.123, setting=at)
    said = views.power(hand(p, least), "race", SELECTION)
    assert said == (
        "If all groups had the same, values this unequal would be rare (p < .001). With these group sizes a gap under "
        "12\u202fpoints would probably not have been seen."
    )
    other = number("fairness.rates_differ_p_value", 0.3, setting=setting(by="race", of="precision"), unit="p-value")
    assert views.power(hand(other), "race", SELECTION) == ""


def test_pooled_rates_stand_beside_those_of_their_group() -> None:
    pooled = proportion(
        "fairness.pooled_rate", 7, 10, slice=where(race="unknown"), setting=setting(by="race", of="selection_rate")
    )
    frame = views.by_group(hand(pooled), "race", SELECTION).set_index("group")
    assert frame.loc["unknown", "pooled"].startswith("70")
    assert frame.loc["white", "pooled"] == figures.DASH


def test_a_class_is_named_only_where_there_are_several() -> None:
    one = [proportion("accuracy.recall", 1, 2, slice=where(sex="F"), setting=setting(**{"class": "yes"}))]
    by = difference("fairness.fpr_difference", [1, 1], [2, 2], ["F", "M"], setting=setting(by="sex"))
    assert [r.label for r in views.rates(small_models.report_of(by, *one), "sex")] == ["True positive rate"]
    two = [proportion("accuracy.recall", 1, 2, slice=where(sex="F"), setting=setting(**{"class": "no"}))]
    labels = [r.label for r in views.rates(small_models.report_of(by, *one, *two), "sex")]
    assert labels == ["True positive rate, class yes", "True positive rate, class no"]


def test_details_are_of_one_grouping_each_and_slices_found_are_none_of_them(drawn: Report) -> None:
    found = views.details(drawn)
    keys = [one.key for measures in found.values() for one in measures]
    assert len(keys) == len(set(keys))
    assert any(len(one.slice) == 2 for one in found["race & sex"])
    assert not any(one.name.startswith("accuracy.slice") for measures in found.values() for one in measures)


def test_slices_are_told_by_where_and_how_much_and_clean_ones_stay(drawn: Report) -> None:
    frame = views.slices(drawn)
    assert list(frame["verdict"]) == ["worse", "clean", "clean", "clean"]
    assert len(frame) == len(PARTS)
    assert frame["id"].notna().all()
    said = views.slices_sentence(frame)
    assert said.startswith("Where debt from 0.4 and self is yes (n = 61), the version errs in 41\u202f% [")
    assert "elsewhere in 17.0\u202f%" in said
    assert said.endswith("1 errs more than the rest beyond chance; 3 were clean.")
    text = views.tabled_slices(frame).iloc[0]
    assert (text["excess"], text["p"]) == ("24\u202fpoints [12, 36]", "p < .001")


def test_a_clean_search_says_so_and_none_is_not_one() -> None:
    clean = small_models.report_of(answers=[searched(worse=False)])
    said = views.slices_sentence(views.slices(clean))
    assert (
        said
        == "3 parts of the data were tested on the half that the search did not see: none errs more than the rest beyond chance."
    )
    assert views.search(small_models.report_of()) is None
    assert views.slices(small_models.report_of()).empty


def test_a_slice_that_could_not_be_tested_is_told_apart_from_clean_ones(drawn: Report) -> None:
    frame = views.slices(untold(drawn, 1))
    said = views.slices_sentence(frame)
    assert "3 parts of the data were tested" in said
    assert "; 2 were clean. One part of the data was proposed and could not be tested" in said
    assert views.slices_title(frame).startswith("1 of 3 parts")
    assert len(views.drawable_slices(frame)) == 3
    none = views.slices(untold(drawn, *range(len(PARTS))))
    assert views.slices_sentence(none) == (
        "4 parts of the data were proposed and could not be tested: every row of the half that tests lies on one side of each."
    )
    assert views.drawable_slices(none).empty


@pytest.mark.parametrize(
    ("slice", "said"),
    [
        ("age in [25,34) & sex=F", "age from 25 to under 34 and sex is F"),
        ("debt in [-inf,2.1)", "debt under 2.1"),
        ("debt in [0.4,inf)", "debt from 0.4"),
        ("debt in (1, 3]", "debt over 1 to 3"),
        ("why=a=b", "why is a=b"),
    ],
)
def test_a_slice_is_read_as_a_sentence(slice: str, said: str) -> None:
    assert views.readable(slice) == said


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.0, "p < .001"),
        (0.0009, "p < .001"),
        (0.003, "p = .003"),
        (0.05, "p = .050"),
        (0.42, "p = .42"),
        (1.0, "p > .99"),
        (None, "–"),
    ],
)
def test_a_probability_of_chance_is_written_as_such(p: float | None, said: str) -> None:
    assert figures.p_value(p) == said


LAW = Exhibit(
    name="fairness.ll144_table",
    title="NYC Local Law 144, selection rates by race",
    columns=(
        "category",
        "n",
        "share",
        "rate",
        "low",
        "high",
        "impact ratio",
        "ratio low",
        "ratio high",
        "p exact",
        "note",
    ),
    rows=(
        ("black", 1234, 0.3, 0.5, 0.47, 0.53, 0.625, 0.58, 0.67, 0.00002, ""),
        ("white", 12345, 0.695, 0.8, 0.79, 0.81, 1.0, 0.99, 1.0, None, "the benchmark"),
        ("unknown", 20, 0.005, None, None, None, None, None, None, None, "counted, and left out of every rate"),
    ),
    n=13_599,
)
ALTERNATIVES = Exhibit(
    name="fairness.alternatives",
    title="Accuracy and impact ratio by race",
    columns=("alternative", "accuracy", "low", "high", "impact ratio", "ratio low", "ratio high", "front", "by"),
    rows=(
        ("as it is", 0.81, 0.77, 0.85, 0.64, 0.52, 0.81, "no", "race"),
        ("threshold 0.025", 0.82, 0.78, 0.85, 0.948, 0.896, 1.0, "yes", "race"),
        ("nobody selected", 0.2, 0.17, 0.24, None, None, None, "yes", "race"),
    ),
    unit="share",
    n=450,
)


def test_a_table_of_the_law_counts_unknown_people_and_hides_no_blank() -> None:
    table = pd.DataFrame(views.law_table(LAW)).set_index("Category")
    assert table.loc["black"].to_list() == [
        "",
        "1234 (30.0\u202f%)",
        "50.0\u202f% [47.0, 53.0]",
        "0.625 [0.580, 0.670]",
        "p < .001",
    ]
    assert table.loc["white", "note"] == "the benchmark"
    assert table.loc["white", "n"] == "12\u202f345 (69.5\u202f%)"
    assert table.loc["unknown"].to_list()[1:] == ["20 (0.5\u202f%)", "–", "–", "–"]


def test_what_stands_in_the_law_is_no_further_way_to_look_at_groups() -> None:
    at = setting(law="nyc_ll144", rate="scoring", table="race")
    law = proportion("fairness.selection_rate", 1, 2, slice=where(race="black"), setting=at)
    report = hand(law)
    assert [one.label for one in views.rates(report, "race")] == ["Selection rate"]
    assert law in views.details(report)["race"]
    assert views.naming(report.measures())(law) == "Selection rate, LL144 scoring"


def test_alternatives_are_drawn_with_the_decision_as_it_is_and_without_what_has_no_ratio() -> None:
    chart = views.drawn(ALTERNATIVES, LIGHT)
    assert chart is not None
    told = charts.alt_text(chart)
    assert "Scatter of 2." in told
    assert "as it is: impact ratio 64.0\u202f%, accuracy 81.0\u202f%" in told
    assert "threshold 0.025: impact ratio 94.8\u202f%" in told
    assert "nobody selected" not in told
    assert views.exhibit(ALTERNATIVES).iloc[2]["impact ratio"] == figures.DASH


def test_the_best_alternative_is_told_beside_the_decision_as_it_is() -> None:
    name, at = "fairness.alternative_impact_ratio", setting(by="race", loss=0.01)
    best = ratio(name, [70, 80], [100, 100], ["black", "white"], setting=at)
    report = hand(best.model_copy(update={"note": "threshold 0.4: accuracy 82 %"}))
    said = views.alternative(report, "race")
    assert said.startswith("The best alternative that is about as accurate has an impact ratio of 0.875 [")
    assert said.endswith(": threshold 0.4: accuracy 82 %.")
    assert views.alternative(report, "sex") == ""
    none = hand(undefined(name, "no group has any such outcome", setting=at))
    assert views.alternative(none, "race") == "No alternative can be stated: no group has any such outcome."


def test_a_table_of_several_units_is_written_column_by_column() -> None:
    table = views.exhibit(next(one for one in searched().exhibits if one.name == views.TESTED))
    assert table.iloc[0][["slice", "n", "error", "excess", "p adjusted"]].to_list() == [
        "debt from 0.4 and self is yes", "61", "41.0\u202f%", "24.0\u202fpoints", "p < .001"
    ]  # fmt: skip
    assert table.iloc[3]["excess"] == "−2.0\u202fpoints"


def test_nothing_is_not_less_than_nothing() -> None:
    assert figures.with_interval(0.07, -0.0001, 0.15, rate="points") == "7\u202fpoints [0, 15]"
    assert figures.number(-0.00001, rate=True) == "0.0\u202f%"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fairness.npv_difference", "NPV difference"), ("fairness.auc_difference", "AUC difference"),
        ("accuracy.roc_auc", "ROC-AUC"), ("accuracy.pr_auc", "PR-AUC"), ("accuracy.ks", "KS"),
        ("calibration.smooth_ece", "Smooth ECE"), ("calibration.in_the_large", "Calibration in the large"),
        ("fairness.min_detectable_gap", "Smallest detectable gap"), ("calibration.brier_reliability", "Brier reliability"),
        ("fairness.generalized_entropy", "Generalised entropy"),
    ],
)  # fmt: skip
def test_measures_are_called_as_their_field_calls_them(name: str, said: str) -> None:
    assert figures.title(name) == said


def test_a_report_without_groups_says_what_its_questions_say() -> None:
    asked = Question(code="FAI001", title="Equal?", dimension="fairness", doc="Equal?")
    silent = Answer(question=asked, status="not_applicable", reason="needs Groups; there are none")
    report = small_models.report_of(answers=[silent])
    assert views.no_groups(report) == ["FAI001: needs Groups; there are none"]
    assert views.no_groups(hand()) == []
