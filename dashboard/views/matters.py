"""What needs a person, over all models: overdue reviews, approvals that lapsed, findings, risks, incidents, waivers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from audit.acts.approvals import ApprovalState
from audit.acts.findings import FindingState
from audit.acts.incidents import IncidentState
from audit.acts.inventory import InventoryEntry
from audit.acts.risks import RiskState
from audit.acts.state import Matter, ModelState
from audit.acts.waiver import Waiver

Need = Literal["incident", "review", "approval", "finding", "risk", "waiver"]
NEEDS: dict[type, Need] = {
    IncidentState: "incident", InventoryEntry: "review", ApprovalState: "approval", FindingState: "finding",
    RiskState: "risk", Waiver: "waiver",
}  # fmt: skip
"""What a matter is about, the most pressing first."""


class Pressing(NamedTuple):
    """One matter of one model, and where it is dealt with."""

    model: str
    need: Need
    sentence: str
    late: bool
    page: str
    address: dict[str, str]


def pressing(states: Iterable[ModelState], need: str | None = None) -> list[Pressing]:
    """Everything that needs a person, or one kind of it: what is over first, then by kind."""
    found = [_of(one.model, matter) for one in states for matter in one.matters]
    kinds = list(NEEDS.values())
    wanted = [one for one in found if need in (None, one.need)]
    return sorted(wanted, key=lambda one: (not one.late, kinds.index(one.need)))


def _of(model: str, matter: Matter) -> Pressing:
    about, need = matter.about, NEEDS[type(matter.about)]
    page, address = "inventory", {"model": model}
    if isinstance(about, ApprovalState):
        page, address = "signoff", {"id": about.version[:16], "stage": about.stage}
    elif isinstance(about, FindingState):
        page, address = "findings", {"finding": about.id}
    elif isinstance(about, Waiver):
        page, address = "signoff", {"id": model, "act": "Waive"}
    elif isinstance(about, RiskState | IncidentState):
        page, address = "risks", {"id": model}
    return Pressing(model, need, matter.sentence, matter.late, f"screens/{page}.py", address)
