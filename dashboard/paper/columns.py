"""A page that was copied with its layout, read cell by cell: columns that stand side by side come one after the other."""

from __future__ import annotations

import re
from collections import Counter

WORDS = re.compile(r"\S+(?: \S+| {2,3}(?=[a-z]-[a-z2-7]{10}\b)\S+)*")
"""Words of one cell: columns stand at least two spaces apart, an id may stand as far from its figure."""
BESIDE = re.compile(r"\S {3,}\S")


def beside(text: str) -> bool:
    """Whether columns stand side by side in it."""
    return BESIDE.search(text) is not None


def read(text: str) -> str:
    """The same words, each column from top to bottom."""
    return "\f".join(map(_page, text.split("\f")))


def _page(text: str) -> str:
    cells: list[list[str]] = []
    above: list[tuple[int, int, list[str]]] = []
    for line in filter(str.strip, text.split("\n")):
        above = _continued(line, above, cells)
    return "\n".join(" \n".join(one) for one in cells)


def _continued(
    line: str, above: list[tuple[int, int, list[str]]], cells: list[list[str]]
) -> list[tuple[int, int, list[str]]]:
    """Where the words of a line stand and whose they are: of the one cell right above, if it has no other below, or of a new one."""
    here = [(one.start(), one.end(), one.group()) for one in WORDS.finditer(line)]
    over = [[one for one in above if one[0] < end and start < one[1]] for start, end, _ in here]
    below = Counter(id(one[2]) for found in over for one in found)
    now = []
    for (start, end, words), found in zip(here, over, strict=True):
        if len(found) == 1 and below[id(found[0][2])] == 1:
            cell = found[0][2]
        else:
            cell = []
            cells.append(cell)
        cell.append(words)
        now.append((start, end, cell))
    return now
