"""CAL001: do the probabilities mean what they say?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from audit.check import check
from audit.estimate import LEVELS, banded, mean, number
from audit.evidence import Predictions, Seed
from audit.interval import mid_p
from audit.measure import Measure, setting
from audit.report import Exhibit

Array = NDArray[np.float64]


@check("CAL001", dimension="calibration")
def calibration(
    predictions: Predictions, seed: Seed, *, bins: int = 15, draws: int = 1000, level: float = 0.95
) -> Iterator[Measure | Exhibit]:
    """When the model says 80 %, is it right in 80 of 100 cases?

    Measures: the Brier score, and the expected calibration error (ECE) in bins of equal width, of the top label and as
    a mean over the classes, each beside the ECE that a perfectly calibrated model would show on as many examples, and
    the probability (p-value) of an ECE at least as large under perfect calibration.
    Read it: an ECE is never 0 on a finite sample: what counts is whether it lies above its null band. A small p-value
    says that the probabilities are wrong; a large one says only that these examples cannot show it.
    Limits: the interval of the ECE resamples the examples and shares its upward bias; a model can be calibrated overall
    and not within a group.
    Source: Brier 1950; Naeini et al. 2015; Guo et al. 2017; the null band after Vaicenavicius et al. 2019.
    """
    score, truth = predictions.score, predictions.truth
    right = np.eye(len(predictions.classes))[truth]
    losses = ((score - right) ** 2).sum(axis=1)
    note = f"sum over {len(predictions.classes)} classes"
    yield mean("calibration.brier", losses, level=level, floor=0.0, ceiling=2.0, note=note)
    generator = np.random.default_rng(seed.value)
    top = score.max(axis=1)
    hit = (score.argmax(axis=1) == truth).astype(float)
    yield from _ece("top label", top[:, None], hit[:, None], bins, draws, level, generator)
    yield from _ece("class-wise", score, right, bins, draws, level, generator)
    yield _reliability(top, hit, bins, draws, level, generator)


def _ece(
    kind: str, score: Array, outcome: Array, bins: int, draws: int, level: float, generator: np.random.Generator
) -> Iterator[Measure]:
    at = setting(bins=bins, kind=kind)
    found = ece(score, outcome, bins)
    null = np.array([ece(score, _perfect(score, generator), bins) for _ in range(draws)])
    rows = generator.integers(0, len(score), (draws, len(score)))
    again = np.array([ece(score[pick], outcome[pick], bins) for pick in rows])
    bands = {one: tuple(np.quantile(again, [(1 - one) / 2, (1 + one) / 2])) for one in {*LEVELS, level}}
    bands = {one: (min(low, found), max(high, found)) for one, (low, high) in bands.items()}
    low, high = np.quantile(null, [(1 - level) / 2, (1 + level) / 2])
    yield banded(
        "calibration.ece", found, bands, "bootstrap of rows", level=level, setting=at, n=len(score),
        note=f"a perfectly calibrated model would show {100 * low:.1f} to {100 * high:.1f} %",
    )  # fmt: skip
    p = (1 + int((null >= found).sum())) / (1 + draws)
    yield number("calibration.ece_p_value", p, setting=at, n=len(score), unit="p-value")


def ece(score: Array, outcome: Array, bins: int) -> float:
    """Expected calibration error: mean over the columns of sum over bins of share x |mean score - mean outcome|.

    ``score`` and ``outcome`` are (n, columns); bins of equal width over 0..1, 1 in the last. Counts, not rows: the
    share cancels, so it is the sum of |sum of score - sum of outcome| over n.
    """
    n, columns = score.shape
    cell = np.minimum((score * bins).astype(int), bins - 1) + bins * np.arange(columns)
    residual = np.bincount(cell.ravel(), weights=(score - outcome).ravel(), minlength=bins * columns)
    return float(np.abs(residual).sum() / n / columns)


def _perfect(score: Array, generator: np.random.Generator) -> Array:
    """Outcomes as they would fall if the scores were the true probabilities: one label per row, or one event."""
    draw = generator.random((len(score), 1))
    if score.shape[1] == 1:
        return (draw < score).astype(float)
    label = np.minimum((score.cumsum(axis=1) < draw * score.sum(axis=1, keepdims=True)).sum(axis=1), score.shape[1] - 1)
    outcome: Array = np.eye(score.shape[1])[label]
    return outcome


def _reliability(
    score: Array, hit: Array, bins: int, draws: int, level: float, generator: np.random.Generator
) -> Exhibit:
    cell = np.minimum((score * bins).astype(int), bins - 1)
    n = np.bincount(cell, minlength=bins)
    filled = np.flatnonzero(n)
    said = np.bincount(cell, weights=score, minlength=bins)[filled] / n[filled]
    k = np.bincount(cell, weights=hit, minlength=bins)[filled].astype(int)
    low, high = mid_p(k, n[filled], level)
    null = np.array(
        [
            np.bincount(cell, weights=(generator.random(len(score)) < score), minlength=bins)[filled]
            for _ in range(draws)
        ]
    )
    null_low, null_high = np.quantile(null / n[filled], [(1 - level) / 2, (1 + level) / 2], axis=0)
    columns = np.column_stack([said, k / n[filled], low, high, null_low, null_high])
    return Exhibit(
        name="calibration.reliability",
        title="How often the top label is right, by how sure the model says it is",
        columns=("said", "found", "low", "high", "null low", "null high", "n"),
        rows=tuple((*map(float, row), int(size)) for row, size in zip(columns, n[filled], strict=True)),
        chart="curve",
        unit="share",
        n=len(score),
    )
