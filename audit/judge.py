"""From a stored report and a policy to verdicts: measures are judged, never made."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import combinations
from statistics import NormalDist
from types import MappingProxyType

from audit.compare import Comparison, Difference
from audit.estimate import at
from audit.grouping import DEEPEST, JOINT
from audit.hypothesis import holm
from audit.measure import Interval, Measure, identifier, setting_text
from audit.policy import Judgement, Outcome, Policy, Rule, Side, Verdict, Waiver
from audit.power import settling_n
from audit.report import Report
from models.task import Purpose

ALPHAS = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 5e-4, 2e-4, 1e-4, 1e-5, 1e-6)
"""Error levels at which a failing interval is tried again, to order failures by strength."""
NONE: Mapping[str, Waiver] = MappingProxyType({})


def judge(
    report: Report,
    policy: Policy,
    task: Purpose,
    comparison: Comparison | None = None,
    *,
    has_parent: bool = False,
    declared: bool = True,
    judged_before: int = 0,
    waivers: Mapping[str, Waiver] = NONE,
    now: datetime | None = None,
) -> Judgement:
    """Judge a stored report. ``comparison`` has the parent first and this version second, on the same examples.

    ``waivers`` were given by acts, whose ids they stand under (``audit.acts.waivers.granted``).
    """
    if task.sha256() != report.task:
        raise ValueError(
            f"Report {report.id} was made for another form of task {task.name!r}; audit again or use that task."
        )
    if comparison is not None and comparison.second_report != report.key:
        raise ValueError(
            f"The comparison is about {comparison.second}, in another report than {report.id}; compare this report."
        )
    now = now or datetime.now(UTC)
    verdicts = [one for rule in policy.rules for one in apply(rule, report, task, comparison, has_parent)]
    verdicts = settle(verdicts, policy, report, now.date(), waivers)
    return Judgement(
        report=report.key,
        policy=policy.sha256(),
        policy_title=f"{policy.name} {policy.version}",
        task=task.name,
        parent_report=comparison.first_report if comparison else None,
        after_the_fact=not declared,
        judged_before=judged_before,
        verdicts=tuple(verdicts),
        passed=opens(verdicts),
        created=now,
    )


def settle(
    verdicts: list[Verdict], policy: Policy, report: Report, today: date, waivers: Mapping[str, Waiver] = NONE
) -> list[Verdict]:
    """What stands of the verdicts once Holm over the gate and the waivers in force have spoken."""
    known = [*((None, one) for one in policy.waivers), *waivers.items()]
    return [_accepted(one, known, report, today) for one in _survive_holm(verdicts)]


def opens(verdicts: list[Verdict]) -> bool:
    """Whether there is a blocking verdict and every one of them is pass, exempt or waived."""
    blocking = [one for one in verdicts if one.rule.severity == "block"]
    return bool(blocking) and all(one.outcome in ("pass", "exempt", "waived") for one in blocking)


def apply(rule: Rule, report: Report, task: Purpose, comparison: Comparison | None, has_parent: bool) -> list[Verdict]:
    """What one rule says, before the gate as a whole is looked at."""
    excluded = rule.when.excludes(task)
    if excluded is None and rule.against == "parent" and not has_parent:
        excluded = "this version has no parent"
    if excluded:
        return [_verdict(rule, report, "exempt", excluded)]
    limit = rule.limit(task)
    if limit is None:
        return [_verdict(rule, report, "missing", f"the task declares no margin for {rule.measure}")]
    settings = _settings(rule, task)
    if not settings:
        return [_verdict(rule, report, "missing", f"the task declares too few groups to look at each {rule.per}")]
    if rule.against == "parent":
        return [verdict for one in settings for verdict in _against_parent(rule, report, limit, one, comparison)]
    return [verdict for one in settings for verdict in _on_report(rule, report, task, limit, one)]


def _settings(rule: Rule, task: Purpose) -> list[str | None]:
    """The settings under which a rule must hold; none where the task declares no such groups."""
    if rule.per == "report":
        return [rule.setting]
    if rule.per == "group":
        return [f"by={one}" for one in task.groups]
    depths = range(2, DEEPEST + 1)
    return [f"by={JOINT.join(one)}" for depth in depths for one in combinations(sorted(task.groups), depth)]


def _is_of(rule: Rule, setting: str | None, one: Measure | Difference) -> bool:
    """Whether the number has the setting; per group it may have others beside ``by``, unless the rule names them."""
    if rule.per == "report":
        return setting in (None, one.setting_text)
    by, rest = (tuple(pair for pair in one.setting if (pair[0] == "by") == is_by) for is_by in (True, False))
    return setting_text(by) == setting and rule.setting in (None, setting_text(rest))


def _on_report(rule: Rule, report: Report, task: Purpose, limit: float, setting: str | None) -> list[Verdict]:
    found = [
        (answer.question, measure)
        for answer in report.answers
        for measure in answer.measures
        if measure.name == rule.measure and measure.slice_text == rule.slice and _is_of(rule, setting, measure)
    ]
    if not found:
        return [_verdict(rule, report, "missing", _absence(rule, report), setting=setting or "", limit=limit)]
    judged = [
        _judged(rule, report, measure, limit).model_copy(
            update={"code": question.code, "dimension": question.dimension}
        )
        for question, measure in found
    ]
    return judged + [
        _verdict(rule, report, "missing", f"the report does not look at {by}", setting=f"by={by}", limit=limit)
        for by in _not_looked_at([measure for _, measure in found], task, setting)
    ]


def _not_looked_at(found: list[Measure], task: Purpose, setting: str | None) -> list[str]:
    """Declared ways of grouping that are absent among measures given by grouping: their absence is never a pass."""
    seen = {dict(measure.setting)["by"] for measure in found if "by" in dict(measure.setting)}
    return [by for by in task.groups if by not in seen] if seen and setting is None else []


def _absence(rule: Rule, report: Report) -> str:
    prefix = rule.measure.partition(".")[0]
    silent = [a for a in report.answers if a.status != "measured" and a.question.dimension == prefix]
    if silent:
        return "; ".join(f"{a.question.code} {a.status.replace('_', ' ')}: {a.reason}" for a in silent)
    return f"the report has no {rule.measure}: no check that measures it was asked"


def _judged(rule: Rule, report: Report, measure: Measure, limit: float) -> Verdict:
    facts = {
        "measure": measure.id(report.key), "setting": measure.setting_text, "value": measure.value, "limit": limit,
        "n": measure.n,
    }  # fmt: skip
    if measure.value is None:
        return _verdict(rule, report, "missing", measure.reason, **facts)
    point = rule.statistic == "value" or not measure.sampled
    interval = (
        Interval(low=measure.value, high=measure.value, method="the value") if point else _interval(measure, rule.level)
    )
    if interval is None:
        return _verdict(rule, report, "unsure", "the number was sampled and has no interval", **facts)
    facts |= {"low": interval.low, "high": interval.high}
    outcome, reason = _side(rule.side, limit, interval)
    if point:
        reason = f"the number is on the {'right' if outcome == 'pass' else 'wrong'} side of the limit"
    if outcome == "pass":
        outcome, reason = _doubt(rule, measure, reason)
    if outcome == "fail":
        facts["p"] = _strength(rule, measure, limit, point)
    if outcome == "unsure":
        facts["settles_at"] = _settles_at(rule, measure, limit, interval)
    return _verdict(rule, report, outcome, reason, **facts)


def _interval(measure: Measure, level: float) -> Interval | None:
    """The interval that decides. One of a gap or ratio is kept as it would be made again from the counts."""
    kept = next((one for one in measure.intervals if one.level == level), None)
    return kept if kept and measure.estimator not in (None, "proportion") else at(measure, level)


def _side(side: Side, limit: float, interval: Interval) -> tuple[Outcome, str]:
    low = -float("inf") if interval.low is None else interval.low
    high = float("inf") if interval.high is None else interval.high
    inside, outside = (low >= limit, high < limit) if side == "at_least" else (high <= limit, low > limit)
    if inside:
        return "pass", "the whole interval is on the right side of the limit"
    if outside:
        return "fail", "the whole interval is on the wrong side of the limit"
    return "unsure", "the interval straddles the limit"


def _doubt(rule: Rule, measure: Measure, reason: str) -> tuple[Outcome, str]:
    """A pass that must not count: too few examples, or a bound that can only accuse."""
    if (measure.n or 0) < rule.minimum_n:
        return "unsure", f"n is {measure.n}; the rule asks for at least {rule.minimum_n}"
    accusing = "at_least" if measure.bound == "upper" else "at_most"
    if measure.bound != "exact" and rule.side == accusing:
        if not rule.accept_bound:
            return (
                "unsure",
                f"the number is only an {measure.bound} bound of the truth: it can fail this rule, not pass it",
            )
        return (
            "pass",
            f"not broken by what was tried ({measure.setting_text or 'this check'}); the policy accepts the bound",
        )
    return "pass", reason


def _strength(rule: Rule, measure: Measure, limit: float, point: bool) -> float:
    if point:
        return measure.value if measure.unit == "p-value" and measure.value is not None else 0.0
    smaller = [one for one in ALPHAS if one < 1 - rule.level]

    def cleared(alpha: float) -> bool:
        interval = at(measure, 1 - alpha)
        return interval is None or _side(rule.side, limit, interval)[0] != "fail"

    failing = bisect_left(smaller, True, key=cleared)
    return smaller[failing - 1] if failing else 1 - rule.level


def _settles_at(rule: Rule, measure: Measure, limit: float, interval: Interval) -> int | None:
    """Widths shrink with the square root of n: the n at which the end that straddles reaches the limit."""
    if measure.value is None or not measure.n or measure.value == limit:
        return None
    below = measure.value < limit
    end = interval.high if below else interval.low
    if end is None or (measure.bound != "exact" and not rule.accept_bound):
        return None
    return max(measure.n + 1, rule.minimum_n, round(measure.n * ((end - measure.value) / (limit - measure.value)) ** 2))


def _against_parent(
    rule: Rule, report: Report, limit: float, setting: str | None, comparison: Comparison | None
) -> list[Verdict]:
    if comparison is None:
        reason = "the parent was not audited on the same examples, or the rows that pair the two were erased"
        return [_verdict(rule, report, "missing", reason, limit=limit)]
    found = [
        one
        for one in comparison.differences
        if one.name == rule.measure and one.slice_text == rule.slice and _is_of(rule, setting, one)
    ]
    if not found:
        what = " ".join(filter(None, (rule.measure, setting, rule.slice)))
        reason = f"the comparison has no paired {what}"
        return [_verdict(rule, report, "missing", reason, setting=_of_parent(setting or ""), limit=limit)]
    return [_judged_difference(rule, report, one, limit, comparison) for one in found]


def _of_parent(setting: str) -> str:
    return " ".join(filter(None, ("against=parent", setting)))


def _judged_difference(rule: Rule, report: Report, one: Difference, limit: float, comparison: Comparison) -> Verdict:
    seen = _verdict(
        rule, report, "unsure", one.reason, measure=one.id(comparison), setting=_of_parent(one.setting_text),
        value=one.difference, low=one.low, high=one.high, n=comparison.n if one.n is None else one.n,
    )  # fmt: skip
    return judged_again(seen, rule, report, limit, one.level)


def judged_again(seen: Verdict, rule: Rule, report: Report, limit: float, level: float) -> Verdict:
    """What a rule says of a paired difference that another verdict saw: its value, interval at ``level``, and n."""
    facts = seen.model_dump(include={"measure", "setting", "value", "low", "high", "n", "dimension"}) | {"limit": limit}
    if seen.value is None or seen.low is None or seen.high is None:
        return _verdict(rule, report, "unsure", seen.reason, **facts)
    n = seen.n or 0
    outcome, reason = _side(rule.side, limit, Interval(low=seen.low, high=seen.high, method="paired"))
    if outcome == "unsure":
        end = seen.high if seen.value < limit else seen.low
        facts["settles_at"] = settling_n(n, seen.value, end, limit)
    if outcome == "pass" and level < rule.level and seen.low < seen.high:
        outcome, reason = "unsure", f"compared at level {level:g}; the rule asks for {rule.level:g}"
    if outcome == "pass" and n < rule.minimum_n:
        outcome, reason = "unsure", f"n is {n}; the rule asks for at least {rule.minimum_n}"
        facts["settles_at"] = rule.minimum_n
    if outcome == "fail":
        facts["p"] = _difference_strength(rule.side, limit, seen.value, seen.low, seen.high, level)
    return _verdict(rule, report, outcome, reason, **facts)


def _difference_strength(side: Side, limit: float, value: float, low: float, high: float, level: float) -> float:
    """Error level at which the interval would touch the limit, were it of normal shape; 0 for an exact number."""
    reach = high - value if side == "at_least" else value - low
    if reach == 0:
        return 0.0
    normal = NormalDist()
    return 2 * normal.cdf(normal.inv_cdf((1 - level) / 2) * abs(limit - value) / reach)


def _survive_holm(verdicts: list[Verdict]) -> list[Verdict]:
    """A fail accuses: it must survive Holm over the gate, otherwise it is unsure. Passing is never corrected."""
    adjusted = holm([one.p if one.outcome == "fail" and one.p is not None else 1.0 for one in verdicts])
    doubt = "the whole interval is on the wrong side, but with {} verdicts in the gate chance could explain one such"
    return [
        one.model_copy(update={"outcome": "unsure", "reason": doubt.format(len(verdicts))})
        if one.outcome == "fail" and q > 1 - one.rule.level + 1e-12
        else one
        for one, q in zip(verdicts, adjusted, strict=True)
    ]


def _accepted(one: Verdict, known: Sequence[tuple[str | None, Waiver]], report: Report, today: date) -> Verdict:
    """The verdict as waived, or with a word on each waiver that no longer counts."""
    named = [(act, each) for act, each in known if each.names(one.rule, one.setting, report.title)]
    if not named or one.outcome not in ("fail", "unsure", "missing"):
        return one
    act, waiver = next(((act, each) for act, each in named if not each.ended(today)), (None, None))
    if waiver is None:
        ends = [f"the waiver of {each.owner}{_by(act)} ended on {each.expires}" for act, each in named]
        ended = tuple(act for act, _ in named if act) or None
        return one.model_copy(update={"reason": "; ".join([one.reason, *ends]), "waivers": ended})
    told = f"accepted by {waiver.owner}{_by(act)} until {waiver.expires}: {waiver.reason}"
    reason = f"{told} (was {one.outcome}: {one.reason})"
    return one.model_copy(update={"outcome": "waived", "reason": reason, "waivers": (act,) if act else None})


def _by(act: str | None) -> str:
    return f" ({act})" if act else ""


def _verdict(rule: Rule, report: Report, outcome: Outcome, reason: str, **facts: object) -> Verdict:
    setting = str(facts.get("setting", ""))
    dimension = facts.pop("dimension", rule.measure.partition(".")[0])
    name = identifier("v", [report.key, _digest(rule), setting])
    return Verdict.model_validate(
        {"id": name, "rule": rule, "outcome": outcome, "reason": reason, "dimension": dimension, **facts}
    )


@lru_cache(maxsize=1024)
def _digest(rule: Rule) -> str:
    return rule.sha256()
