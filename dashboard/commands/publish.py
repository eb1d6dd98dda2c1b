"""``answerable publish``: the page that a law wants posted, as a draft or complete."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands import Home, Json, place_of, plainly


@plainly
def publish(
    version: Annotated[str, typer.Argument(help="mortgage@2")],
    law: Annotated[str, typer.Option(help="ll144: New York City, Local Law 144.")],
    distributed: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First use of the tool.", show_default=False)
    ] = None,
    source: Annotated[str, typer.Option(help="Source and explanation of the data; else the datasheet's.")] = "",
    justification: Annotated[
        str, typer.Option(help="Why small categories have no ratio; else a sentence of ours.")
    ] = "",
    auditor: Annotated[str, typer.Option(help="Name of the independent auditor.")] = "",
    folder: Annotated[Path, typer.Option("--folder", "-o", help="Where the files are written.")] = Path(),
    complete: Annotated[
        bool, typer.Option("--publish", help="The complete tables: an approver's act, kept in the ledger.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Write the page that a law wants posted, as a draft without small groups, or complete with --publish."""
    from dashboard import governed, publishing, terminal

    archive = place_of(home).archive
    said = publishing.Said(distributed.date() if distributed else None, source, justification, auditor)
    make = publishing.publish if complete else publishing.sketch
    page = make(archive, version, law, said)
    terminal.paths(publishing.write(page, folder, archive.model(version).title, law), json)
    if page.act and not json:
        governed.done(page.act, as_json=False)
