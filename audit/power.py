"""What a sample could have shown: the smallest gap it would probably have detected."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audit.contrast import tukey_z
from audit.interval import clopper_pearson, valid_counts
from audit.root import root

POWER = 0.8


def detectable_difference(
    n: float, other_n: float, rate: float, *, groups: int = 2, level: float = 0.95, power: float = POWER
) -> float | None:
    """Smallest difference of two rates that groups of these sizes show with this probability, in (0, 1].

    Both rates lie around ``rate`` so that the rate of both groups together stays. Shown is what the lower end of
    `contrast.largest_difference` of ``groups`` groups shows, whichever of the two is ahead; a direction in which no
    possible difference is shown that often is left out, and without any the answer is ``None``. The samples are
    approximated as normal, the limits are exact: between 0.75 and 0.85 for 0.8, near 0.8 from 100 examples on. Raises
    ValueError for impossible sizes or rates.
    Source: first-order reliability method, Hasofer and Lind 1974.
    """
    valid_counts(rate, 1.0)
    if min(n, other_n) <= 0:
        raise ValueError(f"a comparison needs data in both groups, got n = {n} and {other_n}")
    tail, reserve = float(scipy.special.ndtr(-tukey_z(groups, level))), float(scipy.special.ndtri(power))
    both = (_shown(n, other_n, rate, tail, reserve), _shown(other_n, n, rate, tail, reserve))
    return max((one for one in both if one is not None), default=None)


def _shown(n: float, other_n: float, rate: float, tail: float, reserve: float) -> float | None:
    """Smallest difference by which the first is ahead and is shown to be."""
    share = other_n / (n + other_n)
    most = min(rate / (1 - share), (1 - rate) / share, 1.0)

    def surplus(gap: float) -> float:
        """Lower end in the sample that lies ``reserve`` standard errors towards no difference."""
        p, q = rate + gap * share, rate - gap * (1 - share)
        scatter, other = max(0.0, p * (1 - p)) / n, max(0.0, q * (1 - q)) / other_n
        each = reserve / np.sqrt(scatter + other) if scatter + other > 0 else 0.0
        p, q = np.clip([p - each * scatter, q + each * other], 0, 1)
        limit = 1 - 2 * tail
        low, high = clopper_pearson(p * n, n, limit)[0], clopper_pearson(q * other_n, other_n, limit)[1]
        return float(p - q - np.hypot(p - low, high - q))

    if most <= 0 or surplus(most) < 0:
        return None
    return root(surplus, 0.0, most)


def settling_n(n: float, value: float, end: float, limit: float) -> int | None:
    """The n at which an interval's end would reach a limit if the estimate stayed: widths shrink as the root of n.

    ``None`` where the estimate lies on the limit.
    """
    return None if value == limit else int(np.ceil(n * ((end - value) / (limit - value)) ** 2))


def largest_two(n: ArrayLike) -> tuple[int, int]:
    """Positions of the two largest groups: what they could have shown is the best that the sample could."""
    first, second = np.argsort(-np.asarray(n, dtype=float), kind="stable")[:2].tolist()
    return first, second
