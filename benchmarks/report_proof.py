"""What a written report is worth and costs: its time and size, whether it is the same twice, and edits that are found."""

from __future__ import annotations

import gc
import random
import re
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from statistics import mode

from audit.catalogue import catalogue
from audit.framework import names, read
from audit.standing import standings
from dashboard import filing, verbs
from dashboard.document import html, of, pdf
from dashboard.paper import copied, proof
from dashboard.paper.contents import contents
from dashboard.paper.dossier import Dossier
from dashboard.work import Place

EDITS, COPY_EDITS = 100, 99
FIRST, LONG, FORTY = "mortgage@1", "mortgage@2", "mortgage@3"
ASIDE = "explainability"
PAGE = r"\d+\s+of\s+(\d+)"
"""The page of how many: declared to be bound to nothing."""


@cache
def archive() -> Place:
    """Three versions of mortgage in a folder of its own: two with every check, one without those of explainability."""
    where = verbs.place(Path(tempfile.mkdtemp(prefix="answerable ")))
    first = verbs.train(where, "mortgage")
    second = verbs.train(where, "mortgage", remedy="reductions", parent=first.title)
    third = verbs.train(where, "mortgage", seed=1)
    for one in (first, second):
        verbs.audit(where, one.title)
    verbs.audit(where, third.title, checks=[code for code, one in catalogue().items() if one.dimension != ASIDE])
    return where


@cache
def dossier() -> Dossier:
    return verbs.dossier_of(archive(), LONG)


@cache
def printed(version: str, before: str) -> tuple[float, int]:
    """Seconds on the clock for one PDF in a process that has made another one; and its pages.

    Python and the typesetter both remember what they have set, so no version is asked for twice.
    """
    other, asked = (verbs.dossier_of(archive(), one) for one in (before, version))
    pdf(of(other))
    gc.collect()  # what was made before is not collected on this report's time
    started = time.perf_counter()
    data = pdf(of(asked))
    took = time.perf_counter() - started
    return took, int(mode(re.findall(PAGE, copied.text_of(data))))


def seconds() -> float:
    """Of a report of about forty pages."""
    return printed(FORTY, FIRST)[0]


def pages() -> float:
    """How many it has."""
    return printed(FORTY, FIRST)[1]


def long_seconds() -> float:
    """Of the longest report: a version beside its parent, with every check."""
    return printed(LONG, FORTY)[0]


def long_pages() -> float:
    """How many it has."""
    return printed(LONG, FORTY)[1]


def megabytes() -> float:
    return len(pdf(of(dossier()))) / 1e6


def identical() -> float:
    """1 where two dossiers of one store give the same bytes."""
    first, second = (pdf(of(verbs.dossier_of(archive(), LONG))) for _ in range(2))
    return float(first == second)


def edits_found() -> float:
    """Of 100 pages with one digit changed, half PDF and half HTML, how many are found."""
    told, draw, found = contents(dossier()), random.Random(0), 0
    for data in (pdf(of(dossier())), html(of(dossier())).encode()):
        text = copied.text_of(data)
        for at in draw.sample(digits(text), EDITS // 2):
            other = draw.choice([one for one in "0123456789" if one != text[at]])
            found += bool(proof.proved(text[:at] + other + text[at + 1 :], told).flaws)
    return float(found)


def copies() -> dict[str, str]:
    """Texts that poppler makes of the PDF: by columns, with its layout, as it was set."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        Path(file.name).write_bytes(pdf(of(dossier())))
        ways = {"columns": [], "layout": ["-layout"], "raw": ["-raw"]}
        asked = {way: ["pdftotext", *options, file.name, "-"] for way, options in ways.items()}
        return {
            way: subprocess.run(one, capture_output=True, text=True, check=True).stdout for way, one in asked.items()
        }


def copy_flaws() -> float:
    """Flaws that are told of untouched copies."""
    told = contents(dossier())
    return float(sum(len(proof.proved(text, told).flaws) for text in copies().values()))


def copy_edits_found() -> float:
    """Of 99 copies with one digit changed, a third of each kind, how many are found."""
    told, draw, found = contents(dossier()), random.Random(1), 0
    for text in copies().values():
        for at in draw.sample(digits(text), COPY_EDITS // 3):
            other = draw.choice([one for one in "0123456789" if one != text[at]])
            found += bool(proof.proved(text[:at] + other + text[at + 1 :], told).flaws)
    return float(found)


def digits(text: str) -> list[int]:
    """Positions of digits that are not those of the page of how many."""
    pages = {at for one in re.finditer(PAGE, text) for at in range(*one.span())}
    return [at for at, one in enumerate(text) if one in "0123456789" and at not in pages]


def without_state() -> float:
    """Requirements, over all packs, that have no state for a version of which little is known."""
    from dashboard.governing import today

    where = archive()
    facts = filing.facts_of(where.archive, where.archive.model("mortgage@2"), today(), rows=True)
    missing = 0
    for name in names():
        framework = read(name)
        states = standings(framework, filing.scope_of(where.archive, "mortgage"), facts)
        missing += len(framework.requirements) - sum(bool(one.state) for one in states)
    return float(missing)
