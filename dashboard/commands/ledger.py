"""``answerable verify`` and ``answerable ledger``: what happened, and the proof that nothing was changed since."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dashboard.commands import NOT_PASSED, PASSED, Home, Json, place_of, plainly

app = typer.Typer(name="ledger", help="Sign, export and prove what happened.", no_args_is_help=True)
KeyFile = Annotated[
    Path | None, typer.Option("--key", help="File of the signing key (default: ANSWERABLE_KEY).", show_default=False)
]
Form = Literal["file", "mail", "note"]


@plainly
def verify(
    checkpoint: Annotated[Path | None, typer.Option(help="A checkpoint that was held elsewhere.")] = None,
    key: Annotated[str | None, typer.Option(help="Fingerprint or public PEM file of the key that signed it.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Prove that nothing stored was changed, or name the first thing that was."""
    from dashboard import terminal
    from storage import envelope, signing
    from storage.verify import verify as check_all

    held = envelope.read_file(checkpoint) if checkpoint else None
    found = check_all(place_of(home).archive, held, signing.expected(key) if key else None)
    terminal.findings(found, json)
    raise typer.Exit(NOT_PASSED if any(one.broken for one in found) else PASSED)


@app.command()
@plainly
def checkpoint(
    out: Annotated[Path | None, typer.Argument(help="File to write; left out, it is printed.")] = None,
    form: Annotated[Form, typer.Option("--as", help="A file, the text of an e-mail, or of a git note.")] = "file",
    key: KeyFile = None,
    home: Home = None,
) -> None:
    """Sign what the ledger is now. Keep the file where nobody who runs the store can change it."""
    from dashboard.access import permitted
    from storage import envelope, signing
    from storage.checkpoint import make

    archive = place_of(home).archive
    actor = permitted(archive, "keys", None, "store")
    made = make(archive, signing.load_or_create(key, archive.folders()), actor)
    write = {"file": envelope.as_json, "mail": envelope.as_email, "note": envelope.as_note}
    if out is None:
        typer.echo(write[form](made), nl=False)
        return
    out.write_text(write[form](made), encoding="utf-8")
    typer.echo(f"{out}: {made.size} entries, signed by key {signing.short(made.fingerprint)}.")


@app.command()
@plainly
def rotate(key: KeyFile = None, home: Home = None) -> None:
    """Replace the signing key by a new one; the ledger says so, and older checkpoints still verify."""
    from dashboard.access import permitted
    from storage import keys, signing

    archive = place_of(home).archive
    made = keys.rotate(archive, key, permitted(archive, "keys", None, "store"))
    typer.echo(f"Checkpoints are signed by key {signing.short(made.fingerprint)} from now on.")


@app.command()
@plainly
def export(
    out: Annotated[Path, typer.Argument(help="File of JSON lines, one record each.")], home: Home = None
) -> None:
    """Write the ledger and what it speaks of as JSON lines, which `verify.py` proves without a database."""
    from dashboard.access import permitted
    from storage.export import lines

    archive = place_of(home).archive
    permitted(archive, "export", None, "store")
    with out.open("w", encoding="utf-8") as file:
        count = sum(bool(file.write(line + "\n")) for line in lines(archive.database))
    typer.echo(f"{out}: {count} lines.")


@app.command()
@plainly
def verifier(
    out: Annotated[Path, typer.Argument(help="Where the program is written.")] = Path("verify.py"),
) -> None:
    """Write `verify.py`: one program that proves a store, an export or a bundle, and needs nothing of Answerable."""
    import shutil

    from storage.standalone import SOURCE

    shutil.copyfile(SOURCE, out)
    typer.echo(f"{out}: type python {out} --help")
