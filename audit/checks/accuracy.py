"""ACC001: accuracy and its kin, overall, per class and per group, beside the baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from audit import rates
from audit.check import check
from audit.estimate import LEVELS, Setting, banded, proportion, resampled, undefined
from audit.evidence import Baseline, Decisions, Predictions, Seed, Tally
from audit.interval import delongs, mid_p, paired_difference
from audit.mean_gap import of_areas
from audit.measure import Measure, setting
from audit.report import Exhibit
from audit.scores import Ranking, clustered
from audit.tally import EVERYONE

WHOLE: dict[str, Callable[[rates.Counts], rates.Values]] = {
    "accuracy.balanced_accuracy": rates.balanced_accuracy,
    "accuracy.precision": rates.precision_macro,
    "accuracy.recall": rates.recall_macro,
    "accuracy.f1_macro": rates.f1_macro,
}


@check("ACC001", dimension="accuracy")
def accuracy(
    decisions: Decisions,
    tally: Tally,
    seed: Seed,
    predictions: Predictions | None,
    baseline: Baseline | None,
    *,
    level: float = 0.95,
    draws: int = 2000,
) -> Iterator[Measure | Exhibit]:
    """How often is the model right, for whom, and is it better than something simpler?

    Measures: accuracy, balanced accuracy, precision, recall, F1 and (of scores) ROC-AUC, overall, per class and per
    group; the same for the baselines, and the paired difference of accuracy to each baseline.
    Read it: a share of 100 % is perfect; compare it with the baseline before praising it. Precision and recall without
    a class are means over the classes. ROC-AUC of 50 % is chance; with more than two classes each is set against the
    others.
    Limits: accuracy misleads when classes are unbalanced; says nothing about the cost of the two kinds of error, and
    nothing about data that differ from this split.
    Source: Fawcett 2006; DeLong et al. 1988 for ROC-AUC; Tango 1998 for paired differences.
    """
    yield from _overall(tally, seed.value, level, draws)
    yield from _per_class(tally, seed.value, level, draws)
    yield from _per_group(tally, level)
    if predictions is not None:
        yield from _roc_auc(predictions, level)
    if baseline is not None:
        yield from _baselines(decisions, baseline, level)
    yield _confusion(tally)


def _overall(tally: Tally, seed: int, level: float, draws: int) -> Iterator[Measure]:
    (right,), (n,) = tally.right(EVERYONE)
    yield proportion("accuracy.accuracy", right, n, level=level)
    for name, statistic in WHOLE.items():
        yield resampled(
            name, tally.total, statistic, seed=seed, level=level, draws=draws, n=round(n), scatter=tally.scatter
        )


def _per_class(tally: Tally, seed: int, level: float, draws: int) -> Iterator[Measure]:
    for position, name in enumerate(tally.classes):
        at = setting(**{"class": name})
        (right,), (decided,) = tally.precise(EVERYONE, position)
        (found,), (occurring,) = tally.found(EVERYONE, position)
        if decided == 0:
            yield undefined("accuracy.precision", f"the model never decides {name!r}", setting=at, n=0)
        else:
            yield proportion("accuracy.precision", right, decided, setting=at, level=level)
        yield proportion("accuracy.recall", found, occurring, setting=at, level=level)
        yield resampled(
            "accuracy.f1", tally.total, partial(_f1, position=position), seed=seed, setting=at, level=level,
            draws=draws, n=round(decided + occurring - found), scatter=tally.scatter,
        )  # fmt: skip


def _f1(counts: rates.Counts, position: int) -> rates.Values:
    return rates.f1s(counts)[..., position]


def _per_group(tally: Tally, level: float) -> Iterator[Measure]:
    for by in tally.groupings:
        for position, (k, n) in enumerate(zip(*tally.right(by), strict=True)):
            yield proportion("accuracy.accuracy", k, n, slice=tally.slice(by, position), level=level)


def _roc_auc(predictions: Predictions, level: float) -> Iterator[Measure]:
    if predictions.binary:
        position = 1 if predictions.positive is None else predictions.positive
        yield _auc(predictions, predictions.score[:, position], position, level, ())
        return
    for position, name in enumerate(predictions.classes):
        at = setting(**{"class": name})
        yield _auc(predictions, predictions.score[:, position], position, level, at)


def _auc(predictions: Predictions | Decisions, score: np.ndarray, position: int, level: float, at: Setting) -> Measure:
    positive, weight, unit = predictions.truth == position, predictions.weight, predictions.unit
    if weight is not None or unit is not None:
        return _clustered_auc(clustered(score, positive, weight, unit), level, at)
    if positive.all() or not positive.any():
        return undefined(
            "accuracy.roc_auc", "the split holds only one of the two outcomes", setting=at, n=len(positive)
        )
    found = delongs(score, positive, sorted({*LEVELS, level}))
    bands = {one: (low, high) for one, (_, low, high) in found.items()}
    return banded(
        "accuracy.roc_auc", found[level][0], bands, "DeLong, logit scale", level=level, setting=at, n=len(positive)
    )


def _clustered_auc(ranking: Ranking, level: float, at: Setting) -> Measure:
    """Of rows that are weighted or belong to units."""
    name, n = "accuracy.roc_auc", round(float(ranking.positives[0] + ranking.negatives[0]))
    if not np.isfinite(ranking.area[0]):
        return undefined(name, "the split holds only one of the two outcomes", setting=at)
    found = of_areas(ranking)
    limits = {one: found.limits(mid_p, one) for one in sorted({*LEVELS, level})}
    bands = {one: (float(low[0]), float(high[0])) for one, (low, high) in limits.items()}
    note = "n is the effective number of rows or units"
    return banded(
        name, float(ranking.area[0]), bands, "mid-P of effective counts", level=level, setting=at, n=n, note=note
    )


def _baselines(predictions: Decisions, baseline: Baseline, level: float) -> Iterator[Measure]:
    right = predictions.decision == predictions.truth
    for name, decisions in baseline.decisions.items():
        simpler = decisions == predictions.truth
        at = setting(baseline=name)
        yield proportion("accuracy.accuracy", int(simpler.sum()), len(simpler), setting=at, level=level)
        if predictions.binary and name in baseline.scores:
            position = 1 if predictions.positive is None else predictions.positive
            yield _auc(predictions, baseline.scores[name][:, position], position, level, at)
        only, lost, n = int((right & ~simpler).sum()), int((simpler & ~right).sum()), len(right)
        found = {one: paired_difference(only, lost, n, one) for one in sorted({*LEVELS, level})}
        bands = {one: (low, high) for one, (_, low, high) in found.items()}
        yield banded(
            "accuracy.vs_baseline", found[level][0], bands, "Tango score, paired", level=level, setting=at, n=n,
            note=f"right where the baseline is wrong: {only}; wrong where it is right: {lost}",
        )  # fmt: skip


def _confusion(tally: Tally) -> Exhibit:
    rows = tuple((name, *map(int, row)) for name, row in zip(tally.classes, tally.total, strict=True))
    return Exhibit(
        name="accuracy.confusion_matrix",
        title="What was decided (columns) for what was true (rows)",
        columns=("truth", *tally.classes),
        rows=rows,
        unit="examples",
        n=int(tally.total.sum()),
    )
