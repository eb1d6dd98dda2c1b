"""What a written report is worth and costs: its time and size, whether it is the same twice, and edits that are found."""

from __future__ import annotations

import random
import re
import tempfile
import time
from functools import cache
from pathlib import Path

from audit.framework import names, read
from audit.standing import standings
from dashboard import filing, verbs
from dashboard.document import html, of, pdf
from dashboard.paper import proof
from dashboard.paper.contents import contents
from dashboard.paper.dossier import Dossier

EDITS = 100
PAGE = r"\d+\s+of\s+\d+"
"""The page of how many: declared to be bound to nothing."""


@cache
def archive() -> verbs.Place:
    """One version of mortgage with every check, in a folder of its own."""
    where = verbs.place(Path(tempfile.mkdtemp(prefix="answerable ")))
    first = verbs.train(where, "mortgage")
    second = verbs.train(where, "mortgage", remedy="reductions", parent=first.title)
    for one in (first, second):
        verbs.audit(where, one.title)
    return where


@cache
def dossier() -> Dossier:
    return verbs.dossier_of(archive(), "mortgage@2")


def seconds() -> float:
    """Of one PDF in a process that has made another one: the typesetter remembers what it has set, so that one is not asked twice."""
    other = verbs.dossier_of(archive(), "mortgage@1")
    pdf(of(other))
    started = time.perf_counter()
    pdf(of(dossier()))
    return time.perf_counter() - started


def megabytes() -> float:
    return len(pdf(of(dossier()))) / 1e6


def identical() -> float:
    """1 where two dossiers of one store give the same bytes."""
    first, second = (pdf(of(verbs.dossier_of(archive(), "mortgage@2"))) for _ in range(2))
    return float(first == second)


def edits_found() -> float:
    """Of 100 pages with one digit changed, half PDF and half HTML, how many are found."""
    told, draw, found = contents(dossier()), random.Random(0), 0
    for data in (pdf(of(dossier())), html(of(dossier())).encode()):
        text = proof.text_of(data)
        for at in draw.sample(digits(text), EDITS // 2):
            other = draw.choice([one for one in "0123456789" if one != text[at]])
            found += bool(proof.flaws(text[:at] + other + text[at + 1 :], told))
    return float(found)


def digits(text: str) -> list[int]:
    """Positions of digits that are not those of the page of how many."""
    pages = {at for one in re.finditer(PAGE, text) for at in range(*one.span())}
    return [at for at, one in enumerate(text) if one in "0123456789" and at not in pages]


def without_state() -> float:
    """Requirements, over all packs, that have no state for a version of which little is known."""
    from dashboard.governing import today

    where = archive()
    facts = filing.facts_of(where.archive, where.archive.model("mortgage@2"), today())
    missing = 0
    for name in names():
        framework = read(name)
        states = standings(framework, filing.scope_of(where.archive, "mortgage"), facts)
        missing += len(framework.requirements) - sum(bool(one.state) for one in states)
    return float(missing)
