"""The risk register and the incident log as tables."""

from __future__ import annotations

from datetime import tzinfo

import pandas as pd

from audit.acts.incidents import IncidentState
from audit.acts.risk import Level
from audit.acts.risks import RiskState, Uncovered
from audit.acts.state import ModelState
from dashboard import figures, marks
from dashboard.views.wording import label

BREAK = "  \n"


def sentence(stands: ModelState) -> str:
    """How many risks are open, and how many reviews are overdue."""
    living = [one for one in stands.risks if one.living]
    if not stands.risks:
        return f"The register of {marks.plain(stands.model)} is empty."
    opened = sum(one.risk.status == "open" for one in living)
    overdue = sum(one.overdue for one in living)
    late = f" The review of {overdue} is overdue." if overdue else ""
    return f"Risks of {marks.plain(stands.model)} to reckon with: {len(living)}, of which {opened} open.{late}"


def risks(stands: ModelState) -> pd.DataFrame:
    """One row per risk, the open and severe first."""
    return pd.DataFrame([_risk(one, stands) for one in stands.risks])


def _risk(one: RiskState, stands: ModelState) -> dict[str, str]:
    risk = one.risk
    name = marks.leading(risk.title, "risks", id=stands.model, risk=risk.key)
    review = f"{marks.chip('overdue')} review since {risk.next_review}" if one.overdue else f"review {risk.next_review}"
    owner = f"{marks.plain(risk.owner)}{f', {review}' if one.living else ''}"
    said = [marks.plain(risk.harm), f"Controls: {marks.plain('; '.join(risk.controls) or 'none yet')}"]
    ids = ", ".join(marks.link(id) for id in risk.evidence)
    return {
        "Risk": f"{name}  \n:small[:gray[{BREAK.join(said)}]]" + (f"  \n{ids}" if ids else ""),
        "As it is, and what is left": f"{_level(risk.severity, risk.likelihood)}  \nleft: "
        f"{_level(risk.residual_severity, risk.residual_likelihood)}",
        "Status": f"{_status(risk.status)}  \n:small[{owner}]",
    }


def _level(severity: Level, likelihood: Level) -> str:
    return f"{marks.chip(severity)} :small[likelihood {likelihood}]"


def _status(status: str) -> str:
    return marks.chip({"accepted": "waived", "mitigated": "closed"}.get(status, status), status)


def proposal(one: Uncovered) -> str:
    """What does not hold, as people read it: ``Performance gap · by sex: fail``."""
    name, _, setting = one.about.partition(" ")
    return one.title.replace(one.about, label(name, setting)) if "." in name else one.title


def known(stands: ModelState, key: str) -> RiskState | None:
    """The newest word on one risk."""
    return next((one for one in stands.risks if one.risk.key == key), None)


def incidents_sentence(stands: ModelState) -> str:
    """How many incidents are logged, and how many must still be reported."""
    if not stands.incidents:
        return f"No incident of {marks.plain(stands.model)} is logged."
    late = sum(one.state == "overdue" for one in stands.incidents)
    waiting = sum(one.state == "to be reported" for one in stands.incidents)
    return f"Logged: {len(stands.incidents)}. To be reported: {late + waiting}, of which {late} overdue."


def incidents(stands: ModelState, zone: tzinfo | None) -> pd.DataFrame:
    """One row per incident, those that must be reported first."""
    return pd.DataFrame([_incident(one, zone) for one in stands.incidents])


def _incident(one: IncidentState, zone: tzinfo | None) -> dict[str, str]:
    said = one.incident
    marked = {"overdue": "overdue", "to be reported": "open", "reported late": "unsure", "reported": "closed"}
    due = f"by {one.due}: {one.duty}" if one.due else "no report of it is asked for"
    told = f"to {said.reported_to} on {said.reported}" if said.reported else due
    version = f", {marks.code(said.version)}" if said.version else ""
    serious = "Not serious" if said.serious == "no" else f"Serious, {said.serious}"
    noted = [f"Affected: {said.affected}", f"{serious}: {said.reason}", f"Done: {said.action or 'nothing yet'}"]
    return {
        "Incident": f"{marks.plain(said.what)}  \n:small[:gray[{BREAK.join(map(marks.plain, noted))}]]",
        "When": f"{said.happened}  \n:small[:gray[noticed {said.noticed}]]  \n:small[{marks.plain(said.key)}{version}]",
        "Report": f"{marks.chip(marked.get(one.state, 'exempt'), one.state)}  \n:small[:gray[{marks.plain(told)}]]"
        f"  \n:small[:gray[said by {marks.plain(one.by)}, {figures.moment(one.at, zone)}]]",
    }
