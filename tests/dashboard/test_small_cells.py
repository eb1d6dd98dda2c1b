"""A planted group of three: a viewer reads nothing of it on any face, a reviewer does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from audit import policy, small_cells, withheld
from audit.evidence import Groups
from audit.judge import judge
from audit.measure import Measure
from audit.policy import Policy, Rule
from dashboard import drafts, figures, filing, granting, reporting, verbs
from dashboard.drafts import page
from dashboard.routes import routes
from dashboard.work import Place
from models import task as tasks
from storage import queries
from storage.archive import Archive
from tests.dashboard import stores
from tests.dashboard.teams import DUE, acting, team, typed
from tests.dashboard.test_access import known, opened, read

FEW = "martian"
SAYS = "fewer than 10 people"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with mortgage@1 and @2, whose test data have three people of one group."""
    home = tmp_path_factory.mktemp("few")
    with stores.archive(home) as archive:
        first = stores.card("mortgage", 1)
        before = stores.keep(archive, first, planted(1.6, 1.2), stores.START)
        second = stores.card("mortgage", 2, parent=first.digest, remedy="reductions")
        stores.keep(archive, second, planted(1.5, 0.1), stores.START, before)
    return home


def planted(skill: float, unfair: float) -> stores.Drawn:
    drawn = stores.draw("mortgage", skill, unfair)
    race = np.array(drawn.groups.labels["race"], dtype=object)
    race[[5, 50, 500]] = FEW
    return replace(drawn, groups=Groups({**drawn.groups.labels, "race": race}, ()))


@pytest.fixture(scope="module")
def tokens(folder: Path) -> dict[str, str]:
    """The store becomes a team's; a token of a viewer, an engineer and a reviewer."""
    with stores.archive(folder) as archive:
        team(archive)
        return {
            role: granting.new_token(archive, "test", DUE, by=acting(role))[1]
            for role in ("viewer", "engineer", "reviewer")
        }


