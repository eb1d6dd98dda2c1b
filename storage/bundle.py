"""The evidence about one version as a file that is verified without a store: documents, entries, and proof of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from audit.acts.act import Act, of
from audit.acts.person import Grant, compared, people
from audit.acts.signoff import Approval, Request
from audit.policy import Policy
from models.card import Card
from models.record import canonical, sha256
from storage import acts, merkle, schema
from storage.archive import Archive
from storage.checkpoint import Checkpoint, hashes
from storage.documents import HEADS, key
from storage.envelope import as_json
from storage.errors import StoreError
from storage.ledger import Entry
from storage.schema import Ledger
from storage.signing import Key, public_pem
from storage.standalone import SOURCE
from storage.verify import verify

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the zip: the ledger has the true ones."""
AT_ONCE = 500
README = """\
The evidence about one version of a model, taken from a store of Answerable.

    python verify.py                  in this folder, once it is unpacked
    python verify.py FILE.zip         on the zip, by a verify.py of your own

needs Python 3.11 and the package cryptography, and nothing of Answerable. Compare the fingerprint that it prints with
one that you know from elsewhere, or name that: --key FINGERPRINT.

documents/       the card, the splits, the policies, the reports, the judgements and the acts, as they were stored
entries/         what the ledger says of each: who, when, and its SHA-256
proofs.json      the way from each entry to the root of the checkpoint (RFC 6962)
checkpoint.json  what the ledger was, signed; key.pem is the public key
pages/           the report to read
manifest.json    every file with its SHA-256; manifest.sig is the signature of it, by the same key
"""


class Kept(NamedTuple):
    """One entry of the ledger about the version, and the document that it recorded."""

    entry: Entry
    body: bytes
    document: bytes | None


class About(NamedTuple):
    """All that the ledger says of a version, and the models that a policy among it speaks of beside."""

    card: Card
    kept: tuple[Kept, ...]
    others: tuple[str, ...]


def about(archive: Archive, text: str) -> About:
    """The version, its data, reports, judgements, policies, the acts about its model, who did them, and the keys.

    Raises ``StoreError`` where anything in the archive was changed or is gone: it might be what is missing here.
    """
    if broken := [one for one in verify(archive) if one.broken]:
        raise StoreError(f"{broken[0].message} Nothing is exported of a store that is broken; type: answerable verify")
    card = archive.model(text)
    with archive.database.reading() as connection:
        wanted = _wanted(connection, card)
        kept = tuple(_kept(connection, wanted))
    named = {one.model for line in kept if line.entry.kind == "policy" for one in _policy(line).waivers}
    return About(card, kept, tuple(sorted(named - {card.name})))


def files(
    archive: Archive, told: About, held: Checkpoint, pages: Mapping[str, bytes], signer: Key | None = None
) -> dict[str, bytes]:
    """What the bundle holds, by path. ``signer`` signs the manifest. The same in gives the same bytes.

    Raises ``ValueError`` for a checkpoint that does not cover all of it, or that is not of this ledger.
    """
    with archive.database.reading() as connection:
        proofs = _proofs(connection, told, held)
    made = {
        "README.txt": README.encode(), "verify.py": SOURCE.read_bytes(), "checkpoint.json": as_json(held).encode(),
        "key.pem": public_pem(bytes.fromhex(held.public_key)).encode(), "proofs.json": canonical(proofs),
        **{_line(one.entry): one.body for one in told.kept},
        **{_place(one): one.document for one in told.kept if one.document is not None},
        **{f"pages/{name}": page for name, page in pages.items()},
    }  # fmt: skip
    signs = signer is not None and signer.fingerprint == held.fingerprint
    made[MANIFEST] = canonical({
        "answerable": "evidence bundle", "schema_version": 1, "about": told.card.title, "model": told.card.digest,
        "signed": signs, "files": {path: sha256(data) for path, data in sorted(made.items())},
    })  # fmt: skip
    if signer is not None and signs:
        made[SIGNATURE] = signer.sign(made[MANIFEST]).hex().encode()
    return made


