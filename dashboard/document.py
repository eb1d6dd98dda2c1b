"""The paper face: one report as PDF (PDF/A-3a, PDF/UA-1, the report attached as JSON) and as one HTML file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

from dashboard import theme
from dashboard.paper.contents import contents
from dashboard.paper.dossier import Dossier

__all__ = ["Dossier", "html", "pdf"]

TEMPLATES = Path(__file__).parent / "templates"
Paper = Literal["a4", "us-letter"]
UNWRITABLE = re.compile(r'(?:the text|codepoint) `"(\\u\{([0-9a-f]+)\}|.[^"`]*)"`')
"""How typst names a character that none of its fonts can draw."""


def pdf(dossier: Dossier, paper: Paper = "a4") -> bytes:
    """The dossier on paper; the same dossier gives the same bytes.

    The canonical JSON of the report is attached as ``report.json``. A character that no font at hand can draw is
    written out (U+4E2D), as PDF/A allows no missing glyph; the attachment has it as it is.
    """
    import typst

    attached = dossier.report.canonical().decode()
    text = json.dumps(contents(dossier) | {"paper": paper, "colours": dict(theme.LIGHT)}, ensure_ascii=False)
    while True:
        try:
            return _compiled(text, attached, dossier)
        except typst.TypstError as why:
            missing = _unwritable(str(why)) & set(text)
            if not missing:
                raise
            text = text.translate({ord(one): f"‹U+{ord(one):04X}›" for one in missing})


def html(dossier: Dossier) -> str:
    """The dossier as one file: style and charts inside, no request to anywhere, light and dark, ready to print."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        **contents(dossier),
        light=Markup(theme.css(theme.LIGHT)),
        dark=Markup(theme.css(theme.DARK)),
        drawn=lambda svg: Markup(theme.follow(svg)),
    )


def _unwritable(complaint: str) -> set[str]:
    return {one for text, code in UNWRITABLE.findall(complaint) for one in (chr(int(code, 16)) if code else text)}


def _compiled(text: str, attached: str, dossier: Dossier) -> bytes:
    import typst

    made: bytes = typst.compile(
        TEMPLATES / "report.typ",
        sys_inputs={"payload": text, "report": attached},
        ignore_system_fonts=True,
        pdf_standards=["a-3a", "ua-1"],
        timestamp=int(dossier.judgement.created.timestamp()),
    )
    return made
