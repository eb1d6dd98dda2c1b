"""Two versions on the same examples: better, no worse, worse, or cannot tell."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from pydantic import model_validator

from audit.estimate import proportion
from audit.flips import Flip, flips, searched_parts
from audit.hypothesis import holm
from audit.measure import Condition, Direction, Measure, identifier, setting_text
from audit.paired import Paired, paired_differences, paired_once
from audit.policy import Policy
from audit.power import settling_n
from audit.report import Report
from audit.rows import Rows
from audit.spread import Spread
from models.record import Record, Scalar
from models.task import Purpose

Outcome = Literal["better", "no worse", "worse", "cannot tell"]


class Difference(Record):
    """One measure of both versions and the paired difference (second minus first)."""

    name: str
    setting: tuple[tuple[str, Scalar], ...] = ()
    slice: tuple[Condition, ...] = ()
    better: Direction
    first: float | None
    second: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    method: str = ""
    p: float | None = None
    p_adjusted: float | None = None
    """By Holm over everything compared."""
    margin: float | None = None
    """Loss that the policy, or else the task's owner, declared acceptable before."""
    outcome: Outcome
    reason: str
    n: int | None = None
    settles_at: int | None = None
    """Smallest n at which the interval would leave zero (or the margin) if the difference stayed."""
    seed_reach: float | None = None
    """How far two versions of the recipe lie apart by the seed alone, in 95 of 100 cases."""
    seed_runs: int | None = None
    """Versions of one recipe from which that is known."""

    @property
    def setting_text(self) -> str:
        return setting_text(self.setting)

    @property
    def slice_text(self) -> str:
        return " & ".join(map(str, self.slice))

    @property
    def beyond_seed(self) -> bool | None:
        """Whether the difference exceeds what the seed alone does; ``None`` where that is not known."""
        if self.seed_reach is None or self.difference is None:
            return None
        return abs(self.difference) > self.seed_reach

    def id(self, comparison: Comparison) -> str:
        """Derived: ``d-`` and 16 base32 characters of both report keys and what is compared."""
        return difference_id(comparison.first_report, comparison.second_report, self)


class Comparison(Record):
    """Two versions on the same examples, with the error of the whole comparison held at one level."""

    schema_version: Literal[2] = 2
    first: str
    second: str
    first_model: str
    second_model: str
    first_report: str
    second_report: str
    split: str
    n: int
    level: float = 0.95
    """1 minus the family-wise error of all accusations and praises together."""
    differences: tuple[Difference, ...]
    negative_flips: int
    """Examples the first got right and the second gets wrong."""
    positive_flips: int
    flips: tuple[Flip, ...] = ()
    """Of every group, intersection and tested part of the data."""

    @model_validator(mode="before")
    @classmethod
    def _from_schema_1(cls, given: Any) -> Any:
        """Flips were (slice, n, lost, won) of every group; limits and p follow from these."""
        if not isinstance(given, dict) or given.get("schema_version") != 1:
            return given
        level = given.get("level", 0.95)
        flipped = tuple(Flip.of(*one, level=level) for one in given.get("flips", ()))
        return {**given, "schema_version": 2, "flips": flipped}

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome == outcome for one in self.differences)

    @property
    def sentence(self) -> str:
        """``3 better, 7 no worse, 1 worse, 2 cannot tell``."""
        order: tuple[Outcome, ...] = ("better", "no worse", "worse", "cannot tell")
        return ", ".join(f"{self.count(one)} {one}" for one in order)


def difference_id(first: str, second: str, one: Difference | Measure) -> str:
    """``d-`` and 16 base32 characters of two report keys and what is compared."""
    return identifier("d", [first, second, one.name, one.setting_text, one.slice_text])


