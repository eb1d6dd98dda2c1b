"""A datasheet in the seven parts of Gebru et al. 2021; the questions in our own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audit import framework
from dashboard import figures
from dashboard.drafts import passages
from dashboard.drafts.material import Material
from dashboard.drafts.page import Section, page
from dashboard.paper import block
from dashboard.paper.block import Block

QUESTIONS: dict[str, tuple[str, ...]] = {
    "DS-1": ("For what purpose was it made?", "Who made it, and for whom?", "Who paid for it?"),
    "DS-2": (
        "What does one instance stand for, and are there several kinds?", "How many instances are there of each kind?",
        "Is it all there is, or a sample; of what, drawn how, and is it representative?", "What data does an instance hold?",
        "Is there a label or target?", "Is something missing from instances, and why?",
        "Are relations between instances made plain?", "Are parts for training and testing recommended, and why these?",
        "Are there errors, noise or repetitions?", "Does it rest on outside sources that may change?",
        "Does it hold anything confidential?", "Could looking at it offend, insult, threaten or frighten?",
        "Which groups of people can be told apart, and how are they distributed?",
        "Can people be identified, directly or indirectly?", "Does it hold anything sensitive about people?",
    ),
    "DS-3": (
        "How was each instance obtained: observed, told by people, inferred?", "By what means was it collected, and were they checked?",
        "If it is a sample, how was it drawn?", "Who collected it, and how were they paid?", "Over which time was it collected?",
        "Was there an ethical review?", "Did the data come from the people themselves or from others?", "Were they told?",
        "Did they consent, and how?", "Can they take consent back?", "Was the effect on the people looked at?",
    ),
    "DS-4": (
        "What was cleaned, transformed or labelled, and how?", "Are the raw data kept?", "Is the software that did it available?",
    ),
    "DS-5": (
        "What was it used for so far?", "Where is a list of papers or systems that use it?", "What else could it be used for?",
        "What about its making could harm people in later uses, and how is that avoided?", "What should it not be used for?",
    ),
    "DS-6": (
        "Who else receives it?", "How is it distributed?", "From when on?", "Under which licence or terms?",
        "Have others put restrictions on it?", "Do export controls or other rules apply?",
    ),
    "DS-7": (
        "Who keeps it?", "How can they be reached?", "Is there a list of errors?", "Will it be updated, by whom, how often?",
        "For how long may data about people be kept?", "Are older versions kept?", "Can others add to it?",
    ),
}  # fmt: skip
"""What is asked, by the part it belongs to."""


def draft(material: Material) -> dict[str, Any]:
    """Every question with what is stored; what nobody said is left open."""
    pack = framework.read("doc_datasheet")
    answers = dict(_answers(material))
    sections = [Section(one.title, list(_part(one.id, answers, material))) for one in pack.requirements]
    sheet = material.datasheet
    title = f"Datasheet of {sheet.title}" if sheet else "Datasheet"
    return page(title, material, sections, f"Its parts are those of {pack.name}.")


def _part(id: str, answers: dict[str, list[str]], material: Material) -> Iterator[Block]:
    for number, question in enumerate(QUESTIONS[id], 1):
        yield block.heading(question, code=f"{id}.{number}")
        said = answers.get(f"{id}.{number}")
        yield block.terms(("Stored", one) for one in said) if said else passages.gap("an answer.")
    if id == "DS-2":
        yield block.heading("What was measured of it")
        yield from passages.numbers(material, ("data.",))
        yield from passages.numbers(material, ("data.share",), groups=True)


def _answers(material: Material) -> Iterator[tuple[str, list[str]]]:
    """What is stored, by part and number of the question."""
    task, report, sheet, card = material.task, material.report, material.datasheet, material.card
    yield "DS-2.1", [task.unit]
    if report:
        yield "DS-2.2", [f"{figures.count(report.n)} in the part that was audited"]
    if card.identity.columns:
        yield "DS-2.4", [", ".join(card.identity.columns)]
    if card.identity.classes:
        yield "DS-2.5", [f"one of: {', '.join(card.identity.classes)}"]
    if card.split_digests:
        yield "DS-2.8", [f"{part}: sha256 {figures.short(digest)}" for part, digest in card.split_digests]
    yield "DS-5.1", [f"{card.title}: {task.intended_use}"]
    if sheet is None:
        return
    yield "DS-1.2", [sheet.origin]
    yield "DS-2.9", list(sheet.known_problems)
    yield "DS-2.13", [f"{name}: {meaning}" for name, meaning in sheet.groups]
    yield "DS-3.1", [sheet.collected]
    yield "DS-4.1", [f"{column} is left out: {why}" for column, why in sheet.left_out]
    yield "DS-5.2", [sheet.citation]
    yield "DS-6.4", [sheet.licence]
