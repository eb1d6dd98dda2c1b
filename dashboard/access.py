"""Who may do what: one table of deeds and roles, and who acts here. A role is read from the store at every deed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Literal, NamedTuple, NoReturn

from audit.acts.act import Act, Content, of
from audit.acts.person import Grant, Person, Role, Token, TokenEnd, people
from audit.acts.signoff import Refusal
from models.record import sha256
from storage.archive import Archive
from storage.ledger import Actor, me

TOKEN = "ANSWERABLE_TOKEN"
"""The environment variable by which a person acts on the terminal."""
LOGIN = Actor("login", "oidc")
"""Who grants what an identity provider says of a person."""

Deed = Literal[
    "see", "rows", "verify", "export", "train", "audit", "import", "judge", "register", "classify", "finding", "close",
    "risk", "incident", "document", "attest", "scope", "request", "approve", "withdraw", "release", "waive", "publish",
    "token", "people", "keys", "erase", "backup",
]  # fmt: skip


class Allowed(NamedTuple):
    """What a deed is called, and the roles whose people may do it."""

    words: str
    roles: tuple[Role, ...]


EVERYBODY: tuple[Role, ...] = ("viewer", "engineer", "reviewer", "approver", "auditor", "admin")
DEEDS: dict[Deed, Allowed] = {
    "see": Allowed("see models, reports, judgements and what was done about them", EVERYBODY),
    "rows": Allowed("see small cells and people's rows", ("reviewer", "auditor")),
    "verify": Allowed("verify the store", EVERYBODY),
    "export": Allowed("export the ledger or the evidence of a version", ("auditor", "admin")),
    "train": Allowed("train a version", ("engineer",)),
    "audit": Allowed("audit a version", ("engineer",)),
    "import": Allowed("bring a model", ("engineer",)),
    "judge": Allowed("judge a report under a policy", ("engineer", "reviewer")),
    "register": Allowed("describe a model in the inventory", ("engineer",)),
    "classify": Allowed("class a change as material or not", ("engineer",)),
    "finding": Allowed("open a finding", ("engineer", "reviewer")),
    "close": Allowed("close a finding", ("reviewer",)),
    "risk": Allowed("write in the risk register", ("engineer", "reviewer")),
    "incident": Allowed("report an incident", ("engineer", "reviewer")),
    "document": Allowed("file a document", ("engineer", "reviewer")),
    "attest": Allowed("attest a requirement", ("reviewer",)),
    "scope": Allowed("answer which laws concern a model", ("engineer", "reviewer")),
    "request": Allowed("ask for a version to be approved", ("engineer",)),
    "approve": Allowed("approve a version", ("approver",)),
    "withdraw": Allowed("take an approval back", ("approver",)),
    "release": Allowed("release a version", ("approver",)),
    "waive": Allowed("waive a rule", ("approver",)),
    "publish": Allowed("publish an audit", ("approver",)),
    "token": Allowed("make and end one's own tokens", EVERYBODY),
    "people": Allowed("grant roles, and make or end anybody's tokens", ("admin",)),
    "keys": Allowed("sign a checkpoint or change the key", ("admin",)),
    "erase": Allowed("erase evidence about people", ("admin",)),
    "backup": Allowed("back the store up", ("admin",)),
}


class Refused(ValueError):
    """An act that may not be done: the sentence says why and what to type, and the ledger keeps it."""


def everybody(archive: Archive) -> tuple[Person, ...]:
    """The people of a store as they stand now; none where it belongs to a single user."""
    return _people(archive.acts(kind="grant"))


def _people(grants: list[Act]) -> tuple[Person, ...]:
    return people(grant for _, grant in of(grants, Grant))


def actor(archive: Archive) -> Actor:
    """Who types: the person whose token is in the environment, else the user of the operating system."""
    secret = os.environ.get(TOKEN)
    return bearer(archive, secret) if secret else me()


def bearer(archive: Archive, secret: str) -> Actor:
    """The person a token acts for, whatever that person may do. Raises ``Refused`` for one that does not count."""
    hashed = sha256(secret.strip().encode(errors="surrogateescape"))
    found = next(((act, token) for act, token in tokens(archive) if token.hash == hashed), None)
    if found is None:
        raise Refused(f"This token is not known here, or was ended. Ask for a new one, and set {TOKEN} to it.")
    act, token = found
    if token.expires < datetime.now(UTC).date():
        raise Refused(f"The token {token.label!r} ended on {token.expires}. Type: answerable token new")
    return Actor(next(one.name for one in everybody(archive) if one.id == act.subject), "token")


def tokens(archive: Archive, person: str | None = None) -> list[tuple[Act, Token]]:
    """Tokens that were not ended, of one person (by id) or all."""
    ended = {content.token for _, content in of(archive.acts(person, "token_end"), TokenEnd)}
    return [one for one in of(archive.acts(person, "token"), Token) if one[0].id not in ended]


def person_of(archive: Archive, by: Actor | None = None) -> Person | None:
    """Which person acts; ``None`` for the user of the operating system and for somebody who is not known."""
    who = by or actor(archive)
    if who.known_by == "os-user":
        return None
    return next((one for one in everybody(archive) if one.name == who.name), None)


def denied(archive: Archive, deed: Deed, actor: Actor) -> str | None:
    """Why this person may not do it now, and what to type; ``None`` where the deed is allowed."""
    return _denied(everybody(archive), deed, actor)


def _denied(known: tuple[Person, ...], deed: Deed, actor: Actor) -> str | None:
    if not known:
        return None
    words, roles = DEEDS[deed]
    admins = [one.name for one in known if "admin" in one.roles]
    if actor.known_by == "os-user":
        if deed in ("see", "verify") or (deed == "people" and not admins):
            return None
        return (
            f"This store belongs to a team, and {actor.name} is known by the operating system alone: to {words}, act as "
            f"a person. Type: {TOKEN}=... and the same again, with a token from the screen People or from an admin"
            f"{_named(admins)}."
        )
    held = next((one.roles for one in known if one.name == actor.name), ())
    if set(held) & set(roles):
        return None
    has = f"has {_listed(held)}" if held else "has no role"
    return (
        f"{actor.name} may not {words}: that takes the role {' or '.join(roles)}, and {actor.name} {has}. "
        f"Ask an admin{_named(admins)}."
    )


def permitted(archive: Archive, deed: Deed, by: Actor | None, about: str, version: str | None = None) -> Actor:
    """Who acts, if that person may do it now; else the attempt is kept as a refusal and ``Refused`` says why."""
    who = by or actor(archive)
    why = denied(archive, deed, who)
    if why:
        refuse(archive, about, who, Refusal(tried=deed, version=version, reason=why))
    return who


def keep(archive: Archive, deed: Deed, about: str, content: Content, actor: Actor) -> Act:
    """Keep an act that was permitted. Roles are looked at once more in its transaction: one may have been taken away."""

    def still(grants: list[Act]) -> None:
        if why := _denied(_people(grants), deed, actor):
            raise Refused(why)

    try:
        return archive.put_act(about, content, actor, still)
    except Refused as why:
        refuse(archive, about, actor, Refusal(tried=deed, reason=str(why)))


def refuse(archive: Archive, about: str, actor: Actor, refusal: Refusal) -> NoReturn:
    """Keep that an act was tried and refused, and say so."""
    archive.put_act(about, refusal, actor)
    raise Refused(refusal.reason)


def _named(admins: list[str]) -> str:
    return f" ({', '.join(admins[:3])})" if admins else ""


def _listed(roles: tuple[Role, ...]) -> str:
    return ", ".join(roles)
