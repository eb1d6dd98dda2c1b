"""Markdown: the printed report for a pull request or a wiki; what was not measured has a section of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dashboard import figures
from dashboard.paper.block import Block, Cell, text

SPECIAL = re.compile(r"[\\`*\[\]<>|~$]|&(?=[#\w])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""What Markdown would read as markup; an underscore inside a word is none."""
LEADING = re.compile(r"^([-+=#]|\d+(?=[.)](?:\s|$)))(?=[-+=#.)\s]|$)")
"""What would begin a list, a heading or a rule at the start of a line."""
MARKS = re.compile(r"\\(.)|\*\*|[`|]|<br>|^#+ |^- |(?<![\w*])\*(?=\w)|\*$|-{3}:?", re.MULTILINE)
"""What the functions below write that is not said; what is escaped is."""


def markdown(told: dict[str, Any]) -> str:
    """The same finished text as on paper, without its drawings: every figure is followed by its id."""
    foot = f"`{told['report']}` · sha256 `{told['digest']}` · {plain(told['generated_by'])}"
    return paged(told, foot)


def paged(told: dict[str, Any], foot: str) -> str:
    """Title, gate, front matter and numbered sections, with a last line below them."""
    parts = [
        f"# {plain(told['title'])}",
        plain(told["subtitle"]),
        f"**{cell(told['sentence'])}**",
        *blocks(told["front"]),
    ]
    for number, section in enumerate(told["sections"], 1):
        parts += [f"## {number}. {plain(section['title'])}", *blocks(section["blocks"])]
    return "\n\n".join([*parts, foot]) + "\n"


def blocks(given: Iterable[Block]) -> Iterator[str]:
    """Each block as Markdown."""
    for one in given:
        yield WRITTEN[one["kind"]](one)


def plain(words: str) -> str:
    """Words that Markdown shows as they are, on one line."""
    printable: str = figures.printable(" ".join(words.split()))
    text = SPECIAL.sub(lambda found: "\\" + found[0], printable)
    return LEADING.sub(lambda found: f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}", text)


def code(words: str) -> str:
    """Words in a monospaced face; as plain words where they hold the mark that would end it."""
    printable: str = figures.printable(" ".join(words.split()))
    return plain(words) if "`" in printable or "|" in printable or not printable else f"`{printable}`"


def cell(one: Cell) -> str:
    """The words, the id of the figure after them, and the quiet second line."""
    words = code(one["text"]) if one["code"] else plain(one["text"])
    id = f" `{one['short']}`" if one["short"] else ""
    under = f"<br>{plain(one['under'])}" if one["under"] else ""
    return f"{words}{id}{under}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool] = ()) -> str:
    """A table of cells that are Markdown already; columns may be set to the right."""
    rules = ["---:" if one else "---" for one in (*right, *[False] * (len(head) - len(right)))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rules, *rows))


def _table(one: Block) -> str:
    columns: list[dict[str, Any]] = one["columns"]
    id = f" `{one['short']}`" if one["short"] else ""
    caption = f"**{plain(one['caption'])}**{id}\n\n" if one["caption"] else ""
    rows = [[cell(value) for value in row] for row in one["rows"]]
    return caption + table([plain(c["text"]) for c in columns], rows, [c["right"] for c in columns])


def _heading(one: Block) -> str:
    name = f"{one['code']} " if one["code"] else ""
    return f"{'#' * (one['level'] + 1)} {name}{plain(one['text'])}"


def _terms(one: Block) -> str:
    return "\n".join(
        f"- **{plain(label)}:** {cell(value)}" if label else f"- {cell(value)}" for label, value in one["rows"]
    )


def _text(one: Block) -> str:
    return plain(one["text"])


def _figure(one: Block) -> str:
    return f"*{plain(_words(one))}*"


def _words(one: Block) -> str:
    return f"Drawn in PDF and HTML: {one['caption']}. {one['alt']}"


WRITTEN: dict[str, Callable[[Block], str]] = {
    "heading": _heading, "text": _text, "terms": _terms, "table": _table, "figure": _figure,
}  # fmt: skip


def undrawn(told: dict[str, Any]) -> dict[str, Any]:
    """Finished text as Markdown has it: each drawing is a sentence."""
    sections = [{**one, "blocks": list(map(_undrawn, one["blocks"]))} for one in told["sections"]]
    return {**told, "front": list(map(_undrawn, told["front"])), "sections": sections}


def _undrawn(one: Block) -> Block:
    return text(_words(one)) if one["kind"] == "figure" else one


def is_ours(written: str) -> bool:
    """Whether a text is Markdown that was written here: a heading first, the digest last."""
    return written.startswith("# ") and " · sha256 `" in written[-400:]


def read(written: str) -> str:
    """What a person reads in Markdown that was written here: its marks taken away, what they escaped left as it is."""
    return MARKS.sub(lambda found: found[1] or " ", written)
