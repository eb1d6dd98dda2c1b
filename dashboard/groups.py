"""What an identity provider's groups mean here: ``access.toml``, and the grant that follows from a login."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from audit.acts.act import of
from audit.acts.person import LONGEST, ROLES, Grant, Person, Role, compared, person_id
from dashboard.access import LOGIN, everybody
from models.record import Record
from storage.archive import Archive

FILE = "access.toml"


class Groups(Record):
    """Which roles a provider's groups give. Roles that it does not name are given by admins alone."""

    roles: dict[str, Role | tuple[Role, ...]]
    """By name of the group."""

    def given(self, groups: object) -> set[Role]:
        """The roles of somebody in these groups, as a token's claim lists them."""
        found = [self.roles.get(one, ()) for one in groups if isinstance(one, str)] if isinstance(groups, list) else []
        return {role for one in found for role in ((one,) if isinstance(one, str) else one)}

    @property
    def named(self) -> set[Role]:
        """The roles that groups decide on."""
        return self.given(list(self.roles))


def read(home: Path) -> Groups | None:
    """What ``access.toml`` in the folder of the store says; ``None`` where there is none. Raises ``ValueError``."""
    file = home / FILE
    if not file.is_file():
        return None
    try:
        return Groups.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError):
        raise ValueError(
            f'{file} is not understood: it holds one table, [roles], with lines like "ml-approvers" = "approver"; '
            f"the roles are {', '.join(ROLES)}."
        ) from None


def person(archive: Archive, claims: Mapping[str, Any]) -> Person | None:
    """Who logged in, as known here."""
    return _person(everybody(archive), claims)


def _person(known: Iterable[Person], claims: Mapping[str, Any]) -> Person | None:
    id = person_id(str(claims.get("iss")), str(claims.get("sub")))
    return next((one for one in known if one.id == id), None)


def follow(archive: Archive, claims: Mapping[str, Any], groups: Groups | None) -> None:
    """Grant what a login says of somebody's groups, unless an admin has spoken since that login."""
    if groups is None:
        return
    known, given = everybody(archive), groups.given(claims.get("groups"))
    one = _person(known, claims)
    held = set(one.roles) if one else set()
    wanted = (held - groups.named) | given
    if "admin" in held and not any("admin" in other.roles for other in known if other != one):
        wanted.add("admin")  # the last one stays
    if wanted == held or (one and _since(archive, one, claims)):
        return
    roles, why = tuple(role for role in ROLES if role in wanted), "groups of the identity provider"
    grant = one.granted(roles, why) if one else Grant(
        issuer=str(claims["iss"]), subject=str(claims["sub"]), name=_name(claims), roles=roles, reason=why
    )  # fmt: skip
    archive.put_act(grant.person, grant, LOGIN)


def _since(archive: Archive, one: Person, claims: Mapping[str, Any]) -> bool:
    """Whether the newest grant came after the login."""
    newest = of(archive.acts(one.id, "grant"), Grant)[-1][0]
    return newest.created >= datetime.fromtimestamp(float(claims.get("iat") or 0), UTC)


def _name(claims: Mapping[str, Any]) -> str:
    """What the provider calls somebody, in a form that can be read."""
    said = next((str(claims[one]) for one in ("name", "preferred_username", "email") if claims.get(one)), "")
    clean = " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())[:LONGEST].strip()
    return clean if clean and compared(clean) != LOGIN.name else f"{clean} {claims['sub']}".strip()[:LONGEST].strip()
