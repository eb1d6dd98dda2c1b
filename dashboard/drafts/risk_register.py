"""The risk register as a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audit.acts.risks import RiskState, levels
from dashboard.drafts import passages
from dashboard.drafts.material import Material
from dashboard.drafts.page import Section, page
from dashboard.paper import block
from dashboard.paper.block import Block


def draft(material: Material) -> dict[str, Any]:
    """Every risk in full, the open and severe first, and what none of them names."""
    kept = material.state.risks
    sections = [
        Section("Overview", list(passages.risks(material))),
        *(Section(f"{one.risk.title} ({one.risk.key})", list(_risk(one))) for one in kept),
        Section("What remains", [passages.gap(
            "Whether what is left of all risks together is acceptable, and who says so (Art. 9(5) of the EU AI Act).")]),
    ]  # fmt: skip
    return page(
        "Risk register", material, sections, "It is the register as it stands; a risk is changed there, not here."
    )


def _risk(one: RiskState) -> Iterator[Block]:
    risk = one.risk
    yield block.terms((
        ("Who could be harmed, and how", risk.harm),
        ("As it is", levels(risk.severity, risk.likelihood)),
        *(("Control", said) for said in risk.controls),
        ("What is left", levels(risk.residual_severity, risk.residual_likelihood)),
        ("Owner", risk.owner),
        ("Status", block.cell(f"{risk.status}, said by {one.by} on {one.at:%Y-%m-%d}", id=one.id)),
        ("Next review", f"{risk.next_review}{', overdue' if one.overdue else ''}"),
        ("Answers", ", ".join(risk.about) or "nothing that was measured"),
        *(("Evidence", block.cell("", id=id)) for id in risk.evidence),
    ))  # fmt: skip
    if not risk.controls:
        yield passages.gap(f"What is done about {risk.title}.")
