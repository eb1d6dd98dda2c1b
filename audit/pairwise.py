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
