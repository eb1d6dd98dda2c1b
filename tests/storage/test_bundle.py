"""A bundle proves one version without a store and without this project; whatever is done to it is named."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from storage_samples import ANN, ROWS, card, inventory, judgement, policy, report, write_files
from tampering import ALONE, tamper

from audit.acts.finding import Finding
from audit.acts.person import Grant
from audit.rule import Waiver
from models.record import canonical, sha256
from storage import bundle, checkpoint, envelope, merkle, signing
from storage.archive import Archive
from storage.checkpoint import Checkpoint
from storage.errors import StoreError
from storage.ledger import Actor
from storage.signing import Key
from storage.standalone import SOURCE

ONE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""Where the file is looked at, and not the database."""
PAGES = {"report.html": b"<p>0.834</p>"}
VAL, SECRET = Actor("val", "oidc"), "zanzibar"


class Made(NamedTuple):
    """A store with two models, and the bundle of one version of one of them."""

    archive: Archive
    key: Key
    held: Checkpoint
    files: dict[str, bytes]


@pytest.fixture
def made(full: Archive, tmp_path: Path) -> Made:
    full.put_act("p-val", Grant(issuer="https://id", subject="1", name="val", roles=("reviewer",)), ANN)
    full.put_act("p-eve", Grant(issuer="https://id", subject="2", name=f"eve {SECRET}", roles=("reviewer",)), ANN)
    full.put_act(
        "mortgage", Finding(title="wrong for the young", severity="high", owner="val", due=date(2026, 6, 1)), VAL
    )
    other = card(SECRET)
    full.put_model(other, write_files(tmp_path / SECRET, SECRET), Actor(f"eve {SECRET}", "oidc"))
    full.put_report(report(other), ROWS, ANN)
    full.put_policy(policy(f"2 {SECRET}"), ANN)
    full.put_judgement(judgement(report(other), policy(f"2 {SECRET}")), ANN)
    full.put_act(SECRET, inventory(f"eve {SECRET}"), ANN)
    full.put_blob(f"of {SECRET}".encode(), "image/png", "exhibit", ANN)
    key = signing.create(tmp_path / "config" / "checkpoint.key")
    held = checkpoint.make(full, key, ANN)
    return Made(full, key, held, bundled(full, held, key))


def bundled(archive: Archive, held: Checkpoint, key: Key | None, pages: dict[str, bytes] = PAGES) -> dict[str, bytes]:
    return bundle.files(archive, bundle.about(archive, "mortgage@1"), held, pages, key)


def found(files: dict[str, bytes], key: str | None = None) -> tuple[set[tuple[str, str]], list[str]]:
    """Kind and subject of what is broken, and what could not be checked."""
    findings, left_out = ALONE.verify_bundle(dict(files), key)
    return {(one.kind, one.subject) for one in findings if one.broken}, left_out


def listed(files: dict[str, bytes], key: Key | None = None) -> dict[str, bytes]:
    """With a manifest made to fit, by somebody who has no key or another one."""
    manifest = json.loads(files[bundle.MANIFEST])
    kept = {path: data for path, data in files.items() if path not in (bundle.MANIFEST, bundle.SIGNATURE)}
    manifest |= {"files": {path: sha256(data) for path, data in kept.items()}, "signed": key is not None}
    kept[bundle.MANIFEST] = canonical(manifest)
    return kept | ({bundle.SIGNATURE: key.sign(kept[bundle.MANIFEST]).hex().encode()} if key else {})


def test_it_holds_the_version_and_is_intact(made: Made) -> None:
    assert found(made.files, made.key.fingerprint) == (set(), [])
    kinds = [path.partition("/")[2].partition("-")[0] for path in made.files if path.startswith("documents/")]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "model": 1, "split": 1, "policy": 1, "report": 1, "judgement": 1, "act": 3,
    }  # fmt: skip
    assert f"documents/report-{report().id}.json" in made.files
    assert made.files[f"documents/model-{card().digest}.json"] == card().canonical()
    assert len([path for path in made.files if path.startswith("entries/")]) == 9  # these, and the key's


