"""The same people as if they belonged to another group: their group column changed, or what stands in for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEWEST = 30
"""Training rows a group needs to lend its values to others."""


def associations(frame: pd.DataFrame, group: NDArray[np.object_]) -> dict[str, float]:
    """How closely each column goes with the group, from 0 to 1, the closest first.

    Categories: Cramer's V. Numbers: the correlation ratio (square root of the share of variance between groups).
    Source: Cramer 1946; Fisher 1925.
    """
    code, names = pd.factorize(pd.Series(group).astype(str))
    found = {}
    for column in frame.columns:
        values = frame[column]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            found[str(column)] = _correlation_ratio(values.to_numpy(dtype=float), code, len(names))
        else:
            found[str(column)] = _cramer(pd.factorize(values.astype(str))[0], code)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _correlation_ratio(values: NDArray[np.float64], code: NDArray[np.intp], groups: int) -> float:
    known = np.isfinite(values)
    values, code = values[known], code[known]
    if not len(values) or np.ptp(values) == 0:
        return 0.0
    n = np.bincount(code, minlength=groups)
    mean = np.divide(np.bincount(code, values, groups), n, out=np.zeros(groups), where=n > 0)
    between = float((n * (mean - values.mean()) ** 2).sum())
    return float(np.sqrt(min(1.0, between / ((values - values.mean()) ** 2).sum())))


def _cramer(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    rows, columns = int(one.max()) + 1, int(other.max()) + 1
    if min(rows, columns) < 2:
        return 0.0
    table = np.bincount(one * columns + other, minlength=rows * columns).reshape(rows, columns)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / table.sum() / (min(rows, columns) - 1)))


def as_if(
    frame: pd.DataFrame,
    group: NDArray[np.object_],
    other: str,
    columns: list[str],
    seen: pd.DataFrame,
    seen_group: NDArray[np.object_],
    seed: int,
) -> pd.DataFrame:
    """Rows with the given columns as they would stand in another group, all the rest as it is.

    Numbers keep their rank: the value at the same quantile of the other group's training rows. Categories change as
    little as gives them the other group's shares (maximal coupling, drawn by seed). Rows of the other group itself, and
    of groups with fewer than 30 training rows, stay as they are.
    """
    changed, generator = frame.copy(), np.random.default_rng(seed)
    goal = seen[seen_group == other]
    for name in sorted({str(one) for one in group} - {other}):
        rows, origin = np.flatnonzero(group == name), seen[seen_group == name]
        if len(origin) < FEWEST or len(goal) < FEWEST:
            continue
        for column in columns:
            values = frame[column].iloc[rows]
            number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
            move = _same_rank if number else _coupled
            moved = move(values, origin[column], goal[column], generator)
            whole = changed[column].to_numpy(dtype=float if number else object, copy=True)
            whole[rows] = moved
            changed[column] = pd.Series(whole, index=frame.index)
    return changed


def _same_rank(values: pd.Series, origin: pd.Series, goal: pd.Series, _: np.random.Generator) -> NDArray[np.float64]:
    number, start, end = (one.to_numpy(dtype=float) for one in (values, origin, goal))
    start, end = np.sort(start[np.isfinite(start)]), np.sort(end[np.isfinite(end)])
    if not len(start) or not len(end):
        return number
    rank = (np.searchsorted(start, number, side="left") + np.searchsorted(start, number, side="right")) / 2 / len(start)
    moved = np.quantile(end, np.clip(np.where(np.isfinite(number), rank, 0.5), 0, 1), method="inverted_cdf")
    return np.where(np.isfinite(number), moved, number)


def _coupled(
    values: pd.Series, origin: pd.Series, goal: pd.Series, generator: np.random.Generator
) -> NDArray[np.object_]:
    shares = [one.astype(object).value_counts(normalize=True) for one in (origin, goal)]
    names = sorted({*shares[0].index, *shares[1].index}, key=str)
    start, end = (one.reindex(names).fillna(0.0).to_numpy() for one in shares)
    stays = np.divide(end, start, out=np.ones_like(end), where=start > 0)
    place = pd.Index(names).get_indexer(pd.Index(values.astype(object)))
    stay = (place < 0) | (generator.random(len(values)) < stays[place])
    excess = np.maximum(end - start, 0)
    drawn = generator.choice(len(names), len(values), p=excess / excess.sum()) if excess.sum() > 0 else place
    known = np.asarray(names, dtype=object)
    return np.where(stay, values.astype(object).to_numpy(), known[drawn])
