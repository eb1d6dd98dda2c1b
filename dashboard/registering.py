"""What could go wrong and what did: the risk register and the incident log, in plain functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from audit.acts.act import Act, of
from audit.acts.incident import Incident
from audit.acts.risk import Risk
from audit.acts.risks import Uncovered, uncovered
from audit.acts.state import ModelState
from audit.measure import identifier
from audit.policy import Judgement
from dashboard import seen
from dashboard.access import keep, permitted
from dashboard.governing import made, state
from models.task import UnknownName
from storage import queries
from storage.archive import Archive
from storage.ledger import Actor

EVIDENCE = ("measure", "report", "judgement", "verdict", "act")
"""What can show how large a risk is, or that a control works."""


def put_risk(archive: Archive, model: str, said: Mapping[str, object], actor: Actor | None = None) -> Act:
    """Describe a risk of a model; a key that is known is described anew, and what is ``None`` stays as it was."""
    name = archive.model(model).name
    actor = permitted(archive, "risk", actor, name)
    before = _before(archive, name, Risk, said.get("key"))
    told = (before[1].model_dump() if before else {"owner": actor.name}) | _given(said)
    for field in ("severity", "likelihood"):
        if before and told[f"residual_{field}"] == getattr(before[1], field) and said.get(f"residual_{field}") is None:
            told[f"residual_{field}"] = told[field]  # nothing was claimed of the controls yet
        told.setdefault(f"residual_{field}", told.get(field))
    told["evidence"] = tuple(evidence(archive, one) for one in _words(told.get("evidence")))
    risk = made(Risk, **told)
    return before[0] if before and before[1] == risk else keep(archive, "risk", name, risk, actor)


def put_incident(archive: Archive, about: str, said: Mapping[str, object], actor: Actor | None = None) -> Act:
    """Log an incident of a version (``mortgage@2``) or of a model; a key that is known is described anew."""
    card = archive.model(about)
    actor = permitted(archive, "incident", actor, card.name)
    before = _before(archive, card.name, Incident, said.get("key"))
    version = {} if about.strip() == card.name else {"version": card.digest}
    incident = made(Incident, **(before[1].model_dump() if before else {}) | _given(said) | version)
    return before[0] if before and before[1] == incident else keep(archive, "incident", card.name, incident, actor)


def evidence(archive: Archive, text: str) -> str:
    """The full id of a measure, report, judgement, verdict or act."""
    found = archive.find(text)
    if found.kind not in EVIDENCE:
        raise UnknownName("measure, report, judgement, verdict or act", text, [])
    return str(found.id)


def proposals(archive: Archive, model: str, stands: ModelState | None = None, *, rows: bool) -> tuple[Uncovered, ...]:
    """What does not hold in the newest judgement of a model's newest version, and open findings, that no risk answers;
    without ``rows`` no reason tells a small cell."""
    stands, judged = stands or state(archive, model), newest_judgement(archive, model)
    if judged and not rows:
        judged = seen.without_cells(archive, judged, archive.report(identifier("r", [judged.report])))
    return uncovered(judged, stands.findings, stands.risks)


def newest_judgement(archive: Archive, version: str) -> Judgement | None:
    """The newest judgement of a version's newest report; of a model as such that of its newest version."""
    report = archive.latest_report(archive.model(version).digest)
    name = queries.newest_judgement(archive.database, report.id) if report else None
    return archive.judgement(name) if name else None


N = TypeVar("N", Risk, Incident)


def _before(archive: Archive, model: str, noun: type[N], key: object) -> tuple[Act, N] | None:
    """What was said of it last."""
    return next((one for one in reversed(of(archive.acts(model), noun)) if one[1].key == key), None)


def _given(said: Mapping[str, object]) -> dict[str, object]:
    return {field: value for field, value in said.items() if value is not None}


def _words(given: object) -> tuple[str, ...]:
    return tuple(given) if isinstance(given, list | tuple) else ()
