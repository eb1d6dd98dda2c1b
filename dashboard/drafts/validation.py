"""A model validation report after SR 26-2, the US supervisors' letter on model risk."""

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
    """Each thing that the letter asks for, with what is stored."""
    pack = framework.read("us_mrm_sr_26_2")
    sections = [Section(one.title.partition(" (")[0], list(PASSAGES[one.id](material))) for one in pack.requirements]
    return page("Model validation report", material, sections, passages.points_of(pack))


def _scope(material: Material) -> Iterator[Block]:
    yield passages.purpose(material)
    yield block.terms([("Architecture", material.card.identity.architecture)])
    yield passages.gap("Whether this is a model in the sense of the letter, and why.")


def _inventory(material: Material) -> Iterator[Block]:
    entry = material.state.entry
    yield passages.people(material)
    yield from passages.known(("Depends on", ", ".join(entry.dependencies) if entry else None))


def _tier(material: Material) -> Iterator[Block]:
    entry = material.state.entry
    tier = f"{entry.tier}: exposure {entry.exposure}, purpose {entry.purpose}" if entry else None
    yield from passages.known(("Tier", tier), ("Why its exposure and purpose are of this weight", None))


def _development(material: Material) -> Iterator[Block]:
    yield passages.filed(material, "model_card")
    yield from passages.limits(material)
    yield passages.gap("Theory, assumptions and alternatives that were considered.")


def _data(material: Material) -> Iterator[Block]:
    yield from passages.data(material, "Why these data suit the use")
    yield from passages.numbers(material, ("data.",))


def _tests(material: Material) -> Iterator[Block]:
    yield from passages.verdicts(material)
    yield from passages.numbers(material, (material.task.headline, "accuracy.", "robustness."))
    yield passages.gap("How often these tests are repeated.")


def _concept(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("accuracy.vs_baseline", "explainability."))
    yield passages.gap("The validator's judgement of whether design, theory and assumptions are sound for this use.")


def _monitoring(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("monitoring.", "data.drift_psi"))
    yield passages.filed(material, "post_market_monitoring_plan")


def _outcomes(material: Material) -> Iterator[Block]:
    yield from passages.numbers(material, ("accuracy.out_of_time", "calibration."))
    yield passages.gap("How outcomes in use compare with what was predicted.")


def _challenge(material: Material) -> Iterator[Block]:
    yield passages.approvals(material)
    yield passages.gap(
        "Who validated the model independently of its developers, what they challenged, and what they conclude."
    )


def _findings(material: Material) -> Iterator[Block]:
    yield passages.findings(material)
    yield from passages.uncovered(material)


def _governance(material: Material) -> Iterator[Block]:
    yield from passages.changes(material)
    yield passages.gap("Policies and roles under which the model is kept, and who may make exceptions.")


PASSAGES: dict[str, passages.Passage] = {
    "MRM-SCOPE": _scope, "MRM-INVENTORY": _inventory, "MRM-TIER": _tier, "MRM-DEV-DOC": _development, "MRM-DATA": _data,
    "MRM-TEST": _tests, "MRM-CONCEPT": _concept, "MRM-MONITOR": _monitoring, "MRM-OUTCOME": _outcomes,
    "MRM-CHALLENGE": _challenge, "MRM-FINDINGS": _findings, "MRM-GOV": _governance,
}  # fmt: skip
"""By the id of the requirement."""
