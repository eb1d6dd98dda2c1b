"""The printed report: every number with its id, nothing lost, nothing executed, the same bytes twice."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from docx import Document as Word
from pypdf import PdfReader

from audit import policy
from audit.report import Report
from dashboard import figures, views
from dashboard.document import Document, html, of, pdf
from dashboard.formats import docx as written
from dashboard.formats.docx import docx
from dashboard.paper.contents import contents, gate
from models.record import sha256
from tests.dashboard.dossiers import dossier
from tests.dashboard.searches import untold

HOSTILE = '#evil [x] $x$ <script>alert("1")</script> {{ 7 * 7 }} *bold* \\ “ü” Привет'
UNWRITABLE = "租 \u202e\x07 😀"


@pytest.fixture(scope="module")
def made():
    return dossier()


@pytest.fixture(scope="module")
def paper(made):
    return pdf(of(made))


@pytest.fixture(scope="module")
def told(made):
    """The document as finished text."""
    return contents(made)


@pytest.fixture(scope="module")
def pages(paper):
    """What stands on every page."""
    return [one.extract_text() for one in PdfReader(io.BytesIO(paper)).pages]


@pytest.fixture(scope="module")
def text(pages):
    """All that stands on paper, without spaces."""
    return flat("".join(pages))


@pytest.fixture(scope="module")
def page(made):
    return html(of(made))


@pytest.fixture(scope="module")
def evil():
    return dossier(name=HOSTILE, column=HOSTILE, short=True)


def flat(text):
    """Text without the spaces that lines and columns put in."""
    return re.sub(r"[\s\u200b\u2009\u202f]+", "", text)


def read(data):
    return flat("".join(one.extract_text() for one in PdfReader(io.BytesIO(data)).pages))


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_the_paper_holds_every_measure_with_its_value_and_both_forms_of_its_id(made, text):
    report = made.report
    assert len(report.measures()) >= 60
    for one in report.measures():
        full = one.id(report.key)
        assert figures.short(full) in text
        assert full in text
        assert flat(figures.measured(one)) + figures.short(full) in text


def test_the_page_holds_the_same(made, page):
    text = flat(Page(page).text)
    for one in made.report.measures():
        assert flat(figures.measured(one)) + figures.short(one.id(made.report.key)) in text


def test_both_faces_say_the_same_words(made, told, text, page):
    for title in (one["title"] for one in told["sections"]):
        assert flat(title) in text
        assert title in page
    assert flat(gate(made.judgement)) in text
    assert gate(made.judgement) in page


def test_page_one_answers_what_was_audited_by_which_policy_and_what_is_missing(pages):
    first = flat(pages[0])
    for words in (
        "mortgage@2", "The gate does not open", f"default {policy.read('default').version}", "COS001 failed to run", "Signed by", "✕ fail", "? unsure",
        "– missing", "◇ waived", "· exempt", "✓ pass", "not broken by what was tried", "upper bound", "Ada Lovelace",
    ):  # fmt: skip
        assert flat(words).lower() in first.lower(), words


def test_the_sentence_counts_what_blocks(made):
    blocking = [one for one in made.judgement.verdicts if one.rule.severity == "block"]
    said = gate(made.judgement)
    assert said.startswith(f"The gate does not open: of {len(blocking)} blocking limits ")
    assert sum(map(int, re.findall(r"\d+", said.partition(" blocking ")[2]))) == len(blocking)


def test_it_never_claims_compliance(page):
    assert "complian" not in page.lower()


def test_two_builds_give_the_same_bytes(evil):
    assert pdf(of(evil)) == pdf(of(evil))


def test_it_claims_pdf_a_3a_and_pdf_ua_1(paper):
    metadata = PdfReader(io.BytesIO(paper)).trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    for claim in ("pdfaid:part>3<", "pdfaid:conformance>A<", "pdfuaid:part>1<"):
        assert claim in metadata


def test_the_attachment_is_the_report_and_the_footer_its_digest(made, paper, pages):
    (attached,) = PdfReader(io.BytesIO(paper)).attachments["report.json"]
    assert Report.model_validate_json(attached) == made.report
    assert sha256(attached) == made.report.sha256()
    for text in pages:
        assert made.report.sha256() in text
        assert re.search(r"\d+ of \d+", text)


def test_the_index_of_evidence_sets_every_id_beside_what_it_stands_for(made, told, text):
    (index,) = (block for block in told["sections"][-1]["blocks"] if block.get("index"))
    assert len(index["rows"]) >= len(made.report.measures())
    for id, what in index["rows"]:
        assert flat(id["text"] + what["text"]) in text


def test_both_papers(evil, paper):
    sizes = {paper: (595, 842), pdf(of(evil), "us-letter"): (612, 792)}
    for data, size in sizes.items():
        box = PdfReader(io.BytesIO(data)).pages[0].mediabox
        assert (round(box.width), round(box.height)) == size


def test_the_page_asks_no_one_for_anything(page):
    found = Page(page)
    assert not {"script", "link", "iframe", "img", "object", "embed", "base", "form"} & {tag for tag, _ in found.tags}
    for _, attributes in found.tags:
        for name in ("src", "href", "xlink:href", "srcset", "action", "data"):
            assert name not in attributes
        assert not any(name.startswith("on") for name in attributes)
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in style


def test_every_figure_on_the_page_has_an_id(told):
    """Every cell under a heading that promises a number carries an id, or its table does."""
    blocks = told["front"] + [one for section in told["sections"] for one in section["blocks"]]
    for table in (one for one in blocks if one["kind"] == "table"):
        heads = [one["text"] for one in table["columns"]]
        for head in {"Found", "Value", "Difference"} & set(heads):
            assert all(row[heads.index(head)]["short"] for row in table["rows"])
        if not {"Found", "Value", "Difference", "Id", "What", "Who"} & set(heads):
            assert table["short"], heads
    assert all(one["short"] for one in blocks if one["kind"] == "figure")


def blocks(told, title):
    return next(one["blocks"] for one in told["sections"] if one["title"] == title)


def test_every_way_of_grouping_has_its_gap_in_words_its_plots_and_its_section(made, told):
    found = blocks(told, "What was found")
    words = [one["text"] for one in found if one["kind"] == "text"]
    for by in views.groupings(made.report):
        assert sum(text.startswith(f"The largest gap by {by} is ") for text in words) == 1
    drawn = [one["alt"] for one in found if one["kind"] == "figure"]
    assert sum("Heat map. " in alt for alt in drawn) == 1
    assert sum("gaps by race" in alt or "every gap by race" in alt for alt in drawn) == 1
    assert any("a gap under" in text for text in words)


def test_intersections_stand_in_the_annex_and_nowhere_else(made, told):
    ids = {one.id(made.report.key) for one in views.details(made.report)["race & sex"]}
    assert len(ids) > 40

    def shown(title):
        tables = [one for one in blocks(told, title) if one["kind"] == "table"]
        return {cell["id"] for table in tables for row in table["rows"] for cell in row}

    assert ids <= shown("Group by group")
    assert not ids & shown("What was found")


def test_a_table_set_across_has_five_numbers_to_a_row_and_a_name_for_each(told):
    tables = [one for one in blocks(told, "Group by group") if one["kind"] == "table"]
    across = [one for one in tables if one["columns"][0]["text"] == "Who"]
    assert across
    for one in across:
        assert 2 <= len(one["columns"]) <= 6
        heads = [column["text"] for column in one["columns"]]
        assert len(set(heads)) == len(heads)
        assert all(len(row) == len(heads) for row in one["rows"])


def test_slices_stand_with_their_verdict_and_their_ids_once(told, text):
    (table,) = [one for one in blocks(told, "What was found") if "Wrong there" in str(one.get("columns"))]
    assert [row[0]["outcome"] for row in table["rows"]] == ["worse", "clean", "clean", "clean"]
    assert flat("debt from 0.4 and self is yes") in text
    assert not any("slices_tested" in str(one.get("caption")) for one in blocks(told, "What was found"))


@pytest.mark.parametrize("which", [(1,), (0, 1, 2, 3)])
def test_a_slice_that_could_not_be_tested_is_printed_and_nothing_is_nan(made, which):
    found = blocks(contents(replace(made, report=untold(made.report, *which))), "What was found")
    (table,) = [one for one in found if "Wrong there" in str(one.get("columns"))]
    silent = [row for row in table["rows"] if row[0]["text"].endswith("cannot tell")]
    assert len(silent) == len(which)
    assert all(one["text"] == figures.DASH for row in silent for one in row[2:])
    assert not re.search(r"\bnan\b", str(found))


def test_a_verdict_against_the_parent_is_printed_in_points_and_so_is_its_limit(made, told):
    (against,) = [one for one in made.judgement.verdicts if one.rule.against == "parent" and one.value is not None]
    tables = [one for one in told["front"] if one["kind"] == "table"]
    (row,) = [row for one in tables for row in one["rows"] if "against parent" in row[1]["text"]]
    assert "\u202fpoints [" in row[3]["text"]
    assert row[3]["text"].startswith("−" if against.value < 0 else "+")
    assert row[2]["text"].endswith("\u202fpoints")


def test_a_comparison_on_paper_says_who_lost_most_and_what_would_settle_it(told):
    found = blocks(told, "Against its parent")
    assert any("Intervals. " in one["alt"] for one in found if one["kind"] == "figure")
    under = [row[1]["under"] for one in found if one["kind"] == "table" for row in one["rows"]]
    assert any("would settle it" in text for text in under)


def test_a_page_holds_at_least_twenty_five_numbers_on_average(made, pages):
    numbers = len(made.report.measures()) + len(made.comparison.differences)
    assert len(pages) <= 15 + numbers / 25


def test_hostile_names_are_printed_literally(evil):
    page = html(of(evil))
    assert "<script" not in page
    assert HOSTILE in Page(page).text
    assert flat(HOSTILE) in read(pdf(of(evil)))


def test_what_no_font_can_draw_or_only_steers_is_written_out():
    made = dossier(column=UNWRITABLE, short=True)
    text = read(pdf(of(made)))
    for code in ("‹U+79DF›", "‹U+202E›", "‹U+0007›", "‹U+1F600›"):
        assert code in text
    page = html(of(made))
    assert "租" in page
    assert "\x07" not in page
    assert "\u202e" not in page


def test_long_names_wrap_inside_the_paper():
    name = "a_very_long_column_name_" * 8 + "x" * 120
    data = pdf(of(dossier(column=name, short=True)))
    assert flat(name) in read(data)
    right = 595 - 40
    for one in PdfReader(io.BytesIO(data)).pages:
        places = []
        one.extract_text(
            visitor_text=lambda text, _, tm, *__, at=places: at.append((tm[4], text)) if text.strip() else None
        )
        assert max(x for x, _ in places) <= right


def test_a_version_without_parent_or_datasheet_says_so():
    made = dossier(parent=False, short=True)
    text = read(pdf(of(made)))
    assert flat("This version was not compared: it has no parent.") in text


def test_everything_measured_and_passed_reads_well(made):
    passed = [one for one in made.judgement.verdicts if one.outcome == "pass"]
    judgement = made.judgement.model_copy(update={"verdicts": tuple(passed[:1]), "passed": True})
    assert gate(judgement) == "The gate opens: of 1 blocking limit 1 passes."
    none = judgement.model_copy(update={"verdicts": (), "passed": False})
    assert gate(none) == "The gate does not open: the policy holds no blocking rule."


@pytest.fixture(scope="module")
def word(made):
    return docx(of(made))


def test_word_has_real_headings_and_tables_whose_head_is_repeated(word, told):
    found = Word(io.BytesIO(word))
    heads = [one.text for one in found.paragraphs if one.style.name == "Heading 1"]
    assert heads == [f"{number}. {one['title']}" for number, one in enumerate(told["sections"], 1)]
    tables = [one for one in blocks(told, "Evidence") if one["kind"] == "table"]
    assert len(found.tables[-1].rows) == len(tables[-1]["rows"]) + 1
    assert found.tables[-1].rows[0]._tr.xpath("w:trPr/w:tblHeader")


def test_word_describes_every_chart_and_holds_every_measure_with_its_id(word, made, told):
    found = Word(io.BytesIO(word))
    drawn = [one for section in told["sections"] for one in section["blocks"] if one["kind"] == "figure"]
    assert [one._inline.docPr.get("descr") for one in found.inline_shapes] == [one["alt"] for one in drawn]
    text = flat(written.words(word))
    for one in made.report.measures():
        assert flat(figures.measured(one)) + figures.short(one.id(made.report.key)) in text


def test_word_is_the_same_twice_on_both_papers_and_prints_hostile_names_literally(evil):
    document = of(evil)
    first = docx(document)
    assert docx(document) == first
    assert flat(HOSTILE) in flat(written.words(first))
    pages = {paper: Word(io.BytesIO(docx(document, paper))).sections[0] for paper in ("a4", "us-letter")}
    assert {paper: round(one.page_width.mm) for paper, one in pages.items()} == {"a4": 210, "us-letter": 216}


def test_word_holds_a_title_that_is_longer_than_its_properties(evil):
    title = "A very long name " * 18
    long = replace(evil, task=evil.task.model_copy(update={"title": title}))
    assert flat(title) in flat(written.words(docx(of(long))))


def test_the_key_that_signs_is_named_or_said_to_be_none(made, told):
    def said(told):
        rows = [row for one in blocks(told, "Who it is") if one["kind"] == "terms" for row in one["rows"]]
        return next(value["text"] for label, value in rows if label == "Signing key")

    assert said(told) == "no key has signed yet"
    assert said(contents(replace(made, signing_key="ab" * 32))) == "ab" * 32


def test_a_document_about_no_gate_has_no_mood(told):
    bare = told | {"opens": None, "kind": "Comparison", "front": [], "sections": []}
    document = Document(bare, b"{}", datetime(2026, 3, 2, tzinfo=UTC))
    page = html(document)
    assert "Comparison" in page
    assert '<p class="verdict">' in page
    assert "Comparison" in PdfReader(io.BytesIO(pdf(document))).pages[0].extract_text()
