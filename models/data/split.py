"""Examples, truth, groups, unit and ids of one part of a data set, with their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from models.record import canonical, sha256

Part = Literal["train", "validation", "test"]
UNKNOWN = "unknown"
"""The group of those whose group is not recorded: a value like any other, never dropped."""


@dataclass(frozen=True)
class Split:
    """One part of a data set.

    ``inputs`` is a frame of raw columns (n rows) or an array of images (n, height, width) with values in 0..1.
    """

    dataset: str
    part: Part
    inputs: pd.DataFrame | np.ndarray
    truth: np.ndarray
    """(n,) integer positions in ``classes``."""
    classes: tuple[str, ...]
    groups: pd.DataFrame
    """(n, g) text: one column per way of grouping; missing is ``unknown``."""
    ids: np.ndarray
    """(n,) integer positions in the data set as published."""
    edges: tuple[tuple[str, tuple[float, ...]], ...] = ()
    """Bin edges of grouped numeric columns, made once on the training part."""
    weight: np.ndarray | None = None
    """(n,) how much each row counts; ``None`` where all count alike."""
    unit: np.ndarray | None = None
    """(n,) whom a row belongs to (a person, a writer); ``None`` where every row is its own."""

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def is_table(self) -> bool:
        return isinstance(self.inputs, pd.DataFrame)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the digests of all columns, in order: independent of the file format it came from."""
        columns = [[name, role, kind, content] for name, role, kind, content in self._column_digests()]
        return sha256(canonical({"classes": list(self.classes), "columns": columns, "rows": len(self)}))

    def take(self, rows: np.ndarray) -> Split:
        """The same split with the given rows (integer positions or a mask), in the given order."""
        inputs = self.inputs.iloc[rows] if isinstance(self.inputs, pd.DataFrame) else self.inputs[rows]
        groups = self.groups.iloc[rows].reset_index(drop=True)
        if isinstance(inputs, pd.DataFrame):
            inputs = inputs.reset_index(drop=True)
        weight, unit = (None if one is None else one[rows] for one in (self.weight, self.unit))
        return replace(
            self, inputs=inputs, truth=self.truth[rows], groups=groups, ids=self.ids[rows], weight=weight, unit=unit
        )

    def _column_digests(self) -> Iterator[tuple[str, str, str, str]]:
        if isinstance(self.inputs, pd.DataFrame):
            for name in self.inputs.columns:
                yield (str(name), "input", *column_digest(self.inputs[name].to_numpy()))
        else:
            yield ("image", "input", *column_digest(self.inputs))
        yield ("truth", "truth", *column_digest(np.asarray(self.classes, dtype=object)[self.truth]))
        for name in self.groups.columns:
            yield (str(name), "group", *column_digest(self.groups[name].to_numpy(dtype=object)))
        yield ("id", "id", *column_digest(self.ids))
        for name, values in (("weight", self.weight), ("unit", self.unit)):
            if values is not None:
                yield (name, name, *column_digest(values))


def column_digest(values: np.ndarray) -> tuple[str, str]:
    """Type and SHA-256 of a column's values in row order.

    Values are normalised to bool, int64, float64 or utf8 with a null mask (little endian), so that the same values give
    the same digest whatever file or precision they came from. Images are one column of shape (n, ...).
    """
    values = np.asarray(values)
    kind, data, null = _normalised(values)
    shape = ",".join(map(str, values.shape[1:]))
    body = hashlib.sha256(f"{kind}[{shape}]".encode())
    body.update(np.packbits(null).tobytes())
    body.update(data)
    return (f"{kind}[{shape}]" if shape else kind), body.hexdigest()


def _normalised(values: np.ndarray) -> tuple[str, bytes, np.ndarray]:
    if values.dtype.kind == "b":
        return "bool", values.astype(np.uint8).tobytes(), np.zeros(len(values), bool)
    if values.dtype.kind in "iu":
        return "int64", values.astype("<i8").tobytes(), np.zeros(len(values), bool)
    if values.dtype.kind == "f":
        null = np.isnan(values)
        clean = (np.where(null, 0.0, values) + 0.0).astype("<f8")
        return "float64", clean.tobytes(), null.ravel()
    null = np.asarray(pd.isna(values))
    text = ["" if gone else str(value) for value, gone in zip(values.tolist(), null.tolist(), strict=True)]
    lengths = np.array([len(one.encode()) for one in text], dtype="<i8")
    return "utf8", lengths.tobytes() + "".join(text).encode(), null
