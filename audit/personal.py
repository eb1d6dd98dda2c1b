"""Personal data in a table: which columns hold what belongs to one person, told by form and by checksum.

What is found is counted and described; no value of the table is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.stats import binom

from audit import people
from audit.heading import PERSONAL_WORDS, spoken
from audit.pattern import MENTION, PATTERNS, Kind, Pattern
from models.record import Record

LUCK = 1e-4
"""Chance at which so many values holding their checksum are no longer taken for luck."""
FEW, SOME, MOST = 0.001, 0.1, 0.5
"""Share of a column that is worth a word; that makes it one of a kind; that makes it so where its name agrees."""
CHECKED = 1_000
"""Distinct values of a shape whose checksum is computed."""
FIRST = 100
"""Of these, how many decide whether the rest is worth it."""
RUNS = re.compile(r"[^\W\d_]+|\d+")


class Personal(Record):
    """One kind of personal data in one column; never a value of it."""

    column: str
    kind: Kind
    share: float
    """Of the values looked at."""
    n: int
    """Values looked at; missing ones are not among them."""
    form: str
    """How they are written, every letter and digit masked."""
    confident: bool
    """False where it may be something else, or concerns a small part of the column."""
    named: bool
    """Whether the column's name says so too."""
    within: bool = False
    """Whether it stands inside longer texts."""

    @property
    def sentence(self) -> str:
        """``contact: 99 % of 1,000 values are e-mail addresses, written like a***@a***.a***.``"""
        share = "under 1 %" if self.share < 0.01 else f"{self.share:.0%}".replace("%", " %")
        held = "mention" if self.within else "are" if self.confident else "could be"
        form = f", written like {self.form}" if self.form else ""
        return f"{self.column}: {share} of {self.n:,} values {held} {PLURAL[self.kind]}{form}."


PLURAL: dict[Kind, str] = {
    "email": "e-mail addresses", "phone": "phone numbers", "iban": "bank accounts (IBAN)", "payment card": "payment cards",
    "ip address": "IP addresses", "name": "people's names", "birth date": "birth dates",
    "us ssn": "US Social Security numbers", "uk nino": "UK National Insurance numbers", "german tax id": "German tax ids",
    "french insee": "French social security numbers", "spanish dni": "Spanish identity numbers (DNI, NIE)",
    "italian codice fiscale": "Italian tax codes", "dutch bsn": "Dutch citizen service numbers (BSN)",
    "chinese resident id": "Chinese resident ids", "indian aadhaar": "Indian Aadhaar numbers",
    "brazilian cpf": "Brazilian tax ids (CPF)",
}  # fmt: skip


def find(frame: pd.DataFrame, sample: int = 10_000) -> tuple[Personal, ...]:
    """Every kind of personal data in every column, from at most ``sample`` of its values, evenly spread.

    Source: the checksums of ``audit.checksum``; a column whose values hold one more often than luck allows is taken for
    what the checksum belongs to (binomial tail).
    """
    found: list[Personal] = []
    for at, name in enumerate(frame.columns):
        found += _column(str(name), frame.iloc[:, at], sample)
    return tuple(found)


def _column(name: str, column: pd.Series, sample: int) -> list[Personal]:
    values = column.dropna()
    if len(values) > sample:
        values = values.iloc[np.linspace(0, len(values) - 1, sample).astype(int)]
    if values.empty or pd.api.types.is_bool_dtype(values.dtype) or getattr(values.dtype, "kind", "O") == "c":
        return []
    said = spoken(name)
    found = [one for one in (_births(name, said, values),) if one is not None]
    seen = Seen.of(values, said)
    if seen is None:
        return found
    found += _patterns(name, said, seen)
    if seen.written is not None and not any(one.confident for one in found):
        share, sure = people.named(said, seen.written[:CHECKED].to_pylist())
        if share:
            found.append(_personal(name, "name", share, seen.n, "", sure, bool(PERSONAL_WORDS["name"].search(said))))
    return found


def _personal(
    name: str, kind: Kind, share: float, n: int, form: str, sure: bool, named: bool, within: bool = False
) -> Personal:
    return Personal(
        column=name, kind=kind, share=share, n=n, form=form, confident=sure, named=named, within=within
    )  # fmt: skip


def _births(name: str, said: str, values: pd.Series) -> Personal | None:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    share, sure = people.born(said, values)
    named = bool(PERSONAL_WORDS["birth date"].search(said))
    return _personal(name, "birth date", share, len(values), "", sure, named) if share else None


@dataclass(frozen=True)
class Seen:
    """The distinct values of a column as texts in capital letters, and how often each occurs."""

    texts: pa.Array
    counts: NDArray[np.int64]
    n: int
    written: pa.Array | None
    """The same as they were written; None of numbers."""

    @classmethod
    def of(cls, values: pd.Series, said: str) -> Seen | None:
        """None of columns that can hold nothing of the kind."""
        if pd.api.types.is_numeric_dtype(values.dtype):
            return cls._of_numbers(values, said)
        if not isinstance(values.dtype, pd.CategoricalDtype | pd.StringDtype) and values.dtype != object:
            return None
        texts = _strings(values)
        if texts is None or not len(texts):
            return None
        once = pc.value_counts(pc.utf8_trim_whitespace(texts))
        written, counts = once.field(0), once.field(1).to_numpy()
        return cls(pc.utf8_upper(written), counts, len(values), written)

    @classmethod
    def _of_numbers(cls, values: pd.Series, said: str) -> Seen | None:
        number = values.to_numpy(dtype=float)
        if not np.isfinite(number).all() or (number != np.floor(number)).any() or number.max() < 1e6:
            return None
        if number.min() < 0 or number.max() >= 1e19:
            return None
        once = pc.value_counts(
            pc.cast(pa.array(values.astype("int64" if number.max() < 9e18 else "uint64")), pa.string())
        )
        return cls(once.field(0), once.field(1).to_numpy(), len(values), None)


