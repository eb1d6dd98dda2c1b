"""Taking something away from a report never turns a red gate green."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import pytest
from small_models import Case

from audit import policy as policies
from audit.catalogue import catalogue
from audit.check import Check, NotApplicable
from audit.evidence import Groups, Tally
from audit.judge import judge
from audit.measure import Measure
from audit.policy import Policy, Rule
from audit.report import Answer, Report
from audit.run import Evidence, ask, report, run
from models.task import Margin

CHECKS = catalogue()
KINDS = sorted({need.kind for check in CHECKS.values() for need in check.needs}, key=lambda kind: kind.__name__)
CASES = ("loans", "shapes")
_whole: dict[str, list[Answer]] = {}


def whole(case: Case) -> list[Answer]:
    """All answers of a case, asked once."""
    if case.task.name not in _whole:
        _whole[case.task.name] = list(run(case.subject.evidence, CHECKS.values()))
    return _whole[case.task.name]


def out_of_reach(measure: Measure) -> Rule:
    """A rule that this measure fails, whichever way it is drawn again."""
    assert measure.value is not None
    return Rule(
        measure=measure.name, setting=measure.setting_text, slice=measure.slice_text, statistic="value",
        at_least=10 * abs(measure.value) + 1, rationale="No version of this number reaches it.",
    )  # fmt: skip


def red(case: Case) -> list[Policy]:
    """For every number in the report a policy that closes the gate for that number alone, and the shipped policies."""
    there = [one for answer in whole(case) for one in answer.measures if one.value is not None]
    alone = [Policy(name="red", version="1", purpose="Tests.", rules=(out_of_reach(one),)) for one in there]
    return [*alone, *(policies.read(name) for name in policies.names())]


def gates(case: Case, made: Report) -> list[bool]:
    margins = tuple(
        Margin(measure=name, limit=0.0, reason="Nothing is allowed.")
        for name in ("fairness.performance_gap", "fairness.demographic_parity_difference")
    )
    task = case.task.model_copy(update={"margins": margins})
    made = made.model_copy(update={"task": task.sha256()})
    return [judge(made, policy, task).passed for policy in red(case)]


def asked_again(case: Case, evidence: Evidence, changed: set[str]) -> list[Answer]:
    """The answers on other evidence; a check that does not ask for what changed answers as before."""
    kept = [one for one in whole(case) if one.question.code not in changed]
    return [*kept, *run(evidence, [CHECKS[code] for code in sorted(changed)])]


@pytest.mark.parametrize("name", CASES)
def test_every_number_can_close_a_gate(name: str, request: pytest.FixtureRequest) -> None:
    case: Case = request.getfixturevalue(name)
    closed = gates(case, report(case.subject, whole(case)))
    assert len(closed) > 40
    assert not any(closed)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_gate_opens_when_evidence_is_taken_away(name: str, kind: type, request: pytest.FixtureRequest) -> None:
    case: Case = request.getfixturevalue(name)
    left = {one: value for one, value in case.subject.evidence.items() if one is not kind}
    concerned = {code for code, check in CHECKS.items() if kind in {need.kind for need in check.needs}}
    assert not any(gates(case, report(case.subject, asked_again(case, left, concerned))))


@pytest.mark.parametrize("name", CASES)
def test_no_gate_opens_when_one_way_of_grouping_is_taken_away(name: str, request: pytest.FixtureRequest) -> None:
    case: Case = request.getfixturevalue(name)
    groups: Groups = case.subject.evidence[Groups]
    tally: Tally = case.subject.evidence[Tally]
    concerned = {code for code, check in CHECKS.items() if {Groups, Tally} & {need.kind for need in check.needs}}
    for gone in groups.labels:
        less = {by: labels for by, labels in groups.labels.items() if by != gone}
        counts = {by: table for by, table in tally.counts.items() if by != gone}
        changed = {Groups: Groups(less, groups.inputs), Tally: replace(tally, counts=counts)}
        answers = asked_again(case, {**case.subject.evidence, **changed}, concerned)
        assert not any(gates(case, report(case.subject, answers)))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("code", CHECKS)
def test_no_gate_opens_when_a_check_is_taken_away_fails_or_does_not_apply(
    name: str, code: str, request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(name)
    others = [one for one in whole(case) if one.question.code != code]
    broken = [ask(broken_by(CHECKS[code], why), {}, 0) for why in (ValueError("no"), NotApplicable("not today"))]
    assert [one.status for one in broken] == ["failed", "not_applicable"]
    for instead in chain([[]], ([one] for one in broken)):
        assert not any(gates(case, report(case.subject, [*others, *instead])))


def broken_by(check: Check, why: Exception) -> Check:
    def function() -> None:
        raise why

    return replace(check, function=function, needs=(), options=())


@pytest.mark.parametrize("name", CASES)
def test_no_gate_opens_on_an_empty_report(name: str, request: pytest.FixtureRequest) -> None:
    case: Case = request.getfixturevalue(name)
    assert not any(gates(case, report(case.subject, [])))
    assert not any(gates(case, report(case.subject, run({}, CHECKS.values()))))
