"""A checkpoint that is held elsewhere shows what a rewritten chain hides."""

from __future__ import annotations

import email.message
import email.policy
import subprocess
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from storage_samples import ANN, NOON, ROWS, card, policy, report, split
from tampering import looked_at, recompute, same, tamper

from models.record import canonical, sha256
from storage import checkpoint, envelope, keys, ledger, merkle, queries, signing
from storage.archive import Archive
from storage.checkpoint import Checkpoint
from storage.errors import StoreError
from storage.ledger import Actor, Entry, New
from storage.signing import Key, KeyRefused
from storage.verify import Finding, verify


@pytest.fixture
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return signing.create(tmp_path_factory.mktemp("held") / "checkpoint.key")


def fill(archive: Archive, count: int) -> None:
    """Entries that record the policy over and over."""
    recorded = (("document", policy().sha256()),)
    with archive.writing() as connection:
        ledger.append_all(connection, [New("policy", policy().sha256(), ANN, recorded) for _ in range(count)])


def notes(found: list[Finding]) -> list[str]:
    return [one.message for one in found if not one.broken]


def test_a_clean_store_verifies_and_says_what_is_not_covered(full: Archive, key: Key, tmp_path: Path) -> None:
    held = checkpoint.make(full, key, ANN)
    assert held.size == 7
    assert same(looked_at(full, tmp_path, held)) == []
    assert "covers the first 7 ledger entries: all of them" in notes(verify(full, held))[0]
    full.put_report(report(run=1), ROWS, ANN)
    assert same(looked_at(full, tmp_path, held)) == []
    for found in looked_at(full, tmp_path, held):
        assert "covers the first 7 ledger entries; appended after it, and not covered: 1" in notes(found)[0]


def test_a_chain_computed_anew_is_named_by_its_block(full: Archive, key: Key, tmp_path: Path) -> None:
    fill(full, 2300)
    held = checkpoint.make(full, key, ANN)
    assert len(held.blocks) == 3
    recompute(full, 1500, actor="eve")
    assert same(looked_at(full, tmp_path)) == []
    assert same(looked_at(full, tmp_path, held)) == [("checkpoint", "1001-2000")]
    assert "one of them was changed, and the chain after it was computed anew" in verify(full, held)[0].message


@pytest.mark.parametrize("seq", [1, 2, 6, 7])
def test_any_entry_of_a_chain_computed_anew(full: Archive, key: Key, tmp_path: Path, seq: int) -> None:
    held = checkpoint.make(full, key, ANN)
    full.put_report(report(run=1), ROWS, ANN)
    recompute(full, seq, at=NOON)
    assert ("checkpoint", "1-7") in same(looked_at(full, tmp_path, held))


def test_an_entry_changed_without_the_chain_is_named_itself(full: Archive, key: Key, tmp_path: Path) -> None:
    held = checkpoint.make(full, key, ANN)
    sqlite = full.database.engine.dialect.name == "sqlite"
    tamper(full, "UPDATE ledger SET body = " + ("x'7b7d'" if sqlite else r"'\x7b7d'::bytea") + " WHERE seq = 3")
    assert same(looked_at(full, tmp_path, held))[:2] == [("entry", "3"), ("checkpoint", "1-7")]


def test_entries_cut_off_the_end_are_missing(full: Archive, key: Key, tmp_path: Path) -> None:
    held = checkpoint.make(full, key, ANN)
    tamper(full, "DELETE FROM ledger WHERE seq > 4", "DELETE FROM verdict", "DELETE FROM judgement", "DELETE FROM act")
    assert same(looked_at(full, tmp_path)) == []
    found = same(looked_at(full, tmp_path, held))
    assert ("checkpoint", "5-7") in found
    assert "entries 5 to 7 are missing" in next(one for one in verify(full, held) if one.subject == "5-7").message


def test_a_store_made_anew_is_not_the_one_that_was_signed(full: Archive, key: Key, tmp_path: Path) -> None:
    held = checkpoint.make(full, key, ANN)
    with Archive(f"sqlite:///{tmp_path}/other/store.db", tmp_path / "other/vault") as other:
        other.put_split(split(), Actor("eve", "os-user"))
        assert [one.kind for one in verify(other, held) if one.broken] == ["checkpoint", "checkpoint"]


def test_a_checkpoint_changed_after_signing_is_refused(full: Archive, key: Key) -> None:
    held = checkpoint.make(full, key, ANN)
    checkpoint.check(held, key.fingerprint[:16])
    for changed in ({"size": 6}, {"head": "0" * 64}, {"blocks": ("0" * 64,)}, {"at": datetime.now(UTC)}):
        with pytest.raises(KeyRefused, match="signature of this checkpoint does not hold"):
            verify(full, held.model_copy(update=changed))


