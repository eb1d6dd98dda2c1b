"""The words of the paper face in every language it speaks: ``en.toml`` has them all, another file what is translated.

What another language does not have is printed in English and marked. The English of a check is its docstring, that of a
measure its name: one source each.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from models.task import UnknownName

FOLDER = Path(__file__).parent
DEFAULT = "en"
MARK = " [en]"
"""Stands behind English words on a page in another language."""
_spoken: ContextVar[str] = ContextVar("spoken", default=DEFAULT)


def languages() -> list[str]:
    """Every language that there is a file of."""
    return sorted(one.stem for one in FOLDER.glob("*.toml"))


@cache
def table(language: str) -> dict[str, str]:
    """All texts of a language by their dotted key."""
    return dict(_flat(tomllib.loads((FOLDER / f"{language}.toml").read_text()), ""))


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Every text within is in this language. Raises ``UnknownName`` for one that there is no file of."""
    if language not in languages():
        raise UnknownName("language", language, languages())
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> str:
    """The language that is spoken now."""
    return _spoken.get()


def say(key: str, **fields: object) -> str:
    """The text of a key, its fields filled in."""
    found = table(spoken()).get(key)
    if found is None:
        return f"{table(DEFAULT)[key].format(**fields)}{MARK}"
    return found.format(**fields)


def english(words: str) -> str:
    """Words that are made in English only, marked where another language is spoken."""
    return f"{words}{MARK}" if words and spoken() != DEFAULT else words


def named(kind: str, name: str, otherwise: str) -> str:
    """The word of a language for one of many (a measure, a reason), which in English has a source of its own."""
    if spoken() == DEFAULT:
        return otherwise
    found = table(spoken()).get(f"{kind}.{name}")
    return found if found is not None else english(otherwise)


def fields(text: str) -> list[str]:
    """Names of the fields of a text, each as often as it stands there."""
    return sorted(re.findall(r"{(\w+)[^}]*}", text))


def _flat(given: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in given.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
