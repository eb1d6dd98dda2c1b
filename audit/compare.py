"""Two versions on the same examples: better, no worse, worse, or cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from audit.hypothesis import holm
from audit.measure import Condition, Direction, Measure, identifier, setting_text
from audit.paired import Paired, paired_differences
from audit.report import Report
from audit.rows import Rows
from models.record import Record, Scalar
from models.task import Task

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
    """Loss that the task's owner declared acceptable."""
    outcome: Outcome
    reason: str

    @property
    def setting_text(self) -> str:
        return setting_text(self.setting)

    @property
    def slice_text(self) -> str:
        return " & ".join(map(str, self.slice))

    def id(self, comparison: Comparison) -> str:
        """Derived: ``d-`` and 16 base32 characters of both report keys and what is compared."""
        return difference_id(comparison.first_report, comparison.second_report, self)


class Comparison(Record):
    """Two versions on the same examples, with the error of the whole comparison held at one level."""

    schema_version: Literal[1] = 1
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
    flips: tuple[tuple[str, int, int, int], ...] = ()
    """(slice, n, negative flips, positive flips) per group."""

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
    task: Task,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare every measure of the models that both reports hold, on the same examples.

    Accuracy by exact McNemar; what is a function of label counts by resampling the paired counts; exact numbers
    directly; everything else cannot be told yet. Better and worse survive Holm over all that is tested. Numbers about
    the data or a baseline are not about a version and stay out. Raises ``ValueError`` for reports on different splits.
    Source: McNemar 1947; Efron 1979; Holm 1979.
    """
    _same_examples(first, first_rows, second, second_rows)
    ours = {measure.key: measure for measure in first.measures()}
    pairs = [(ours[new.key], new) for new in second.measures() if new.key in ours and _about_the_version(new)]
    favourable = second_rows.classes.index(task.favourable) if task.favourable else None
    found = paired_differences([new for _, new in pairs], first_rows, second_rows, favourable, level, seed)
    adjusted = dict(zip(found, holm([one.p for one in found.values()]), strict=True)) if found else {}
    before, after = first_rows.decision == first_rows.truth, second_rows.decision == second_rows.truth
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
        differences=tuple(
            _difference(old, new, found.get(new.key), adjusted.get(new.key), task, level) for old, new in pairs
        ),
        negative_flips=int((before & ~after).sum()),
        positive_flips=int((after & ~before).sum()),
        flips=tuple(_flips(second_rows, before, after)),
    )


def _same_examples(first: Report, first_rows: Rows, second: Report, second_rows: Rows) -> None:
    if first.split != second.split:
        raise ValueError(
            f"{first.title} was audited on split {first.split[:12]} and {second.title} on {second.split[:12]}: versions "
            "can be compared on the same examples only. Audit both on one split."
        )
    if not np.array_equal(first_rows.ids, second_rows.ids):
        raise ValueError("The row evidence of the two reports names different examples; audit both versions again.")


def _about_the_version(measure: Measure) -> bool:
    return measure.better != "none" and not measure.name.startswith("data.") and "baseline" not in dict(measure.setting)


def _difference(
    old: Measure, new: Measure, paired: Paired | None, adjusted: float | None, task: Task, level: float
) -> Difference:
    margin = task.margin(new.name) if new.name.startswith("accuracy.") else None
    known = Difference(
        name=new.name, setting=new.setting, slice=new.slice, better=new.better, first=old.value, second=new.value,
        level=level, margin=margin.limit if margin else None, outcome="cannot tell", reason="no paired method yet",
    )  # fmt: skip
    if old.value is None or new.value is None:
        return known.model_copy(update={"reason": f"one version has no such number: {old.reason or new.reason}"})
    if paired is not None and adjusted is not None:
        outcome, reason = _verdict(paired, adjusted, new.better, known.margin or 0.0, level)
        low, high = paired.low, paired.high
        method, p = paired.method, paired.p
    elif not new.sampled and new.unit != "p-value":
        low = high = new.value - old.value
        outcome, reason = _exact(low, new.better)
        method, p = "exact", None
    else:
        return known.model_copy(update={"difference": new.value - old.value})
    return known.model_copy(
        update={
            "difference": paired.difference if paired else low, "low": low, "high": high, "method": method, "p": p,
            "p_adjusted": adjusted, "outcome": outcome, "reason": reason,
        }
    )  # fmt: skip


def _verdict(paired: Paired, adjusted: float, better: Direction, margin: float, level: float) -> tuple[Outcome, str]:
    if paired.low is None or paired.high is None:
        return "cannot tell", "the versions decide alike wherever this counts, so resampling shows no variation"
    sign = -1 if better == "lower" else 1
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
    return "cannot tell", "chance could explain the difference, and a loss is not excluded"


def _exact(difference: float, better: Direction) -> tuple[Outcome, str]:
    gain = -difference if better == "lower" else difference
    if gain == 0:
        return "no worse", "the same number"
    return ("better" if gain > 0 else "worse"), "an exact number, not a sample"


def _flips(rows: Rows, before: np.ndarray, after: np.ndarray) -> Iterator[tuple[str, int, int, int]]:
    for by, labels in rows.groups.items():
        for label in np.unique(labels.astype(str)).tolist():
            inside = labels == label
            lost, won = int((inside & before & ~after).sum()), int((inside & after & ~before).sum())
            yield f"{by}={label}", int(inside.sum()), lost, won
