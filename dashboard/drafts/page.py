"""A draft as a page: the same structure as a printed report, and what people read in its Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from dashboard import figures
from dashboard.drafts.material import Material
from dashboard.formats.markdown import paged
from dashboard.paper import block
from dashboard.paper.block import Block
from dashboard.paper.contents import gate

MARKS = re.compile(r"\\(\W)|^#+ |`|\*\*|^- |^\|[ :|-]+\|$", re.MULTILINE)
"""What Markdown does not show; an escaped character is shown without its escape."""


class Section(NamedTuple):
    """One numbered part of a document."""

    title: str
    blocks: list[Block]


def page(title: str, material: Material, sections: Iterable[Section], note: str) -> dict[str, Any]:
    """A draft, shaped as ``dashboard.paper.contents.contents`` shapes a report."""
    card, report, judgement, dossier = material.card, material.report, material.judgement, material.dossier
    told = {
        "kind": title,
        "language": "en",
        "title": f"{title}: {card.title}",
        "subtitle": material.task.title,
        "opens": judgement.passed if judgement else None,
        "sentence": block.cell(gate(judgement), id=dossier.gate)
        if judgement and dossier
        else block.cell(_unheard(material)),
        "front": [block.terms(_front(material, note))],
        "sections": [{"title": one.title, "blocks": one.blocks} for one in sections],
        "report": figures.short(report.id if report else card.digest),
        "digest": material.stored_as or card.digest,
        "generated_by": "answerable",
    }
    made: dict[str, Any] = figures.printable(told)
    return made


def written(told: dict[str, Any]) -> str:
    """The page as Markdown."""
    return paged(told, f"{told['report']} · sha256 {told['digest']}")


def read(markdown: str) -> str:
    """What a person reads in Markdown: the words without the marks."""
    return MARKS.sub(lambda found: found[1] or "", markdown.replace("<br>", " "))


def _unheard(material: Material) -> str:
    title = material.card.title
    if material.report is None:
        return f"{title} was never audited: no figure in this draft was measured. Type: answerable audit {title}"
    return f"{title} was audited and not judged: no limit is held against it. Type: answerable judge {title}"


def _front(material: Material, note: str) -> Iterable[tuple[str, block.Cell]]:
    card, report, judgement = material.card, material.report, material.judgement
    yield "What this is", block.cell(f"A draft of {material.today}, made from what is stored. {note}")
    yield "To complete", block.cell("Every place that says TO COMPLETE is for people. Nothing was filled in for them.")
    yield "Version", block.cell(card.title, id=card.digest)
    if report:
        yield "Report", block.cell(f"on {figures.count(report.n)} examples of {report.dataset}", id=report.id)
    if judgement:
        yield "Policy", block.cell(judgement.policy_title, id=judgement.policy)
    yield "Read it as", block.cell("Evidence for a decision. It does not say that any law is met.")
