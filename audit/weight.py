"""Rows that do not count alike, or that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Weights:
    """How much every row counts and which unit (person, writer) it belongs to."""

    weight: NDArray[np.float64]
    """(n,) from 0."""
    unit: NDArray[np.intp]
    """(n,) positions of the units, from 0."""
    ids: NDArray[np.uint64] | None
    """Hashes of the units, sorted; ``None`` where every row is its own."""

    @classmethod
    def of(cls, n: int, weight: ArrayLike | None, unit: ArrayLike | None) -> Self | None:
        """``None`` where all rows count alike and stand alone.

        Raises ``ValueError`` for weights that are negative, not finite or all 0, and for a length other than n.
        """
        if weight is None and unit is None:
            return None
        weights = np.ones(n) if weight is None else np.asarray(weight, dtype=float)
        if weights.shape != (n,):
            raise ValueError(f"There are {n} rows and {weights.shape} weights; give one weight for every row.")
        if not np.isfinite(weights).all() or (weights < 0).any():
            bad = int((~np.isfinite(weights) | (weights < 0)).sum())
            raise ValueError(f"{bad} of {n} weights are negative or not finite; a weight is a number from 0.")
        if n and not weights.any():
            raise ValueError(f"All {n} weights are 0, so no row counts; give at least one a weight above 0.")
        if unit is None:
            return cls(weights, np.arange(n), None)
        import pandas as pd

        code, found = pd.factorize(np.asarray(unit), use_na_sentinel=False)
        if len(code) != n:
            raise ValueError(f"There are {n} rows and {len(code)} units; name the unit of every row.")
        return cls(weights, np.asarray(code, dtype=np.intp), np.sort(pd.util.hash_array(np.asarray(found))))
