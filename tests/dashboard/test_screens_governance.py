"""Fleet, Inventory, Sign-off and Findings: what needs a person leads, and every form does what it says or says why not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from audit import policy
from audit.acts.person import Grant
from audit.acts.signoff import Refusal
from audit.acts.state import ModelState
from audit.judge import judge
from dashboard import deed, governing, signing_off
from models import task as tasks
from storage.archive import Archive
from storage.ledger import Actor
from tests.dashboard import stores
from tests.dashboard.test_screens import calm, opened, words

OLGA, VAL = Actor("olga", "oidc"), Actor("val", "oidc")
TODAY = datetime.now(UTC).date()
LATER = TODAY + timedelta(days=90)
ENTRY = {
    "owner": "olga", "developer": "ada", "validator": "val", "use": "decides who gets a mortgage", "exposure": "high",
    "purpose": "medium", "next_review": LATER,
}  # fmt: skip
WRONG = {"title": "wrong for the young", "severity": "high", "owner": "dev", "due": LATER}
LOANS = """
name = "loans"
version = "1"
purpose = "lets loans out"
four_eyes = {four_eyes}

[[rules]]
measure = "accuracy.accuracy"
at_least = {limit}
rationale = "better than a coin, as the board asked for"
"""
HOSTILE = "<b>&lt;i&gt; *x* $x$ [y](http://z) `q` # h"


@pytest.fixture
def store(populated: Path) -> Iterator[Archive]:
    with stores.archive(populated) as archive:
        yield archive


def judged(archive: Archive, folder: Path, limit: float = 0.5, four_eyes: bool = True) -> None:
    """mortgage@2 under a policy with one rule."""
    file = folder / "loans.toml"
    file.write_text(LOANS.format(limit=limit, four_eyes=str(four_eyes).lower()))
    rules, report = policy.read(str(file)), archive.newest_report("mortgage@2")
    archive.put_policy(rules, stores.ADA)
    archive.put_judgement(judge(report, rules, tasks.read("mortgage")), stores.ADA)


def field(app: AppTest, kind: str, label: str, form: str = "") -> Any:
    """The field with this label, or one that begins with it, of a form by its deed or of the first."""
    alike = [one for one in app.get(kind) if one.label == label or one.label.startswith((f"{label}:", f"{label},"))]
    return next(one for one in alike if one.key.startswith(form))


def said(app: AppTest) -> str:
    """All that can be read, without what keeps Markdown from acting on it."""
    return words(app).replace("\\", "")


def refusal(app: AppTest) -> str:
    """The sentence beside the form."""
    return str(app.error[0].value).replace("\\", "")


def press(app: AppTest, label: str) -> AppTest:
    app = next(one for one in app.button if one.label == label).click().run()
    assert calm(app)
    return app


def table(app: AppTest, column: str) -> Any:
    return next(one.value for one in app.table if column in one.value)


def state(archive: Archive, model: str = "mortgage") -> ModelState:
    return governing.state(archive, model)


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("screen", ["inventory", "signoff", "findings"])
def test_an_empty_store_says_how_to_begin(screen: str) -> None:
    app = opened(screen)
    assert calm(app)
    assert "answerable demo" in said(app)


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize(("screen", "parameter"), [("inventory", "model"), ("signoff", "id"), ("findings", "finding")])
@pytest.mark.parametrize("asked", ["mortgge@2", "a-aaaaaaaaaa", "?!"])
def test_an_address_that_leads_nowhere_is_a_sentence(screen: str, parameter: str, asked: str) -> None:
    app = opened(screen, **{parameter: asked})
    assert calm(app)
    assert "There is no " in app.error[0].value


class TestFleet:
    def test_nothing_is_said_where_nothing_needs_a_person(self, store: Archive) -> None:
        governing.register(store, "mortgage", ENTRY, OLGA)
        app = opened("fleet")
        assert calm(app)
        assert "Needs a person" not in [one.label for one in app.get("button_group")]
        assert "developing" in said(app)
        assert "not registered" in said(app)

    def test_what_is_overdue_leads_and_leads_there(self, store: Archive) -> None:
        governing.register(store, "mortgage", ENTRY | {"next_review": date(2020, 1, 1)}, OLGA)
        governing.open_finding(store, "digits@2", WRONG, VAL)
        app = opened("fleet")
        assert calm(app)
        told = said(app)
        assert told.index("The review of mortgage was due on 2020-01-01") < told.index("wrong for the young")
        assert told.index("wrong for the young") < told.index("breast_cancer@1")
        assert [one.label for one in app.page_link[:2]] == ["**mortgage**", "**digits**"]

    def test_one_kind_of_need_is_filtered_in_the_address(self, store: Archive) -> None:
        governing.register(store, "mortgage", ENTRY | {"next_review": date(2020, 1, 1)}, OLGA)
        governing.open_finding(store, "digits@2", WRONG, VAL)
        app = opened("fleet", needs="finding")
        assert calm(app)
        assert [one.label for one in app.page_link] == ["**digits**", "**digits@2**"]

    def test_many_needs_are_a_few_and_how_many_more(self, store: Archive) -> None:
        for number in range(9):
            governing.open_finding(store, "mortgage", WRONG | {"title": f"wrong for branch {number}"}, VAL)
        app = opened("fleet")
        assert said(app).count("wrong for branch") == 5
        assert "And 4 more" in [one.label for one in app.page_link]
        assert words(opened("fleet", matters="30")).count("wrong for branch") == 9

    def test_a_row_says_what_is_released_where(self, store: Archive, tmp_path: Path) -> None:
        governing.register(store, "mortgage", ENTRY, OLGA)
        judged(store, tmp_path)
        signing_off.request(store, "mortgage@2", "production", OLGA, policy="loans")
        signing_off.approve(store, "mortgage@2", "production", LATER, VAL)
        signing_off.release(store, "mortgage@2", "production", VAL)
        assert "✓ approved] · production: mortgage@2" in said(opened("fleet"))

    def test_states_of_all_are_the_states_of_each(self, store: Archive, tmp_path: Path) -> None:
        judged(store, tmp_path)
        signing_off.request(store, "mortgage@2", "production", OLGA, policy="loans")
        signing_off.approve(store, "mortgage@2", "production", LATER, VAL)
        opening = governing.open_finding(store, "mortgage", WRONG, VAL)
        governing.close_finding(store, opening.id, stores.again(store), "no longer so", OLGA)
        governing.register(store, "digits", ENTRY, OLGA)
        every = {one.model: one for one in governing.states(store)}
        assert every == {name: state(store, name) for name in ("breast_cancer", "digits", "mortgage")}
        assert [one.standing for one in every["mortgage"].approvals] == ["stale"]


class TestInventory:
    def test_who_is_not_registered_is_listed_with_what_to_do(self, store: Archive) -> None:
        app = opened("inventory")
        assert calm(app)
        assert said(app).count("Nobody answers for it yet: open it") == 3
        governing.register(store, "mortgage", ENTRY | {"next_review": date(2020, 1, 1)}, OLGA)
        app = opened("inventory")
        assert said(app).count("Nobody answers for it yet: open it") == 2
        assert "2020-01-01 :red[✕ overdue]" in said(app)
        assert [one.label for one in opened("inventory", phase="developing").page_link] == ["**mortgage**"]
        assert "No model is like that" in words(opened("inventory", name="zebra"))

    def test_a_first_entry_is_kept_once_it_says_all(self, store: Archive) -> None:
        app = opened("inventory", model="mortgage")
        field(app, "text_input", "Owner").input("olga")
        app = press(app, "Keep this entry")
        assert "its first entry lacks Developer, Validator, Use" in refusal(app)
        assert field(app, "text_input", "Owner").value == "olga"
        for label, name in (("Developer", "ada"), ("Validator", "val")):
            field(app, "text_input", label).input(name)
        field(app, "text_area", "Use").input("decides who gets a mortgage")
        field(app, "text_area", "Depends on").input("bureau\n\n income register ")
        field(app, "selectbox", "Exposure").select("high")
        field(app, "selectbox", "Purpose").select("medium")
        field(app, "date_input", "Next review").set_value(LATER)
        app = press(app, "Keep this entry")
        assert not app.error
        assert "Kept as" in app.toast[0].value
        entry = state(store).entry
        assert entry is not None
        assert (entry.owner, entry.tier, entry.next_review) == ("olga", 1, LATER)
        assert entry.dependencies == ("bureau", "income register")

    def test_a_later_entry_starts_from_the_one_before_and_history_says_what_changed(self, store: Archive) -> None:
        governing.register(store, "mortgage", ENTRY, OLGA)
        app = opened("inventory", model="mortgage")
        assert field(app, "text_input", "Validator").value == "val"
        field(app, "text_input", "Owner").input("oscar")
        app = press(app, "Keep this entry")
        assert table(app, "What was said")["What was said"][0] == marked("owner: olga → oscar")
        assert state(store).entry.model_dump() == {**state(store).entry.model_dump(), **ENTRY, "owner": "oscar"}  # type: ignore[union-attr]

    def test_a_change_is_classed_with_its_reason(self, store: Archive) -> None:
        app = opened("inventory", model="mortgage")
        field(app, "text_area", "Reason").input("short")
        app = press(app, "Class this change")
        assert "Its change is: nothing was chosen yet" in refusal(app)
        field(app, "selectbox", "Its change is").select("material")
        app = press(app, "Class this change")
        assert "Reason: String should have at least 10 characters (given: 'short')." in refusal(app).replace("\\", "")
        field(app, "text_area", "Reason").input("trained by reductions instead")
        app = press(app, "Class this change")
        assert "material" in table(app, "Class")["Class"][0]
        assert state(store).changes[0].reason == "trained by reductions instead"

    def test_many_models_are_paged(self, empty: Path) -> None:
        with stores.archive(empty) as archive:
            for number in range(15):
                stores.put_model(archive, stores.card("mortgage", 1, name=f"model-{number:02d}"))
        first = [one.label for one in opened("inventory").page_link]
        assert first == [*(f"**model-{number:02d}**" for number in range(12)), "More models"]
        assert len(opened("inventory", **{"from": "12"}).page_link) == 3


class TestSignOff:
    def test_it_says_on_what_it_would_rest_and_what_shuts_the_gate(self, store: Archive) -> None:
        app = opened("signoff", id="mortgage@2")
        assert calm(app)
        assert "Nobody has asked for mortgage@2 to go to production" in said(app)
        assert "not met, and nobody accepts that" in said(app)
        report = store.newest_report("mortgage@2")
        for one in ("Made by", "ada", report.model[:12], report.split[:12], report.id[:12]):
            assert one in said(app)
        assert (table(app, "Accepted")["Accepted"] == "nobody accepts it").all()

    def test_from_asking_to_release_and_back(self, store: Archive, tmp_path: Path) -> None:
        judged(store, tmp_path, four_eyes=False)
        app = opened("signoff", id="mortgage@2", policy="loans")
        assert " blocking verdicts: all hold." in said(app)
        app = press(app, "Ask for production")
        assert "asked for production on" in said(app)
        app = press(app, "Approve for production")
        assert "Until: nothing was chosen yet" in refusal(app)
        field(app, "text_area", "Conditions").input("watch drift\n")
        field(app, "date_input", "Until").set_value(LATER)
        app = press(app, "Approve for production")
        assert f"until {LATER}, on condition: watch drift" in said(app)
        assert "its author" in table(app, "Standing")["By"][0]
        app = press(app, "Release to production")
        assert "Released to production by" in said(app)
        field(app, "text_area", "Reason", "withdraw").input("a customer complained")
        app = press(app, "Take it back")
        assert "withdrawn" in table(app, "Standing")["Standing"][0]
        assert len(table(app, "What")) == 4

    def test_a_refusal_is_said_kept_and_loses_nothing(self, store: Archive, tmp_path: Path) -> None:
        judged(store, tmp_path)
        signing_off.request(store, "mortgage@2", "production", OLGA, policy="loans")
        app = opened("signoff", id="mortgage@2")
        field(app, "text_area", "Conditions").input("watch drift")
        field(app, "date_input", "Until").set_value(LATER)
        app = press(app, "Approve for production")
        assert "is known by the operating system alone, and the policy demands four eyes" in refusal(app)
        assert field(app, "text_area", "Conditions").value == "watch drift"
        assert [one.content.tried for one in store.acts("mortgage", "refusal")] == ["approval"]  # type: ignore[union-attr]
        assert "✕ refused" in table(opened("signoff", id="mortgage@2"), "What")["What"][0]

    def test_nothing_is_approved_but_what_was_shown(self, store: Archive, tmp_path: Path) -> None:
        judged(store, tmp_path, four_eyes=False)
        signing_off.request(store, "mortgage@2", "production", OLGA, policy="loans")
        app = opened("signoff", id="mortgage@2")
        field(app, "date_input", "Until").set_value(LATER)
        signing_off.request(store, "mortgage@2", "production", OLGA, policy="loans", reason="once more")
        app = press(app, "Approve for production")
        assert "Nothing was kept" in app.warning[0].value
        assert store.acts("mortgage", "approval") == []

    def test_what_does_not_hold_can_be_accepted_until_a_day(self, store: Archive, tmp_path: Path) -> None:
        judged(store, tmp_path, limit=0.999)
        app = opened("signoff", id="mortgage@2", act="Waive")
        field(app, "text_area", "Reason", "waive").input("the board knows and accepts it")
        field(app, "date_input", "Until", "waive").set_value(TODAY - timedelta(days=1))
        app = press(app, "Accept it")
        assert "would be over already; give Until a later day" in refusal(app)
        field(app, "date_input", "Until", "waive").set_value(LATER)
        app = press(app, "Accept it")
        assert "open by waivers" in said(app)
        assert f"until {LATER}" in table(app, "Accepted")["Accepted"][0]

    def test_a_version_that_cannot_be_signed_off_says_what_to_type(self, store: Archive) -> None:
        app = opened("signoff", id="breast_cancer@1")
        assert calm(app)
        assert "answerable audit" in said(app)
        stores.again(store)
        assert "was not judged on its newest report" in words(opened("signoff", id="mortgage@2"))

    def test_stages_are_apart(self, store: Archive, tmp_path: Path) -> None:
        judged(store, tmp_path)
        signing_off.request(store, "mortgage@2", "staging", OLGA, policy="loans")
        assert "Nobody has asked" in words(opened("signoff", id="mortgage@2"))
        assert "olga asked for staging" in words(opened("signoff", id="mortgage@2", stage="staging"))

    def test_who_may_not_sees_why_and_cannot_press(self, store: Archive) -> None:
        grant = Grant(issuer="https://id", subject="1", name="ann", roles=("admin",), reason="first admin")
        store.put_act(grant.person, grant, OLGA)
        for screen, address, label in (
            ("signoff", {"id": "mortgage@2"}, "Approve for production"), ("findings", {}, "Open this finding"),
            ("inventory", {"model": "mortgage"}, "Keep this entry"),
        ):  # fmt: skip
            app = opened(screen, **address)
            assert calm(app)
            assert next(one for one in app.button if one.label == label).disabled
            assert "known by the operating system alone" in said(app)

    def test_a_role_withdrawn_between_load_and_press_is_refused_and_kept(self, store: Archive) -> None:
        app = opened("signoff", id="mortgage@2")
        grant = Grant(issuer="https://id", subject="1", name="ann", roles=("admin",), reason="first admin")
        store.put_act(grant.person, grant, OLGA)
        app = press(app, "Ask for production")
        assert "known by the operating system alone" in refusal(app)
        (kept,) = [one.content for one in store.acts("mortgage", "refusal")]
        assert isinstance(kept, Refusal)
        assert kept.tried == "request"


class TestFindings:
    def test_the_overdue_lead_and_filters_live_in_the_address(self, store: Archive) -> None:
        governing.open_finding(store, "mortgage", WRONG, VAL)
        governing.open_finding(store, "digits@2", WRONG | {"title": "sevens are read as ones", "severity": "low"}, VAL)
        governing.open_finding(
            store, "digits", WRONG | {"title": "nobody watches drift", "owner": "ada", "due": date(2020, 1, 1)}, VAL
        )
        app = opened("findings")
        assert calm(app)
        assert "3 open, 1 of them overdue; 0 closed." in said(app)
        told = table(app, "Finding")["Finding"]
        assert told[0].startswith("nobody watches drift")
        for address, title in (
            ({"model": "mortgage"}, "wrong for the young"), ({"owner": "ada"}, "nobody watches drift"),
            ({"severity": "low"}, "sevens are read as ones"), ({"state": "overdue"}, "nobody watches drift"),
        ):  # fmt: skip
            (one,) = table(opened("findings", **address), "Finding")["Finding"]
            assert one.startswith(title)
        assert "No finding is like that" in words(opened("findings", state="closed"))
        assert "There is no model zebra" in opened("findings", model="zebra").warning[0].value

    def test_a_finding_is_opened_and_closed_by_newer_evidence_only(self, store: Archive) -> None:
        app = opened("findings")
        assert "No finding was ever opened" in said(app)
        field(app, "text_input", "About").input("mortgage@2")
        field(app, "text_input", "Title").input("wrong for the young")
        app = press(app, "Open this finding")
        assert "Severity: nothing was chosen yet" in refusal(app)
        field(app, "text_input", "Owner").input("dev")
        field(app, "selectbox", "Severity").select("high")
        field(app, "date_input", "Due").set_value(LATER)
        app = press(app, "Open this finding")
        (finding,) = state(store).findings
        assert finding.title == "wrong for the young"
        app = opened("findings", finding=finding.id)
        field(app, "text_input", "Evidence").input("mortgage@2")
        field(app, "text_area", "Reason").input("the gap is gone")
        app = press(app, "Close this finding")
        assert "closes only with new evidence" in refusal(app)
        assert field(app, "text_area", "Reason").value == "the gap is gone"
        report = stores.again(store)
        field(app, "text_input", "Evidence").input(report[:12])
        app = press(app, "Close this finding")
        evidence = table(app, "Evidence")["Evidence"][0]
        assert report[:12] in evidence
        assert "the gap is gone" in evidence
        assert state(store).open_findings == ()


def test_hostile_words_print_literally(store: Archive) -> None:
    governing.register(store, "mortgage", ENTRY | {"owner": HOSTILE, "use": HOSTILE}, Actor(HOSTILE, "oidc"))
    governing.open_finding(store, "mortgage", WRONG | {"title": HOSTILE, "owner": HOSTILE}, VAL)
    for screen, address in (("fleet", {}), ("inventory", {}), ("inventory", {"model": "mortgage"}), ("findings", {})):
        app = opened(screen, **address)
        assert calm(app)
        shown = words(app)
        assert "\\*x\\*" in shown
        assert "<b>" not in shown.replace("\\<b", "")
        assert "$x$" not in shown.replace("\\$x\\$", "")


def test_what_the_terminal_would_be_told_is_said_as_the_form_names_it() -> None:
    told = deed.spoken("--next-review: wrong; give --until. Type: answerable x --until DAY")
    assert told == "Next review: wrong; give Until. Type: answerable x --until DAY"


def marked(text: str) -> str:
    from dashboard import marks

    return marks.plain(text)
