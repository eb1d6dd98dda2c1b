"""Columns of people's names and of birth dates: told by the column's name and by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.heading import EVENTS, OTHER_DATES, OTHER_NAMES, PERSONAL_WORDS

FREQUENT = """
    james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark
    steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric
    jonathan stephen larry justin scott brandon benjamin samuel gregory frank alexander patrick raymond jack dennis mary
    patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty margaret sandra ashley kimberly
    emily donna michelle carol amanda melissa deborah stephanie rebecca laura helen sharon cynthia kathleen amy angela anna
    ruth brenda pamela nicole katherine samantha christine emma catherine rachel maria heather diane olivia julie joyce
    victoria kelly hans peter klaus jurgen wolfgang andreas stefan uwe markus ursula petra sabine monika claudia birgit
    heike katrin lukas leon finn jonas mia lea lena jean pierre michel philippe alain nicolas christophe francois marie
    nathalie isabelle sophie camille julien antoine chloe jose antonio manuel francisco juan javier jesus carlos miguel
    carmen josefa isabel dolores pilar lucia sofia martina giuseppe giovanni mario luigi marco alessandro francesca
    giulia chiara paolo jan piet johan willem kees anneke joao pedro tiago rafael ana beatriz mohammed muhammad ahmed ali
    omar fatima aisha ibrahim hassan yusuf wei li fang jing ming lei yan raj priya amit anil sunita rahul anjali sanjay
    piotr krzysztof andrzej agnieszka malgorzata ivan dmitri sergei olga natalia elena tatiana lars erik anders ingrid
    karin hiroshi yuki kenji sakura minh nguyen emre mehmet ayse
"""
GIVEN = frozenset(FREQUENT.split())
"""Given names that are frequent in several countries, without those that are also months, places or things."""
WRITTEN = re.compile(r"[^\W\d_][^\d_@#/\\:;!?*+=<>|&%$\"()\[\]{}\n]{0,59}")
FIRM = re.compile(
    r"\b(inc|ltd|llc|plc|gmbh|corp|co|sa|ag|bv|group|company|holdings?|bank|systems|services|solutions)\b",
    re.IGNORECASE,
)
LOOKED = 500
"""Distinct texts that decide whether a column holds names."""
AMBIGUOUS = ("name", "nom", "nome", "nombre", "nombres", "naam", "navn", "namn")
"""Alone, these may name anything."""
WHICH = frozenset({"first", "last", "full", "middle", "given", "family", "sur", "maiden"})
FIRST = 1900
"""Year of the earliest birth that is taken for one."""
MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
YEAR = (
    r"^(?P<a>\d{4})[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?P<time>[ T].*)?$"
    r"|^(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|[12]\d|3[01])[-/. ](?P<b>\d{4})(?P<clock>[ T].*)?$"
    rf"|^(?:\d{{1,2}}(?:\.|ST|ND|RD|TH)?[ -])?(?:{MONTHS})[A-Z]*\.?[ -](?:\d{{1,2}},? )?(?P<c>\d{{4}})$"
)

DAY = re.compile(YEAR)


def named(spoken: str, texts: Sequence[str]) -> tuple[float, bool]:
    """(share that can be people's names, whether that is certain); ``texts`` are distinct, as they were written."""
    drawn = texts[:: max(1, len(texts) // LOOKED)]
    written = _share(drawn, WRITTEN.fullmatch)
    if written < 0.8 or len(texts) < 2 or OTHER_NAMES.search(spoken) or _share(drawn, FIRM.search) > 0.1:
        return 0.0, False
    familiar = _share(drawn, _is_familiar)
    if PERSONAL_WORDS["name"].search(spoken):
        several = _share(drawn, lambda text: " " in text) >= 0.5
        return written, not _ambiguous(spoken) or several or familiar >= 0.1
    varied = len(texts) >= 20 and _share(drawn, _is_capital) >= 0.9
    return (written, True) if varied and familiar >= 0.15 else (0.0, False)


def _ambiguous(spoken: str) -> bool:
    """Whether the column is called a name and nothing more."""
    words = spoken.split()
    return words[-1] in AMBIGUOUS and not WHICH.intersection(words)


def _is_familiar(text: str) -> bool:
    """Whether the first or last word is a frequent given name."""
    words = text.casefold().replace(",", " ").split()
    return bool(words) and (words[0] in GIVEN or words[-1] in GIVEN)


def _is_capital(text: str) -> bool:
    return text[0].isupper() and len(text.split()) <= 5


def _share(texts: Sequence[str], asked: Callable[[str], object]) -> float:
    return sum(bool(asked(text)) for text in texts) / max(len(texts), 1)


def born(spoken: str, values: pd.Series) -> tuple[float, bool]:
    """(share that are dates of possible births, whether that is certain) of values without missing ones."""
    said = bool(PERSONAL_WORDS["birth date"].search(spoken)) and not OTHER_DATES.search(spoken)
    years, whole_days = _years(values, said)
    last = datetime.now(UTC).year
    possible = (years >= FIRST) & (years <= last)
    share = float(possible.mean()) if len(years) else 0.0
    if said:
        return (share, share >= 0.7) if share >= 0.2 else (0.0, False)
    if share < 0.98 or not whole_days or len(years) < 20 or EVENTS.search(spoken):
        return 0.0, False
    low, middle, high = np.quantile(years[possible], (0.05, 0.5, 0.95))
    if high - low < 30 or not 15 <= last - middle <= 85:
        return 0.0, False
    return share, bool(high - low >= 40 and len(np.unique(years)) >= 20)


def _years(values: pd.Series, said: bool) -> tuple[NDArray[np.float64], bool]:
    """The year of every value, 0 where there is none, and whether they are days without a time."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        day = values.dt.tz_localize(None) if values.dt.tz is not None else values
        return day.dt.year.to_numpy(dtype=float), bool((day == day.dt.normalize()).all())
    if pd.api.types.is_numeric_dtype(values.dtype):
        return (_numbered(values), True) if said else (np.empty(0), True)
    return _texts(values)


def _numbered(values: pd.Series) -> NDArray[np.float64]:
    """Years, and days written as 19801231, of a column that is said to hold births."""
    number = np.nan_to_num(values.to_numpy(dtype=float), nan=0.0, posinf=0.0, neginf=0.0)
    month, day = number // 100 % 100, number % 100
    is_day = (number > 1e7) & (number < 1e8) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    return np.where(is_day, number // 10_000, np.where(number == np.floor(number), number, 0.0))


def _texts(values: pd.Series) -> tuple[NDArray[np.float64], bool]:
    try:
        texts = pa.array(values.astype(str).str.strip().str.upper(), type=pa.string(), from_pandas=True)
    except (UnicodeError, pa.ArrowInvalid):
        return np.zeros(len(values)), True
    if _share(texts[:20].to_pylist(), DAY.match) < 0.5:
        return np.zeros(len(values)), True
    found = pc.extract_regex(texts, YEAR)
    if found.null_count == len(found):
        return np.zeros(len(values)), True
    year = np.zeros(len(values))
    for part in ("a", "b", "c"):
        written = pd.to_numeric(pd.Series(pc.struct_field(found, part).to_pandas()), errors="coerce")
        year = np.maximum(year, written.fillna(0).to_numpy(dtype=float))
    timed = sum(int(pc.sum(pc.greater(pc.utf8_length(pc.struct_field(found, part)), 0)).as_py() or 0)
                for part in ("time", "clock"))  # fmt: skip
    return year, timed < 0.5 * len(values)
