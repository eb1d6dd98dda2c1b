"""Word: the printed report as DOCX, with real headings, tables that repeat their head, and the charts as pictures."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from dashboard.document import Document, Paper
from dashboard.paper.block import Block, Cell
from dashboard.theme import LIGHT, TOKENS

if TYPE_CHECKING:
    from docx.document import Document as Word

PAGES = {"a4": (210.0, 297.0), "us-letter": (215.9, 279.4)}
"""Width and height in millimetres."""
MARGIN, DRAWN, DENSITY = 20.0, 130.0, 2.0
"""Millimetres around the text, millimetres of a chart's width, dots of a picture for each of its units."""
TWIPS = 1440 / 25.4
"""Twentieths of a point in a millimetre, which is what Word measures tables in."""
SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MONO, SERIF, EAST = "DejaVu Sans Mono", "Cambria", "Microsoft YaHei"
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
FIXED = (1980, 1, 1, 0, 0, 0)
"""When every part of the file is said to be written, so that the same document gives the same bytes."""


def docx(document: Document, paper: Paper = "a4") -> bytes:
    """The document for Word; the same document gives the same bytes."""
    from docx import api

    told, word = document.told, api.Document()
    _style(word, LANGUAGES[told.get("language", "en")])
    _page(word, document, paper)
    word.add_paragraph(told["kind"], style="Quiet")
    word.add_paragraph(told["title"], style="Title")
    word.add_paragraph(told["subtitle"], style="Subtitle")
    _paragraph(word, _inside(told["sentence"], bold=True))
    for one in told["front"]:
        SET[one["kind"]](word, one)
    for number, section in enumerate(told["sections"], 1):
        word.add_heading(f"{number}. {section['title']}", 1)
        for one in section["blocks"]:
            SET[one["kind"]](word, one)
    word.add_paragraph(f"{told['report']} · sha256 {told['digest']} · {told['generated_by']}", style="Quiet")
    written = io.BytesIO()
    word.save(written)
    return _fixed(written.getvalue())


def words(data: bytes) -> str:
    """What a person reads in a DOCX, charts by their alternative text. Raises ``ValueError`` for any other file."""
    from docx import api
    from docx.opc.exceptions import PackageNotFoundError

    try:
        body = api.Document(io.BytesIO(data)).element.body
    except (PackageNotFoundError, KeyError, SyntaxError, ValueError, zipfile.BadZipFile) as why:
        raise ValueError(f"The DOCX cannot be read: {why}.") from None
    return "".join(_read(body))


def _read(body: Any) -> Iterator[str]:
    for one in body.iter():
        tag = str(one.tag).rpartition("}")[2]
        if tag == "t":
            yield one.text or ""
        elif tag in ("p", "br", "tab"):
            yield "\n"
        elif tag == "docPr":
            yield f"\n{one.get('descr', '')}"


def _style(word: Word, language: str) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    def look(style: Any, points: float, hue: str = "ink", font: str = SERIF, bold: bool | None = None) -> None:
        style.font.name, style.font.size, style.font.bold = font, Pt(points), bold
        style.font.color.rgb = RGBColor.from_string(LIGHT[hue].lstrip("#").upper())
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for side in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{side}"), None)
        fonts.set(qn("w:eastAsia"), EAST)

    styles = word.styles
    sizes = {"Normal": 10, "Title": 24, "Heading 1": 16, "Heading 2": 12.5, "Heading 3": 10.5}
    for name, points in sizes.items():
        look(styles[name], points, bold=name[-1] in "23")
    look(styles["Subtitle"], 12, "quiet")
    look(styles["Caption"], 9, bold=True)
    styles["Subtitle"].font.italic = False
    styles["Caption"].paragraph_format.keep_with_next = True
    look(styles.add_style("Quiet", WD_STYLE_TYPE.PARAGRAPH), 8, "quiet")
    look(styles.add_style("Beneath", WD_STYLE_TYPE.CHARACTER), 8, "quiet")
    look(styles.add_style("Id", WD_STYLE_TYPE.CHARACTER), 6.5, "quiet", MONO)
    look(styles.add_style("Code", WD_STYLE_TYPE.CHARACTER), 7, font=MONO)
    for outcome, token in TOKENS.items():
        look(styles.add_style(_styled(outcome), WD_STYLE_TYPE.CHARACTER), 9, token, bold=True)
    for one in styles.element.iter(qn("w:lang")):
        one.set(qn("w:val"), language)
        one.set(qn("w:eastAsia"), language if language.startswith("zh") else "zh-CN")


def _page(word: Word, document: Document, paper: Paper) -> None:
    from docx.shared import Mm

    told, section, about = document.told, word.sections[0], word.core_properties
    section.page_width, section.page_height = map(Mm, PAGES[paper])
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN)
    foot = section.footer.paragraphs[0]
    foot.style = "Quiet"
    foot.add_run(f"{told['title']} · {told['report']} · ")
    foot._p.append(_xml('<w:fldSimple w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>'))
    about.title, about.subject, about.keywords, about.category = (
        told["title"][:255],
        told["subtitle"][:255],
        "",
        told["kind"],
    )
    about.author = about.last_modified_by = told["generated_by"]
    about.created = about.modified = document.at.replace(tzinfo=None)
    about.identifier, about.comments, about.revision = told["digest"], "", 1
    about.language = LANGUAGES[told.get("language", "en")]


