"""Any JSON: a request made from a template, and a path to the scores in the answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from models.served.answer import Answer, EndpointFailed, answer, arranged, cut, kind, listed
from models.served.protocol import Metadata, text
from models.served.tensor import Inputs, columns, single

PLACEHOLDERS = ("$rows", "$columns", "$values")
STEP = re.compile(r"\.?([^.\[\]]+)|\[(\*|\d+)\]")


@dataclass(frozen=True)
class Template:
    """Any JSON: the request as a JSON text with ``$rows``, ``$columns`` or ``$values``, and a path to the scores.

    ``$rows`` is a list of objects, one a row; ``$columns`` the columns' names; ``$values`` a list of lists, or an array
    or texts as they are. A path is keys, ``[*]`` and ``[0]``: ``predictions[*].probabilities``. It leads to rows of
    probabilities, to one number a row (P of the second class), to objects {class: probability}, or to labels.
    Raises ``ValueError`` for a request that is no JSON or has no placeholder, and for a path that is none.
    """

    request: str
    scores: str
    labels: str | None = None
    """Path to the class beside each score, where rows are not all in one order."""
    version: str | None = None
    """Path to the version; left out, ``model_version`` at the top of the answer, where it has one."""
    classes: tuple[str, ...] = ()
    header: str = "x-model-version"
    """Header of an answer that names the version; ``etag`` only where it is the model's, not the answer's."""
    model: str | None = None
    """Name of the model, for the report."""

    title: ClassVar[str] = "JSON by a template"
    paths: ClassVar[tuple[str | None, str | None, str]] = (None, None, "")

    def __post_init__(self) -> None:
        _ = self._body
        for path in (self.scores, self.labels, self.version):
            _ = path is None or _steps(path)

    def metadata(self, found: object) -> Metadata:
        """Nothing but the name that was given: a plain route says nothing about itself."""
        return Metadata(name=self.model)

    def body(self, inputs: Inputs, metadata: Metadata) -> object:
        """The request with the placeholders replaced; raises ``EndpointFailed`` for a placeholder the inputs cannot fill."""
        return _filled(self._body, _values(inputs))

    def read(self, found: object) -> Answer:
        """The scores at the path; raises ``EndpointFailed`` where the path leads nowhere."""
        value, classes = _by_class(follow(found, self.scores))
        read = answer(value, self.scores)
        if self.labels:
            read = arranged(read, follow(found, self.labels), self.labels)
        if self.version:
            version = text(follow(found, self.version))
        else:
            version = text(found.get("model_version")) if isinstance(found, dict) else None
        return Answer(read.kind, read.values, self.scores, read.classes or classes, version)

    @cached_property
    def _body(self) -> object:
        text = re.sub(r'("(?:[^"\\]|\\.)*")|(\$[a-z]+)', lambda at: at[1] or f'"{at[2]}"', self.request)
        try:
            body = json.loads(text)
            written = json.dumps(body, allow_nan=False)
        except ValueError as why:
            raise ValueError(f"The request {cut(self.request)} is no JSON: {why}.") from None
        if not any(f'"{one}"' in written for one in PLACEHOLDERS):
            raise ValueError(f"The request {cut(self.request)} holds none of {', '.join(PLACEHOLDERS)}.")
        return body


def follow(value: object, path: str) -> object:
    """What a path of keys, ``[*]`` and ``[0]`` leads to; raises ``EndpointFailed`` naming what is there instead."""
    return _follow(value, _steps(path), path, "the answer")


def _follow(value: object, steps: list[str | int | None], path: str, place: str) -> object:
    if not steps:
        return value
    step, *rest = steps
    if isinstance(step, str):
        if isinstance(value, dict) and step in value:
            return _follow(value[step], rest, path, f"{place}.{step}")
    elif isinstance(value, list) and step is None:
        return [_follow(one, rest, path, f"{place}[{at}]") for at, one in enumerate(value)]
    elif isinstance(value, list) and isinstance(step, int) and step < len(value):
        return _follow(value[step], rest, path, f"{place}[{step}]")
    wanted = f"the key {step}" if isinstance(step, str) else f"a list with entry {step}" if rest or step else "a list"
    raise EndpointFailed(f"{place} is {kind(value)}; right would be {wanted}, as the path {path} says")


def _steps(path: str) -> list[str | int | None]:
    """Keys as text, positions as numbers, ``[*]`` as ``None``; raises ``ValueError`` for what is no path."""
    found = list(STEP.finditer(path))
    if not found or "".join(at[0] for at in found) != path:
        raise ValueError(f"{cut(path)} is no path; right would be keys, [*] and [0]: predictions[*].probabilities.")
    return [at[1] if at[1] is not None else None if at[2] == "*" else int(at[2]) for at in found]


def _filled(body: object, values: dict[str, object]) -> object:
    if isinstance(body, dict):
        return {key: _filled(one, values) for key, one in body.items()}
    if isinstance(body, list):
        return [_filled(one, values) for one in body]
    if body not in PLACEHOLDERS:
        return body
    if body not in values:
        raise EndpointFailed(f"an array or texts have no {body}; right would be a table, or $values in the request")
    return values[str(body)]


def _values(inputs: Inputs) -> dict[str, object]:
    """What stands for each placeholder."""
    if isinstance(inputs, pd.DataFrame):
        tensors = columns(inputs)
        names = [one.name for one in tensors]
        rows = list(zip(*(one.data for one in tensors), strict=True))
        return {"$rows": [dict(zip(names, row, strict=True)) for row in rows], "$columns": names, "$values": rows}
    tensor = single(inputs)
    if not isinstance(inputs, np.ndarray):
        return {"$values": tensor.data}
    flat = np.array(tensor.data, dtype=object)
    return {"$values": flat.reshape(inputs.shape).tolist()}


def _by_class(value: object) -> tuple[object, tuple[str, ...]]:
    """Objects {class: probability}, one a row, as rows of probabilities and the classes."""
    if not isinstance(value, list) or not value or set(map(type, value)) != {dict}:
        return value, ()
    names = tuple(value[0])
    if any(row.keys() != value[0].keys() for row in value):
        raise EndpointFailed(f"the rows name different classes; right would be {listed(names)} in each")
    return [[row[name] for name in names] for row in value], names
