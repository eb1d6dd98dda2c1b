"""What a cell of a published table says: a share, a ratio, a count, a day, yes or no, words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from models.record import Record

BLANK = {"", "~", "-", "–", "—", "null", "none", "n/a", "na"}
"""How a cell without a number is printed."""
SLACK = 1e-9
THOUSANDS = re.compile(r"^\d{1,3}(,\d{3})+$")


class Printed(Record):
    """A share or a ratio as it is printed."""

    text: str
    value: float
    digits: int
    """After the point: 3 for 0.860, and for 86.0 %."""


def words(given: Any) -> str | None:
    """What a cell holds; ``None`` where it is blank."""
    if isinstance(given, dict | list):
        raise ValueError("stands where a number or a word is expected; it is a list or a mapping")
    text = "" if given is None else str(given).strip()
    return None if text.casefold() in BLANK else text


def _decimal(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text[:40]!r} is no number; write 0.798 or '79.8 %'") from None
    if not found.is_finite() or found < 0:
        raise ValueError(f"{text[:40]} is no number from 0 up")
    return found


def ratio(given: Any) -> Printed | None:
    """0.886 or 88.6 %."""
    text = words(given)
    if text is None:
        return None
    found = _decimal(text.removesuffix("%").rstrip())
    if text.endswith("%"):
        found = found.scaleb(-2)
    if found > 1000:
        raise ValueError(f"{text[:40]} is no ratio of rates")
    return Printed(text=text, value=float(found), digits=max(0, -int(found.as_tuple().exponent)))


def rate(given: Any) -> Printed | None:
    """A share: 0.762 or 76.2 %, at most 1."""
    found = ratio(given)
    if found is not None and found.value > 1:
        raise ValueError(f"{found.text} is above 1; write 0.798 or '79.8 %'")
    return found


def count(given: Any) -> int | None:
    """People: 1127 or 1,127."""
    text = words(given)
    if text is None:
        return None
    found = _decimal(text.replace(",", "") if THOUSANDS.match(text) else text)
    if found != found.to_integral_value() or found > 10**12:
        raise ValueError(f"{text[:40]} is no count of people")
    return int(found)


def day(given: Any) -> date | None:
    """2024-03-01."""
    text = words(given)
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date; write it as 2024-03-01") from None


def flag(given: Any) -> bool | None:
    """Yes or no."""
    text = words(given)
    if text is None:
        return None
    if text.casefold() not in ("true", "yes", "false", "no"):
        raise ValueError(f"{text[:40]!r} is neither yes nor no")
    return text.casefold() in ("true", "yes")


class Span(NamedTuple):
    """What a number may be before it was rounded, or what follows for another number."""

    low: float
    high: float

    def meets(self, other: Span) -> bool:
        """Whether some number lies in both, but for the last bit of a float."""
        return self.low <= other.high + SLACK and other.low <= self.high + SLACK


def half_unit(column: Iterable[Printed | None]) -> float:
    """Half of the last digit that a column is printed with: a shorter number in it has lost its zeros."""
    return 0.5 * 10.0 ** -max((one.digits for one in column if one is not None), default=0)


def span(one: Printed, half: float) -> Span:
    """All that is printed so."""
    return Span(max(0.0, one.value - half), one.value + half)
