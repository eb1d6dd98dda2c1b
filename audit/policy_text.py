"""A policy written out as TOML, with all that it extends: read again, it gives the same limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from audit.policy import Policy
from models.record import Record


def as_toml(policy: Policy) -> str:
    """The file that would say the same and extends nothing."""
    head = {name: getattr(policy, name) for name in ("name", "version", "purpose", "four_eyes")}
    tables = [("rules", one) for one in policy.rules] + [("waivers", one) for one in policy.waivers]
    parts = ["\n".join(_lines(head)), *("\n".join([f"[[{name}]]", *_lines(_said(one))]) for name, one in tables)]
    return "\n\n".join(parts) + "\n"


def _said(one: Record) -> dict[str, Any]:
    """The keys of a rule or a waiver that say more than leaving them out would."""
    told = one.model_dump(exclude_defaults=True)
    return {name: getattr(one, name) for name in type(one).model_fields if name in told}


def _lines(given: dict[str, Any]) -> Iterator[str]:
    yield from (f"{name} = {_value(value)}" for name, value in given.items() if value is not None)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Record):
        return f"{{ {', '.join(_lines(_said(value)))} }}"
    return repr(value)
