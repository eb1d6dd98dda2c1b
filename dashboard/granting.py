"""Who may act on a store: people are granted roles, and make tokens to act by machine."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date

from audit.acts.act import Act
from audit.acts.person import ROLES, Grant, Person, Role, Token, TokenEnd, compared
from dashboard.access import LOGIN, Deed, actor, everybody, keep, permitted, person_of, tokens
from dashboard.governing import made, today
from models.record import sha256
from models.task import UnknownName
from storage.archive import Archive
from storage.ledger import Actor

PREFIX = "answerable_"
"""What a token begins with, so that whoever finds one in a file knows what it is."""


def add(
    archive: Archive, name: str, issuer: str, subject: str, roles: Iterable[str], reason: str = "",
    by: Actor | None = None,
) -> Act:  # fmt: skip
    """Let a person in. The first one must be an admin, who lets in the others. Raises ``Refused`` and ``ValueError``."""
    grant = made(Grant, issuer=issuer, subject=subject, name=name, roles=_roles(roles), reason=reason)
    by = permitted(archive, "people", by, grant.person)
    known = everybody(archive)
    if before := next((one for one in known if one.id == grant.person), None):
        raise ValueError(f"{before.name} is here already. Type: answerable people role {before.id} and the roles.")
    if other := next((one for one in known if compared(one.name) == compared(name)), None):
        raise ValueError(
            f"{other.name} is another person here ({other.subject}); give a name that tells the two apart."
        )
    if compared(name) == LOGIN.name:
        raise ValueError(f"{name} is how the store calls what a login did; give the person's name.")
    if "admin" not in grant.roles and not any("admin" in one.roles for one in known):
        raise ValueError("The first person must be an admin, who lets in the others: give --role admin.")
    return keep(archive, "people", grant.person, grant, by)


def begin(
    archive: Archive, name: str, issuer: str, subject: str, roles: Iterable[str], reason: str, expires: date
) -> tuple[Act, Act, str]:
    """Let the first admin in, with a token: from then on the store knows people only, and nobody could act otherwise."""
    grant = add(archive, name, issuer, subject, roles, reason)
    token, secret = _token("first token", expires)
    return grant, archive.put_act(grant.subject, token, actor(archive)), secret


def change(archive: Archive, person: str, roles: Iterable[str], reason: str, by: Actor | None = None) -> Act:
    """Give a person other roles, or none: what was done in the old ones stays done. The last admin stays one."""
    one = find(archive, person)
    by = permitted(archive, "people", by, one.id)
    if not reason.strip():
        raise ValueError("Say why: the ledger keeps it.")
    grant = one.granted(_roles(roles), reason)
    others = [other for other in everybody(archive) if other.id != one.id and "admin" in other.roles]
    if "admin" in one.roles and "admin" not in grant.roles and not others:
        raise ValueError(f"{one.name} is the only admin. Make another person an admin first.")
    return keep(archive, "people", one.id, grant, by)


def find(archive: Archive, text: str) -> Person:
    """A person by id, name or the provider's subject. Raises ``UnknownName``."""
    known = everybody(archive)
    named = [one for one in known if text == one.subject or compared(text) == compared(one.name)]
    found = [one for one in known if text == one.id] or named  # nobody is hidden by who is called like an id
    if len(found) != 1:
        raise UnknownName("person", text, [one.name for one in known])
    return found[0]


def new_token(
    archive: Archive, label: str, expires: date, person: str | None = None, by: Actor | None = None
) -> tuple[Act, str]:
    """A token for oneself, or for another person where an admin makes it; the secret is shown this once and kept nowhere."""
    one = find(archive, person) if person else person_of(archive, by)
    if one is None:
        raise ValueError("A token acts for a person, and you are none here. Type: answerable people add")
    deed: Deed = "people" if person else "token"
    by = permitted(archive, deed, by, one.id)
    if expires < today():
        raise ValueError(f"A token until {expires} would be over already; give --until a later day.")
    token, secret = _token(label, expires)
    return keep(archive, deed, one.id, token, by), secret


def _token(label: str, expires: date) -> tuple[Token, str]:
    secret = PREFIX + secrets.token_urlsafe(32)
    return made(Token, hash=sha256(secret.encode()), label=label, expires=expires), secret


def end_token(archive: Archive, token: str, reason: str, by: Actor | None = None) -> Act:
    """End a token: one's own, or anybody's where an admin does it."""
    given = archive.act(token)
    if given.id not in {one.id for one, _ in tokens(archive)}:
        raise ValueError(f"{given.id} is no token that counts. Type: answerable token list")
    own = person_of(archive, by)
    deed: Deed = "token" if own and own.id == given.subject else "people"
    by = permitted(archive, deed, by, given.subject)
    return keep(archive, deed, given.subject, made(TokenEnd, token=given.id, reason=reason), by)


def _roles(given: Iterable[str]) -> tuple[Role, ...]:
    asked = [one.strip() for one in given]
    unknown = next((one for one in asked if one not in ROLES), None)
    if unknown is not None:
        raise UnknownName("role", unknown, list(ROLES))
    return tuple(role for role in ROLES if role in asked)
