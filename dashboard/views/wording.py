"""How a measure and its limit are named in front of people."""

from __future__ import annotations

import re

from dashboard import figures

SIDES = {"at_least": "at least", "at_most": "at most"}


def label(name: str, setting: str = "", slice: str = "") -> str:
    """``Demographic parity difference · by race``."""
    parts = [figures.title(name)]
    if setting:
        parts.append(", ".join(one.replace("=", " ") for one in re.split(r" (?=\w+=)", setting)))
    if slice:
        parts.append(slice.replace("=", " ").replace(" & ", ", "))
    return " · ".join(parts)


def limit_text(name: str, limit: float | None, side: str | None) -> str:
    """``at most 10 %``; a dash where no rule limits it."""
    if limit is None or side is None:
        return figures.DASH
    return f"{SIDES[side]} {figures.number(limit, rate=figures.rate_of(name), width=1.0)}".replace("-", "−")
