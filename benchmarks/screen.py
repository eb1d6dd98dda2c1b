"""How fast the first screen is: the Fleet of a large archive in a real headless Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

from playwright.sync_api import sync_playwright

from dashboard import server
from tests.dashboard import stores
from tests.dashboard.browsing import ARGUMENTS, CHROMIUM, SETTLED

WARMING = 3
"""Visits before the first that is timed."""


def fleet_seconds(reports: int, times: int) -> list[float]:
    """Seconds from asking for the address until the page is drawn and settled; some visits before warm server and browser."""
    with tempfile.TemporaryDirectory() as folder:
        stores.large(Path(folder), reports).close()
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "ANSWERABLE_HOME": folder}
        with subprocess.Popen(server.command(port), env=environment, stdout=subprocess.DEVNULL) as process:
            try:
                _wait(f"http://127.0.0.1:{port}/_stcore/health")
                return _visits(f"http://127.0.0.1:{port}", times)
            finally:
                process.terminate()


def _visits(address: str, times: int) -> list[float]:
    """Visits in one browser profile, as a user's own browser has it: code and files of earlier visits are cached."""
    seconds = []
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as profile:
        browser = driver.chromium.launch_persistent_context(
            profile, executable_path=str(CHROMIUM), args=ARGUMENTS, viewport={"width": 1400, "height": 900}
        )
        for _ in range(WARMING + times):
            page = browser.new_page()
            started = time.perf_counter()
            page.goto(address)
            page.get_by_role("heading", name="Fleet").wait_for()
            page.locator(SETTLED).wait_for()
            seconds.append(time.perf_counter() - started)
            page.close()
        browser.close()
    return seconds[WARMING:]


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=1)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"{address} does not answer")
