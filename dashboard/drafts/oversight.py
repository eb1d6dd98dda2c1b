"""A plan for human oversight (Art. 14 of the EU AI Act): who watches, what they see, and how they stop it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audit import framework
from dashboard.drafts import passages
from dashboard.drafts.material import Material
from dashboard.drafts.page import Section, page
from dashboard.paper import block
from dashboard.paper.block import Block


def draft(material: Material) -> dict[str, Any]:
    """One section for each thing that somebody who oversees must be able to do."""
    pack = framework.read("eu_ai_act")
    asked = [one for one in pack.requirements if one.id in PASSAGES]
    sections = [Section("What is overseen", list(_overseen(material)))]
    sections += [Section(f"{one.title} ({one.ref})", list(PASSAGES[one.id](material))) for one in asked]
    return page("Human oversight plan", material, sections, passages.points_of(pack, asked))


def _overseen(material: Material) -> Iterator[Block]:
    yield passages.purpose(material)
    yield passages.people(material)


def _designed(material: Material) -> Iterator[Block]:
    yield block.terms([("The version decides by", passages.decision(material))])
    yield passages.gap(
        "What was built into the system so that people can oversee it.", "What the deployer must set up.",
        "Which decisions a person takes, and which the system takes alone.",
    )  # fmt: skip


def _limits(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("uncertainty.", "accuracy.worst_slice", "monitoring."))
    yield from passages.limits(material)
    yield passages.gap("How somebody who oversees it notices that it works outside of what it was tested for.")


def _bias(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("calibration.ece", "monitoring.override_rate"))
    yield passages.gap("What keeps people from following the output without thinking.")


def _interpreting(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("explainability.",))
    yield passages.gap("Which explanation is shown with an output, and how people learn to read it.")


PASSAGES: dict[str, passages.Passage] = {
    "AIA-14-1": _designed, "AIA-14-4A": _limits, "AIA-14-4B": _bias, "AIA-14-4C": _interpreting,
    "AIA-14-4D": passages.left("Who may disregard, override or reverse an output, how, and how that is recorded."),
    "AIA-14-4E": passages.left("How it is stopped, what happens to cases under way, and when that was last tried."),
    "AIA-14-5": passages.left("Remote biometric identification: which two persons verify; or that it is none."),
    "AIA-26-2": passages.left("Names, competence, training and authority of the people who oversee it."),
}  # fmt: skip
"""By the id of the requirement."""
