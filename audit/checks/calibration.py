"""CAL001: do the probabilities mean what they say?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from audit.calibration import Binned, brier_parts, perfect, smooth_ece
from audit.check import check
from audit.estimate import LEVELS, Setting, banded, mean, number
from audit.evidence import Predictions, Seed
from audit.interval import mid_p
from audit.measure import Measure, setting
from audit.report import Exhibit
from audit.resample import drawn

Array = NDArray[np.float64]


@check("CAL001", dimension="calibration")
def calibration(
    predictions: Predictions, seed: Seed, *, bins: int = 15, draws: int = 1000, level: float = 0.95
) -> Iterator[Measure | Exhibit]:
    """When the model says 80 %, is it right in 80 of 100 cases?

    Measures: the Brier score and its parts (reliability, resolution, uncertainty: Brier is the first less the second
    plus the third); the expected calibration error (ECE) in bins of equal width, of the top label and as a mean over
    the classes, and the smooth ECE of the top label, which needs no bins; each beside the error that a perfectly
    calibrated model would show on as many examples, and the probability (p-value) of an error at least as large under
    perfect calibration; and for two classes how far the mean probability lies from the share that came true.
    Read it: an ECE is never 0 on a finite sample: what counts is whether it lies above its null band. A small p-value
    says that the probabilities are wrong; a large one says only that these examples cannot show it.
    Limits: the interval of an ECE resamples the examples and shares its upward bias; a model can be calibrated overall
    and not within a group (CAL002).
    Source: Brier 1950; Murphy 1973 and Stephenson et al. 2008 (parts); Naeini et al. 2015; Guo et al. 2017; Blasiok and
    Nakkiran 2024 (smooth ECE); the null band after Vaicenavicius et al. 2019.
    """
    score, truth = predictions.score, predictions.truth
    right = np.eye(len(predictions.classes))[truth]
    losses = ((score - right) ** 2).sum(axis=1)
    note = f"sum over {len(predictions.classes)} classes"
    weight, unit = predictions.weight, predictions.unit
    yield mean("calibration.brier", losses, level=level, floor=0.0, ceiling=2.0, note=note, weight=weight, unit=unit)
    yield from _parts(score, right, predictions, bins, draws, seed.value, level)
    top = score.max(axis=1)
    hit = (score.argmax(axis=1) == truth).astype(float)
    yield from _ece("top label", top[:, None], hit[:, None], predictions, bins, draws, level, seed.value)
    yield from _ece("class-wise", score, right, predictions, bins, draws, level, seed.value)
    yield from _smooth(top, hit, predictions, draws, level, seed.value)
    if predictions.positive is not None:
        error = score[:, predictions.positive] - right[:, predictions.positive]
        name = "calibration.in_the_large"
        yield mean(name, error, level=level, floor=-1.0, ceiling=1.0, weight=weight, unit=unit)
    yield _reliability(top, hit, bins, draws, level, seed.value)


def _counted(predictions: Predictions, draws: int, seed: int) -> Iterator[Array]:
    """How often every row counts in every replicate: as often as it is drawn, times its weight."""
    weight = 1.0 if predictions.weight is None else predictions.weight
    for part in drawn(len(predictions.truth), draws, seed, predictions.unit):
        yield part * weight


def _parts(
    score: Array, right: Array, predictions: Predictions, bins: int, draws: int, seed: int, level: float
) -> Iterator[Measure]:
    binned = Binned.of(score, bins)
    rows = np.stack([np.ones_like(score), score, right, score**2, score * right])

    def parts(weight: Array) -> Array:
        sums = np.stack([binned.sums(weight[:, :, None] * one)[:, 0] for one in rows])
        return np.column_stack(brier_parts(sums))

    once = np.ones((1, len(score))) if predictions.weight is None else predictions.weight[None].astype(float)
    found = parts(once)[0]
    again = np.concatenate([parts(part) for part in _counted(predictions, draws, seed)])
    for name, value, column in zip(("reliability", "resolution", "uncertainty"), found, again.T, strict=True):
        yield _resampled(
            f"calibration.brier_{name}",
            float(value),
            column,
            level,
            setting(bins=bins),
            len(score),
            "bootstrap of rows",
        )


def _ece(
    kind: str, score: Array, outcome: Array, predictions: Predictions, bins: int, draws: int, level: float, seed: int
) -> Iterator[Measure]:
    at, binned = setting(bins=bins, kind=kind), Binned.of(score, bins)
    weight = None if predictions.weight is None else predictions.weight[None].astype(float)
    found = float(binned.ece(outcome[None], weight)[0, 0])
    null = np.concatenate([binned.ece(part, weight)[:, 0] for part in perfect(score, draws, seed)])
    again = np.concatenate([binned.ece(outcome[None], part)[:, 0] for part in _counted(predictions, draws, seed + 1)])
    yield _resampled("calibration.ece", found, again, level, at, len(score), "bootstrap of rows", null)
    yield number("calibration.ece_p_value", _p(found, null), setting=at, n=len(score), unit="p-value")


def _smooth(top: Array, hit: Array, predictions: Predictions, draws: int, level: float, seed: int) -> Iterator[Measure]:
    at, residual = setting(kind="top label"), top - hit
    weight = (
        np.ones(len(top)) if predictions.weight is None else predictions.weight * len(top) / predictions.weight.sum()
    )
    found = float(smooth_ece(top, residual * weight)[0])
    null = np.concatenate(
        [smooth_ece(top, (top - part[:, :, 0]) * weight) for part in perfect(top[:, None], draws, seed)]
    )
    again = np.concatenate(
        [
            smooth_ece(top, residual * part * len(top) / part.sum(axis=1, keepdims=True))
            for part in _counted(predictions, draws, seed + 1)
        ]
    )
    yield _resampled("calibration.smooth_ece", found, again, level, at, len(top), "bootstrap of rows", null)
    yield number("calibration.smooth_ece_p_value", _p(found, null), setting=at, n=len(top), unit="p-value")


def _p(found: float, null: Array) -> float:
    return (1 + int((null >= found - 1e-12).sum())) / (1 + len(null))


def _resampled(
    name: str, found: float, again: Array, level: float, at: Setting, n: int, method: str, null: Array | None = None
) -> Measure:
    bands = {one: tuple(np.quantile(again, [(1 - one) / 2, (1 + one) / 2])) for one in {*LEVELS, level}}
    bands = {one: (min(float(low), found), max(float(high), found)) for one, (low, high) in bands.items()}
    note = ""
    if null is not None:
        low, high = np.quantile(null, [(1 - level) / 2, (1 + level) / 2])
        note = f"a perfectly calibrated model would show {100 * low:.1f} to {100 * high:.1f} %"
    return banded(name, found, bands, method, level=level, setting=at, n=n, note=note)


def _reliability(score: Array, hit: Array, bins: int, draws: int, level: float, seed: int) -> Exhibit:
    binned = Binned.of(score[:, None], bins)
    n = binned.sums(np.ones((1, len(score), 1)))[0, 0, 0]
    filled = np.flatnonzero(n)
    said, k = (binned.sums(one[None, :, None])[0, 0, 0][filled] for one in (score, hit))
    low, high = mid_p(k, n[filled], level)
    null = np.concatenate([binned.sums(part)[:, 0, 0][:, filled] for part in perfect(score[:, None], draws, seed)])
    null_low, null_high = np.quantile(null / n[filled], [(1 - level) / 2, (1 + level) / 2], axis=0)
    columns = np.column_stack([said / n[filled], k / n[filled], low, high, null_low, null_high])
    return Exhibit(
        name="calibration.reliability",
        title="How often the top label is right, by how sure the model says it is",
        columns=("said", "found", "low", "high", "null low", "null high", "n"),
        rows=tuple((*map(float, row), int(size)) for row, size in zip(columns, n[filled], strict=True)),
        chart="curve",
        unit="share",
        n=len(score),
    )
