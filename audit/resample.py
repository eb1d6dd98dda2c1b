"""Rows drawn again and again: how often each row counts in every replicate."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy
from numpy.typing import NDArray

from audit.interval import Array

AT_ONCE = 500_000
"""Numbers held at a time."""
MANY = 5_000
"""Units from which each is drawn a Poisson(1) number of times by itself, instead of all of them as often as there are."""
STEPS = 1 << 16


def drawn(n: int, draws: int, seed: int, unit: NDArray[np.generic] | None = None) -> Iterator[Array]:
    """(some draws, rows) how often every row is drawn, some replicates at a time; rows of one unit go together.

    Source: Efron 1979; units: Field and Welsh 2007; many units: Hanley and MacGibbon 2006 (Poisson bootstrap).
    """
    generator = np.random.default_rng(seed)
    code = None if unit is None else np.unique(unit, return_inverse=True)[1]
    units = n if code is None else int(code.max()) + 1
    some = max(1, AT_ONCE // n)
    for done in range(0, draws, some):
        size = min(some, draws - done)
        if units > MANY:
            times = _poisson(generator, size, units)
        else:
            picked = generator.integers(0, units, (size, units)) + units * np.arange(size)[:, None]
            times = np.bincount(picked.ravel(), minlength=size * units).reshape(size, units).astype(float)
        yield times if code is None else times[:, code]


def over(a: Array, b: Array) -> Array:
    """a / b, NaN where b is 0."""
    a, b = np.broadcast_arrays(a, b)
    quotient: Array = np.divide(a, b, out=np.full(a.shape, np.nan), where=b > 0)
    return quotient


def _poisson(generator: np.random.Generator, *shape: int) -> Array:
    """Poisson(1) numbers to a precision of 1 / 65,536, by inversion of 16 random bits."""
    return _INVERSE[generator.integers(0, STEPS, shape, dtype=np.uint16)]


_INVERSE: Array = np.searchsorted(scipy.special.pdtr(np.arange(12), 1.0), (np.arange(STEPS) + 0.5) / STEPS).astype(
    float
)
