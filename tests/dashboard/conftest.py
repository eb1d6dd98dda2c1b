"""A populated store, made once by each test process and copied for every test that looks at it."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import stores
from streamlit.components.v2 import manifest_scanner

from dashboard import verbs
from dashboard.work import Place
from tests.dashboard.browsing import ARGUMENTS, CHROMIUM, LOOKS, PATIENCE, WIDTHS, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

verbs_place = verbs.place
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
"""Each ``AppTest`` reads the metadata of every installed package, for seconds: once is enough."""


@pytest.fixture(autouse=True, scope="module")
def _kept() -> Iterator[None]:
    """Streamlit collects garbage after every script: what was there before these tests is not looked at again."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


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


@pytest.fixture(scope="module")
def address(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard of the store that is never written to."""
    with served(kept, tmp_path_factory.mktemp("log")) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real headless browser."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is missing; apt-get install chromium")
        pytest.skip(f"{CHROMIUM} is missing, so no journey was made; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=LOOKS, ids="-".join)
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A page of one width and colour scheme, that fails the test when anything was asked of another host."""
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": WIDTHS[width], "height": 900}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE)
    asked: list[str] = []
    context.on("request", lambda one: asked.append(one.url))
    page = context.new_page()
    yield page
    context.close()
    outside = [url for url in asked if urlsplit(url).hostname not in (None, "127.0.0.1")]
    assert asked
    assert not outside, f"asked of others: {outside}"
