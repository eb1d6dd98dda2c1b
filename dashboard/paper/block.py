"""What a document is built of: plain blocks of finished text that either face can set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard import charts, figures, texts

Block = dict[str, Any]
Cell = dict[str, str]


def finished(made: Callable[[], Block], language: str) -> Block:
    """A document's finished text in a language, with nothing in it that steers.

    Its frames are of a few rows: strings of Python's own are read in half the time of Arrow's there.
    """
    with texts.speaking(language), pd.option_context("mode.string_storage", "python"):
        plain: Block = figures.printable(made())
    return plain


def heading(text: str, *, code: str = "", level: int = 2) -> Block:
    return {"kind": "heading", "text": text, "code": code, "level": level}


def text(words: str, *, quiet: bool = False) -> Block:
    return {"kind": "text", "text": words, "quiet": quiet}


def terms(pairs: Iterable[tuple[str, str | Cell]]) -> Block:
    """Terms with what they stand for, side by side; a term that comes several times in a row is named once."""
    rows: list[list[str | Cell]] = []
    before = ""
    for label, value in pairs:
        rows.append(["" if label == before else label, value if isinstance(value, dict) else cell(value)])
        before = label
    return {"kind": "terms", "rows": rows}


def cell(words: str, *, id: str = "", under: str = "", outcome: str = "", code: bool = False) -> Cell:
    """A table cell: words, the id of the figure after it, a quiet second line, a verdict's outcome for its colour."""
    return {
        "text": words, "id": id, "short": figures.short(id) if id else "", "under": under,
        "outcome": outcome.replace(" ", "-"), "code": "yes" if code else "",
    }  # fmt: skip


def verdict(outcome: str) -> Cell:
    """Symbol and word, in the outcome's colour."""
    return cell(f"{figures.SYMBOLS[outcome]} {texts.say(f'verdict.{outcome}')}", outcome=outcome)


def table(
    columns: Sequence[tuple[str, float, bool]],
    rows: Sequence[Sequence[Cell]],
    caption: str = "",
    *,
    id: str = "",
    dense: bool = False,
) -> Block:
    """A table. A column is its heading, its share of the width, and whether it is set to the right.

    ``id`` is that of the record all its figures come from, where they have none of their own; ``dense`` sets it small.
    """
    head = [{"text": name, "share": share, "right": right} for name, share, right in columns]
    short = figures.short(id) if id else ""
    return {
        "kind": "table",
        "columns": head,
        "rows": list(map(list, rows)),
        "caption": caption,
        "id": id,
        "short": short,
        "dense": dense,
        "index": False,
    }


def index(entries: Iterable[tuple[str, Iterable[str]]]) -> Block:
    """Full ids, each with what it stands for: a name, a setting, a slice, as far as there are any."""
    columns = [(texts.say("column.id"), 1.9, False), (texts.say("column.what"), 8.1, False)]
    rows = [[cell(id, code=True), cell(" · ".join(filter(None, named)))] for id, named in entries]
    return table(columns, rows, dense=True) | {"index": True}


def figure(chart: alt.LayerChart | charts.Drawing, caption: str, id: str) -> Block:
    """A chart with its caption and the id of what it was drawn from."""
    short = figures.short(id)
    return {
        "kind": "figure", "svg": charts.svg(chart), "alt": charts.alt_text(chart), "caption": caption, "id": id,
        "short": short,
    }  # fmt: skip
