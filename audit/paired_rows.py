"""Numbers of two versions that need the scores of every row: resampled together on the same rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import NDArray

from audit.bootstrap import Draws
from audit.interval import Array
from audit.measure import Measure
from audit.paired_counts import Key
from audit.resample import drawn as rows_drawn
from audit.resample import over
from audit.rows import Rows

MOST = 20_000
"""Rows beyond which a seeded sample of as many is resampled."""
Statistic = Callable[[Array], Array]
"""(draws, rows) how often each row was drawn, to (draws,) values."""


def resampled(
    measures: list[Measure], first: Rows, second: Rows, favourable: int | None, draws: int, seed: int
) -> dict[Key, Draws]:
    """Second minus first of every measure of scores that is known here, by one bootstrap of the rows (or units) for all."""
    chosen = _sample(len(second.truth), seed)
    pairs: dict[Key, tuple[Statistic, Statistic]] = {}
    for measure in measures:
        inside = second.inside(measure.slice)
        if inside is not None and inside[chosen].any():
            made = [_statistic(measure, rows, chosen, inside[chosen], favourable) for rows in (first, second)]
            if made[0] is not None and made[1] is not None:
                pairs[measure.key] = made[0], made[1]
    if not pairs:
        return {}
    unit = None if second.unit is None else second.unit[chosen]
    weight = np.ones(len(chosen)) if second.weight is None else second.weight[chosen].astype(float)
    table = [_gains(pairs, drawn * weight) for drawn in rows_drawn(len(chosen), draws, seed, unit)]
    value, replicates = _gains(pairs, weight[None])[0], np.concatenate(table)
    return {
        key: Draws(float(one), column[np.isfinite(column)], float(np.mean(~np.isfinite(column))))
        for key, one, column in zip(pairs, value, replicates.T, strict=True)
    }


def _gains(pairs: dict[Key, tuple[Statistic, Statistic]], drawn: Array) -> Array:
    return np.column_stack([after(drawn) - before(drawn) for before, after in pairs.values()])


def _sample(n: int, seed: int) -> NDArray[np.intp]:
    if n <= MOST:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, MOST, replace=False))


def _statistic(
    measure: Measure, rows: Rows, chosen: NDArray[np.intp], inside: NDArray[np.bool_], favourable: int | None
) -> Statistic | None:
    """The number as a function of how often each row is drawn; ``None`` for a measure that is not known here."""
    options, name = dict(measure.setting), measure.name
    truth, score = rows.truth[chosen], rows.score[chosen]
    right = np.eye(len(rows.classes))[truth]
    outcome = rows.classes.index(str(options["class"])) if options.get("class") in rows.classes else favourable
    outcome = 1 if outcome is None and len(rows.classes) == 2 else outcome
    if name == "calibration.brier" and not options:
        return _mean(((score - right) ** 2).sum(axis=1), inside)
    if name == "calibration.ece" and options.get("kind") == "top label":
        top = score.argmax(axis=1)
        return _ece(score.max(axis=1)[:, None], (top == truth)[:, None], int(options["bins"]), inside)
    if name == "calibration.ece" and options.get("kind") == "class-wise":
        return _ece(score, right, int(options["bins"]), inside)
    if name == "uncertainty.selective_risk" and not options:
        return _selective_risk(score.max(axis=1), rows.right[chosen], inside)
    if outcome is None or not set(options) <= {"class", "bins", "kind"}:
        return None
    of_class, came = score[:, outcome], right[:, outcome]
    if name == "accuracy.ks":
        return _ks(of_class, came, inside)
    if name == "fairness.mean_score":
        return _mean(of_class, inside)
    return None


def _mean(values: Array, inside: NDArray[np.bool_]) -> Statistic:
    kept = inside.astype(float)
    held = values * kept
    return lambda drawn: over(drawn @ held, drawn @ kept)


def _ece(score: Array, outcome: NDArray[np.generic], bins: int, inside: NDArray[np.bool_]) -> Statistic:
    """Sum over bins of |sum of score - outcome| over the rows, mean over the columns."""
    n, columns = score.shape
    cell = np.minimum((score * bins).astype(int), bins - 1) + bins * np.arange(columns)
    residual = (score - outcome.astype(float)) * inside[:, None]
    where = np.repeat(np.arange(n), columns), cell.ravel()
    table = scipy.sparse.csc_array((residual.ravel(), where), shape=(n, bins * columns)).T.tocsr()
    kept = inside.astype(float)
    return lambda drawn: over(np.abs((table @ drawn.T).T).sum(axis=1), drawn @ kept) / columns


def _ks(score: Array, came: Array, inside: NDArray[np.bool_]) -> Statistic:
    """Largest distance between the distributions of the scores of both outcomes."""
    order = np.argsort(score, kind="stable")
    last = np.append(np.diff(score[order]) > 0, True)
    kept = inside.astype(float)[order]
    came = came[order] * kept

    def distance(drawn: Array) -> Array:
        sorted_ = drawn[:, order]
        positive, everyone = (sorted_ * came).cumsum(axis=1), (sorted_ * kept).cumsum(axis=1)
        negative = everyone - positive
        apart = over(positive, positive[:, -1:]) - over(negative, negative[:, -1:])
        return np.asarray(np.abs(apart[:, last]).max(axis=1))

    return distance


def _selective_risk(sure: Array, right: NDArray[np.bool_], inside: NDArray[np.bool_]) -> Statistic:
    """Mean over all shares kept of the error among the rows the model is surest of."""
    order = np.argsort(-sure, kind="stable")
    kept, wrong = inside.astype(float)[order], (inside & ~right).astype(float)[order]

    def area(drawn: Array) -> Array:
        sorted_ = drawn[:, order]
        counted = (sorted_ * kept).cumsum(axis=1)
        risk = over((sorted_ * wrong).cumsum(axis=1), counted)
        return over((np.nan_to_num(risk) * sorted_ * kept).sum(axis=1), counted[:, -1])

    return area
