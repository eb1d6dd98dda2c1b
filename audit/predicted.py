"""From predictions to evidence: what can be known of a model from what it said alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from audit.evidence import Groups, Moments, Predictions, Scores, Tally


def predicted(
    predictions: Predictions,
    groups: Mapping[str, np.ndarray],
    favourable: int | None = None,
    inputs: tuple[str, ...] = (),
) -> dict[type, Any]:
    """Predictions, and the mergeable evidence made of them: Tally, Moments, and Scores where one class is positive.

    groups: (n,) labels by column. inputs: columns that name groups and are inputs of the model all the same. Raises
    ``ValueError`` for weights that cannot be weights.
    """
    one, alike = predictions, {"weight": predictions.weight, "unit": predictions.unit}
    found: dict[type, Any] = {
        Predictions: one,
        Tally: Tally.of(one.truth, one.decision, groups, one.classes, favourable, **alike),
        Moments: Moments.of(_values(one), groups, **alike),
    }
    if one.positive is not None:
        found[Scores] = Scores.of(one.score[:, one.positive], one.truth == one.positive, groups, one.weight)
    if groups:
        labels = {by: np.where(_missing(given), "unknown", given).astype(object) for by, given in groups.items()}
        found[Groups] = Groups(labels, inputs)
    return found


def _values(one: Predictions) -> dict[str, np.ndarray]:
    """What a mean is asked of, per row: the Brier term, and of the positive class its score, outcome and error."""
    outcome = np.eye(len(one.classes))[one.truth]
    values = {"brier": ((one.score - outcome) ** 2).sum(axis=1)}
    if one.positive is not None:
        score, came = one.score[:, one.positive], outcome[:, one.positive]
        values |= {"score": score, "outcome": came, "error": score - came}
    return values


def _missing(labels: np.ndarray) -> np.ndarray:
    import pandas as pd

    return np.asarray(pd.isna(labels))
