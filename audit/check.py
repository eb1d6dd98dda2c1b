"""Declare a check: a plain function whose signature states what evidence it needs."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

from audit.contribution import Contribution
from audit.measure import Dimension, Measure
from audit.report import Exhibit, Question
from models.record import Scalar

API = 1
"""Raised when plug-ins written for an older form of this file would no longer work."""

Asker = Callable[..., Iterator[Measure | Exhibit | Contribution]]
CODE = re.compile(r"^[A-Z]{3,8}\d{3}$")


class NotApplicable(Exception):
    """The check cannot say anything about this model; the message says why, in one sentence."""


@dataclass(frozen=True)
class Need:
    """One kind of evidence a check asks for."""

    parameter: str
    kind: type
    optional: bool


@dataclass(frozen=True)
class Check:
    """A question: code, dimension, function, needs and options."""

    code: str
    dimension: Dimension
    function: Asker
    needs: tuple[Need, ...]
    options: tuple[tuple[str, Scalar], ...]

    @property
    def doc(self) -> str:
        return inspect.getdoc(self.function) or ""

    @property
    def title(self) -> str:
        return self.doc.partition("\n")[0]

    def question(self) -> Question:
        """The question as asked, in full, so that an old report needs no old code to be read."""
        return Question(code=self.code, title=self.title, dimension=self.dimension, doc=self.doc, options=self.options)


registered: dict[str, Check] = {}


def check(code: str, *, dimension: Dimension) -> Callable[[Asker], Asker]:
    """Declare ``function`` as the check ``code`` and hand it back unchanged.

    Positional parameters, by type, are the evidence needed (``X | None`` is optional); keyword-only parameters are
    options and are recorded. Raises ``ValueError`` for a malformed code or one that is taken.
    """
    if not CODE.match(code):
        raise ValueError(f"Check code {code!r} should be capital letters and three digits, such as 'ACC001'.")

    def declare(function: Asker) -> Asker:
        taken = registered.get(code)
        if taken and (taken.function.__module__, taken.function.__name__) != (function.__module__, function.__name__):
            raise ValueError(f"Check code {code!r} is taken by {taken.function.__module__}; choose another.")
        hints = get_type_hints(function)
        parameters = inspect.signature(function).parameters.values()
        registered[code] = Check(
            code=code,
            dimension=dimension,
            function=function,
            needs=tuple(_need(p.name, hints[p.name]) for p in parameters if p.kind is not p.KEYWORD_ONLY),
            options=tuple(sorted((p.name, p.default) for p in parameters if p.kind is p.KEYWORD_ONLY)),
        )
        return function

    return declare


def _need(name: str, hint: Any) -> Need:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (kind,) = (one for one in typing.get_args(hint) if one is not type(None))
        return Need(name, kind, optional=True)
    return Need(name, hint, optional=False)
