"""How often the relevant one of two examples is ranked higher, within groups and queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from audit.evidence import Ranking
from audit.grouping import Grouping, coarser, finest
from audit.quantile import ranks
from audit.scores import Ranking as Areas
from audit.scores import Scores

__all__ = ["Areas", "areas"]


def areas(ranked: Ranking, labels: Mapping[str, NDArray[np.object_]]) -> Iterator[tuple[Grouping, Areas]]:
    """For everybody and every way of grouping, the share of well-ranked pairs of each group, ties counted half.

    Without queries all pairs of a group count (its ROC-AUC, with DeLong's error); with them the pairs within a query, with
    the error of a ratio of sums over queries. NaN where a group has no such pair.
    Source: Beutel et al. 2019; DeLong et al. 1988; Cochran 1977.
    """
    relevant = np.asarray(ranked.relevant, dtype=bool)
    if ranked.query is None:
        scores = Scores.of(ranked.score, relevant, labels)
        for by, grouping in scores.grouping.items():
            yield grouping, scores.ranking(by)
        return
    query = np.unique(ranked.query, return_inverse=True)[1]
    whole, code = finest(labels, len(relevant))
    for grouping, place in coarser(whole):
        yield grouping, _within(ranked.score, relevant, query, place[code], len(grouping.parts))


def influences(
    ranked: Ranking, labels: Mapping[str, NDArray[np.object_]]
) -> Iterator[tuple[Grouping, NDArray[np.intp], NDArray[np.float64]]]:
    """For everybody and every way of grouping, (n,) the group of each row and (n,) its own group's area as this row sees it.

    The mean over a group is its area; with queries, over the rows of a query, so they vary as queries do. NaN where a
    group has no pair. Source: DeLong et al. 1988 (placement values); Cochran 1977.
    """
    relevant = np.asarray(ranked.relevant, dtype=bool)
    query = None if ranked.query is None else np.unique(ranked.query, return_inverse=True)[1]
    whole, code = finest(labels, len(relevant))
    for grouping, place in coarser(whole):
        group = place[code]
        cell = group if query is None else np.unique(query * len(grouping.parts) + group, return_inverse=True)[1]
        yield grouping, group, _seen(ranked.score, relevant, cell, group, alone=query is None)


def _seen(
    score: NDArray[np.float64],
    relevant: NDArray[np.bool_],
    cell: NDArray[np.intp],
    group: NDArray[np.intp],
    *,
    alone: bool,
) -> NDArray[np.float64]:
    """(n,) of pairs within a cell. alone: rows vary by themselves; else the rows of a cell together."""
    better = np.where(relevant, _rank(score, cell) - _rank_among(score, cell, relevant), 0.0)
    beaten = np.where(~relevant, _rank(-score, cell) - _rank_among(-score, cell, ~relevant), 0.0)
    positives, negatives = (np.bincount(cell, one)[cell] for one in (relevant, ~relevant))
    pairs = np.bincount(group, np.where(relevant, negatives, 0.0))
    well = np.bincount(group, better)
    share = np.divide(well, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)[group]
    size, total = np.bincount(group)[group], np.maximum(pairs, 1)[group]
    moved = np.where(relevant, better - share * negatives, beaten - share * positives)
    if not alone:
        moved = (np.bincount(cell, np.where(relevant, moved, 0.0)) / np.bincount(cell))[cell]
    return np.asarray(share + size / total * moved)


def _rank_among(score: NDArray[np.float64], cell: NDArray[np.intp], those: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) rank of those rows among themselves in their cell; 0 for others."""
    found = np.zeros(len(score))
    if those.any():
        found[those] = _rank(score[those], np.unique(cell[those], return_inverse=True)[1])
    return found


def _within(
    score: NDArray[np.float64],
    relevant: NDArray[np.bool_],
    query: NDArray[np.intp],
    group: NDArray[np.intp],
    groups: int,
) -> Areas:
    cell, place = np.unique(query * groups + group, return_inverse=True)
    of_group = cell % groups
    positives = np.bincount(place, relevant, len(cell))
    negatives = np.bincount(place, ~relevant, len(cell))
    well = np.bincount(place, relevant * _rank(score, place), len(cell)) - positives * (positives + 1) / 2
    pairs = positives * negatives
    total = np.bincount(of_group, pairs, groups)
    share = np.divide(np.bincount(of_group, well, groups), total, out=np.full(groups, np.nan), where=total > 0)
    residual = np.where(pairs > 0, well - np.nan_to_num(share)[of_group] * pairs, 0.0)
    queries = np.bincount(of_group, pairs > 0, groups)
    between = np.bincount(of_group, residual**2, groups) * queries / np.maximum(queries - 1, 1)
    error = np.sqrt(np.divide(between, total**2, out=np.zeros(groups), where=(total > 0) & (queries > 1)))
    counted = [np.bincount(of_group, (pairs > 0) * one, groups).astype(float) for one in (positives, negatives)]
    return Areas(share, np.where(total > 0, error, np.nan), np.where(total > 0, 0.0, np.nan), counted[0], counted[1])


def _rank(score: NDArray[np.float64], place: NDArray[np.intp]) -> NDArray[np.float64]:
    """(n,) rank of each row among the rows of its cell, from 1, ties sharing their mean rank."""
    dense = np.unique(score, return_inverse=True)[1]
    joint = ranks(place * (int(dense.max()) + 1) + dense)
    size = np.bincount(place)
    before = np.concatenate([[0], np.cumsum(size)[:-1]])
    within: NDArray[np.float64] = joint - before[place]
    return within
