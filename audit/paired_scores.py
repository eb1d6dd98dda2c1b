"""Measures of scores as functions of how often each row counts: what a bootstrap of the rows asks again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import scipy
from numpy.typing import NDArray

from audit.calibration import Binned, brier_parts, fixed_point, spread
from audit.grouping import JOINT, coarser, finest
from audit.interval import Array
from audit.measure import Measure
from audit.rates import gap
from audit.resample import over
from audit.rows import Rows
from audit.selective import Kept

Statistic = Callable[[Array], Array]
"""(draws, rows) how much each row counts, to (draws,) values."""
Codes = NDArray[np.intp]


def statistic(measure: Measure, rows: Rows, place: Codes, favourable: int | None) -> Statistic | None:
    """The number as a function of the weights of the rows at ``place``; ``None`` for a measure that is not known here.

    Of a measure with a target it is the distance from it: what is nearer is better.
    """
    part, options, name = rows.take(place), dict(measure.setting), measure.name
    if name.startswith("uncertainty."):
        return _uncertainty(measure, rows, place)
    if "by" in options:
        return _between_groups(name, str(options["by"]), part, _outcome(measure, rows, favourable))
    if name.startswith("calibration."):
        return _calibration(name, measure, part, favourable)
    outcome = _outcome(measure, rows, favourable)
    if outcome is None or not set(options) <= {"class"}:
        return None
    ranked = {"accuracy.ks": _ks, "accuracy.pr_auc": _precision, "accuracy.roc_auc": _area}
    score, came = part.score[:, outcome], part.truth == outcome
    if name in ranked:
        return ranked[name](score, came)
    if name == "accuracy.gini":
        area = _area(score, came)
        return lambda drawn: 2 * area(drawn) - 1
    return None


def _outcome(measure: Measure, rows: Rows, favourable: int | None) -> int | None:
    """The class whose scores are meant: the one named, else the favourable one, else the last of two."""
    named = dict(measure.setting).get("class")
    if named is not None:
        return rows.classes.index(str(named)) if named in rows.classes else None
    return 1 if favourable is None and len(rows.classes) == 2 else favourable


def _calibration(name: str, measure: Measure, part: Rows, favourable: int | None) -> Statistic | None:
    options, score = dict(measure.setting), part.score
    right = np.eye(len(part.classes))[part.truth]
    if name == "calibration.brier" and not options:
        return mean(((score - right) ** 2).sum(axis=1))
    if name in ("calibration.brier_reliability", "calibration.brier_resolution") and set(options) == {"bins"}:
        return _brier_part(score, right, int(options["bins"]), name == "calibration.brier_resolution")
    known = _said(measure, part, right, favourable)
    return None if known is None else _calibration_error(name, *known, int(options.get("bins", 0)))


def _said(measure: Measure, part: Rows, right: Array, favourable: int | None) -> tuple[Array, Array] | None:
    """(rows, columns) stated probabilities and what came true: of every class, of the top label, or of one class."""
    kind, score = dict(measure.setting).get("kind"), part.score
    if kind == "class-wise":
        return score, right
    if kind == "top label":
        hit = score.argmax(axis=1) == part.truth
        return score.max(axis=1)[:, None], hit[:, None].astype(float)
    outcome = _outcome(measure, part, favourable)
    return None if outcome is None else (score[:, [outcome]], right[:, [outcome]])


def _calibration_error(name: str, said: Array, came: Array, bins: int) -> Statistic | None:
    if name == "calibration.ece":
        return _ece(said, came, bins)
    if name == "calibration.smooth_ece":
        table = spread(said[:, 0]).multiply((said - came)[:, 0]).tocsr()
        return lambda drawn: fixed_point((table @ drawn.T).T / drawn.sum(axis=1, keepdims=True))
    if name == "calibration.in_the_large":
        error = mean((said - came)[:, 0])
        return lambda drawn: np.abs(error(drawn))
    return None


def mean(values: Array) -> Statistic:
    """Of the rows that count."""
    return lambda drawn: over(drawn @ values, drawn.sum(axis=1))


def _ece(said: Array, came: Array, bins: int) -> Statistic:
    """Sum over bins of |sum of score - outcome| over the rows, mean over the columns."""
    table, columns = Binned.of(said, bins).table(said - came), said.shape[1]
    return lambda drawn: over(np.abs((table @ drawn.T).T).sum(axis=1), drawn.sum(axis=1)) / columns


def _brier_part(score: Array, right: Array, bins: int, resolution: bool) -> Statistic:
    binned = Binned.of(score, bins)
    values = (np.ones_like(score), score, right, score**2, score * right)
    table = scipy.sparse.vstack([binned.table(one) for one in values], format="csr")

    def part(drawn: Array) -> Array:
        sums = (table @ drawn.T).T.reshape(len(drawn), 5, *binned.shape)
        return brier_parts(np.moveaxis(sums, 1, 0))[int(resolution)]

    return part


def _ranked(score: Array, came: NDArray[np.bool_]) -> Callable[[Array], tuple[Array, Array]]:
    """From weights to the weight of the outcome and of everybody down to each distinct score, from the highest."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    positive = came[order].astype(float)

    def curve(drawn: Array) -> tuple[Array, Array]:
        ordered = drawn[:, order]
        return (ordered * positive).cumsum(axis=1)[:, ends], ordered.cumsum(axis=1)[:, ends]

    return curve