def compare(
    first: Report,
    first_rows: Rows,
    second: Report,
    second_rows: Rows,
    task: Purpose,
    *,
    policy: Policy | None = None,
    spread: Mapping[tuple[str, str, str], Spread] | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare every measure of the models that both reports hold, and every slice, on the same examples.

    Shares of the same rows (accuracy, recall, false positive rate) by exact McNemar; ROC-AUC by DeLong; what else is a
    function of label counts by resampling the paired counts; what is a function of scores by resampling the rows; exact
    numbers directly; the rest cannot be told. Better and worse survive Holm over all that is tested. Losses within a
    margin are no worse: the policy's rules against the parent set them, or else the task. Parts of the data found by
    search are compared on examples that the search did not see. Numbers about the data, chance or a baseline are not
    about a version and stay out.

    Where reports are of so many examples that the rows of a sample are kept, differences are those of the sample.

    spread: what the seed alone does (``audit.spread``). Raises ``ValueError`` for reports on different splits.
    Source: McNemar 1947; DeLong et al. 1988; Efron 1979; Holm 1979.
    """
    _same_examples(first, first_rows, second, second_rows)
    ours = {measure.key: measure for measure in first.measures()}
    pairs = [(ours[new.key], new) for new in second.measures() if new.key in ours and _about_the_version(new)]
    favourable = second_rows.classes.index(task.favourable) if task.favourable else None
    found = paired_once([new for _, new in pairs], first_rows, second_rows, favourable, level, seed)
    parts = _parts(first, first_rows, second, second_rows, level, seed)
    found |= {new.key: paired for _, new, paired in parts if paired is not None}
    pairs += [(old, new) for old, new, _ in parts]
    decided = decide(pairs, found, {new.key: margin_of(new, task, policy) for _, new in pairs}, level)
    before, after = (one.right & one.decides for one in (first_rows, second_rows))
    return Comparison(
        first=first.title,
        second=second.title,
        first_model=first.model,
        second_model=second.model,
        first_report=first.key,
        second_report=second.key,
        split=first.split,
        n=len(before),
        level=level,
        differences=tuple(_of_sample(_with_spread(one, (spread or {})), len(before), second.n) for one in decided),
        negative_flips=int((before & ~after).sum()),
        positive_flips=int((after & ~before).sum()),
        flips=flips(first_rows, second_rows, level) if second_rows.decides else (),
    )


def decide(
    pairs: list[tuple[Measure, Measure]],
    found: dict[tuple[str, str, str], Paired],
    margins: Mapping[tuple[str, str, str], float | None],
    level: float = 0.95,
) -> Iterator[Difference]:
    """What every pair of measures says, with the error of all that is tested held at 1 - level together (Holm)."""
    adjusted = dict(zip(found, holm([one.p for one in found.values()]), strict=True)) if found else {}
    for old, new in pairs:
        yield _difference(old, new, found.get(new.key), adjusted.get(new.key), margins.get(new.key), level)


def margin_of(measure: Measure, task: Purpose, policy: Policy | None) -> float | None:
    """The loss that is acceptable: the policy's rule against the parent, else the task's for an accuracy measure."""
    rules = [] if policy is None else [one for one in policy.rules if one.against == "parent"]
    for rule in rules:
        if rule.measure == measure.name and rule.concerns(measure.setting_text, measure.slice_text):
            limit = rule.limit(task)
            allowed = 0.0 if limit is None else -limit if rule.side == "at_least" else limit
            return allowed if allowed > 0 else None
    declared = task.margin(measure.name) if measure.name.startswith("accuracy.") else None
    return declared.limit if declared else None


def _same_examples(first: Report, first_rows: Rows, second: Report, second_rows: Rows) -> None:
    if first.split != second.split:
        raise ValueError(
            f"{first.title} was audited on split {first.split[:12]} and {second.title} on {second.split[:12]}: versions "
            "can be compared on the same examples only. Audit both on one split."
        )
    if not np.array_equal(first_rows.ids, second_rows.ids):
        raise ValueError("The row evidence of the two reports names different examples; audit both versions again.")


def _about_the_version(measure: Measure) -> bool:
    if measure.name.startswith(("data.", "accuracy.slice")) or measure.name == "fairness.min_detectable_gap":
        return False
    return measure.better != "none" and measure.unit != "p-value" and "baseline" not in dict(measure.setting)


def _parts(
    first: Report, first_rows: Rows, second: Report, second_rows: Rows, level: float, seed: int
) -> list[tuple[Measure, Measure, Paired | None]]:
    """How often each version errs on every part that a search of either tested, and the paired difference."""
    name = "accuracy.slice_error"
    named = {one.slice_text: one for one in (*first.measures(), *second.measures()) if one.name == name}
    made = []
    for text, inside in searched_parts(first_rows, second_rows).items():
        if text not in named:
            continue
        there = np.zeros(len(second_rows.truth), dtype=bool) if inside is None else inside
        old, new = (
            proportion(name, int((~rows.right & there).sum()), int(there.sum()), slice=named[text].slice, level=level)
            for rows in (first_rows, second_rows)
        )
        if inside is None:
            reason = "the same words mean other examples in the two versions"
            old, new = (one.model_copy(update={"reason": reason}) for one in (old, new))
        made.append((old, new, _on_part(new, first_rows, second_rows, there, level, seed)))
    return made


def _on_part(measure: Measure, first: Rows, second: Rows, inside: np.ndarray, level: float, seed: int) -> Paired | None:
    known = {measure.slice_text: inside}
    first, second = (replace(rows, slices=known) for rows in (first, second))
    return paired_differences([measure], first, second, None, level, seed).get(measure.key)


def _with_spread(one: Difference, spread: Mapping[tuple[str, str, str], Spread]) -> Difference:
    known = spread.get((one.name, one.setting_text, one.slice_text))
    return one if known is None else one.model_copy(update={"seed_reach": known.reach, "seed_runs": known.runs})


def _of_sample(one: Difference, kept: int, n: int) -> Difference:
    """Of very many examples the rows of a sample are kept: then the difference is known from these, and n is theirs."""
    if kept >= n or not one.method or one.method == "exact":
        return one
    share = kept / n
    return one.model_copy(
        update={
            "n": None if one.n is None else round(one.n * share),
            "settles_at": None if one.settles_at is None else math.ceil(one.settles_at * share),
            "reason": f"{one.reason}; on a sample of {kept} of {n} examples",
        }
    )


def _difference(
    old: Measure, new: Measure, paired: Paired | None, adjusted: float | None, margin: float | None, level: float
) -> Difference:
    known = Difference(
        name=new.name, setting=new.setting, slice=new.slice, better=new.better, first=old.value, second=new.value,
        level=level, margin=margin, outcome="cannot tell", reason=_unpaired(new), n=new.n,
    )  # fmt: skip
    if old.value is None or new.value is None:
        return known.model_copy(update={"reason": f"one version has no such number: {old.reason or new.reason}"})
    settles = None
    if paired is not None and adjusted is not None:
        outcome, reason = _verdict(paired, adjusted, new.better, margin or 0.0, level)
        if new.better == "target":
            reason = f"{reason}; the difference is that of the distances from the target"
        low, high = paired.low, paired.high
        method, p = paired.method, paired.p
        settles = _settles_at(paired, new, margin or 0.0) if outcome == "cannot tell" else None
    elif not new.sampled and new.better != "target":
        low = high = new.value - old.value
        outcome, reason = _exact(low, new.better)
        method, p = "exact", None
    else:
        return known.model_copy(update={"difference": new.value - old.value})
    return known.model_copy(
        update={
            "difference": paired.difference if paired else low, "low": low, "high": high, "method": method, "p": p,
            "p_adjusted": adjusted, "outcome": outcome, "reason": reason, "settles_at": settles,
        }
    )  # fmt: skip


def _unpaired(new: Measure) -> str:
    if new.name.startswith("efficiency."):
        return "each was timed in its own audit, on whatever else the machine did then; time both side by side"
    if dict(new.setting).get("estimate") == "bounds":
        return "bounds say between what the number lies, and two such ranges have no difference; see estimate=weighted"
    return "the rows that are kept do not say what each example adds to this number; audit both versions again"


def _settles_at(paired: Paired, new: Measure, margin: float) -> int | None:
    """The n at which a gain (or a loss within the margin) would be told from a loss, or a loss from none."""
    if paired.low is None or paired.high is None or not new.n:
        return None
    sign = 1 if new.better == "higher" else -1
    gain = sign * paired.difference
    worst, best = sorted((sign * paired.low, sign * paired.high))
    end, limit = (worst, -margin) if gain > -margin else (best, 0.0)
    needed = settling_n(new.n, gain, end, limit)
    return None if needed is None or needed <= new.n else needed


def _verdict(paired: Paired, adjusted: float, better: Direction, margin: float, level: float) -> tuple[Outcome, str]:
    if paired.low is None or paired.high is None:
        return "cannot tell", "too few examples are treated differently by the two versions to say what chance could do"
    sign = 1 if better == "higher" else -1
    gain = sign * paired.difference
    worst = min(sign * paired.low, sign * paired.high)
    shown = adjusted <= 1 - level + 1e-12
    if shown and gain > 0:
        return "better", "the gain is more than chance explains, over all that is compared"
    if worst > 0:
        return "no worse", "the whole interval is a gain, but not over all that is compared"
    if margin and worst >= -margin:
        return "no worse", f"any loss lies within the declared margin of {margin:g}"
    if shown and gain < 0:
        return "worse", "the loss is more than chance explains, over all that is compared"
    if max(sign * paired.low, sign * paired.high) < 0:
        return (
            "cannot tell",
            "the whole interval is a loss, but over all that is compared chance could explain one such",
        )
    return "cannot tell", "chance could explain the difference, and a loss is not excluded"


def _exact(difference: float, better: Direction) -> tuple[Outcome, str]:
    gain = -difference if better == "lower" else difference
    if gain == 0:
        return "no worse", "the same number"
    return ("better" if gain > 0 else "worse"), "an exact number, not a sample"
