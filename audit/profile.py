"""What one column of a table holds: its kind, what is missing, its levels or its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit import people
from audit.heading import ROLE_WORDS, spoken
from models.record import Record

Kind = Literal["number", "category", "text", "date", "boolean", "id", "constant", "other"]
Codes = NDArray[np.int64]

LEVELS = 20
"""Levels of a column that are named, and values up to which a number counts as having levels."""
LONG, WIDE = 60, 5
"""Mean letters and words from which on texts are no levels."""
YES_NO = (
    {"0", "1"}, {"yes", "no"}, {"y", "n"}, {"true", "false"}, {"t", "f"}, {"ja", "nein"}, {"oui", "non"}, {"si", "no"},
    {"sí", "no"}, {"sim", "não"}, {"1.0", "0.0"},
)  # fmt: skip


class Profile(Record):
    """One column, described."""

    name: str
    kind: Kind
    rows: int
    missing: int
    distinct: int
    """Values that occur, missing not counted."""
    top_share: float | None
    """Share of the commonest value among those that are not missing; None where all are."""
    least: float | None = None
    """Of numbers that are finite."""
    median: float | None = None
    most: float | None = None
    infinite: int = 0
    """Values that are no finite number."""
    levels: tuple[tuple[str, int], ...] = ()
    """(value, rows), commonest first; of up to 20 values."""
    private: bool = False
    """Whether its values are left out here, because they may belong to one person each."""

    def without_values(self) -> Self:
        """The same without any value of the table."""
        return self.model_copy(update={"levels": (), "least": None, "median": None, "most": None, "private": True})

    @property
    def sentence(self) -> str:
        """``age: number, 17 to 90, half below 37; 74 values; 3 of 48,842 missing.``"""
        if not self.distinct:
            return f"{self.name}: all {self.rows:,} values are missing."
        parts = [f"{self.kind}"]
        if self.least is not None and self.most is not None and self.median is not None:
            parts[0] += f", {self.least:g} to {self.most:g}, half below {self.median:g}"
        parts.append(f"{self.distinct:,} value{'s' * (self.distinct != 1)}")
        if self.missing:
            parts.append(f"{self.missing:,} of {self.rows:,} missing")
        if self.infinite:
            parts.append(f"{self.infinite:,} infinite")
        if self.private:
            parts.append("values not shown, as they may be personal")
        return f"{self.name}: {'; '.join(parts)}."


@dataclass(frozen=True)
class Coded:
    """A column with its values counted: (n,) positions in ``values``, -1 for missing."""

    name: str
    column: pd.Series
    codes: Codes
    values: pd.Index
    nested: bool = False

    @classmethod
    def of(cls, name: str, column: pd.Series) -> Self:
        """Any column whatever: what cannot be compared is compared as it is written."""
        try:
            codes, values = pd.factorize(column)
            return cls(name, column, codes.astype(np.int64), pd.Index(values))
        except (TypeError, ValueError, NotImplementedError):
            missing = _missing(column)
            written = pd.Series(
                [None if gone else repr(one) for one, gone in zip(column, missing, strict=True)], dtype=object
            )
            codes, values = pd.factorize(written)
            return cls(name, column, codes.astype(np.int64), pd.Index(values), nested=True)

    @property
    def counts(self) -> Codes:
        """(values,) rows of each."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values)).astype(np.int64)

    @property
    def known(self) -> int:
        """Rows that are not missing."""
        return int((self.codes >= 0).sum())

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers that can be ordered."""
        kind = self.column.dtype
        return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind) and kind.kind != "c"

    def numbers(self) -> NDArray[np.float64]:
        """(n,) the values, NaN for missing and infinite ones."""
        with np.errstate(all="ignore"):
            number = self.column.to_numpy(dtype=float, na_value=np.nan)
        return np.where(np.isfinite(number), number, np.nan)


def _missing(column: pd.Series) -> list[bool]:
    return [one is None or (isinstance(one, float) and one != one) or one is pd.NA or one is pd.NaT for one in column]


def profile(coded: Coded) -> Profile:
    """The description of one column."""
    counts, known = coded.counts, coded.known
    kind = kind_of(coded)
    least = median = most = None
    infinite = 0
    if coded.is_number and known:
        finite = coded.numbers()
        finite = finite[~np.isnan(finite)]
        infinite = known - len(finite)
        if len(finite):
            with np.errstate(over="ignore"):
                median = float(np.median(finite))
            median = median if np.isfinite(median) else float(np.sort(finite)[len(finite) // 2])
            least, most = float(finite.min()), float(finite.max())
    return Profile(
        name=coded.name, kind=kind, rows=len(coded.codes), missing=len(coded.codes) - known, distinct=int((counts > 0).sum()),
        top_share=float(counts.max() / known) if known else None, least=least, median=median, most=most,
        infinite=infinite, levels=_levels(coded, counts) if kind != "text" else (),
    )  # fmt: skip


def _levels(coded: Coded, counts: Codes) -> tuple[tuple[str, int], ...]:
    if not 0 < len(counts) <= LEVELS:
        return ()
    order = np.argsort(-counts, kind="stable")
    return tuple((printed(coded.values[at]), int(counts[at])) for at in order if counts[at])


def printed(value: Any) -> str:
    """A value as text, short, and without halves of characters that no file can hold."""
    text = str(value).encode("utf-8", "replace").decode()
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def kind_of(coded: Coded) -> Kind:
    """What a column is, by its type, its values and its name."""
    size, dtype = int((coded.counts > 0).sum()), coded.column.dtype
    if size <= 1 and not coded.nested:
        return "constant"
    if coded.nested or getattr(dtype, "kind", "O") == "c":
        return "other"
    if pd.api.types.is_bool_dtype(dtype) or (size == 2 and _says_yes_or_no(coded)):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return "date"
    if coded.is_number:
        return "id" if _counts_up(coded, size) else "number"
    return _kind_of_texts(coded, size)


def _says_yes_or_no(coded: Coded) -> bool:
    return {str(value).strip().casefold() for value in coded.values} in YES_NO


def _counts_up(coded: Coded, size: int) -> bool:
    """Whole numbers that are all different, and called an id or evenly spaced row after row."""
    if size < coded.known or size < LEVELS or coded.column.dtype.kind not in "iu":
        called = bool(ROLE_WORDS["id"].search(spoken(coded.name)))
        return called and size > LEVELS and coded.column.dtype.kind in "iu" and size > coded.known // 20
    number = coded.column.to_numpy(dtype=float, na_value=np.nan)
    return bool(ROLE_WORDS["id"].search(spoken(coded.name))) or len(np.unique(np.diff(number))) == 1


def _kind_of_texts(coded: Coded, size: int) -> Kind:
    drawn = coded.values[:: max(1, size // 200)]
    if not all(isinstance(value, str) for value in drawn):
        return "other" if size > coded.known / 2 and size > LEVELS else "category"
    texts = [str(value) for value in drawn]
    if sum(people.DAY.match(text.strip().upper()) is not None for text in texts) >= 0.95 * len(texts):
        return "date"
    if size > LEVELS and size == coded.known and all(" " not in text for text in texts):
        digits = sum(any(sign.isdigit() for sign in text) for text in texts)
        if digits >= 0.9 * len(texts) or ROLE_WORDS["id"].search(spoken(coded.name)):
            return "id"
    words = float(np.mean([len(text.split()) for text in texts]))
    letters = float(np.mean([len(text) for text in texts]))
    is_text = (words >= WIDE and size > LEVELS / 2) or letters > LONG or (size > LEVELS and size > coded.known / 2)
    return "text" if is_text else "category"
