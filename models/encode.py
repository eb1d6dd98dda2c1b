"""From raw columns to a vector of numbers, and back from positions in the vector to columns.

A model of a table has two parts: ``encode`` (here) and a network from the encoded vector to logits. Gradients act on
the encoded vector; attributions are summed back to the raw column by its span.
"""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np
import pandas as pd

from models.card import Field


def fit(frame: pd.DataFrame) -> tuple[Field, ...]:
    """One field per column, learnt from the training part only.

    Columns of numbers and booleans are numbers; anything else is a category. Raises ``ValueError`` for infinities and
    for a column without any value.
    """
    return tuple(_fit(str(name), frame[name]) for name in frame.columns)


def encode(frame: pd.DataFrame, fields: tuple[Field, ...]) -> np.ndarray:
    """(n, width) float32; width is the end of the last span. Columns that no field names are not read.

    A number is centred and scaled, a missing one takes the training mean (0); a category becomes one input per known
    level, and one for everything unseen, missing included. Raises ``ValueError`` naming the column where it is absent,
    holds text among numbers, or holds values that are infinite or too large.
    """
    _require(frame, fields)
    numbers = [field for field in fields if field.kind == "number"]
    scaled = dict(zip((field.column for field in numbers), _scaled(frame, numbers), strict=True))
    parts = [
        _number(scaled[field.column], field) if field.kind == "number" else _category(frame[field.column], field)
        for field in fields
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32) if parts else np.empty((len(frame), 0), np.float32)


def spans(fields: tuple[Field, ...]) -> list[tuple[str, int, int]]:
    """(column, start, stop) of each raw column in the encoded vector, in order."""
    stops = np.cumsum([_width(field) for field in fields]).tolist()
    return [(one.column, stop - _width(one), stop) for one, stop in zip(fields, stops, strict=True)]


def _width(field: Field) -> int:
    return (1 if field.kind == "number" else len(field.levels) + 1) + field.missing_indicator


def _fit(name: str, column: pd.Series) -> Field:
    missing = bool(column.isna().any())
    if column.isna().all():
        raise ValueError(f"Column {name!r} has no value in the training part: leave it out.")
    if not pd.api.types.is_numeric_dtype(column):
        levels = tuple(sorted(column.dropna().astype(str).unique()))
        return Field(column=name, kind="category", levels=levels, missing_indicator=missing)
    values = _finite(name, _numbers(name, column))
    spread = float(np.nanstd(values))
    return Field(
        column=name,
        kind="number",
        mean=float(np.nanmean(values)),
        scale=spread if spread > 1e-12 * float(np.nanmax(np.abs(values))) else 1.0,
        missing_indicator=missing,
    )


def _number(scaled: np.ndarray, field: Field) -> np.ndarray:
    """(n, width) of a centred and scaled column, not a number where it is missing."""
    missing = np.isnan(scaled)
    body = np.where(missing, 0.0, scaled)[:, None]
    return np.column_stack([body, missing]) if field.missing_indicator else body


def _category(column: pd.Series, field: Field) -> np.ndarray:
    missing = column.isna().to_numpy()
    position = pd.Index(field.levels).get_indexer(pd.Index(column.astype(str).where(~missing, None)))
    body = np.eye(len(field.levels) + 1)[np.where(missing, -1, position)]
    return np.column_stack([body, missing]) if field.missing_indicator else body


def _scaled(frame: pd.DataFrame, fields: list[Field]) -> np.ndarray:
    """(columns, n) float64: all number columns at once, centred and scaled."""
    if not fields:
        return np.empty((0, len(frame)))
    names = [field.column for field in fields]
    try:
        values = frame[names].to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError):
        values = np.column_stack([_numbers(name, frame[name]) for name in names])
    means, scales = (np.array([getattr(field, name) for field in fields]) for name in ("mean", "scale"))
    scaled = ((values - means) / scales).T
    return np.array([_finite(name, one) for name, one in zip(names, scaled, strict=True)])


def _numbers(name: str, column: pd.Series) -> np.ndarray:
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError):
        pass
    as_number = pd.to_numeric(column, errors="coerce")
    odd = column[as_number.isna() & column.notna()].iloc[0]
    raise ValueError(f"Column {name!r} holds numbers, but got {odd!r}. Give a number, or nothing where it is missing.")


def _finite(name: str, values: np.ndarray) -> np.ndarray:
    too_large = np.abs(values) > np.finfo(np.float32).max
    if too_large.any():
        raise ValueError(
            f"Column {name!r} holds an infinite or too large value in {int(too_large.sum())} of {len(values)} rows "
            f"(first at row {int(np.argmax(too_large))}). Give finite numbers, or nothing where the value is missing."
        )
    return values


def _require(frame: pd.DataFrame, fields: tuple[Field, ...]) -> None:
    given = [str(name) for name in frame.columns]
    absent = [field.column for field in fields if field.column not in given]
    if absent:
        near = get_close_matches(absent[0], given, n=1, cutoff=0.6)
        guess = f" Is it the one called {near[0]!r}?" if near else ""
        raise ValueError(f"Input column {absent[0]!r} is missing ({len(absent)} of {len(fields)} are).{guess}")
