"""A plan for monitoring after release (Art. 72 of the EU AI Act): what is watched, against which limit, by whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audit import framework
from audit.acts.incident import Serious
from audit.acts.incidents import deadline
from dashboard.drafts import passages
from dashboard.drafts.material import Material
from dashboard.drafts.page import Section, page
from dashboard.paper import block
from dashboard.paper.block import Block

SERIOUS: dict[Serious, str] = {
    "health": "a serious incident", "death": "a death", "critical infrastructure": "a disruption of critical infrastructure",
    "widespread infringement": "a widespread infringement",
}  # fmt: skip


def draft(material: Material) -> dict[str, Any]:
    """What was measured before release is what later figures are held against."""
    sections = (
        Section("What is monitored, by whom", [passages.people(material), passages.gap(
            "Who collects and reads the data, how often, and who may decide to stop the system.")]),
        Section("Where it started: the measures before release", list(_baseline(material))),
        Section("What is collected in use", [passages.gap(
            "Which inputs, outputs, true outcomes and complaints are kept, from where, and for how long.",
            "How interaction with other AI systems is looked at, where there is any.")]),
        Section("Changes in the data", [*passages.numbers(material, ("data.drift_psi", "data.drift_mmd", "data.drift_statistic", "monitoring.")),
                                        passages.gap("From which change on somebody looks, and who is told.")]),
        Section("People and groups", [*passages.verdicts(material, ("fairness",)), passages.gap(
            "How groups are known in use, and what is done where they are not.")]),
        Section("Serious incidents", list(_incidents(material))),
        Section("What follows from what is found", [*passages.risks(material), passages.gap(
            "How what is found changes the risk register, the instructions for use and the next version.")]),
    )  # fmt: skip
    pack = framework.read("eu_ai_act")
    asked = [one for one in pack.requirements if one.id.startswith("AIA-72")]
    return page("Post-market monitoring plan", material, sections, passages.points_of(pack, asked))


def _baseline(material: Material) -> Iterator[Block]:
    yield from passages.verdicts(material)
    yield from passages.numbers(material, (material.task.headline, "accuracy.accuracy", "calibration.ece"))
    yield passages.gap("How much worse than this each figure may become before somebody acts.")


def _incidents(material: Material) -> Iterator[Block]:
    for kind, words in SERIOUS.items():
        due = deadline(kind, material.today)
        if due:
            yield block.terms([("To be reported", f"{words}: within {due.days} days of noticing it ({due.article})")])
    waiting = [one for one in material.state.incidents if one.state in ("overdue", "to be reported")]
    yield block.terms(
        [("Now", f"{len(material.state.incidents)} incidents are logged, {len(waiting)} must still be reported")]
    )
    yield passages.gap("Which authority is told, by whom, and who decides whether an incident is serious.")
