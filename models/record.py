"""Records: what travels between rooms and what is stored, and how it is hashed."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

import rfc8785
from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

Scalar = str | int | float | bool
"""What an option, an argument or a setting may be."""


class Record(BaseModel):
    """Frozen, closed, comparable: the base of everything that is stored.

    A record holds no NaN and no infinity: a value that does not exist is ``None`` with a reason beside it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    later: ClassVar[frozenset[str]] = frozenset()
    """Optional fields that came after the record's first form: left out where they are ``None``, so old bytes stay."""

    @model_serializer(mode="wrap")
    def _without_later(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if value is not None or name not in self.later}

    def canonical(self) -> bytes:
        """The one sequence of bytes that stands for this record (RFC 8785)."""
        return canonical(self.model_dump(mode="json"))

    def sha256(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal."""
        return sha256(self.canonical())


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of plain values; raises ``rfc8785.CanonicalizationError`` for NaN and the like."""
    return rfc8785.dumps(value)


def sha256(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
