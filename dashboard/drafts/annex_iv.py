"""Technical documentation in the nine points of Annex IV of the EU AI Act."""

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

POINTS = (
    "General description", "Elements of the system and how it was developed", "Monitoring, functioning and control",
    "Why these metrics", "Risk management system", "Changes through the lifecycle", "Standards applied",
    "EU declaration of conformity", "Post-market monitoring",
)  # fmt: skip


def draft(material: Material) -> dict[str, Any]:
    """Every sub-point with what is stored about it, and what is left for people."""
    pack = framework.read("eu_ai_act_annex_iv")
    sections = []
    for number, title in enumerate(POINTS, 1):
        asked = [one for one in pack.requirements if one.ref.partition("(")[0] == str(number)]
        parts: list[Block] = []
        for one in asked:
            parts += [block.heading(one.title, code=one.ref), *PASSAGES[one.id](material)]
        sections.append(Section(title, parts[1:] if len(asked) == 1 else parts))
    return page("Technical documentation", material, sections, passages.points_of(pack))


def _purpose(material: Material) -> Iterator[Block]:
    yield passages.purpose(material)
    yield from passages.changes(material)
    yield passages.gap("Name and address of the provider.")


def _interaction(material: Material) -> Iterator[Block]:
    entry = material.state.entry
    if entry and entry.dependencies:
        yield block.terms([("Needs", ", ".join(entry.dependencies))])
    yield passages.gap("Hardware, software and other AI systems that it works with and that are no part of it.")


def _software(material: Material) -> Iterator[Block]:
    where = material.card.environment
    packages = ", ".join(f"{name} {version}" for name, version in where.packages) if where else ""
    yield from passages.known(
        ("Python", where and where.python), ("Platform", where and where.platform), ("Libraries", packages),
        ("What an update of the software or firmware requires", None),
    )  # fmt: skip


def _hardware(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("efficiency.",))
    yield passages.gap("Hardware on which it is meant to run.")


def _instructions(material: Material) -> Iterator[Block]:
    yield passages.filed(material, "instructions_for_use")


def _methods(material: Material) -> Iterator[Block]:
    card = material.card
    yield from passages.known(
        ("Architecture", card.identity.architecture), ("Recipe, sha256", card.recipe), ("Remedy", card.remedy or "none"),
        ("Seed", None if card.seed is None else str(card.seed)),
        ("Brought from", f"{card.origin.source} ({card.origin.format})" if card.origin else "nowhere: it was trained here"),
        ("Parts made or trained beforehand by others, and how they were used", None),
    )  # fmt: skip


def _design(material: Material) -> Iterator[Block]:
    task = material.task
    said = [
        ("Optimised and judged first by", figures.title(task.headline)),
        ("Decision", passages.decision(material)),
    ]
    for one in task.margins:
        most = figures.number(one.limit, rate=figures.rate_of(one.measure))
        said.append(("Declared margin", f"{figures.title(one.measure)}: {most}. {one.reason}"))
    yield block.terms(said)
    yield passages.gap(
        "The main design choices with their reasons, also on whom it is meant to be used for.",
        "What was traded against what to meet the requirements.",
    )


def _compute(material: Material) -> Iterator[Block]:
    cost = material.card.cost
    yield from passages.known(
        ("Architecture", ", ".join([material.card.identity.architecture,
                                    *(f"{name} {value}" for name, value in material.card.identity.arguments)])),
        ("Parameters", cost and figures.count(cost.parameters)),
        ("Training took", cost and figures.duration(cost.seconds)),
        ("Operations of training", cost and f"{figures.number(cost.training_flops)} (estimate)"),
        ("Energy of training", cost and f"{figures.number(cost.energy_wh)} Wh ({cost.energy_method})"),
    )  # fmt: skip


def _data(material: Material) -> Iterator[Block]:
    yield from passages.data(material, "How the data were labelled and cleaned")
    yield from passages.numbers(material, ("data.",))
    yield passages.filed(material, "datasheet")


def _oversight(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("explainability.", "uncertainty."))
    yield passages.filed(material, "human_oversight_plan")


def _tests(material: Material) -> Iterator[Block]:
    yield from passages.verdicts(material)
    yield from passages.numbers(material, (material.task.headline, "accuracy.accuracy", "fairness.", "robustness."))
    yield passages.approvals(material)


def _security(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("security.",))
    yield passages.gap("Measures against manipulated data, models and inputs.")


def _capabilities(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, (material.task.headline, "accuracy.accuracy"))
    yield from passages.numbers(material, (material.task.headline, "accuracy.accuracy"), groups=True)
    yield from passages.limits(material)
    yield passages.gap(
        "Unintended outcomes that can be foreseen, and where risks to health, safety and rights come from.",
        "What the input must be like, beyond its columns.",
    )


def _metrics(material: Material) -> Iterator[Block]:
    reasons = dict.fromkeys((figures.title(one.rule.measure), one.rule.rationale) for one in material.verdicts())
    yield block.terms(
        [("Judged first by", figures.title(material.task.headline)), *((name, why) for name, why in reasons)]
    )
    yield passages.gap("Why these metrics suit this system and the people it concerns.")


def _risks(material: Material) -> Iterator[Block]:
    yield from passages.risks(material)
    yield passages.gap("How risks are found, weighed and treated, and who does it.")


def _monitoring(material: Material) -> Iterator[Block]:
    yield passages.filed(material, "post_market_monitoring_plan")


PASSAGES: dict[str, passages.Passage] = {
    "AIV-1A": _purpose, "AIV-1B": _interaction, "AIV-1C": _software,
    "AIV-1D": passages.left("Forms in which it is placed on the market: package, download, API, part of a product."),
    "AIV-1E": _hardware, "AIV-1F": passages.left("Photographs or drawings where it is part of a product; or that it is none."),
    "AIV-1G": passages.left("What the deployer sees and operates."), "AIV-1H": _instructions, "AIV-2A": _methods,
    "AIV-2B": _design, "AIV-2C": _compute, "AIV-2D": _data, "AIV-2E": _oversight, "AIV-2F": passages.left("Changes that were decided beforehand, and how the requirements stay met; or that there are none."),
    "AIV-2G": _tests, "AIV-2H": _security, "AIV-3": _capabilities, "AIV-4": _metrics, "AIV-5": _risks,
    "AIV-6": passages.changes, "AIV-7": passages.left("Harmonised standards applied in full or in part; where none, how the requirements are met otherwise."), "AIV-8": passages.left("A copy of the EU declaration of conformity."), "AIV-9": _monitoring,
}  # fmt: skip
"""By the id of the requirement."""
