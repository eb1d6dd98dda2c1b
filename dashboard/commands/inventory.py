"""``answerable inventory``: what every model is for, who answers for it, and what needs attention."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer

from dashboard.commands import Home, Json, place_of, plainly

app = typer.Typer(name="inventory", help="Who answers for each model, and what needs attention.")
Said = Annotated[str | None, typer.Option(show_default=False)]
Weight = Annotated[Literal["low", "medium", "high"] | None, typer.Option(show_default=False)]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], show_default=False)]


@app.callback(invoke_without_command=True)
@plainly
def inventory(context: typer.Context, home: Home = None, json: Json = False) -> None:
    """List every model: overdue reviews, lapsed approvals and open findings first."""
    if context.invoked_subcommand:
        return
    from dashboard import governed, governing

    governed.inventory(governing.states(place_of(home).archive), json)


@app.command("set")
@plainly
def set_(
    model: Annotated[str, typer.Argument(help="mortgage, or any of its versions.")],
    owner: Said = None,
    developer: Said = None,
    validator: Said = None,
    use: Said = None,
    exposure: Weight = None,
    purpose: Weight = None,
    depends_on: Annotated[list[str] | None, typer.Option(help="May be given several times; replaces all.")] = None,
    phase: Annotated[Literal["developing", "in validation", "retired"] | None, typer.Option(show_default=False)] = None,
    next_review: Day = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Enter a model, or change some of what is said of it; the rest stays."""
    from dashboard import governed, governing

    said = {
        "owner": owner, "developer": developer, "validator": validator, "use": use, "exposure": exposure,
        "purpose": purpose, "phase": phase, "dependencies": tuple(depends_on) if depends_on else None,
        "next_review": next_review.date() if next_review else None,
    }  # fmt: skip
    governed.done(governing.register(place_of(home).archive, model, said), json)


@app.command()
@plainly
def show(
    model: Annotated[str, typer.Argument(help="mortgage, or any of its versions.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Show where one model stands."""
    from dashboard import governed, governing

    governed.model(governing.state(place_of(home).archive, model), json)


@app.command()
@plainly
def change(
    version: Annotated[str, typer.Argument(help="mortgage@2")],
    reason: Annotated[str, typer.Option(help="Why it matters, or why not.")],
    material: Annotated[bool, typer.Option("--material/--not-material", help="Whether the change matters.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Class what a version changed as material or not."""
    from dashboard import governed, governing

    governed.done(governing.classify(place_of(home).archive, version, material, reason), json)
