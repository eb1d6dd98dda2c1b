"""What would a draft of a policy change? Stored verdicts are used again wherever the draft asks what was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from audit.compare import Comparison, Difference
from audit.judge import NONE, apply, judged_again, opens, settle
from audit.policy import Judgement, Outcome, Policy, Rule, Verdict
from audit.report import Report
from audit.rule import Target, Waiver
from models.record import Record
from models.task import Purpose

LEVEL: float = Difference.model_fields["level"].default
"""At which versions are compared."""
WAIVED, ENDED = "(was {}: ", "; the waiver of "


class Change(Record):
    """A verdict that would be another one."""

    measure: str
    about: str
    """What the rule limits, with its setting and slice, per group or against the parent."""
    setting: str
    """Of the number that was judged."""
    before: Outcome | None
    """``None``: no such rule judged it."""
    after: Outcome | None
    """``None``: the draft has no such rule."""
    reason: str


class Trial(Record):
    """One stored report under a draft, beside what was last said of it."""

    report: str
    title: str
    before: bool | None
    """Whether the gate opened when it was last judged; ``None``: it never was."""
    after: bool | None
    """Whether it would open; ``None``: that rests on a rule that was not tried."""
    changes: tuple[Change, ...] = ()
    not_tried: tuple[str, ...] = ()
    """Rules that could not be tried, each with the reason."""


class Test(NamedTuple):
    """All of a rule that its verdict depends on: not its words, nor whether it blocks."""

    target: Target
    rest: tuple[object, ...]

    @classmethod
    def of(cls, rule: Rule) -> Test:
        rest = (rule.given, rule.statistic, rule.level, rule.minimum_n, rule.accept_bound, rule.when)
        return cls(rule.target, rest)


def unanswered(draft: Policy, last: Judgement | None) -> frozenset[str]:
    """Names of the measures that must be read from a report: those of rules that no stored verdict answers."""
    known = {Test.of(one.rule) for one in last.verdicts} if last else set()
    return frozenset(rule.measure for rule in draft.rules if rule.against == "report" and Test.of(rule) not in known)


def attempt(
    draft: Policy, report: Report, task: Purpose, last: Judgement | None, comparison: Comparison | None = None,
    *, has_parent: bool, today: date, waivers: Mapping[str, Waiver] = NONE,
) -> Trial:  # fmt: skip
    """Judge a report under a draft without keeping anything; of the report ``unanswered`` measures are enough.

    Without a comparison a rule against the parent is judged on the difference that the last judgement saw; if it saw
    none, the rule is not tried.
    """
    stored = list(last.verdicts) if last else []
    known = _by_test(stored)
    found: list[Verdict] = []
    untried: list[Rule] = []
    for rule in draft.rules:
        same = [as_judged(one, rule) for one in known.get(Test.of(rule), ())]
        said = same or _said(rule, stored, report, task, comparison, has_parent)
        if said is None:
            untried.append(rule)
        else:
            found += said
    found = settle(found, draft, report, today, waivers)
    return Trial(
        report=report.id, title=report.title, before=last.passed if last else None, after=_gate(found, untried),
        changes=tuple(_changes(stored, found, untried)),
        not_tried=tuple(f"{rule.target}: the last judgement compared nothing of the kind" for rule in untried),
    )  # fmt: skip


def _by_test(stored: Sequence[Verdict]) -> dict[Test, list[Verdict]]:
    """Verdicts by what was asked; asked twice (a note beside a block), they are there once."""
    found: dict[Test, list[Verdict]] = {}
    for one in stored:
        same = found.setdefault(Test.of(one.rule), [])
        if not same or same[0].rule == one.rule:
            same.append(one)
    return found


def _gate(found: list[Verdict], untried: list[Rule]) -> bool | None:
    """Whether the gate would open: one blocking verdict shuts it, whatever a rule that was not tried would say."""
    blocking = [one for one in found if one.rule.severity == "block"]
    undecided = any(rule.severity == "block" for rule in untried)
    return None if undecided and (opens(blocking) or not blocking) else opens(blocking)


def _said(
    rule: Rule,
    stored: Sequence[Verdict],
    report: Report,
    task: Purpose,
    comparison: Comparison | None,
    has_parent: bool,
) -> list[Verdict] | None:
    """The verdicts of a rule that was not asked before; ``None`` where only a comparison could tell."""
    limit = rule.limit(task)
    if rule.against == "report" or comparison or not has_parent or limit is None or rule.when.excludes(task):
        return apply(rule, report, task, comparison, has_parent)
    about = [one for one in stored if one.rule.target[:-1] == rule.target[:-1] and one.limit is not None]
    seen = [one for one in about if one.rule == about[0].rule]
    again = [judged_again(one, rule, report, limit, LEVEL) if one.measure else as_judged(one, rule) for one in seen]
    return again or None


def as_judged(one: Verdict, rule: Rule) -> Verdict:
    """A stored verdict as it was before Holm and waivers, under a rule that asks the same."""
    reason = one.reason.partition(ENDED)[0]
    outcome = one.outcome
    if one.p is not None:
        exact = one.low == one.high
        outcome, reason = "fail", f"{'the number' if exact else 'the whole interval'} is on the wrong side of the limit"
    elif outcome == "waived":
        absent = one.measure is None or (one.value is None and rule.against == "report")
        outcome = "missing" if absent else "unsure"
        reason = reason.partition(WAIVED.format(outcome))[2].removesuffix(")")
    return one.model_copy(update={"rule": rule, "outcome": outcome, "reason": reason, "waivers": None})


def _changes(before: Sequence[Verdict], after: Sequence[Verdict], untried: Sequence[Rule]) -> Iterator[Change]:
    """Verdicts that differ, those of the draft first, then those that its rules no longer give."""
    old, new = _keyed(before), _keyed(after)
    waiting = {rule.target for rule in untried}
    for key, one in new.items():
        was = old[key].outcome if key in old else None
        if was != one.outcome:
            yield _change(one, was, one.outcome, one.reason)
    for key, one in old.items():
        if key not in new and one.rule.target not in waiting:
            yield _change(one, one.outcome, None, "the draft has no such rule")


def _keyed(verdicts: Sequence[Verdict]) -> dict[tuple[Target, str, int], Verdict]:
    """By what is limited and the setting judged; the same twice (a note beside a block) is counted through."""
    times: Counter[tuple[Target, str]] = Counter()
    found = {}
    for one in verdicts:
        key = one.rule.target, one.setting
        found[*key, times[key]] = one
        times[key] += 1
    return found


def _change(one: Verdict, before: Outcome | None, after: Outcome | None, reason: str) -> Change:
    about = str(one.rule.target)
    return Change(measure=one.rule.measure, about=about, setting=one.setting, before=before, after=after, reason=reason)
