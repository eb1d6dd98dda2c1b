"""A report that was written, in whatever form, as the words that a person reads."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

from dashboard import texts
from dashboard.formats.docx import words

INVISIBLE = re.compile("[\u00ad\u200b\u2060]")
"""Soft hyphens and zero-width spaces, which only layout sets."""
REPORT = re.compile(r"\br-[a-z2-7]{10,16}\b", re.ASCII)
JUDGEMENT = re.compile(r"\bg-[a-z2-7]{10,16}\b", re.ASCII)
DIFFERENCE = re.compile(r"\bd-\s{0,2}([a-z2-7]{10})", re.ASCII)
SPACES = re.compile(" {2,}")


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
    return shown(text) if "<html" in text[:2000].lower() else text


def named(text: str) -> tuple[str, str]:
    """Ids of the report and of the judgement that the page is about. Raises ``ValueError`` where it names none."""
    report, judgement = REPORT.search(text), JUDGEMENT.search(text)
    if report is None or judgement is None:
        raise ValueError(
            "The file names no report (r-...) and no judgement (g-...), so there is nothing to hold it to."
        )
    return report.group(), judgement.group()


def differences(text: str) -> frozenset[str]:
    """Ids, as people read them, of the differences that the page names."""
    return frozenset(f"d-{one}" for one in DIFFERENCE.findall(text))


def language_of(text: str) -> str:
    """What a page is written in: the language that most of its sections are called in."""
    page = together(text)
    names = {
        one: [words for key, words in texts.table(one).items() if key.startswith("section.")]
        for one in texts.languages()
    }
    return max(names, key=lambda one: sum(together(words) in page for words in names[one]))


def together(text: str) -> str:
    """Without spaces and what only layout sets."""
    return "".join(INVISIBLE.sub("", text).split())


def shown(html: str) -> str:
    """What HTML or SVG shows."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return SPACES.sub(" ", "".join(reader.words))


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
