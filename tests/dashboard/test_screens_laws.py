"""Policy, Requirements, Scope and Ledger: what they show, what can be done there, and what is said of bad input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import unquote

import pytest
import stores
from streamlit.testing.v1 import AppTest
from test_screens import calm, opened
from test_screens import words as raw

from audit import framework
from audit import policy as written
from audit.acts.act import Kind, of
from audit.attestation import Attestation
from audit.policy_text import as_toml
from audit.scope import Scope
from dashboard import filing, governing, policies
from dashboard.views.ledger import ACTS
from models.task import UnknownName
from storage import envelope, ledger, queries, signing
from storage.archive import Archive
from storage.checkpoint import Checkpoint, make
from storage.ledger import Actor
from tests.dashboard.browsing import fits, keep, served, settled, visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

ADA = stores.ADA
HIGH_RISK = {"jurisdictions": "european_union", "roles": "provider", "annex_iii": "5(b)", "profiling": "yes"}
HOSTILE = "<script>alert(1)</script> **bold** [x](http://x.example) $a$ :red[y] #set"


@pytest.fixture
def archive(populated: Path) -> Archive:
    with stores.archive(populated) as kept:
        yield kept


def signed(archive: Archive, folder: Path) -> Checkpoint:
    return make(archive, signing.create(folder / "elsewhere" / "key.pem"), ADA)


def words(app: AppTest) -> str:
    """All that can be read, without what keeps Markdown from acting on it."""
    return raw(app).replace("\\", "")


def press(app: AppTest, label: str) -> AppTest:
    return next(one for one in app.button if one.label == label).click().run()


def at(found: list, label: str):
    return next(one for one in found if one.label.startswith(label))


@pytest.fixture
def site(populated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard of a store in which a journey may write."""
    with served(populated, tmp_path_factory.mktemp("log")) as address:
        yield address


