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
from audit.evidence import Groups, Predictions
from audit.measure import Condition
from audit.report import Answer
from audit.run import check_seed

GROUP, SCORE, SLICE, SEARCHED, WEIGHT, UNIT = "group:", "score:", "slice:", "searched", "weight", "unit"


@dataclass(frozen=True)
class Rows:
    """Keyed-hash ids, truth, decision, scores and groups of every example; no features."""

    ids: np.ndarray
    """(n,) text."""
    truth: np.ndarray
    """(n,) positions in ``classes``."""
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

    @classmethod
    def of(
        cls,
        ids: np.ndarray,
        predictions: Predictions,
        groups: Groups | None,
        slices: dict[str, NDArray[np.bool_]] | None = None,
        searched: NDArray[np.bool_] | None = None,
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
        )

    @classmethod
    def of_audit(cls, ids: np.ndarray, evidence: Mapping[type, Any], answers: Iterable[Answer], seed: int) -> Rows:
        """What an audit leaves behind: also who is in each part of the data that its search tested.

        evidence: what the checks were given. seed: the report's, from which the search drew its half.
        """
        predictions, groups = evidence[Predictions], evidence.get(Groups)
        tested = {
            one: answer.question.code
            for answer in answers
            for one in answer.measures
            if one.name == "accuracy.slice_error"
        }
        if not tested or Attributes not in evidence:
            return cls.of(ids, predictions, groups)
        slices = {one.slice_text: members(evidence[Attributes], one.slice) for one in tested}
        wrong = (predictions.decision != predictions.truth).astype(float)
        searched = halves(wrong, check_seed(seed, next(iter(tested.values()))), predictions.unit)
        return cls.of(ids, predictions, groups, slices, searched)

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,) whether the decision is the truth."""
        return np.asarray(self.decision == self.truth)

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
        known = {SEARCHED: self.searched, WEIGHT: self.weight, UNIT: self.unit}
        columns |= {name: values for name, values in known.items() if values is not None}
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
        return cls(
            ids=frame["id"].to_numpy(dtype=object),
            truth=frame["truth"].to_numpy(),
            decision=frame["decision"].to_numpy(),
            score=np.column_stack(list(scores.values())).astype(float),
            classes=tuple(scores),
            groups={by: labels.astype(object) for by, labels in named(GROUP).items()},
            slices={text: inside.astype(bool) for text, inside in named(SLICE).items()},
            **{name: frame[name].to_numpy() for name in (SEARCHED, WEIGHT, UNIT) if name in frame.columns},
        )
