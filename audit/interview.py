"""The questions that say which frameworks concern a system, and for whom: data, each citing what makes it matter."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import field_validator

from audit import framework
from audit.strict_yaml import load
from models.record import Record

FILE = Path(__file__).parent / "scope.yaml"
NONE = "none"
CLASSIFICATION = "eu_ai_act_classification"
Answers = tuple[tuple[str, tuple[str, ...]], ...]


class Option(Record):
    """One answer that can be chosen."""

    id: str
    text: str


class Question(Record):
    """One question, what makes it matter, and when it is asked."""

    id: str
    text: str
    cites: str
    """The article that makes the answer matter."""
    kind: Literal["text", "yes_no", "choice", "many"]
    options: tuple[Option, ...] = ()
    when: Answers = ()
    """Asked only where one of these answers was given."""
    when_any_but_none: str = ""
    """Asked only where that question was answered with anything but none."""


class Condition(Record):
    """Holds where one of its answers was given."""

    answers: Answers
    """Question ids (or ``tier``) with the answers that will do."""
    otherwise: str
    """Why the framework does not concern the system where none of them was given."""

    @field_validator("answers", mode="before")
    @classmethod
    def _by_question(cls, given: Any) -> Any:
        return tuple(given.items()) if isinstance(given, dict) else given


class Applies(Record):
    """What must hold for a framework."""

    framework: str
    conditions: tuple[Condition, ...]


class Concerns(Applies):
    """What must hold besides for some requirements of a framework."""

    ids: tuple[str, ...]
    """Patterns of requirement ids."""


class Interview(Record):
    """All questions, and where the answers lead."""

    version: int
    as_of: str
    questions: tuple[Question, ...]
    frameworks: tuple[Applies, ...]
    requirements: tuple[Concerns, ...]


@cache
def interview() -> Interview:
    """The interview in its current version."""
    given = load(FILE.read_text())
    given["questions"] = [_question(one) for one in given["questions"]]
    return Interview.model_validate(given)


def _question(given: dict[str, Any]) -> dict[str, Any]:
    options = given.get("options") or {}
    if given["kind"] == "yes_no":
        options = {"yes": "yes", "no": "no"}
    if "options_from" in given:
        options = {"annex_iii": annex_iii, "exemption": exemptions}[given["options_from"]]()
        options = {**options, NONE: "none of these"}
    plain = {key: value for key, value in given.items() if key not in ("options_from", "options", "when")}
    when = tuple(given.get("when", {}).items())
    return {**plain, "options": [{"id": id, "text": text} for id, text in options.items()], "when": when}


@cache
def annex_iii() -> dict[str, str]:
    """The uses of Annex III by their point: ``5(b)`` where the point has letters, ``2`` where it has none."""
    found = {}
    for area in framework.read(CLASSIFICATION).annex_iii:
        for use in area.uses:
            point = re.match(r"\d\([a-z]\)", use)
            found[point.group() if point else area.point] = f"{area.area}: {use}"
    return found


@cache
def exemptions() -> dict[str, str]:
    """The conditions of Art. 6(3) by their letter."""
    exemption = framework.read(CLASSIFICATION).article_6_3_exemption
    conditions = exemption.conditions if exemption else ()
    return {f"6(3)({letter})": text for letter, text in zip("abcdefgh", conditions, strict=False)}
