"""Row evidence: what comparisons need of every example, and nothing that describes a person."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pandas as pd

from audit.evidence import Groups, Predictions

GROUP, SCORE = "group:", "score:"


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

    @classmethod
    def of(cls, ids: np.ndarray, predictions: Predictions, groups: Groups | None) -> Rows:
        return cls(
            ids=ids,
            truth=predictions.truth,
            decision=predictions.decision,
            score=predictions.score,
            classes=predictions.classes,
            groups=groups.labels if groups else {},
        )

    def to_bytes(self) -> bytes:
        """Parquet, one row per example."""
        frame = pd.DataFrame({"id": self.ids, "truth": self.truth, "decision": self.decision})
        for position, name in enumerate(self.classes):
            frame[SCORE + name] = self.score[:, position]
        for by, labels in self.groups.items():
            frame[GROUP + by] = labels.astype(str)
        out = io.BytesIO()
        frame.to_parquet(out, index=False, compression="zstd")
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Rows:
        """Read back what ``to_bytes`` wrote."""
        frame = pd.read_parquet(io.BytesIO(data))
        scores = [name for name in frame.columns if name.startswith(SCORE)]
        return cls(
            ids=frame["id"].to_numpy(dtype=object),
            truth=frame["truth"].to_numpy(),
            decision=frame["decision"].to_numpy(),
            score=frame[scores].to_numpy(dtype=float),
            classes=tuple(name.removeprefix(SCORE) for name in scores),
            groups={
                name.removeprefix(GROUP): frame[name].to_numpy(dtype=object)
                for name in frame.columns
                if name.startswith(GROUP)
            },
        )
