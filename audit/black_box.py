"""What an attacker may change of a model's inputs, and how the model is asked about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from audit.evidence import BlackBox

Ask = Callable[[Any], np.ndarray]


def black_box(
    inputs: pd.DataFrame | np.ndarray, truth: np.ndarray, rows: np.ndarray, ask: Ask, decide: Ask, *,
    seen: pd.DataFrame | None = None, most: int | None = None,
) -> BlackBox:  # fmt: skip
    """A model of a table (n, columns) or of pictures (n, height, width) or (n, channels, height, width).

    rows: positions of the sample. ask: from changed inputs to (n, classes) probabilities; decide: from these to (n,)
    positions in the classes. seen: the rows that ranges and spreads are taken from, by default the inputs. most: how
    often it may be asked. Of a table columns of numbers with more than two values may change, what is missing stays
    missing; pictures within 0..1, or within what is seen where they leave that.
    """
    if isinstance(inputs, np.ndarray) and inputs.ndim > 2:
        return _pictures(inputs, rows, truth[rows], ask, decide, most)
    known = pd.DataFrame(inputs if seen is None else seen)
    columns = [place for place in range(known.shape[1]) if _varies(known.iloc[:, place])]
    values = _numbers(known, columns)
    sample: Any = inputs.iloc[rows] if isinstance(inputs, pd.DataFrame) else inputs[rows]
    put = _put_frame if isinstance(inputs, pd.DataFrame) else _put_array
    kinds = pd.DataFrame(inputs).dtypes
    return BlackBox(
        rows=rows,
        inputs=_numbers(pd.DataFrame(sample), columns),
        truth=truth[rows],
        low=np.array([np.nanmin(one) for one in values.T]),
        high=np.array([np.nanmax(one) for one in values.T]),
        spread=np.array([np.nanstd(one) for one in values.T]),
        whole=np.array([pd.api.types.is_integer_dtype(kinds.iloc[place]) for place in columns], dtype=bool),
        probabilities=partial(_answer, ask, put, sample, columns),
        decide=decide,
        most=most,
    )


def _pictures(
    inputs: np.ndarray, rows: np.ndarray, truth: np.ndarray, ask: Ask, decide: Ask, most: int | None
) -> BlackBox:
    low, high = float(inputs.min()), float(inputs.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    sample, whole = inputs[rows], inputs.dtype.kind in "iu"
    asked = partial(_answer, ask, _put_pictures, sample, [])
    return BlackBox(rows, sample.astype(float), truth, low, high, high - low, whole, asked, decide, most)


def _varies(column: pd.Series) -> bool:
    """Whether it holds numbers, and more than two different ones."""
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return bool(number and pd.Series(_finite(column)).nunique() > 2)


def _numbers(frame: pd.DataFrame, columns: list[int]) -> np.ndarray:
    """(n, columns) float; not a number where a value is missing or infinite."""
    found = [_finite(frame.iloc[:, place]) for place in columns]
    return np.column_stack(found) if found else np.empty((len(frame), 0))


def _finite(column: pd.Series) -> np.ndarray:
    values = column.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _answer(
    ask: Ask, put: Callable[..., Any], sample: Any, columns: list[int], changed: np.ndarray, places: np.ndarray
) -> np.ndarray:
    return np.asarray(ask(put(sample, columns, changed, places)))


def _put_frame(sample: pd.DataFrame, columns: list[int], changed: np.ndarray, places: np.ndarray) -> pd.DataFrame:
    """The rows at these places with their numbers replaced, each column of its own type."""
    frame = sample.iloc[places].copy()
    for at, place in enumerate(columns):
        before = frame.iloc[:, place]
        moved = pd.Series(changed[:, at], index=frame.index)
        after = moved.where(np.isfinite(changed[:, at]), before)
        frame.isetitem(place, after.astype(before.dtype).array)
    return frame


def _put_array(sample: np.ndarray, columns: list[int], changed: np.ndarray, places: np.ndarray) -> np.ndarray:
    array = sample[places].copy()
    array[:, columns] = np.where(np.isfinite(changed), changed, array[:, columns])
    return array


def _put_pictures(sample: np.ndarray, columns: list[int], changed: np.ndarray, places: np.ndarray) -> np.ndarray:
    return changed.astype(sample.dtype)