def _strings(values: pd.Series) -> pa.Array | None:
    """What is text among the values."""
    if values.dtype == object:
        values = values[[isinstance(value, str) for value in values]]
    elif isinstance(values.dtype, pd.CategoricalDtype):
        if not pd.api.types.is_string_dtype(values.cat.categories.dtype):
            return None
        values = values.astype(str)
    try:
        return pa.array(values.to_numpy(dtype=object), type=pa.string())
    except (UnicodeError, pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([str(value).encode("utf-8", "replace").decode() for value in values], type=pa.string())


def _patterns(name: str, said: str, seen: Seen) -> list[Personal]:
    best: dict[Kind, Personal] = {}
    at = np.linspace(0, len(seen.texts) - 1, min(len(seen.texts), FIRST)).astype(int)
    drawn = seen.texts.take(pa.array(at)).to_pylist()
    mail = seen.written is not None and bool(pc.any(pc.match_substring(seen.texts, "@")).as_py())
    for pattern in PATTERNS:
        rare = (pattern.kind == "email" and mail) or (seen.written is None and pattern.digits > 0)
        if not rare and not any(map(pattern.written.fullmatch, drawn)):
            continue
        one = _told(name, pattern, bool(PERSONAL_WORDS[pattern.kind].search(said)), seen)
        if one is not None and _rank(one) > _rank(best.get(pattern.kind)):
            best[pattern.kind] = one
    if mail and "email" not in best:
        share = seen.counts[_matches(seen.texts, MENTION, whole=False)].sum() / seen.n
        if share >= FEW:
            best["email"] = _personal(name, "email", float(share), seen.n, "", False, False, within=True)
    sure = [one for one in best.values() if one.confident]
    return sure or list(best.values())


def _rank(one: Personal | None) -> tuple[bool, float]:
    return (False, 0.0) if one is None else (one.confident, one.share)


def _matches(texts: pa.Array, pattern: str, *, whole: bool) -> NDArray[np.bool_]:
    asked = f"^(?:{pattern})$" if whole else pattern
    return np.asarray(pc.match_substring_regex(texts, asked).to_numpy(zero_copy_only=False), dtype=bool)


def _told(name: str, pattern: Pattern, named: bool, seen: Seen) -> Personal | None:
    """What one pattern says of one column."""
    if pattern.named_only and not named:
        return None
    texts = seen.texts
    if seen.written is None and pattern.digits:
        short = pc.greater_equal(pc.utf8_length(texts), pattern.digits - 2)
        texts = pc.if_else(short, pc.utf8_lpad(texts, pattern.digits, "0"), texts)
    at = np.flatnonzero(_matches(texts, pattern.shape, whole=True))
    if not len(at) or seen.counts[at].sum() < FEW * seen.n:
        return None
    at = at[np.linspace(0, len(at) - 1, min(len(at), CHECKED)).astype(int)] if len(at) > CHECKED else at
    shaped = texts.take(pa.array(at)).to_pylist()
    held = _held(pattern, shaped, named)
    if not any(held):
        return None
    return _decided(name, pattern, named, seen, _Matched(shaped, held, seen.counts[at], _shaped(texts, pattern, seen)))


def _shaped(texts: pa.Array, pattern: Pattern, seen: Seen) -> float:
    """Share of the column that has the shape."""
    return float(seen.counts[_matches(texts, pattern.shape, whole=True)].sum() / seen.n)


def _held(pattern: Pattern, shaped: list[str], named: bool) -> list[bool]:
    """Of which values the checksum holds; the first hundred may settle that it is none."""
    start = [pattern.holds(text) for text in shaped[:: max(1, len(shaped) // FIRST)]]
    if not named and sum(start) < len(start) * min(pattern.needed, 0.5) / 2:
        return []
    return [pattern.holds(text) for text in shaped]


@dataclass(frozen=True)
class _Matched:
    shaped: list[str]
    held: list[bool]
    counts: NDArray[np.int64]
    share: float


def _decided(name: str, pattern: Pattern, named: bool, seen: Seen, matched: _Matched) -> Personal | None:
    real = [text for text, good in zip(matched.shaped, matched.held, strict=True) if good]
    ratio = len(real) / len(matched.shaped)
    share = matched.share * float(matched.counts[matched.held].sum() / matched.counts.sum())
    luck = float(binom.sf(len(real) - 1, len(matched.shaped), min(pattern.chance, 1.0)))
    telling = bool(pattern.telling) and sum(bool(re.fullmatch(pattern.telling, one)) for one in real) >= len(real) / 2
    if named:
        sure = share >= MOST / 2 and ratio >= (1 + min(pattern.chance, 0.9)) / 2
    else:
        sure = share >= SOME and ratio >= pattern.needed and (luck < LUCK or (telling and len(real) >= 3))
    rare = telling and share >= FEW and ratio >= pattern.needed
    if not (sure or rare or (named and share >= SOME) or (share >= SOME and luck < LUCK)):
        return None
    return _personal(name, pattern.kind, min(share, 1.0), seen.n, _form(real), sure, named)


def _form(texts: list[Any]) -> str:
    """The commonest form, masked: no letter and no digit of the table is in it."""
    forms = [RUNS.sub(lambda run: "9***" if run[0][0].isdigit() else "a***", text) for text in texts[:50]]
    return max(sorted(set(forms)), key=forms.count)
