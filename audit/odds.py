"""Average odds: the largest mean of two gaps between the same two groups, with an honest interval."""

from __future__ import annotations

import numpy as np
import scipy

from audit.contrast import Extreme, tukey_z
from audit.interval import Array, alpha_of, clopper_pearson, mid_p, valid_counts
from audit.tally import Rate


def largest_average_odds(found: Rate, alarms: Rate, level: float = 0.95) -> Extreme:
    """Largest mean of |difference of true positive rates| and |difference of false positive rates| of two groups.

    Split roles as in `contrast.largest_difference`. The lower end adds the simultaneous lower limits of both gaps, each
    at 1 - (1 - level) / 2, so it is above 0 exactly when that of equalized odds is; square-and-add of both would
    accuse equal groups with rare outcomes. The upper end squares and adds the pointwise limits: positives and negatives
    are different examples, so the two gaps are independent.

    found, alarms: (k, n) of shape (groups,); a group without positives or without negatives is left out. Raises
    ``ValueError`` for impossible counts or fewer than two groups with both.
    Source: average odds, Bellamy et al. 2018; Zou and Donner 2008; Tukey 1953.
    """
    counts = [valid_counts(*rate) for rate in (found, alarms)]
    at = np.flatnonzero((counts[0][1] > 0) & (counts[1][1] > 0))
    if len(at) < 2:
        raise ValueError(f"average odds need two groups with positives and negatives, got {len(at)}")
    z = tukey_z(len(at), 1 - alpha_of(level) / 2)
    simultaneous = 1 - 2 * float(scipy.special.ndtr(-z))
    apart, sure, spread = np.zeros((3, len(at), len(at)))
    for k, n in ((k[at], n[at]) for k, n in counts):
        p = k / n
        gap = p[:, None] - p[None, :]
        claimed = np.maximum(0, gap - _reach(p, *clopper_pearson(k, n, simultaneous)))
        low, high = mid_p(k, n, level)
        above = np.maximum(_reach(p, high, low), _reach(p, low, high) - 2 * gap)  # the true gap may have another sign
        apart += np.abs(gap) / 2
        sure += np.maximum(claimed, claimed.T) / 2
        spread += np.where(gap >= 0, above, above.T) ** 2 / 4
    value, pair = _largest(apart)
    low_end, low_pair = _largest(sure)
    high_end, high_pair = _largest(apart + np.sqrt(spread))
    named = [(int(at[i]), int(at[j])) for i, j in (pair, low_pair, high_pair)]
    return Extreme(
        value=value, low=low_end, high=min(1.0, high_end), pair=named[0],
        low_pair=named[1] if low_end > 0 else None, high_pair=named[2],
    )  # fmt: skip


def _reach(p: Array, first: Array, second: Array) -> Array:
    """How far p_i - p_j lies from its limit made of the limit ``first`` of p_i and ``second`` of p_j."""
    reach: Array = np.hypot((p - first)[:, None], (second - p)[None, :])
    return reach


def _largest(table: Array) -> tuple[float, tuple[int, int]]:
    i, j = np.unravel_index(np.argmax(np.where(np.eye(len(table), dtype=bool), -np.inf, table)), table.shape)
    return float(table[i, j]), (int(i), int(j))
