"""``answerable signoff``, ``release`` and ``waive``: who lets which version go where, on what evidence, until when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import typer

from dashboard.commands import Home, Json, place_of, plainly

app = typer.Typer(name="signoff", help="Ask for, give and take back the approval of a version.", no_args_is_help=True)
Version = Annotated[str, typer.Argument(help="mortgage@2")]
Stage = Annotated[Literal["staging", "production"], typer.Option(help="Where the version is to go.")]
Until = Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day on which it counts.")]


@app.command("list")
@plainly
def list_(
    model: Annotated[str | None, typer.Argument(help="Only of this model.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """List approvals and what has become of each."""
    from dashboard import governed, governing

    archive = place_of(home).archive
    governed.approvals([governing.state(archive, model)] if model else governing.states(archive), json)


@app.command()
@plainly
def request(
    version: Version,
    stage: Stage,
    reason: Annotated[str, typer.Option(help="Why it should go there.")] = "",
    policy: Annotated[str | None, typer.Option(help="Name of the policy; else what judged last.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Ask for a version to be approved, on its newest report and judgement."""
    from dashboard import governed, signing_off

    governed.done(signing_off.request(place_of(home).archive, version, stage, reason=reason, policy=policy), json)


@app.command()
@plainly
def approve(
    version: Version,
    stage: Stage,
    until: Until,
    condition: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Approve what was last asked for; refused where the gate is shut, or where the author approves alone."""
    from dashboard import governed, signing_off

    done = signing_off.approve(place_of(home).archive, version, stage, until.date(), conditions=tuple(condition or ()))
    governed.done(done, json)


@app.command()
@plainly
def withdraw(
    approval: Annotated[str, typer.Argument(help="Id of the approval: a-...")],
    reason: Annotated[str, typer.Option(help="Why it is taken back.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Take an approval back."""
    from dashboard import governed, signing_off

    governed.done(signing_off.withdraw(place_of(home).archive, approval, reason), json)


@plainly
def release(version: Version, stage: Stage, home: Home = None, json: Json = False) -> None:
    """Release a version to a stage; refused without an approval in force."""
    from dashboard import governed, signing_off

    governed.done(signing_off.release(place_of(home).archive, version, stage), json)


@plainly
def waive(
    model: Annotated[str, typer.Argument(help="mortgage, or any of its versions.")],
    measure: Annotated[str, typer.Argument(help="The measure whose rule does not hold.")],
    reason: Annotated[str, typer.Option(help="Why that is accepted.")],
    until: Until,
    setting: Annotated[str | None, typer.Option(help="Only this setting: by=race.", show_default=False)] = None,
    owner: Annotated[str | None, typer.Option(help="Who accepts it; else you.", show_default=False)] = None,
    control: Annotated[str, typer.Option(help="What is done instead.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Accept for a while that a rule does not hold for a model."""
    from dashboard import governed, governing

    said: dict[str, object] = {
        "reason": reason,
        "setting": setting,
        "compensating_control": control,
        "expires": until.date(),
    }
    if owner:
        said["owner"] = owner
    governed.done(governing.waive(place_of(home).archive, model, measure, said), json)
