"""How numbers, ids, times and verdicts are written on every face."""

from __future__ import annotations

import math
import unicodedata
from datetime import datetime, tzinfo
from functools import cache
from typing import Any

from audit.measure import Measure, definitions
from audit.policy import Verdict

THIN = "\u202f"
"""A thin space at which no line ends."""
SYMBOLS = {
    "pass": "✓", "fail": "✕", "unsure": "?", "missing": "–", "waived": "◇", "exempt": "·",
    "better": "▲", "no worse": "✓", "worse": "▼", "cannot tell": "?",
    "clean": "✓",
}  # fmt: skip
DASH = "–"
WORDS = {
    "ece": "ECE", "fpr": "FPR", "fnr": "FNR", "npv": "NPV", "auc": "AUC", "ks": "KS", "pgd": "PGD", "f1": "F1",
    "kwh": "kWh", "mb": "MB", "flops": "FLOPs", "ll144": "LL144",
}  # fmt: skip
PHRASES = {
    "roc AUC": "ROC-AUC", "pr AUC": "PR-AUC", "p value": "p-value", "vs baseline": "Gain over baseline",
    "train test": "train-test", "in the large": "Calibration in the large", "brier": "Brier", "theil": "Theil",
    "min detectable gap": "Smallest detectable gap", "gini": "Gini", "generalized": "generalised", "rates differ p-value": "chance of rates this unequal",
    "standardized": "standardised",
}  # fmt: skip
RATES = {"ratio": "%", "0..1": "%", "difference": "points"}
"""Units of shares, and how they are written: differences of percentages are points."""


def rate_of(name: str) -> str:
    """``%`` or ``points`` for a measure that is written as a percentage, else nothing."""
    found = definitions().get(name)
    return RATES.get(found.unit, "") if found is not None and not name.endswith("_ratio") else ""


def unit_of(verdict: Verdict) -> str:
    """What a verdict's numbers are written in: a change since the parent of a share is in points too."""
    rate = rate_of(verdict.rule.measure)
    return "points" if rate and verdict.rule.against == "parent" else rate


def found(verdict: Verdict) -> str:
    """What was judged, with its interval; a change since the parent with its sign."""
    band = verdict.value, verdict.low, verdict.high
    if verdict.rule.against == "parent":
        return change(verdict.rule.measure, *band)
    return with_interval(*band, rate=unit_of(verdict))


def number(value: float | None, *, rate: bool | str = False, width: float | None = None) -> str:
    """Percent with as many digits as the interval's width deserves, else three significant digits; a dash for none."""
    if value is None:
        return DASH
    if rate:
        text = f"{100 * value:.{_digits(width)}f}"
        return f"{text.removeprefix('-') if float(text) == 0 else text}{THIN}{_unit(rate)}"
    if value == 0:
        return "0"
    if float(value).is_integer() and abs(value) < 1e15:
        return count(int(value))
    if abs(value) >= 1e6 or abs(value) < 1e-4:
        return f"{value:.2e}"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}".replace(",", THIN)


def with_interval(value: float | None, low: float | None, high: float | None, *, rate: bool | str = False) -> str:
    """``83.4 % [81.0, 85.6]``; an open end is a dash."""
    if value is None:
        return DASH
    width = None if low is None or high is None else high - low
    text = number(value, rate=rate, width=width)
    if low == high:
        return text
    ends = ", ".join(number(end, rate=rate, width=width).removesuffix(f"{THIN}{_unit(rate)}") for end in (low, high))
    return f"{text} [{ends}]"


def change(name: str, difference: float | None, low: float | None, high: float | None) -> str:
    """A difference of two versions with its sign: ``−3.1 points [−5.0, −1.2]`` where the measure is a share."""
    if difference is None:
        return DASH
    text = with_interval(difference, low, high, rate="points" if rate_of(name) else "").replace("-", "−")
    return text if difference <= 0 else f"+{text}"


def p_value(p: float | None) -> str:
    """``p = .003``, ``p < .001``; a dash for none."""
    if p is None:
        return DASH
    if p < 0.001:
        return "p < .001"
    if p > 0.99:
        return "p > .99"
    return f"p = {p:.{3 if p < 0.1 else 2}f}".replace("0.", ".")


def measured(measure: Measure) -> str:
    """A measure's value with the interval people see, and its unit."""
    if _unit_of(measure) == "p-value":
        return p_value(measure.value)
    interval = measure.shown()
    low, high = (interval.low, interval.high) if interval else (None, None)
    text = with_interval(measure.value, low, high, rate=rate_of(measure.name))
    return f"{text} {measure.unit}".rstrip() if measure.value is not None else DASH


def title(name: str) -> str:
    """``fairness.demographic_parity_difference`` as people read it: Demographic parity difference."""
    text = " ".join(WORDS.get(word, word) for word in name.rpartition(".")[2].split("_"))
    for plain, proper in PHRASES.items():
        text = text.replace(plain, proper)
    return text[:1].upper() + text[1:]


def count(n: float | None) -> str:
    """Thin separators from 10,000 on: 12 345; a dash for none, which a frame of numbers holds as not a number."""
    if n is None or math.isnan(n):
        return DASH
    n = int(n)
    return f"{n:,}".replace(",", THIN) if abs(n) >= 10_000 else str(n)


def numbers(n: int) -> str:
    """``1 number``, ``12 numbers``."""
    return f"{count(n)} number{'' if n == 1 else 's'}"


def duration(seconds: float) -> str:
    """``2 min 3 s``, ``3.1 s``, ``12 ms``."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def short(identifier: str) -> str:
    """An id as printed: its prefix and ten characters; a digest: twelve."""
    prefix, dash, rest = identifier.partition("-")
    return f"{prefix}-{rest[:10]}" if dash and len(prefix) <= 2 else identifier[:12]


def moment(at: datetime, zone: tzinfo | None = None) -> str:
    """A time in the reader's zone (left out, this machine's), with the zone named."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")


def verdict(outcome: str) -> str:
    """Symbol and word together: never colour alone."""
    return f"{SYMBOLS[outcome]} {outcome}"


def printable(value: Any) -> Any:
    """Text, or lists and dictionaries of it, with what only steers (controls, direction marks) written out: U+202E.

    Such a character can reverse what a reader sees, and a control ends the process that draws it.
    """
    if isinstance(value, str):
        if value.replace(THIN, " ").isprintable() or not any(map(_steers, set(value))):
            return value
        return "".join(f"‹U+{ord(one):04X}›" if _steers(one) else one for one in value)
    if isinstance(value, dict):
        return {key: printable(one) for key, one in value.items()}
    return [printable(one) for one in value] if isinstance(value, list) else value


@cache
def _steers(character: str) -> bool:
    return unicodedata.category(character)[0] == "C" and character not in "\n\u200c\u200d"


def _unit_of(measure: Measure) -> str:
    found = definitions().get(measure.name)
    return measure.unit or (found.unit if found else "")


def _unit(rate: bool | str) -> str:
    return rate if isinstance(rate, str) else "%"


def _digits(width: float | None) -> int:
    if width is None or width <= 0:
        return 1
    return min(3, max(0, -math.floor(math.log10(100 * width)) + 1))
