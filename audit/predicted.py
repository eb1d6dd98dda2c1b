"""From predictions to evidence: what can be known of a model from what it said alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from audit.evidence import Decisions, Groups, Moments, Outputs, Predictions, Scores, Selections, Tally

Evidence = dict[type, Any]


def predicted(
    predictions: Predictions,
    groups: Mapping[str, np.ndarray],
    favourable: int | None = None,
    inputs: tuple[str, ...] = (),
) -> Evidence:
    """All that decisions with scores and truth can feed: see ``said``."""
    one = predictions
    outputs = Outputs(one.decision, one.score, one.classes, one.positive, one.weight, one.unit)
    return said(outputs, one.truth, groups, favourable, inputs)


def said(
    outputs: Outputs,
    truth: np.ndarray | None,
    groups: Mapping[str, np.ndarray],
    favourable: int | None = None,
    inputs: tuple[str, ...] = (),
    *,
    bins: int | None = None,
) -> Evidence:
    """With truth and scores Predictions, Tally, Moments and Scores; without either what is left of them.

    truth: (n,) positions in the classes; ``None`` where it is not known. groups: (n,) labels by column. inputs: columns
    that name groups and are inputs of the model all the same. bins: of scores, to be merged. Scores only where one class is positive. Raises
    ``ValueError`` for weights that cannot be weights.
    """
    one, alike = outputs, {"weight": outputs.weight, "unit": outputs.unit}
    found: Evidence = {}
    if groups:
        labels = {by: np.where(_missing(given), "unknown", given).astype(object) for by, given in groups.items()}
        found[Groups] = Groups(labels, inputs)
    if truth is None:
        unknown = np.zeros(len(one.decision), dtype=np.intp)
        tally = Tally.of(unknown, one.decision, groups, one.classes, favourable, **alike)
        return found | {Outputs: one, Selections: Selections(tally)}
    found[Tally] = Tally.of(truth, one.decision, groups, one.classes, favourable, **alike)
    if one.score is None:
        decisions = Decisions(truth, one.decision, one.classes, one.positive, **alike)
        return found | {Outputs: one, Decisions: decisions}
    predictions = Predictions(truth, one.decision, one.score, one.classes, one.positive, **alike)
    found |= {Predictions: predictions, Moments: Moments.of(_values(predictions), groups, **alike)}
    if one.positive is not None:
        found[Scores] = Scores.of(one.score[:, one.positive], truth == one.positive, groups, one.weight, bins=bins)
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
