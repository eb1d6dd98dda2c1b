"""Where a measurable requirement stands in one report and its judgement."""

from __future__ import annotations

from collections.abc import Iterator

from audit.attestation import Found
from audit.facts import Facts
from audit.grouping import JOINT
from audit.measure import Measure, definitions
from audit.part import Part, State, together, weakest
from audit.policy import Judgement, Outcome, Verdict
from audit.report import Report
from audit.requirement import Needed, Requirement

HEADLINE = "accuracy.headline"
STATES: dict[Outcome, State] = {
    "fail": "outside policy",
    "waived": "outside policy",
    "missing": "not measured",
    "unsure": "undecided",
    "exempt": "measured without limit",
    "pass": "within policy",
}


def measured(requirement: Requirement, report: Report | None, judgement: Judgement | None, facts: Facts) -> Part:
    """All measures that the requirement names, and all rules that cite it: the weakest of them speaks."""
    parts = [_needed(needed, report, judgement, facts) for needed in requirement.measurements]
    parts += [_verdict(one) for one in _citing(requirement, judgement)]
    worst = weakest(parts)
    there = sum(one.state != "not measured" for one in parts)
    reason = worst.reason
    if worst.state == "not measured" and there:
        reason = f"{there} of {len(parts)} are there, not all: {reason}"
    return Part(worst.state, reason, together(parts))


def _citing(requirement: Requirement, judgement: Judgement | None) -> list[Verdict]:
    """Verdicts whose rule cites the requirement and is about another measure than those it names."""
    named = {one.measure for one in requirement.measurements}
    verdicts = judgement.verdicts if judgement else ()
    return [one for one in verdicts if requirement.id in one.rule.clauses and one.rule.measure not in named]


def _needed(needed: Needed, report: Report | None, judgement: Judgement | None, facts: Facts) -> Part:
    stated = next((one for one in reversed(facts.found) if one.measure == needed.measure), None)
    if stated is not None:
        return _stated(stated)
    if report is None:
        return Part("not measured", f"{needed}: this version has no report")
    if needed.measure == HEADLINE and facts.headline:
        needed = needed.model_copy(update={"measure": facts.headline})
    seen = _seen(needed, report)
    if seen.state == "not measured":
        return seen
    verdicts = [one for one in judgement.verdicts if _limits(one, needed)] if judgement else []
    return _judged(needed, seen, verdicts)


def _stated(found: Found) -> Part:
    """What is known without a check; an exhibit that is there has no limit."""
    exhibit = definitions()[found.measure].kind == "exhibit"
    state: State = "undecided" if found.holds is None else "outside policy"
    if exhibit and not found.holds:
        state = "not measured"
    if found.holds:
        state = "measured without limit" if exhibit else "within policy"
    return Part(state, f"{found.measure}: {found.reason or 'it is so'}", (found.digest,) if found.digest else ())


def _judged(needed: Needed, seen: Part, verdicts: list[Verdict]) -> Part:
    """What the verdicts say of a measure that is there; an exempt rule sets no limit."""
    limiting = [_verdict(one) for one in verdicts if one.outcome != "exempt"]
    if not limiting:
        return Part("measured without limit", f"{needed} was measured; no rule of the policy limits it", seen.evidence)
    worst = weakest(limiting)
    return Part(worst.state, worst.reason, (*seen.evidence, *together(limiting)))


def _verdict(one: Verdict) -> Part:
    said = " ".join(filter(None, (one.rule.measure, one.setting)))
    evidence = (one.id, *([one.measure] if one.measure else []))
    return Part(STATES[one.outcome], f"{said}: {one.outcome}, {one.reason}", evidence)


def _limits(verdict: Verdict, needed: Needed) -> bool:
    """Whether the verdict is about the measure in the form that is needed."""
    if verdict.rule.measure != needed.measure:
        return False
    by = dict(pair.split("=", 1) for pair in verdict.setting.split() if "=" in pair).get("by", "")
    if needed.per == "intersection":
        return verdict.rule.per == "intersection" or JOINT in verdict.setting or " & " in verdict.rule.slice
    if needed.per == "group":
        return bool(by) or bool(verdict.rule.slice) or verdict.rule.per != "report"
    return not verdict.rule.slice


def _seen(needed: Needed, report: Report) -> Part:
    """The measures and exhibits of the report that have the form that is needed, or why there are none."""
    shown = tuple(f"{report.id}/{one.name}" for a in report.answers for one in a.exhibits if one.name == needed.measure)
    if shown and needed.per is None and needed.needs is None:
        return Part("measured without limit", "", shown)
    found = [one for one in report.measures() if one.name == needed.measure and _has_form(one, needed)]
    valued = [one for one in found if one.value is not None]
    if valued:
        return Part("measured without limit", "", tuple(dict.fromkeys(one.id(report.key) for one in valued)))
    return Part("not measured", f"{needed}: {'; '.join(_why_not(needed, report, found))}")


def _has_form(one: Measure, needed: Needed) -> bool:
    by = str(dict(one.setting).get("by", ""))
    if needed.needs == "interval" and not one.intervals and not one.counts:
        return False
    if needed.per == "intersection":
        return len(one.slice) > 1 or JOINT in by
    return needed.per is None or bool(one.slice) or bool(by)


def _why_not(needed: Needed, report: Report, found: list[Measure]) -> Iterator[str]:
    if found:
        yield found[0].reason
        return
    silent = [
        one
        for one in report.answers
        if one.status != "measured" and one.question.dimension == needed.measure.partition(".")[0]
    ]
    for one in silent:
        yield f"{one.question.code} {one.status.replace('_', ' ')}: {one.reason}"
    if not silent:
        yield "the report does not have it in this form; no check that measures it was asked"
