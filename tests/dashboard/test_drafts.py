"""Drafts hold what is stored, each figure as it is stored, and leave to people what only people know."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audit.acts.document import Document
from audit.acts.risk import Risk
from audit.declared import GAP
from dashboard import drafting, drafts, figures, filing, governing, registering, signing_off, verbs
from dashboard.cli import app
from dashboard.drafts import datasheet, page
from dashboard.drafts.material import Material
from dashboard.paper import proof
from models.task import UnknownName
from storage.archive import Archive
from storage.ledger import Actor
from tests.dashboard import stores

TODAY = datetime.now(UTC).date()
LATER = TODAY + timedelta(days=90)
HOSTILE = "<b>x</b> *y* $z$ [q](javascript:alert(1)) | `r`"
RISK = {
    "key": "women-denied", "title": "Women are denied more often", "harm": f"women pay more elsewhere {HOSTILE}",
    "severity": "high", "likelihood": "medium", "controls": ("a person reads every denial",),
    "about": ("fairness.performance_gap by=sex",), "owner": "olga", "next_review": LATER,
}  # fmt: skip
INCIDENT = {
    "key": "wrong-letters", "what": "denials were sent to approved people", "happened": TODAY - timedelta(days=30),
    "noticed": TODAY - timedelta(days=20), "affected": "some hundred applicants", "serious": "fundamental rights",
    "reason": "people were refused credit without reason",
}  # fmt: skip
ENTRY = {
    "owner": "olga", "developer": "ada", "validator": "val", "use": f"decides who gets a mortgage {HOSTILE}",
    "exposure": "high", "purpose": "medium", "next_review": LATER, "dependencies": ("the credit bureau",),
}  # fmt: skip
DECLARED = "```declared\naccuracy.accuracy = 0.99\naccuracy.balanced_accuracy = 84.5 %\n```\n"


@pytest.fixture(scope="module")
def home(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drafts") / "home"
    shutil.copytree(kept, folder)
    return folder


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[Archive]:
    """A populated store in which people have described, risked, logged and filed."""
    with stores.archive(home) as archive:
        governing.register(archive, "mortgage", ENTRY, stores.ADA)
        governing.classify(archive, "mortgage@2", True, "another way of training", stores.ADA)
        finding = {"title": "wrong for the young", "severity": "high", "owner": "dev", "due": LATER}
        governing.open_finding(archive, "mortgage@2", finding, stores.ADA)
        registering.put_risk(archive, "mortgage", RISK, stores.ADA)
        registering.put_incident(archive, "mortgage@2", INCIDENT, stores.ADA)
        filing.file_text(archive, "mortgage@2", "instructions_for_use", DECLARED, HOSTILE, LATER, stores.ADA)
        yield archive


@pytest.fixture(scope="module")
def material(store: Archive) -> Material:
    return drafting.material(store, "mortgage@2")


@pytest.mark.parametrize("kind", list(drafts.PAGES))
def test_every_figure_of_a_draft_is_what_is_stored_under_its_id(kind: str, material: Material) -> None:
    told = drafts.PAGES[kind](material)
    text = page.read(drafts.draft(kind, material))
    assert proof.proved(text, told).flaws == []
    if found := re.search(r"(\d+\.\d) % \[[\d., ]+\] m-", text):
        wrong = text[: found.start(1)] + f"{float(found[1]) + 0.1:.1f}" + text[found.end(1) :]
        assert proof.proved(wrong, told).flaws


@pytest.mark.parametrize("kind", drafts.KINDS)
def test_a_draft_leaves_marked_places_and_never_says_that_a_law_is_met(kind: str, material: Material) -> None:
    text = drafts.draft(kind, material)
    assert GAP in text or kind == "model_card"
    assert "compliant" not in text.lower()
    assert "None" not in text
    assert kind == "model_card" or not re.search(r"\bnan\b|\d\.\d{7,}", text)
    assert "<b>" not in text.replace("\\<b\\>", "")
    assert text == drafts.draft(kind, material)


@pytest.mark.parametrize("kind", list(drafts.PAGES))
def test_of_a_version_that_was_never_audited_it_says_so_and_invents_nothing(kind: str, store: Archive) -> None:
    text = drafting.draft(store, kind, "breast_cancer@1")
    assert "was never audited" in text
    assert "m-" not in re.sub(r"[a-z]m-", "", text)


def test_a_model_card_needs_a_report_and_says_what_to_type(store: Archive) -> None:
    with pytest.raises(LookupError, match="Type: answerable audit breast_cancer@1"):
        drafting.draft(store, "model_card", "breast_cancer@1")
    with pytest.raises(UnknownName, match="Did you mean 'annex_iv'"):
        drafting.draft(store, "annex_v", "mortgage@2")


def test_annex_iv_has_its_nine_points_and_every_sub_point(material: Material) -> None:
    text = drafts.draft("annex_iv", material)
    assert re.findall(r"^## (\d)\.", text, re.MULTILINE) == [str(n) for n in range(1, 10)]
    assert len(re.findall(r"^### [12]\([a-h]\)", text, re.MULTILINE)) == 16
    for said in ("the credit bureau", "Women are denied more often", "a material change", "Nobody has approved"):
        assert said in text


def test_a_datasheet_asks_every_question_once(material: Material) -> None:
    text = drafts.draft("datasheet", material)
    codes = re.findall(r"^### (DS-\d\.\d+) ", text, re.MULTILINE)
    assert len(codes) == len(set(codes)) == sum(map(len, datasheet.QUESTIONS.values()))
    assert "Federal Reserve" in text


def test_a_declared_number_outside_its_interval_is_said_in_the_draft(material: Material) -> None:
    text = drafts.draft("instructions_for_use", material)
    (row,) = [line for line in text.splitlines() if line.startswith("| accuracy.accuracy |")]
    assert "99" in row
    assert "outside its measured interval: declared higher than measured" in row
    (good,) = [line for line in text.splitlines() if line.startswith("| accuracy.balanced_accuracy |")]
    assert "inside the measured interval" in good
    again = drafting.filing.declared(text)
    assert {one.about: one.value for one in again} == {"accuracy.accuracy": 0.99, "accuracy.balanced_accuracy": 0.845}


def test_the_risk_register_draft_holds_every_risk_and_what_none_covers(material: Material) -> None:
    text = drafts.draft("risk_register", material)
    assert "a person reads every denial" in text
    assert "**No risk covers this:**" in text
    assert "fairness.performance_gap by=sex:" not in text
    assert "wrong for the young" in text


def test_the_profile_has_every_subcategory_with_a_state_and_no_share(material: Material) -> None:
    text = drafts.draft("nist_ai_rmf_profile", material)
    rows = re.findall(r"^\| (GOVERN|MAP|MEASURE|MANAGE) [\d.]+: ", text, re.MULTILINE)
    assert len(rows) == 72
    assert "scope not answered" not in text
    assert not re.search(r"subcategories: [^.]*%", text)


class TestStanding:
    def state(self, archive: Archive, requirement: str, framework: str = "eu_ai_act", on: date = TODAY) -> str:
        filing.answer(archive, "mortgage", SCOPE, stores.ADA)
        found = filing.requirements(archive, "mortgage@2", framework, on, rows=True)
        return next(one.state for one in found if one.requirement == requirement)

    def test_a_risk_is_a_register_until_its_review_is_due(self, store: Archive) -> None:
        assert self.state(store, "AIA-9-2A") == "document present"
        assert self.state(store, "AIA-9-2A", on=LATER + timedelta(days=1)) == "stale"

    def test_a_completed_draft_is_the_document_that_a_requirement_asks_for(
        self, store: Archive, material: Material
    ) -> None:
        for kind, asks, framework in (
            ("post_market_monitoring_plan", "RMF-MANAGE-4-1", "nist_ai_rmf"),
            ("sr_26_2_validation", "MRM-CONCEPT", "us_mrm_sr_26_2"),
        ):
            assert self.state(store, asks, framework) == "document missing"
            text = drafts.draft(kind, material).replace(GAP, "Said")
            filing.file_text(store, "mortgage@2", kind, text, "done", LATER, stores.ADA)
            assert self.state(store, asks, framework) == "document present"
            assert self.state(store, asks, framework, LATER + timedelta(days=1)) == "stale"

    def test_a_text_filed_from_the_register_does_not_hide_that_the_register_is_overdue(
        self, store: Archive, material: Material
    ) -> None:
        text = drafts.draft("risk_register", material).replace(GAP, "Said")
        filing.file_text(store, "mortgage@2", "risk_register", text, "Risks", LATER + timedelta(days=9), stores.ADA)
        assert self.state(store, "AIA-9-2A") == "document present"
        assert self.state(store, "AIA-9-2A", on=LATER + timedelta(days=1)) == "stale"

    def test_without_a_living_register_a_filed_text_is_one(self, store: Archive) -> None:
        filing.answer(store, "digits", SCOPE, stores.ADA)
        filing.file_text(store, "digits@2", "risk_register", "# Risks", "Risks", LATER, stores.ADA)
        found = filing.requirements(store, "digits@2", "eu_ai_act", rows=True)
        assert next(one.state for one in found if one.requirement == "AIA-9-2A") == "document present"


class TestRisks:
    described = RISK | {"key": "young-denied", "severity": "low", "likelihood": "low"}

    def left(self, archive: Archive, **said: object) -> tuple[str, str]:
        risk = registering.put_risk(archive, "digits", {"key": "young-denied", **said}, stores.ADA).content
        assert isinstance(risk, Risk)
        return risk.residual_severity, risk.residual_likelihood

    def test_what_is_left_follows_the_risk_until_somebody_claims_what_controls_leave(self, store: Archive) -> None:
        assert self.left(store, **self.described) == ("low", "low")
        assert self.left(store, severity="high", likelihood="medium") == ("high", "medium")
        assert self.left(store, owner="olga") == ("high", "medium")
        assert self.left(store, residual_severity="low") == ("low", "medium")
        assert self.left(store, severity="medium", likelihood="high") == ("low", "high")
        assert self.left(store, severity="high", residual_severity="medium") == ("medium", "high")


def test_a_register_of_closed_risks_is_not_called_empty(populated: Path) -> None:
    with stores.archive(populated) as archive:
        assert "The risk register is empty" in drafting.draft(archive, "annex_iv", "mortgage@2")
        registering.put_risk(archive, "mortgage", RISK | {"status": "closed"}, stores.ADA)
        text = drafting.draft(archive, "annex_iv", "mortgage@2")
        assert "register is empty" not in text
        assert "The risk register holds no living risk: all are closed." in text


def test_a_draft_tells_of_the_releases_of_its_own_version(populated: Path, tmp_path: Path) -> None:
    mine, olga, val = stores.ADA, Actor("olga", "oidc"), Actor("val", "oidc")
    (tmp_path / "loans.toml").write_text(
        'name = "loans"\nversion = "1"\npurpose = "lets loans out"\n[[rules]]\nmeasure = "accuracy.accuracy"\n'
        'at_least = 0.5\nrationale = "better than a coin, as the board asked for"\n'
    )
    where = verbs.place()
    for version in ("mortgage@1", "mortgage@2"):
        verbs.judge(where, version, str(tmp_path / "loans.toml"))
        signing_off.request(where.archive, version, "production", olga, policy="loans")
        signing_off.approve(where.archive, version, "production", LATER, val)
    signing_off.release(where.archive, "mortgage@1", "production", mine)
    told = {version: drafting.draft(where.archive, "annex_iv", version) for version in ("mortgage@1", "mortgage@2")}
    assert "**Released:** to production by ada" in told["mortgage@1"]
    assert "Released" not in told["mortgage@2"]


class TestFiled:
    def test_a_changed_figure_and_an_open_place_are_said_and_free_words_are_not(
        self, store: Archive, material: Material
    ) -> None:
        text = drafts.draft("human_oversight_plan", material)
        id, figure = accuracy(store)
        done = text.replace(GAP, "Said") + f"\nIt is right in 9 of 10 cases: {figure} `{id}`; see also `{id}`.\n"
        good = filing.file_text(store, "mortgage@2", "human_oversight_plan", done, "done", None, stores.ADA)
        assert drafting.remarks(store, good, rows=True) == []
        wrong = done.replace(figure, f"9{figure[1:]}") + f"\n- {GAP}: more\n"
        bad = filing.file_text(store, "mortgage@2", "human_oversight_plan", wrong, "done", None, stores.ADA)
        first, second = drafting.remarks(store, bad, rows=True)
        assert first.startswith(f"{id}: the document says ")
        assert second == f"1 place still says {GAP}."

    def test_instructions_with_a_number_that_nothing_measures_are_refused(self, store: Archive) -> None:
        before = len(filing.documents(store, "mortgage"))
        with pytest.raises(UnknownName, match=r"accuracy\.acuracy"):
            filing.file_text(store, "mortgage@2", "instructions_for_use", "```declared\naccuracy.acuracy = 1\n```", "x")
        assert len(filing.documents(store, "mortgage")) == before

    def test_evidence_of_a_risk_is_found_by_the_beginning_of_its_id(self, store: Archive) -> None:
        id, _ = accuracy(store)
        act = registering.put_risk(store, "mortgage", {"key": "women-denied", "evidence": (id,)}, stores.ADA)
        assert getattr(act.content, "title", "") == RISK["title"]
        (full,) = getattr(act.content, "evidence", ())
        assert full.startswith(id)
        assert len(full) == 18
        assert registering.put_risk(store, "mortgage", {"key": "women-denied", "evidence": (full,)}, stores.ADA) == act
        with pytest.raises(LookupError, match="There is no"):
            registering.put_risk(store, "mortgage", {"key": "women-denied", "evidence": ("m-aaaaaaaaaa",)}, stores.ADA)


class TestTerminal:
    def typed(self, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, list(words))
        return done.exit_code, done.output

    def test_a_draft_is_written_completed_and_filed_with_what_differs(self, populated: Path, tmp_path: Path) -> None:
        file = tmp_path / "instructions.md"
        assert self.typed("document", "draft", "instructions_for_use", "mortgage@2", "-o", str(file))[0] == 0
        file.write_text(file.read_text() + DECLARED)
        code, said = self.typed("document", "add", "mortgage@2", "instructions_for_use", str(file))
        assert code == 0
        assert "! accuracy.accuracy: declared 99" in said
        assert "places still say TO COMPLETE" in said
        code, said = self.typed("document", "draft", "annex_v", "mortgage@2")
        assert code == 2
        assert "Traceback" not in said

    def test_risks_and_incidents_are_kept_and_listed(self, populated: Path) -> None:
        code, said = self.typed("risk", "add", "mortgage", "women-denied", "--title", "Women are denied")
        assert (code, "--harm: Field required" in said) == (2, True)
        described = [
            "risk", "add", "mortgage", "women-denied", "--title", "Women are denied", "--harm", "women pay more elsewhere",
            "--severity", "high", "--likelihood", "low", "--next-review", str(LATER),
        ]  # fmt: skip
        assert self.typed(*described)[0] == 0
        told = json.loads(self.typed("risk", "list", "mortgage", "--json")[1])
        assert [one["risk"]["residual_severity"] for one in told["risks"]] == ["high"]
        assert told["uncovered"]
        logged = [
            "incident", "add", "mortgage@2", "wrong-letters", "--what", "letters went astray", "--happened", "2028-01-01",
            "--noticed", "2028-01-02", "--affected", "twelve people", "--serious", "death", "--reason", "somebody died of it",
        ]  # fmt: skip
        assert self.typed(*logged)[0] == 0
        (one,) = json.loads(self.typed("incident", "list", "mortgage", "--json")[1])
        assert (one["due"], one["state"]) == ("2028-01-12", "to be reported")
        backwards = [*logged[:6], "--happened", "2028-01-03", *logged[8:]]
        code, said = self.typed(*backwards)
        assert code == 2
        assert "before it happened" in said


SCOPE = {
    "jurisdictions": "european_union,united_states", "roles": "provider", "prohibited": "none", "annex_i_product": "no",
    "annex_iii": "5(b)", "profiling": "yes", "bank_model": "yes", "voluntary": "nist_ai_rmf",
}  # fmt: skip


def accuracy(archive: Archive) -> tuple[str, str]:
    """The printed id and figure of mortgage@2's accuracy."""
    report = archive.newest_report("mortgage@2")
    one = next(one for one in report.measures() if one.key == ("accuracy.accuracy", "", ""))
    return figures.short(one.id(report.key)), figures.measured(one)


def test_the_filed_text_is_kept_as_it_was_typed(store: Archive) -> None:
    act = filing.file_text(store, "mortgage", "datasheet", f"# x\n{HOSTILE}\n", HOSTILE, None, stores.ADA)
    assert isinstance(act.content, Document)
    assert act.content.text == f"# x\n{HOSTILE}\n"
    assert filing.file_text(store, "mortgage", "datasheet", f"# x\n{HOSTILE}\n", HOSTILE, None, stores.ADA) == act
