"""FAI007: are people who are alike decided alike?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from audit.check import NotApplicable, check
from audit.contribution import Contribution
from audit.estimate import proportion
from audit.evidence import Network, Predictions, Seed, Table
from audit.interval import Array
from audit.measure import Measure, setting


@check("FAI007", dimension="fairness")
def consistency(
    predictions: Predictions,
    table: Table,
    network: Network,
    seed: Seed,
    *,
    neighbours: int = 5,
    sample: int = 5000,
    level: float = 0.95,
) -> Iterator[Measure | Contribution]:
    """Are people who are alike decided alike?

    Measures: 1 minus the mean share of each example's five nearest neighbours (all columns as the model encodes them,
    Euclidean distance) that were decided otherwise.
    Read it: 100 % means that nobody has a neighbour with another decision. A boundary must lie somewhere, so a useful
    model is below it; a sudden drop between versions is what to look for.
    Limits: alike means near in the encoded columns, whatever these leave out or carry of a group; the distance weighs all
    columns alike. The interval errs on the wide side. Beyond 5,000 examples a seeded sample is taken.
    Source: Zemel et al. 2013; aif360 `consistency_score`; interval: variance over pairs that share an example
    (Aronow, Samii and Assenova 2015), as the counts of a proportion that is as sure.
    """
    n = len(predictions.truth)
    if n <= neighbours:
        raise NotApplicable(f"{neighbours} neighbours need more than {neighbours} examples, there are {n}")
    rows = np.arange(n)
    if n > sample:
        rows = np.sort(np.random.default_rng(seed.value).choice(n, sample, replace=False))
    encoded = network.model.encode(table.frame.iloc[rows].reset_index(drop=True)).numpy()
    near = nearest(encoded, neighbours)
    differs = predictions.decision[rows][near] != predictions.decision[rows][:, None]
    value, size = 1 - float(differs.mean()), effective(near, differs)
    note = f"a sample of {sample} of {n} examples" if n > sample else ""
    name, at = "fairness.individual_consistency", setting(neighbours=neighbours)
    yield proportion(name, value * size, size, setting=at, level=level, note=note)
    yield Contribution.of(name, value - touching(near, differs), at, rows=rows)


def nearest(points: Array, k: int) -> NDArray[np.intp]:
    """(n, k) positions of the nearest other points; ties go by position."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=k + 1).fit(points).kneighbors(points, return_distance=False)
    own = found == np.arange(len(points))[:, None]
    own[~own.any(axis=1), -1] = True  # as many copies as neighbours: leave out the last of them
    return np.asarray(found[~own].reshape(len(points), k))


def touching(near: NDArray[np.intp], differs: NDArray[np.bool_]) -> Array:
    """(n,) how far the pairs that an example is in, on either side, differ more often than all: the influence on the
    mean share. Source: Aronow, Samii and Assenova 2015."""
    off = (differs - differs.mean()) / near.shape[1]
    return np.asarray(off.sum(axis=1) + np.bincount(near.ravel(), off.ravel(), len(near)))


def effective(near: NDArray[np.intp], differs: NDArray[np.bool_]) -> float:
    """How many independent examples would know the mean share as well; pairs that share an example go together."""
    n, k = near.shape
    off = (differs - differs.mean()) / k
    pairs = np.sort(np.stack([np.repeat(np.arange(n), k), near.ravel()]), axis=0)
    _, pair = np.unique(pairs[0] * n + pairs[1], return_inverse=True)
    twice = np.bincount(pair, off.ravel())
    variance = float((touching(near, differs) ** 2).sum() - (twice**2).sum()) / n**2
    share = float(differs.mean())
    if variance <= 0 or share in (0.0, 1.0):
        return max(1.0, n / (k + 1))
    return float(np.clip(share * (1 - share) / variance, 1.0, n))
