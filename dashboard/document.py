"""The paper face: one document as PDF (PDF/A-3a, PDF/UA-1, its record attached as JSON) and as one HTML file."""

from __future__ import annotations

import json
import os
import re
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from dashboard import templates, texts, theme
from dashboard.paper.contents import contents
from dashboard.paper.dossier import Dossier

__all__ = ["Document", "Dossier", "html", "of", "pdf"]

Paper = Literal["a4", "us-letter"]
UNWRITABLE = re.compile(r'(?:the text|codepoint) `"(\\u\{([0-9a-f]+)\}|.[^"`]*)"`')
"""How typst names a character that none of its fonts can draw."""
JOINT, LONG = re.compile(r"([._=/·])(?=[^\W\d_])"), re.compile(r"[^\s\u200b\u3000-\u9fff\uff00-\uffef]{30,}")
FONTS = "ANSWERABLE_FONTS"
"""The variable that names a folder of fonts; without it a page that is not English is set in those of the system."""
NO_FONT = (
    "No font at hand can write the language {language} in a PDF. Name a folder that holds one in "
    + FONTS
    + " (on Debian: "
    "apt-get install fonts-wqy-microhei, then "
    + FONTS
    + "=/usr/share/fonts/truetype/wqy), or type --format html,docx,md."
)
BROKEN = {"text", "under", "caption", "name", "subtitle"}
"""What may break inside a word: all that stands in a line or a cell."""


class Document(NamedTuple):
    """Finished text, whatever it is about, and what belongs to it."""

    told: dict[str, Any]
    """What it says, shaped as ``dashboard.paper.contents.contents`` shapes it."""
    attached: bytes
    """The record that it was set from, as JSON: attached to the PDF as ``report.json``."""
    at: datetime
    """When it was made, so that the same document gives the same bytes."""

    @property
    def language(self) -> str:
        """What it is written in."""
        return str(self.told.get("language", texts.DEFAULT))


def of(dossier: Dossier, language: str = texts.DEFAULT) -> Document:
    """The report of one version. Raises ``UnknownName`` for a language that there are no texts of."""
    return Document(contents(dossier, language), dossier.attached, dossier.judgement.created)


def pdf(document: Document, paper: Paper = "a4") -> bytes:
    """The document on paper; the same document gives the same bytes.

    A character that no font at hand can draw is written out (U+4E2D), as PDF/A allows no missing glyph; the
    attachment has it as it is. Raises ``ValueError`` where that would be so for the document's own language.
    """
    import typst

    told = (
        document.told
        | _words(document)
        | {"name": document.told["title"], "paper": paper, "colours": dict(theme.LIGHT)}
    )
    text = json.dumps(_breakable(told), ensure_ascii=False)
    while True:
        try:
            return _compiled(text, document)
        except typst.TypstError as why:
            missing = _unwritable(str(why)) & set(text)
            if not missing:
                raise
            if missing & set("".join(texts.table(document.language).values())):
                raise ValueError(NO_FONT.format(language=document.language)) from None
            text = text.translate({ord(one): f"‹U+{ord(one):04X}›" for one in missing})


def html(document: Document) -> str:
    """The document as one file: style and charts inside, no request to anywhere, light and dark, ready to print."""
    return templates.html("report.html", **document.told | _words(document))


def _words(document: Document) -> dict[str, str]:
    """What the page itself says, in the document's language."""
    with texts.speaking(document.language):
        made = texts.say("page.made", program=document.told["generated_by"])
        return {"language": document.language, "made": made, "numbered": f"1 {texts.say('page.of')} 1"}


def _breakable(one: Any, key: str = "") -> Any:
    """The same where long names may break after a joint, and anything of thirty letters without one anywhere."""
    if isinstance(one, str):
        return _broken(one) if key in BROKEN or key == "rows" else one
    if isinstance(one, dict):
        return {
            key: value if isinstance(value, str) and key not in BROKEN else _breakable(value, key)
            for key, value in one.items()
        }
    return [_breakable(value, key) for value in one] if isinstance(one, list) else one


@lru_cache(maxsize=4096)
def _broken(text: str) -> str:
    """Many cells say the same."""
    return LONG.sub(lambda found: "\u200b".join(found[0]), JOINT.sub("\\1\u200b", text))


def _unwritable(complaint: str) -> set[str]:
    return {one for text, code in UNWRITABLE.findall(complaint) for one in (chr(int(code, 16)) if code else text)}


def _compiled(text: str, document: Document) -> bytes:
    import typst

    folder = os.environ.get(FONTS, "")
    made: bytes = typst.compile(  # type: ignore[misc]
        templates.FOLDER / "report.typ",
        sys_inputs={"payload": text, "report": document.attached.decode()},
        font_paths=[folder] if folder else [],
        ignore_system_fonts=bool(folder) or document.language == texts.DEFAULT,
        pdf_standards=["a-3a", "ua-1"],
        timestamp=int(document.at.timestamp()),
    )
    return made
