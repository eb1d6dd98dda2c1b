"""Our server and a real headless Chromium, as journeys use them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard import server

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
CHART = "[data-testid=stVegaLiteChart]"
PATIENCE = 60_000
"""Milliseconds."""
WIDTHS = {"wide": 1400, "phone": 420}
LOOKS = [("wide", "light"), ("phone", "dark")]
SCREENSHOTS = os.environ.get("ANSWERABLE_SCREENSHOTS")
"""A folder: then every journey is made in all four looks, and pictures are kept there."""
if SCREENSHOTS:
    LOOKS += [("wide", "dark"), ("phone", "light")]


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def served(home: Path, folder: Path, port: int | None = None) -> Iterator[str]:
    """The dashboard, served as ``answerable dashboard`` serves it, from a folder that is not the project's."""
    port = port or free_port()
    log = folder / "server.txt"
    told = server.environment(home, "127.0.0.1")
    with (
        log.open("w") as out,
        subprocess.Popen(server.command(port), stdout=out, stderr=out, env=told, cwd=log.parent) as process,
    ):
        try:
            _healthy(f"http://127.0.0.1:{port}/_stcore/health", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def visit(page: Page, address: str, path: str = "/") -> None:
    """Go there, and wait until all is drawn."""
    page.goto(address + path)
    settled(page)


def settled(page: Page) -> None:
    """Wait until the screen is drawn; nothing was raised."""
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_selector(SETTLED)
    assert page.locator("[data-testid=stException]").count() == 0


def fits(page: Page) -> None:
    """Nothing is wider than the window, so that nobody scrolls sideways."""
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth")
    assert wide <= 0, f"{wide} pixels too wide"


def charts_fit(page: Page) -> None:
    """Every chart is drawn, as wide as there is room and no wider."""
    for chart in page.locator(CHART).all():
        chart.scroll_into_view_if_needed()
        drawn = chart.locator("canvas, svg").first
        drawn.wait_for()
        box, room = drawn.bounding_box(), page.evaluate("innerWidth")
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= room + 1
        assert box["height"] > 60


def keep(page: Page, name: str, request: pytest.FixtureRequest) -> None:
    """A picture for the documentation, where it was asked for."""
    if SCREENSHOTS:
        page.wait_for_timeout(800)
        look = re.sub(r".*\[(.*)\]", r"-\1", request.node.name).replace("-wide-light", "")
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}{look}.png")


def _healthy(url: str, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the dashboard did not start:\n{log.read_text()}")
