"""Columns as they come, as numbers or as names: what cannot be read is said with a value and a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.bring.unreadable import Unreadable
from audit.grouping import UNKNOWN

Array = NDArray[np.float64]
NESTED = (list, dict, set, tuple, np.ndarray)
LARGEST = 1e100
"""Beyond it squares and sums are no numbers any more."""
LONGEST = 60
"""Letters of a value that a message shows."""


def numbers(values: pd.Series, *, missing: bool = False) -> Array:
    """(n,) numbers of a column. Raises ``Unreadable`` for what is none, or (unless allowed) is missing."""
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        found = values.to_numpy(dtype=float, na_value=np.nan)
    else:
        written = values.astype("str").str.strip()
        found = pd.to_numeric(written, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        bad = np.flatnonzero(np.isnan(found) & values.notna().to_numpy() & ~written.str.lower().eq("nan").to_numpy())
        if len(bad):
            raise Unreadable(_no_number(values, int(bad[0]), len(bad)))
    if np.isinf(found).any():
        raise Unreadable(f"Column {values.name!r} holds {int(np.isinf(found).sum())} infinite values; give numbers.")
    if (np.abs(found) > LARGEST).any():
        raise Unreadable(
            f"Column {values.name!r} holds {float(np.nanmax(np.abs(found))):g}; numbers go to {LARGEST:g}."
        )
    if not missing and np.isnan(found).any():
        raise Unreadable(
            f"Column {values.name!r} has no number in {int(np.isnan(found).sum())} of {len(found)} rows; give one for "
            "each, or leave these rows out."
        )
    return found


def _no_number(values: pd.Series, at: int, many: int) -> str:
    value = shown(values.iloc[at])
    hint = ""
    text = str(values.iloc[at]).strip()
    if text.replace(",", "").replace(".", "").replace("'", "").replace(" ", "").lstrip("+-").isdigit():
        hint = " Write numbers without thousands separators and with a decimal point."
    elif text.endswith("%"):
        hint = " Write shares as numbers from 0 to 1."
    return f"Column {values.name!r} is {value} in row {row(values, at)} ({many} such rows); a number is needed.{hint}"


def row(values: pd.Series | pd.DataFrame, at: int) -> int:
    """Which row of the table, from 1, stands at a position of a part of it."""
    return int(values.index[at]) + 1


def names(values: pd.Series) -> NDArray[np.object_]:
    """(n,) values as text, the same for 1, 1.0, "1" and true; ``None`` where missing. Raises ``Unreadable`` for lists."""
    code, found = _factorized(values)
    texts = np.array([*map(name, found), None], dtype=object)
    texts[[one == "" for one in texts]] = None
    return texts[code]


def present(values: pd.Series) -> NDArray[np.bool_]:
    """(n,) whether there is a value that is more than blanks."""
    there = np.asarray(values.notna())
    if pd.api.types.is_numeric_dtype(values):
        return there
    code, found = _factorized(values)
    blank = np.array([*(isinstance(one, str) and not one.strip() for one in found), False])
    return np.asarray(there & ~blank[code])


def _factorized(values: pd.Series) -> tuple[NDArray[np.intp], Any]:
    """Positions and distinct values. Raises ``Unreadable`` for lists and the like."""
    if values.dtype == object:
        nested = next((one for one in values if isinstance(one, NESTED)), None)
        if nested is not None:
            kind = "lists" if isinstance(nested, list | tuple | np.ndarray) else "mappings"
            raise Unreadable(f"Column {values.name!r} holds {kind}; give one value in each row.")
    return pd.factorize(values)


def name(value: object) -> str:
    """A value as text, the same for 1, 1.0, "1" and true, and for a day and its midnight."""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip().removesuffix(" 00:00:00")
    if text.lower() in ("true", "false"):
        return str(int(text.lower() == "true"))
    whole, _, rest = text.partition(".")
    return whole if rest and not rest.strip("0") and whole.lstrip("-").isdigit() else text


def groups(values: pd.Series) -> NDArray[np.object_]:
    """(n,) names, ``unknown`` where missing."""
    found = names(values)
    return np.where(found == None, UNKNOWN, found).astype(object)  # noqa: E711 -- element by element


def positions(values: NDArray[np.object_], classes: Sequence[str]) -> NDArray[np.intp]:
    """(n,) positions in the classes, -1 where missing or none of them."""
    code, found = pd.factorize(values)
    place = {name: at for at, name in enumerate(classes)}
    return np.array([*(place.get(one, -1) for one in found), -1], dtype=np.intp)[code]


def features(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of text that are numbers throughout, as numbers; what is nested is left out."""
    made = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object and column.map(lambda one: isinstance(one, NESTED)).any():
            continue
        if pd.api.types.is_string_dtype(column) or column.dtype == object:
            number = pd.to_numeric(column, errors="coerce")
            column = number if (number.notna() == column.notna()).all() and column.notna().any() else column
        made[name] = column
    return pd.DataFrame(made, index=frame.index)


def listed(names: Sequence[str], most: int = 10) -> str:
    """The first names in one line, control characters written out."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown(one)[1:-1] for one in names[:most]) + more


def shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")
