"""Rows that stand more than once in a table, or in two tables: exact copies, column by column, without a hash."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.profile import Coded, Codes


class Alike:
    """Splits rows into classes of those that are alike in every column seen so far; rows already alone are set aside."""

    def __init__(self, rows: int, left: int | None = None) -> None:
        self.rows = np.arange(rows)
        """Those that may still have a copy."""
        self.code: Codes = np.zeros(rows, dtype=np.int64)
        self.left = left
        """Rows before this one are of the first table: a class counts only with rows of both."""

    def split(self, codes: Codes) -> None:
        """Take one more column into account."""
        if not len(self.rows):
            return
        mine = codes[self.rows] + 1
        _, self.code = np.unique(self.code * (int(mine.max()) + 1) + mine, return_inverse=True)
        keep = self._several()
        self.rows, self.code = self.rows[keep], self.code[keep]

    def _several(self) -> NDArray[np.bool_]:
        counts = np.bincount(self.code)
        if self.left is None:
            return counts[self.code] > 1
        first = np.bincount(self.code[self.rows < self.left], minlength=len(counts))
        return ((first > 0) & (first < counts))[self.code]

    @property
    def copies(self) -> int:
        """Rows that repeat an earlier one."""
        return len(self.rows) - len(np.unique(self.code))


def shared(frame: pd.DataFrame, other: pd.DataFrame, names: Iterable[str]) -> tuple[int, int]:
    """(rows of ``frame`` that stand in ``other``, rows of ``other`` that stand in ``frame``), alike in the named columns."""
    alike = Alike(len(frame) + len(other), left=len(frame))
    for name in names:
        alike.split(Coded.of(name, _joined(frame[name], other[name])).codes)
    first = int((alike.rows < len(frame)).sum())
    return first, len(alike.rows) - first


def _joined(one: pd.Series, other: pd.Series) -> pd.Series:
    """Both columns on top of each other, as numbers where both are, else as what they are."""
    if one.dtype == other.dtype and not isinstance(one.dtype, pd.CategoricalDtype):
        return pd.concat([one, other], ignore_index=True)
    if all(pd.api.types.is_numeric_dtype(column.dtype) for column in (one, other)):
        return pd.Series(np.concatenate([column.to_numpy(dtype=float, na_value=np.nan) for column in (one, other)]))
    return pd.Series(np.concatenate([column.astype(object).to_numpy() for column in (one, other)]), dtype=object)
