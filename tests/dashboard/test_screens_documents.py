"""Documents and the risk register on screen: what is there, what is missing, what was declared, and nothing that acts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from audit.acts.incident import Incident
from audit.acts.risk import Risk
from dashboard import filing, governing, registering
from dashboard.views import documents as views
from storage.archive import Archive
from storage.ledger import me
from tests.dashboard import stores
from tests.dashboard.browsing import served
from tests.dashboard.test_drafts import DECLARED, INCIDENT, RISK
from tests.dashboard.test_screens import calm, opened, words

if TYPE_CHECKING:
    from playwright.sync_api import Page

TODAY = datetime.now(UTC).date()
DUTY_BEGINS = date(2027, 12, 2)
"""From when serious incidents have to be reported (Art. 73 of the EU AI Act)."""
YESTERDAY, LATER = TODAY - timedelta(days=1), TODAY + timedelta(days=90)
HOSTILE = "<script>alert(1)</script> ![p](http://127.0.0.1:9/x.png) :red[r] $x$ :material/home:"
TEXT = f"# Card\n\n{HOSTILE}\n\n```\n{HOSTILE}\n```\n"


@pytest.fixture
def store(populated: Path) -> Iterator[Archive]:
    with stores.archive(populated) as archive:
        yield archive


def field(app: AppTest, label: str) -> object:
    """The field of a form with this label."""
    every = [*app.text_input, *app.text_area, *app.selectbox, *app.date_input]
    return next(one for one in every if one.label.startswith(label))


def fill(app: AppTest, **values: object) -> AppTest:
    for label, value in values.items():
        field(app, label.replace("_", " ")).set_value(value)  # type: ignore[attr-defined]
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(one for one in app.button if one.label == label).click()
    return app.run()


class TestDocuments:
    @pytest.mark.usefixtures("empty")
    @pytest.mark.parametrize("screen", ["documents", "risks"])
    def test_an_empty_store_says_how_to_begin(self, screen: str) -> None:
        app = opened(screen)
        assert calm(app)
        assert "answerable demo" in words(app)

    def test_every_kind_has_its_state_and_who_asks_for_it(self, store: Archive) -> None:
        filing.file_text(store, "mortgage@2", "datasheet", "# Data", "Data of 1990", YESTERDAY, stores.ADA)
        filing.file_text(store, "mortgage@1", "model_card", "# Old", "Old card", None, stores.ADA)
        registering.put_risk(store, "mortgage", RISK, stores.ADA)
        app = opened("documents", id="mortgage@2")
        assert calm(app)
        table = app.table[0].value
        state = {re.sub(r"^\[(.*?)\].*", r"\1", row.Document, flags=re.S): row.State for row in table.itertuples()}
        assert "expired" in state["Datasheet"]
        assert "about another version" in state["Model card"]
        assert "kept as data" in state["Risk register"]
        assert "missing" in state["Instructions for use"]
        assert "Asked for by EU AI Act" in next(one for one in table["Document"] if "Human oversight" in one)
        assert "Data of 1990" in words(app)

    def test_attestations_are_listed_with_evidence_and_expiry(self, store: Archive) -> None:
        report = store.newest_report("mortgage@2").id
        filing.attest(
            store, "mortgage@2", "eu_ai_act", "AIA-4", "staff were trained", (report,), YESTERDAY, "Olga", stores.ADA,
            on=YESTERDAY,
        )  # fmt: skip
        app = opened("documents", id="mortgage@2")
        assert calm(app)
        (row,) = app.table[1].value.itertuples()
        assert (row.Statement, row.By) == ("staff were trained", "Olga, filed by ada (os-user)")
        assert report[:12] in row.Evidence
        assert f"{YESTERDAY}, expired" in app.table[1].value["Counts until"].iloc[0]

    def test_a_declared_number_outside_its_interval_is_said(self, store: Archive) -> None:
        filing.file_text(store, "mortgage@2", "instructions_for_use", DECLARED, "Instructions", None, stores.ADA)
        app = opened("documents", id="mortgage@2", kind="instructions_for_use")
        assert calm(app)
        assert "1 of 2 lie outside the measured interval" in words(app)
        assert "declared higher than measured" in words(app)

    def test_two_texts_are_shown_line_by_line(self, store: Archive) -> None:
        for text in ("# Card\n\nfirst words\n", "# Card\n\nsecond words\n"):
            filing.file_text(store, "mortgage@2", "model_card", text, "Card", None, stores.ADA)
        app = opened("documents", id="mortgage@2", kind="model_card", view="Versions")
        assert calm(app)
        (diff,) = [one.value for one in app.code]
        assert "-first words\n+second words" in diff
        assert len(app.table[0].value) == 2

    def test_a_draft_is_completed_and_filed_on_screen(self, store: Archive) -> None:
        app = opened("documents", id="mortgage@2", kind="human_oversight_plan", view="Write")
        assert calm(app)
        (text,) = app.text_area
        assert "TO COMPLETE" in text.value
        text.set_value(text.value.replace("TO COMPLETE", "Said"))
        fill(app, Title="Oversight")
        app = press(app, "File this text")
        assert calm(app)
        assert not app.error
        ((act, document),) = filing.documents(store, "mortgage")
        assert (document.kind, document.title, act.actor) == ("human_oversight_plan", "Oversight", me().name)
        assert "Said" in document.text

    def test_what_is_refused_is_a_sentence_and_what_was_typed_stays(self, store: Archive) -> None:
        app = opened("documents", id="mortgage@2", kind="instructions_for_use", view="Write")
        wrong = "```declared\naccuracy.acuracy = 1\n```"
        app.text_area[0].set_value(wrong)
        app = press(app, "File this text")
        assert calm(app)
        assert "There is no measure" in app.error[0].value
        assert app.text_area[0].value == wrong
        assert filing.documents(store, "mortgage") == []

    @pytest.mark.usefixtures("populated")
    def test_an_unknown_kind_or_model_is_a_sentence(self) -> None:
        assert "There is no kind of document" in words(opened("documents", id="mortgage@2", kind="<b>"))
        app = opened("documents", id="mortgge@2")
        assert calm(app)
        assert "There is no" in app.error[0].value


class TestPassages:
    def test_nothing_that_acts_is_left_outside_of_code(self) -> None:
        (_, first), (code, kept) = views.passages(TEXT)
        assert code
        assert kept == HOSTILE
        assert first.startswith("### Card")
        for acting in ("\\<script>", "\\!\\[p]", "\\:red[", "\\$x\\$", f":{views.JOINER}material/home:"):
            assert acting in first

    @pytest.mark.parametrize(
        "text", ["```x``` y\n<b>", "- a\n  ```\nb\n```\n<b>", "```\na\n``` b\n```\n<b>", "~~~\n```\n~~~\n<b>"]
    )
    def test_no_odd_fence_hides_what_acts(self, text: str) -> None:
        after = [words for code, words in views.passages(text) if not code]
        assert all("<b>" not in words.replace("\\<b>", "") for words in after)

    def test_what_is_escaped_already_stays(self) -> None:
        assert views.passages("83 % \\[81, 85\\] \\<b\\> a<br>b") == [(False, "83 % \\[81, 85\\] \\<b\\> a · b")]


class TestRisks:
    def test_open_and_severe_lead_and_overdue_is_marked(self, store: Archive) -> None:
        registering.put_risk(
            store, "mortgage", RISK | {"key": "mild", "title": "Mild risk", "severity": "low"}, stores.ADA
        )
        registering.put_risk(store, "mortgage", RISK | {"next_review": YESTERDAY}, stores.ADA)
        app = opened("risks", id="mortgage")
        assert calm(app)
        first, second = app.table[0].value["Risk"]
        assert "Women are denied" in first
        assert "Mild risk" in second
        assert "overdue" in app.table[0].value["Status"].iloc[0]
        assert "The review of 1 is overdue" in words(app)

    def test_what_no_risk_covers_starts_one(self, store: Archive) -> None:
        app = opened("risks", id="mortgage")
        assert calm(app)
        proposed = len(registering.proposals(store, "mortgage", rows=True))
        assert proposed
        starts = [one for one in app.button if one.label == "Start a risk"]
        assert len(starts) == proposed
        app = starts[0].click().run()
        about = field(app, "What it answers").value  # type: ignore[attr-defined]
        assert about == registering.proposals(store, "mortgage", rows=True)[0].about
        fill(
            app, Key="a-risk", Who_could_be_harmed="people who are refused without reason", Severity="high",
            Likelihood="low", Next_review=LATER,
        )  # fmt: skip
        app = press(app, "Keep this risk")
        assert calm(app)
        (act,) = store.acts("mortgage", "risk")
        assert isinstance(act.content, Risk)
        assert act.content.evidence[0].startswith("m-")
        assert len(registering.proposals(store, "mortgage", rows=True)) == proposed - 1

    @pytest.mark.usefixtures("populated")
    def test_what_somebody_else_changed_meanwhile_is_not_written_over(self, store: Archive) -> None:
        registering.put_risk(store, "mortgage", RISK, stores.ADA)
        app = opened("risks", id="mortgage@2", risk="women-denied")
        owner = next(one for one in app.text_input if one.label == "Owner")
        owner.set_value("Grace")
        registering.put_risk(store, "mortgage", RISK | {"title": "Women are denied twice as often"}, stores.ADA)
        next(one for one in app.button if one.label == "Keep this risk").click()
        app.run()
        assert "Nothing was kept" in app.warning[0].value
        assert "Grace" in app.code[0].value
        (risk,) = governing.state(store, "mortgage").risks
        assert (risk.risk.title, risk.risk.owner) == ("Women are denied twice as often", RISK["owner"])

    def test_a_risk_that_lacks_something_is_refused_in_the_form_s_words(self) -> None:
        app = press(fill(opened("risks", id="mortgage"), Key="a-risk"), "Keep this risk")
        assert calm(app)
        assert "Field required" in app.error[0].value
        assert field(app, "Key").value == "a-risk"  # type: ignore[attr-defined]

    def test_incidents_show_their_deadline_and_are_logged_on_screen(self, store: Archive) -> None:
        registering.put_incident(store, "mortgage@2", INCIDENT, stores.ADA)
        app = opened("risks", id="mortgage")
        assert calm(app)
        said = words(app)
        overdue = int(INCIDENT["noticed"] >= DUTY_BEGINS)  # 20 days ago, where it had 15
        assert f"To be reported: 1, of which {overdue} overdue" in said
        assert "15 days after it was noticed" in said
        fill(
            app, What_happened="letters went to the wrong people", Happened=YESTERDAY, Noticed=TODAY,
            Who_was_affected="twelve people", Serious="no", Why_it_is="nobody was harmed by it",
        )  # fmt: skip
        next(one for one in app.text_input if one.placeholder == "wrong-letters").set_value("other-letters")
        app = press(app, "Keep this incident")
        assert calm(app)
        kept = store.acts("mortgage", "incident")[-1].content
        assert isinstance(kept, Incident)
        assert (kept.key, kept.version) == ("other-letters", store.model("mortgage@2").digest)


@pytest.fixture(scope="module")
def address(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard of a store in which somebody wrote what they should not."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    shutil.copytree(kept, home)
    with stores.archive(home) as archive:
        filing.file_text(archive, "mortgage@2", "model_card", TEXT, HOSTILE, None, stores.ADA)
        registering.put_risk(archive, "mortgage", RISK | {"title": HOSTILE}, stores.ADA)
    with served(home, tmp_path_factory.mktemp("log")) as running:
        yield running


@pytest.mark.browser
def test_a_hostile_document_is_shown_literally(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.on("dialog", lambda one: pytest.fail(f"a script ran: {one.message}"))
    page.goto(f"{address}/documents?id=mortgage@2&kind=model_card")
    shown = page.locator(".st-key-document")
    shown.wait_for()
    shown.locator("[data-testid=stCode] code").wait_for()
    text = shown.inner_text().replace(views.JOINER, "")
    for literal in ("<script>alert(1)</script>", ":red[r]", "$x$", ":material/home:"):
        assert text.count(literal) == 2, literal
    assert shown.locator("img, script, .katex").count() == 0
    assert not [one for one in asked if "x.png" in one]
    page.goto(f"{address}/risks?id=mortgage")
    page.get_by_text("<script>alert(1)</script>").first.wait_for()
    assert page.locator("[data-testid=stTable] img").count() == 0
    assert not [one for one in asked if "x.png" in one]
