"""One battery over every check there is: nobody counts them, each must hold."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import NoReturn

import pytest
from small_models import Case

from audit.catalogue import catalogue, select
from audit.check import Check
from audit.evidence import Tally
from audit.measure import Measure, definitions, direction
from audit.report import Answer, Report
from audit.run import Evidence, ask, hold, report, run
from models.task import UnknownName

CHECKS = catalogue()
CASES = ("loans", "shapes", "plants")
UNTIMED = [one for one in CHECKS.values() if one.dimension != "cost"]
each_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
each_case = pytest.mark.parametrize("name", CASES)
_asked: dict[str, list[Answer]] = {}


def answers(name: str, request: pytest.FixtureRequest) -> list[Answer]:
    """The answers of one case, asked once."""
    if name not in _asked:
        case: Case = request.getfixturevalue(name)
        _asked[name] = list(run(case.subject.evidence, CHECKS.values()))
    return _asked[name]


def found(code: str, name: str, request: pytest.FixtureRequest) -> Answer:
    return next(one for one in answers(name, request) if one.question.code == code)


def findings(asked: list[Answer]) -> list[Answer]:
    """Answers without how long they took, by code."""
    return sorted((one.model_copy(update={"seconds": 0.0}) for one in asked), key=lambda one: one.question.code)


class TestDeclared:
    @each_check
    def test_it_asks_a_question_and_is_documented(self, check: Check) -> None:
        assert check.title.endswith("?")
        for section in ("Measures:", "Read it:", "Limits:", "Source:"):
            assert f"\n{section} " in check.doc, section

    @each_check
    def test_its_options_are_recorded_with_their_values(self, check: Check) -> None:
        asked = check.question()
        assert asked.options == check.options
        assert dict(asked.options)["level"] == 0.95
        assert all(isinstance(value, str | int | float | bool) for _, value in asked.options)

    def test_a_code_that_nobody_has_is_answered_with_the_nearest(self) -> None:
        with pytest.raises(UnknownName, match="Did you mean 'FAI001'"):
            select(["FAI0001"])


class TestAsked:
    @each_case
    def test_every_check_is_there_exactly_once_and_none_has_failed(
        self, name: str, request: pytest.FixtureRequest
    ) -> None:
        case: Case = request.getfixturevalue(name)
        made = report(case.subject, answers(name, request))
        assert [one.question.code for one in made.answers] == sorted(CHECKS)
        assert [one.reason for one in made.answers if one.status == "failed"] == []
        assert all(one.reason for one in made.answers if one.status == "not_applicable")
        assert all(one.measures for one in made.answers if one.status == "measured")
        assert Report.model_validate_json(made.canonical()) == made

    @each_case
    @each_check
    def test_every_number_is_known_finite_or_explained(
        self, check: Check, name: str, request: pytest.FixtureRequest
    ) -> None:
        for one in found(check.code, name, request).measures:
            assert one.name in definitions()
            assert definitions()[one.name].kind == "measure"
            assert one.better == direction(one.name)
            assert one.reason if one.value is None else math.isfinite(one.value)

    @each_case
    @each_check
    def test_every_sampled_number_lies_within_each_of_its_intervals(
        self, check: Check, name: str, request: pytest.FixtureRequest
    ) -> None:
        for one in found(check.code, name, request).measures:
            if one.value is None or not one.sampled:
                assert one.intervals == ()
                continue
            assert one.intervals, one.key
            assert one.shown().level == 0.95  # type: ignore[union-attr]
            assert one.n
            for interval in one.intervals:
                low = -math.inf if interval.low is None else interval.low
                high = math.inf if interval.high is None else interval.high
                assert low - 1e-12 <= one.value <= high + 1e-12, one.key

    @each_case
    @each_check
    def test_exhibits_are_listed_too(self, check: Check, name: str, request: pytest.FixtureRequest) -> None:
        for one in found(check.code, name, request).exhibits:
            assert definitions()[one.name].kind == "exhibit"
            assert one.rows

    def test_the_unknown_group_is_a_group_like_any_other(self, request: pytest.FixtureRequest) -> None:
        slices = {one.slice_text for asked in answers("loans", request) for one in asked.measures}
        assert {"sex=unknown", "sex=female", "sex=male", "region=east"} <= slices


class TestRepeated:
    @each_case
    def test_the_same_seed_gives_the_same_answers(self, name: str, request: pytest.FixtureRequest) -> None:
        case: Case = request.getfixturevalue(name)
        again = list(run(case.subject.evidence, UNTIMED))
        first = [one for one in answers(name, request) if one.question.dimension != "cost"]
        assert findings(again) == findings(first)
        made = report(case.subject, [*again, *(one for one in answers(name, request) if one not in first)])
        assert made.equal(report(case.subject, answers(name, request)))

    def test_another_seed_gives_other_draws_of_the_same_questions(self, loans: Case) -> None:
        (check,) = select(["CAL001"])
        one, other = ask(check, loans.subject.evidence, 0), ask(check, loans.subject.evidence, 1)
        assert [each.key for each in one.measures] == [each.key for each in other.measures]
        assert one.measures[0] == other.measures[0]
        assert one.measures[1].intervals != other.measures[1].intervals

    @pytest.mark.parametrize("name", ["loans", "shapes"])
    def test_worker_processes_give_the_answers_of_one_process(self, name: str, request: pytest.FixtureRequest) -> None:
        case: Case = request.getfixturevalue(name)
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, spawn, initializer=hold, initargs=(case.subject.evidence,)) as pool:
            apart = list(run(case.subject.evidence, UNTIMED, executor=pool))
        here = [one for one in answers(name, request) if one.question.dimension != "cost"]
        assert findings(apart) == findings(here)


def raises() -> Iterator[Measure]:
    """Does it raise?"""
    raise ZeroDivisionError("of all things")


def wanting(tally: Tally) -> Iterator[Measure]:
    """Does it get what it needs?"""
    yield Measure(name="accuracy.accuracy", value=1.0, better="higher", sampled=False)


def strange() -> Iterator[str]:
    """Does it yield text?"""
    yield "0.9"


def twice() -> Iterator[Measure]:
    """Does it repeat itself?"""
    yield from [Measure(name="accuracy.accuracy", value=1.0, better="higher", sampled=False)] * 2


def exits() -> NoReturn:
    """Does it take its process along?"""
    import os

    os._exit(3)


def declared(function: object, code: str = "TST001") -> Check:
    from audit import check as declaring

    before = dict(declaring.registered)
    try:
        declaring.check(code, dimension="accuracy")(function)  # type: ignore[arg-type]
        return declaring.registered[code]
    finally:
        declaring.registered.clear()
        declaring.registered.update(before)


class TestFailing:
    @pytest.mark.parametrize(
        ("function", "reason"),
        [(raises, "ZeroDivisionError: of all things"), (strange, "yielded str"), (twice, "given twice")],
    )
    def test_a_check_that_goes_wrong_is_a_failed_answer(self, function: object, reason: str) -> None:
        answer = ask(declared(function), {}, 0)
        assert (answer.status, answer.measures) == ("failed", ())
        assert reason in answer.reason

    def test_a_check_without_its_evidence_says_what_it_lacks(self) -> None:
        answer = ask(declared(wanting), {}, 0)
        assert answer.status == "not_applicable"
        assert answer.reason == "needs the truth of every decision (Tally)"

    def test_a_failing_check_does_not_stop_the_rest(self, loans: Case) -> None:
        asked = [declared(raises), *select(["FAI001"])]
        assert [one.status for one in run(loans.subject.evidence, asked)] == ["failed", "measured"]

    def test_a_worker_that_dies_is_a_failed_answer(self) -> None:
        evidence: Evidence = {}
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, spawn, initializer=hold, initargs=(evidence,)) as pool:
            (answer,) = run(evidence, [declared(exits)], executor=pool)
        assert answer.status == "failed"
        assert "the worker died" in answer.reason

    def test_a_number_that_two_checks_give_counts_once(self, loans: Case) -> None:
        (accuracy,) = select(["ACC001"])
        copy = declared(wanting, "ZZZ001")
        made = report(loans.subject, run(loans.subject.evidence, [copy, accuracy]))
        assert [one.status for one in made.answers] == ["measured", "failed"]
        assert "which ACC001 has measured" in made.answers[1].reason

    def test_a_code_that_is_taken_or_malformed_is_refused(self) -> None:
        with pytest.raises(ValueError, match="is taken by"):
            declared(wanting, "ACC001")
        with pytest.raises(ValueError, match="three digits"):
            declared(wanting, "accuracy")
