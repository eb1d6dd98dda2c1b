"""``answerable finding``: what is wrong with a model, who mends it until when, and what shows that it is mended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer

from dashboard.commands import Home, Json, place_of, plainly

app = typer.Typer(name="finding", help="Open, list and close findings.", no_args_is_help=True)


@app.command("open")
@plainly
def open_(
    about: Annotated[str, typer.Argument(help="A version (mortgage@2), or the model as such (mortgage).")],
    title: Annotated[str, typer.Option(help="What is wrong, in a sentence.")],
    severity: Annotated[Literal["high", "medium", "low"], typer.Option()],
    owner: Annotated[str, typer.Option(help="Who must mend it.")],
    due: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Until when.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Open a finding."""
    from dashboard import governed, governing

    said = {"title": title, "severity": severity, "owner": owner, "due": due.date()}
    governed.done(governing.open_finding(place_of(home).archive, about, said), json)


@app.command()
@plainly
def close(
    finding: Annotated[str, typer.Argument(help="Id of the finding: a-...")],
    evidence: Annotated[str, typer.Option(help="A report (r-...) made since, or a version: its newest.")],
    reason: Annotated[str, typer.Option(help="What the evidence shows.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Close a finding; refused without a report that was made after it was opened."""
    from dashboard import governed, governing

    governed.done(governing.close_finding(place_of(home).archive, finding, evidence, reason), json)


@app.command("list")
@plainly
def list_(
    model: Annotated[str | None, typer.Argument(help="Only of this model.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """List findings, the open ones first."""
    from dashboard import governed, governing

    archive = place_of(home).archive
    states = [governing.state(archive, model)] if model else governing.states(archive)
    governed.findings([one for state in states for one in state.findings], json)