def as_zip(found: Mapping[str, bytes]) -> bytes:
    """The files as one zip, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path, data in sorted(found.items()):
            line = zipfile.ZipInfo(path, LONG_AGO)
            line.compress_type, line.create_system, line.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            packed.writestr(line, data)
    return out.getvalue()


def _wanted(connection: Connection, card: Card) -> set[tuple[str, str]]:
    """Kind and subject of every entry about the version."""
    report, judgement = schema.Report, schema.Judgement
    reports = connection.execute(select(report.id, report.split, report.rows).where(report.model == card.digest)).all()
    judged = select(judgement.id, judgement.policy).join(report, report.id == judgement.report)
    judgements = connection.execute(judged.where(report.model == card.digest)).all()
    done = acts.acts(connection, card.name)
    signed = {one.content.signed.policy for one in done if isinstance(one.content, Request | Approval)}
    splits = {one.split for one in reports} | {digest for _, digest in card.split_digests}
    files = {one.digest for one in card.identity.files} | {one.rows for one in reports if one.rows}
    found = {
        "model": {card.digest}, "split": splits, "report": {one.id for one in reports},
        "judgement": {one.id for one in judgements}, "policy": {one.policy for one in judgements} | signed,
        "act": {one.id for one in (*done, *_grants(connection, done))}, "erase": files,
    }  # fmt: skip
    keys = connection.execute(select(Ledger.subject).where(Ledger.kind == "key")).scalars()
    return {(kind, one) for kind, subjects in found.items() for one in subjects} | {("key", one) for one in keys}


def _grants(connection: Connection, done: Iterable[Act]) -> list[Act]:
    """What those who did something were allowed to do, as it was granted."""
    names = {compared(one.actor) for one in done}
    granted = of(acts.acts(connection, kind="grant"), Grant)
    among = {one.id for one in people(content for _, content in granted) if compared(one.name) in names}
    return [one for one, content in granted if content.person in among]


def _kept(connection: Connection, wanted: set[tuple[str, str]]) -> Iterator[Kept]:
    subjects = sorted({subject for _, subject in wanted})
    found: dict[int, Any] = {}
    for start in range(0, len(subjects), AT_ONCE):
        some = Ledger.subject.in_(subjects[start : start + AT_ONCE])
        lines = connection.execute(select(Ledger.seq, Ledger.kind, Ledger.subject, Ledger.body).where(some))
        found |= {line.seq: line for line in lines if (line.kind, line.subject) in wanted}
    for _, line in sorted(found.items()):
        entry = Entry.model_validate_json(line.body)
        yield Kept(entry, line.body, _document(connection, entry))


def _document(connection: Connection, entry: Entry) -> bytes | None:
    if entry.kind not in HEADS:
        return None
    head, _ = HEADS[entry.kind]
    return connection.execute(select(head.document).where(key(head) == entry.subject)).scalar_one()


def _policy(line: Kept) -> Policy:
    return Policy.model_validate_json(line.document or b"")


def _place(line: Kept) -> str:
    """Where a document lies: by its kind and by its id or digest, whatever its model is called."""
    return f"documents/{line.entry.kind}-{line.entry.subject}.json"


def _line(entry: Entry) -> str:
    return f"entries/{entry.seq:08d}.json"


def _proofs(connection: Connection, told: About, held: Checkpoint) -> dict[str, tuple[str, ...]]:
    """The way of every entry up to the checkpoint's root."""
    later = [one.entry.seq for one in told.kept if one.entry.seq > held.size]
    if later:
        raise ValueError(
            f"The checkpoint covers {held.size} entries, and {len(later)} about {told.card.title} came after it: a bundle "
            "without them would hide them. Leave --checkpoint out, or make a new one: answerable ledger checkpoint FILE"
        )
    leaves = [bytes.fromhex(one) for one in hashes(connection, held.size)]
    if len(leaves) < held.size or merkle.root(leaves) != held.root:
        raise ValueError(
            "This checkpoint is not of what the ledger is now. Type: answerable verify --checkpoint and that file."
        )
    ways = merkle.paths(leaves, [one.entry.seq - 1 for one in told.kept])
    return {_line(one.entry): ways[one.entry.seq - 1] for one in told.kept}
