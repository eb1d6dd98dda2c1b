"""``answerable export``, ``backup`` and ``restore``: what leaves an archive as one file, and an archive made of one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands import Home, place_of, plainly
from dashboard.commands.ledger import KeyFile

if TYPE_CHECKING:
    from dashboard.work import Place
    from models.card import Card
    from storage.checkpoint import Checkpoint
    from storage.signing import Key


@plainly
def export(
    model: Annotated[str, typer.Argument(help="A version, such as mortgage@2.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The zip to write (default: NAME-VERSION.zip).", show_default=False),
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint that covers it; left out, one is made now.", show_default=False)
    ] = None,
    key: KeyFile = None,
    home: Home = None,
) -> None:
    """Write the evidence about a version as one zip that verifies on a machine without Answerable."""
    from dashboard.access import permitted
    from storage import bundle, signing

    where = place_of(home)
    card = where.archive.model(model)
    permitted(where.archive, "export", None, card.name, card.digest)
    held, signer = _signed(where, card, checkpoint, key)
    told = bundle.about(where.archive, card.digest)
    files = bundle.files(where.archive, told, held, _pages(where, card, held), signer)
    out = out or Path(f"{re.sub(r'[^A-Za-z0-9_-]', '-', card.name)}-{card.version}.zip")
    out.write_bytes(bundle.as_zip(files))
    typer.echo(f"{out}: {len(files)} files, {len(told.kept)} entries, signed by key {signing.short(held.fingerprint)}.")
    if told.others:
        typer.echo(f"Its policies hold waivers of other models too: {', '.join(told.others)}.")
    if bundle.SIGNATURE not in files:
        typer.echo(
            "Its manifest is not signed, because the key of the checkpoint is not here: pages/ are not vouched for."
        )


def _signed(where: Place, card: Card, checkpoint: Path | None, key: Path | None) -> tuple[Checkpoint, Key | None]:
    """The checkpoint that was given, or one made now; and the key that signs the manifest, where it is at hand."""
    from dashboard.access import permitted
    from storage import checkpoint as checkpoints
    from storage import envelope, signing

    folders = where.archive.folders()
    if checkpoint is None:
        actor = permitted(where.archive, "keys", None, card.name, card.digest)
        signer = signing.load_or_create(key, folders)
        return checkpoints.make(where.archive, signer, actor), signer
    held = envelope.read_file(checkpoint)
    checkpoints.check(held)
    path = key or signing.default_path()
    return held, signing.load(path, folders) if path.exists() else None


def _pages(where: Place, card: Card, held: Checkpoint) -> dict[str, bytes]:
    """The newest report under what was last said of it, as it stood on the day of the checkpoint; nothing is judged."""
    from dashboard import document, verbs

    report = where.archive.latest_report(card.digest)
    judged = where.archive.judgements(report.id) if report else []
    if not judged:
        return {}
    made = document.of(verbs.kept_dossier(where, judged[0], held.at.date()))
    return {"report.pdf": document.pdf(made), "report.html": document.html(made).encode()}


@plainly
def backup(out: Annotated[Path, typer.Argument(help="The file to write.")], home: Home = None) -> None:
    """Keep database and vault, at one instant, in one file; everything else goes on meanwhile."""
    from dashboard.access import permitted
    from storage.backup import write

    archive = place_of(home).archive
    permitted(archive, "backup", None, "store")
    made = write(archive, out)
    typer.echo(
        f"{out}: {made.rows} rows and {made.blobs} large things in {made.bytes / 1e6:.1f} MB. It holds people's data, and "
        "no key that signs: keep those apart."
    )


@plainly
def restore(file: Annotated[Path, typer.Argument(help="What `answerable backup` wrote.")], home: Home = None) -> None:
    """Make an archive of a backup, in an empty folder, once all of it is proved."""
    from storage import location
    from storage.backup import restore as restored

    folder = home or location.home()
    made = restored(file, folder, location.store_url(folder))
    typer.echo(f"{folder}: {made.rows} rows and {made.blobs} large things, all of it proved.")