def test_nothing_of_another_model_and_of_nobody_else_is_in_it(made: Made) -> None:
    assert [path for path, data in made.files.items() if SECRET.encode() in data or SECRET in path] == []
    assert ROWS not in b"".join(made.files.values())
    assert b"val" in b"".join(made.files.values())


def test_the_same_store_and_checkpoint_give_the_same_bytes(made: Made) -> None:
    again = bundle.as_zip(bundled(made.archive, made.held, made.key))
    assert again == bundle.as_zip(dict(reversed(made.files.items())))
    made.archive.put_act(SECRET, inventory("another"), ANN)
    assert again == bundle.as_zip(bundled(made.archive, made.held, made.key))


def test_a_checkpoint_that_hides_something_or_is_of_another_ledger_is_refused(made: Made) -> None:
    other = made.held.model_copy(update={"root": sha256(b"other")})
    with pytest.raises(ValueError, match="is not of what the ledger is now"):
        bundled(made.archive, other, made.key)
    made.archive.put_act("mortgage", inventory("newer"), ANN)
    with pytest.raises(ValueError, match="1 about mortgage@1 came after it: a bundle without them would hide them"):
        bundled(made.archive, made.held, made.key)


@pytest.mark.parametrize("what", ["UPDATE act SET document = 'x'", "DELETE FROM act"])
@ONE
def test_what_was_changed_is_not_exported(full: Archive, what: str) -> None:
    tamper(full, what)
    with pytest.raises(StoreError, match=r"The act a-\w+ was (changed|deleted): .* Nothing is exported"):
        bundle.about(full, "mortgage@1")


def test_a_policy_is_whole_and_whom_else_it_names_is_said(full: Archive, tmp_path: Path) -> None:
    waiver = Waiver(
        measure="accuracy.accuracy", model="cards", owner="val", reason="few people", expires=date(2030, 1, 1)
    )
    by = policy("3").model_copy(update={"waivers": (waiver, waiver.model_copy(update={"model": "mortgage"}))})
    full.put_policy(by, ANN)
    full.put_judgement(judgement(report(), by), ANN)
    assert bundle.about(full, "mortgage@1").others == ("cards",)


@ONE
def test_each_file_edited_or_deleted_is_named(made: Made) -> None:
    for path, data in made.files.items():
        for changed in (made.files | {path: data[:-1] + bytes([data[-1] ^ 1])}, _without(made.files, path)):
            named, _ = found(changed)
            assert {one for one in named if one[1] in (path, bundle.SIGNATURE, bundle.MANIFEST)}, path


@ONE
def test_each_document_and_entry_edited_or_deleted_is_named_though_the_manifest_fits(made: Made) -> None:
    for path, data in made.files.items():
        if path.startswith(("documents/", "entries/")):
            for changed in (made.files | {path: data + b" "}, _without(made.files, path)):
                assert path in {subject for _, subject in found(listed(changed))[0]}


def _without(files: dict[str, bytes], path: str) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name != path}


@ONE
def test_what_was_added_is_named(made: Made) -> None:
    assert ("file", "more.txt") in found(made.files | {"more.txt": b"more"})[0]
    more = f"documents/act-a-{'x' * 16}.json"
    assert ("document", more) in found(listed(made.files | {more: inventory().canonical()}))[0]


@ONE
def test_an_entry_of_another_ledger_is_named(made: Made, tmp_path: Path) -> None:
    """One that has a proof and a checkpoint of its own, by the same key."""
    with Archive(f"sqlite:///{tmp_path}/other.db", tmp_path / "other") as other:
        act = other.put_act("mortgage", inventory("eve"), ANN)
        held = checkpoint.make(other, made.key, ANN)
        with other.database.reading() as connection:
            leaves = [bytes.fromhex(one) for one in checkpoint.hashes(connection)]
            body = connection.exec_driver_sql("SELECT body FROM ledger WHERE seq = 1").scalar_one()
    path = "entries/00000001.json"
    proofs = json.loads(made.files["proofs.json"]) | {path: merkle.path(leaves, 0)}
    forged = made.files | {
        path: body, f"documents/act-{act.id}.json": act.canonical(), "proofs.json": canonical(proofs),
    }  # fmt: skip
    assert ("entry", path) in found(listed(forged))[0]
    assert ("entry", path) not in found(listed(forged | {"checkpoint.json": envelope.as_json(held).encode()}))[0]
    assert len(found(listed(forged | {"checkpoint.json": envelope.as_json(held).encode()}))[0]) > 5


