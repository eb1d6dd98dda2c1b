"""Reports of a comparison, of all models, of one law: each face, held against the store, and every changed digit found."""

from __future__ import annotations

import json
import random
import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from audit import framework, policy
from dashboard import filing, governing, reporting, verbs
from dashboard.cli import app
from dashboard.document import html, pdf
from dashboard.formats.markdown import markdown
from dashboard.paper import again, copied, proof
from models.record import sha256
from storage import queries
from storage.archive import Archive
from storage.ledger import Actor
from storage.past import as_of
from tests.dashboard import stores

EDITS = 20
OLGA = Actor("Olga Owner", "os-user")
KINDS = ("comparison", "portfolio", "law")
HAN = re.compile("[\u4e00-\u9fff]")
HOSTILE = '#evil [x] $x$ <script>alert("1")</script> *b* | =1+1'


@pytest.fixture(scope="module")
def home(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an owner, a finding that is overdue, a document, an attestation and two answers."""
    folder = tmp_path_factory.mktemp("reports") / "home"
    shutil.copytree(kept, folder)
    archive = stores.archive(folder)
    about = {"owner": "Olga Owner", "developer": "dev", "validator": "val", "use": f"decides about loans {HOSTILE}",
             "exposure": "high", "purpose": "high", "next_review": "2026-01-31"}  # fmt: skip
    governing.register(archive, "mortgage", about, OLGA)
    opened = {"title": f"wrong for the young {HOSTILE}", "severity": "high", "owner": "dev", "due": "2026-02-01"}
    governing.open_finding(archive, "mortgage@2", opened, OLGA)
    filing.answer(
        archive, "mortgage", {"jurisdictions": "european_union", "annex_iii": "5(b)", "roles": "provider"}, OLGA
    )
    text = folder / "sheet.md"
    text.write_text("# The data\n")
    filing.add_document(archive, "mortgage@2", "datasheet", text, actor=OLGA)
    filing.attest(archive, "mortgage@2", "eu_ai_act", "AIA-4", "staff were trained in June", actor=OLGA)
    archive.close()
    return folder


@pytest.fixture(scope="module")
def archive(home: Path) -> Any:
    with stores.archive(home) as opened:
        yield opened


@pytest.fixture(scope="module")
def documents(archive: Archive) -> dict[str, Any]:
    return {
        "comparison": reporting.comparison(archive, "mortgage@1", "mortgage@2", policy.read("default")),
        "portfolio": reporting.portfolio(archive),
        "law": reporting.law(archive, "mortgage@2", "eu_ai_act"),
    }


@pytest.fixture(scope="module")
def papers(documents: dict[str, Any]) -> dict[str, bytes]:
    return {kind: pdf(made) for kind, made in documents.items()}


@pytest.fixture(scope="module", params=[(kind, face) for kind in KINDS for face in ("pdf", "html")], ids="-".join)
def page(request: pytest.FixtureRequest, documents: dict[str, Any], papers: dict[str, bytes]) -> tuple[str, str]:
    """The kind of a document and the text of one of its faces."""
    kind, face = request.param
    data = papers[kind] if face == "pdf" else html(documents[kind]).encode()
    return kind, copied.text_of(data)


def test_an_untouched_page_has_no_flaw(page: tuple[str, str], documents: dict[str, Any]) -> None:
    kind, text = page
    assert proof.proved(text, documents[kind].told).flaws == []


def test_a_changed_digit_is_found_wherever_it_stands(page: tuple[str, str], documents: dict[str, Any]) -> None:
    kind, text = page
    told, draw = documents[kind].told, random.Random(kind)
    footers = re.finditer(rf"{re.escape(told['title'])}\s*·?\s*(\d+\s+of\s+\d+)", text)
    pages = {at for one in footers for at in range(*one.span(1))}
    digits = sorted({at for at, one in enumerate(text) if one in "0123456789"} - pages)
    for at in draw.sample(digits, EDITS):
        other = draw.choice([one for one in "0123456789" if one != text[at]])
        assert proof.proved(text[:at] + other + text[at + 1 :], told).flaws, text[at - 60 : at + 20]


def test_the_head_of_a_long_table_is_said_again_as_a_whole(documents: dict[str, Any], papers: dict[str, bytes]) -> None:
    """Else a digit of one head could pass for that of another: both versions stand in each."""
    text, told = copied.text_of(papers["comparison"]), documents["comparison"].told
    heads = [one.start() for one in re.finditer(r"mortgage@1\s+mortgage@2\s+Difference", text)]
    assert len(heads) > json.dumps(told).count('"mortgage@1"')  # each table's column is called so once
    for at in heads:
        digit = at + len("mortgage@")
        assert proof.proved(f"{text[:digit]}2{text[digit + 1 :]}", told).flaws


def test_the_store_makes_a_page_again_from_what_the_page_says(page: tuple[str, str], archive: Archive, documents: dict[str, Any]) -> None:  # fmt: skip
    kind, text = page
    said = again.source(text)
    assert said is not None
    assert said.kind == kind
    if kind != "comparison":  # takes seconds; the terminal's test does it once
        assert reporting.again(archive, said) == documents[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_store_gives_the_same_bytes_with_what_it_was_made_from_attached(kind: str, documents: dict[str, Any], papers: dict[str, bytes], tmp_path: Path) -> None:  # fmt: skip
    made = documents[kind]
    assert pdf(made) == papers[kind]
    (tmp_path / "one.pdf").write_bytes(papers[kind])
    read = PdfReader(tmp_path / "one.pdf")
    (attached,) = read.attachments["report.json"]
    assert attached == made.attached
    assert json.loads(attached)
    assert sha256(attached) == made.told["digest"]
    claims = read.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    for claim in ("pdfaid:part>3<", "pdfaid:conformance>A<", "pdfuaid:part>1<"):
        assert claim in claims


def test_nothing_claims_that_a_law_is_met_and_hostile_words_print_literally(documents: dict[str, Any]) -> None:
    for made in documents.values():
        written = html(made)
        assert "compliant" not in written.lower()  # a law's own title may name compliance
        assert "<script>" not in written
    assert "<script>" not in markdown(documents["portfolio"].told)
    law = json.dumps(documents["law"].told["sentence"])
    assert "%" not in law


def words(told: dict[str, Any], title: str) -> str:
    return json.dumps(next(one["blocks"] for one in told["sections"] if one["title"] == title), ensure_ascii=False)


def test_a_comparison_says_what_changed_what_broke_what_it_costs_and_what_was_not_compared(documents: dict[str, Any]) -> None:  # fmt: skip
    told = documents["comparison"].told
    assert re.match(r"mortgage@2 against mortgage@1: \d+ better, \d+ no worse, \d+ worse, \d+ cannot tell\.", told["sentence"]["text"])  # fmt: skip
    assert '"kind": "figure"' in words(told, "What changed")
    assert "Right before, wrong now" in words(told, "What broke, and for whom")
    assert "Training energy" in words(told, "What it costs")
    assert "COS001 of mortgage@1" in words(told, "Not compared, and why")
    assert "Holm" in words(told, "How it was compared")
    ids = set(re.findall(r"d-[a-z2-7]{16}", words(told, "Evidence")))
    assert ids
    assert all(one["short"].startswith("d-") for block in told["sections"][0]["blocks"] if block["kind"] == "table"
               for row in block["rows"] for one in row[-1:])  # fmt: skip


def test_a_portfolio_begins_with_what_is_pressing_and_names_what_is_not_known(documents: dict[str, Any]) -> None:
    told = documents["portfolio"].told
    assert told["sentence"]["text"] == "3 models: 1 needs attention, the gate of 2 does not open."
    assert "was due on 2026-01-31" in json.dumps(told["front"])
    assert [one["text"] for one in told["sections"][2]["blocks"] if one["kind"] == "heading"] == ["breast_cancer", "digits", "mortgage"]  # fmt: skip
    assert re.search(r"Balanced accuracy.{1,80}\d % \[", words(told, "Model by model").replace("\u202f", " "))
    unknown = words(told, "Not known, and why")
    assert "Never audited" in unknown
    assert "breast_cancer" in unknown


def test_a_law_has_every_requirement_once_with_its_state_and_what_it_rests_on(documents: dict[str, Any]) -> None:
    told = documents["law"].told
    pack = framework.read("eu_ai_act")
    both = words(told, "Every requirement") + words(told, "What is not there, and why")
    for one in pack.requirements:
        assert len(re.findall(rf'"text": "{re.escape(one.id)} ', both)) == 1, one.id
    assert str(pack.as_of) in json.dumps(told["front"])
    assert "staff were trained in June" in words(told, "Documents and attestations")
    assert "high risk annex iii" in words(told, "What applies, and why")
    assert "wrong for the young" in words(told, "Findings and sign-offs")


@pytest.mark.parametrize("name", framework.names())
def test_every_pack_can_be_reported(name: str, archive: Archive) -> None:
    made = reporting.law(archive, "mortgage@2", name)
    assert made.told["sections"]
    assert proof.proved(copied.text_of(html(made).encode()), made.told).flaws == []


def test_a_law_shows_the_report_that_was_bound_after_a_newer_audit(populated: Path) -> None:
    with stores.archive(populated) as archive:
        filing.answer(archive, "mortgage", {"voluntary": "nist_ai_rmf"}, OLGA)
        filing.bind(archive, "mortgage@2", "nist_ai_rmf", actor=OLGA)
        bound = archive.newest_report("mortgage@2")
        newer = stores.again(archive, "mortgage@2")
        told = reporting.law(archive, "mortgage@2", "nist_ai_rmf").told
    assert bound.id in json.dumps(told["front"])
    assert newer not in json.dumps(told["front"])
    shown = set(re.findall(r"m-[a-z2-7]{16}", words(told, "Figures that requirements rest on")))
    assert shown
    assert shown <= {one.id(bound.key) for one in bound.measures()}


def test_an_attestation_about_another_version_says_so(populated: Path) -> None:
    with stores.archive(populated) as archive:
        filing.answer(archive, "mortgage", {"voluntary": "nist_ai_rmf"}, OLGA)
        filing.attest(archive, "mortgage@1", "nist_ai_rmf", "RMF-GOVERN-1-1", "counsel has read it", actor=OLGA)
        first = archive.model("mortgage@1").digest[:12]
        own, other = (reporting.law(archive, f"mortgage@{n}", "nist_ai_rmf").told for n in (1, 2))
    assert f"about another version, {first}" in words(other, "Documents and attestations")
    assert "another version" not in words(own, "Documents and attestations")


def test_a_version_that_was_never_audited_was_not_measured_in_everything(populated: Path) -> None:
    with stores.archive(populated) as archive:
        filing.answer(archive, "breast_cancer", {"jurisdictions": "european_union"}, OLGA)
        told = reporting.law(archive, "breast_cancer@1", "nyc_ll144").told
    absent = words(told, "What is not there, and why")
    assert "Everything that is asked" not in absent
    assert "breast_cancer@1 was never audited. Type: answerable audit breast_cancer@1" in absent


def test_an_old_pack_has_a_banner(archive: Archive) -> None:
    pack = framework.read("eu_ai_act")
    later = reporting.law(archive, "mortgage@2", "eu_ai_act", pack.as_of + timedelta(days=400))
    assert later.told["front"][0]["text"] == pack.outdated(pack.as_of + timedelta(days=400))


def test_in_another_language_all_that_is_about_the_page_is_translated_and_the_rest_marked(archive: Archive) -> None:
    fleet = reporting.portfolio(archive, language="zh").told
    assert fleet["sentence"]["text"] == "3 个模型：1 个需要处理，2 个不予放行。"
    assert "mortgage 的复审期限为 2026-01-31" in json.dumps(fleet["front"], ensure_ascii=False)
    assert "[en]" not in json.dumps(fleet)
    law = reporting.law(archive, "mortgage@2", "eu_ai_act", language="zh").told
    for told in (fleet, law):
        assert all(HAN.search(one["title"]) for one in told["sections"])
        assert all(HAN.search(one["text"]) for one in columns(told) if one["text"] != "n")
        assert all(HAN.search(label) for label in labels(told) if label)
    asked = [row[1]["text"] for one in law["sections"][2]["blocks"] for row in one["rows"]]
    assert asked
    assert all(one.endswith("[en]") for one in asked)


def columns(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for block in blocks(told) if block["kind"] == "table" for one in block["columns"]]


def labels(told: dict[str, Any]) -> list[str]:
    return [label for block in blocks(told) if block["kind"] == "terms" for label, _ in block["rows"]]


def blocks(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [*told["front"], *(block for one in told["sections"] for block in one["blocks"])]


def test_the_terminal_writes_each_in_chinese_and_proves_it(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("ANSWERABLE_HOME", str(home))
    monkeypatch.delenv("ANSWERABLE_STORE", raising=False)
    every = ("--language", "zh", "--folder", tmp_path, "--format")
    assert typed("mortgage@1", "mortgage@2", *every, "html").exit_code == 0
    assert typed("--portfolio", *every, "html,docx,md").exit_code == 0
    assert typed("mortgage@2", "--law", "nyc_ll144", *every, "html,docx,md").exit_code == 0
    pages = sorted(tmp_path.iterdir())
    assert len(pages) == 7
    for page in pages:
        said = typed("check", page)
        assert (said.exit_code, "every figure is the store's" in said.output) == (0, True), (page.name, said.output)
    written = (tmp_path / "portfolio.md").read_text()
    (tmp_path / "edited.md").write_text(written.replace("3 个模型", "4 个模型"))
    assert typed("check", tmp_path / "edited.md").exit_code == 1


def test_the_id_of_a_page_says_what_page_it_is(documents: dict[str, Any], populated: Path) -> None:
    for kind, says in (("comparison", "two versions"), ("portfolio", "all models"), ("law", "one law")):
        said = CliRunner().invoke(app, ["show", documents[kind].told["report"]])
        assert said.exit_code == 0
        assert says in said.output
        assert "report check FILE" in " ".join(said.output.split())


def test_which_key_signs_the_ledger_is_said(documents: dict[str, Any]) -> None:
    for made in documents.values():
        assert "no key has signed yet" in json.dumps(made.told)


def test_what_came_later_does_not_change_a_page_that_was_made_before(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    shutil.copytree(home, folder)
    with stores.archive(folder) as archive:
        entry, day = queries.last_entry(archive.database), date(2026, 3, 20)
        before = reporting.portfolio(archive, day), reporting.law(archive, "mortgage@2", "eu_ai_act", day)
        governing.register(archive, "mortgage", {"owner": "Somebody Else"}, OLGA)
        filing.answer(archive, "mortgage", {"roles": "deployer"}, OLGA)
        assert reporting.portfolio(archive, day) != before[0]
        for one in before:
            said = again.source(copied.text_of(html(one).encode()))
            assert said is not None
            assert reporting.again(archive, said) == one
        with pytest.raises(ValueError, match="another store"), as_of(archive, entry + 99):
            pass


def test_a_hundred_models_are_one_table_whose_head_comes_again(tmp_path: Path) -> None:
    with stores.archive(tmp_path) as archive:
        for number in range(110):
            stores.put_model(archive, stores.card("mortgage", 1, name=f"model-{number:03d}"))
        made = reporting.portfolio(archive)
    (tmp_path / "one.pdf").write_bytes(pdf(made))
    pages = [one.extract_text() for one in PdfReader(tmp_path / "one.pdf").pages]
    assert sum("Next review" in text for text in pages) >= 2
    assert proof.proved("\n".join(pages), made.told).flaws == []


def test_an_empty_store_is_said(tmp_path: Path) -> None:
    with stores.archive(tmp_path) as archive:
        made = reporting.portfolio(archive)
    assert made.told["sentence"]["text"] == "No model is kept yet."
    assert pdf(made)


def typed(*words: object) -> Any:
    return CliRunner().invoke(app, ["report", *map(str, words)], env={"COLUMNS": "200"})


def test_the_terminal_writes_each_and_proves_it(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSWERABLE_HOME", str(home))
    monkeypatch.delenv("ANSWERABLE_STORE", raising=False)
    every = ("--folder", tmp_path, "--format", "pdf,html,docx,md,json")
    for asked in (("mortgage@1", "mortgage@2"), ("--portfolio",), ("mortgage@2", "--law", "nyc_ll144")):
        assert typed(*asked, *every).exit_code == 0
    for name in ("mortgage-1-and-mortgage-2.md", "portfolio.docx", "portfolio.pdf", "portfolio.html", "portfolio.md",
                 "mortgage-2-nyc_ll144.docx", "mortgage-2-nyc_ll144.pdf", "mortgage-2-nyc_ll144.html", "mortgage-2-nyc_ll144.md"):  # fmt: skip
        said = typed("check", tmp_path / name)
        assert (said.exit_code, "every figure is the store's" in said.output) == (0, True), (name, said.output)
    (tmp_path / "edited.md").write_text((tmp_path / "portfolio.md").read_text().replace("3 models", "4 models"))
    assert typed("check", tmp_path / "edited.md").exit_code == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Name a version"),
        (("--portfolio", "mortgage@2"), "name none"),
        (("mortgage@1", "mortgage@2", "--law", "eu_ai_act"), "about one version"),
        (("mortgage@2", "--law", "eu_ai"), "Did you mean 'eu_ai_act'"),
        (("mortgage@2", "mortgage@2"), "the same report"),
        (("mortgage@2", "digits@2"), "same examples only"),
        (("--portfolio", "--format", "sarif"), "Known: pdf, html"),
        (("--portfolio", "--language", "tlh"), "Known: en, zh"),
        (("check",), "report check FILE"),
        (("check", "nowhere.pdf"), "There is no file"),
    ],
)
def test_what_is_unclear_is_one_sentence(words: tuple[str, ...], says: str, populated: Path) -> None:
    said = typed(*words)
    assert said.exit_code == 2
    assert says in said.output
    assert "Traceback" not in said.output


def test_a_digit_in_the_line_a_page_was_made_from_is_found(documents: dict[str, Any], archive: Archive, tmp_path: Path) -> None:  # fmt: skip
    place = verbs.Place(archive, tmp_path)
    written = html(documents["portfolio"])
    day = str(documents["portfolio"].told["title"])[-10:]
    (tmp_path / "page.html").write_text(written.replace(f"portfolio on {day}", f"portfolio on {date.fromisoformat(day) - timedelta(days=1)}"))  # fmt: skip
    assert verbs.proof_of(place, tmp_path / "page.html").flaws
