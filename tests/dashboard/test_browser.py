"""Journeys through the real thing: our server, a real headless Chromium, two widths, and no request to anyone else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.browsing import CHART, charts_fit, fits, keep, settled, visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_from_the_fleet_to_one_number(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    visit(page, address)
    keep(page, "fleet", request)
    page.get_by_role("link", name="mortgage@2", exact=True).click()
    page.get_by_role("heading", name="mortgage@2").wait_for()
    page.get_by_role("tab", name="Fairness").click()
    page.get_by_role("heading", name="Does every group receive the favourable outcome equally often?").wait_for()
    settled(page)
    assert "dimension=Fairness" in page.url
    assert "id=r-" in page.url
    keep(page, "report", request)
    fits(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("^m-")).first.click()
    number = opened.value
    settled(number)
    number.locator(".st-key-pointed code").first.wait_for()
    assert number.get_by_role("tab", name="Fairness").get_attribute("aria-selected") == "true"
    visit(page, address, page.url.removeprefix(address))
    assert page.get_by_role("tab", name="Fairness").get_attribute("aria-selected") == "true", "the address is the view"


def test_the_trend_of_a_model_is_drawn(page: Page, address: str) -> None:
    visit(page, address)
    trend = page.get_by_alt_text(re.compile("over the last 2 versions")).first
    trend.wait_for()
    assert trend.evaluate("drawn => drawn.complete && drawn.naturalWidth > 0")


def test_fairness_of_one_grouping_and_of_two_at_once(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    visit(page, address, "/report?id=mortgage@1")
    page.get_by_role("link", name="Fairness by group").click()
    page.get_by_role("heading", name="Fairness", exact=True).wait_for()
    page.get_by_text(re.compile("The largest gap by race is")).wait_for()
    page.get_by_role("radio", name="race & sex").or_(page.get_by_role("button", name="race & sex")).first.click()
    page.get_by_text(re.compile("The largest gap by race & sex is")).wait_for()
    settled(page)
    assert "by=race+%26+sex" in page.url
    assert page.locator(CHART).count() == 4
    charts_fit(page)
    fits(page)
    visit(page, address, page.url.removeprefix(address))
    page.get_by_text(re.compile("The largest gap by race & sex is")).wait_for()
    keep(page, "fairness", request)


def test_an_address_that_asks_for_an_unknown_grouping_says_so(page: Page, address: str) -> None:
    visit(page, address, "/fairness?id=mortgage@1&by=rce")
    page.get_by_text("There is no rce here.").wait_for()
    page.get_by_text(re.compile("The largest gap by race is")).wait_for()


def test_slices_that_were_tested(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    visit(page, address, "/slices?id=mortgage@2")
    page.get_by_text(re.compile("errs more than the rest beyond chance")).wait_for()
    page.locator(CHART).wait_for()
    keep(page, "slices", request)
    charts_fit(page)
    fits(page)
    page.get_by_role("link", name="Fairness", exact=True).last.click()
    page.get_by_text(re.compile("The largest gap by race is")).wait_for()


def test_two_versions_side_by_side(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    visit(page, address, "/compare?first=mortgage@1&second=mortgage@2")
    page.get_by_text(re.compile(r"mortgage@2 against mortgage@1: \d+ better")).wait_for()
    page.get_by_role("heading", name="What broke for whom").wait_for()
    keep(page, "compare", request)
    charts_fit(page)
    fits(page)
    page.get_by_role("radio", name="cannot tell").or_(page.get_by_role("button", name="cannot tell")).first.click()
    settled(page)
    page.wait_for_url(re.compile("outcome=cannot"))


def test_the_ledger_is_verified(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    visit(page, address, "/ledger")
    page.get_by_role("button", name="Verify everything now").click()
    page.get_by_text(re.compile("Verified up to entry")).wait_for()
    keep(page, "ledger", request)
    fits(page)


def test_filters_go_into_the_address_by_keyboard_alone(page: Page, address: str) -> None:
    visit(page, address)
    page.get_by_label("Name").focus()
    page.keyboard.type("digits")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="mortgage@2", exact=True).wait_for(state="detached")
    assert "name=digits" in page.url
    visit(page, address, "/?name=digits")
    page.get_by_role("link", name="digits@2", exact=True).wait_for()
    assert not page.get_by_role("link", name="mortgage@2", exact=True).is_visible()
