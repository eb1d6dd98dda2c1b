"""Every screen on an empty store, on a populated one, and for an address that leads nowhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest
import stores
from streamlit.testing.v1 import AppTest

from audit.evidence import Groups
from dashboard import server, theme
from models.record import sha256
from storage.jobs import Jobs

SCREENS = ["fleet", "report", "fairness", "slices", "compare", "ledger"]


def opened(screen: str, **address: str) -> AppTest:
    """The screen at an address, as the app shows it."""
    app = AppTest.from_file(str(server.APP), default_timeout=30)
    app.query_params.update(address)
    return app.switch_page(f"screens/{screen}.py").run()


def words(app: AppTest) -> str:
    """All that can be read."""
    texts = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.code, *app.error, *app.warning]
    tables = [one.value.to_string() for one in app.table]
    return "\n".join([*(str(one.value) for one in texts), *tables, *(str(one.value) for one in app.page_link)])


def calm(app: AppTest) -> bool:
    """Nothing was raised and nothing raw is shown."""
    assert not app.exception, app.exception
    found = words(app)
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b|Traceback", found), found
    assert not re.search(r"\d\.\d{7,}", found), "a raw float"
    return True


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("screen", SCREENS)
def test_an_empty_store_says_how_to_begin(screen: str) -> None:
    app = opened(screen)
    assert calm(app)
    assert "answerable demo" in words(app)


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_shows_a_populated_store(screen: str) -> None:
    app = opened(screen)
    assert calm(app)
    assert words(app).startswith({"report": "mortgage@2"}.get(screen, screen.capitalize()))
    assert "answerable demo" not in words(app)


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize("screen", ["report", "fairness", "slices"])
@pytest.mark.parametrize(
    "address", [{"id": "mortgge@2"}, {"id": "r-aaaaaaaaaaaaaaaa"}, {"id": "m-2222222222"}, {"id": "?!"}]
)
def test_an_unknown_id_is_a_sentence(screen: str, address: dict[str, str]) -> None:
    app = opened(screen, **address)
    assert calm(app)
    assert "There is no " in app.error[0].value
    if address["id"].startswith("mort"):
        assert "Did you mean 'mortgage@2'?" in app.error[0].value


@pytest.mark.usefixtures("populated")
def test_fleet_has_a_row_per_model_and_folds_out_older_versions() -> None:
    app = opened("fleet")
    shown = [one.value for one in app.page_link]
    assert shown[:3] == ["**breast_cancer@1**", "**digits@2**", "**mortgage@2**"]
    assert "not audited" in words(app)
    app.session_state["older-mortgage"] = True
    assert "**mortgage@1**" in [one.value for one in app.run().page_link]


@pytest.mark.usefixtures("populated")
def test_fleet_filters_live_in_the_address() -> None:
    assert [one.value for one in opened("fleet", name="digi").page_link] == ["**digits@2**"]
    assert [one.value for one in opened("fleet", state="not audited").page_link] == ["**breast_cancer@1**"]
    assert [one.value for one in opened("fleet", task="mortgage").page_link] == ["**mortgage@2**"]
    assert "No model is like that" in words(opened("fleet", name="zebra"))


def test_fleet_pages_by_name(empty: Path) -> None:
    with stores.archive(empty) as archive:
        for number in range(23):
            stores.put_model(archive, stores.card("mortgage", 1, name=f"model-{number:02d}"))
    first = opened("fleet")
    shown = [one.value for one in first.page_link]
    assert 2 < len(shown) < 23
    assert shown == [*(f"**model-{number:02d}@1**" for number in range(len(shown) - 1)), "More models"]
    last = opened("fleet", after="model-19")
    assert [one.value for one in last.page_link] == ["**model-20@1**", "**model-21@1**", "**model-22@1**"]


@pytest.mark.usefixtures("populated")
def test_a_report_says_what_was_not_measured_on_every_tab() -> None:
    for dimension in ("Accuracy", "Fairness", "Calibration", "Cost"):
        app = opened("report", id="mortgage@2", dimension=dimension)
        assert calm(app)
        assert "Not measured, and why" in words(app)
        assert "needs " in words(app)


@pytest.mark.usefixtures("populated")
def test_a_measure_id_opens_its_tab_and_is_pointed_at() -> None:
    fairness = opened("report", id="mortgage@1", dimension="Fairness")
    (found, *_) = re.findall(r"m-[a-z2-7]{10}", words(fairness))
    app = opened("report", id=found)
    assert calm(app)
    assert any(one.value.startswith(found) for one in app.code)
    assert "▸" in words(app)
    assert "FAI00" in words(app)


@pytest.mark.usefixtures("populated")
def test_every_check_can_be_read_up() -> None:
    app = opened("report", id="mortgage@2", dimension="Calibration")
    assert any("**Read it:**" in one.value and "**Limits:**" in one.value for one in app.markdown)


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize("by", ["race", "sex", "race & sex"])
def test_fairness_says_the_size_of_the_largest_gap_first(by: str) -> None:
    app = opened("fairness", id="mortgage@1", by=by)
    assert calm(app)
    said = next(one.value for one in app.markdown if one.value.startswith("**The largest gap by"))
    assert re.match(rf"\*\*The largest gap by {by} is \d+", said)
    assert "points" in said
    assert said.index("points") < said.index("chance")
    assert len(app.get("vega_lite_chart")) == 4
    assert "With these group sizes a gap under" in words(app)


@pytest.mark.usefixtures("populated")
def test_every_rate_can_be_looked_at_and_its_table_has_all_groups_with_ids() -> None:
    app = opened("fairness", id="mortgage@2")
    (chosen,) = [one for one in app.selectbox if one.label == "What is looked at"]
    for rate in chosen.options:
        app = opened("fairness", id="mortgage@2", rate=rate)
        assert calm(app)
        table = next(one.value for one in app.table if "Group" in one.value)
        assert [one.partition(" ")[0] for one in table["Group"]] == ["black", "hispanic", "white"]
        assert table["Id"].str.contains("/report\\?id=m-").all()


@pytest.mark.usefixtures("populated")
@pytest.mark.parametrize("address", [{"by": "rce"}, {"rate": "Luck"}, {"by": "<b>", "rate": "$x$"}])
def test_an_unknown_grouping_or_rate_is_a_sentence_and_the_first_is_shown(address: dict[str, str]) -> None:
    app = opened("fairness", id="mortgage@2", **address)
    assert calm(app)
    assert len(app.warning) == len(address)
    assert all(one.value.startswith("There is no ") for one in app.warning)
    assert "The largest gap by race is" in words(app)


@pytest.mark.usefixtures("populated")
def test_tables_of_the_law_and_alternatives_follow_where_the_report_has_them() -> None:
    app = opened("fairness", id="mortgage@1")
    assert calm(app)
    headers = [one.value for one in app.header]
    assert headers == ["Group by group", "Less discriminatory alternatives", "NYC Local Law 144"]
    assert "sets no pass mark" in words(app)
    tables = [one.value for one in app.table if "Impact ratio" in one.value]
    assert len(tables) == 6
    assert all("counted, and left out of every rate" in table["Category"].iloc[-1] for table in tables)
    assert "The best alternative that is about as accurate has an impact ratio of" in words(app)
    crossed = opened("fairness", id="mortgage@1", by="race & sex")
    assert "Less discriminatory alternatives" not in [one.value for one in crossed.header]


@pytest.mark.usefixtures("populated")
def test_the_screens_of_one_report_lead_to_each_other() -> None:
    report = opened("report", id="mortgage@2")
    assert {"Fairness by group", "Slices"} <= {one.value for one in report.page_link}
    for screen, other in (("fairness", "Slices"), ("slices", "Fairness")):
        shown = [one.value for one in opened(screen, id="mortgage@2").page_link]
        assert shown == ["The whole report", other]


@pytest.mark.usefixtures("populated")
def test_slices_found_and_clean_are_shown_with_their_verdict() -> None:
    app = opened("slices", id="mortgage@2")
    assert calm(app)
    assert "errs more than the rest beyond chance; 3 were clean" in words(app)
    table = app.table[0].value
    assert list(table["Verdict"]) == [":red[▼ worse]"] + [":gray[✓ clean]"] * 3
    assert ".001 adjusted" in table["Where"][0].replace("\\", "")
    clean = opened("slices", id="digits@2")
    assert calm(clean)
    assert "none errs more than the rest beyond chance" in words(clean)


@pytest.mark.usefixtures("populated")
def test_a_version_without_a_search_says_why_or_what_to_type() -> None:
    app = opened("slices", id="mortgage@1")
    assert calm(app)
    assert "No part of the data was tested. ACC003:" in words(app) or "answerable audit mortgage@1" in words(app)
    assert "never audited" in words(opened("slices", id="breast_cancer@1"))
    assert "never audited" in words(opened("fairness", id="breast_cancer@1"))


def test_a_report_without_groups_says_what_to_do(empty: Path) -> None:
    drawn = stores.draw("mortgage", 1.5, 0.0, n=200)
    alone = stores.Drawn(drawn.predictions, Groups({}, ()))
    with stores.archive(empty) as archive:
        stores.keep(archive, stores.card("mortgage", 1), alone, stores.START)
    app = opened("fairness", id="mortgage@1")
    assert calm(app)
    assert "compares no groups" in words(app)
    assert "A task names its ways of grouping people" in words(app)


@pytest.mark.usefixtures("populated")
def test_compare_is_narrowed_by_outcome_and_by_dimension_in_the_address() -> None:
    whole = opened("compare", second="mortgage@2")
    tables = [one.value["Outcome"] for one in whole.table if "Outcome" in one.value]
    outcomes = {one.partition(" ")[2].rstrip("]") for table in tables for one in table}
    assert len(outcomes) > 1
    for outcome in outcomes:
        app = opened("compare", second="mortgage@2", outcome=outcome)
        assert calm(app)
        assert app.table[0].value["Outcome"].str.contains(outcome, regex=False).all()
    accuracy = opened("compare", second="mortgage@2", about="accuracy")
    assert calm(accuracy)
    assert not accuracy.table[0].value["Measure"].str.contains("parity").any()
    odd = opened("compare", second="mortgage@2", outcome="splendid")
    assert calm(odd)
    assert "Nothing here is splendid" in words(odd)


@pytest.mark.usefixtures("populated")
def test_compare_takes_the_parent_and_says_one_sentence() -> None:
    app = opened("compare", second="mortgage@2")
    assert calm(app)
    sentence = re.search(
        r"mortgage@2 against mortgage@1: \d+ better, \d+ no worse, \d+ worse, \d+ cannot tell", words(app)
    )
    assert sentence
    assert "decided rightly by mortgage@1 and wrongly by mortgage@2" in words(app)


@pytest.mark.usefixtures("populated")
def test_versions_on_different_data_are_not_compared() -> None:
    app = opened("compare", first="digits@1", second="mortgage@2")
    assert calm(app)
    assert "can be compared on the same examples only" in words(app)


@pytest.mark.usefixtures("populated")
def test_a_version_never_audited_cannot_be_compared_but_can_be_asked_for() -> None:
    assert "answerable audit breast_cancer@1" in words(opened("compare", second="breast_cancer@1"))
    app = opened("report", id="breast_cancer@1")
    assert "never audited" in words(app)


def test_an_audit_is_asked_for_followed_and_cancelled(populated: Path) -> None:
    with stores.archive(populated) as archive:
        queue = Jobs(archive.database)
        app = opened("report", id="breast_cancer@1")
        app.button[0].click().run()
        (job,) = queue.jobs()
        assert (job.kind, job.state) == ("audit", "queued")
        assert archive.model("breast_cancer@1").digest in job.parameters
        claimed = queue.claim("worker", 60)
        assert claimed is not None
        queue.heartbeat(claimed, 60, "ACC001: how often?", 11)
        app = opened("fleet")
        assert calm(app)
        assert any("ACC001" in one.text and "0 of 11 steps" in one.text for one in app.progress)
        next(one for one in app.button if one.label == "Cancel").click().run()
        assert queue.job(job.id).cancel


@pytest.mark.usefixtures("populated")
def test_the_ledger_filters_and_verifies() -> None:
    app = opened("ledger", kind="policy")
    assert len(app.table[0].value) == 1
    app = opened("ledger")
    app.button[0].click().run()
    assert calm(app)
    assert "Verified up to entry" in app.success[0].value


def test_the_ledger_says_what_was_changed(populated: Path) -> None:
    with stores.archive(populated) as archive:
        archive.vault.erase(sha256(b"mortgage1"))
    app = opened("ledger")
    app.button[0].click().run()
    assert "has lost" in app.error[0].value


@pytest.mark.usefixtures("empty")
def test_a_store_that_cannot_be_opened_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to be looked at" * 30)
    monkeypatch.setenv("ANSWERABLE_STORE", f"sqlite:///{tmp_path / 'text'}")
    app = opened("fleet")
    assert not app.exception
    assert "cannot be used" in app.error[0].value


def test_screens_need_no_torch(populated: Path) -> None:
    script = """
        import sys

        class Block:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in {"torch", "captum", "shap", "fairlearn", "sklearn", "matplotlib"}:
                    raise ImportError(f"{name} is not installed here")

        sys.meta_path.insert(0, Block())
        from streamlit.testing.v1 import AppTest
        from dashboard import server

        for screen in ("fleet", "report", "fairness", "slices", "compare", "ledger"):
            app = AppTest.from_file(str(server.APP), default_timeout=60)
            app.switch_page(f"screens/{screen}.py").run()
            assert not app.exception, (screen, app.exception)
            assert not app.error, (screen, app.error)
        print("all shown")
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ}, timeout=120)
    assert done.stdout.strip().endswith("all shown"), done.stderr


def test_the_theme_is_the_tokens() -> None:
    config = tomllib.loads((server.APP.parent / ".streamlit/config.toml").read_text())
    tokens = {
        "textColor": "ink", "backgroundColor": "paper", "borderColor": "rule", "primaryColor": "accent",
        "greenColor": "pass", "redColor": "fail", "orangeColor": "unsure", "violetColor": "waived", "grayColor": "quiet",
    }  # fmt: skip
    for mode, palette in (("light", theme.LIGHT), ("dark", theme.DARK)):
        assert {name: config["theme"][mode][name] for name in tokens} == {n: palette[t] for n, t in tokens.items()}
    assert config["browser"]["gatherUsageStats"] is False
