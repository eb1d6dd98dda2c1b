"""Who may act, and as what: people by how their identity provider knows them, and the tokens they act with by machine."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Literal, get_args

from pydantic import Field, field_validator

from audit.measure import identifier
from models.record import Record

Role = Literal["viewer", "engineer", "reviewer", "approver", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
LONGEST = 100
"""Letters of a name that is granted."""


class Grant(Record):
    """What a person may do from now on. The newest one counts; one without roles takes everything away."""

    schema_version: Literal[1] = 1
    issuer: str = Field(min_length=1, max_length=500)
    """Address of the identity provider."""
    subject: str = Field(min_length=1, max_length=500)
    """Who the person is there: the claim ``sub``, which never changes."""
    name: str = Field(min_length=1, max_length=LONGEST)
    """The first grant names a person for good: a new name would be a second pair of eyes."""
    roles: tuple[Role, ...]
    reason: str = ""

    @field_validator("name")
    @classmethod
    def _readable(cls, name: str) -> str:
        if not name.isprintable() or name != " ".join(name.split()):
            raise ValueError("a name is printable, with single spaces within and none around it")
        return name

    @property
    def person(self) -> str:
        return person_id(self.issuer, self.subject)


class Token(Record):
    """A person may act by machine, whoever holds the secret of this hash, until a day."""

    schema_version: Literal[1] = 1
    hash: str = Field(pattern="^[0-9a-f]{64}$")
    """SHA-256 of the secret, which is kept nowhere."""
    label: str = Field(min_length=1, max_length=100)
    expires: date
    """The last day on which it counts."""


class TokenEnd(Record):
    """A token counts no more."""

    schema_version: Literal[1] = 1
    token: str
    """Id of the act that gave it."""
    reason: str = Field(min_length=1)


class Person(Record):
    """Somebody who may act, as of the newest grant."""

    id: str
    issuer: str
    subject: str
    name: str
    """Nobody else's: a later person of the same name carries the id too."""
    roles: tuple[Role, ...]

    def granted(self, roles: Iterable[Role], reason: str) -> Grant:
        """What is granted next. The name stays that of the first grant, and a derived one may be longer than a grant's."""
        name = self.name[:LONGEST].strip()
        return Grant(issuer=self.issuer, subject=self.subject, name=name, roles=tuple(roles), reason=reason)


def person_id(issuer: str, subject: str) -> str:
    """``p-`` and 16 base32 characters, derived from how the identity provider knows a person."""
    return identifier("p", [issuer, subject])


def people(grants: Iterable[Grant]) -> tuple[Person, ...]:
    """Everybody who was ever granted something, from the grants in the order they were given. Pure."""
    found: dict[str, Person] = {}
    taken: set[str] = set()
    for one in grants:
        before = found.get(one.person)
        name = before.name if before else _own(one, taken)
        taken.add(compared(name))
        found[one.person] = Person(
            id=one.person, issuer=one.issuer, subject=one.subject, name=name,
            roles=tuple(role for role in ROLES if role in one.roles),
        )  # fmt: skip
    return tuple(found.values())


def _own(grant: Grant, taken: set[str]) -> str:
    name = grant.name
    while compared(name) in taken:
        name = f"{name} ({grant.person})"
    return name


def compared(name: str) -> str:
    """A name as it is compared: spaces, capitals and forms of letters do not make another person."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
