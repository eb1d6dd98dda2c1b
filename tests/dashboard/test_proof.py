"""A printed report held against its store: an untouched page has no flaw, and one changed digit is one."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from dashboard.document import html, of, pdf
from dashboard.formats.docx import docx
from dashboard.paper import columns, proof
from dashboard.paper.contents import contents
from storage import checkpoint, signing
from tests.dashboard import stores
from tests.dashboard.dossiers import dossier

EDITS = 12


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return contents(dossier())


@pytest.fixture(scope="module", params=["pdf", "html", "docx"])
def page(request: pytest.FixtureRequest) -> str:
    made = of(dossier())
    faces = {"pdf": pdf, "html": lambda one: html(one).encode(), "docx": docx}
    return proof.text_of(faces[request.param](made))


def test_an_untouched_page_has_no_flaw(page: str, told: dict[str, Any]) -> None:
    assert proof.flaws(page, told) == []


def test_a_changed_digit_is_found_wherever_it_stands(page: str, told: dict[str, Any]) -> None:
    draw = random.Random(3)
    pages = [part for one in re.finditer(r"\d+\s+of\s+\d+", page) for part in range(*one.span())]
    digits = {at for at, one in enumerate(page) if one in "0123456789"}
    for at in draw.sample(sorted(digits - set(pages)), EDITS):
        other = draw.choice([one for one in "0123456789" if one != page[at]])
        assert proof.flaws(page[:at] + other + page[at + 1 :], told), page[at - 60 : at + 20]


def test_a_copy_with_another_layout_has_no_flaw(page: str, told: dict[str, Any]) -> None:
    words = page.split(" ")
    narrow = "\n".join(" ".join(words[at : at + 4]) for at in range(0, len(words), 4))
    assert proof.flaws(narrow, told) == []


def test_columns_that_stand_side_by_side_are_read_one_after_the_other() -> None:
    page = "Who         Rate            Other\nwhite       84.8 %          78.3 %\n            m-aaaaaaaaaa    m-bbbbbbbbbb\n"
    assert columns.beside(page)
    read = " ".join(columns.read(page).split())
    assert "84.8 % m-aaaaaaaaaa" in read
    assert "78.3 % m-bbbbbbbbbb" in read


def test_a_figure_that_is_taken_away_or_moved_to_another_id_is_named(page: str, told: dict[str, Any]) -> None:
    row = re.search(r"\d[\d.]*\s%\s\[[^\]]+\]\s*(m-[a-z2-7]{10})", page)
    assert row is not None
    gone = page[: row.start()] + page[row.end() :]
    assert row.group(1) in " ".join(one.message for one in proof.flaws(gone, told))
    other = next(one for one in proof.ID.findall(page[row.end() :]) if one != row.group(1) and one.startswith("m-"))
    moved = page[: row.start(1)] + other + page[row.end(1) :]
    assert any(one.what == other for one in proof.flaws(moved, told))


def test_an_id_of_nothing_is_named(page: str, told: dict[str, Any]) -> None:
    (flaw, *_) = proof.flaws(page + "\nAccuracy 99 % m-aaaaaaaaaa", told)
    assert flaw.message == "m-aaaaaaaaaa is the id of nothing in this report."


def test_a_page_of_the_archive_is_proved_and_an_edited_one_is_not(populated: Path, tmp_path: Path) -> None:
    def typed(*words: object) -> Any:
        return CliRunner().invoke(app, ["report", *map(str, words)], env={"COLUMNS": "200"})

    assert typed("mortgage@2", "--folder", tmp_path).exit_code == 0
    for name in ("mortgage-2.pdf", "mortgage-2.html"):
        said = typed("check", tmp_path / name)
        assert (said.exit_code, "every figure is the store's" in said.output) == (0, True), said.output
    before = (tmp_path / "mortgage-2.pdf").read_bytes()
    typed("mortgage@2", "--folder", tmp_path, "--format", "pdf")
    assert (tmp_path / "mortgage-2.pdf").read_bytes() == before
    text = (tmp_path / "mortgage-2.html").read_text()
    spot = re.search(r"\d\.\d\s%\s\[", text)
    assert spot is not None
    digit = str((int(text[spot.start()]) + 1) % 10)
    (tmp_path / "edited.html").write_text(text[: spot.start()] + digit + text[spot.start() + 1 :])
    assert typed("check", tmp_path / "edited.html").exit_code == 1


def test_what_came_later_does_not_make_a_page_untrue(populated: Path, tmp_path: Path) -> None:
    def typed(*words: object) -> Any:
        return CliRunner().invoke(app, ["report", *map(str, words)], env={"COLUMNS": "200"})

    assert typed("mortgage@2", "--folder", tmp_path, "--format", "html").exit_code == 0
    with stores.archive(populated) as archive:
        key = signing.create(tmp_path / "elsewhere" / "key.pem")
        checkpoint.make(archive, key, stores.ADA)
    said = typed("check", tmp_path / "mortgage-2.html")
    assert (said.exit_code, "every figure is the store's" in said.output) == (0, True), said.output
    assert typed("mortgage@2", "--folder", tmp_path / "later", "--format", "html").exit_code == 0
    assert key.fingerprint in (tmp_path / "later" / "mortgage-2.html").read_text()
    assert typed("check", tmp_path / "later" / "mortgage-2.html").exit_code == 0


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe\x00", "no PDF"),
        (b"PK nonsense", "DOCX cannot be read"),
        (b"hello", "names no report"),
        (b"%PDF-1.7 nonsense", "cannot be read"),
    ],
)
def test_what_is_no_report_is_one_sentence(populated: Path, tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "page").write_bytes(data)
    said = CliRunner().invoke(app, ["report", "check", str(tmp_path / "page")], env={"COLUMNS": "200"})
    assert said.exit_code == 2
    assert says in said.output
    assert "Traceback" not in said.output