class TestPolicyText:
    @pytest.mark.parametrize("name", written.names())
    def test_what_is_written_out_says_the_same_when_it_is_read(self, name: str) -> None:
        policy = written.read(name)
        again = written.draft(as_toml(policy))
        assert (again.rules, again.waivers, again.purpose) == (policy.rules, policy.waivers, policy.purpose)

    def test_any_text_survives(self) -> None:
        said = HOSTILE + '\n"quoted" \\ back \x7f \t 中'
        policy = written.read("default").model_copy(update={"purpose": said, "four_eyes": False})
        again = written.draft(as_toml(policy))
        assert (again.purpose, again.four_eyes) == (said, False)

    def test_a_draft_reads_no_file(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.toml"
        secret.write_text('password = "hunter2"')
        with pytest.raises(ValueError, match="a draft extends a shipped policy; type one of credit") as why:
            written.draft(f'extends = "{secret}"\nname = "d"\nversion = "1"\npurpose = "p"\n')
        assert "hunter2" not in str(why.value)

    @pytest.mark.parametrize("typed", [("0.05", 0.05), ("5 %", 0.05), ("−0,1", -0.1), (" Declared ", "declared")])
    def test_a_limit_is_typed_as_people_do(self, typed: tuple[str, float | str]) -> None:
        assert policies.typed(typed[0]) == typed[1]

    @pytest.mark.parametrize("typed", ["", "much", "nan", "inf", "1e999", "5 % of all"])
    def test_what_is_no_limit_is_a_sentence(self, typed: str) -> None:
        with pytest.raises(ValueError, match="is no limit; type a number"):
            policies.typed(typed)

    def test_a_policy_is_found_by_title_name_and_digest(self, archive: Archive) -> None:
        known = policies.known(archive)
        default = written.read("default")
        for text in ("default", "default 3", default.sha256(), default.sha256()[:12]):
            assert policies.choose(known, text).digest == default.sha256()
        assert policies.choose(known, None).declared is not None, "what was declared stands before what is shipped"
        with pytest.raises(UnknownName, match="Did you mean 'credit 1'"):
            policies.choose(known, "credt 1")


class TestPolicy:
    def test_an_empty_store_shows_what_is_shipped(self, empty: Path) -> None:
        app = opened("policy")
        assert calm(app)
        assert "answerable judge" in words(app)
        assert "not yet: it is shipped" in words(app)

    def test_every_rule_has_its_limit_reason_and_source(self, populated: Path) -> None:
        app = opened("policy", policy="credit")
        assert calm(app)
        shown = "\n".join(cell for one in app.table for cell in one.value.to_numpy().ravel()).replace("\\", "")
        assert "It changes in default 3:" in words(app)
        assert "fairness.group_inputs: added: at most 0 (stricter)" in words(app)
        for rule in written.read("credit").rules:
            assert rule.measure in shown
            assert rule.rationale[:30] in shown
        assert "4 judgements" not in words(app)

    def test_what_was_judged_under_it_is_counted_and_linked(self, populated: Path) -> None:
        app = opened("policy", policy="default")
        assert "4 judgements: 0 opened the gate, 4 did not." in words(app)
        assert words(app).count("not passed") == 4
        assert "/report?id=r-" in words(app)

    def test_waivers_say_who_until_when_and_what_is_done_meanwhile(self, archive: Archive) -> None:
        for measure, until in (("accuracy.accuracy", date(2999, 1, 1)), ("privacy.mia_auc", date(2999, 1, 1))):
            said = {"reason": HOSTILE, "compensating_control": "A person looks.", "expires": until, "owner": "ann"}
            governing.waive(archive, "mortgage", measure, said, ADA)
        app = opened("policy", policy="default")
        assert calm(app)
        for word in ("◇ waived", "until 2999-01-01", "A person looks.", "<script>", "ann"):
            assert word in words(app), word
        assert "Mia" not in words(app), "a waiver of what it does not limit"

    def test_another_limit_in_the_address_is_tried_and_nothing_is_kept(self, archive: Archive) -> None:
        rule = next(
            f"{number}. {name}"
            for number, one in enumerate(written.read("default").rules, 1)
            if (name := "Demographic parity difference for each group") and one.measure.endswith("parity_difference")
        )
        before = queries.last_entry(archive.database)
        app = opened("policy", policy="default", rule=rule, limit="60 %")
        assert calm(app)
        assert "Tried default 3 draft on 4 reports; nothing was kept." in words(app)
        assert "✓ pass" in words(app)
        assert queries.last_entry(archive.database) == before
        broken = opened("policy", policy="default", rule=rule, limit="much")
        assert "'much' is no limit" in broken.error[0].value.replace("\\", "")

    def test_a_broken_draft_is_one_sentence_and_what_was_typed_stays(self, populated: Path) -> None:
        app = opened("policy", policy="default", change="A whole draft")
        text = app.text_area[0]
        good = text.value
        text.set_value(good.replace("at_least", "at_lest", 1))
        app = press(app, "Try this draft")
        assert "there is no key 'at_lest'; did you mean 'at_least'?" in app.error[0].value.replace("\\", "")
        assert "at_lest" in app.text_area[0].value
        app.text_area[0].set_value(good)
        app = press(app, "Try this draft")
        assert not app.error
        assert "4 stay as they were." in words(app)

    def test_a_draft_that_contradicts_itself_is_one_sentence(self, populated: Path) -> None:
        number, rule = next(
            (number, one)
            for number, one in enumerate(written.read("credit").rules)
            if one.measure == "accuracy.roc_auc"
        )
        high = written.read("credit").model_copy(
            update={
                "rules": (*written.read("credit").rules, rule.model_copy(update={"at_least": None, "at_most": 0.9}))
            }
        )
        with pytest.raises(ValueError, match="contradict each other"):
            written.draft(as_toml(policies.with_limit(high, number, 0.95)))


class TestRequirements:
    def test_an_empty_store_says_how_to_begin(self, empty: Path) -> None:
        assert "answerable demo" in words(opened("requirements"))

    def test_the_overview_says_of_every_law_what_it_itself_says(self, archive: Archive) -> None:
        filing.answer(archive, "mortgage", HIGH_RISK, ADA)
        found = filing.overview(archive, "mortgage@2", rows=True)
        assert list(found) == framework.names()
        assert found["eu_ai_act"] == filing.requirements(archive, "mortgage@2", "eu_ai_act", rows=True)

    def test_the_overview_counts_and_never_adds_up(self, archive: Archive) -> None:
        filing.answer(archive, "mortgage", HIGH_RISK, ADA)
        app = opened("requirements", id="mortgage@2")
        assert calm(app)
        (table,) = app.table
        assert len(table.value) == len(framework.names())
        for word in ("✓ applies", "? not answered yet", "document missing", "attestation missing"):
            assert word in words(app), word
        assert not re.search(r"\d ?%", unquote(words(app)))
        assert "compliant" not in words(app).lower()

    @pytest.mark.usefixtures("populated")
    def test_a_law_that_is_not_there_is_said(self) -> None:
        app = opened("requirements", id="mortgage@2", law="sr_26_2")
        assert calm(app)
        assert "There is no pack sr_26_2." in words(app)

    def test_a_law_shows_every_requirement_with_its_reason_and_evidence(self, archive: Archive) -> None:
        filing.answer(archive, "mortgage", HIGH_RISK, ADA)
        app = opened("requirements", id="mortgage@2", law="eu_ai_act")
        assert calm(app)
        pack = framework.read("eu_ai_act")
        assert len(app.table[0].value) == len(pack.requirements)
        for word in (
            "Of 100 requirements:",
            "As of 2026-11-23",
            "Art. 15(1)",
            "AIA-15-1",
            "/report?id=m-",
            "applies from",
        ):
            assert word in words(app), word
        assert "compliant" not in words(app).lower()
        only = opened("requirements", id="mortgage@2", law="eu_ai_act", **{"state-eu_ai_act": "attestation missing"})
        assert 0 < len(only.table[0].value) < len(pack.requirements)

    def test_an_old_pack_says_that_it_is_old(self, populated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(governing, "today", lambda: date(2028, 1, 1))
        app = opened("requirements", id="mortgage@2", law="nyc_ll144")
        assert "laws change, so check it against the current text" in app.warning[0].value

    def test_an_attestation_is_kept_and_counts(self, archive: Archive) -> None:
        filing.answer(archive, "mortgage", HIGH_RISK, ADA)
        app = opened("requirements", id="mortgage@2", law="eu_ai_act")
        at(app.selectbox, "Requirement").set_value(
            next(one for one in at(app.selectbox, "Requirement").options if one.startswith("AIA-4 "))
        )
        at(app.text_area, "Statement").set_value(f"Everybody was trained. {HOSTILE}")
        at(app.text_input, "Evidence").set_value("nothing-known")
        app = press(app, "Attest this requirement")
        assert "nothing-known" in app.error[0].value.replace("\\", "")
        assert at(app.text_area, "Statement").value.startswith("Everybody was trained."), "what was typed stays"
        at(app.text_input, "Evidence").set_value("mortgage@2")
        app = press(app, "Attest this requirement")
        assert calm(app)
        assert "1 attested" in words(app)
        ((_, kept),) = of(archive.acts("mortgage", "attestation"), Attestation)
        assert (kept.requirement, kept.evidence) == ("AIA-4", (archive.model("mortgage@2").digest,))


class TestScope:
    def test_an_empty_store_says_how_to_begin(self, empty: Path) -> None:
        assert "answerable demo" in words(opened("scope"))

    def test_answers_are_kept_one_by_one_with_who_and_when(self, archive: Archive) -> None:
        app = opened("scope", model="mortgage")
        assert calm(app)
        assert "What is the system called" in words(app)
        app.text_area[0].set_value(HOSTILE)
        app = press(app, "Keep this answer")
        assert calm(app)
        assert "What is it meant to do" in words(app), "the next question follows"
        assert "<script>" in words(app)
        app = opened("scope", model="mortgage", question="profiling")
        assert "What is it meant to do" in words(app), "what does not arise is not asked"
        filing.answer(archive, "mortgage", HIGH_RISK, Actor("bob", "token"))
        app = opened("scope", model="mortgage")
        assert calm(app)
        for word in ("High-risk (Annex III) (Art. 6(2)", "from 2027-12-02", "bob (token)", "never exempt", "✓ applies"):
            assert word in words(app), word

    def test_none_beside_others_is_refused_and_what_was_marked_stays(self, archive: Archive) -> None:
        filing.answer(archive, "mortgage", HIGH_RISK, ADA)
        app = opened("scope", model="mortgage", question="annex_iii")
        app.checkbox[-1].check()
        app = press(app, "Keep this answer")
        assert "answered with none and with others" in app.error[0].value.replace("\\", "")
        assert [one.value for one in app.checkbox].count(True) == 2
        assert filing.scope_of(archive, "mortgage").said("annex_iii") == ("5(b)",)

    def test_an_answer_can_be_changed_and_both_are_told(self, archive: Archive) -> None:
        filing.answer(archive, "mortgage", HIGH_RISK, ADA)
        app = opened("scope", model="mortgage", question="profiling")
        app.radio[0].set_value("no")
        app = press(app, "Keep this answer")
        assert "profiling: yes → no" in words(app)
        assert len(of(archive.acts("mortgage", "scope"), Scope)) == 2

    def test_an_unknown_model_is_a_sentence(self, populated: Path) -> None:
        app = opened("scope", model="mortgge")
        assert "There is no " in app.error[0].value.replace("\\", "")


class TestLedger:
    def test_every_kind_of_act_has_words(self) -> None:
        assert set(get_args(Kind)) == set(ACTS)

    def test_acts_are_read_in_words_with_a_link(self, archive: Archive) -> None:
        filing.answer(archive, "mortgage", HIGH_RISK, ADA)
        app = opened("ledger")
        assert calm(app)
        assert "answered the scope of [mortgage](/scope?model=mortgage)" in words(app)
        assert "/policy?policy=" in words(app)

    def test_a_checkpoint_says_what_it_covers_and_what_came_after(self, archive: Archive, tmp_path: Path) -> None:
        held = signed(archive, tmp_path)
        filing.answer(archive, "mortgage", HIGH_RISK, ADA)
        app = opened("ledger")
        assert signing.short(held.fingerprint) in words(app)
        app.text_area[0].set_value(envelope.as_email(held))
        app = press(app, "Verify against this checkpoint")
        (said,) = [one.value.replace("\\", "") for one in app.success]
        assert f"covers the first {held.size} ledger entries; appended after it, and not covered: 1." in said
        at(app.text_input, "Fingerprint").set_value("0" * 16)
        assert "was expected" in press(app, "Verify against this checkpoint").error[0].value.replace("\\", "")
        at(app.text_input, "Fingerprint").set_value("/etc/passwd")
        app = press(app, "Verify against this checkpoint")
        assert "'/etc/passwd' is no fingerprint" in app.error[0].value.replace("\\", "")
        assert app.text_area[0].value, "what was pasted stays"

    def test_what_is_no_checkpoint_is_a_sentence(self, populated: Path) -> None:
        app = opened("ledger")
        assert "Nothing was signed yet" in words(app)
        assert "answerable ledger checkpoint" in words(app)
        app.text_area[0].set_value("hello")
        assert "There is no checkpoint in this text" in press(app, "Verify against this checkpoint").error[
            0
        ].value.replace("\\", "")

    def test_a_clock_that_went_back_is_flagged(self, archive: Archive) -> None:
        with archive.writing() as connection:
            early = datetime.now(UTC) - timedelta(hours=2)
            ledger.append(connection, "key", "0" * 64, ADA, at=early)
        assert re.search(r"\? the clock had gone back by 1 h 5\d min", words(opened("ledger")))
        app = press(opened("ledger"), "Verify everything now")
        assert any("clock had gone back" in one.value for one in app.markdown)


@pytest.mark.browser
def test_from_the_scope_to_a_requirement_a_limit_and_the_proof(
    page: Page, site: str, archive: Archive, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    filing.answer(archive, "mortgage", {"roles": "provider,deployer"}, ADA)
    before = signed(archive, tmp_path)
    visit(page, site, "/scope?model=mortgage")
    page.get_by_role("textbox", name="Answer").fill(HOSTILE)
    page.get_by_role("button", name="Keep this answer").click()
    page.get_by_text("What is it meant to do").last.wait_for()
    visit(page, site, "/scope?model=mortgage&question=jurisdictions")
    page.get_by_role("checkbox", name="European Union").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Keep this answer").press("Enter")
    page.get_by_text("european_union", exact=False).first.wait_for()
    settled(page)
    fits(page)
    keep(page, "scope", request)

    page.get_by_role("link", name="Where the requirements stand").click()
    page.get_by_role("heading", name="Requirements").wait_for()
    page.get_by_text("✓ applies").first.wait_for()
    settled(page)
    fits(page)
    keep(page, "requirements", request)
    visit(page, site, "/requirements?id=mortgage@2&law=eu_ai_act")
    page.get_by_text("Of 100 requirements:").wait_for()
    settled(page)
    page.get_by_text("Attest a requirement of").click()
    settled(page)
    page.get_by_label("Statement: what is so").fill("Everybody who works with it was trained in March.")
    page.get_by_role("button", name="Attest this requirement").press(
        "Enter"
    )  # a form that opens moves from under a mouse
    page.get_by_text(re.compile("1 attested")).wait_for()
    settled(page)
    fits(page)
    keep(page, "requirements-law", request)

    visit(page, site, "/policy?policy=default")
    page.get_by_label("At least").fill("99 %")
    page.keyboard.press("Enter")
    page.get_by_text("nothing was kept.", exact=False).last.wait_for()
    page.get_by_text("Verdicts that would be others").wait_for()
    settled(page)
    assert "limit=99" in page.url
    fits(page)
    keep(page, "policy", request)

    visit(page, site, "/ledger")
    page.get_by_text("Verify against a checkpoint that was held elsewhere").click()
    page.get_by_label("Or its text").fill(envelope.as_json(before))
    page.get_by_role("button", name="Verify against this checkpoint").press("Enter")
    page.get_by_text(re.compile(rf"covers the first {before.size} ledger entries; appended after it")).wait_for()
    settled(page)
    fits(page)
    keep(page, "ledger-checkpoint", request)
