"""What people did, and what somebody must look at, in print: the same words as on the screens, in the language that is spoken."""

from __future__ import annotations

from audit.acts.approvals import ApprovalState
from audit.acts.findings import FindingState
from audit.acts.incidents import IncidentState
from audit.acts.inventory import InventoryEntry
from audit.acts.risks import RiskState
from audit.acts.state import Matter, ModelState
from audit.acts.waiver import Waiver
from dashboard.paper.wording import many, reason, word
from dashboard.texts import say


def approved(one: ApprovalState) -> str:
    """Who approved what until when, on which condition, and what has become of it."""
    when, stage = f"{one.at:%Y-%m-%d}", word(one.stage)
    who = "approval.author" if one.by_author else "approval.by"
    said = say(who, by=one.by, known_by=one.known_by, stage=stage, on=when, ends=one.ends)
    if one.conditions:
        said += say("approval.condition", conditions=say("front.join").join(one.conditions))
    if one.standing != "in force":
        said += say("approval.over", standing=word(one.standing), reason=reason(one.reason))
    return said


def pressing(one: Matter, stands: ModelState) -> str:
    """What somebody must look at, in one sentence."""
    late = "late" if one.late else "due"
    match one.about:
        case IncidentState() as about:
            return say(f"matter.incident_{late}", name=about.incident.key, due=about.due, duty=about.duty)
        case InventoryEntry() as about:
            days = (stands.today - about.next_review).days
            return say(f"matter.review_{many(days)}", model=stands.model, due=about.next_review, days=days)
        case ApprovalState() as about:
            over = {"standing": word(about.standing), "reason": reason(about.reason)}
            return say("matter.approval", by=about.by, stage=word(about.stage), **over)
        case FindingState() as about:
            severity = word(about.severity)
            return say(
                f"matter.finding_{late}",
                id=about.id,
                severity=severity,
                owner=about.owner,
                due=about.due,
                title=about.title,
            )
        case RiskState() as about:
            return say("matter.risk", name=about.risk.key, owner=about.risk.owner, due=about.risk.next_review)
        case Waiver() as about:
            return say("matter.waiver", measure=about.measure, on=about.expires)
