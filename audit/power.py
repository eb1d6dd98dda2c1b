"""What a sample could have shown: the smallest gap it would probably have detected."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audit.contrast import tukey_z
from audit.interval import valid_counts

POWER = 0.8


def detectable_difference(
    n: float, other_n: float, rate: float, *, groups: int = 2, level: float = 0.95, power: float = POWER
) -> float | None:
    """Smallest difference of two rates that groups of these sizes show with this probability, in (0, 1].

    Both rates lie around ``rate`` so that the rate of both groups together stays; the test is the largest difference of
    ``groups`` groups at this level (Tukey's point). ``None`` where even the largest possible difference would more
    often be missed. Normal approximation. Raises ValueError for impossible sizes or rates.
    Source: Fleiss, Levin and Paik 2003, chapter 4.
    """
    valid_counts(rate, 1.0)
    if min(n, other_n) <= 0:
        raise ValueError(f"a comparison needs data in both groups, got n = {n} and {other_n}")
    z, reserve = tukey_z(max(2, groups), level), float(scipy.stats.norm.ppf(power))
    share = other_n / (n + other_n)
    most = min(rate / (1 - share), (1 - rate) / share, 1.0)
    null = rate * (1 - rate) * (1 / n + 1 / other_n)

    def surplus(gap: float) -> float:
        above, below = rate + gap * share, rate - gap * (1 - share)
        spread = above * (1 - above) / n + below * (1 - below) / other_n
        return gap - z * np.sqrt(null) - reserve * np.sqrt(max(0.0, spread))

    if most <= 0 or surplus(most) < 0:
        return None
    return float(scipy.optimize.brentq(surplus, 0.0, most, xtol=1e-12))


def settling_n(n: float, value: float, end: float, limit: float) -> int | None:
    """The n at which an interval's end would reach a limit if the estimate stayed: widths shrink as the root of n.

    ``None`` where the estimate lies on the limit.
    """
    return None if value == limit else int(np.ceil(n * ((end - value) / (limit - value)) ** 2))


def largest_two(n: ArrayLike) -> tuple[int, int]:
    """Positions of the two largest groups: what they could have shown is the best that the sample could."""
    first, second = np.argsort(-np.asarray(n, dtype=float), kind="stable")[:2].tolist()
    return first, second
