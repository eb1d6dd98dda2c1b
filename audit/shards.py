"""Predictions in shards: counted batch by batch, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audit.evidence import Moments, Scores, Tally

BATCH = 500_000
"""Rows counted at a time."""
BINS = 1000
"""Bins of equal width that the scores of shards are counted in: the error of an area is stated by ``Scores.ranking``."""


@dataclass(frozen=True)
class Roles:
    """Which column of a table of predictions is what. The outcome is binary: 1 is the one asked about."""

    truth: str
    score: str
    groups: tuple[str, ...] = ()
    threshold: float = 0.5
    """Lowest score that is decided as 1."""
    weight: str | None = None
    unit: str | None = None
    classes: tuple[str, str] = ("0", "1")

    def columns(self) -> list[str]:
        return [one for one in (self.truth, self.score, *self.groups, self.weight, self.unit) if one is not None]


def counted(shards: Sequence[Path], roles: Roles, batch: int = BATCH) -> dict[type, Any]:
    """Tally, Moments and Scores of Parquet files, read ``batch`` rows at a time: memory does not grow with the rows.

    A missing group is ``unknown``. Raises ``ValueError`` for an empty set of shards, a missing column, outcomes other
    than 0 and 1, or scores outside 0..1.
    """
    total: tuple[Tally, Moments, Scores] | None = None
    for frame in _batches(shards, roles, batch):
        part = _counted(frame, roles)
        total = part if total is None else (total[0] + part[0], total[1] + part[1], total[2] + part[2])
    if total is None:
        raise ValueError(f"The {len(shards)} shards hold no rows; give at least one Parquet file with rows.")
    return dict(zip((Tally, Moments, Scores), total, strict=True))


def _counted(frame: pd.DataFrame, roles: Roles) -> tuple[Tally, Moments, Scores]:
    truth, score = frame[roles.truth].to_numpy(), frame[roles.score].to_numpy(dtype=float)
    if not np.isin(truth, (0, 1)).all():
        raise ValueError(f"Column {roles.truth!r} holds values other than 0 and 1; code the outcome as 0 and 1.")
    if not ((score >= 0) & (score <= 1)).all():
        raise ValueError(f"Column {roles.score!r} holds scores that are missing or outside 0..1.")
    groups = {one: frame[one] for one in roles.groups}
    came = truth.astype(bool)
    named = {"weight": roles.weight, "unit": roles.unit}
    alike = {role: None if name is None else frame[name].to_numpy() for role, name in named.items()}
    error = score - came
    values = {"brier": 2 * error**2, "score": score, "outcome": came, "error": error}
    return (
        Tally.of(came, score >= roles.threshold, groups, roles.classes, 1, **alike),
        Moments.of(values, groups, **alike),
        Scores.of(score, came, groups, alike["weight"], bins=BINS),
    )


def _batches(shards: Sequence[Path], roles: Roles, batch: int) -> Iterator[pd.DataFrame]:
    import pyarrow.parquet as parquet

    for path in shards:
        there = parquet.read_schema(path).names
        absent = [one for one in roles.columns() if one not in there]
        if absent:
            raise ValueError(f"{path.name} has no column {', '.join(absent)}; it has: {', '.join(there)}.")
        file = parquet.ParquetFile(path, read_dictionary=list(roles.groups))
        for part in file.iter_batches(batch, columns=roles.columns()):
            if part.num_rows:
                yield part.to_pandas()
