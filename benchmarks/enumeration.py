"""Coverage without chance: one rate, and a pair of rates chosen beforehand, over all samples there can be."""

from __future__ import annotations

import numpy as np
import scipy

from audit import contrast
from audit.interval import clopper_pearson, mid_p

PAIRS = ((10, 10), (10, 30), (30, 30), (30, 100), (100, 100), (10, 300), (10, 1000))


def exact() -> dict[str, float]:
    """The least coverage of one rate, and of a pair chosen beforehand, enumerated over fine grids of true rates."""
    rates = np.linspace(0.0005, 0.9995, 2000)
    least = {"mid_p": 1.0, "cp": 1.0}
    for n in (5, 10, 30, 100, 300, 1000):
        k = np.arange(n + 1)
        chance = scipy.stats.binom.pmf(k[None], n, rates[:, None])
        for name, limits in (("mid_p", mid_p), ("cp", clopper_pearson)):
            low, high = limits(k, np.full(n + 1, n))
            held = (low[None] <= rates[:, None]) & (rates[:, None] <= high[None])
            least[name] = min(least[name], float((chance * held).sum(axis=1).min()))
    pairs = min(_pair(n, m) for n, m in PAIRS)
    return {
        "min_midp": min(least["mid_p"], pairs),
        "min_cp": least["cp"],
        "min_midp_rate": least["mid_p"],
        "min_midp_pair": pairs,
    }


def _pair(n: int, m: int) -> float:
    """Least coverage of the difference and the ratio of a pair over 61 x 61 true rates."""
    k, j = (part.ravel() for part in np.meshgrid(np.arange(n + 1), np.arange(m + 1), indexing="ij"))
    _, low, high = contrast.pair_difference(k, np.full(k.shape, n), j, np.full(k.shape, m))
    _, least, most = contrast.pair_ratio(k, np.full(k.shape, n), j, np.full(k.shape, m))
    rates = np.linspace(0.01, 0.99, 61)
    first = scipy.stats.binom.pmf(np.arange(n + 1)[None], n, rates[:, None])
    second = scipy.stats.binom.pmf(np.arange(m + 1)[None], m, rates[:, None])
    found = 1.0
    for p, chance in zip(rates, first, strict=True):
        joint = (chance[None, :, None] * second[:, None, :]).reshape(len(rates), -1)
        difference, ratio = p - rates[:, None], p / rates[:, None]
        held = (low[None] <= difference + 1e-12) & (difference <= high[None] + 1e-12)
        inside = (least[None] <= ratio + 1e-12) & (ratio <= most[None] + 1e-12)
        found = min(found, *((joint * one).sum(axis=1).min() for one in (held, inside)))
    return float(found)
