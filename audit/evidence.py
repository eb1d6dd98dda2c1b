"""The kinds of evidence a check may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from audit.attributes import Attributes
from audit.moments import Moments
from audit.scores import Scores
from audit.tally import Tally
from models.card import Card
from models.data.split import Split

if TYPE_CHECKING:
    from models.load import Model

__all__ = [
    "Alternatives",
    "Artifact",
    "Attributes",
    "Baseline",
    "BlackBox",
    "Decisions",
    "GroupProbabilities",
    "Groups",
    "Images",
    "Moments",
    "Network",
    "Outputs",
    "Predictions",
    "Ranking",
    "Regression",
    "Scores",
    "Seed",
    "Selections",
    "Table",
    "Tally",
    "Times",
    "Training",
]


@dataclass(frozen=True)
class Predictions:
    """What was true and what the model said, on the whole split."""

    truth: np.ndarray
    """(n,) positions in ``classes``."""
    decision: np.ndarray
    """(n,) positions in ``classes``."""
    score: np.ndarray
    """(n, classes) probabilities; every row sums to 1."""
    classes: tuple[str, ...]
    positive: int | None
    """The favourable class of a decision about people, else the last class of a binary task, else ``None``."""
    weight: np.ndarray | None = None
    """(n,) how much each row counts; ``None`` where all count alike."""
    unit: np.ndarray | None = None
    """(n,) whom a row belongs to; ``None`` where every row is its own."""

    @property
    def binary(self) -> bool:
        return len(self.classes) == 2


@dataclass(frozen=True)
class Decisions:
    """What was true and what was decided, on the whole split, whether or not there are scores."""

    truth: np.ndarray
    """(n,) positions in ``classes``."""
    decision: np.ndarray
    """(n,) positions in ``classes``."""
    classes: tuple[str, ...]
    positive: int | None
    weight: np.ndarray | None = None
    unit: np.ndarray | None = None

    @property
    def binary(self) -> bool:
        return len(self.classes) == 2


@dataclass(frozen=True)
class Outputs:
    """What the model said of every example, whether or not the truth is known."""

    decision: np.ndarray
    """(n,) positions in ``classes``."""
    score: np.ndarray | None
    """(n, classes) probabilities; ``None`` where only decisions are known."""
    classes: tuple[str, ...]
    positive: int | None
    weight: np.ndarray | None = None
    unit: np.ndarray | None = None

    @property
    def binary(self) -> bool:
        return len(self.classes) == 2


@dataclass(frozen=True)
class Selections:
    """Decisions by group, whether or not the truth is known: of the tally only what was decided may be asked."""

    tally: Tally

    def __add__(self, other: Selections) -> Selections:
        """Those of both shards."""
        return Selections(self.tally + other.tally)


@dataclass(frozen=True)
class Times:
    """When each example was decided: (n,) positions of the moments in order, ties alike."""

    order: np.ndarray
    """(n,) whole numbers; a larger one is later."""
    first: str
    """The earliest moment, as written."""
    last: str


@dataclass(frozen=True)
class Groups:
    """Which group each example belongs to, for every way of grouping. (n,) text each; missing is ``unknown``."""

    labels: dict[str, np.ndarray]
    inputs: tuple[str, ...]
    """Ways of grouping that are inputs of the model all the same."""


@dataclass(frozen=True)
class Table:
    """The rows of the split as raw columns, and how the model answers for changed rows."""

    frame: pd.DataFrame
    spread: dict[str, float]
    """Training standard deviation of every number column."""
    decide: Callable[[pd.DataFrame], np.ndarray]


@dataclass(frozen=True)
class Images:
    """The pictures of the split, (n, height, width) in 0..1, and how the model answers for changed pictures."""

    pixels: np.ndarray
    decide: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Network:
    """A model with gradients, and the stated sample of the split on which checks may ask for them."""

    model: Model
    rows: np.ndarray
    """Positions in the split of the sample, stratified by truth."""
    inputs: np.ndarray
    """The sample encoded: (m, width) or (m, height, width) float32."""
    truth: np.ndarray
    baseline: np.ndarray
    """What stands for 'no information': the training mean of an encoded table, black for images. Shape of one input."""
    low: np.ndarray | float
    high: np.ndarray | float
    """Range of each encoded input in the training part (images: 0 and 1)."""
    spread: np.ndarray | float
    """Training standard deviation of each encoded input, 0 for what is not a number (images: 1)."""
    weight: np.ndarray | None = None
    unit: np.ndarray | None = None
    """(m,) of the sample."""


@dataclass(frozen=True)
class BlackBox:
    """A model that can be asked about changed inputs, and the stated sample of the split on which checks may ask it."""

    rows: np.ndarray
    """Positions in the split of the sample, stratified by truth."""
    inputs: np.ndarray
    """What may change of the sample: (m, numbers), or pictures (m, height, width) or (m, channels, height, width)."""
    truth: np.ndarray
    """(m,) positions in the classes."""
    low: np.ndarray | float
    high: np.ndarray | float
    """Range of each number that was seen (pictures: 0 and 1)."""
    spread: np.ndarray | float
    """Standard deviation of each number that was seen (pictures: their range)."""
    whole: np.ndarray | bool
    """Whether a number is a whole one, and stays so."""
    probabilities: Callable[[np.ndarray, np.ndarray], np.ndarray]
    """Of changed inputs (k, ...), which are those at the places (k,) of the sample: (k, classes); every row sums to 1."""
    decide: Callable[[np.ndarray], np.ndarray]
    """(k,) positions in the classes, from (k, classes) probabilities."""
    most: int | None = None
    """How often it may be asked, where every question goes over a network."""


@dataclass(frozen=True)
class Training:
    """What the model was trained on."""

    split: Split
    test: Split


@dataclass(frozen=True)
class Artifact:
    """The version as a thing: its card and its files."""

    card: Card
    folder: Path


@dataclass(frozen=True)
class Baseline:
    """What a simpler way would have decided on the same examples: the majority class, logistic regression for tables."""

    decisions: dict[str, np.ndarray]
    """(n,) positions in the classes, by baseline."""
    scores: dict[str, np.ndarray]
    """(n, classes) probabilities, by baseline."""


@dataclass(frozen=True)
class Seed:
    """The check's own seed, made from the report's seed and the check's code: the same questions, the same draws."""

    value: int


