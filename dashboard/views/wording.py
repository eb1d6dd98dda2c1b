"""How a measure and its limit are named in front of people."""

from __future__ import annotations

import re

from audit.grouping import JOINT
from audit.policy import Verdict
from dashboard import figures

RANGE = re.compile(r"(.+) in ([\[(])(.+),(.+)([\])])")
"""A condition on a number: ``age in [25,34)``."""
SIDES = {"at_least": "at least", "at_most": "at most"}


def label(name: str, setting: str = "", slice: str = "") -> str:
    """``Demographic parity difference · by race``."""
    parts = [figures.title(name)]
    if setting:
        parts.append(", ".join(_setting(one) for one in re.split(r" (?=\w+=)", setting)))
    if slice:
        parts.append(label_of(slice))
    return " · ".join(parts)


def label_of(slice: str) -> str:
    """``sex F, age from 25 to under 34``."""
    return ", ".join(_condition(one, " ") for one in slice.split(JOINT))


def limit_text(name: str, limit: float | None, side: str | None, *, change: bool = False) -> str:
    """``at most 10 %``; a dash where no rule limits it. A change since the parent of a share is limited in points."""
    if limit is None or side is None:
        return figures.DASH
    rate = figures.rate_of(name)
    return f"{SIDES[side]} {figures.number(limit, rate='points' if rate and change else rate, width=1.0)}".replace(
        "-", "−"
    )


def limit_of(one: Verdict) -> str:
    """The limit of a verdict."""
    return limit_text(one.rule.measure, one.limit, one.rule.side, change=one.rule.against == "parent")


def readable(slice: str) -> str:
    """``age in [25,34) & sex=F`` as people read it: ``age from 25 to under 34 and sex is F``."""
    return " and ".join(_condition(one, " is ") for one in str(slice).split(JOINT))


def _setting(text: str) -> str:
    return text.replace("=", " ").replace("_", " ") if text.startswith("of=") else text.replace("=", " ")


def _condition(text: str, equal: str) -> str:
    bounds = RANGE.fullmatch(text)
    if bounds is None:
        return text.replace("=", equal, 1)
    column, opening, low, high, closing = bounds.groups()
    above, below = ("" if "inf" in end else end.strip() for end in (low, high))
    since, until = ("from" if opening == "[" else "over"), ("to" if closing == "]" else "to under")
    if above and below:
        return f"{column} {since} {above} {until} {below}"
    if below:
        return f"{column} {'up to' if closing == ']' else 'under'} {below}"
    return f"{column} {since} {above}" if above else f"any {column}"
