"""``answerable requirements`` and ``bind``: where each requirement of a law or standard stands for a version."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from dashboard.commands import Home, Json, place_of, plainly


@plainly
def requirements(
    version: Annotated[str, typer.Argument(help="mortgage@2")],
    framework: Annotated[str, typer.Argument(help="eu_ai_act, nist_ai_rmf ...")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Print where each requirement of a law or standard stands for a version, and why."""
    from dashboard import filing, governed, seen

    archive = place_of(home).archive
    governed.requirements(filing.requirements(archive, version, framework, rows=seen.rows(archive)), json)


@plainly
def bind(
    version: Annotated[str, typer.Argument(help="mortgage@2")],
    framework: Annotated[str, typer.Argument(help="eu_ai_act, nist_ai_rmf ...")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day on which the evidence counts.")
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Take the newest report as the evidence for a law: what changes afterwards makes it stale."""
    from dashboard import filing, governed

    done = filing.bind(place_of(home).archive, version, framework, until.date() if until else None)
    governed.done(done, json)
