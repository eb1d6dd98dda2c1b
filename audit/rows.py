"""Row evidence: what comparisons need of every example, and nothing that describes a person."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.attributes import Attributes, members
from audit.confirmation import halves
from audit.conformal import halves as calibration_half
from audit.evidence import Decisions, Groups, Predictions, Ranking, Regression
from audit.measure import Condition
from audit.report import Answer
from audit.run import check_seed
from models.record import sha256

GROUP, SCORE, SLICE, EACH = "group:", "score:", "slice:", "each:"
KNOWN = ("searched", "weight", "unit", "calibrating")
"""Columns that not every audit leaves."""


@dataclass(frozen=True)
class Rows:
    """Keyed-hash ids, truth, decision, scores and groups of every example; no features."""

    ids: np.ndarray
    """(n,) text."""
    truth: np.ndarray
    """(n,) positions in ``classes``; where numbers are predicted, the number."""
    decision: np.ndarray
    score: np.ndarray
    """(n, classes) float64."""
    classes: tuple[str, ...]
    groups: dict[str, np.ndarray]
    """(n,) text by way of grouping."""
    slices: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    """(n,) who is in each part of the data that the report's search tested, by the part's canonical text."""
    searched: NDArray[np.bool_] | None = None
    """(n,) on which examples that search looked: it chose its parts by their errors there."""
    weight: np.ndarray | None = None
    unit: np.ndarray | None = None
    """(n,) numbers of the units that rows belong to; whom they stand for is not kept."""
    calibrating: NDArray[np.bool_] | None = None
    """(n,) on which examples the thresholds of conformal sets were chosen."""
    contributions: dict[str, np.ndarray] = field(default_factory=dict)
    """(n,) what every example adds to a number (``Contribution``), by the number's name and setting; NaN if not asked."""
    digest: str | None = field(default=None, init=False)
    """SHA-256 of the bytes that they were read from; of no others is it known."""

    @classmethod
    def of(
        cls,
        ids: np.ndarray,
        predictions: Predictions,
        groups: Groups | None,
        slices: dict[str, NDArray[np.bool_]] | None = None,
        searched: NDArray[np.bool_] | None = None,
        calibrating: NDArray[np.bool_] | None = None,
        contributions: dict[str, np.ndarray] | None = None,
    ) -> Rows:
        unit = None if predictions.unit is None else pd.factorize(predictions.unit)[0]
        return cls(
            ids=ids,
            truth=predictions.truth,
            decision=predictions.decision,
            score=predictions.score,
            classes=predictions.classes,
            groups=groups.labels if groups else {},
            slices=slices or {},
            searched=searched if slices else None,
            weight=predictions.weight,
            unit=unit,
            calibrating=calibrating,
            contributions=contributions or {},
        )

    @classmethod
    def of_audit(cls, ids: np.ndarray, evidence: Mapping[type, Any], answers: Iterable[Answer], seed: int) -> Rows:
        """What an audit leaves behind: also who is in each part of the data that its search tested.

        evidence: what the checks were given. answers: with their contributions. seed: the report's, from which the
        search drew its half.
        """
        predictions, groups, given = _predictions(evidence), evidence.get(Groups), list(answers)
        asked = [(one, answer.question.code) for answer in given for one in answer.measures]
        each = {one.key: one.values(len(ids)) for answer in given for one in answer.contributions or ()}
        tested = {one: code for one, code in asked if one.name == "accuracy.slice_error"}
        conformal = next((code for one, code in asked if one.name == "uncertainty.conformal_coverage"), None)
        n, unit = len(predictions.truth), predictions.unit
        calibrating = None if conformal is None else calibration_half(n, check_seed(seed, conformal), unit)
        if not tested or Attributes not in evidence:
            return cls.of(ids, predictions, groups, calibrating=calibrating, contributions=each)
        slices = {one.slice_text: members(evidence[Attributes], one.slice) for one in tested}
        wrong = (predictions.decision != predictions.truth).astype(float)
        searched = halves(wrong, check_seed(seed, next(iter(tested.values()))), unit)
        return cls.of(ids, predictions, groups, slices, searched, calibrating, each)

    @staticmethod
    def possible(evidence: Mapping[type, Any]) -> bool:
        """Whether truth and decision (or predicted number, or rank) of every example are known."""
        return any(kind in evidence for kind in (Predictions, Decisions, Regression, Ranking))

    @property
    def decides(self) -> bool:
        """Whether the model decides between classes; otherwise it predicts numbers."""
        return bool(self.classes)

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,) whether the decision is the truth."""
        return np.asarray(self.decision == self.truth)

    def take(self, place: NDArray[np.intp]) -> Rows:
        """The rows at these positions."""
        optional = {name: getattr(self, name) for name in KNOWN}
        return Rows(
            ids=self.ids[place],
            truth=self.truth[place],
            decision=self.decision[place],
            score=self.score[place],
            classes=self.classes,
            groups={by: labels[place] for by, labels in self.groups.items()},
            slices={text: inside[place] for text, inside in self.slices.items()},
            contributions={name: values[place] for name, values in self.contributions.items()},
            **{name: None if values is None else values[place] for name, values in optional.items()},
        )

    def inside(self, conditions: Sequence[Condition]) -> NDArray[np.bool_] | None:
        """(n,) who is in a slice; ``None`` where these rows do not know."""
        text = " & ".join(map(str, conditions))
        if text in self.slices:
            return self.slices[text]
        if any(one.operator != "=" or one.column not in self.groups for one in conditions):
            return None
        inside = np.ones(len(self.truth), dtype=bool)
        for one in conditions:
            inside &= self.groups[one.column].astype(str) == one.value
        return inside

    def to_bytes(self) -> bytes:
        """Parquet, one row per example."""
        columns = {"id": self.ids, "truth": self.truth, "decision": self.decision}
        columns |= {SCORE + name: self.score[:, position] for position, name in enumerate(self.classes)}
        columns |= {GROUP + by: labels.astype(str) for by, labels in self.groups.items()}
        columns |= {SLICE + text: inside for text, inside in self.slices.items()}
        columns |= {EACH + name: values for name, values in self.contributions.items()}
        columns |= {name: values for name in KNOWN if (values := getattr(self, name)) is not None}
        out = io.BytesIO()
        pd.DataFrame(columns).to_parquet(out, index=False, compression="zstd")
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Rows:
        """Read back what ``to_bytes`` wrote, this version's or an older one's."""
        frame = pd.read_parquet(io.BytesIO(data))

        def named(prefix: str) -> dict[str, np.ndarray]:
            return {
                name.removeprefix(prefix): frame[name].to_numpy() for name in frame.columns if name.startswith(prefix)
            }

        scores = named(SCORE)
        rows = cls(
            ids=frame["id"].to_numpy(dtype=object),
            truth=frame["truth"].to_numpy(),
            decision=frame["decision"].to_numpy(),
            score=np.column_stack([np.empty((len(frame), 0)), *scores.values()]).astype(float),
            classes=tuple(scores),
            groups={by: labels.astype(object) for by, labels in named(GROUP).items()},
            slices={text: inside.astype(bool) for text, inside in named(SLICE).items()},
            contributions=named(EACH),
            **{name: frame[name].to_numpy() for name in KNOWN if name in frame.columns},
        )
        object.__setattr__(rows, "digest", sha256(data))
        return rows


def _predictions(evidence: Mapping[type, Any]) -> Predictions:
    """Those at hand; of decisions without scores, scores of 1: no measure of scores is in such a report. Predicted
    numbers and rankings have neither classes nor scores; the rows of a query belong together."""
    if Predictions in evidence:
        known: Predictions = evidence[Predictions]
        return known
    if Regression in evidence:
        said: Regression = evidence[Regression]
        return Predictions(
            said.truth, said.prediction, np.empty((len(said.truth), 0)), (), None, said.weight, said.unit
        )
    if Ranking in evidence:
        ranked: Ranking = evidence[Ranking]
        none = np.empty((len(ranked.score), 0))
        return Predictions(ranked.relevant.astype(float), ranked.score, none, (), None, None, ranked.query)
    one: Decisions = evidence[Decisions]
    sure = np.eye(len(one.classes))[one.decision]
    return Predictions(one.truth, one.decision, sure, one.classes, one.positive, one.weight, one.unit)