@ONE
def test_another_key_is_not_the_one_that_is_known(made: Made, tmp_path: Path) -> None:
    """Everything signed anew by a key of the forger's own."""
    mallory = signing.create(tmp_path / "mallory.key")
    unsigned = made.held.model_copy(update={"public_key": mallory.public.hex()})
    held = unsigned.model_copy(update={"signature": mallory.sign(unsigned.signed()).hex()})
    forged = made.files | {"checkpoint.json": envelope.as_json(held).encode()}
    assert ("file", bundle.SIGNATURE) in found(listed(forged, made.key))[0]
    forged = listed(forged, mallory)
    assert found(forged) == (set(), [])
    assert found(forged, made.key.fingerprint[:16])[0] == {("checkpoint", "checkpoint.json")}


@ONE
def test_without_the_key_nobody_vouches_for_the_pages(made: Made, tmp_path: Path) -> None:
    alone = bundled(made.archive, made.held, None)
    assert found(alone)[0] == set()
    assert found(alone)[1] == [
        "The manifest is not signed: nobody vouches for README.txt, key.pem, verify.py and pages/, nor that all is here."
    ]
    assert bundled(made.archive, made.held, signing.create(tmp_path / "another.key")) == alone
    assert ("file", bundle.SIGNATURE) in found(_without(made.files, bundle.SIGNATURE))[0]


def run(*words: object, isolated: str = "-IB") -> subprocess.CompletedProcess[str]:
    """The file alone, away from this project."""
    return subprocess.run(
        [sys.executable, isolated, *map(str, words)], capture_output=True, text=True, check=False, cwd="/", env={}
    )


@ONE
def test_it_verifies_without_this_project(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundle.as_zip(made.files))
    with zipfile.ZipFile(path) as packed:
        packed.extractall(tmp_path / "unpacked")
    alone = tmp_path / "unpacked" / "verify.py"
    key = made.key.fingerprint
    (tmp_path / "held.json").write_text(envelope.as_json(made.held))
    for words in ([alone], [alone, path], [SOURCE, path, "--key", key, "--checkpoint", tmp_path / "held.json"]):
        done = run(*words)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert signing.short(key) in done.stdout
        assert done.stdout.endswith(f"Intact: {len(made.files)} files, every document and every entry of the bundle.\n")
    assert "was NOT checked" in run(alone, isolated="-ISB").stdout
    assert json.loads(run(alone, "--json").stdout)["intact"]
    other = run(alone, "--key", "0" * 16)
    assert (other.returncode, other.stdout.count("another one was expected")) == (1, 1)
    (tmp_path / "unpacked" / "pages" / "report.html").write_text("<p>0.934</p>")
    (tmp_path / "unpacked" / "entries" / "link.json").symlink_to("/etc/hostname")
    broken = run(alone)
    assert broken.returncode == 1
    assert "BROKEN file pages/report.html" in broken.stdout
    assert "'entries/link.json' is a link" in broken.stdout


@ONE
def test_a_zip_that_leads_elsewhere_is_named_and_writes_nothing(made: Made, tmp_path: Path) -> None:
    out = io.BytesIO(bundle.as_zip(made.files))
    names = ["../escaped", "/escaped", "pages/../../escaped", "c:\\escaped"]
    with zipfile.ZipFile(out, "a") as packed:
        for name in names:
            packed.writestr(name, b"out")
        with pytest.warns(UserWarning, match="Duplicate name"):
            packed.writestr("checkpoint.json", b"out")
    path = tmp_path / "bundle.zip"
    path.write_bytes(out.getvalue())
    done = run(SOURCE, path)
    assert done.returncode == 1
    assert done.stdout.count("is a link, is there twice, is packed oddly, or leads out of the bundle") == len(names) + 1
    assert not list(tmp_path.rglob("escaped"))