def _shares(positive: Array, everyone: Array) -> tuple[Array, Array]:
    negative = everyone - positive
    return over(positive, positive[:, -1:]), over(negative, negative[:, -1:])


def _ks(score: Array, came: NDArray[np.bool_]) -> Statistic:
    """Largest distance between the distributions of the scores of both outcomes."""
    curve = _ranked(score, came)

    def distance(drawn: Array) -> Array:
        hits, alarms = _shares(*curve(drawn))
        return np.asarray(np.abs(hits - alarms).max(axis=1))

    return distance


def _area(score: Array, came: NDArray[np.bool_]) -> Statistic:
    curve = _ranked(score, came)

    def area(drawn: Array) -> Array:
        hits, alarms = _shares(*curve(drawn))
        return np.asarray((np.diff(alarms, axis=1, prepend=0) * (hits - np.diff(hits, axis=1, prepend=0) / 2)).sum(1))

    return area


def _precision(score: Array, came: NDArray[np.bool_]) -> Statistic:
    """Average precision."""
    curve = _ranked(score, came)

    def precision(drawn: Array) -> Array:
        positive, everyone = curve(drawn)
        gained = np.diff(over(positive, positive[:, -1:]), axis=1, prepend=0)
        return np.asarray((gained * np.nan_to_num(over(positive, everyone))).sum(axis=1))

    return precision


def groups_of(rows: Rows, by: str) -> Codes | None:
    """(n,) the group of every row; ``None`` where these rows do not know the columns."""
    columns = by.split(JOINT)
    if not set(columns) <= set(rows.groups):
        return None
    whole, code = finest({column: rows.groups[column] for column in columns}, len(rows.truth))
    *_, (_, place) = coarser(whole)
    return np.asarray(place[code])


def _between_groups(name: str, by: str, part: Rows, outcome: int | None) -> Statistic | None:
    code = groups_of(part, by)
    if code is None or outcome is None:
        return None
    score, came = part.score[:, outcome], part.truth == outcome
    if name == "fairness.mean_score_difference":
        return gap_of_means(score, code)
    if name == "fairness.calibration_difference":
        return gap_of_means(score - came, code)
    if name == "fairness.standardized_mean_difference":
        return standardised(score, code)
    if name == "fairness.auc_difference":
        inside = list(_members(code))
        areas = [_area(score[one], came[one]) for one in inside]
        return lambda drawn: gap(
            np.column_stack([area(drawn[:, one]) for area, one in zip(areas, inside, strict=True)])
        )
    return None


def _members(code: Codes) -> Iterator[Codes]:
    for group in range(int(code.max()) + 1):
        yield np.flatnonzero(code == group)


def _sums(code: Codes, *values: Array) -> Callable[[Array], list[Array]]:
    """From weights to (draws, groups) sums of the weights and of each of the values."""
    shape = int(code.max()) + 1, len(code)
    tables = [
        scipy.sparse.csr_array((one, (code, np.arange(len(code)))), shape) for one in (np.ones(len(code)), *values)
    ]
    return lambda drawn: [np.asarray((table @ drawn.T).T) for table in tables]


def gap_of_means(values: Array, code: Codes) -> Statistic:
    """The largest difference of means between two groups."""
    sums = _sums(code, values)

    def apart(drawn: Array) -> Array:
        weight, total = sums(drawn)
        return gap(over(total, weight))

    return apart


def standardised(score: Array, code: Codes) -> Statistic:
    """The gap of means over the standard deviation within groups."""
    sums = _sums(code, score, score**2)

    def apart(drawn: Array) -> Array:
        weight, total, squares = sums(drawn)
        everybody, groups = weight.sum(axis=1), (weight > 0).sum(axis=1)
        within = (squares - np.nan_to_num(over(total**2, weight))).sum(axis=1)
        return over(gap(over(total, weight)), np.sqrt(np.maximum(0, over(within, everybody - groups))))

    return apart


def _uncertainty(measure: Measure, rows: Rows, place: Codes) -> Statistic | None:
    options, name = dict(measure.setting), measure.name
    if name == "uncertainty.selective_risk" and not options:
        part = rows.take(place)
        return Kept.of(part.score.max(axis=1), ~part.right).area
    if name == "uncertainty.selective_accuracy" and set(options) == {"kept"}:
        kept = (rows.score.max(axis=1) >= _bar(rows, float(options["kept"])))[place].astype(float)
        held = kept * rows.right[place]
        return lambda drawn: over(drawn @ held, drawn @ kept)
    return None


def _bar(rows: Rows, share: float) -> float:
    """How sure the version is at least, where it answers for this share of everybody."""
    sure = rows.score.max(axis=1)
    order = np.argsort(-sure, kind="stable")
    weight = np.ones(len(sure)) if rows.weight is None else rows.weight.astype(float)
    reached = weight[order].cumsum() >= share * weight.sum() * (1 - 1e-12)
    return float(sure[order][int(reached.argmax())])
