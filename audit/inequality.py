"""Inequality of benefits over people, as a whole and between groups, with intervals that need no draws.

A benefit is the decision minus what was deserved plus 1: 0 for who deserved the favourable outcome and was refused, 2
for who received it without deserving it, 1 for everybody else. Source: Speicher et al. 2018.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from audit.interval import Array, alpha_of, mid_p
from audit.quantile import chi2_sf
from audit.root import root

STEPS = 201


def entropy(refused: ArrayLike, gifted: ArrayLike, alpha: float) -> Array:
    """Generalised entropy of benefits where these shares of people have benefit 0 and 2; 1 is Theil's index.

    NaN where nobody has any benefit. Source: Shorrocks 1980.
    """
    refused, gifted = np.broadcast_arrays(np.asarray(refused, dtype=float), np.asarray(gifted, dtype=float))
    mean = 1 - refused + gifted
    one = np.divide(1.0, mean, out=np.full(mean.shape, np.nan), where=mean > 0)
    return (1 - refused - gifted) * _term(one, alpha) + gifted * _term(2 * one, alpha) + refused * _term(0 * one, alpha)


def between(mean: ArrayLike, share: ArrayLike, alpha: float) -> float:
    """Generalised entropy if everybody had the mean benefit of their group; NaN where nobody has any benefit."""
    mean, share = np.asarray(mean, dtype=float), np.asarray(share, dtype=float)
    whole = float(mean @ share)
    return float(_term(mean / whole, alpha) @ share) if whole > 0 else np.nan


def _term(relative: Array, alpha: float) -> Array:
    """What one person with this benefit, relative to the mean, adds to the entropy."""
    if alpha == 1:
        logarithm = np.log(relative, out=np.zeros_like(relative), where=relative > 0)
        return relative * logarithm
    term: Array = (relative**alpha - 1) / (alpha * (alpha - 1))
    return term


def entropy_limits(
    refused: tuple[float, float], gifted: tuple[float, float], alpha: float, level: float
) -> tuple[float, float]:
    """Limits (low, high) of the entropy, each share given as (k, n).

    Square-and-add over the two shares, each within its mid-P limits while the other stays: so a sample without any
    error still has an upper limit above 0. Source: Zou and Donner 2008.
    """
    shares = refused[0] / refused[1], gifted[0] / gifted[1]
    value = float(entropy(*shares, alpha))
    down = up = 0.0
    for position, (k, n) in enumerate((refused, gifted)):
        low, high = (float(end) for end in mid_p(k, n, level))
        other = shares[1 - position]
        tried = np.minimum(np.append(np.linspace(low, high, STEPS), shares[position]), 1 - other)
        found = entropy(tried, other, alpha) if position == 0 else entropy(other, tried, alpha)
        found = found[np.isfinite(found)]
        down, up = down + (value - found.min()) ** 2, up + (found.max() - value) ** 2
    return max(0.0, value - float(np.sqrt(down))), value + float(np.sqrt(up))


@dataclass(frozen=True)
class Spread:
    """How far the means of groups spread, beside how far chance alone would spread them."""

    squares: float
    """Squared distances of the group means from the mean of all, averaged over people."""
    scale: float
    freedom: float
    """If all groups have one mean, squares / scale is about chi-squared with so many degrees of freedom."""
    far_scale: float
    """The same scale where the groups lie far apart: the variance of those that do."""

    @property
    def p(self) -> float:
        """Probability of means at least this unequal if all were equal."""
        return chi2_sf(self.squares / self.scale, self.freedom)

    def limits(self, level: float) -> tuple[float, float]:
        """Limits (low, high) of the true squares: the noncentral chi-squared distribution, inverted.

        The upper one is never below that of a sample that spreads as chance would, however alike its groups are, nor
        below what was observed, which is too large on average.
        """
        tail, by_chance = alpha_of(level) / 2, self.scale * self.freedom
        scale = max(self.scale, self.far_scale)
        freedom = by_chance / scale
        low = scale * _noncentrality(self.squares / scale, freedom, 1 - tail)
        high = scale * _noncentrality(max(self.squares, by_chance) / scale, freedom, tail)
        return min(low, self.squares), max(high, self.squares)


def _noncentrality(ratio: float, freedom: float, below: float) -> float:
    """The noncentrality under which a ratio no larger than this has probability ``below``; 0 where none is."""

    def excess(noncentrality: float) -> float:
        return float(scipy.special.chndtr(ratio, freedom, noncentrality)) - below

    if 1 - chi2_sf(ratio, freedom) <= below:
        return 0.0
    top = ratio + 10.0
    while excess(top) > 0:
        top *= 2
    return root(excess, 1e-12, top, within=1e-9)


def spread(mean: ArrayLike, share: ArrayLike, variance: ArrayLike) -> Spread:
    """Spread of independent group means, by the shares of the groups and the variances of the means, (groups,) each.

    The null distribution of the weighted sum of squares is matched in mean and variance by a multiple of chi-squared.
    Source: Box 1954.
    """
    mean, share, variance = (np.asarray(one, dtype=float) for one in (mean, share, variance))
    form: NDArray[np.float64] = (np.diag(share) - np.outer(share, share)) * variance
    first, second = float(np.trace(form)), float(np.trace(form @ form))
    apart = share * (mean - mean @ share) ** 2
    squares = float(apart.sum())
    far = float(apart @ (share * variance)) / squares if squares > 0 else 0.0
    return Spread(squares, second / first, first**2 / second, far)
