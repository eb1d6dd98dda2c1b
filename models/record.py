"""Records: what travels between rooms and what is stored, and how it is hashed."""

from __future__ import annotations

import hashlib
from json.encoder import encode_basestring
from operator import methodcaller
from typing import Any, ClassVar

import rfc8785
from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, SerializerFunctionWrapHandler, model_serializer

from models.described import described

Scalar = str | int | float | bool
"""What an option, an argument or a setting may be."""
NAMED = {None: "null", True: "true", False: "false"}
_order = methodcaller("encode", "utf-16be")
"""Names are sorted by their UTF-16."""


class Record(BaseModel):
    """Frozen, closed, comparable: the base of everything that is stored.

    A record holds no NaN and no infinity: a value that does not exist is ``None`` with a reason beside it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    later: ClassVar[frozenset[str]] = frozenset()
    """Optional fields that came after the record's first form: left out where they are ``None``, so old bytes stay."""

    @model_serializer(mode="wrap")
    def _without_later(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        if not self.later:
            return written
        return {name: value for name, value in written.items() if value is not None or name not in self.later}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """With what the fields mean. Pydantic would read that whenever a class is imported, which takes longer than all else."""
        found = handler(core)
        properties, told = handler.resolve_ref_schema(found)["properties"], described(cls)
        for name, field in cls.model_fields.items():
            if name in told:
                properties[field.alias or name].setdefault("description", told[name])
        return found

    def canonical(self) -> bytes:
        """The one sequence of bytes that stands for this record (RFC 8785)."""
        return canonical(self.model_dump(mode="json"))

    def sha256(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal."""
        return sha256(self.canonical())


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of plain values; raises ``rfc8785.CanonicalizationError`` for NaN and the like."""
    try:
        return _written(value).encode()
    except UnicodeEncodeError as why:
        raise rfc8785.CanonicalizationError("a text holds half of a surrogate pair, which UTF-8 cannot write") from why


def _written(value: Any) -> str:
    """The bytes of rfc8785 some times sooner: what Python writes as RFC 8785 does is left to Python, the rest to rfc8785."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is dict and all(type(key) is str for key in value):
        pairs = [f"{encode_basestring(key)}:{_written(value[key])}" for key in sorted(value, key=_order)]
        return "{" + ",".join(pairs) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join([_written(one) for one in value]) + "]"
    if kind is float:
        text = repr(value).removesuffix(".0")
        if text != "-0" and "e" not in text and "n" not in text:
            return text
    elif value is None or kind is bool:
        return NAMED[value]
    elif kind is int and abs(value) < 2**53:
        return str(value)
    return rfc8785.dumps(value).decode()


def sha256(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
