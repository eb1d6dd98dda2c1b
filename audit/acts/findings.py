"""Where each finding stands: open, overdue or closed by evidence; derived from what was opened and closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from audit.acts.act import Act, of
from audit.acts.evidence import Evidence
from audit.acts.finding import Closing, Finding, Severity
from models.record import Record


class FindingState(Record):
    """One finding and what has become of it."""

    id: str
    version: str | None
    title: str
    severity: Severity
    owner: str
    due: date
    opened: datetime
    by: str
    closed: datetime | None = None
    evidence: str | None = None
    """Key of the report that closed it."""
    reason: str = ""
    """Why it could be closed."""
    overdue: bool = False


def findings(acts: Iterable[Act], evidence: Evidence, today: date) -> tuple[FindingState, ...]:
    """Every finding, oldest first. What was closed without newer evidence is open."""
    kept = list(acts)
    opened = {one.id: (one, content) for one, content in of(kept, Finding)}
    closed = {
        content.finding: (one, content)
        for one, content in reversed(of(kept, Closing))
        if content.finding in opened and unproved(content, opened[content.finding][0], evidence) is None
    }
    return tuple(_state(*found, closed.get(id), today) for id, found in opened.items())


def unproved(closing: Closing, opened: Act, evidence: Evidence) -> str | None:
    """Why the evidence does not close the finding that was opened so; ``None`` where it does."""
    report = evidence.report(closing.evidence)
    if report is None:
        return f"no report of a version of {opened.subject} has the key {closing.evidence[:12]}"
    if report.created <= opened.created:
        return (
            f"report {report.id} of {report.created:%Y-%m-%d %H:%M} was made before the finding was opened "
            f"({opened.created:%Y-%m-%d %H:%M})"
        )
    return None


def _state(one: Act, content: Finding, closing: tuple[Act, Closing] | None, today: date) -> FindingState:
    end = (
        {"closed": closing[0].created, "evidence": closing[1].evidence, "reason": closing[1].reason} if closing else {}
    )
    return FindingState.model_validate({
        "id": one.id, "version": content.version, "title": content.title, "severity": content.severity,
        "owner": content.owner, "due": content.due, "opened": one.created, "by": one.actor,
        "overdue": not end and content.due < today, **end,
    })  # fmt: skip
