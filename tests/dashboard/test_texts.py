"""The paper face in more than one language: the files say the same, and a page is proved in each."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from docx import Document as Word
from pypdf import PdfReader

import dashboard
from audit.acts.approvals import ApprovalState, Standing
from audit.acts.finding import Severity
from audit.acts.findings import FindingState
from audit.acts.incident import Incident
from audit.acts.incidents import IncidentState
from audit.acts.inventory import InventoryEntry, Weight
from audit.acts.risk import Risk
from audit.acts.risks import RiskState
from audit.acts.signoff import Stage
from audit.acts.state import ModelState, Phase
from audit.acts.waiver import Waiver
from audit.catalogue import catalogue
from audit.measure import definitions
from audit.part import State
from audit.tier import TierId
from dashboard import texts
from dashboard.document import FONTS, Document, html, of, pdf
from dashboard.formats.docx import docx
from dashboard.formats.markdown import markdown, read, undrawn
from dashboard.paper import acts, copied, proof
from tests.dashboard.dossiers import dossier

WRITTEN = "\n".join(
    one.read_text()
    for one in (*Path(dashboard.__file__).parent.glob("paper/*.py"), Path(dashboard.__file__).parent / "document.py")
)
OWN = ("check.", "measure.", "reason.", "word.")
"""What only another language has a text of: the English is a docstring, a name, a stored sentence, the word itself."""
HAN = re.compile("[\u4e00-\u9fff]")
FONT = Path("/usr/share/fonts/truetype/wqy")
others = pytest.mark.parametrize("language", [one for one in texts.languages() if one != texts.DEFAULT])


@pytest.fixture(scope="module")
def made() -> Document:
    return of(dossier(short=True), "zh")


@others
def test_both_files_say_the_same_with_the_same_fields(language: str) -> None:
    english, other = texts.table(texts.DEFAULT), texts.table(language)
    shared = {key for key in other if not key.startswith(OWN)}
    assert shared == set(english)
    for key in shared:
        assert set(texts.fields(other[key])) == set(texts.fields(english[key])), key


def test_every_text_is_used_and_every_text_that_is_used_is_there() -> None:
    english = texts.table(texts.DEFAULT)
    literal = set(re.findall(r"""(?<!f)["']([a-z_]+\.[a-z_]+)["']""", WRITTEN))
    composed = re.findall(r"""f["']([a-z_]+\.[^"' ]*{[^"']*)["']""", WRITTEN)
    patterns = [re.compile(re.sub(r"\\{.*?\\}", ".+", re.escape(one))) for one in composed]
    for key in english:
        assert key in literal or any(one.fullmatch(key) for one in patterns), f"{key} is not used"
    for key in re.findall(r'\bsay\(\s*"([^"]+)"', WRITTEN):
        assert key in english, f"{key} is missing"


@others
def test_checks_measures_and_their_parts_are_those_that_exist(language: str) -> None:
    other = texts.table(language)
    for key in other:
        kind, _, name = key.partition(".")
        if kind == "measure":
            assert name in definitions(), key
        if kind == "check":
            code, part = name.split(".")
            assert code in catalogue(), key
            assert part in ("title", "about", "measures", "read", "limits"), key
    for code in catalogue():
        assert f"check.{code}.title" in other


@others
@pytest.mark.parametrize("closed", [State, Phase, Standing, Stage, Severity, Weight, TierId])
def test_every_word_of_a_closed_list_is_there(language: str, closed: object) -> None:
    words = texts.table(language)
    assert [one for one in get_args(closed) if f"word.{one}" not in words] == []


def test_english_of_an_act_is_what_the_record_itself_says() -> None:
    day, at = date(2026, 3, 9), datetime(2026, 3, 1, tzinfo=UTC)
    given: dict[str, Any] = {
        "by": "Ada",
        "known_by": "oidc",
        "at": at,
        "stage": "production",
        "version": "m1",
        "ends": date(2026, 3, 8),
    }
    gone: dict[str, Any] = {**given, "standing": "expired", "reason": "its day is over"}
    approvals = (
        ApprovalState.model_construct(**given, standing="in force", reason=""),
        ApprovalState.model_construct(**gone, conditions=("first", "second"), by_author=True),
    )
    due = {"owner": "dev", "due": date(2026, 3, 8), "severity": "high", "title": "wrong"}
    risk = {"key": "R1", "owner": "dev", "next_review": date(2026, 3, 8)}
    incident = {"incident": Incident.model_construct(key="I1"), "due": day, "duty": "Art. 73(2)"}
    stands = ModelState.model_construct(
        model="m", today=day, review_overdue=True, approvals=approvals[1:], released=(),
        entry=InventoryEntry.model_construct(next_review=date(2026, 3, 8)),
        findings=[FindingState.model_construct(**due, id=id, overdue=late) for id, late in (("a-1", True), ("a-2", False))],
        risks=[RiskState.model_construct(risk=Risk.model_construct(**risk), overdue=True)],
        incidents=[IncidentState.model_construct(**incident, state=state) for state in ("overdue", "to be reported")],
        waivers=[Waiver.model_construct(measure="accuracy.accuracy", setting=None, expires=date(2026, 3, 8))],
    )  # fmt: skip
    assert [acts.approved(one) for one in approvals] == [one.sentence for one in approvals]
    assert [acts.pressing(one, stands) for one in stands.matters] == list(stands.attention)
    assert len(stands.matters) == 8
    with texts.speaking("zh"):
        told = [acts.pressing(one, stands) for one in stands.matters] + [acts.approved(one) for one in approvals]
    assert all(HAN.search(one) for one in told)


def test_what_a_language_lacks_is_printed_in_english_and_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {key: words for key, words in texts.table("zh").items() if key != "front.nobody"}
    english = texts.table("en")
    monkeypatch.setattr(texts, "table", lambda one: known if one == "zh" else english)
    with texts.speaking("zh"):
        assert texts.say("front.nobody") == "nobody [en]"
        assert texts.named("measure", "plugin.own", "Own") == "Own [en]"
    assert texts.say("front.nobody") == "nobody"


def test_a_language_that_there_is_none_of_is_one_sentence() -> None:
    with pytest.raises(LookupError, match="language"):
        of(dossier(short=True), "tlh")


def test_every_face_says_which_language_it_is_in(made: Document) -> None:
    assert '<html lang="zh">' in html(made)
    word = Word(io.BytesIO(docx(made)))
    assert word.core_properties.language == "zh-CN"
    assert 'w:eastAsia="zh-CN"' in word.styles.element.xml
    for told in (html(made), markdown(made.told), copied.text_of(docx(made))):
        assert len(HAN.findall(told)) > 1000


def test_a_page_in_another_language_is_proved_and_an_edited_one_is_not(made: Document) -> None:
    pages = [
        (copied.text_of(html(made).encode()), made.told),
        (copied.text_of(docx(made)), made.told),
        (read(markdown(made.told)), undrawn(made.told)),
    ]
    for page, told in pages:
        assert copied.language_of(page) == "zh"
        assert proof.proved(page, told).flaws == []
        spot = re.search(r"\d(?=\s%\s\[)", page)
        assert spot is not None
        edited = page[: spot.start()] + str((int(spot.group()) + 1) % 10) + page[spot.end() :]
        assert proof.proved(edited, told).flaws


@pytest.mark.skipif(not FONT.is_dir(), reason="no Chinese font is installed: apt-get install fonts-wqy-microhei")
def test_paper_in_chinese_is_set_in_a_font_of_the_folder_that_is_named(
    made: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FONTS, str(FONT))
    data = pdf(made)
    root = PdfReader(io.BytesIO(data)).trailer["/Root"]
    assert root["/Lang"] == "zh"
    text = copied.text_of(data)
    assert "审计报告" in text
    assert proof.proved(text, made.told).flaws == []
    assert pdf(made) == data


def test_paper_without_a_font_for_its_language_is_refused_with_what_to_do(
    made: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FONTS, str(tmp_path))
    with pytest.raises(ValueError, match=FONTS):
        pdf(made)
