"""Numbers that a document declares, held against the intervals that were measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from audit.measure import Measure, definitions
from audit.report import Report
from models.task import UnknownName

ABOUT = re.compile(r"(?P<name>[a-z0-9_]+\.[a-z0-9_]+)(?: \((?P<setting>[^()]+)\))?(?: on (?P<slice>.+))?")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
SHARE = re.compile(r"\s*(%|points)$")
FENCE = re.compile(r"\s{0,3}(```|~~~)\s*(\w*)")
GAP = "TO COMPLETE"
"""How a place that somebody must fill begins."""
Outcome = Literal["inside", "above", "below", "without interval", "not measured"]


class Declared(NamedTuple):
    """One number that a document promises of a measure."""

    name: str
    setting: str
    slice: str
    value: float

    @property
    def about(self) -> str:
        """``accuracy.recall (class=7) on sex=F``, as it is written in the document."""
        setting = f" ({self.setting})" if self.setting else ""
        return f"{self.name}{setting}{f' on {self.slice}' if self.slice else ''}"


class Held(NamedTuple):
    """A declared number beside what was measured."""

    declared: Declared
    measure: Measure | None
    outcome: Outcome


def declared(text: str) -> tuple[Declared, ...]:
    """What a document declares: lines ``accuracy.accuracy = 0.93`` in a block fenced as ``declared``, or rows of a table
    whose second column is headed *declared*. Raises ``UnknownName`` and ``ValueError`` for what cannot be held."""
    return tuple(_one(about, value) for about, value in (*_fenced(text), *_tabled(text)))


def held(numbers: tuple[Declared, ...], report: Report | None) -> tuple[Held, ...]:
    """Each declared number beside what the report measured."""
    measures = {one.key: one for one in report.measures()} if report else {}
    return tuple(_held(one, measures.get((one.name, one.setting, one.slice))) for one in numbers)


def _held(one: Declared, found: Measure | None) -> Held:
    if found is None or found.value is None:
        return Held(one, found, "not measured")
    interval = found.shown()
    if interval is None or (interval.low is None and interval.high is None):
        return Held(one, found, "inside" if one.value == found.value else "without interval")
    if interval.high is not None and one.value > interval.high:
        return Held(one, found, "above")
    if interval.low is not None and one.value < interval.low:
        return Held(one, found, "below")
    return Held(one, found, "inside")


def _one(about: str, value: str) -> Declared:
    found = ABOUT.fullmatch(about)
    if found is None or found["name"] not in definitions():
        raise UnknownName("measure", found["name"] if found else about, sorted(definitions()))
    words = value.strip()
    number = SHARE.sub("", words)
    if not NUMBER.fullmatch(number):
        raise ValueError(f"{about} is declared as {words!r:.60}, which is no number; write 0.93 or 93 %.")
    said = float(number) / (1 if number == words else 100)
    return Declared(found["name"], found["setting"] or "", found["slice"] or "", said)


def _fenced(text: str) -> Iterator[tuple[str, str]]:
    """Lines with an equals sign inside blocks that are fenced as ``declared``."""
    inside: str | None = None
    for line in text.splitlines():
        fence = FENCE.match(line)
        if fence:
            inside = None if inside is not None else fence[2].lower()
        elif inside == "declared" and line.strip():
            about, equals, value = line.strip().rpartition(" = ")
            if not equals:
                raise ValueError(f"The declared line {line.strip()!r:.80} is none; write accuracy.accuracy = 0.93.")
            yield about.strip(), value


def _tabled(text: str) -> Iterator[tuple[str, str]]:
    """First and second cell of every row that says something, of tables whose second column is headed *declared*."""
    inside = False
    for line in text.splitlines():
        if not line.lstrip().startswith("|"):
            inside = False
            continue
        cells = [_bare(one) for one in line.strip().strip("|").split("|")]
        if len(cells) > 1 and cells[1].lower() == "declared":
            inside = True
        elif inside and len(cells) > 1 and cells[0] and cells[1].strip("-–: ") and not cells[1].startswith(GAP):
            yield cells[0], cells[1]


def _bare(cell: str) -> str:
    return re.sub(r"\\(\W)", r"\1", cell.strip().strip("`*").strip()).replace("\u202f", " ")
