"""Which code it is: any changed source changes the digest, anything else does not."""

import subprocess
from pathlib import Path

import pytest

from models import code


def package(folder: Path, name: str) -> Path:
    (folder / name / "inner").mkdir(parents=True)
    (folder / name / "__init__.py").write_text("")
    (folder / name / "inner" / "limits.toml").write_text("a = 1\n")
    return folder / name


def test_any_source_counts_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = package(tmp_path, "digested_package")
    monkeypatch.syspath_prepend(tmp_path)
    before = code.digest("digested_package")
    (mine / "notes.txt").write_text("x")
    (mine / "__pycache__").mkdir()
    (mine / "__pycache__" / "inner.pyc").write_bytes(b"x")
    assert code.digest("digested_package") == before
    (mine / "inner" / "limits.toml").write_text("a = 2\n")
    changed = code.digest("digested_package")
    (mine / "inner" / "limits.toml").rename(mine / "limits.toml")
    assert len({before, changed, code.digest("digested_package")}) == 3
    with pytest.raises(ValueError, match="no package 'nobody'"):
        code.digest("nobody")


def test_several_packages_have_one_digest_whatever_their_order() -> None:
    assert code.digest("models", "audit") == code.digest("audit", "models") != code.digest("models")


def test_there_is_no_revision_outside_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the package lies inside somebody else's checkout without being part of it."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    monkeypatch.setattr(code, "__file__", str(tmp_path / "code.py"))
    assert code.revision() is None


def test_the_revision_is_that_of_the_checkout_and_says_when_sources_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "code.py").write_text("")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *arguments], check=True)
    monkeypatch.setattr(code, "__file__", str(tmp_path / "models" / "code.py"))
    revision = code.revision()
    assert revision is not None
    assert len(revision) == 40
    (tmp_path / "models" / "code.py").write_text("changed")
    assert code.revision() == f"{revision}+changed"


def test_the_environment_names_what_can_change_a_number() -> None:
    here = code.environment("cpu float32")
    assert {"torch", "numpy"} <= dict(here.packages).keys()
    assert here.threads >= 1
