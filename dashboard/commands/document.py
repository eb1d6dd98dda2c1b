"""``answerable document`` and ``attest``: what people write, and what they state by name."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands import Home, Json, place_of, plainly

app = typer.Typer(name="document", help="File and read documents about a model.", no_args_is_help=True)
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], help="Last day on which it counts.", show_default=False),
]


@app.command()
@plainly
def add(
    about: Annotated[str, typer.Argument(help="A version (mortgage@2), or the model as such (mortgage).")],
    kind: Annotated[str, typer.Argument(help="model_card, datasheet ..., or the id of a requirement.")],
    file: Annotated[Path, typer.Argument(help="Markdown.")],
    title: Annotated[str | None, typer.Option(help="Else the file's name.", show_default=False)] = None,
    until: Until = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """File a document; a new text of the same kind replaces the one before, and both are kept."""
    from dashboard import drafting, filing, governed, seen

    archive = place_of(home).archive
    done = filing.add_document(archive, about, kind, file, title, until.date() if until else None)
    governed.filed(done, drafting.remarks(archive, done, rows=seen.rows(archive)), json)


@app.command()
@plainly
def draft(
    kind: Annotated[str, typer.Argument(help="annex_iv, model_card, instructions_for_use ...")],
    version: Annotated[str, typer.Argument(help="mortgage@2")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; else it is printed.", show_default=False)
    ] = None,
    home: Home = None,
) -> None:
    """Write a document from what is stored, with marked places that people complete."""
    from dashboard import drafting, terminal

    archive = place_of(home).archive
    text = drafting.draft(archive, kind, version)
    if output is None:
        return typer.echo(text, nl=False)
    output.write_text(text, encoding="utf-8")
    terminal.paths([output], False)


@app.command("list")
@plainly
def list_(
    model: Annotated[str, typer.Argument(help="mortgage, or any of its versions.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """List a model's documents, every state of each."""
    from dashboard import filing, governed

    governed.documents(filing.documents(place_of(home).archive, model), json)


@app.command()
@plainly
def show(
    document: Annotated[str, typer.Argument(help="Id of the document: a-...")],
    home: Home = None,
) -> None:
    """Print a document as it was filed."""
    import sys

    from audit.acts.document import Document
    from dashboard import figures

    found = place_of(home).archive.act(document)
    if not isinstance(found.content, Document):
        raise ValueError(f"{found.id} is no document but of kind {found.kind}. Type: answerable show {found.id}")
    text = found.content.text
    typer.echo(
        figures.printable(text.expandtabs()) if sys.stdout.isatty() else text, nl=not text.endswith("\n"), color=True
    )


@plainly
def attest(
    version: Annotated[str, typer.Argument(help="mortgage@2")],
    framework: Annotated[str, typer.Argument(help="eu_ai_act, nist_ai_rmf ...")],
    requirement: Annotated[str, typer.Argument(help="Id of the requirement.")],
    statement: Annotated[str, typer.Option(help="What is so, in a sentence.")],
    evidence: Annotated[list[str] | None, typer.Option(help="Id or digest it rests on; several times.")] = None,
    person: Annotated[str | None, typer.Option(help="Who states it; else you.", show_default=False)] = None,
    until: Until = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """State by name that a requirement is met by a version."""
    from dashboard import filing, governed

    done = filing.attest(
        place_of(home).archive, version, framework, requirement, statement, tuple(evidence or ()),
        until.date() if until else None, person,
    )  # fmt: skip
    governed.done(done, json)
