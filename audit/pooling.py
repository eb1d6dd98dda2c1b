"""Rates of small groups, pulled towards all groups by as much as chance explains (partial pooling)."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from audit.interval import Array, alpha_of, valid_counts

CONCENTRATIONS = np.logspace(-0.5, 6, 40)
"""How alike the groups may be: pseudo-examples of the common rate that every group is given."""
AROUND = np.linspace(-3, 3, 15)
"""Where the common rate may lie, in standard errors of a mean over groups that are not alike, on the logit scale."""
NEGLIGIBLE = 1e-4
LEAST = 1e-15
STEPS = 3
"""Of Newton's, after which quantiles of a mixture are right to nine digits."""


def pooled_rates(
    k: ArrayLike, n: ArrayLike, level: float = 0.95, among: NDArray[np.intp] | slice = slice(None)
) -> tuple[Array, Array, Array]:
    """(rate, low, high), (groups,) each: posterior means and credible limits of the groups' rates.

    The true rates are Beta distributed around a common one; how closely is itself learnt from the data, under a uniform
    prior on the shrinkage of a group of average size, and averaged over. A group without data has the common rate and
    the limits of a group that nobody has seen.

    k, n: (groups,). among: positions of the groups that are asked about; all are learnt from. Raises ValueError for impossible counts or no data at all.
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
    alpha, beta = k[among, None] + alpha, (n - k)[among, None] + beta
    mean = (alpha / (alpha + beta)) @ weight
    tail = alpha_of(level) / 2
    return mean, _quantile(alpha, beta, weight, tail), _quantile(alpha, beta, weight, 1 - tail)


def _quantile(alpha: Array, beta: Array, weight: Array, tail: float) -> Array:
    """(groups,) quantiles of mixtures of Beta distributions, (groups, parts) each.

    From the Beta distribution with the mixture's mean and variance, a few of Newton's steps on the scales on which both
    are nearly straight: logit of the rate, probit of the probability.
    """
    mean = alpha / (alpha + beta)
    centre = mean @ weight
    variance = (mean * (1 - mean) / (alpha + beta + 1) + (mean - centre[:, None]) ** 2) @ weight
    size = centre * (1 - centre) / variance - 1
    rate = np.clip(scipy.special.betaincinv(centre * size, (1 - centre) * size, tail), LEAST, 1 - LEAST)
    aim = scipy.special.ndtri(tail)
    for _ in range(STEPS):
        at = rate[:, None]
        below = np.clip(scipy.special.betainc(alpha, beta, at) @ weight, LEAST, 1 - LEAST)
        log = scipy.special.xlogy(alpha, at) + scipy.special.xlog1py(beta, -at) - scipy.special.betaln(alpha, beta)
        slope = np.maximum(np.exp(log) @ weight, LEAST)
        probit = scipy.special.ndtri(below)
        step = (aim - probit) * np.exp(-(probit**2) / 2) / np.sqrt(2 * np.pi) / slope
        rate = np.clip(scipy.special.expit(scipy.special.logit(rate) + np.clip(step, -2, 2)), LEAST, 1 - LEAST)
    return rate


def _common(k: Array, n: Array) -> Array:
    """Rates that the groups may have in common: around the pooled one, wide enough for groups that differ much."""
    some = n > 0
    centre = (k.sum() + 0.5) / (n.sum() + 1)
    each = scipy.special.logit((k[some] + 0.5) / (n[some] + 1))
    error = max(float(each.std()) / np.sqrt(some.sum()), 1 / np.sqrt((n.sum() + 1) * centre * (1 - centre)))
    return np.asarray(scipy.special.expit(scipy.special.logit(centre) + AROUND * error))