def test_another_key_than_expected_is_refused(full: Archive, key: Key, tmp_path: Path) -> None:
    held = checkpoint.make(full, key, ANN)
    other = signing.create(tmp_path / "elsewhere" / "other.key")
    with pytest.raises(KeyRefused, match=f"signed by the key {signing.short(key.fingerprint)}, and .* was expected"):
        verify(full, held, other.fingerprint)
    (tmp_path / "public.pem").write_text(key.public_pem())
    assert signing.expected(str(tmp_path / "public.pem")) == key.fingerprint
    assert signing.expected(signing.short(key.fingerprint)) == key.fingerprint[:16]
    with pytest.raises(KeyRefused, match="neither the file of a public key nor a fingerprint"):
        signing.expected("ann's key")


def test_a_checkpoint_by_a_key_that_the_ledger_does_not_know(full: Archive, key: Key, tmp_path: Path) -> None:
    held = checkpoint.make(full, key, ANN)
    forger = signing.create(tmp_path / "elsewhere" / "forger.key")
    forged = held.model_copy(update={"public_key": forger.public.hex()})
    forged = forged.model_copy(update={"signature": forger.sign(forged.signed()).hex()})
    assert same(looked_at(full, tmp_path, forged)) == [("checkpoint", forger.fingerprint)]


def test_rotation_is_an_entry_and_old_checkpoints_still_hold(
    full: Archive, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    path = tmp_path_factory.mktemp("held") / "checkpoint.key"
    old = signing.load_or_create(path, full.folders())
    first = checkpoint.make(full, old, ANN)
    new = keys.rotate(full, path, ANN)
    second = checkpoint.make(full, new, ANN)
    assert signing.load(path).fingerprint == new.fingerprint == keys.current(full.database) != old.fingerprint
    entry = queries.entries(full.database)[0]
    assert (entry.kind, entry.subject, entry.digests) == ("key", new.fingerprint, (("replaces", old.fingerprint),))
    with full.database.reading() as connection:
        assert [one.public for one in keys.known(connection)] == [old.public, new.public]
    for held in (first, second):
        assert same(looked_at(full, tmp_path, held)) == []
    with pytest.raises(KeyRefused, match="was replaced"):
        checkpoint.make(full, old, ANN)


def test_a_key_is_introduced_once(full: Archive, key: Key) -> None:
    assert keys.current(full.database) is None
    first, second = checkpoint.make(full, key, ANN), checkpoint.make(full, key, ANN)
    assert first.size == second.size == 7
    assert first.root == second.root
    assert keys.current(full.database) == key.fingerprint == first.fingerprint


def test_a_broken_chain_is_not_signed(full: Archive, key: Key) -> None:
    tamper(full, "DELETE FROM ledger WHERE seq = 2")
    with pytest.raises(StoreError, match="Ledger entry 2 is broken, so nothing is signed"):
        checkpoint.make(full, key, ANN)


def test_a_key_in_the_store_or_open_to_others_is_refused(full: Archive, tmp_path: Path) -> None:
    inside = tmp_path / "vault" / "sub" / "checkpoint.key"
    with pytest.raises(KeyRefused, match="beside what it is to vouch for"):
        signing.load_or_create(inside, full.folders())
    path = tmp_path / "elsewhere" / "checkpoint.key"
    signing.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyRefused, match="is there already"):
        signing.create(path)
    path.chmod(0o644)
    with pytest.raises(KeyRefused, match=r"has mode 0644, .* type: chmod 600"):
        signing.load(path)
    path.chmod(0o600)
    path.write_text("no key")
    with pytest.raises(KeyRefused, match="holds no private key"):
        signing.load(path)
    with pytest.raises(KeyRefused, match="There is no key"):
        signing.load(tmp_path / "none")


def test_where_the_key_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ANSWERABLE_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert signing.default_path() == tmp_path / "answerable" / "checkpoint.key"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert signing.default_path() == Path.home() / ".config/answerable/checkpoint.key"
    monkeypatch.setenv("ANSWERABLE_KEY", str(tmp_path / "k"))
    assert signing.default_path() == tmp_path / "k"


