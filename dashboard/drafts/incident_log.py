"""The incident log as a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audit.acts.incidents import IncidentState
from dashboard.drafts import passages
from dashboard.drafts.material import Material
from dashboard.drafts.page import Section, page
from dashboard.paper import block
from dashboard.paper.block import Block


def draft(material: Material) -> dict[str, Any]:
    """Every incident in full, those that must be reported first."""
    sections = [Section(one.incident.key, list(_incident(one, material))) for one in material.state.incidents]
    if not sections:
        sections = [Section("Incidents", [block.text("No incident is logged. Type: answerable incident add --help")])]
    return page(
        "Incident log", material, sections, "It is the log as it stands; an incident is changed there, not here."
    )


def _incident(one: IncidentState, material: Material) -> Iterator[Block]:
    said = one.incident
    yield block.terms((
        ("What happened", block.cell(said.what, id=one.id)),
        ("Happened", str(said.happened)), ("Noticed", str(said.noticed)),
        ("Version", passages.about(said.version, material)),
        ("Who was affected", said.affected),
        ("Serious (Art. 3(49))", f"{said.serious if said.serious == 'no' else f'yes, {said.serious}'}: {said.reason}"),
        ("State", f"{one.state}{f', by {one.due} ({one.duty})' if one.due else ''}"),
    ))  # fmt: skip
    nobody = None if one.due else "to nobody: it need not be"
    reported = f"to {said.reported_to} on {said.reported}" if said.reported else nobody
    yield from passages.known(("What was done", said.action), ("Reported", reported))
