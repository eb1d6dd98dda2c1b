"""From what a foreign model answers to probabilities: one rule, written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

Gives = Literal["probabilities", "logits", "sigmoids", "numbers", "unknown"]
TOLERANCE = 1e-3
"""How far a row of probabilities may be from the sum 1; float16 needs it."""


@dataclass
class Reading:
    """How the answers of one model are read.

    Where the format says what the last layer gives, that is what counts. Where it cannot say (a network that ends in
    something unusual, weights with a factory), the first answer settles it for good: rows that are all in 0..1 and sum
    to 1 are probabilities, a single column that lies in 0..1 is the probability of the second class, and anything else
    is logits, of which the softmax is taken (of a single column the logistic function). A later row that contradicts
    *probabilities* is an error, never a silent change. Who knows better says so: ``gives``.
    """

    name: str
    gives: Gives = "unknown"

    def settle(self, raw: np.ndarray) -> None:
        """Decide, once, what a model gives whose format cannot say."""
        if self.gives == "unknown":
            self.gives = "probabilities" if _are_probabilities(_matrix(raw)) else "logits"

    def probabilities(self, raw: np.ndarray) -> np.ndarray:
        """(n, classes) float64, every row sums to 1; two columns where the model gives one.

        Raises ``ValueError`` for a regressor, for several labels at once, and for what is no probability.
        """
        found = _matrix(raw)
        if not np.isfinite(found).all():
            raise ValueError(f"{self.name} answered with missing or infinite numbers for some rows.")
        self.settle(found)
        if self.gives == "numbers":
            raise ValueError(f"{self.name} predicts a number, not a class; ask predict_numbers.")
        if self.gives == "logits":
            return _softmax(found)
        if self.gives == "sigmoids" and found.shape[1] > 1:
            raise ValueError(f"{self.name} gives several labels at once, each with its own probability; one is read.")
        if not _are_probabilities(found):
            raise ValueError(f"{self.name} gives no probabilities: some rows are outside 0..1 or do not sum to 1.")
        if found.shape[1] == 1:
            return np.hstack([1 - found, found])
        return cast(np.ndarray, found / found.sum(axis=1, keepdims=True))

    def numbers(self, raw: np.ndarray) -> np.ndarray:
        """(n,) float64 of a regressor; raises ``ValueError`` for several numbers a row, and for what is no number."""
        found = _matrix(raw)
        if found.shape[1] != 1:
            raise ValueError(f"{self.name} gives {found.shape[1]} numbers for each row, as of classes; one is read.")
        if not np.isfinite(found).all():
            raise ValueError(f"{self.name} answered with missing or infinite numbers for some rows.")
        return found[:, 0]


def _matrix(raw: np.ndarray) -> np.ndarray:
    return np.asarray(raw, dtype=np.float64).reshape(len(raw), -1)


def _are_probabilities(found: np.ndarray) -> bool:
    if (found < -TOLERANCE).any() or (found > 1 + TOLERANCE).any():
        return False
    return found.shape[1] == 1 or bool((np.abs(found.sum(axis=1) - 1) <= TOLERANCE).all())


def _softmax(logits: np.ndarray) -> np.ndarray:
    if logits.shape[1] == 1:
        logits = np.hstack([np.zeros_like(logits), logits])
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return cast(np.ndarray, powers / powers.sum(axis=1, keepdims=True))
