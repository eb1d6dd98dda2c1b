"""Rates of small groups, pulled towards all groups by as much as chance explains (partial pooling)."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike

from audit.interval import Array, alpha_of, valid_counts

CONCENTRATIONS = np.logspace(-0.5, 6, 40)
"""How alike the groups may be: pseudo-examples of the common rate that every group is given."""
AROUND = np.linspace(-3, 3, 15)
"""Where the common rate may lie, in standard errors of a mean over groups that are not alike, on the logit scale."""
NEGLIGIBLE = 1e-4


def pooled_rates(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Array, Array, Array]:
    """(rate, low, high), (groups,) each: posterior means and credible limits of the groups' rates.

    The true rates are Beta distributed around a common one; how closely is itself learnt from the data, under a uniform
    prior on the shrinkage of a group of average size, and averaged over. A group without data has the common rate and
    the limits of a group that nobody has seen.

    k, n: (groups,). Raises ValueError for impossible counts or no data at all.
    Source: beta-binomial model, Gelman et al. 2013, chapter 5; uniform shrinkage prior, Christiansen and Morris 1997.
    """
    k, n = valid_counts(k, n)
    if not n.sum():
        raise ValueError("pooling needs at least one example in all groups together, got none")
    common, concentration = (part.ravel() for part in np.meshgrid(_common(k, n), CONCENTRATIONS))
    alpha, beta = common * concentration, (1 - common) * concentration
    likelihood = scipy.special.betaln(k[:, None] + alpha, (n - k)[:, None] + beta) - scipy.special.betaln(alpha, beta)
    typical = n[n > 0].mean()
    prior = np.log(concentration * typical) - 2 * np.log(concentration + typical)
    weight = scipy.special.softmax(likelihood.sum(axis=0) + prior)
    kept = weight > NEGLIGIBLE * weight.max()
    alpha, beta, weight = alpha[kept], beta[kept], weight[kept] / weight[kept].sum()
    mean = ((k[:, None] + alpha) / (n[:, None] + alpha + beta)) @ weight

    def limit(tail: float) -> Array:
        low, high = np.zeros(len(k)), np.ones(len(k))
        for _ in range(40):
            middle = (low + high) / 2
            below = scipy.special.betainc(k[:, None] + alpha, (n - k)[:, None] + beta, middle[:, None]) @ weight
            low, high = np.where(below < tail, middle, low), np.where(below < tail, high, middle)
        return (low + high) / 2

    tail = alpha_of(level) / 2
    return mean, limit(tail), limit(1 - tail)


def _common(k: Array, n: Array) -> Array:
    """Rates that the groups may have in common: around the pooled one, wide enough for groups that differ much."""
    some = n > 0
    centre = (k.sum() + 0.5) / (n.sum() + 1)
    each = scipy.special.logit((k[some] + 0.5) / (n[some] + 1))
    error = max(float(each.std()) / np.sqrt(some.sum()), 1 / np.sqrt((n.sum() + 1) * centre * (1 - centre)))
    return np.asarray(scipy.special.expit(scipy.special.logit(centre) + AROUND * error))
