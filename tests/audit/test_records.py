"""Records are frozen, closed and free of NaN, and what was stored once is readable for ever."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from audit.compare import Comparison, Difference
from audit.estimate import at, difference, proportion, undefined
from audit.measure import Condition, Interval, Measure, direction, setting, where
from audit.policy import Judgement, Policy
from audit.report import Answer, Exhibit, Question, Report, report_key
from models.card import Card
from models.record import Record, canonical

GOLDEN = Path(__file__).parent / "golden"
KINDS: dict[str, type[Record]] = {
    "measure": Measure, "report": Report, "judgement": Judgement, "comparison": Comparison, "policy": Policy,
    "card": Card,
}  # fmt: skip


def golden(kind: str) -> Record:
    return KINDS[kind].model_validate_json((GOLDEN / f"{kind}.json").read_bytes())


def accuracy(**changes: object) -> Measure:
    return Measure.model_validate({"name": "accuracy.accuracy", "value": 0.5, "better": "higher", **changes})


class TestGolden:
    @pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"comparison"}))
    def test_what_schema_1_stored_is_read_and_written_back_byte_for_byte(self, kind: str) -> None:
        stored = (GOLDEN / f"{kind}.json").read_bytes()
        assert golden(kind).canonical() == stored
        assert canonical(json.loads(stored)) == stored

    @pytest.mark.parametrize(
        ("kind", "digest"),
        [
            ("measure", "b0670a878df66d173612fba7f7ee06d5b9b2ff2533f37672394030b0d25c9b5b"),
            ("report", "515a74ff42649efa5d489c896eba9797323b32991562e47a7031ee1252095945"),
            ("judgement", "abcfb7dd0b44f094f7a7b84d0c4509133bf1e6e34604e9e99150f9e3be66ec7a"),
            ("policy", "1c9faf4aafa2fae8ddc4d609ba193e39552355429518f21b23f0d287b3147eba"),
        ],
    )
    def test_digests_are_those_that_were_published(self, kind: str, digest: str) -> None:
        assert golden(kind).sha256() == digest

    def test_a_comparison_of_schema_1_is_read_as_what_it_says_now(self) -> None:
        stored = json.loads((GOLDEN / "comparison.json").read_bytes())
        found = golden("comparison")
        assert isinstance(found, Comparison)
        assert [[one.slice, one.n, one.lost, one.won] for one in found.flips] == stored["flips"]
        assert all(one.low <= one.rate <= one.high for one in found.flips)
        assert found.schema_version == 2
        assert Comparison.model_validate_json(found.canonical()) == found

    def test_ids_are_those_that_were_published(self) -> None:
        report, comparison = golden("report"), golden("comparison")
        judgement, card = golden("judgement"), golden("card")
        assert isinstance(report, Report)
        assert isinstance(comparison, Comparison)
        assert isinstance(judgement, Judgement)
        assert isinstance(card, Card)
        assert card.identity.sha256() == "6ad04bad94a76c726c344ec78f2c6826ae009d89e72a6b1004c84d32099589b9"
        asked = tuple(one.question for one in report.answers)
        made = report_key(card.digest, report.split, report.code, asked, report.seed, report.run)
        assert made == report.key == "c4450403a1de86200e1f1d7b946f7599e0c2c7253fa1f9294d868632785a02a1"
        assert report.id == "r-lu4tumtudj4ywhha"
        attacked = next(one for one in report.measures() if one.name == "robustness.pgd_accuracy")
        assert attacked.id(report.key) == "m-7nulbgsztkljdcii"
        assert comparison.differences[0].id(comparison) == "d-tqsam2jls4dd2ntl"
        assert judgement.verdicts[0].id == "v-6japtg5unnpk36vy"

    def test_a_stored_measure_can_still_be_judged_at_any_level(self) -> None:
        measure = golden("measure")
        assert isinstance(measure, Measure)
        again = proportion("robustness.pgd_accuracy", 120, 200, level=0.99)
        found = at(measure, 0.99)
        assert found == again.intervals[1]


class TestClosed:
    def test_a_record_cannot_be_changed(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            accuracy().value = 0.9  # type: ignore[misc]

    def test_a_field_nobody_declared_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="Extra inputs"):
            accuracy(verdict="pass")

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
    def test_what_is_not_a_number_is_refused_wherever_a_number_may_stand(self, value: float) -> None:
        with pytest.raises(ValidationError, match="finite number"):
            accuracy(value=value)
        with pytest.raises(ValidationError, match="finite number"):
            Interval(low=value, high=1.0, method="mid-P")
        with pytest.raises(ValidationError, match="finite number"):
            accuracy(setting=(("epsilon", value),))
        with pytest.raises(ValidationError, match="finite number"):
            Exhibit(name="x", title="x", columns=("a",), rows=((value,),))
        with pytest.raises(ValidationError, match="finite number"):
            Difference(name="x", better="higher", first=value, second=0.0, outcome="better", reason="so")

    def test_a_number_that_does_not_exist_has_a_reason(self) -> None:
        with pytest.raises(ValidationError, match="no value and no reason"):
            accuracy(value=None)
        assert undefined("accuracy.recall", "there is no such example").value is None

    def test_an_answer_without_measures_has_a_reason(self) -> None:
        asked = Question(code="ACC001", title="?", dimension="accuracy", doc="?")
        with pytest.raises(ValidationError, match="without a reason"):
            Answer(question=asked, status="failed")

    def test_an_exhibit_is_rectangular(self) -> None:
        with pytest.raises(ValidationError, match="must have 2 values"):
            Exhibit(name="x", title="x", columns=("a", "b"), rows=((1, 2), (3,)))


class TestIdentity:
    def test_settings_and_slices_have_one_order(self) -> None:
        assert setting(steps=40, epsilon=0.1) == (("epsilon", 0.1), ("steps", 40))
        assert where(sex="F", age="old") == (Condition(column="age", value="old"), Condition(column="sex", value="F"))
        with pytest.raises(ValidationError, match="not sorted by key"):
            accuracy(setting=(("steps", 40), ("epsilon", 0.1)))
        with pytest.raises(ValidationError, match="not sorted"):
            accuracy(slice=tuple(reversed(where(sex="F", age="old"))))

    def test_texts_are_canonical(self) -> None:
        one = accuracy(
            setting=setting(epsilon=0.1, norm="linf", missing=True),
            slice=(Condition(column="age", operator="in", value="[25,34)"), Condition(column="sex", value="F")),
        )
        assert one.setting_text == "epsilon=0.1 missing=True norm=linf"
        assert one.slice_text == "age in [25,34) & sex=F"

    def test_name_setting_slice_and_report_make_the_id_and_nothing_else_does(self) -> None:
        same = {accuracy().id("r"), accuracy(value=0.9, n=5, note="x", unit="y", bound="upper").id("r")}
        other = {
            accuracy().id("s"), accuracy(setting=setting(a=1)).id("r"), accuracy(slice=where(a="1")).id("r"),
            accuracy(name="accuracy.f1").id("r"),
        }  # fmt: skip
        assert len(same) == 1
        assert len(other | same) == 5
        assert all(one.startswith("m-") and len(one) == 18 for one in other | same)

    def test_every_part_of_a_report_makes_its_key(self) -> None:
        ask = Question(code="ACC001", title="?", dimension="accuracy", doc="?", options=(("level", 0.95),))
        other = ask.model_copy(update={"options": (("level", 0.9),)})
        given = ("m", "s", "c", (ask,), 0, 0)
        changed = [("n", 0), ("t", 1), ("d", 2), ((other,), 3), ((), 3), (1, 4), (1, 5)]
        keys = {report_key(*given)} | {report_key(*given[:at], part, *given[at + 1 :]) for part, at in changed}
        assert len(keys) == 1 + len(changed)

    def test_reports_are_equal_when_all_but_times_and_places_is(self) -> None:
        report = golden("report")
        assert isinstance(report, Report)
        cost = report.answers[2].model_copy(update={"measures": ()})
        elsewhere = report.model_copy(
            update={
                "created": report.created.replace(year=2027),
                "environment": report.environment.model_copy(update={"platform": "elsewhere"}),
                "answers": tuple(
                    cost if one.question.dimension == "cost" else one.model_copy(update={"seconds": 9.0})
                    for one in report.answers
                ),
            }
        )
        assert report.equal(elsewhere)
        silent = report.answers[0].model_copy(update={"measures": report.answers[0].measures[1:]})
        assert not report.equal(report.model_copy(update={"answers": (silent, *report.answers[1:])}))

    def test_a_name_that_is_not_listed_is_no_measure(self) -> None:
        with pytest.raises(LookupError, match=r"not in measures\.yaml"):
            direction("accuracy.acuracy")


class TestIntervals:
    def test_counts_give_the_interval_at_any_level(self) -> None:
        one = proportion("accuracy.accuracy", 8, 10)
        found = at(one, 0.8)
        assert found is not None
        assert (found.level, found.guaranteed) == (0.8, True)
        wide, shown = at(one, 0.999), one.shown()
        assert wide is not None
        assert shown is not None
        assert wide.low < one.intervals[1].low < shown.low  # type: ignore[operator]
        gap = difference("fairness.performance_gap", np.array([30, 50]), np.array([100, 100]), ["a", "b"])
        assert at(gap, 0.95) == gap.intervals[0]

    def test_of_kept_intervals_the_narrowest_that_suffices_is_taken(self) -> None:
        kept = tuple(Interval(low=0.0, high=level, level=level, method="x") for level in (0.95, 0.8, 0.99))
        one = accuracy(intervals=kept)
        assert [at(one, level) for level in (0.8, 0.9, 0.95, 0.97)] == [kept[1], kept[0], kept[0], kept[2]]
        assert at(one, 0.999) is None

    def test_no_examples_give_no_number(self) -> None:
        assert proportion("accuracy.accuracy", 0, 0).value is None
        alone = difference("fairness.performance_gap", np.array([3, 0]), np.array([4, 0]), ["a", "b"])
        assert alone.value is None
        assert "a (3 of 4)" in alone.reason
