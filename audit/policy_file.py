"""A policy as people write it: one TOML file, read by a closed form, refused in one sentence that says what to type."""

from __future__ import annotations

import json
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from audit.measure import definitions
from audit.rule import Rule, Waiver, When
from models.record import Record

TO_TYPE = {
    "rationale": 'rationale = "Why this limit, in a sentence."',
    "measure": 'measure = "accuracy.accuracy"',
    "owner": 'owner = "Who accepts it"',
    "reason": 'reason = "Why it is accepted, in a sentence."',
    "compensating_control": 'compensating_control = "What is done meanwhile."',
    "expires": "expires = 2027-01-31",
    "model": 'model = "mortgage"',
    "name": 'name = "mine"',
    "version": 'version = "1"',
    "purpose": 'purpose = "What this policy is for."',
}
"""What to type for a key that is not there."""


class OwnWaiver(Waiver):
    """A waiver as it is written: it says what is done meanwhile."""

    compensating_control: str = Field(min_length=10)
    """What is done meanwhile so that nobody is harmed."""


class PolicyFile(Record):
    """A policy as it is written: its own rules, and what it extends."""

    schema_version: Literal[1] = 1
    extends: str | None = None
    """A shipped policy by name, or a .toml beside this file: its rules come first, and a rule of the same measure,
    setting, slice, per, against and side replaces it."""
    name: str
    version: str
    """Give the changed policy a new one: one version never means two things."""
    purpose: str
    four_eyes: bool | None = None
    """``false``: whoever made a version may approve it. Left out, what it extends says, and else another person must."""
    rules: tuple[Rule, ...] = ()
    """Limits, each with its reason."""
    waivers: tuple[OwnWaiver, ...] = ()
    """Who accepts for how long that a rule does not hold."""


def load(path: Path) -> PolicyFile:
    """The policy of a file; raises ``ValueError`` that names file, rule and what to type."""
    try:
        return parse(path.read_text(), path)
    except UnicodeDecodeError as why:
        raise refused(path, f"it is no TOML: {why}") from None


def parse(text: str, path: Path) -> PolicyFile:
    """The policy of a text; ``path`` is what errors call it."""
    given: dict[str, Any] = {}
    try:
        given = tomllib.loads(text)
        return PolicyFile.model_validate(_known(given, path))
    except ValidationError as why:
        raise refused(path, _first(why, given)) from None
    except tomllib.TOMLDecodeError as why:
        raise refused(path, f"it is no TOML: {why}") from None


def refused(path: Path, what: str) -> ValueError:
    """The error of a file, as one sentence."""
    said = " ".join(what.split()).rstrip(".")
    return ValueError(f"Policy {path} cannot be read: {said}{'' if said.endswith('?') else '.'}")


def named(kind: str, number: int, given: Any) -> str:
    """``rule 2 (accuracy.accuracy)``: how errors call a rule or a waiver."""
    about = given.get("measure" if kind == "rule" else "owner") if isinstance(given, dict) else None
    return f"{kind} {number}" + (f" ({about})" if isinstance(about, str) else "")


def schema() -> str:
    """The form as a JSON schema, for editors that check a file while it is written."""
    form = PolicyFile.model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **form}, indent=2) + "\n"


def _known(given: dict[str, Any], path: Path) -> dict[str, Any]:
    """The same, if every measure that it names is one."""
    for kind, key in (("rule", "rules"), ("waiver", "waivers")):
        listed = given.get(key)
        for number, one in enumerate(listed if isinstance(listed, list) else (), 1):
            measure = one.get("measure") if isinstance(one, dict) else None
            if isinstance(measure, str) and measure not in definitions():
                near = get_close_matches(measure, definitions(), n=3, cutoff=0.4)
                guess = (
                    f"did you mean {' or '.join(map(repr, near))}?"
                    if near
                    else "all of them are in audit/measures.yaml"
                )
                raise refused(path, f"{kind} {number}: there is no measure {measure!r}; {guess}")
    return given


def _first(why: ValidationError, given: dict[str, Any]) -> str:
    """The first error in a sentence, a misspelt key before all: where, what, and what to type."""
    error = min(why.errors(), key=lambda one: one["type"] != "extra_forbidden")
    place = list(error["loc"])
    where, form = "the policy", PolicyFile
    if len(place) > 1 and place[0] in ("rules", "waivers") and isinstance(place[1], int):
        kind = str(place[0])[:-1]
        where, form = named(kind, place[1] + 1, given[str(place[0])][place[1]]), (Rule if kind == "rule" else OwnWaiver)  # type: ignore[assignment]
        place = place[2:]
    if place[:1] == ["when"] and len(place) > 1:
        where, form, place = f"{where}: when", When, place[1:]  # type: ignore[assignment]
    return f"{where}: {_told(error['type'], error['msg'], [str(one) for one in place], form)}"


def _told(kind: str, message: str, place: list[str], form: type[Record]) -> str:
    key = place[-1] if place else ""
    if kind == "extra_forbidden":
        known = list(form.model_fields)
        near = get_close_matches(key, known, n=1, cutoff=0.4)
        return f"there is no key {key!r}; " + (
            f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}; take it away"
        )
    if kind == "missing":
        return _lacks(key)
    if kind == "string_too_short":
        return f"{key} is too short to be one; type: {TO_TYPE.get(key, key)}"
    return f"{key}: {message}" if key else message.removeprefix("Value error, ")


def _lacks(key: str) -> str:
    said = "a limit has no reason" if key == "rationale" else f"{key} is not given"
    return f"{said}; type: {TO_TYPE.get(key, f'{key} = ...')}"
