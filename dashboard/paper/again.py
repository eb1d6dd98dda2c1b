"""The one line on a page that says what it was made from, so that the store can make it again and hold it against it."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from dashboard.paper import block
from dashboard.paper.block import Cell
from dashboard.texts import say

SOFT = re.compile("[\\s\u00ad\u200b\u2060`\\\\]+")
"""What only layout or Markdown puts between two letters."""
WHEN = r"on(\d{4}-\d\d-\d\d)atentry(\d{1,12})oftheledger"
LINES = {
    "comparison": re.compile(r"comparisonof(r-[a-z2-7]{16})and(r-[a-z2-7]{16})under([0-9a-f]{20})" + WHEN),
    "portfolio": re.compile("portfolio" + WHEN),
    "law": re.compile(r"law(\w{1,60}?)of([0-9a-f]{12})" + WHEN),
    "report": re.compile("thereport" + WHEN),
}
PAGES = {
    "c": "a page about two versions, as `answerable report A B` writes",
    "f": "a page about all models, as `answerable report --portfolio` writes",
    "l": "a page about one law, as `answerable report VERSION --law LAW` writes",
}
PAGE = re.compile("([cfl])-[a-z2-7]{10,16}")
"""The id of a page that says what it was made from."""


class Source(NamedTuple):
    """What a page says that it was made from."""

    kind: str
    given: tuple[str, ...]
    on: date
    entry: int
    """The newest entry of the ledger then."""


def said_again(what: str, on: date, entry: int) -> tuple[str, Cell]:
    """The line, as a term with its words, which are the same in every language: the page is made again from them."""
    return say("again.made_from"), block.cell(f"{what} on {on} at entry {entry} of the ledger", code=True)


def page(id: str) -> dict[str, str]:
    """What kind of page an id is of, and how to find out more; nothing where it is of none. A page itself is not kept."""
    found = PAGE.fullmatch(id)
    if found is None:
        return {}
    line = "its line “Made from” says from what; `answerable report check FILE` makes it again and holds it against the store"
    return {"page": id, "is": PAGES[found[1]], "made from": line}


def signing(key: str | None) -> tuple[str, Cell]:
    """Which key signs the ledger that the page rests on."""
    return say("identity.signing_key"), block.cell(key, code=True) if key else block.cell(say("identity.unsigned"))


def source(text: str) -> Source | None:
    """What a page was made from; ``None`` where it does not say, as old reports of one version do not.

    Raises ``ValueError`` for a day that there is not.
    """
    together = SOFT.sub("", text)
    found = [(one.start(), kind, one.groups()) for kind, line in LINES.items() if (one := line.search(together))]
    if not found:
        return None
    _, kind, (*given, on, entry) = min(found)
    return Source(kind, tuple(given), date.fromisoformat(on), int(entry))