def held_with(blocks: int) -> Checkpoint:
    return Checkpoint(
        size=blocks * 1000, head="a" * 64, root="b" * 64, blocks=tuple(sha256(bytes([n])) for n in range(blocks)),
        at=NOON, public_key="c" * 64, signature="d" * 128,
    )  # fmt: skip


@pytest.mark.parametrize("blocks", [0, 1, 12])
@pytest.mark.parametrize("harm", [
    lambda text: text,
    lambda text: text.replace("\n", "\r\n"),
    lambda text: "\n".join("> " + line for line in text.splitlines()),
    lambda text: "\n".join(textwrap.fill(part, 50, break_on_hyphens=False) for part in text.split("\n\n")),
    lambda text: "\n".join(">> " + line for line in textwrap.wrap(text, 33, break_on_hyphens=False)),
    lambda text: f"Dear all,\n\n{text}\n-- \nAnn",
])  # fmt: skip
def test_an_email_survives_its_way(blocks: int, harm) -> None:
    held = held_with(blocks)
    assert envelope.read(harm(envelope.as_email(held))) == held


def test_a_whole_message_is_read(tmp_path: Path) -> None:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = "Checkpoint"
    message.set_content(envelope.as_email(held_with(12)), cte="quoted-printable")
    assert envelope.read(message.as_string()) == held_with(12)


def test_a_file_and_a_git_note_are_read_back(tmp_path: Path) -> None:
    held = held_with(3)
    assert envelope.read(envelope.as_json(held)) == held
    git = ["git", "-C", str(tmp_path), "-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    for one in (held_with(2), held):
        (tmp_path / "note").write_text(envelope.as_note(one))
        subprocess.run([*git, "notes", "append", "-F", str(tmp_path / "note")], check=True, capture_output=True)
    shown = subprocess.run([*git, "notes", "show"], check=True, capture_output=True, text=True).stdout
    assert envelope.read(shown) == held


@pytest.mark.parametrize("text", ["", "hello", "{}", "[1]", '{"size": 1', f"{envelope.BEGIN} !!!!a {envelope.END}"])
def test_what_is_no_checkpoint_is_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="checkpoint"):
        envelope.read(text)


@given(st.integers(1, 70))
def test_every_leaf_is_proved_and_no_other(size: int) -> None:
    leaves = [bytes([n]) for n in range(size)]
    root = merkle.root(leaves)
    for index, one in enumerate(leaves):
        way = merkle.path(leaves, index)
        assert merkle.climb(one, index, size, way) == root
        assert merkle.climb(b"other", index, size, way) != root
        assert merkle.climb(one, (index + 1) % size, size, way) != root or size == 1


def test_the_roots_are_those_of_rfc_6962() -> None:
    """Test vectors of the Certificate Transparency reference implementation."""
    leaves = [bytes.fromhex(one) for one in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )]  # fmt: skip
    assert merkle.root([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root(leaves[:1]) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(leaves[:3]) == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert merkle.root(leaves) == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_an_entry_is_proved_to_be_covered(full: Archive, key: Key) -> None:
    fill(full, 1200)
    held = checkpoint.make(full, key, ANN)
    full.put_report(report(run=1), ROWS, ANN)
    with full.database.reading() as connection:
        for seq in (1, 700, held.size):
            proof = checkpoint.inclusion(connection, seq, held.size)
            assert checkpoint.is_included(proof, held)
            assert not checkpoint.is_included(proof.model_copy(update={"hash": "0" * 64}), held)
        with pytest.raises(ValueError, match=r"Entry \d+ of the first"):
            checkpoint.inclusion(connection, held.size + 1, held.size)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.floats(0, 1e9))
def test_an_entrys_bytes_are_canonical(text: str, behind: float) -> None:
    entry = Entry(
        seq=1, previous="0" * 64, at=NOON, behind_seconds=behind, actor=text, known_by="os-user", kind="erase",
        subject=text, digests=((text, "x"),), note=text,
    )  # fmt: skip
    assert entry.canonical() == canonical(entry.model_dump(mode="json"))


def test_many_entries_are_written_as_one_by_one(full: Archive) -> None:
    with full.writing() as connection:
        made = ledger.append_all(connection, [
            New("erase", "x", ANN, note="one", at=NOON), New("erase", "y", ANN, at=NOON - timedelta(hours=1)),
        ])  # fmt: skip
        assert ledger.append_all(connection, []) == []
    assert made == queries.entries(full.database)[:2][::-1]
    assert [one.seq for one in made] == [7, 8]
    assert made[1].behind_seconds == 3600
    assert not [one for one in verify(full) if one.kind == "entry"]
    assert card().name == "mortgage"
