"""Journeys through the real thing: our server, a real headless Chromium, two widths, and no request to anyone else."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from dashboard import server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard, served as ``answerable dashboard`` serves it, from a folder that is not the project's."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("log") / "server.txt"
    environment = {**os.environ, "ANSWERABLE_HOME": str(kept)}
    with (
        log.open("w") as out,
        subprocess.Popen(server.command(port), stdout=out, stderr=out, env=environment, cwd=log.parent) as process,
    ):
        try:
            _healthy(f"http://127.0.0.1:{port}/_stcore/health", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
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


def test_from_the_fleet_to_one_number(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    _open(page, address)
    _keep(page, "fleet", request)
    page.get_by_role("link", name="mortgage@2", exact=True).click()
    page.get_by_role("heading", name="mortgage@2").wait_for()
    page.get_by_role("tab", name="Fairness").click()
    page.get_by_role("heading", name="Does every group receive the favourable outcome equally often?").wait_for()
    _settled(page)
    assert "dimension=Fairness" in page.url
    assert "id=r-" in page.url
    _keep(page, "report", request)
    _fits(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("^m-")).first.click()
    number = opened.value
    _settled(number)
    number.locator(".st-key-pointed code").first.wait_for()
    assert number.get_by_role("tab", name="Fairness").get_attribute("aria-selected") == "true"
    _open(page, address, page.url.removeprefix(address))
    assert page.get_by_role("tab", name="Fairness").get_attribute("aria-selected") == "true", "the address is the view"


def test_the_trend_of_a_model_is_drawn(page: Page, address: str) -> None:
    _open(page, address)
    trend = page.get_by_alt_text(re.compile("over the last 2 versions")).first
    trend.wait_for()
    assert trend.evaluate("drawn => drawn.complete && drawn.naturalWidth > 0")


def test_fairness_of_one_grouping_and_of_two_at_once(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    _open(page, address, "/report?id=mortgage@1")
    page.get_by_role("link", name="Fairness by group").click()
    page.get_by_role("heading", name="Fairness", exact=True).wait_for()
    page.get_by_text(re.compile("The largest gap by race is")).wait_for()
    page.get_by_role("radio", name="race & sex").or_(page.get_by_role("button", name="race & sex")).first.click()
    page.get_by_text(re.compile("The largest gap by race & sex is")).wait_for()
    _settled(page)
    assert "by=race+%26+sex" in page.url
    assert page.locator(CHART).count() == 4
    _charts_fit(page)
    _fits(page)
    _open(page, address, page.url.removeprefix(address))
    page.get_by_text(re.compile("The largest gap by race & sex is")).wait_for()
    _keep(page, "fairness", request)


def test_an_address_that_asks_for_an_unknown_grouping_says_so(page: Page, address: str) -> None:
    _open(page, address, "/fairness?id=mortgage@1&by=rce")
    page.get_by_text("There is no rce here.").wait_for()
    page.get_by_text(re.compile("The largest gap by race is")).wait_for()


def test_slices_that_were_tested(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    _open(page, address, "/slices?id=mortgage@2")
    page.get_by_text(re.compile("errs more than the rest beyond chance")).wait_for()
    page.locator(CHART).wait_for()
    _keep(page, "slices", request)
    _charts_fit(page)
    _fits(page)
    page.get_by_role("link", name="Fairness", exact=True).last.click()
    page.get_by_text(re.compile("The largest gap by race is")).wait_for()


def test_two_versions_side_by_side(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    _open(page, address, "/compare?first=mortgage@1&second=mortgage@2")
    page.get_by_text(re.compile(r"mortgage@2 against mortgage@1: \d+ better")).wait_for()
    page.get_by_role("heading", name="What broke for whom").wait_for()
    _keep(page, "compare", request)
    _charts_fit(page)
    _fits(page)
    page.get_by_role("radio", name="cannot tell").or_(page.get_by_role("button", name="cannot tell")).first.click()
    _settled(page)
    page.wait_for_url(re.compile("outcome=cannot"))


def test_the_ledger_is_verified(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    _open(page, address, "/ledger")
    page.get_by_role("button", name="Verify everything now").click()
    page.get_by_text(re.compile("Verified up to entry")).wait_for()
    _keep(page, "ledger", request)
    _fits(page)


def test_filters_go_into_the_address_by_keyboard_alone(page: Page, address: str) -> None:
    _open(page, address)
    page.get_by_label("Name").focus()
    page.keyboard.type("digits")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="mortgage@2", exact=True).wait_for(state="detached")
    assert "name=digits" in page.url
    _open(page, address, "/?name=digits")
    page.get_by_role("link", name="digits@2", exact=True).wait_for()
    assert not page.get_by_role("link", name="mortgage@2", exact=True).is_visible()


def _open(page: Page, address: str, path: str = "/") -> None:
    page.goto(address + path)
    _settled(page)


def _settled(page: Page) -> None:
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_selector(SETTLED)
    assert page.locator("[data-testid=stException]").count() == 0


def _fits(page: Page) -> None:
    """Nothing is wider than the window, so that nobody scrolls sideways."""
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth")
    assert wide <= 0, f"{wide} pixels too wide"


def _charts_fit(page: Page) -> None:
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


def _keep(page: Page, name: str, request: pytest.FixtureRequest) -> None:
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
