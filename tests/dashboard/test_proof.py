"""A printed report held against its store: an untouched page has no flaw, and one changed digit is one."""

from __future__ import annotations

import io
import random
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboard import verbs
from dashboard.cli import app
from dashboard.document import html, of, pdf
from dashboard.formats.docx import docx
from dashboard.paper import columns, copied, proof
from dashboard.paper.contents import contents
from storage import checkpoint, signing
from storage.errors import Erased
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
    return copied.text_of(faces[request.param](made))


def _edited(text: str, seed: int) -> Iterator[tuple[str, str]]:
    """The text with one digit changed, anywhere but in which page of how many it is; and where."""
    draw = random.Random(seed)
    pages = {at for one in re.finditer(r"\d+\s+of\s+\d+", text) for at in range(*one.span())}
    digits = [at for at, one in enumerate(text) if one in "0123456789" and at not in pages]
    for at in draw.sample(digits, EDITS):
        other = draw.choice([one for one in "0123456789" if one != text[at]])
        yield text[:at] + other + text[at + 1 :], text[at - 60 : at + 20]


def test_an_untouched_page_has_no_flaw(page: str, told: dict[str, Any]) -> None:
    assert proof.proved(page, told) == proof.Proof([], by_page=0)


def test_a_changed_digit_is_found_wherever_it_stands(page: str, told: dict[str, Any]) -> None:
    for edited, where in _edited(page, 3):
        assert proof.proved(edited, told).flaws, where


def test_a_copy_with_another_layout_has_no_flaw(page: str, told: dict[str, Any]) -> None:
    words = page.split(" ")
    narrow = "\n".join(" ".join(words[at : at + 4]) for at in range(0, len(words), 4))
    assert proof.proved(narrow, told).flaws == []


@pytest.fixture(scope="module", params=["", "-layout", "-raw"])
def copy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text that poppler makes of the PDF: by columns, with its layout, or as it was set."""
    path = tmp_path_factory.mktemp("copy") / "report.pdf"
    path.write_bytes(pdf(of(dossier())))
    asked = ["pdftotext", *filter(None, [request.param]), str(path), "-"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def test_a_text_made_of_the_pdf_has_no_flaw_and_each_changed_digit_is_found(copy: str, told: dict[str, Any]) -> None:
    assert proof.proved(copy, told).flaws == []
    for edited, where in _edited(copy, 4):
        assert proof.proved(edited, told).flaws, where


def test_two_figures_that_changed_places_are_found(page: str, told: dict[str, Any]) -> None:
    _swapped(page, told)


def test_two_figures_that_changed_pages_are_found_in_a_copy(copy: str, told: dict[str, Any]) -> None:
    """Those of one page only where the copy's layout left them at their ids."""
    _swapped(copy, told)


def _swapped(page: str, told: dict[str, Any]) -> None:
    rows = list(re.finditer(r"(\d[\d.]*\s?%\s?\[[^\]]+\])\s*m-[a-z2-7]{10}", page))
    first, last = rows[0], rows[-1]
    assert first[1] != last[1]
    edited = page[: first.start(1)] + last[1] + page[first.end(1) : last.start(1)] + first[1] + page[last.end(1) :]
    assert proof.proved(edited, told).flaws


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
    assert row.group(1) in " ".join(one.message for one in proof.proved(gone, told).flaws)
    other = next(one for one in proof.ID.findall(page[row.end() :]) if one != row.group(1) and one.startswith("m-"))
    moved = page[: row.start(1)] + other + page[row.end(1) :]
    assert any(one.what == other for one in proof.proved(moved, told).flaws)


def test_an_id_of_nothing_is_named(page: str, told: dict[str, Any]) -> None:
    (flaw, *_) = proof.proved(page + "\nAccuracy 99 % m-aaaaaaaaaa", told).flaws
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
    torn = ["pdftotext", str(tmp_path / "mortgage-2.pdf"), str(tmp_path / "copy.txt")]
    subprocess.run(torn, check=True)
    said = typed("check", tmp_path / "copy.txt")
    assert (said.exit_code, "every figure is the store's" in said.output) == (0, True), said.output
    assert "each stands on its id's page" in said.output
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


def test_a_page_whose_rows_were_erased_since_is_not_called_edited(populated: Path, tmp_path: Path) -> None:
    with stores.archive(populated) as archive:
        where, rows = verbs.Place(archive, populated), archive.newest_report("mortgage@1").rows
        (before,) = verbs.document(where, "mortgage@2", tmp_path / "before", ("html",))
        archive.erase(str(rows), "an applicant asked", stores.ADA)
        (kept, data), after = verbs.kept_document(where, "mortgage@2", "html"), tmp_path / "after"
        (anew,) = verbs.document(where, "mortgage@2", after, ("html",))
        (after / f"kept-{kept}").write_bytes(data)
        for page in (anew, after / f"kept-{kept}"):
            assert verbs.proof_of(where, page).flaws == []
        with pytest.raises(Erased):
            verbs.proof_of(where, before)


def torn() -> bytes:
    """A DOCX whose text is no XML."""
    whole, made = zipfile.ZipFile(io.BytesIO(docx(of(dossier(short=True))))), io.BytesIO()
    with zipfile.ZipFile(made, "w") as copy:
        for name in whole.namelist():
            copy.writestr(name, b"<broken" if name == "word/document.xml" else whole.read(name))
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe\x00", "no PDF"),
        (b"PK nonsense", "DOCX cannot be read"),
        (torn(), "DOCX cannot be read"),
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
