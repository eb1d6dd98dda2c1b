"""``answerable policy``: check a policy, hold it against another, try it on what is stored."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.commands import NOT_PASSED, PASSED, Home, Json, place_of, plainly, telling

app = typer.Typer(
    name="policy", help="Check a policy, compare two, try a draft on stored reports.", no_args_is_help=True
)
Named = Annotated[str, typer.Argument(help="A shipped policy or a TOML file.")]


@app.command()
@plainly
def check(file: Named, json: Json = False) -> None:
    """Read a policy with all that it extends, and say what is wrong with it."""
    from dashboard import policies, tried

    found = policies.check(file)
    tried.checked(found, json)
    raise typer.Exit(NOT_PASSED if found.problems else PASSED)


@app.command()
@plainly
def diff(old: Named, new: Named, json: Json = False) -> None:
    """Say what the newer of two policies changes, limit by limit; exit code 1 where it asks for less."""
    from dashboard import policies, tried

    found = policies.diff(old, new)
    tried.amended(found, json)
    raise typer.Exit(NOT_PASSED if any(one.effect == "weaker" for one in found) else PASSED)


@app.command("try")
@plainly
def try_(
    draft: Named,
    every: Annotated[
        bool, typer.Option("--all", help="All stored reports, not only the newest of every version.")
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Compare with parents anew where needed: seconds each.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Judge stored reports under a draft and show what would change; nothing is kept."""
    from audit.policy import read
    from dashboard import policies, tried

    wanted = read(draft)
    with telling(quiet=json) as tell:
        found = policies.attempts(place_of(home).archive, wanted, every=every, compare=compare, tell=tell)
    tried.trials(f"Tried {draft}", found, json)


@app.command()
@plainly
def schema() -> None:
    """Print the JSON schema of a policy file, for editors."""
    from audit.policy_file import schema as text

    typer.echo(text(), nl=False)
