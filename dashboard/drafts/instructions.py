"""Instructions for use (Art. 13 of the EU AI Act): what is declared stands beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audit import framework
from audit.declared import Held, declared, held
from audit.withheld import is_withheld
from dashboard import figures
from dashboard.drafts import passages
from dashboard.drafts.material import Material
from dashboard.drafts.page import Section, page
from dashboard.paper import block
from dashboard.paper.block import Block

KIND = "instructions_for_use"
READS = {
    "inside": "inside the measured interval", "above": "outside its measured interval: declared higher than measured",
    "below": "outside its measured interval: declared lower than measured",
    "without interval": "measured without an interval, so it cannot be held", "not measured": "not measured",
}  # fmt: skip


def draft(material: Material) -> dict[str, Any]:
    """The points of Art. 13(3), each with what is stored."""
    pack = framework.read("eu_ai_act")
    asked = [one for one in pack.requirements if one.id.startswith("AIA-13-3")]
    sections = [
        Section(f"{_upper(one.title.removeprefix('Instructions: '))} ({one.ref})", list(PASSAGES[one.id](material)))
        for one in asked
    ]
    return page("Instructions for use", material, sections, passages.points_of(pack, asked))


def _upper(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def promised(material: Material) -> tuple[Held, ...]:
    """What the newest filed instructions declare, beside what this version's newest report measured."""
    found = material.filed(KIND)
    return held(declared(found[1].text), material.report) if found else ()


def told(one: Held) -> tuple[str, str, str]:
    """The declared number, the measured one with its interval, and how they stand to each other."""
    rate = figures.rate_of(one.declared.name)
    said = f"{100 * one.declared.value:.6g}{figures.THIN}{rate}" if rate else f"{one.declared.value:.6g}"
    return (
        said,
        figures.measured(one.measure) if one.measure else figures.DASH,
        (one.measure.reason if one.measure and is_withheld(one.measure) else READS[one.outcome]),
    )


def comparison(found: tuple[Held, ...], report: str | None) -> Block:
    """Declared against measured, one row each; the names are those that a document declares them by."""
    columns = [
        ("Measure", 3, False),
        ("Declared", 1, True),
        ("Measured", 2, True),
        ("n", 0.7, True),
        ("So it is", 2.5, False),
    ]
    rows = []
    for one in found:
        said, measured, reads = told(one)
        id = one.measure.id(report) if one.measure and report else ""
        size = figures.count(one.measure.n) if one.measure else figures.DASH
        rows.append(
            [
                block.cell(one.declared.about),
                block.cell(said),
                block.cell(measured, id=id),
                block.cell(size),
                block.cell(reads),
            ]
        )
    return block.table(columns, rows, "What is declared, and what was measured")


def _provider(material: Material) -> Iterator[Block]:
    yield passages.gap("Name and contact of the provider, and of an authorised representative where there is one.")


def _purpose(material: Material) -> Iterator[Block]:
    yield passages.purpose(material)


def _accuracy(material: Material) -> Iterator[Block]:
    key = material.report.key if material.report else None
    found = promised(material)
    if found:
        yield comparison(found, key)
    else:
        yield passages.gap(
            f"Declare the level of accuracy as numbers, in a block fenced as declared or a table whose second column is "
            f"headed declared: {material.task.headline} = 0.9. Filing holds each of them against its measured interval."
        )
    yield from passages.numbers(
        material, (material.task.headline, "accuracy.", "calibration.ece", "robustness.", "security.")
    )
    yield passages.gap("Circumstances that can change the accuracy, robustness or security that may be expected.")


def _circumstances(material: Material) -> Iterator[Block]:
    yield from passages.limits(material)
    yield from passages.risks(material)
    yield passages.gap("Uses and foreseeable misuses that may lead to risks for health, safety or fundamental rights.")


def _explaining(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("explainability.",))
    yield passages.gap("What explains an output to the deployer, and how far it can be relied on.")


def _groups(material: Material) -> Iterator[Block]:
    yield from passages.verdicts(material, ("fairness",))
    yield from passages.numbers(material, (material.task.headline, "accuracy.accuracy"), groups=True)


def _inputs(material: Material) -> Iterator[Block]:
    yield block.terms([("Inputs", ", ".join(material.card.identity.columns) or "not recorded")])
    yield from passages.data(material, "What values the inputs may have")


def _reading(material: Material) -> Iterator[Block]:
    yield block.terms([("Outcomes", ", ".join(material.card.identity.classes) or "a number"),
                       ("Favourable outcome", material.task.favourable or "none declared")])  # fmt: skip
    yield from passages.numbers(material, ("calibration.",))
    yield passages.gap("What a deployer may and may not conclude from an output.")


def _oversight(material: Material) -> Iterator[Block]:
    yield passages.filed(material, "human_oversight_plan")


def _resources(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("efficiency.",))
    yield passages.gap("Hardware needed, expected lifetime, care and updates with their frequency.")


PASSAGES: dict[str, passages.Passage] = {
    "AIA-13-3A": _provider, "AIA-13-3B1": _purpose, "AIA-13-3B2": _accuracy, "AIA-13-3B3": _circumstances,
    "AIA-13-3B4": _explaining, "AIA-13-3B5": _groups, "AIA-13-3B6": _inputs, "AIA-13-3B7": _reading,
    "AIA-13-3C": passages.left("Changes that were decided beforehand, or that there are none."), "AIA-13-3D": _oversight,
    "AIA-13-3E": _resources, "AIA-13-3F": passages.left("How the deployer collects, keeps and reads the logs."),
}  # fmt: skip
"""By the id of the requirement."""
