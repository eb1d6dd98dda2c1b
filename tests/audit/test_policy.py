"""What a policy says of measures built to make it say so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from small_models import report_of, task
from statsmodels.stats.multitest import multipletests

from audit import framework as frameworks
from audit import policy as policies
from audit.compare import Comparison, Difference
from audit.estimate import banded, difference, number, proportion, undefined
from audit.interval import clopper_pearson
from audit.judge import judge
from audit.measure import Measure, setting
from audit.policy import Judgement, Policy, Rule, Verdict, Waiver, When
from audit.report import Answer, Question, Report
from models.task import Margin, Task, UnknownName

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REQUIREMENTS = {one.id for name in frameworks.names() for one in frameworks.read(name).requirements}


def rule(measure: str = "accuracy.accuracy", **given: object) -> Rule:
    limit = {} if {"at_least", "at_most"} & set(given) else {"at_least": 0.5}
    return Rule.model_validate({"measure": measure, "rationale": "For the test.", **limit, **given})


def policy(*rules: Rule, waivers: tuple[Waiver, ...] = ()) -> Policy:
    return Policy(name="test", version="1", purpose="Tests.", rules=rules, waivers=waivers)


def judged(rules: Rule | list[Rule], *measures: Measure, of: Task | None = None, **given: object) -> Judgement:
    of = of or task(groups=())
    waivers = given.pop("waivers", ())
    rules = [rules] if isinstance(rules, Rule) else rules
    made = policy(*rules, waivers=waivers)  # type: ignore[arg-type]
    return judge(report_of(*measures, of=of), made, of, now=NOON, **given)  # type: ignore[arg-type]


def only(judgement: Judgement) -> Verdict:
    (verdict,) = judgement.verdicts
    return verdict


def accuracy(k: int, n: int) -> Measure:
    return proportion("accuracy.accuracy", k, n)


class TestOneRule:
    @pytest.mark.parametrize(
        ("k", "n", "outcome", "passed"),
        [(900, 1000, "pass", True), (100, 1000, "fail", False), (505, 1000, "unsure", False)],
    )
    def test_the_whole_interval_decides(self, k: int, n: int, outcome: str, passed: bool) -> None:
        found = judged(rule(at_least=0.5), accuracy(k, n))
        assert (only(found).outcome, found.passed) == (outcome, passed)
        mirrored = judged(rule(at_most=0.5), accuracy(n - k, n))
        assert (only(mirrored).outcome, mirrored.passed) == (outcome, passed)

    @pytest.mark.parametrize("level", [0.8, 0.95, 0.99, 0.999])
    def test_a_proportion_is_judged_on_the_exact_interval_at_the_rules_level(self, level: float) -> None:
        found = only(judged(rule(at_least=0.5, level=level), accuracy(60, 100)))
        assert (found.low, found.high) == pytest.approx(tuple(map(float, clopper_pearson(60, 100, level))))
        assert (found.outcome == "pass") == (clopper_pearson(60, 100, level)[0] >= 0.5)

    def test_a_number_on_the_limit_is_on_the_right_side(self) -> None:
        overlap = number("data.train_test_overlap", 0.0, n=50)
        assert only(judged(rule("data.train_test_overlap", at_most=0.0), overlap)).outcome == "pass"
        assert only(judged(rule("data.train_test_overlap", at_least=0.0), overlap)).outcome == "pass"
        one = number("data.train_test_overlap", 1 / 50, n=50)
        found = judged(rule("data.train_test_overlap", at_most=0.0), one)
        assert (only(found).outcome, found.passed) == ("fail", False)

    def test_too_few_examples_cannot_pass_but_can_fail(self) -> None:
        few = only(judged(rule(minimum_n=50), accuracy(40, 40)))
        assert (few.outcome, few.settles_at) == ("unsure", 50)
        assert "at least 50" in few.reason
        assert only(judged(rule(minimum_n=50), accuracy(0, 40))).outcome == "fail"

    def test_a_measure_that_does_not_exist_is_missing(self) -> None:
        found = judged(rule(), undefined("accuracy.accuracy", "there is no such example"))
        assert (only(found).outcome, only(found).reason) == ("missing", "there is no such example")
        assert not found.passed

    def test_a_sampled_number_without_an_interval_is_unsure(self) -> None:
        bare = Measure(name="accuracy.accuracy", value=0.99, better="higher", n=1000)
        assert only(judged(rule(), bare)).outcome == "unsure"
        wide = banded("accuracy.accuracy", 0.9, {0.95: (0.8, 0.95)}, "x", n=1000)
        assert only(judged(rule(level=0.99), wide)).outcome == "unsure"
        assert only(judged(rule(level=0.95), wide)).outcome == "pass"

    def test_an_open_interval_never_passes_on_its_open_side(self) -> None:
        one = banded("accuracy.accuracy", 0.9, {0.95: (0.8, 1.0)}, "x", n=10)
        openly = one.model_copy(update={"intervals": (one.intervals[0].model_copy(update={"low": None}),)})
        assert only(judged(rule(at_least=0.5), openly)).outcome == "unsure"

    def test_a_rule_on_the_value_looks_at_the_value(self) -> None:
        assert only(judged(rule(statistic="value", at_least=0.5), accuracy(51, 100))).outcome == "pass"
        assert only(judged(rule(statistic="value", at_least=0.5), accuracy(49, 100))).outcome == "fail"

    def test_an_unnamed_setting_means_every_setting(self) -> None:
        per_class = [
            proportion("accuracy.recall", k, 1000, setting=setting(**{"class": c})) for k, c in [(900, "a"), (1, "b")]
        ]
        found = judged(rule("accuracy.recall"), *per_class)
        assert [one.outcome for one in found.verdicts] == ["pass", "fail"]
        assert not found.passed
        assert judged(rule("accuracy.recall", setting="class=a"), *per_class).passed

    def test_a_slice_is_not_the_whole(self) -> None:
        from audit.measure import where

        women = proportion("accuracy.accuracy", 900, 1000, slice=where(sex="F"))
        assert only(judged(rule(), women)).outcome == "missing"
        assert only(judged(rule(slice="sex=F"), women)).outcome == "pass"


class TestBounds:
    attacked = proportion("robustness.pgd_accuracy", 900, 1000, bound="upper")

    def test_accuracy_under_attack_can_fail_but_not_pass(self) -> None:
        assert only(judged(rule("robustness.pgd_accuracy"), self.attacked)).outcome == "unsure"
        assert only(judged(rule("robustness.pgd_accuracy", at_least=0.95), self.attacked)).outcome == "fail"

    def test_a_policy_may_accept_the_bound_and_then_says_so(self) -> None:
        found = only(judged(rule("robustness.pgd_accuracy", accept_bound=True), self.attacked))
        assert found.outcome == "pass"
        assert found.reason.startswith("not broken by")
        assert "robust" not in found.reason

    def test_a_lower_bound_cannot_pass_at_most(self) -> None:
        leaking = proportion("accuracy.accuracy", 100, 1000, bound="lower")
        assert only(judged(rule(at_most=0.5), leaking)).outcome == "unsure"
        assert only(judged(rule(at_least=0.05), leaking)).outcome == "pass"


class TestDeclared:
    margins = (Margin(measure="fairness.performance_gap", limit=0.1, reason="Declared."),)

    def gap(self, by: str, k: tuple[int, int] = (9000, 9100)) -> Measure:
        n = np.array([10_000, 10_000])
        return difference("fairness.performance_gap", np.array(k), n, ["a", "b"], setting=setting(by=by))

    fair = rule("fairness.performance_gap", per="group", at_most="declared")

    def test_a_margin_that_nobody_declared_is_missing(self) -> None:
        found = judged(self.fair, self.gap("sex"), of=task(groups=("sex",)))
        assert (only(found).outcome, found.passed) == ("missing", False)
        assert "declares no margin" in only(found).reason

    def test_every_declared_grouping_must_be_there(self) -> None:
        of = task(groups=("sex", "region"), margins=self.margins)
        both = judged(self.fair, self.gap("sex"), self.gap("region"), of=of)
        assert [one.outcome for one in both.verdicts] == ["pass", "pass"]
        lost = judged(self.fair, self.gap("sex"), of=of)
        assert [(one.outcome, one.setting) for one in lost.verdicts] == [("pass", "by=sex"), ("missing", "by=region")]
        assert not lost.passed

    def test_without_per_group_a_lost_grouping_is_missed_too(self) -> None:
        of = task(groups=("sex", "region"))
        every = rule("fairness.performance_gap", at_most=0.1)
        assert judged(every, self.gap("sex"), self.gap("region"), of=of).passed
        red = judged(every, self.gap("sex"), self.gap("region", (1000, 9000)), of=of)
        assert [one.outcome for one in red.verdicts] == ["pass", "fail"]
        lost = judged(every, self.gap("sex"), of=of)
        assert [one.outcome for one in lost.verdicts] == ["pass", "missing"]
        assert not lost.passed

    def test_every_intersection_of_declared_groups_must_be_there(self) -> None:
        of = task(groups=("sex", "region", "age"), margins=self.margins)
        each = rule("fairness.performance_gap", per="intersection", at_most="declared")
        settings = ["age & region", "age & sex", "region & sex", "age & region & sex"]
        found = judged(each, *map(self.gap, settings), of=of)
        assert [(one.outcome, one.setting) for one in found.verdicts] == [("pass", f"by={one}") for one in settings]
        lost = judged(each, *map(self.gap, settings[1:]), of=of)
        assert [one.outcome for one in lost.verdicts] == ["missing", "pass", "pass", "pass"]
        alone = judged(each, of=task(groups=("sex",), margins=self.margins))
        assert (only(alone).outcome, "too few groups" in only(alone).reason) == ("missing", True)

    def test_a_number_given_by_group_and_class_is_found_by_its_group(self) -> None:
        of = task(groups=("sex",))
        each = rule("fairness.fnr_difference", per="group", at_most=0.2)
        gaps = [
            difference(
                "fairness.fnr_difference", np.array([k, 50]), np.array([1000, 1000]), ["f", "m"],
                setting=setting(**{"by": "sex", "class": name}),
            )
            for name, k in (("deny", 60), ("approve", 500))
        ]  # fmt: skip
        assert [one.outcome for one in judged(each, *gaps, of=of).verdicts] == ["pass", "fail"]
        named = each.model_copy(update={"setting": "class=deny"})
        assert [one.outcome for one in judged(named, *gaps, of=of).verdicts] == ["pass"]

    def test_a_task_without_groups_cannot_pass_a_rule_on_groups(self) -> None:
        found = judged(self.fair, of=task(groups=(), margins=self.margins))
        assert (only(found).outcome, found.passed) == ("missing", False)


class TestWhom:
    @pytest.mark.parametrize(
        "when",
        [{"kind": "multiclass"}, {"modality": "image"}, {"concerns_people": False}, {"favourable": False}],
    )
    def test_only_the_task_exempts(self, when: dict[str, object]) -> None:
        found = judged([rule(when=When.model_validate(when)), rule(at_least=0.1)], accuracy(900, 1000))
        assert [one.outcome for one in found.verdicts] == ["exempt", "pass"]
        assert found.passed
        assert next(iter(when)).replace("_", " ") in found.verdicts[0].reason

    def test_a_rule_for_this_task_is_not_exempt_because_nothing_was_measured(self) -> None:
        concerns = rule("fairness.demographic_parity_difference", at_most=0.1, when=When(favourable=True))
        assert only(judged(concerns)).outcome == "missing"

    def test_a_rule_may_concern_several_kinds_of_task(self) -> None:
        both = rule(when=When(kind=("binary", "multiclass")))
        assert [only(judged(both, of=task(kind=one))).outcome for one in ("binary", "multiclass")] == ["missing"] * 2
        other = only(judged(both, accuracy(900, 1000), of=task(kind="regression")))
        assert other.outcome == "exempt"
        assert other.reason.startswith(
            "the rule is for tasks with kind = binary or multiclass; this one has regression"
        )
        for wrong in ((), ("binary", "numbers"), "numbers"):
            with pytest.raises(ValueError, match="kind"):
                When.model_validate({"kind": wrong})

    @pytest.mark.parametrize(
        ("kind", "missed"),
        [
            ("regression", {"data.train_test_overlap", "fairness.mean_error_difference"}),
            ("ranking", {"data.train_test_overlap", "accuracy.roc_auc", "fairness.pairwise_accuracy_difference"}),
        ],
    )
    def test_the_shipped_policy_asks_of_numbers_what_can_be_asked_and_stays_shut_without_it(
        self, kind: str, missed: set[str]
    ) -> None:
        of = task(kind=kind, concerns_people=True, favourable=None, groups=("sex",))
        found = judge(report_of(of=of), policies.read("default"), of, now=NOON)
        assert {one.rule.measure for one in found.verdicts if one.outcome == "missing"} == missed
        assert {one.outcome for one in found.verdicts} == {"missing", "exempt"}
        assert not found.passed
        replaced = judge(report_of(of=of), policies.read("default"), of, now=NOON, has_parent=True)
        lost = {one.rule.measure for one in replaced.verdicts if one.outcome == "missing"}
        assert lost == missed | ({"accuracy.regression_error"} if kind == "regression" else set())

    def test_why_a_number_is_missing_is_what_the_check_said(self) -> None:
        asked = Question(code="FAI001", title="?", dimension="fairness", doc="?")
        silent = Answer(question=asked, status="failed", reason="ValueError: no")
        of = task(groups=())
        found = judge(
            report_of(of=of, answers=[silent]),
            policy(rule("fairness.demographic_parity_difference", at_most=0.1)),
            of,
        )
        assert only(found).reason == "FAI001 failed: ValueError: no"


class TestWaivers:
    def waiver(self, **changes: object) -> Waiver:
        given = {
            "measure": "accuracy.accuracy", "model": "loans", "owner": "ann", "reason": "Accepted for a month.",
            "expires": date(2026, 3, 1),
        }  # fmt: skip
        return Waiver.model_validate({**given, **changes})

    @pytest.mark.parametrize("measures", [(accuracy(1, 1000),), (accuracy(505, 1000),), ()])
    def test_a_waiver_in_force_opens_the_gate_and_says_who(self, measures: tuple[Measure, ...]) -> None:
        found = judged(rule(), *measures, waivers=(self.waiver(),))
        assert (only(found).outcome, found.passed) == ("waived", True)
        assert "accepted by ann until 2026-03-01" in only(found).reason

    @pytest.mark.parametrize(
        "changes",
        [
            {"expires": date(2026, 2, 28)}, {"model": "loan"}, {"measure": "accuracy.recall"},
            {"setting": "class=a"},
        ],
    )  # fmt: skip
    def test_a_waiver_that_expired_or_is_for_something_else_does_not(self, changes: dict[str, object]) -> None:
        found = judged(rule(), accuracy(1, 1000), waivers=(self.waiver(**changes),))
        assert (only(found).outcome, found.passed) == ("fail", False)

    def test_what_ended_is_said_with_name_and_day(self) -> None:
        ended, other = self.waiver(expires=date(2026, 2, 28)), self.waiver(expires=date(2026, 2, 1), owner="bob")
        found = only(judged(rule(), accuracy(1, 1000), waivers=(ended, other)))
        assert found.outcome == "fail"
        assert found.reason.endswith("; the waiver of ann ended on 2026-02-28; the waiver of bob ended on 2026-02-01")
        renewed = only(judged(rule(), accuracy(1, 1000), waivers=(ended, self.waiver())))
        assert renewed.outcome == "waived"
        assert "ended" not in only(judged(rule(), accuracy(999, 1000), waivers=(ended,))).reason

    def test_one_given_by_an_act_counts_alike_and_is_named(self) -> None:
        found = self.by_act(self.waiver())
        assert (found.outcome, found.waivers) == ("waived", ("a-given",))
        assert found.reason.startswith("accepted by ann (a-given) until 2026-03-01: Accepted for a month. (was fail: ")
        ended = self.by_act(self.waiver(expires=date(2026, 2, 28)))
        assert (ended.outcome, ended.waivers) == ("fail", ("a-given",))
        assert ended.reason.endswith("; the waiver of ann (a-given) ended on 2026-02-28")
        assert self.by_act(self.waiver(model="other")).waivers is None
        assert "waivers" not in self.by_act(self.waiver(model="other")).model_dump()

    def by_act(self, given: Waiver) -> Verdict:
        of = task(groups=())
        found = judge(report_of(accuracy(1, 1000), of=of), policy(rule()), of, waivers={"a-given": given}, now=NOON)
        assert found.passed is (only(found).outcome == "waived")
        return only(found)

    def test_a_pass_stays_a_pass(self) -> None:
        assert only(judged(rule(), accuracy(999, 1000), waivers=(self.waiver(),))).outcome == "pass"


class TestGate:
    def test_a_policy_that_blocks_nothing_opens_no_gate(self) -> None:
        assert not judged(rule(severity="note"), accuracy(999, 1000)).passed

    def test_a_note_does_not_close_the_gate(self) -> None:
        found = judged([rule(severity="note", at_least=0.99), rule()], accuracy(900, 1000))
        assert [one.outcome for one in found.verdicts] == ["fail", "pass"]
        assert found.passed

    def test_accusations_survive_holm_over_the_gate(self) -> None:
        """38 of 100 fails a limit of one half alone; beside twenty others chance could explain it."""
        weak, strong = accuracy(38, 100), proportion("accuracy.recall", 5, 100)
        assert only(judged(rule(), weak)).outcome == "fail"
        others = [rule(at_least=0.01 * i) for i in range(20)]
        found = judged([rule(), rule("accuracy.recall"), *others], weak, strong)
        assert [one.outcome for one in found.verdicts[:2]] == ["unsure", "fail"]
        assert "chance could explain" in found.verdicts[0].reason
        assert not found.passed

    @pytest.mark.parametrize("seed", range(8))
    def test_which_accusations_survive_is_what_statsmodels_says(self, seed: int) -> None:
        limits = np.random.default_rng(seed).uniform(0.49, 0.58, 9)
        found = judged([rule(at_least=float(limit)) for limit in limits], accuracy(500, 1000))
        p = [1.0 if one.p is None else one.p for one in found.verdicts]
        rejected = multipletests(p, 0.05 + 1e-12, "holm")[0]
        for one, stands in zip(found.verdicts, rejected, strict=True):
            accused = one.p is not None
            assert one.outcome == ("fail" if stands else "unsure") if accused else one.outcome in ("pass", "unsure")

    def test_passing_is_not_corrected(self) -> None:
        found = judged([rule(at_least=0.59)] * 40, accuracy(620, 1000))
        assert {one.outcome for one in found.verdicts} == {
            only(judged(rule(at_least=0.59), accuracy(620, 1000))).outcome
        }

    def test_what_is_red_in_a_small_gate_is_not_green_in_a_larger_one(self) -> None:
        more = [rule("accuracy.recall", at_least=0.1)] * 60
        assert not judged([rule(), *more], accuracy(38, 100), proportion("accuracy.recall", 90, 100)).passed


class TestSettling:
    @pytest.mark.parametrize(("k", "n", "limit"), [(56, 100, 0.5), (88, 120, 0.7), (440, 1000, 0.46), (30, 100, 0.35)])
    def test_at_that_n_with_the_same_rate_the_limit_is_left(self, k: int, n: int, limit: float) -> None:
        found = only(judged(rule(at_least=limit), accuracy(k, n)))
        assert found.outcome == "unsure"
        assert found.settles_at is not None

        def settled(size: float) -> bool:
            return only(judged(rule(at_least=limit), accuracy(round(k / n * size), round(size)))).outcome != "unsure"

        assert settled(1.1 * found.settles_at)
        assert not settled(0.75 * found.settles_at)

    def test_a_rate_on_the_limit_settles_never(self) -> None:
        assert only(judged(rule(at_least=0.5), accuracy(50, 100))).settles_at is None

    def test_more_examples_do_not_turn_a_bound_into_proof(self) -> None:
        attacked = proportion("robustness.pgd_accuracy", 900, 1000, bound="upper")
        assert only(judged(rule("robustness.pgd_accuracy"), attacked)).settles_at is None


class TestByMeasure:
    @pytest.mark.parametrize("turned", [False, True])
    def test_a_blocking_verdict_is_shown_before_a_note_on_the_same_measure(self, turned: bool) -> None:
        rules = [rule(at_least=0.99, severity="note"), rule(at_least=0.1)]
        (shown,) = judged(rules[::-1] if turned else rules, accuracy(900, 1000)).by_measure.values()
        assert (shown.rule.severity, shown.outcome) == ("block", "pass")

    @pytest.mark.parametrize("turned", [False, True])
    def test_of_several_blocking_verdicts_the_worst_is_shown(self, turned: bool) -> None:
        rules = [rule(at_least=0.1), rule(at_least=0.99), rule(at_least=0.9)]
        found = judged(rules[::-1] if turned else rules, accuracy(900, 1000))
        assert {one.outcome for one in found.verdicts} == {"pass", "fail", "unsure"}
        (shown,) = found.by_measure.values()
        assert (shown.limit, shown.outcome) == (0.99, "fail")


class TestParent:
    parent = rule(against="parent", at_least="declared")
    of = task(groups=(), margins=(Margin(measure="accuracy.accuracy", limit=0.03, reason="Declared."),))

    def compared(self, report: Report, low: float, high: float, **changes: object) -> Comparison:
        one = Difference.model_validate({
            "name": "accuracy.accuracy", "better": "higher", "first": 0.9, "second": 0.9, "outcome": "cannot tell",
            "difference": (low + high) / 2, "low": low, "high": high, "reason": "so", **changes,
        })  # fmt: skip
        return Comparison(
            first="loans@1", second="loans@2", first_model="a", second_model=report.model, first_report="f" * 64,
            second_report=report.key, split=report.split, n=1000, differences=(one,), negative_flips=0,
            positive_flips=0,
        )  # fmt: skip

    def verdict(self, low: float, high: float, rules: int = 1, **changes: object) -> Verdict:
        report = report_of(accuracy(900, 1000), of=self.of)
        level = changes.pop("rule_level", 0.95)
        made = policy(self.parent.model_copy(update={"level": level}), *[rule(at_least=0.1)] * (rules - 1))
        given = self.compared(report, low, high, **changes)
        return judge(report, made, self.of, given, has_parent=True, now=NOON).verdicts[0]

    @pytest.mark.parametrize(
        ("low", "high", "outcome"), [(-0.02, 0.01, "pass"), (-0.05, -0.04, "fail"), (-0.05, 0.0, "unsure")]
    )
    def test_a_loss_is_judged_by_the_declared_margin(self, low: float, high: float, outcome: str) -> None:
        assert self.verdict(low, high).outcome == outcome

    def test_a_clear_loss_stays_an_accusation_in_a_large_gate_and_a_weak_one_does_not(self) -> None:
        assert self.verdict(-0.30, -0.28, rules=20).outcome == "fail"
        assert self.verdict(-0.05, -0.0301, rules=20).outcome == "unsure"

    def test_an_exact_loss_stays_an_accusation(self) -> None:
        assert self.verdict(-0.05, -0.05, rules=20).outcome == "fail"

    def test_a_comparison_at_a_lower_level_than_the_rule_asks_does_not_pass(self) -> None:
        found = self.verdict(-0.02, 0.01, rule_level=0.99)
        assert found.outcome == "unsure"
        assert "0.99" in found.reason

    def test_too_few_examples_cannot_pass_and_what_is_unsure_says_how_many_would_settle_it(self) -> None:
        report = report_of(accuracy(900, 1000), of=self.of)
        made = policy(self.parent.model_copy(update={"minimum_n": 2000}))
        few = judge(report, made, self.of, self.compared(report, -0.02, 0.01), has_parent=True, now=NOON).verdicts[0]
        assert (few.outcome, few.settles_at) == ("unsure", 2000)
        straddling = self.verdict(-0.05, 0.0)
        assert straddling.settles_at == pytest.approx(1000 * (0.025 / 0.005) ** 2, rel=0.01)

    def test_every_setting_must_hold_against_the_parent_too(self) -> None:
        report, name = report_of(accuracy(900, 1000), of=self.of), "fairness.performance_gap"
        each = rule(name, against="parent", at_most=0.02)
        one = self.compared(report, -0.02, 0.01).differences[0].model_copy(update={"name": name, "better": "lower"})
        by = [one.model_copy(update={"setting": setting(by=at)}) for at in ("sex", "region")]
        by[1] = by[1].model_copy(update={"low": 0.05, "difference": 0.06, "high": 0.07})
        compared = self.compared(report, 0, 0).model_copy(update={"differences": tuple(by)})

        def outcomes(of: Rule) -> list[tuple[str, str]]:
            found = judge(report, policy(of), self.of, compared, has_parent=True, now=NOON)
            return [(one.outcome, one.setting) for one in found.verdicts]

        assert outcomes(each) == [("pass", "against=parent by=sex"), ("fail", "against=parent by=region")]
        assert outcomes(each.model_copy(update={"setting": "by=sex"})) == [("pass", "against=parent by=sex")]
        assert outcomes(each.model_copy(update={"setting": "by=age"})) == [("missing", "against=parent by=age")]

    def test_without_a_parent_the_rule_is_exempt_without_its_audit_it_is_missing(self) -> None:
        assert only(judged(self.parent, of=self.of)).outcome == "exempt"
        assert only(judged(self.parent, of=self.of, has_parent=True)).outcome == "missing"

    def test_a_measure_without_a_paired_method_is_unsure(self) -> None:
        unpaired = {"difference": 0.01, "low": None, "high": None, "reason": "no paired method yet"}
        report = report_of(accuracy(900, 1000), of=self.of)
        compared = self.compared(report, -0.02, 0.01)
        one = compared.differences[0].model_copy(update=unpaired)
        compared = compared.model_copy(update={"differences": (one,)})
        found = only(judge(report, policy(self.parent), self.of, compared, has_parent=True))
        assert (found.outcome, found.reason) == ("unsure", "no paired method yet")

    def test_a_comparison_of_another_report_is_refused(self) -> None:
        other = self.compared(report_of(title="other@1", of=self.of), -0.01, 0.01)
        with pytest.raises(ValueError, match="in another report"):
            judge(report_of(of=self.of), policy(self.parent), self.of, other, has_parent=True)


class TestRefused:
    def written(self, folder: Path, text: str) -> str:
        path = folder / "mine.toml"
        path.write_text('name = "mine"\nversion = "1"\npurpose = "Tests."\n' + text)
        return str(path)

    def test_a_report_of_another_task_is_refused(self) -> None:
        with pytest.raises(ValueError, match="another form of task"):
            judge(report_of(of=task()), policy(rule()), task(unit="household"))

    def test_a_policy_without_rules_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="rules"):
            policies.read(self.written(tmp_path, "rules = []"))

    def test_what_is_not_toml_or_not_there_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="cannot be read"):
            policies.read(self.written(tmp_path, "rules = ["))
        with pytest.raises(UnknownName, match="Did you mean 'default'"):
            policies.read("defalt")

    def test_a_limit_must_be_finite(self) -> None:
        with pytest.raises(ValidationError):
            rule(at_least=float("nan"))


class TestShipped:
    @pytest.mark.parametrize("name", policies.names())
    def test_every_rule_has_a_source_and_cites_a_requirement_of_a_framework(self, name: str) -> None:
        for one in policies.read(name).rules:
            assert one.source, one.measure
            assert REQUIREMENTS & set(one.clauses), one.measure
            assert {each for each in one.clauses if " " not in each} <= REQUIREMENTS, one.measure

    @pytest.mark.parametrize("name", policies.names())
    def test_no_limit_is_invented(self, name: str) -> None:
        """The task's owner declares it, chance or a simpler model gives it, the number is a probability, or a law says so."""
        for one in policies.read(name).rules:
            given = one.given
            by_chance = one.measure in ("accuracy.vs_baseline", "accuracy.roc_auc")
            nothing_at_all = given == 0 and one.measure in ("data.train_test_overlap", "fairness.group_inputs")
            measured_at_all = given == 0 and one.side == "at_least"
            probability = given == 0.05 and one.measure.endswith("p_value")
            thumb = given == 0.8 and one.severity == "note" and "29 CFR 1607.4(D)" in str(one.source)
            assert given == "declared" or any((by_chance, nothing_at_all, measured_at_all, probability, thumb)), one

    @pytest.mark.parametrize("name", [one for one in policies.names() if one != "default"])
    def test_a_tier_holds_every_rule_of_the_default(self, name: str) -> None:
        found = policies.read(name)
        assert found.bases == (policies.read("default").title,)
        assert found.rules[: len(policies.read("default").rules)] == policies.read("default").rules

    @pytest.mark.parametrize("kind", ["binary", "multiclass", "regression", "ranking"])
    @pytest.mark.parametrize("modality", ["table", "image", "text"])
    @pytest.mark.parametrize("name", policies.names())
    def test_nothing_measured_opens_no_gate(self, name: str, modality: str, kind: str) -> None:
        favourable = "approve" if kind in ("binary", "multiclass") else None
        of = task(kind=kind, modality=modality, concerns_people=True, favourable=favourable, groups=("sex",))
        assert not judge(report_of(of=of), policies.read(name), of, now=NOON).passed

    @pytest.mark.parametrize("name", policies.names())
    def test_every_rule_has_a_reason_and_the_policy_blocks(self, name: str) -> None:
        found = policies.read(name)
        assert any(one.severity == "block" for one in found.rules)
        assert all(one.rationale.endswith(".") for one in found.rules)

    def test_an_empty_report_passes_nothing(self) -> None:
        found = judge(report_of(of=task()), policies.read("default"), task())
        assert not found.passed
        assert {one.outcome for one in found.verdicts} <= {"missing", "exempt"}

    def test_facts_of_the_judgement_are_kept(self) -> None:
        found = judged(rule(), accuracy(9, 10), declared=False, judged_before=3)
        assert (found.after_the_fact, found.judged_before, found.task) == (True, 3, "loans")
        assert len({one.id for one in found.verdicts}) == len(found.verdicts)
