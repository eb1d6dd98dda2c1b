"""``answerable risk`` and ``incident``: what could go wrong with a model, and what did."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import typer

from dashboard.commands import Home, Json, place_of, plainly

app = typer.Typer(name="risk", help="Describe and list what could go wrong with a model.", no_args_is_help=True)
log = typer.Typer(name="incident", help="Log and list what went wrong with a model.", no_args_is_help=True)
Level = Literal["low", "medium", "high"]
Key = Annotated[str, typer.Argument(help="A name that stays, such as young-denied; a known one is described anew.")]
About = Annotated[str, typer.Argument(help="A version (mortgage@2), or the model as such (mortgage).")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], show_default=False)]


@app.command("add")
@plainly
def add_risk(
    model: Annotated[str, typer.Argument(help="mortgage, or any of its versions.")],
    key: Key,
    title: Annotated[str | None, typer.Option(help="The risk in a few words.")] = None,
    harm: Annotated[str | None, typer.Option(help="Who could be harmed, and how.")] = None,
    severity: Annotated[Level | None, typer.Option()] = None,
    likelihood: Annotated[Level | None, typer.Option()] = None,
    control: Annotated[list[str] | None, typer.Option(help="What is done about it; several times.")] = None,
    residual_severity: Annotated[Level | None, typer.Option(help="What is left; else as severe as before.")] = None,
    residual_likelihood: Annotated[Level | None, typer.Option(help="What is left; else as likely as before.")] = None,
    evidence: Annotated[list[str] | None, typer.Option(help="Id of a measure or report; several times.")] = None,
    about: Annotated[
        list[str] | None, typer.Option(help="Measure or finding that it answers: 'fairness.impact_ratio by=race'.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it; else you.")] = None,
    status: Annotated[Literal["open", "accepted", "mitigated", "closed"] | None, typer.Option()] = None,
    next_review: Day = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Describe a risk, or what has changed about one; the words before it are kept."""
    from dashboard import governed, registering

    said = {
        "key": key, "title": title, "harm": harm, "severity": severity, "likelihood": likelihood,
        "controls": _several(control), "residual_severity": residual_severity,
        "residual_likelihood": residual_likelihood, "evidence": _several(evidence), "about": _several(about),
        "owner": owner, "status": status, "next_review": _day(next_review),
    }  # fmt: skip
    governed.done(registering.put_risk(place_of(home).archive, model, said), json)


@app.command("list")
@plainly
def list_risks(
    model: Annotated[str, typer.Argument(help="mortgage, or any of its versions.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """List a model's risks, the open and severe first, and what no risk covers."""
    from dashboard import governed, governing, registering, seen

    archive = place_of(home).archive
    stands = governing.state(archive, model)
    governed.risks(stands.risks, registering.proposals(archive, model, stands, rows=seen.rows(archive)), json)


@log.command("add")
@plainly
def add_incident(
    about: About,
    key: Key,
    what: Annotated[str | None, typer.Option(help="What happened.")] = None,
    happened: Day = None,
    noticed: Day = None,
    affected: Annotated[str | None, typer.Option(help="Who was affected.")] = None,
    serious: Annotated[
        Literal[
            "no", "death", "health", "critical infrastructure", "fundamental rights", "property or environment",
            "widespread infringement",
        ] | None,
        typer.Option(help="Whether it is serious in the sense of Art. 3(49) of the EU AI Act, and by what."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is serious, or why it is not.")] = None,
    action: Annotated[str | None, typer.Option(help="What was done about it.")] = None,
    reported_to: Annotated[str | None, typer.Option(help="Which authority or person was told.")] = None,
    reported: Day = None,
    home: Home = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Log an incident, or what has become known of one; the words before it are kept."""
    from dashboard import governed, registering

    said = {
        "key": key, "what": what, "happened": _day(happened), "noticed": _day(noticed), "affected": affected,
        "serious": serious, "reason": reason, "action": action, "reported_to": reported_to, "reported": _day(reported),
    }  # fmt: skip
    governed.done(registering.put_incident(place_of(home).archive, about, said), json)


@log.command("list")
@plainly
def list_incidents(
    model: Annotated[str, typer.Argument(help="mortgage, or any of its versions.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """List a model's incidents, those that must be reported first, with the deadline and where it is said."""
    from dashboard import governed, governing

    governed.incidents(governing.state(place_of(home).archive, model).incidents, json)


def _several(given: list[str] | None) -> tuple[str, ...] | None:
    return tuple(given) if given else None


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None
