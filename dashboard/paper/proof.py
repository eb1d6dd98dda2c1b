"""A printed report held against the store: every figure in it belongs to an id, or is one that the page gives without."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from dashboard.figures import THIN
from dashboard.paper import columns
from dashboard.paper.copied import INVISIBLE
from dashboard.paper.expected import Expected, expected

ID = re.compile(r"\b(?:[a-z]-\s{0,2}[a-z2-7]{10,16}|[0-9a-f]{12})\b", re.ASCII)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
GROUPED = re.compile(rf"\d{{1,3}}(?:{THIN}\d{{3}})+")
"""A number whose thousands stand apart."""
IN_ORDER = 0.9
"""A page is read in its own order where this share of its figures ends before its id."""


class Flaw(NamedTuple):
    """One thing that the file says and the store does not, or the other way round."""

    what: str
    """What the figure is about: an id, or ``without an id``."""
    said: str
    message: str


class Proof(NamedTuple):
    """What came of holding a page against the store."""

    flaws: list[Flaw]
    by_page: int = 0
    """Figures that the copy's layout tore from their id: known to stand on the id's page, and not which of it is whose."""


class Torn(NamedTuple):
    """An id that no figure of its own stands before."""

    id: str
    page: int
    above: int
    """Parts of the page that stand above it."""
    before: str


def proved(text: str, contents: dict[str, Any]) -> Proof:
    """Everything in which a page differs from what ``contents`` says it should be; layout and order do not matter.

    A figure that has an id must stand before it, digit by digit; where columns were torn apart (a text with form feeds was
    made of a PDF by some other tool), on the same page, and not where another's figure stands. Any other number must stand
    as often as it should.
    """
    said, footers = _pages(INVISIBLE.sub("", text), contents)
    should, beside = expected(contents, said), columns.beside(said)
    torn = beside or "\f" in text
    found = _held(_Page(said, should), should, contents, footers, torn=torn)
    if found == Proof([]) or not beside:
        return found
    read = _held(_Page(columns.read(said), should), should, contents, footers, torn=True)
    return min(read, found, key=lambda one: (len(one.flaws), one.by_page))


def _held(page: _Page, should: Expected, contents: dict[str, Any], footers: int, *, torn: bool) -> Proof:
    by_page = 0
    if torn or page.seen.total() < IN_ORDER * should.figures.total():
        by_page = page.gather()
        page.drop(contents["report"], footers)
    wrong = {one.id for one in page.torn}
    flaws = [*page.flaws, *(_differs(one, should) for one in page.torn)]
    flaws += [
        Flaw(one, "", f"{one}: “{words}” is missing from the page.")
        for (one, words), times in page.missing.items()
        if times > 0 and one not in wrong and any(map(str.isdigit, words))
    ]
    flaws += [Flaw(one, "", f"{one} is missing from the list of ids.") for one, n in page.listed.items() if n > 0]
    return Proof([*flaws, *_free(page, should, contents)], by_page)


class _Page:
    """A text, id by id: which figures stand before their id, which ids are torn from theirs, and what is left between."""

    def __init__(self, said: str, should: Expected) -> None:
        self.missing = should.figures
        self.seen: Counter[tuple[str, str]] = Counter()
        self.torn: list[Torn] = []
        self.flaws: list[Flaw] = []
        self.listed = Counter(_ids(should.free))
        self.taken: Counter[str] = Counter()
        """Numbers that are left and belong to an id all the same."""
        pictured = Counter(_ids(" ".join([should.drawn, *should.again])))
        self.left: list[list[str]] = [[]]
        """What is neither an id nor a figure before its id, part by part, page by page."""
        taken = 0
        for match in ID.finditer(said):
            before, one = said[taken : match.start()], _together(match)
            taken = match.end()
            due = [words for words in should.bound.get(one, ()) if self.seen[one, words] < should.bound[one][words]]
            held, end = _own(before, due)
            self._leave(before[:end] + "\f" * before.count("\f", end))
            if held is not None:
                self.seen[one, held] += 1
            elif one in should.bound and pictured[one] > 0:
                pictured[one] -= 1
            elif one in should.bound:
                self.torn.append(Torn(one, len(self.left) - 1, len(self.left[-1]), before))
            else:
                if one not in self.listed and one not in pictured:
                    self.flaws.append(Flaw(one, one, f"{one} is the id of nothing in this report."))
                self.listed[one] -= 1
        self._leave(said[taken:])
        self.missing.subtract(self.seen)

    def _leave(self, words: str) -> None:
        first, *pages = words.split("\f")
        self.left[-1].append(first)
        self.left.extend([one] for one in pages)

    def gather(self) -> int:
        """Give torn ids those of their figures whose numbers stand on their page; how many were found so."""
        numbers: dict[int, Counter[str]] = {}
        ends = {_tail(words): id for (id, words), n in self.missing.items() if n > 0 and any(map(str.isdigit, words))}
        own: dict[str, list[str]] = {}
        for (id, words), n in self.missing.items():
            own.setdefault(id, []).extend([words] * n)
        kept: list[Torn] = []
        for one in self.torn:
            here = numbers.setdefault(one.page, _numbers(" ".join(self.left[one.page])))
            anothers = ends.get(_tail(one.before), one.id) != one.id
            fits = (words for words in _longest(own.get(one.id, ())) if _numbers(words, here) <= here)
            above = _numbers(" ".join(self.left[one.page][: one.above])) if anothers else here
            figure = next((words for words in fits if _numbers(words, above) <= above), None)
            if figure is None:
                kept.append(one)
                continue
            own[one.id].remove(figure)
            self.missing[one.id, figure] -= 1
            found = _numbers(figure, here)
            here.subtract(found)
            self.taken += found
        gathered = len(self.torn) - len(kept)
        self.torn = kept
        return gathered

    def drop(self, id: str, times: int) -> None:
        """Leave out an id that stood in footers which were torn apart."""
        for one in [one for one in self.torn if one.id == id][:times]:
            self.torn.remove(one)


def _own(before: str, texts: Iterable[str]) -> tuple[str | None, int]:
    """The text of an id that stands right before it and where it begins; nothing and the end where none does."""
    for words in _longest(texts):
        if (at := _ends(before, words)) is not None:
            return words, at
    return None, len(before)


def _tail(words: str) -> str:
    """What a figure ends in, long enough to tell one from another for the most part."""
    return "".join(words.split())[-12:]


def _differs(one: Torn, should: Expected) -> Flaw:
    again, _ = _own(one.before, should.bound[one.id])
    if again is not None:
        return Flaw(one.id, again, f"{one.id}: the page says “{again}” once more than the store does.")
    said = " ".join(one.before.split())[-60:]
    first, *more = _longest(should.bound[one.id])
    others = f" or another of {len(more) + 1} texts" if more else ""
    return Flaw(one.id, said, f"{one.id}: the page says “{said}”, and the store “{first}”{others}.")


def _free(page: _Page, should: Expected, contents: dict[str, Any]) -> Iterator[Flaw]:
    """Numbers without an id that stand too often or too seldom; those before a torn id are told with it."""
    known = [contents["digest"], contents["title"]]
    left = _numbers(_without(" ".join(part for one in page.left for part in one), known)) - page.taken
    must = _numbers(_without(ID.sub(" ", f"{should.free} {should.drawn}"), known), left)
    again = [_numbers(_without(ID.sub(" ", one), known), left) for one in should.again]
    told = _numbers(" ".join(one.before for one in page.torn))
    for number, times in _unexplained(left - must - told, again).items():
        yield Flaw("without an id", number, f"The page says {number} {times} times more than the store does.")
    for number, times in (must - left).items():
        yield Flaw("without an id", number, f"{number} is missing from the page ({times} of {must[number]} times).")


def _unexplained(more: Counter[str], again: Iterable[Counter[str]]) -> Counter[str]:
    """What is left of the numbers that stand too often when as many as can be are those of whole texts said again."""
    whole = [one for one in again if one and one <= more]
    if not whole:
        return more
    from scipy.optimize import LinearConstraint, milp

    held = LinearConstraint([[one[number] for one in whole] for number in more], ub=list(more.values()))
    times = milp([-one.total() for one in whole], integrality=1, constraints=held).x
    said = Counter(
        {number: sum(one[number] * round(n) for one, n in zip(whole, times, strict=True)) for number in more}
    )
    return more - said


def _numbers(text: str, page: Counter[str] | None = None) -> Counter[str]:
    """The numbers of a text; one whose thousands stand apart is one number where the page has it so."""
    found = Counter(NUMBER.findall(text))
    for grouped in GROUPED.findall(text) if page else ():
        whole = grouped.replace(THIN, "")
        if page and page[whole] > found[whole]:
            found.subtract(NUMBER.findall(grouped))
            found[whole] += 1
    return +found


def _ids(text: str) -> list[str]:
    return list(map(_together, ID.finditer(text)))


def _together(match: re.Match[str]) -> str:
    return "".join(match.group().split())


def _longest(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=len, reverse=True)


def _pages(text: str, contents: dict[str, Any]) -> tuple[str, int]:
    """The text without the footers of a PDF (id, digest, which page of how many); and how many of them were torn apart.

    A form feed stands between pages: the copy's own, or where a footer was.
    """
    report, digest, title = (re.escape(contents[name]) for name in ("report", "digest", "title"))
    named, counted = rf"sha256\s*{digest}", rf"{title}\s*·?\s*\d+\s+(?:of|/)\s+\d+"
    between = " " if "\f" in text else " \f"
    whole = re.sub(rf"{report}\s*·?\s*{named}(?:\s*{counted})?", between, text)
    rest, footers = re.subn(named, " ", whole)
    return re.sub(counted, " ", rest), footers


def _without(text: str, known: list[str]) -> str:
    for one in known:
        text = re.sub(r"\s*".join(map(re.escape, one)), " ", text)
    return text


def _ends(before: str, words: str) -> int | None:
    """Where the words begin, if the text ends in them but for spaces; no number reaches over a space that is not its own."""
    at, whole, after = len(before), False, ""
    for letter in reversed(words):
        if letter.isspace():
            whole = False
            continue
        if whole and letter.isdigit() and after.isdigit() and before[at - 1 : at].isspace():
            return None
        while at > 0 and before[at - 1].isspace():
            at -= 1
        if at == 0 or before[at - 1] != letter:
            return None
        at, whole, after = at - 1, True, letter
    return None if after.isdigit() and before[at - 1 : at].isdigit() else at
