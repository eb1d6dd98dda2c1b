"""A printed report held against the store: every figure in it belongs to an id, or is one that the page gives without."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, NamedTuple

from dashboard import texts
from dashboard.formats.docx import words
from dashboard.paper import columns

INVISIBLE = re.compile("[\u00ad\u200b\u2060]")
"""Soft hyphens and zero-width spaces, which only layout sets."""
ID = re.compile(r"\b(?:[a-z]-\n?[a-z2-7]{10,16}|[0-9a-f]{12})\b", re.ASCII)
REPORT = re.compile(r"\br-[a-z2-7]{10,16}\b", re.ASCII)
JUDGEMENT = re.compile(r"\bg-[a-z2-7]{10,16}\b", re.ASCII)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Flaw(NamedTuple):
    """One thing that the file says and the store does not, or the other way round."""

    what: str
    """What the figure is about: an id, or ``without an id``."""
    said: str
    message: str


def text_of(data: bytes) -> str:
    """What a person reads in a PDF, a DOCX, an HTML page, Markdown or a text. Raises ``ValueError`` for anything else."""
    if data.startswith(b"PK"):
        return words(data)
    if data.startswith(b"%PDF"):
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError

        try:
            return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
        except PyPdfError as why:
            raise ValueError(f"The PDF cannot be read: {why}.") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(
            "The file is no PDF, DOCX, HTML page or text; give the file that `answerable report` wrote."
        ) from None
    return _shown(text) if "<html" in text[:2000].lower() else text


def named(text: str) -> tuple[str, str]:
    """Ids of the report and of the judgement that the page is about. Raises ``ValueError`` where it names none."""
    report, judgement = REPORT.search(text), JUDGEMENT.search(text)
    if report is None or judgement is None:
        raise ValueError(
            "The file names no report (r-...) and no judgement (g-...), so there is nothing to hold it to."
        )
    return report.group(), judgement.group()


def language_of(text: str) -> str:
    """What a page is written in: the language that most of its sections are called in."""
    page = _together(text)
    names = {
        one: [words for key, words in texts.table(one).items() if key.startswith("section.")]
        for one in texts.languages()
    }
    return max(names, key=lambda one: sum(_together(words) in page for words in names[one]))


def flaws(text: str, contents: dict[str, Any]) -> list[Flaw]:
    """Everything in which a page differs from what ``contents`` says it should be; layout and order do not matter.

    A figure that has an id must stand before it, digit by digit. Any other number must stand as often as it should.
    """
    said = _without_footers(INVISIBLE.sub("", text), contents)
    found = _differences(said, contents)
    if found and columns.beside(said):
        return min(found, _differences(columns.read(said), contents), key=len)
    return found


def _differences(said: str, contents: dict[str, Any]) -> list[Flaw]:
    bound, free, drawn, again = _expected(contents, _together(said))
    listed, pictured = Counter(ID.findall(free)), Counter(ID.findall(f"{drawn} {again}"))
    found: list[Flaw] = []
    left, taken = [], 0
    seen: Counter[tuple[str, str]] = Counter()
    for match in ID.finditer(said):
        before, one = said[taken : match.start()], match.group().replace("\n", "")
        taken = match.end()
        texts = bound.get(one)
        if texts is None:
            left.append(before)
            if one not in listed and one not in pictured:
                found.append(Flaw(one, one, f"{one} is the id of nothing in this report."))
            listed[one] -= 1
            continue
        held = next((each for each in sorted(texts, key=len, reverse=True) if _ends(before, each) is not None), None)
        if held is None and pictured[one] > 0:
            pictured[one] -= 1
            left.append(before)
            continue
        if held is None:
            words = " ".join(before.split())[-60:]
            found.append(
                Flaw(one, words, f"{one}: the page says “{words}”, and the store “{' or '.join(sorted(texts))}”.")
            )
            continue
        seen[one, held] += 1
        left.append(before[: _ends(before, held)])
    left.append(said[taken:])
    for (one, words), times in (Counter(bound_pairs(bound)) - seen).items():
        if times and any(map(str.isdigit, words)):
            found.append(Flaw(one, "", f"{one}: “{words}” is missing from the page."))
    found += [Flaw(one, "", f"{one} is missing from the list of ids.") for one, times in listed.items() if times > 0]
    return found + list(_free(" ".join(left), ID.sub(" ", f"{free} {drawn}"), ID.sub(" ", again), contents))


def _together(text: str) -> str:
    return "".join(INVISIBLE.sub("", text).split())


def bound_pairs(bound: dict[str, Counter[str]]) -> dict[tuple[str, str], int]:
    """How often each figure stands before its id."""
    return {(one, words): times for one, texts in bound.items() for words, times in texts.items()}


def _free(left: str, free: str, again: str, contents: dict[str, Any]) -> Iterator[Flaw]:
    known = [contents["digest"], contents["title"]]
    numbers = [Counter(NUMBER.findall(_without(one, known))) for one in (left, free, again)]
    page, must, may = numbers
    for number, times in (page - must).items():
        if number not in may:
            yield Flaw("without an id", number, f"The page says {number} {times} times more than the store does.")
    for number, times in (must - page).items():
        yield Flaw("without an id", number, f"{number} is missing from the page ({times} of {must[number]} times).")


def _without_footers(text: str, contents: dict[str, Any]) -> str:
    """Every page of a PDF ends in the report's id and digest, and which page of how many it is."""
    report, digest, title = (re.escape(contents[name]) for name in ("report", "digest", "title"))
    return re.sub(rf"{report}\s*·?\s*sha256\s*{digest}(\s*{title}\s*·?\s*\d+\s+(?:of|/)\s+\d+)?", " ", text)


