"""What a foreign model is asked about: tables, pictures and texts as Arrow columns, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from models.guest import Inputs, numbers

Takes = Literal["table", "image", "text"]
Given = pd.DataFrame | np.ndarray | Sequence[str]
BATCH = {"table": 16384, "image": 64, "text": 32}
"""Rows that are asked about at once, where the caller names no number: few enough for caches, pipe and time limit."""


@dataclass(frozen=True)
class Question:
    """Some rows, as they travel: ``kind`` is array, table or text."""

    kind: str
    shape: tuple[int, ...]
    columns: dict[str, pa.Array]

    def header(self, ask: str, **more: Any) -> dict[str, Any]:
        return {"ask": ask, "kind": self.kind, "shape": list(self.shape), **more}

    def here(self) -> Inputs:
        """The same without travelling."""
        return Inputs(self.kind, list(self.shape), pa.table(self.columns))


def questions(inputs: Given, takes: Takes, columns: tuple[str, ...] | None, batch: int | None) -> Iterator[Question]:
    """The inputs in parts of ``batch`` rows.

    Raises ``ValueError`` in one sentence where they are not what the model takes: another kind, a missing column, words
    beside numbers in one column, no rows.
    """
    whole = checked(inputs, takes, columns)
    rows = batch or BATCH[takes]
    for start in range(0, len(whole), rows):
        yield _question(
            whole[start : start + rows] if not isinstance(whole, pd.DataFrame) else whole.iloc[start : start + rows]
        )


def checked(inputs: Given, takes: Takes, columns: tuple[str, ...] | None) -> pd.DataFrame | np.ndarray | list[Any]:
    """The inputs as one of three kinds, with the columns that the model takes; raises ``ValueError`` as above."""
    if not len(inputs):
        raise ValueError("There are no rows to ask about; give at least one.")
    if takes == "text":
        return _texts(inputs)
    if takes == "table" and isinstance(inputs, pd.DataFrame):
        return _chosen(inputs, columns)
    ranks = (2,) if takes == "table" else (3, 4)
    if not isinstance(inputs, np.ndarray) or inputs.ndim not in ranks or inputs.dtype.kind not in "fiub":
        asked = "a table (a frame, or an array of numbers with two axes)" if takes == "table" else "pictures (n, ...)"
        raise ValueError(f"This model takes {asked}, got {_kind(inputs)}.")
    if takes == "table" and columns and inputs.shape[1] != len(columns):
        raise ValueError(f"This model takes {len(columns)} columns, got {inputs.shape[1]}.")
    return inputs


def _texts(inputs: Given) -> list[Any]:
    if isinstance(inputs, pd.DataFrame) and inputs.shape[1] != 1:
        raise ValueError(f"This model takes one column of text, got {inputs.shape[1]} columns; choose one.")
    column: Any = inputs.iloc[:, 0] if isinstance(inputs, pd.DataFrame) else inputs
    texts = [None if one is None or one is pd.NA or isinstance(one, float) else one for one in column]
    if isinstance(inputs, str) or not all(one is None or isinstance(one, str) for one in texts):
        raise ValueError(f"This model takes a list of texts, got {_kind(inputs)}.")
    return texts


def _chosen(frame: pd.DataFrame, columns: tuple[str, ...] | None) -> pd.DataFrame:
    named = frame.set_axis([str(name) for name in frame.columns], axis=1)
    if columns is None:
        return named
    missing = [name for name in columns if name not in named.columns]
    if missing:
        raise ValueError(f"The table lacks {', '.join(missing[:5])}, which the model was made with.")
    return named[list(columns)]


def _question(part: pd.DataFrame | np.ndarray | list[Any]) -> Question:
    if isinstance(part, pd.DataFrame):
        return Question("table", (len(part),), {str(name): _column(str(name), one) for name, one in part.items()})
    if isinstance(part, np.ndarray):
        return Question("array", part.shape, {"x": numbers(part)})
    return Question("text", (len(part),), {"text": pa.array(part, type=pa.string())})


def _column(name: str, column: pd.Series[Any]) -> pa.Array:
    kind = column.dtype
    if isinstance(kind, np.dtype) and kind.kind in "fiub":
        return pa.array(np.ascontiguousarray(column.to_numpy()), from_pandas=False)
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_numeric_dtype(kind):
        return pa.array(column.to_numpy(dtype=float, na_value=np.nan), from_pandas=False)
    values = column.astype(object).where(column.notna(), None)
    try:
        return pa.array(values.tolist(), type=pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
        raise ValueError(
            f"The column {name!r} holds {kind}; numbers, true or false, and words are asked about."
        ) from None


def _kind(inputs: Any) -> str:
    if isinstance(inputs, np.ndarray):
        return f"an array {inputs.shape} of {inputs.dtype}"
    return "a table" if isinstance(inputs, pd.DataFrame) else f"a {type(inputs).__name__}"
