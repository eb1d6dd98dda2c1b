"""A populated store, made once by each test process and copied for every test that looks at it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stores

from dashboard import verbs
from dashboard.work import Place

verbs_place = verbs.place


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what a test opened: where a store is copied while this process has it open, SQLite's locks are lost."""
    places: list[Place] = []

    def place(*given: Any, **named: Any) -> Place:
        places.append(verbs_place(*given, **named))
        return places[-1]

    monkeypatch.setattr(verbs, "place", place)
    yield
    for one in places:
        one.archive.close()


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store as the demo leaves it. Copy it; never write to it."""
    folder = tmp_path_factory.mktemp("kept")
    stores.small(folder).close()
    return folder


@pytest.fixture
def populated(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, holding a copy of that store."""
    folder = tmp_path / "home"
    shutil.copytree(kept, folder)
    return _at(folder, monkeypatch)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder before anything was made."""
    return _at(tmp_path / "home", monkeypatch)


def _at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANSWERABLE_HOME", str(folder))
    monkeypatch.delenv("ANSWERABLE_STORE", raising=False)
    return folder
