"""FAI012: is there a less discriminatory alternative that is as accurate?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.check import NotApplicable, check
from audit.contribution import Contribution
from audit.estimate import proportion, ratio, undefined
from audit.evidence import Alternatives, Groups, Predictions, Seed, Tally
from audit.measure import Measure, setting
from audit.report import Exhibit

THRESHOLDS = 99
COLUMNS = ("alternative", "accuracy", "low", "high", "impact ratio", "ratio low", "ratio high", "front", "by")


@dataclass(frozen=True)
class Candidate:
    """One way to decide, and how it fares on the half that chooses."""

    name: str
    decision: NDArray[np.intp]
    accuracy: float
    ratio: float


@check("FAI012", dimension="fairness")
def alternatives(
    predictions: Predictions,
    tally: Tally,
    groups: Groups,
    seed: Seed,
    other: Alternatives | None,
    *,
    loss: float = 0.01,
    shown: int = 12,
    level: float = 0.95,
) -> Iterator[Measure | Exhibit | Contribution]:
    """Is there a less discriminatory alternative that is about as accurate?

    Measures: for each way of grouping, the impact ratio (smallest over largest selection rate) of the best alternative:
    of all thresholds for everybody, and of the other versions at hand, the one with the highest ratio that loses at most
    `loss` of accuracy. It is chosen on one half of the examples and measured on the other. The table shows accuracy and
    impact ratio of the decision as it is and of every alternative that no other beats in both (the Pareto front).
    Read it: compare it with the impact ratio of the decision as it is, in the note: if an alternative is as accurate and
    more even, the difference needs another reason.
    Limits: one threshold for everybody: thresholds by group use the group at decision time and are not searched. Other
    models, columns and remedies may do better. Half of the examples: intervals are wide.
    Source: the search for less discriminatory alternatives, 12 CFR 1002 and Gillis, Meursault and Ustun 2024; intervals:
    split-role MOVER.
    """
    if tally.favourable is None or predictions.weight is not None:
        why = "no outcome is favourable" if tally.favourable is None else "rows are weighted, and thresholds count rows"
        raise NotApplicable(f"{why}, so there is no selection to make more even")
    n = len(predictions.truth)
    if n < 4:
        raise NotApplicable(f"a choice and its test need at least 4 examples, there are {n}")
    chosen = np.zeros(n, dtype=bool)
    chosen[np.random.default_rng(seed.value).permutation(n)[: n // 2]] = True
    decisions = dict(_decisions(predictions, tally.favourable, chosen, other))
    for by, labels in groups.labels.items():
        codes, group = np.unique(labels.astype(str), return_inverse=True)
        found = [_candidate(name, one, predictions, tally.favourable, group, chosen) for name, one in decisions.items()]
        now, front = found[0], _front(found)
        allowed = [one for one in found if one.accuracy >= now.accuracy - loss - 1e-12]
        best = max(allowed, key=lambda one: (one.ratio, one.accuracy))
        yield from _measured(predictions, tally, by, codes, group, ~chosen, now, best, loss, level)
        rows = [now, *(one for one in front if one is not now)][: shown + 1]
        yield _exhibit(predictions, tally.favourable, by, group, codes, ~chosen, rows, front, level)


def _decisions(
    predictions: Predictions, favourable: int, chosen: NDArray[np.bool_], other: Alternatives | None
) -> Iterator[tuple[str, NDArray[np.intp]]]:
    yield "as it is", predictions.decision
    if predictions.binary:
        score = predictions.score[:, favourable]
        cuts = np.unique(np.quantile(score[chosen], np.arange(1, THRESHOLDS + 1) / (THRESHOLDS + 1)))
        for cut in cuts:
            yield f"threshold {cut:.3f}", np.where(score >= cut, favourable, 1 - favourable)
    yield from (other.decisions if other else {}).items()


def _candidate(
    name: str, decision: NDArray[np.intp], predictions: Predictions, favourable: int, group: NDArray[np.intp],
    rows: NDArray[np.bool_],
) -> Candidate:  # fmt: skip
    selected, n = _selected(decision, favourable, group, rows)
    rate = selected[n > 0] / n[n > 0]
    even = float(rate.min() / rate.max()) if len(rate) and rate.max() > 0 else 0.0
    return Candidate(name, decision, float((decision == predictions.truth)[rows].mean()), even)


def _selected(
    decision: NDArray[np.intp], favourable: int, group: NDArray[np.intp], rows: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    groups = int(group.max()) + 1
    n = np.bincount(group[rows], minlength=groups)
    return np.bincount(group[rows & (decision == favourable)], minlength=groups), n


def _front(found: list[Candidate]) -> list[Candidate]:
    """Those that no other beats in accuracy and ratio at once, the most accurate first."""
    front: list[Candidate] = []
    for one in sorted(found, key=lambda one: (-one.accuracy, -one.ratio)):
        if not front or one.ratio > front[-1].ratio:
            front.append(one)
    return front


def _measured(
    predictions: Predictions, tally: Tally, by: str, codes: NDArray[np.str_], group: NDArray[np.intp],
    rows: NDArray[np.bool_], now: Candidate, best: Candidate, loss: float, level: float,
) -> Iterator[Measure | Contribution]:  # fmt: skip
    name, at = "fairness.alternative_impact_ratio", setting(by=by, loss=loss)
    assert tally.favourable is not None
    k, n = _selected(best.decision, tally.favourable, group, rows)
    found = ratio(name, k, n, codes.tolist(), setting=at, level=level)
    if found.value is None:
        yield undefined(name, found.reason, setting=at)
        return
    rights = [float((one.decision == predictions.truth)[rows].mean()) for one in (best, now)]
    plain = ratio(
        name, *_selected(now.decision, tally.favourable, group, rows), codes.tolist(), setting=at, level=level
    )
    before = "no ratio" if plain.value is None else f"{100 * plain.value:.0f} %"
    note = (
        f"{best.name}: accuracy {100 * rights[0]:.1f} %; as it is: impact ratio {before}, accuracy {100 * rights[1]:.1f} %; "
        f"on the half that did not choose; {found.note}"
    )
    yield found.model_copy(update={"note": note})
    yield Contribution.of(name, (best.decision == tally.favourable)[rows], at, rows=np.flatnonzero(rows))


def _exhibit(
    predictions: Predictions, favourable: int, by: str, group: NDArray[np.intp], codes: NDArray[np.str_],
    rows: NDArray[np.bool_], shown: list[Candidate], front: list[Candidate], level: float,
) -> Exhibit:  # fmt: skip
    lines = []
    for one in shown:
        right = (one.decision == predictions.truth)[rows]
        accurate = proportion("accuracy.accuracy", int(right.sum()), len(right), level=level)
        k, n = _selected(one.decision, favourable, group, rows)
        even = ratio("fairness.alternative_impact_ratio", k, n, codes.tolist(), level=level)
        numbers = [accurate.value, *_ends(accurate), even.value, *_ends(even)]
        lines.append((one.name, *numbers, "yes" if one in front else "no", by))
    return Exhibit(
        name="fairness.alternatives",
        title=f"Accuracy and impact ratio by {by}: as it is, and alternatives that none beats in both",
        columns=COLUMNS,
        rows=tuple(lines),
        unit="share",
        n=int(rows.sum()),
    )


def _ends(measure: Measure) -> tuple[float | None, float | None]:
    shown = measure.shown()
    return (shown.low, shown.high) if shown else (None, None)
