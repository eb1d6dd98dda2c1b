"""What a page should say: the figures that belong to an id, those that stand without, and what it may say again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from dashboard import texts
from dashboard.paper.copied import INVISIBLE, shown, together


class Expected(NamedTuple):
    """What a page should say."""

    bound: dict[str, Counter[str]]
    """Texts by the short id that stands after them, and how often."""
    free: str
    """All texts without an id."""
    drawn: str
    """The words of charts."""
    again: tuple[str, ...]
    """What may stand more often, each only as a whole: the heads of long tables, who signed since."""

    @property
    def figures(self) -> Counter[tuple[str, str]]:
        """How often each text stands before its id."""
        return Counter({(one, words): times for one, said in self.bound.items() for words, times in said.items()})


def expected(contents: dict[str, Any], page: str) -> Expected:
    """Of a page that is set from finished text. A chart is told as text or by its words, whichever the page does."""
    page = together(page)
    bound: dict[str, Counter[str]] = {}
    free: list[str] = []
    drawn: list[str] = []
    again: list[str] = []
    described = False
    for text, short, kind in _said(contents):
        words = INVISIBLE.sub("", text)
        if kind == "alt":
            described = together(words) in page
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
    return Expected(bound, "\n".join(free), "\n".join(drawn), tuple(again))


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
        yield shown(block["svg"]), "", "drawn"
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
