"""A bundle, a backup and what is made of it, as typed."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dashboard import verbs
from dashboard.cli import app
from storage.standalone import SOURCE
from tests.dashboard import stores

HOSTILE = "../../<b>x</b>\\.."


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signing key and a working folder of the test's own."""
    monkeypatch.setenv("ANSWERABLE_KEY", str(tmp_path / "config" / "checkpoint.key"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in words], env={"COLUMNS": "200"})


def sentence(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("answerable: ")
    return result.stderr


def alone(*words: object) -> subprocess.CompletedProcess[str]:
    """The single file, without this project."""
    command = [sys.executable, "-IB", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={})


def test_a_version_is_exported_and_verifies_elsewhere(populated: Path, tmp_path: Path) -> None:
    verbs.judge(verbs.place(), "mortgage@2")
    assert typed("ledger", "checkpoint", tmp_path / "held.json").exit_code == 0
    said = typed("export", "mortgage@2", "--checkpoint", tmp_path / "held.json")
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("mortgage-2.zip: ")
    again = typed("export", "mortgage@2", "--checkpoint", tmp_path / "held.json", "-o", "again.zip")
    assert again.exit_code == 0, again.output
    assert Path("again.zip").read_bytes() == Path("mortgage-2.zip").read_bytes()
    done = alone(SOURCE, Path("again.zip").absolute())
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile("again.zip") as packed:
        told = json.loads(packed.read("manifest.json"))
        assert (told["about"], told["signed"]) == ("mortgage@2", True)
        assert packed.read("pages/report.pdf").startswith(b"%PDF")
        assert b"mortgage@2" in packed.read("pages/report.html")
        everything = b"".join(packed.read(name) for name in packed.namelist() if name.startswith(("doc", "ent")))
    assert b"breast_cancer" not in everything
    assert b'"digits' not in everything


def test_without_a_checkpoint_one_is_made_by_ones_key(populated: Path) -> None:
    assert typed("export", "digits@1").exit_code == 0
    assert alone(SOURCE, Path("digits-1.zip").absolute()).returncode == 0


def test_a_hostile_name_leaves_no_folder(empty: Path, tmp_path: Path) -> None:
    stores.put_model(verbs.place().archive, stores.card("breast_cancer", 1, name=HOSTILE))
    assert typed("export", f"{HOSTILE}@1").exit_code == 0
    (path,) = Path().iterdir()
    assert set(path.name) <= set("-bx1.zip")
    with zipfile.ZipFile(path) as packed:
        assert all(".." not in name and not name.startswith("/") for name in packed.namelist())
    assert alone(SOURCE, path.absolute()).returncode == 0


def test_what_cannot_be_exported_is_a_sentence(populated: Path, tmp_path: Path) -> None:
    assert "There is no model 'absent'" in sentence(typed("export", "absent"))
    assert "No such file" in sentence(typed("export", "digits@1", "--checkpoint", tmp_path / "none"))
    (tmp_path / "held.txt").write_text("hello")
    assert "There is no checkpoint in this text" in sentence(
        typed("export", "digits@1", "--checkpoint", tmp_path / "held.txt")
    )
    (tmp_path / "held.bin").write_bytes(b"\xff\xfe\0{")
    for words in (("export", "digits@1"), ("verify",)):
        assert "There is no checkpoint in this text" in sentence(typed(*words, "--checkpoint", tmp_path / "held.bin"))
    assert list(Path().iterdir()) == []


def test_a_backup_is_made_and_restored(populated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = typed("backup", "kept.zip")
    assert said.exit_code == 0, said.output
    assert "no key that signs" in said.stdout
    assert "holds something already" in sentence(typed("restore", "kept.zip"))
    done = typed("restore", "kept.zip", "--home", tmp_path / "restored")
    assert done.exit_code == 0, done.output
    assert "all of it proved" in done.stdout
    assert [one.title for one in verbs.place(tmp_path / "restored").archive.models()] == [
        one.title for one in verbs.place().archive.models()
    ]
    Path("cut.zip").write_bytes(Path("kept.zip").read_bytes()[:-100])
    assert "is no whole backup" in sentence(typed("restore", "cut.zip", "--home", tmp_path / "again"))
    with zipfile.ZipFile("newer.zip", "w") as packed:
        packed.writestr(
            "manifest.json", json.dumps({"answerable": "backup", "schema_version": 1, "revision": "\x1b[2J"})
        )
    assert "it is of revision ‹U+001B›[2J" in sentence(typed("restore", "newer.zip", "--home", tmp_path / "again"))
    assert "There is no file none.zip" in sentence(typed("restore", "none.zip", "--home", tmp_path / "again"))
    assert not (tmp_path / "again").exists()
