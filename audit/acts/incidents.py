"""The incident log of a model: the newest word on each incident, and by when it has to be reported."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from audit import framework
from audit.acts.act import Act, of
from audit.acts.incident import Incident, Serious
from audit.attestation import DocumentFact
from models.record import Record, canonical, sha256

LAW, DUTY = "eu_ai_act", "AIA-73"
"""Where the days of the deadline are kept, as dated data."""
SOONER = {
    "death": ("death", "Art. 73(4)"),
    "critical infrastructure": ("widespread_or_critical", "Art. 73(3)"),
    "widespread infringement": ("widespread_or_critical", "Art. 73(3)"),
}
"""What is to be told sooner than other serious incidents, and where that is said."""


class Deadline(NamedTuple):
    """By when a serious incident is to be reported."""

    day: date
    days: int
    article: str
    begins: date | None
    """From when the law asks for it."""


class IncidentState(Record):
    """One incident, who said so last, and whether a report of it is due."""

    id: str
    """Of the act that said it last."""
    by: str
    at: datetime
    incident: Incident
    due: date | None
    """By when it has to be reported; ``None`` where it is not serious."""
    duty: str
    """Which article asks for that, in a few words; empty where none does."""
    state: Literal["not to be reported", "to be reported", "overdue", "reported", "reported late"]
    states: int = 1
    """How often it was described."""


def log(acts: Iterable[Act], today: date) -> tuple[IncidentState, ...]:
    """The newest word on each incident: those that must be reported first, then the newest."""
    told: dict[str, list[Act]] = {}
    newest: dict[str, Incident] = {}
    for one, incident in of(acts, Incident):
        told.setdefault(incident.key, []).append(one)
        newest[incident.key] = incident
    found = [_state(told[key][-1], incident, len(told[key]), today) for key, incident in newest.items()]
    return tuple(sorted(found, key=_pressing))


def deadline(serious: Serious, noticed: date) -> Deadline | None:
    """Art. 73 of the EU AI Act: 15 days from when it was noticed, 10 for a death, 2 where many or vital things are hit."""
    if serious == "no":
        return None
    duty = framework.read(LAW).requirement(DUTY)
    if duty.deadlines_days is None:
        return None
    name, article = SOONER.get(serious, ("standard", "Art. 73(2)"))
    days: int = getattr(duty.deadlines_days, name)
    return Deadline(noticed + timedelta(days=days), days, article, duty.applies_from)


def fact(incidents: Iterable[IncidentState]) -> DocumentFact | None:
    """The log as a document: there as soon as it holds an incident."""
    kept = list(incidents)
    if not kept:
        return None
    newest = max(kept, key=lambda one: one.at)
    return DocumentFact(
        kind="incident_log", digest=sha256(canonical(sorted(one.id for one in kept))), dated=newest.at.date(),
        author=newest.by,
    )  # fmt: skip


def _state(one: Act, incident: Incident, states: int, today: date) -> IncidentState:
    due = deadline(incident.serious, incident.noticed)
    reported = incident.reported if incident.reported and incident.reported <= today else None
    late = due is not None and due.day < (reported or today) and (due.begins is None or incident.noticed >= due.begins)
    if reported is not None:
        state = "reported late" if late else "reported"
    else:
        state = ("overdue" if late else "to be reported") if due else "not to be reported"
    return IncidentState.model_validate({
        "id": one.id, "by": one.actor, "at": one.created, "incident": incident, "due": due.day if due else None,
        "duty": _duty(due, incident) if due else "", "state": state, "states": states,
    })  # fmt: skip


def _duty(due: Deadline, incident: Incident) -> str:
    """``Art. 73(2) of the EU AI Act, 15 days after it was noticed``; from when, where that is later."""
    later = f"; it applies from {due.begins}" if due.begins and incident.noticed < due.begins else ""
    return f"{due.article} of the EU AI Act, {due.days} days after it was noticed{later}"


def _pressing(one: IncidentState) -> tuple[bool, date, int]:
    waiting = one.state in ("overdue", "to be reported")
    return not waiting, one.due if waiting and one.due else date.max, -one.incident.noticed.toordinal()
