"""What one kind of rate says about groups: the rate of each, and how far apart they lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from audit import rates
from audit.contrast import against_best
from audit.estimate import LEVELS, Setting, banded, difference, proportion, ratio, undefined
from audit.measure import Measure
from audit.odds import largest_average_odds
from audit.tally import Rate, Tally

NAMED = 5
"""Groups that a note names before it only counts them."""


def outcomes(tally: Tally, by: str) -> list[int]:
    """The classes whose rates are compared between groups.

    The favourable one; where none is, the last of two. Of more than two each is set against the others, and for single
    columns only: for every intersection they would be too many numbers to read.
    """
    if tally.favourable is not None:
        return [tally.favourable]
    if len(tally.classes) == 2:
        return [1]
    return list(range(len(tally.classes))) if len(tally.columns[by]) == 1 else []


def by_group(name: str, tally: Tally, by: str, rate: Rate, *, level: float, at: Setting = ()) -> Iterator[Measure]:
    """The rate of every group, with the group as slice."""
    for position, (k, n) in enumerate(zip(*rate, strict=True)):
        yield proportion(name, k, n, slice=tally.slice(by, position), setting=at, level=level)


def gap(
    name: str, tally: Tally, by: str, *rates: Rate, level: float, at: Setting, blocks: Sequence[str] = ("",)
) -> Measure:
    """Largest difference between two groups of one rate, or of any of several, each named by its block."""
    k, n, labels, kinds = _stacked(tally.names[by], rates, blocks)
    return _naming_absent(difference(name, k, n, labels, blocks=kinds, setting=at, level=level), labels, kinds, n)


def smallest_ratio(
    name: str, tally: Tally, by: str, *rates: Rate, level: float, at: Setting, blocks: Sequence[str] = ("",)
) -> Measure:
    """Smallest ratio between two groups of one rate, or of any of several, each named by its block."""
    k, n, labels, kinds = _stacked(tally.names[by], rates, blocks)
    return _naming_absent(ratio(name, k, n, labels, blocks=kinds, setting=at, level=level), labels, kinds, n)


def average_odds(name: str, tally: Tally, by: str, found: Rate, alarms: Rate, *, level: float, at: Setting) -> Measure:
    """Largest mean of the gaps of two rates between the same two groups, each with examples of both kinds."""
    names, n = tally.names[by], np.minimum(found[1], alarms[1])
    both = [label for label, size in zip(names, n, strict=True) if size > 0]
    if len(both) < 2:
        left = ", ".join(both) or "none"
        return undefined(name, f"a gap needs two groups with both kinds of examples; there is: {left}", setting=at)
    limits = {one: largest_average_odds(found, alarms, one) for one in {*LEVELS, level}}
    bands = {one: (extreme.low, extreme.high) for one, extreme in limits.items()}
    value, pair = limits[level].value, limits[level].pair
    assert value is not None
    assert pair is not None
    size = round(float((found[1] + alarms[1])[n > 0].sum()))
    measure = banded(
        name, value, bands, "split-role MOVER of both gaps", level=level, setting=at, n=size,
        note=_noted(f"between {names[pair[0]]} and {names[pair[1]]}", tally),
    )  # fmt: skip
    return _naming_absent(measure, names, [""] * len(names), n)


def _noted(note: str, tally: Tally) -> str:
    """The note, and what n means where it is not simply rows."""
    return "; ".join(filter(None, (note, tally.note)))


def _stacked(
    names: tuple[str, ...], rates: Sequence[Rate], blocks: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    k, n = (np.concatenate(parts) for parts in zip(*rates, strict=True))
    return k, n, list(names) * len(rates), [one for one in blocks for _ in names]


def _naming_absent(measure: Measure, labels: Sequence[str], kinds: Sequence[str], n: np.ndarray) -> Measure:
    """The same, saying which groups could not take part: nobody is left out silently."""
    absent = [
        f"{label} ({kind})" if kind else label for label, kind, size in zip(labels, kinds, n, strict=True) if size == 0
    ]
    if measure.value is None or not absent:
        return measure
    more = f" and {len(absent) - NAMED} more" if len(absent) > NAMED else ""
    return measure.model_copy(update={"note": f"{measure.note}; no such example in {', '.join(absent[:NAMED])}{more}"})


def impact_ratios(tally: Tally, by: str, rate: Rate, *, level: float, at: Setting) -> Iterator[Measure]:
    """The rate of every group over that of the best, with the group as slice."""
    name, (k, n), names = "fairness.impact_ratio", rate, tally.names[by]
    reason = _no_ratio(names, k, n)
    if reason:
        yield undefined(name, reason, setting=at)
        return
    found = {one: against_best(k, n, one) for one in {*LEVELS, level}}
    best = names[int(np.argmax(rates.over(k, n) * (n > 0)))]
    for position, size in enumerate(n):
        where = tally.slice(by, position)
        if size == 0:
            yield undefined(name, "there is no such example in the split", setting=at, slice=where, n=0)
            continue
        bands = {one: (low[position], high[position]) for one, (_, low, high) in found.items()}
        yield banded(
            name, found[level][0][position], bands, "MOVER against the best", level=level, setting=at, slice=where,
            n=round(size), note=_noted(f"the best is {best}", tally),
        )  # fmt: skip


def _no_ratio(names: Sequence[str], k: np.ndarray, n: np.ndarray) -> str:
    there = [f"{name} ({a:g} of {b:g})" for name, a, b in zip(names, k, n, strict=True) if b > 0]
    if len(there) < 2:
        return f"a ratio to the best needs two groups with such examples; there is: {', '.join(there) or 'none'}"
    return "" if k.any() else "no group has any such outcome, so a ratio does not exist"
