"""Which columns look like groups of people, and which like the truth, a score, a decision, an id, a weight or a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from audit.heading import GROUP_WORDS, ROLE_WORDS, spoken
from audit.profile import LEVELS, Profile
from models.record import Record

Role = Literal["group", "truth", "score", "decision", "id", "weight", "time", "input"]
ROLES: tuple[Role, ...] = ("group", "truth", "score", "decision", "id", "weight", "time", "input")
MOST_GROUPS, MOST_SHAPED = 200, 10
"""Values up to which a column can group people; columns that are named as candidates by their values alone."""

MEN = "male m man men boy homme hombre masculino maschio mann männlich mężczyzna 男 мужской h"
WOMEN = "female f woman women girl femme mujer femenino feminino femmina frau weiblich vrouw kobieta 女 женский w"
VALUES: Mapping[str, tuple[frozenset[str], ...]] = {
    "sex": (
        frozenset(MEN.split()),
        frozenset(WOMEN.split()),
    ),
    "race or ethnicity": (
        frozenset({"white", "black", "caucasian", "african american", "african-american", "black or african american"}),
        frozenset({"asian", "hispanic", "latino", "latinx", "hispanic or latino", "native american", "pacific islander",
                   "african american", "african-american", "caucasian", "asian-pac-islander", "amer-indian-eskimo",
                   "american indian", "native hawaiian"}),
    ),
    "religion": (
        frozenset({"christian", "catholic", "protestant", "christianity", "hindu", "orthodox"}),
        frozenset({"muslim", "islam", "jewish", "buddhist", "sikh", "judaism", "buddhism", "atheist", "hindu"}),
    ),
    "marital status": (
        frozenset({"married", "verheiratet", "marié", "casado", "sposato", "gehuwd", "married-civ-spouse"}),
        frozenset({"single", "divorced", "widowed", "never married", "never-married", "separated", "ledig", "geschieden",
                   "divorcé", "soltero", "divorciado", "celibe"}),
    ),
}  # fmt: skip
"""Values that tell what a column groups people by: at least one of each set occurs."""
BAND = re.compile(
    r"(?:(\d{1,2}) ?(?:-|–|to) ?(\d{1,3})|[<>≥≤] ?=? ?\d{2}|\d{2} ?\+|(?:under|over) \d{2})(?: ?(?:years?|yrs?))?"
)


class Candidate(Record):
    """A column that may have a part in an audit, and why it is thought so."""

    column: str
    role: Role
    attribute: str = ""
    """What a group column groups people by."""
    values: tuple[str, ...] = ()
    """Of a column with few of them."""
    named: bool
    """Whether it is called so, or was given; otherwise its values alone look like it."""
    reason: str

    @property
    def sentence(self) -> str:
        """``sex may be a group (sex): it is called so and holds female, male.``"""
        what = f"{self.role} ({self.attribute})" if self.attribute else self.role
        return f"{self.column} may be {'an' if self.role in ('id', 'input') else 'a'} {what}: {self.reason}."


def candidates(profiles: Sequence[Profile], roles: Mapping[str, str]) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """(every column that may have a role, what was left out); a role that is given goes before what is guessed."""
    given = [_given(one, roles[one.name]) for one in profiles if one.name in roles]
    settled = {one.role for one in given} - {"group", "input"}
    guessed = [
        one for column in profiles if column.name not in roles and column.distinct for one in _guessed(column)
        if one.role not in settled
    ]  # fmt: skip
    kept, left = _without_crowd(guessed)
    return tuple(sorted((*given, *kept), key=lambda one: (ROLES.index(one.role), not one.named))), left


def _given(column: Profile, role: str) -> Candidate:
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role of a column; the roles are {', '.join(ROLES)}.")
    known: Role = next(one for one in ROLES if one == role)
    attribute = _attribute(column)[0] if role == "group" else ""
    return Candidate(
        column=column.name, role=known, attribute=attribute, values=_values(column), named=True, reason="it was given"
    )


def _without_crowd(found: Sequence[Candidate]) -> tuple[list[Candidate], tuple[str, ...]]:
    """Of a role that some columns are called by, only these; otherwise the first few whose values look like it."""
    kept, left = [], []
    for role in ROLES:
        mine = [one for one in found if one.role == role]
        named = [one for one in mine if one.named]
        shaped = [one for one in mine if not one.named]
        if role in ("truth", "score") and named:
            shaped = []
        if len(shaped) > MOST_SHAPED:
            left.append(f"{len(shaped) - MOST_SHAPED:,} more columns hold values like those of a {role}.")
        kept += [*named, *shaped[:MOST_SHAPED]]
    return kept, tuple(left)


def _guessed(column: Profile) -> Iterator[Candidate]:
    """What a column is guessed to be; what is personal can be an id and nothing else."""
    if column.private and column.kind != "id":
        return
    attribute, reason, named = _attribute(column)
    if attribute:
        yield Candidate(
            column=column.name, role="group", attribute=attribute, values=_values(column), named=named, reason=reason
        )
        return
    for role, why, called in _roles(column, spoken(column.name)):
        yield Candidate(column=column.name, role=role, values=_values(column), named=called, reason=why)


def _values(column: Profile) -> tuple[str, ...]:
    return tuple(sorted(value for value, _ in column.levels))


def _attribute(column: Profile) -> tuple[str, str, bool]:
    """(what people are grouped by, why, whether the column is called so); empty where it is no group."""
    if column.kind in ("id", "constant", "other", "date", "text"):
        return "", "", False
    said = spoken(column.name)
    held = f"holds {_listed(column)}"
    for attribute, words in GROUP_WORDS.items():
        if words.search(said) and (column.distinct <= MOST_GROUPS) and _fits(attribute, column):
            return attribute, f"it is called so and {held}", True
    found = {value.strip().casefold() for value, _ in column.levels}
    for attribute, sets in VALUES.items():
        if all(found & part for part in sets) and len(found & frozenset().union(*sets)) >= max(2, len(found) / 3):
            return attribute, f"it {held}", False
    if column.kind == "category" and len(found) >= 3 and all(BAND.fullmatch(value) for value in found):
        return "age", f"it {held}, which could be bands of age", False
    return "", "", False


def _fits(attribute: str, column: Profile) -> bool:
    """Whether the values can be what the name says: an age is below 130, a number with many values is no other group."""
    if attribute == "age":
        return column.most is None or (column.least is not None and column.least >= 0 and column.most <= 130)
    return column.kind != "number" or bool(column.levels)


def _listed(column: Profile) -> str:
    if column.kind == "number" and not column.levels:
        return f"numbers from {column.least:g} to {column.most:g}"
    names = [value for value, _ in column.levels]
    if not names:
        return f"{column.distinct:,} values"
    return ", ".join(names[:4]) + (" and others" if len(names) > 4 else "")


def _roles(column: Profile, said: str) -> Iterator[tuple[Role, str, bool]]:
    """The first role that the name gives and the values allow, otherwise the one that the values alone look like."""
    called = {role for role, words in ROLE_WORDS.items() if words.search(said)}
    if column.kind == "id":
        yield "id", "it is called so" if "id" in called else "every row has a value of its own", "id" in called
        return
    number = column.kind == "number"
    few = column.kind in ("boolean", "category", "number") and 2 <= column.distinct <= LEVELS
    positive = number and column.least is not None and column.least >= 0
    holds = f"it is called so and holds {_listed(column)}"
    allowed: tuple[tuple[Role, bool, str], ...] = (
        ("decision", few, holds),
        ("score", number, holds),
        ("weight", positive, "it is called so and is never negative; make sure that it is not how heavy somebody is"),
        ("truth", few, holds),
        ("time", number or column.kind == "date", "it is called so"),
    )
    for role, allows, why in allowed:
        if role in called and allows:
            yield role, why, True
            return
    yield from _shaped(column)


def _shaped(column: Profile) -> Iterator[tuple[Role, str, bool]]:
    """What the values alone look like."""
    if column.kind == "date":
        yield "time", "it holds dates", False
    elif column.kind == "boolean":
        yield "truth", f"it holds only {' and '.join(sorted(value for value, _ in column.levels))}", False
    elif _is_share(column):
        yield "score", f"it holds {column.distinct:,} numbers between 0 and 1", False


def _is_share(column: Profile) -> bool:
    """Whether it holds many numbers, and all of them between 0 and 1."""
    if column.kind != "number" or column.distinct <= LEVELS or column.least is None or column.most is None:
        return False
    return column.least >= 0 and column.most <= 1
