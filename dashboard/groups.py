"""What an identity provider's groups mean here: ``access.toml``, and the grant that follows from a login."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from audit.acts.act import of
from audit.acts.person import ROLES, Grant, Person, Role, person_id
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
    id = person_id(str(claims.get("iss")), str(claims.get("sub")))
    return next((one for one in everybody(archive) if one.id == id), None)


def follow(archive: Archive, claims: Mapping[str, Any], groups: Groups | None) -> None:
    """Grant what a login says of somebody's groups, unless an admin has spoken since that login."""
    if groups is None:
        return
    one, given = person(archive, claims), groups.given(claims.get("groups"))
    held = set(one.roles) if one else set()
    wanted = (held - groups.named) | given
    if wanted == held or (one and _since(archive, one, claims)):
        return
    grant = Grant(
        issuer=str(claims["iss"]), subject=str(claims["sub"]), name=one.name if one else _name(claims),
        roles=tuple(role for role in ROLES if role in wanted), reason="groups of the identity provider",
    )  # fmt: skip
    archive.put_act(grant.person, grant, LOGIN)


def _since(archive: Archive, one: Person, claims: Mapping[str, Any]) -> bool:
    """Whether the newest grant came after the login."""
    newest = of(archive.acts(one.id, "grant"), Grant)[-1][0]
    return newest.created >= datetime.fromtimestamp(float(claims.get("iat") or 0), UTC)


def _name(claims: Mapping[str, Any]) -> str:
    """What the provider calls somebody, in a form that can be read."""
    said = next((str(claims[one]) for one in ("name", "preferred_username", "email") if claims.get(one)), "")
    clean = " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())[:100].strip()
    return clean or str(claims["sub"])[:100]