def _heading(word: Word, one: Block) -> None:
    made = word.add_heading(level=one["level"])
    if one["code"]:
        made.add_run(f"{one['code']} ", style="Id")
    made.add_run(one["text"])


def _text(word: Word, one: Block) -> None:
    word.add_paragraph(one["text"], style="Quiet" if one["quiet"] else None)


def _terms(word: Word, one: Block) -> None:
    rows = [[f"<w:r>{_t(label, 'Beneath')}</w:r>", _inside(value)] for label, value in one["rows"]]
    _tabled(word, [1.0, 4.4], [False, False], rows, ruled=False)


def _table(word: Word, one: Block) -> None:
    if one["caption"]:
        id = f"<w:r>{_t(' ' + one['short'], 'Id')}</w:r>" if one["short"] else ""
        _paragraph(word, f"<w:r>{_t(one['caption'])}</w:r>{id}", "Caption")
    columns = one["columns"]
    head = [f"<w:r>{_t(each['text'], 'Beneath')}</w:r>" for each in columns]
    rows = [[_inside(each) for each in row] for row in one["rows"]]
    _tabled(word, [each["share"] for each in columns], [each["right"] for each in columns], [head, *rows])


def _figure(word: Word, one: Block) -> None:
    import vl_convert
    from docx.shared import Mm

    picture = vl_convert.svg_to_png(one["svg"], scale=DENSITY)
    drawn = word.add_picture(io.BytesIO(picture), width=Mm(DRAWN))
    drawn._inline.docPr.set("descr", one["alt"])
    _paragraph(word, f"<w:r>{_t(one['caption'], 'Beneath')}</w:r><w:r>{_t(' ' + one['short'], 'Id')}</w:r>")


SET: dict[str, Callable[[Any, Block], None]] = {
    "heading": _heading, "text": _text, "terms": _terms, "table": _table, "figure": _figure,
}  # fmt: skip


def _inside(one: Cell, *, bold: bool = False) -> str:
    """A cell's runs: the words in their colour, the id after them, the quiet second line."""
    style = _styled(one["outcome"].replace("-", " ")) if one["outcome"] else "Code" if one["code"] else ""
    runs = f"<w:r>{_t(one['text'], style, bold=bold)}</w:r>"
    if one["short"]:
        runs += f"<w:r>{_t(' ' + one['short'], 'Id')}</w:r>"
    return runs + (f"<w:r><w:br/></w:r><w:r>{_t(one['under'], 'Beneath')}</w:r>" if one["under"] else "")


def _styled(outcome: str) -> str:
    return outcome.capitalize().replace(" ", "")


def _t(text: str, style: str = "", *, bold: bool = False) -> str:
    look = (f'<w:rStyle w:val="{style}"/>' if style else "") + ("<w:b/>" if bold else "")
    return f'<w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t>'


def _paragraph(word: Word, runs: str, style: str = "Normal") -> None:
    made = word.add_paragraph(style=style)
    for one in _xml(f"<w:p>{runs}</w:p>"):
        made._p.append(one)


def _tabled(word: Word, shares: list[float], right: list[bool], rows: list[list[str]], *, ruled: bool = True) -> None:
    """A table as wide as the text; where it is ruled its first row is a head that each page repeats."""
    page = word.sections[0].page_width
    wide = ((page.mm if page else PAGES["a4"][0]) - 2 * MARGIN) * TWIPS
    widths = [round(wide * share / sum(shares)) for share in shares]
    border = f'<w:bottom w:val="single" w:sz="4" w:color="{LIGHT["rule"].lstrip("#")}"/>'
    inside = border.replace("w:bottom", "w:insideH")
    parts = [
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>',
        f"<w:tblBorders>{border}{inside}</w:tblBorders>" if ruled else "",
        '<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>',
        *(f'<w:gridCol w:w="{one}"/>' for one in widths),
        "</w:tblGrid>",
    ]
    for place, row in enumerate(rows):
        head = "<w:tblHeader/>" if ruled and place == 0 else ""
        parts.append(f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>")
        for runs, width, end in zip(row, widths, right, strict=True):
            side = '<w:jc w:val="right"/>' if end else ""
            parts.append(
                f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr>'
                f'<w:spacing w:before="30" w:after="30" w:line="240" w:lineRule="auto"/>{side}</w:pPr>{runs}</w:p></w:tc>'
            )
        parts.append("</w:tr>")
    word.element.body.insert_element_before(_xml("".join([*parts, "</w:tbl>"])), "w:sectPr")
    word.add_paragraph()


def _xml(text: str) -> Any:
    from docx.oxml import parse_xml

    end = next(at for at, letter in enumerate(text) if letter in " />")
    return parse_xml(f'{text[:end]} xmlns:w="{SPACE}"{text[end:]}')


def _fixed(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            new.writestr(zipfile.ZipInfo(name, FIXED), old.read(name), zipfile.ZIP_DEFLATED)
    return made.getvalue()
