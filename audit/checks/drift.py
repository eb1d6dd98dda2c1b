"""DAT002: do the answers change over time?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.check import NotApplicable, check
from audit.contrast import pair_difference
from audit.estimate import LEVELS, Setting, banded, resampled
from audit.evidence import Decisions, Outputs, Seed, Times
from audit.measure import Measure, setting

FEWEST = 20
"""Rows of a half that a comparison needs."""


@check("DAT002", dimension="data")
def drift(
    outputs: Outputs, times: Times, seed: Seed, decisions: Decisions | None, *, bins: int = 10, level: float = 0.95,
    draws: int = 2000,
) -> Iterator[Measure]:  # fmt: skip
    """Do the answers change over time?

    Measures: the later half of the rows against the earlier one: the difference of the share decided as the outcome
    asked about and, where the truth is known, of the share decided wrongly; and of scores the population stability index
    over `bins` parts that are equally frequent in the earlier half.
    Read it: 0 is no change. The index is above 0 by chance alone: the note says what no change would show. A model can
    stay the same and its answers change, because other people are asked about.
    Limits: two halves show a step or a trend, not a season; rows of one moment stay together. Weights and units are not
    taken into account.
    Source: Yurdakul and Naranjo 2020 (distribution of the index); interval of a difference: MOVER of mid-P limits.
    """
    later = _later(times)
    sizes = int((~later).sum()), int(later.sum())
    if min(sizes) < FEWEST:
        raise NotApplicable(
            f"the earlier half has {sizes[0]} rows and the later {sizes[1]}; at least {FEWEST} are needed"
        )
    note = f"{times.first} to {times.last}; {sizes[1]} later rows against {sizes[0]} earlier ones"
    outcomes = [outputs.positive] if outputs.positive is not None else range(len(outputs.classes))
    for one in outcomes:
        hit, at = outputs.decision == one, setting(**{"class": outputs.classes[one]})
        yield _apart("data.drift_selection", hit, later, at, level, note)
        if outputs.score is not None:
            yield _stability(outputs.score[:, one], later, at, seed.value, bins, level, draws)
    if decisions is not None:
        yield _apart("data.drift_error", decisions.decision != decisions.truth, later, (), level, note)


def _later(times: Times) -> np.ndarray:
    """(n,) whether a row lies in the later half; rows of one moment stay together."""
    middle = float(np.median(times.order))
    later = times.order > middle
    return later if later.any() else times.order >= middle


def _apart(name: str, hit: np.ndarray, later: np.ndarray, at: Setting, level: float, note: str) -> Measure:
    k, n = (int(hit[later].sum()), int(hit[~later].sum())), (int(later.sum()), int((~later).sum()))
    found = {one: pair_difference(k[0], n[0], k[1], n[1], one) for one in sorted({*LEVELS, level})}
    bands = {one: (float(low.item()), float(high.item())) for one, (_, low, high) in found.items()}
    value = float(found[level][0].item())
    return banded(name, value, bands, "MOVER of mid-P limits", level=level, setting=at, n=sum(n), note=note)


def _stability(
    score: np.ndarray, later: np.ndarray, at: Setting, seed: int, bins: int, level: float, draws: int
) -> Measure:
    edges = _edges(score[~later], bins)
    place = np.searchsorted(edges, score, side="right")
    counts = np.array([np.bincount(place[part], minlength=len(edges) + 1) for part in (~later, later)])
    chance = len(edges) * (1 / counts[0].sum() + 1 / counts[1].sum())
    return resampled(
        "data.drift_psi", counts, _index, seed=seed, level=level, draws=draws, setting=at, n=int(counts.sum()),
        note=f"no change would show about {chance:.2g}",
    )  # fmt: skip


def _edges(earlier: np.ndarray, bins: int) -> np.ndarray:
    """Where the parts begin; a score that more than one part would share has a part of its own."""
    cuts, times = np.unique(np.quantile(earlier, np.arange(1, bins) / bins), return_counts=True)
    often = cuts[(times > 1) | (cuts == earlier.min())]
    edges = np.union1d(cuts, np.nextafter(often, np.inf))
    return edges[(edges > earlier.min()) & (edges <= earlier.max())]


def _index(counts: np.ndarray) -> np.ndarray:
    """Population stability index of (..., 2, bins) counts; an empty part counts half a row."""
    shares = np.maximum(counts, 0.5) / counts.sum(axis=-1, keepdims=True)
    before, after = shares[..., 0, :], shares[..., 1, :]
    return np.asarray(((after - before) * np.log(after / before)).sum(axis=-1))