@dataclass(frozen=True)
class Alternatives:
    """What other versions would have decided on the same examples: (n,) positions in the classes, by name."""

    decisions: dict[str, np.ndarray]


@dataclass(frozen=True)
class Regression:
    """What was true and what the model said, as numbers."""

    truth: np.ndarray
    """(n,) float."""
    prediction: np.ndarray
    weight: np.ndarray | None = None
    unit: np.ndarray | None = None
    """(n,) whom a row belongs to; ``None`` where every row is its own."""

    def __post_init__(self) -> None:
        _numbers(truth=self.truth, prediction=self.prediction)


@dataclass(frozen=True)
class Ranking:
    """Scores that rank examples, and which of them are relevant."""

    relevant: np.ndarray
    """(n,) whether the example is what was looked for."""
    score: np.ndarray
    query: np.ndarray | None = None
    """(n,) within which examples are ranked; ``None`` where all are ranked together."""

    def __post_init__(self) -> None:
        _numbers(relevant=self.relevant, score=self.score)
        if self.query is not None and len(self.query) != len(self.score):
            raise ValueError(f"There are {len(self.score)} scores and {len(self.query)} queries; name one for each.")


@dataclass(frozen=True)
class GroupProbabilities:
    """How likely each example is to belong to each group, where groups may not be asked for."""

    names: dict[str, tuple[str, ...]]
    shares: dict[str, np.ndarray]
    """(n, groups) by way of grouping; every row sums to 1."""

    def __post_init__(self) -> None:
        for by, share in self.shares.items():
            if share.shape[1:] != (len(self.names[by]),) or not np.isfinite(share).all() or (share < 0).any():
                raise ValueError(f"Group probabilities by {by} need one number from 0 for each of {self.names[by]}.")
            off = np.abs(share.sum(axis=1) - 1) > 1e-6
            if off.any():
                raise ValueError(
                    f"{int(off.sum())} of {len(share)} rows of group probabilities by {by} do not sum to 1."
                )


WORDS: dict[type, str] = {
    Artifact: "the model's files",
    Attributes: "columns to slice the data by",
    Baseline: "what something simpler would decide",
    BlackBox: "a model that gives probabilities for changed rows or pictures whose truth is known",
    Decisions: "the truth of every decision",
    GroupProbabilities: "probabilities of groups (--group-probabilities)",
    Groups: "a column of groups (--groups)",
    Images: "a model that can be asked about changed pictures",
    Moments: "scores and the truth",
    Network: "a model with gradients",
    Outputs: "decisions between classes",
    Predictions: "scores and the truth of every decision",
    Scores: "scores of one class and the truth",
    Selections: "decisions between classes",
    Table: "a model that can be asked about changed rows",
    Tally: "the truth of every decision",
    Times: "a column of moments (--time)",
    Training: "the data the model was trained on",
}
"""What each kind of evidence is, to someone who could supply it."""


def lacking(kinds: Iterable[type]) -> str:
    """What would be needed, in words: ``needs a model with gradients (Network)``."""
    return "needs " + " and ".join(
        f"{WORDS[kind]} ({kind.__name__})" if kind in WORDS else kind.__name__ for kind in kinds
    )


def implied(evidence: Mapping[type, Any]) -> dict[type, Any]:
    """The evidence with what follows from it: decisions and outputs from predictions, selections from the tally."""
    found = dict(evidence)
    if one := evidence.get(Predictions):
        rest = (one.classes, one.positive, one.weight, one.unit)
        found.setdefault(Decisions, Decisions(one.truth, one.decision, *rest))
        found.setdefault(Outputs, Outputs(one.decision, one.score, *rest))
    if tally := evidence.get(Tally):
        found.setdefault(Selections, Selections(tally))
    return found


def _numbers(**columns: np.ndarray) -> None:
    """Raises ``ValueError`` for columns of different length, none at all, or without a number in every row."""
    sizes = {name: np.shape(column) for name, column in columns.items()}
    if len(set(sizes.values())) > 1 or any(len(size) != 1 or not size[0] for size in sizes.values()):
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise ValueError(f"Truth and answer need one number for each row, got {told}.")
    for name, column in columns.items():
        bad = int((~np.isfinite(np.asarray(column, dtype=float))).sum())
        if bad:
            raise ValueError(
                f"{bad} of {len(column)} values of {name} are missing or infinite; give a number for each."
            )
