"""People of every role, and what they do about a model."""

from __future__ import annotations

from datetime import date

from typer.testing import CliRunner, Result

from audit.acts.person import ROLES
from dashboard import granting
from dashboard.cli import app
from storage.archive import Archive
from storage.ledger import Actor

ISSUER = "https://login.example.org"
DUE = date(2030, 1, 1)


ENTRY = {
    "owner": "o", "developer": "d", "validator": "v", "use": "decides who gets a mortgage", "exposure": "high",
    "purpose": "medium", "next_review": DUE,
}  # fmt: skip
FINDING = {"title": "wrong for the young", "severity": "high", "owner": "o", "due": DUE}


def team(archive: Archive) -> str:
    """Let in one person of each role, called by it, and give back the admin's token."""
    *_, secret = granting.begin(archive, "admin", ISSUER, "admin", ["admin"], "", DUE)
    for role in ROLES[:-1]:
        granting.add(archive, role, ISSUER, role, [role], by=Actor("admin", "oidc"))
    return secret


def acting(role: str) -> Actor:
    return Actor(role, "oidc")


def typed(*words: str, token: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words], env={"ANSWERABLE_TOKEN": token or ""})
