"""``answerable reasons``: why an applicant was denied, in at most four principal reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands import Home, Json, Seed, place_of, plainly


@plainly
def reasons(
    version: Annotated[str, typer.Argument(help="mortgage@2")],
    id: Annotated[
        list[str] | None, typer.Option(help="A row of the version's test part; may be given several times.")
    ] = None,
    rows: Annotated[
        Path | None, typer.Option(help="A table of applicants: CSV, Parquet ...", show_default=False)
    ] = None,
    seed: Seed = 0,
    home: Home = None,
    json: Json = False,
) -> None:
    """Print the principal reasons of a denial, as a draft that a person confirms; nothing about a row is kept."""
    from dashboard import denials, governed

    governed.reasons(denials.explain(place_of(home), version, tuple(id or ()), rows, seed), json)
