"""``answerable people`` and ``token``: who may do what on a store, and by which token they act on the terminal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from dashboard.commands import Home, Json, place_of, plainly

people = typer.Typer(name="people", help="Let people in, and give and take roles.", no_args_is_help=True)
token = typer.Typer(
    name="token", help="Make, list and end tokens, by which people act by machine.", no_args_is_help=True
)
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="viewer, engineer, reviewer, approver, auditor, admin; may be given several times."),
]
LASTS = timedelta(days=90)


@people.command()
@plainly
def add(
    name: Annotated[str, typer.Argument(help="What the person is called here, for good.")],
    issuer: Annotated[str, typer.Option(help="Address of the identity provider.")],
    subject: Annotated[str, typer.Option(help="Who the person is there: the claim sub.")],
    role: Roles = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Let a person in; the first, an admin, also gets a token, because from then on the store knows people only."""
    from dashboard import access, governed, granting
    from dashboard.governing import today

    archive = place_of(home).archive
    if access.everybody(archive):
        governed.done(granting.add(archive, name, issuer, subject, role or [], reason), json)
    else:
        _, given, secret = granting.begin(archive, name, issuer, subject, role or [], reason, today() + LASTS)
        governed.secret(given, secret, json)


@people.command("role")
@plainly
def role_(
    person: Annotated[str, typer.Argument(help="Name, id (p-...) or the provider's subject.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    role: Roles = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Give a person these roles and no others; without --role every role is taken away."""
    from dashboard import governed, granting

    governed.done(granting.change(place_of(home).archive, person, role or [], reason), json)


@people.command("list")
@plainly
def list_(home: Home = None, json: Json = False) -> None:
    """List people and their roles."""
    from dashboard import access, governed

    governed.people(access.everybody(place_of(home).archive), json)


@token.command()
@plainly
def new(
    label: Annotated[str, typer.Argument(help="What it is for.")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day on which it counts (default: 90 days).")
    ] = None,
    person: Annotated[str | None, typer.Option("--for", help="Another person; takes an admin.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Make a token for yourself; it is printed this once and kept nowhere."""
    from dashboard import governed, granting
    from dashboard.governing import today

    ends = until.date() if until else today() + LASTS
    governed.secret(*granting.new_token(place_of(home).archive, label, ends, person), json)


@token.command("list")
@plainly
def list_tokens(home: Home = None, json: Json = False) -> None:
    """List the tokens that were not ended."""
    from dashboard import access, governed

    archive = place_of(home).archive
    governed.tokens(access.tokens(archive), access.everybody(archive), json)


@token.command()
@plainly
def end(
    token: Annotated[str, typer.Argument(help="Id of the token: a-...")],
    reason: Annotated[str, typer.Option(help="Why.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """End a token: yours, or anybody's where you are an admin."""
    from dashboard import governed, granting

    governed.done(granting.end_token(place_of(home).archive, token, reason), json)
