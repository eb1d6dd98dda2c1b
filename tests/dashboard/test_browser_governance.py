"""A journey through what people do about a model, in a real browser: every form once, on a store of its own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit.acts.state import ModelState
from dashboard import governing
from tests.dashboard import stores
from tests.dashboard.browsing import fits, keep, served, settled, visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
LATER = f"{datetime.now(UTC).date() + timedelta(days=90):%Y-%m-%d}"


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "home")


@pytest.fixture
def address(home: Path, tmp_path: Path) -> Iterator[str]:
    """The dashboard of a store that may be written to."""
    with served(home, tmp_path) as address:
        yield address


def test_from_an_entry_to_a_closed_finding(
    page: Page, address: str, home: Path, request: pytest.FixtureRequest
) -> None:
    registers(page, address, request)
    classes(page)
    asks_accepts_and_is_refused(page, address, request)
    opens(page, address)
    with stores.archive(home) as archive:
        assert state(archive).open_findings
        stores.again(archive)
    closes(page, address, request)
    with stores.archive(home) as archive:
        found = state(archive)
        assert found.entry is not None
        assert (found.entry.owner, found.entry.exposure, str(found.entry.next_review)) == ("olga", "high", LATER)
        assert [one.material for one in found.changes] == [True]
        assert found.approvals == found.released == found.open_findings == ()
        assert len(found.waivers) == 1
        kinds = [one.kind for one in archive.acts("mortgage")]
        assert kinds == ["inventory", "change", "request", "refusal", "refusal", "waiver", "finding", "closing"]


def registers(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    visit(page, address, "/inventory")
    keep(page, "inventory", request)
    page.get_by_role("link", name="mortgage", exact=True).click()
    page.get_by_text("Nobody answers for it yet. Say below").wait_for()
    page.get_by_label("Owner").fill("olga")
    press(page, "Keep this entry")
    page.get_by_text("its first entry lacks Developer").wait_for()
    assert page.get_by_label("Owner").input_value() == "olga", "nothing that was typed is lost"
    page.get_by_label("Developer").fill("ada")
    page.get_by_label("Validator").fill("val")
    page.get_by_label("Use: what it decides").fill("decides who gets a mortgage")
    choose(page, "Exposure", "high")
    choose(page, "Purpose", "medium")
    day(page, "Next review")
    press(page, "Keep this entry")
    page.get_by_text(re.compile("^Kept as")).wait_for()
    page.get_by_text("What was said when").wait_for()
    fits(page)


def classes(page: Page) -> None:
    page.get_by_text("Class what a version changed").click()
    choose(page, "Its change is", "material")
    page.get_by_label("Reason").fill("trained by reductions instead")
    press(page, "Class this change")
    page.get_by_text("trained by reductions instead").first.wait_for()
    page.get_by_test_id("stMain").get_by_role("link", name="Sign-off", exact=True).click()
    page.get_by_role("heading", name="On what it would rest").wait_for()
    settled(page)


def asks_accepts_and_is_refused(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    visit(page, address, "/signoff?id=mortgage@2")
    page.get_by_label("Reason, if there is one").fill("branches want it")
    press(page, "Ask for production")
    page.get_by_text(re.compile("asked for production on")).wait_for()
    visit(page, address, "/signoff?id=mortgage@2&act=Approve")
    page.get_by_label("Conditions").fill("watch drift")
    day(page, "Until")
    press(page, "Approve for production")
    page.get_by_text(re.compile("asked for the approval, and the policy demands four eyes")).first.wait_for()
    assert page.get_by_label("Conditions").input_value() == "watch drift"
    page.get_by_role("tab", name="Release").click()
    press(page, "Release to production")
    page.get_by_text(re.compile("nobody has approved it")).first.wait_for()
    page.get_by_role("tab", name="Waive").click()
    page.get_by_label("Reason: why").fill("the board knows and accepts it")
    day(page, "Until")
    press(page, "Accept it")
    page.get_by_role("heading", name="Waivers").wait_for()
    assert "act=Waive" in page.url, "the address is the view"
    keep(page, "signoff", request)
    fits(page)


def opens(page: Page, address: str) -> None:
    visit(page, address, "/findings")
    page.get_by_label("About: a version").fill("mortgage@2")
    page.get_by_label("Owner: who").fill("dev")
    page.get_by_label("Title: what").fill("wrong for the <b>young</b>")
    choose(page, "Severity", "high", last=True)
    day(page, "Due")
    press(page, "Open this finding")
    page.get_by_text("1 open, 0 of them overdue").wait_for()
    visit(page, address)
    page.get_by_text(re.compile("wrong for the <b>young</b>")).wait_for()
    page.get_by_role("link", name="mortgage", exact=True).click()
    page.get_by_text("Close a finding").wait_for()
    settled(page)


def closes(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    page.get_by_label("Evidence").fill("mortgage@2")
    page.get_by_label("Reason: what it shows").fill("the gap is gone")
    press(page, "Close this finding")
    page.get_by_text("0 open, 0 of them overdue; 1 closed.").wait_for()
    keep(page, "findings", request)
    fits(page)
    visit(page, address)
    assert page.get_by_text("wrong for the").count() == 0, "what is done is not said"


def press(page: Page, name: str) -> None:
    """By keyboard, as a mouse is not given to everybody."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")
    settled(page)


def choose(page: Page, label: str, option: str, *, last: bool = False) -> None:
    from playwright.sync_api import TimeoutError

    fields = page.get_by_role("combobox", name=re.compile(label))
    field = fields.last if last else fields.first
    field.evaluate("one => one.scrollIntoView({block: 'center'})")
    for _ in range(5):  # a list that opens while the page still moves closes again
        page.wait_for_timeout(400)
        field.click()
        with suppress(TimeoutError):
            return page.get_by_role("option", name=option, exact=True).click(timeout=3_000)
    raise AssertionError(f"{option} could not be chosen as {label}")


def day(page: Page, label: str) -> None:
    field = page.locator("[data-testid=stDateInput]:visible").filter(has_text=label).locator("input")
    field.fill(LATER)
    field.press("Tab")


def state(archive: stores.Archive) -> ModelState:
    return governing.state(archive, "mortgage")
