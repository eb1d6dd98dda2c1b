"""UNC002: what if the model answered only when sure, and left the rest to people?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.check import check
from audit.estimate import proportion
from audit.evidence import Groups, Predictions, Seed
from audit.interval import Array, mid_p
from audit.measure import Measure, setting
from audit.report import Exhibit
from audit.resample import MANY, drawn
from audit.selective import Kept
from audit.tally import EVERYONE, Tally
from audit.within import resampled

SHARES = (0.5, 0.8, 0.9)
POINTS = 50
AT_ONCE = 100_000
"""Numbers ranked at a time: as many as stay near the processor."""


@check("UNC002", dimension="uncertainty")
def selective(
    predictions: Predictions, groups: Groups | None, seed: Seed, *, draws: int = 1000, level: float = 0.95
) -> Iterator[Measure | Exhibit]:
    """If the model answered only where it is surest and left the rest to people, how often would it be right, for whom?

    Measures: the area under the risk-coverage curve (AURC: the mean error among the examples kept, over every share
    that could be kept); the accuracy on the surest 50, 80 and 90 % of all examples, overall, in each group and each
    intersection; and which share of each group that keeps, the rest being left to people.
    Read it: an AURC far below the error says that the model knows when it does not know. A group with a low share kept
    is the one whose cases wait for people; a group with a low accuracy among those kept is the one that is wronged by
    answers given with confidence.
    Limits: sure means the largest probability, whatever the decision rule; the bar is set on these same examples, by
    their scores and not by their outcomes, and all who are exactly as sure as the bar are kept; leaving cases to people
    is better only if people decide them better.
    Source: El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017; Jones et al. 2021 (groups).
    """
    sure, right = predictions.score.max(axis=1), predictions.decision == predictions.truth
    n = len(right)
    weight = np.ones(n) if predictions.weight is None else np.asarray(predictions.weight, dtype=float)
    weight = weight * n / weight.sum()
    kept = Kept.of(sure, ~right)
    again = list(_again(kept, weight, draws, seed.value, predictions.unit))
    error = 1 - float(weight @ right) / n
    yield resampled(
        "uncertainty.selective_risk", float(kept.area(weight[None])[0]), np.concatenate(again), n, level=level,
        note=f"if the model were always right where it is surer, it would be {_least(error):.3f}; "
        f"if it knew nothing of its errors, {error:.3f}",
    )  # fmt: skip
    labels = groups.labels if groups else {}
    for share in SHARES:
        yield from _at(predictions, labels, sure, right, weight, share, level)
    yield _curve(kept, weight, level)


def _again(kept: Kept, weight: Array, draws: int, seed: int, unit: np.ndarray | None) -> Iterator[Array]:
    """(some draws,) areas of rows drawn again; of many rows by what each adds to first order, whose sum is Gaussian."""
    n, code = len(weight), None if unit is None else np.unique(unit, return_inverse=True)[1]
    if (n if code is None else int(code.max()) + 1) > MANY:
        each = weight * kept.influence(weight)
        of_units = each if code is None else np.bincount(code, each)
        moved = np.sqrt(of_units @ of_units) * np.random.default_rng(seed).standard_normal(draws)
        yield float(kept.area(weight[None])[0]) + moved
        return
    for times in drawn(n, draws, seed, unit):
        for some in np.array_split(times, min(len(times), -(-times.size // AT_ONCE))):
            yield kept.area(some * weight)


def _least(error: float) -> float:
    """The area if all errors were where the model is least sure."""
    return error + (1 - error) * float(np.log1p(-error)) if error < 1 else 1.0


def _at(
    predictions: Predictions, labels: dict[str, np.ndarray], sure: Array, right: np.ndarray, weight: Array,
    share: float, level: float,
) -> Iterator[Measure]:  # fmt: skip
    """Accuracy among those kept, and the share kept, for everybody and in every group."""
    order = np.argsort(-sure, kind="stable")
    reached = weight[order].cumsum() >= share * weight.sum() * (1 - 1e-12)
    bar = float(sure[order][int(reached.argmax())])
    inside, at = sure >= bar, setting(kept=share)
    tally = Tally.of(inside, right, labels, ("left", "answered"), weight=predictions.weight, unit=predictions.unit)
    kept_right, kept_any = np.array([[False, False], [False, True]]), np.array([[False, False], [True, True]])
    for by in (EVERYONE, *tally.groupings):
        k, n = tally.rate(by, kept_right, kept_any)
        answered, everyone = tally.rate(by, kept_any, np.ones((2, 2)))
        for position in range(len(n)):
            where = () if by == EVERYONE else tally.slice(by, position)
            note = f"answers where it gives {100 * bar:.1f} % or more"
            yield proportion(
                "uncertainty.selective_accuracy", k[position], n[position], setting=at, slice=where, level=level,
                note=note,
            )  # fmt: skip
            if by != EVERYONE:
                yield proportion(
                    "uncertainty.kept_share", answered[position], everyone[position], setting=at, slice=where,
                    level=level,
                )  # fmt: skip


def _curve(kept: Kept, weight: Array, level: float) -> Exhibit:
    total, wrong = (one[0] for one in kept.curve(weight[None]))
    squares = (weight[kept.order] ** 2).cumsum()[kept.ends]
    chosen = np.unique(np.searchsorted(total, total[-1] * np.arange(1, POINTS + 1) / POINTS * (1 - 1e-12)))
    chosen = chosen[total[chosen] > 0]
    total, error, effective = total[chosen], wrong[chosen] / total[chosen], total[chosen] ** 2 / squares[chosen]
    low, high = mid_p(np.clip(error, 0, 1) * effective, effective, level)
    columns = np.column_stack([total / total[-1], error, low, high])
    return Exhibit(
        name="uncertainty.risk_coverage",
        title="Error among the examples the model is surest of, by the share it answers",
        columns=("kept", "error", "low", "high"),
        rows=tuple(tuple(map(float, row)) for row in columns),
        chart="curve",
        unit="share",
        n=len(weight),
    )
