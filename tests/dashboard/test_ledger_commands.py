"""Checkpoints, exports and the proof, as typed: an untouched archive is proved, a changed one is named."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audit.policy import read
from dashboard import verbs
from dashboard.cli import app
from storage import ledger


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An archive that holds one policy."""
    where = verbs.place(tmp_path / "home")
    where.archive.put_policy(read("default"), ledger.me())
    return tmp_path / "home"


def typed(home: Path, *words: object) -> Result:
    given = {
        "COLUMNS": "200",
        "ANSWERABLE_HOME": str(home),
        "ANSWERABLE_KEY": str(home.parent / "key" / "checkpoint.key"),
    }
    return CliRunner().invoke(app, [str(one) for one in words], env=given)


def test_a_checkpoint_proves_what_it_covers_and_says_what_came_after(home: Path, tmp_path: Path) -> None:
    held = tmp_path / "held.json"
    assert typed(home, "ledger", "checkpoint", held).exit_code == 0
    proved = typed(home, "verify", "--checkpoint", held)
    assert proved.exit_code == 0, proved.output
    verbs.place(home).archive.put_policy(read("default").model_copy(update={"version": "9"}), ledger.me())
    more = typed(home, "verify", "--checkpoint", held)
    assert more.exit_code == 0
    assert "and not covered: 1" in more.output


def test_a_changed_ledger_is_named_by_both_verifiers(home: Path, tmp_path: Path) -> None:
    typed(home, "ledger", "checkpoint", tmp_path / "held.json")
    changed = tmp_path / "changed"
    shutil.copytree(home, changed)
    with sqlite3.connect(changed / "store.db") as connection:
        connection.execute("DROP TRIGGER ledger_refuses_update")
        connection.execute("UPDATE ledger SET actor = 'somebody else' WHERE seq = 1")
    connection.close()
    found = typed(changed, "verify", "--checkpoint", tmp_path / "held.json")
    assert found.exit_code == 1
    assert "entry 1 is the first broken one" in found.output
    assert typed(home, "ledger", "verifier", tmp_path / "verify.py").exit_code == 0
    alone = [sys.executable, "-I", str(tmp_path / "verify.py")]
    assert subprocess.run([*alone, str(home / "store.db")], check=False, capture_output=True).returncode == 0
    assert subprocess.run([*alone, str(changed / "store.db")], check=False, capture_output=True).returncode == 1


def test_an_export_is_proved_without_the_archive(home: Path, tmp_path: Path) -> None:
    assert typed(home, "ledger", "export", tmp_path / "ledger.jsonl").exit_code == 0
    typed(home, "ledger", "verifier", tmp_path / "verify.py")
    told = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "verify.py"), str(tmp_path / "ledger.jsonl")],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (told.returncode, "Intact" in told.stdout) == (0, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), ("nothing of the kind", "checkpoint"), ('{"size": 1}', "checkpoint")],
)
def test_what_is_no_checkpoint_is_one_sentence(home: Path, tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "held.json"
    if content is not None:
        path.write_text(content)
    refused = typed(home, "verify", "--checkpoint", path)
    assert refused.exit_code == 2
    assert said in refused.output
    assert "Traceback" not in refused.output


def test_an_older_checkpoint_holds_after_the_key_is_rotated_and_another_key_is_refused(
    home: Path, tmp_path: Path
) -> None:
    typed(home, "ledger", "checkpoint", tmp_path / "old.txt", "--as", "mail")
    assert "from now on" in typed(home, "ledger", "rotate").output
    assert typed(home, "verify", "--checkpoint", tmp_path / "old.txt").exit_code == 0
    refused = typed(home, "verify", "--checkpoint", tmp_path / "old.txt", "--key", "0" * 64)
    assert refused.exit_code == 2
