"""``answerable report``: a version on paper and for machines, and a paper held against the store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands import NOT_PASSED, PASSED, Home, Json, PolicyName, place_of, plainly


@plainly
def report(
    version: Annotated[str, typer.Argument(help="A version or a report (r-...); or the word check.")],
    file: Annotated[
        Path | None, typer.Argument(help="After check: the report whose figures are held against the store.")
    ] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            help="pdf, html, json, md, card, mlbom, oscal, sarif, junit, prometheus or schema; several with commas."
        ),
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the files are written.")] = Path(),
    policy: PolicyName = "default",
    home: Home = None,
    json: Json = False,
) -> None:
    """Write the report of a version as PDF and HTML, or for machines; or hold one that was written against the store."""
    from dashboard import terminal, verbs

    if file is None and version != "check":
        files = verbs.document(place_of(home), version, folder, tuple(format or ("pdf", "html")), policy)
        terminal.paths(files, json)
        return
    if file is None or version != "check":
        raise ValueError("Name one report to hold against the store. Type: answerable report check FILE")
    found = verbs.flaws(place_of(home), file)
    terminal.flaws(found, file, json)
    raise typer.Exit(NOT_PASSED if found else PASSED)