@ONE
def test_what_is_no_bundle_is_a_sentence(made: Made, tmp_path: Path) -> None:
    whole = bundle.as_zip(made.files)
    path = tmp_path / "bundle.zip"
    for data in (whole[: len(whole) // 2], whole[:200] + b"\0\1\2\3" + whole[204:], b"PK\3\4"):
        path.write_bytes(data)
        done = run(SOURCE, path)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stdout + done.stderr
    shutil.rmtree(tmp_path / "model")
    (tmp_path / "nothing").mkdir()
    assert "The manifest is missing" in run(SOURCE, tmp_path / "nothing").stdout
    assert run(SOURCE, tmp_path / "nothing", "--vault", tmp_path).returncode == 2


@ONE
def test_it_says_what_it_is_about_and_is_about_something(made: Made, tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(bundle.as_zip(made.files))
    assert "This is the evidence about mortgage@1." in run(SOURCE, tmp_path / "bundle.zip").stdout
    of = f"model-{card().digest}.json"
    entry = next(p for p, data in made.files.items() if p[:8] == "entries/" and json.loads(data)["kind"] == "model")
    proofs = {path: way for path, way in json.loads(made.files["proofs.json"]).items() if path != entry}
    told = json.loads(made.files[bundle.MANIFEST]) | {"about": None}
    bare = _without(_without(made.files, f"documents/{of}"), entry)
    bare |= {"proofs.json": canonical(proofs), bundle.MANIFEST: canonical(told)}
    assert found(listed(bare))[0] == {("document", "model")}


@ONE
def test_what_is_hostile_is_a_finding_and_moves_no_cursor(made: Made, tmp_path: Path) -> None:
    entry = json.loads(made.files["entries/00000001.json"]) | {"at": "0001-01-01T00:00:00+14:00"}
    assert ("entry", "entries/00000001.json") in found(
        listed(made.files | {"entries/00000001.json": canonical(entry)})
    )[0]
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundle.as_zip(listed(made.files | {"pages/\x1b[2JIntact": b"x"})))
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("pages/odd", b"odd" * 99, zipfile.ZIP_LZMA)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"pages/odd", 0, data.rindex(b"pages/odd")) + 20] ^= 255
    path.write_bytes(data)
    done = run(SOURCE, path, "--key", "no key")
    assert (done.returncode, done.stdout) == (2, "")
    done = run(SOURCE, path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "'pages/odd' is a link, is there twice, is packed oddly" in done.stdout
    named = json.loads(made.files[bundle.MANIFEST]) | {"files": {"\x1b[2J": "0" * 64}}
    path.write_bytes(bundle.as_zip(made.files | {bundle.MANIFEST: canonical(named)}))
    done = run(SOURCE, path)
    assert "\\x1b[2J was deleted: the manifest lists it." in done.stdout
    assert "\x1b" not in done.stdout


@ONE
def test_a_folder_that_is_no_bundle_is_not_read(made: Made, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x")
    assert ALONE.bundled(tmp_path) == {}


def by_the_book(leaves: Sequence[bytes], index: int) -> tuple[str, ...]:
    """RFC 6962, section 2.1.1, word for word."""
    if len(leaves) <= 1:
        return ()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < half:
        return (*by_the_book(leaves[:half], index), merkle.root(leaves[half:]))
    return (*by_the_book(leaves[half:], index - half), merkle.root(leaves[:half]))


def test_paths_are_those_of_the_standard() -> None:
    for size in range(1, 40):
        leaves = [bytes([number]) * 32 for number in range(size)]
        assert merkle.paths(leaves, range(size)) == {one: by_the_book(leaves, one) for one in range(size)}