def _without(text: str, known: list[str]) -> str:
    for one in known:
        text = re.sub(r"\s*".join(map(re.escape, one)), " ", text)
    return text


def _ends(before: str, words: str) -> int | None:
    """Where the words begin, if the text ends in them but for spaces; no number reaches over a space that is not its own."""
    at, whole, after = len(before), False, ""
    for letter in reversed(words):
        if letter.isspace():
            whole = False
            continue
        if whole and letter.isdigit() and after.isdigit() and before[at - 1 : at].isspace():
            return None
        while at > 0 and before[at - 1].isspace():
            at -= 1
        if at == 0 or before[at - 1] != letter:
            return None
        at, whole, after = at - 1, True, letter
    return at


class Expected(NamedTuple):
    """What a page should say."""

    bound: dict[str, Counter[str]]
    """Texts by the short id that stands after them, and how often."""
    free: str
    """All texts without an id."""
    drawn: str
    """The words of charts."""
    again: str
    """Headings, which a long table says on each page."""


def _expected(contents: dict[str, Any], page: str) -> Expected:
    bound: dict[str, Counter[str]] = {}
    free: list[str] = []
    drawn: list[str] = []
    again: list[str] = []
    described = False
    for text, short, kind in _said(contents):
        words = INVISIBLE.sub("", text)
        if kind == "alt":
            described = _together(words) in page
            if described:
                drawn.append(words)
        elif kind == "drawn" and described:
            described = False
        elif kind == "drawn":
            drawn.append(words)
        elif kind == "again":
            again.append(words)
        elif short:
            bound.setdefault(short, Counter())[words] += 1
        else:
            free.append(words)
    return Expected(bound, "\n".join(free), "\n".join(drawn), "\n".join(again))


def _said(contents: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(text, short id, kind) of everything on the page."""
    language = contents.get("language", texts.DEFAULT)
    yield contents["subtitle"], "", ""
    yield from _cell(contents["sentence"])
    yield contents["generated_by"], "", "again"
    for block in contents["front"]:
        yield from _block(block, language)
    for place, section in enumerate(contents["sections"], 1):
        yield f"{place}. {section['title']}", "", ""
        for block in section["blocks"]:
            yield from _block(block, language)


def _block(block: dict[str, Any], language: str) -> Iterator[tuple[str, str, str]]:
    kind = block["kind"]
    if kind == "heading":
        yield block["code"], "", ""
    if kind in ("heading", "text"):
        yield block["text"], "", ""
    elif kind == "figure":
        yield block["caption"], block["short"], ""
        yield block["alt"], "", "alt"  # what stands for a chart where it is not drawn as text
        yield _shown(block["svg"]), "", "drawn"
    elif kind == "terms":
        signed, signature = False, texts.table(language)["front.signed"]
        for label, value in block["rows"]:
            signed = label == signature or (signed and not label)  # what people said since may be on the page or not
            yield label, "", ""
            yield from ((f"{value['text']} {value['short']}", "", "again"),) if signed else _cell(value)
    else:
        yield block["caption"], block["short"], ""
        yield " ".join(column["text"] for column in block["columns"]), "", ""
        yield " ".join(column["text"] for column in block["columns"]), "", "again"
        for row in block["rows"]:
            for value in row:
                yield from _cell(value)


def _cell(cell: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    yield cell["text"], cell["short"], ""
    yield cell["under"], "", ""


class _Reader(HTMLParser):
    """Collects what is shown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("style", "script", "title")
        self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script", "title")
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def _shown(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.words)
