"""ACC003: on which parts of the data does the model err more?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from audit.check import NotApplicable, check
from audit.confirmation import Contrast, Errors, adjusted, contrasted, halves, proposed
from audit.estimate import LEVELS, banded, number, proportion, undefined
from audit.evidence import Attributes, Decisions, Predictions, Seed
from audit.measure import Condition, Measure, setting
from audit.report import Exhibit
from audit.weight import Weights

COLUMNS = (
    "slice", "n", "error", "low", "high", "error outside", "excess", "excess low", "excess high", "p adjusted", "verdict",
)  # fmt: skip
ALONE = "every row of the half that tests lies on one side of this slice"


@check("ACC003", dimension="accuracy")
def slices(
    decisions: Decisions,
    attributes: Attributes,
    seed: Seed,
    predictions: Predictions | None,
    *,
    score: str = "error",
    candidates: int = 10,
    conditions: int = 3,
    support: int = 20,
    draws: int = 10_000,
    level: float = 0.95,
) -> Iterator[Measure | Exhibit]:
    """On which parts of the data does the model err more than on the rest?

    Measures: how many slices were found. One half of the rows is searched, exactly, through all combinations of up to
    three columns; the slices that stand out most (`candidates`) are tested on the other half. Of each: its error there,
    the excess over all other rows, and the probability (p-value) of such an excess by chance, adjusted for all that are
    tested. Those that turn out clean are reported too.
    Read it: a slice is worse when its adjusted p-value is at most 1 - `level`; where no part of the data is worse, one
    in twenty reports names one at most. The effect is that of rows that the search did not see, so it is not too large
    for having been looked for; the note says what the searched half showed.
    Limits: clean means that these rows do not show an excess, not that there is none: the interval says how large it
    could be. A slice is a place, not a cause. Slices of fewer than `support` rows, or of 1 % of the searched half, are
    not sought; with `score="brier"` the error is the Brier term of a row instead of wrong or right.
    Source: Sagadeeva and Boehm 2021 (exact search); Kulldorff 1997 (what stands out); Westfall and Young 1993, Benjamini
    and Yekutieli 2001 (adjustment); Zou and Donner 2008 (interval of the excess).
    """
    whole = _errors(decisions, predictions, attributes, score)
    n, least = len(whole), 2 * support
    if n < least:
        raise NotApplicable(f"{n} rows are too few to search one half and test on the other; {least} are needed")
    searched = halves(whole.error, seed.value, whole.unit)
    first, second = whole.take(searched), whole.take(~searched)
    smallest = max(support, len(first) // 100)
    tested = proposed(first, candidates=candidates, deepest=conditions, support=smallest)
    found = [contrasted(second, one) for one in tested]
    p = adjusted(second, tested, found, draws, seed.value).tolist()
    worse = [value <= 1 - level for value in p]
    at = setting(score=score)
    yield number("accuracy.slices_found", sum(worse), setting=at, n=len(second), note=_found_note(first, found))
    for where, one, value in zip(tested, found, p, strict=True):
        note = _searched_note(contrasted(first, where), score)
        yield from _measured(where, one, value, score, level, note)
    if tested:
        yield _exhibit(tested, found, p, worse, level, score, len(second))


def _errors(one: Decisions, predictions: Predictions | None, attributes: Attributes, score: str) -> Errors:
    Weights.of(len(one.truth), one.weight, one.unit)  # raises where they are none
    if score == "error":
        return Errors(attributes, (one.decision != one.truth).astype(float), 1.0, one.weight, one.unit)
    if score == "brier":
        if predictions is None:
            raise NotApplicable("a Brier term needs probabilities, and only decisions are known")
        right = np.eye(len(one.classes))[one.truth]
        return Errors(attributes, ((predictions.score - right) ** 2).sum(axis=1), 2.0, one.weight, one.unit)
    raise ValueError(f"score is 'error' (wrong or right) or 'brier' (its Brier term), got {score!r}")


def _found_note(first: Errors, found: Sequence[Contrast]) -> str:
    if not first.error.any():
        return "there is no error on the half that was searched, so no part of it is worse"
    return f"{sum(one.known for one in found)} tested, after a search of {len(first)} other rows"


def _searched_note(one: Contrast, score: str) -> str:
    inside, outside = (f"{mean:.1%}" if score == "error" else f"{mean:.3g}" for mean in one.mean)
    return f"on the half that was searched: {inside} inside, {outside} outside"


def _measured(
    where: tuple[Condition, ...], one: Contrast, p: float, score: str, level: float, note: str
) -> Iterator[Measure]:
    at, n = setting(score=score), one.rows[0]
    names = ("accuracy.slice_error", "accuracy.slice_excess", "accuracy.slice_p_value")
    if not one.known:
        yield from (undefined(name, ALONE, setting=at, slice=where, n=n) for name in names)
        return
    error, excess, p_value = names
    if score == "error":
        yield proportion(error, one.k[0], one.n[0], setting=at, slice=where, level=level, note=note)
    else:
        bands = {each: one.inside(each) for each in {*LEVELS, level}}
        yield banded(
            error, one.mean[0], bands, "mid-P of effective counts", level=level, setting=at, slice=where, n=n, note=note
        )
    apart = {each: one.excess(each) for each in {*LEVELS, level}}
    bands = {each: (low, high) for each, (_, low, high) in apart.items()}
    yield banded(
        excess, apart[level][0], bands, "MOVER of mid-P limits", level=level, setting=at, slice=where, n=n, note=note
    )
    yield number(p_value, p, setting=at, slice=where, n=n, unit="p-value")


def _exhibit(
    tested: Sequence[tuple[Condition, ...]], found: Sequence[Contrast], p: Sequence[float], worse: Sequence[bool],
    level: float, score: str, n: int,
) -> Exhibit:  # fmt: skip
    rows: list[tuple[str | float | None, ...]] = []
    for where, one, value, bad in zip(tested, found, p, worse, strict=True):
        text = " & ".join(map(str, where))
        if one.known:
            numbers = (one.mean[0], *one.inside(level), one.mean[1], *one.excess(level), value)
            rows.append((text, one.rows[0], *numbers, "worse" if bad else "clean"))
        else:
            rows.append((text, one.rows[0], *(None,) * 8, "cannot tell"))
    return Exhibit(
        name="accuracy.slices_tested",
        title=f"{sum(worse)} of {sum(one.known for one in found)} slices that were tested err more than the rest",
        columns=COLUMNS,
        rows=tuple(rows),
        unit="share" if score == "error" else "Brier",
        n=n,
    )
