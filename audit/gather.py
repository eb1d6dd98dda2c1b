"""From a model and its splits to evidence: run the model once, keep what many checks need."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from audit.attributes import Attributes
from audit.black_box import black_box
from audit.describe import attributes
from audit.evidence import Artifact, Baseline, BlackBox, Images, Network, Predictions, Table, Training
from audit.predicted import predicted
from audit.run import Subject
from models.data.split import Split
from models.task import Purpose

if TYPE_CHECKING:
    from models.load import Model

SAMPLE = 200
"""Examples on which checks may ask for gradients, or about changed inputs."""


def gather(model: Model, train: Split, test: Split, task: Purpose, *, seed: int = 0, sample: int = SAMPLE) -> Subject:
    """Everything the checks may ask for about one version on one split.

    Raises ``ValueError`` for a split with fewer than two examples, or with values the model cannot take.
    """
    _usable(test, task)
    score = model.probabilities(test.inputs)
    if not np.isfinite(score).all():
        raise ValueError(
            f"{model.card.title} answers with NaN or infinity on {test.dataset}; its weights are not usable."
        )
    decision = model.decide(score)
    positive = test.classes.index(task.favourable) if task.favourable else (1 if task.kind == "binary" else None)
    favourable = positive if task.favourable else None
    groups = {str(by): test.groups[by].to_numpy(dtype=object) for by in test.groups.columns}
    said = Predictions(test.truth, decision, score, test.classes, positive, test.weight, test.unit)
    evidence: dict[type, Any] = predicted(said, groups, favourable, model.card.group_inputs) | {
        Attributes: attributes(model, train, test, seed),
        Training: Training(train, test),
        Artifact: Artifact(model.card, model.folder),
        Network: _network(model, train, test, sample, seed),
        BlackBox: black_box(
            test.inputs,
            test.truth,
            stratified(test.truth, sample, seed),
            model.probabilities,
            model.decide,
            seen=train.inputs if isinstance(train.inputs, pd.DataFrame) else None,
        ),
        Baseline: _baseline(model, train, test),
    }
    if isinstance(test.inputs, pd.DataFrame):
        evidence[Table] = _table(model, train, test.inputs)
    else:
        evidence[Images] = Images(test.inputs, partial(_decide, model))
    return Subject(
        model=model.card.digest,
        title=model.card.title,
        task=task.sha256(),
        dataset=test.dataset,
        split=test.digest,
        n=len(test),
        evidence=evidence,
    )


def _usable(test: Split, task: Purpose) -> None:
    if len(test) < 2:
        raise ValueError(
            f"The {test.part} part of {test.dataset} holds {len(test)} examples; an audit needs at least 2."
        )
    absent = [by for by in task.groups if by not in test.groups.columns]
    if absent:
        known = ", ".join(map(str, test.groups.columns)) or "none"
        raise ValueError(
            f"Task {task.name!r} wants groups {', '.join(absent)}, which {test.dataset} lacks; it has: {known}."
        )


def stratified(truth: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Sorted positions of a sample in which every class has its share (largest remainder), drawn by ``seed``."""
    if size >= len(truth):
        return np.arange(len(truth))
    classes, counts = np.unique(truth, return_counts=True)
    exact = counts * size / len(truth)
    share = np.floor(exact).astype(int)
    share[np.argsort(share - exact, kind="stable")[: size - share.sum()]] += 1
    generator = np.random.default_rng(seed)
    drawn = [generator.permutation(np.flatnonzero(truth == one))[:n] for one, n in zip(classes, share, strict=True)]
    return np.sort(np.concatenate(drawn))


def _network(model: Model, train: Split, test: Split, sample: int, seed: int) -> Network:
    rows = stratified(test.truth, sample, seed)
    part = test.take(rows)
    inputs = model.encode(part.inputs).numpy()
    if not test.is_table:
        return Network(
            model,
            rows,
            inputs,
            part.truth,
            np.zeros(inputs.shape[1:], np.float32),
            0.0,
            1.0,
            1.0,
            part.weight,
            part.unit,
        )
    seen = model.encode(train.inputs).numpy()
    number = _number_positions(model, seen.shape[1])
    return Network(
        model=model,
        rows=rows,
        inputs=inputs,
        truth=part.truth,
        baseline=seen.mean(axis=0),
        low=np.minimum(seen.min(axis=0), inputs.min(axis=0)),
        high=np.maximum(seen.max(axis=0), inputs.max(axis=0)),
        spread=np.where(number, seen.std(axis=0), 0.0).astype(np.float32),
        weight=part.weight,
        unit=part.unit,
    )


def _number_positions(model: Model, width: int) -> np.ndarray:
    """(width,) whether an encoded position is the value of a number column with more than two values."""
    mask = np.zeros(width, dtype=bool)
    kinds = {field.column: field.kind for field in model.card.identity.encoding}
    for column, start, _ in model.spans():
        mask[start] = kinds[column] == "number"
    return mask


def _table(model: Model, train: Split, frame: pd.DataFrame) -> Table:
    numbers = [field.column for field in model.card.identity.encoding if field.kind == "number"]
    seen = pd.DataFrame(train.inputs)
    spread = {column: float(np.nanstd(seen[column].to_numpy(dtype=float))) for column in numbers}
    return Table(frame, spread, partial(_decide, model))


def _decide(model: Model, inputs: pd.DataFrame | np.ndarray) -> np.ndarray:
    return np.asarray(model.decide(model.probabilities(inputs)))


def _baseline(model: Model, train: Split, test: Split) -> Baseline:
    """The majority class of the training part and, for tables, logistic regression on the same encoded columns."""
    share = np.bincount(train.truth, minlength=len(train.classes)) / len(train)
    decisions = {"majority": np.full(len(test), int(share.argmax()))}
    scores = {"majority": np.tile(share, (len(test), 1))}
    if test.is_table and (share > 0).sum() > 1:
        from sklearn.linear_model import LogisticRegression

        fitted = LogisticRegression(max_iter=5000).fit(model.encode(train.inputs).numpy(), train.truth)
        scores["logistic"] = np.zeros_like(scores["majority"])
        scores["logistic"][:, fitted.classes_] = fitted.predict_proba(model.encode(test.inputs).numpy())
        decisions["logistic"] = scores["logistic"].argmax(axis=1)
    return Baseline(decisions, scores)