@pytest.fixture
def archive(folder: Path, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setenv("ANSWERABLE_HOME", str(folder))
    monkeypatch.delenv("ANSWERABLE_STORE", raising=False)
    with stores.archive(folder) as archive:
        yield archive


@pytest.fixture(scope="module")
def strict(folder: Path, tokens: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same store, whose newest judgement of mortgage@2 says of the three that they are too few."""
    home = tmp_path_factory.mktemp("strict") / "home"
    shutil.copytree(folder, home)
    rule = Rule(
        measure="accuracy.accuracy", slice=f"race={FEW}", at_least=0.1, minimum_n=30, clauses=("RMF-MEASURE-2-11",),
        rationale="each group must be seen often enough",
    )  # fmt: skip
    shipped = policy.read("default")
    rules = Policy.model_validate(shipped.model_dump() | {"version": "9", "rules": (rule,)})
    with stores.archive(home) as archive:
        archive.put_policy(rules, stores.ADA)
        report = archive.newest_report("mortgage@2")
        archive.put_judgement(judge(report, rules, tasks.read("mortgage"), has_parent=True), stores.ADA)
        filing.answer(archive, "mortgage", {"voluntary": "nist_ai_rmf"}, acting("reviewer"))
    return home


@pytest.fixture
def at_strict(strict: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setenv("ANSWERABLE_HOME", str(strict))
    monkeypatch.delenv("ANSWERABLE_STORE", raising=False)
    with stores.archive(strict) as archive:
        yield archive


def output(*words: str, token: str) -> str:
    done = typed(*words, token=token)
    assert done.exit_code == 0, done.output
    return done.output


def of_few(archive: Archive) -> Measure:
    """The accuracy of the three."""
    found = archive.newest_report("mortgage@2").measures()
    return next(one for one in found if (one.name, one.slice_text) == ("accuracy.accuracy", f"race={FEW}"))


def values(text: str) -> dict[str, list[float | None]]:
    """Values of a report's measures about the group, and how many there are, by name."""
    found: dict[str, list[float | None]] = {}
    for answer in json.loads(text)["answers"]:
        for one in answer["measures"]:
            if any(part["value"] == FEW for part in one["slice"]):
                found.setdefault(one["name"], []).append(one["value"])
    return found


@pytest.mark.usefixtures("archive")
def test_on_screen_a_viewer_reads_why_and_a_reviewer_reads_the_number() -> None:
    told = {role: read(opened("fairness", **known(role))) for role in ("viewer", "reviewer")}
    assert SAYS in told["viewer"]
    assert "3 of 3" not in told["viewer"]
    assert "(n=3)" not in told["viewer"]
    assert "nan" not in told["viewer"].lower().split()
    assert SAYS not in told["reviewer"]
    assert "(n=3)" in told["reviewer"]


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("screen", ["report", "compare", "signoff", "documents"])
def test_no_other_screen_tells_a_viewer_more(screen: str) -> None:
    page = opened(screen, **known("viewer"))
    assert not page.exception, page.exception
    assert "(n=3)" not in read(page)
    assert f"{FEW}, n = 3" not in read(page)


def test_over_http_a_viewer_gets_no_number_of_it_and_a_reviewer_does(archive: Archive, tokens: dict[str, str]) -> None:
    client = TestClient(Starlette(routes=routes(lambda: True)))
    got = {
        role: client.get(
            "/api/versions/mortgage@1/report.json", headers={"Authorization": f"Bearer {tokens[role]}"}
        ).text
        for role in ("viewer", "reviewer")
    }
    assert set(values(got["viewer"])) == set(values(got["reviewer"]))
    assert {one for some in values(got["viewer"]).values() for one in some} == {None}
    assert 1.0 in values(got["reviewer"])["accuracy.accuracy"]
    assert json.loads(got["viewer"])["key"] == json.loads(got["reviewer"])["key"]
    for format in ("md", "card", "html", "sarif", "schema"):
        path = f"/api/versions/mortgage@2/report.{format}"
        answer = client.get(path, headers={"Authorization": f"Bearer {tokens['viewer']}"})
        assert answer.status_code == 200, answer.text
        assert "(n=3)" not in answer.text, format


@pytest.mark.usefixtures("archive")
def test_the_terminal_tells_as_much_as_the_token_allows(tokens: dict[str, str]) -> None:
    verbs_ = (
        ("fairness", "mortgage@1", "--by", "race", "--json"), ("compare", "mortgage@1", "mortgage@2", "--json"),
        ("show", "mortgage@1", "--json"), ("judge", "mortgage@1", "--json"), ("document", "draft", "model_card", "mortgage@1"),
    )  # fmt: skip
    for words in verbs_:
        told = {role: typed(*words, token=tokens[role]) for role in ("engineer", "reviewer")}
        for role, one in told.items():
            assert one.exit_code in (0, 1), f"{role} {words}: {one.output}"
        assert "(n=3)" not in told["engineer"].output, words
    mine = json.loads(typed("fairness", "mortgage@1", "--by", "race", "--json", token=tokens["engineer"]).stdout)
    few = [one for one in mine["measures"] if any(part["value"] == FEW for part in one["slice"])]
    assert few
    assert {(one["value"], one["reason"]) for one in few} == {(None, small_cells.FEW)}


def test_a_comparison_withholds_flips_and_differences_of_it(archive: Archive) -> None:
    first, second = archive.newest_report("mortgage@1"), archive.newest_report("mortgage@2")
    whole = verbs.views.comparison(archive, first, second)
    shown = withheld.comparison(whole, first, second)
    assert any(FEW in one.slice for one in whole.flips)
    assert not any(FEW in one.slice for one in shown.flips)
    about = [one for one in shown.differences if FEW in one.slice_text]
    assert about
    assert {(one.first, one.second, one.difference, one.outcome) for one in about} == {
        (None, None, None, "cannot tell")
    }
    by_race = [one.slice for one in whole.flips if one.slice.startswith("race=") and " & " not in one.slice]
    left = [one.slice for one in shown.flips if one.slice.startswith("race=") and " & " not in one.slice]
    assert len(by_race) - len(left) >= 2, "the others and everybody would give it away"


def test_a_page_that_was_written_without_small_cells_is_proved_as_what_it_is(
    archive: Archive, tokens: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(archive, Path())
    monkeypatch.setenv("ANSWERABLE_TOKEN", tokens["viewer"])
    name, data = verbs.kept_document(place, "mortgage@1", "md")
    (tmp_path / name).write_bytes(data)
    assert verbs.proof_of(place, tmp_path / name).flaws == []
    forged = data.decode().replace("900", "901")
    (tmp_path / name).write_text(forged)
    assert verbs.proof_of(place, tmp_path / name).flaws
    made = reporting.comparison(archive, "mortgage@1", "mortgage@2", verbs.read_policy("default"), rows=False)
    (path,) = reporting.write(made, tmp_path, "two", ("md",))
    assert verbs.proof_of(place, path).flaws == []


def test_what_is_said_of_a_filed_document_tells_only_who_may_see_the_rows(
    at_strict: Archive, tokens: dict[str, str], tmp_path: Path
) -> None:
    measure, key = of_few(at_strict), at_strict.newest_report("mortgage@2").key
    file = tmp_path / "instructions.md"
    declared = f"```declared\naccuracy.accuracy on race={FEW} = 0.01\n```\n"
    file.write_text(f"{declared}\nOf these it was right in 1 % `{measure.id(key)}`.\n")
    words = ("document", "add", "mortgage@2", "instructions_for_use", str(file))
    told = {role: output(*words, token=tokens[role]) for role in ("reviewer", "engineer")}
    stored = figures.measured(measure)
    assert told["reviewer"].count(stored) == 2
    assert stored not in told["engineer"]
    assert "below" not in told["engineer"]
    assert figures.short(measure.id(key)) not in told["engineer"], "not even that it says otherwise"
    assert SAYS in told["engineer"]
    shown = read(opened("documents", **known("viewer")))
    assert not {stored, "below"} & {shown}


@pytest.mark.parametrize("kind", drafts.KINDS)
def test_a_draft_tells_no_small_cell_whoever_asks_for_it(kind: str, at_strict: Archive, tokens: dict[str, str]) -> None:
    text = output("document", "draft", kind, "mortgage@2", token=tokens["reviewer"])
    assert "n is 3" not in text.lower()
    assert figures.measured(of_few(at_strict)) not in page.read(text)
    assert text == output("document", "draft", kind, "mortgage@2", token=tokens["engineer"])


@pytest.mark.usefixtures("at_strict")
@pytest.mark.parametrize("words", [("requirements", "mortgage@2", "nist_ai_rmf"), ("risk", "list", "mortgage")])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_reasons_and_proposals_tell_a_small_cell_only_to_who_may_see_the_rows(
    words: tuple[str, ...], form: tuple[str, ...], tokens: dict[str, str]
) -> None:
    told = {role: " ".join(output(*words, *form, token=tokens[role]).split()) for role in ("engineer", "reviewer")}
    assert "n is 3" in told["reviewer"].lower()
    assert "n is 3" not in told["engineer"].lower()
    assert SAYS in told["engineer"]


def test_a_bound_report_tells_no_small_cell_either(at_strict: Archive, tokens: dict[str, str]) -> None:
    filing.bind(at_strict, "mortgage@2", "nist_ai_rmf", DUE, acting("reviewer"))
    told = {
        role: output("requirements", "mortgage@2", "nist_ai_rmf", "--json", token=tokens[role])
        for role in ("engineer", "reviewer")
    }
    assert "n is 3" in told["reviewer"]
    assert "n is 3" not in told["engineer"]
    draft = output("document", "draft", "nist_ai_rmf_profile", "mortgage@2", token=tokens["reviewer"])
    assert "n is 3" not in draft.lower()


def test_what_is_written_without_small_cells_names_the_stored_report_and_judgement(
    archive: Archive, tokens: dict[str, str], tmp_path: Path
) -> None:
    report = archive.newest_report("mortgage@2")
    bare = withheld.report(report).sha256()
    card = output("document", "draft", "model_card", "mortgage@2", token=tokens["engineer"])
    plan = output("document", "draft", "annex_iv", "mortgage@2", token=tokens["engineer"])
    newest = queries.newest_judgement(archive.database, report.id)
    assert f"`{figures.short(str(newest))}`" in plan
    assert typed(
        "report", "mortgage@2", "--format", "card,mlbom,oscal", "--folder", str(tmp_path), token=tokens["engineer"]
    ).exit_code == 0  # fmt: skip
    written = {one.name: one.read_text() for one in tmp_path.iterdir()}
    assert len(written) == 3
    for name, text in {"draft": card, **written}.items():
        assert report.sha256() in text, name
        assert bare not in text, name
