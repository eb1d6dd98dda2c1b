"""Acts of governance, in plain functions: the inventory, findings, waivers, and where a model stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TypeVar

from pydantic import ValidationError

from audit.acts.act import Act, last
from audit.acts.change import Change
from audit.acts.evidence import Evidence
from audit.acts.finding import Closing, Finding
from audit.acts.findings import unproved
from audit.acts.inventory import InventoryEntry
from audit.acts.signoff import Refusal
from audit.acts.state import SILENT, ModelState, state_of
from audit.acts.waiver import Waiver
from audit.measure import definitions
from dashboard.access import Refused as Refused
from dashboard.access import keep, permitted, refuse
from models.record import Record
from models.task import UnknownName
from storage import queries
from storage.archive import Archive
from storage.ledger import Actor

R = TypeVar("R", bound=Record)
NEEDED = ("owner", "developer", "validator", "use", "exposure", "purpose", "next_review")
"""What the first entry of a model must say."""


def today() -> date:
    """The day in UTC, by which reviews, approvals and findings become due."""
    return datetime.now(UTC).date()


def state(archive: Archive, model: str, on: date | None = None) -> ModelState:
    """Where a model stands, by its name or any of its versions."""
    name = archive.model(model).name
    return state_of(name, archive.acts(name), archive.evidence(name), on or today())


def states(archive: Archive, on: date | None = None) -> list[ModelState]:
    """Where every model stands: those that need attention first, then by name."""
    done: defaultdict[str, list[Act]] = defaultdict(list)
    for one in archive.acts(but=SILENT):
        done[one.subject].append(one)
    evidence, day = archive.evidences(), on or today()
    found = [
        state_of(name, done[name], evidence.get(name, Evidence()), day) for name in queries.names(archive.database)
    ]
    return sorted(found, key=lambda one: not one.matters)


def register(archive: Archive, model: str, said: Mapping[str, object], actor: Actor | None = None) -> Act:
    """Describe a model in the inventory, or change some of what is said of it; what is ``None`` stays as it was."""
    name = archive.model(model).name
    actor = permitted(archive, "register", actor, name)
    before = last(archive.acts(name, "inventory"), InventoryEntry)
    given = {key: value for key, value in said.items() if value is not None}
    missing = [] if before else [one for one in NEEDED if one not in given]
    if missing:
        wanted = ", ".join(option(one) for one in missing)
        raise ValueError(f"{name} is not in the inventory yet, and its first entry lacks {wanted}; give these too.")
    known = before[1].model_dump() if before else {}
    return keep(archive, "register", name, made(InventoryEntry, **known | given), actor)


def classify(archive: Archive, version: str, material: bool, reason: str, actor: Actor | None = None) -> Act:
    """Class what a version changed as material or not, with the reason."""
    card = archive.model(version)
    actor = permitted(archive, "classify", actor, card.name, card.digest)
    change = made(Change, version=card.digest, material=material, reason=reason)
    return keep(archive, "classify", card.name, change, actor)


def open_finding(archive: Archive, about: str, said: Mapping[str, object], actor: Actor | None = None) -> Act:
    """Open a finding about a version (``mortgage@2``) or about a model as such (``mortgage``)."""
    card = archive.model(about)
    version = None if about.strip() == card.name else card.digest
    actor = permitted(archive, "finding", actor, card.name, version)
    return keep(archive, "finding", card.name, made(Finding, **{"version": version, **said}), actor)


def close_finding(archive: Archive, finding: str, evidence: str, reason: str, actor: Actor | None = None) -> Act:
    """Close a finding by a report (an id, or a version: its newest) made after it was opened. Raises ``Refused``."""
    opened = archive.act(finding)
    if not isinstance(opened.content, Finding):
        raise ValueError(f"{opened.id} is no finding but of kind {opened.kind}. Type: answerable finding list")
    actor = permitted(archive, "close", actor, opened.subject, opened.content.version)
    found = next(one for one in state(archive, opened.subject).findings if one.id == opened.id)
    if found.closed:
        raise ValueError(f"Finding {opened.id} was closed on {found.closed:%Y-%m-%d} already; open a new one.")
    report = archive.newest_report(evidence)
    closing = made(Closing, finding=opened.id, evidence=report.key, reason=reason)
    why = unproved(closing, opened, archive.evidence(opened.subject))
    if why:
        name = opened.subject
        refuse(
            archive, name, actor,
            Refusal(tried="closing", version=opened.content.version,
                    reason=f"Finding {opened.id} closes only with new evidence, and {why}. "
                           f"Type: answerable audit {name} --repeat 1, and close it with that report."),
        )  # fmt: skip
    return keep(archive, "close", opened.subject, closing, actor)


def waive(archive: Archive, model: str, measure: str, said: Mapping[str, object], actor: Actor | None = None) -> Act:
    """Accept that a rule on a measure does not hold for a model, until a date."""
    name = archive.model(model).name
    actor = permitted(archive, "waive", actor, name)
    if measure not in definitions():
        raise UnknownName("measure", measure, sorted(definitions()))
    waiver = made(Waiver, **{"measure": measure, "owner": actor.name, **said})
    if waiver.expires < today():
        raise ValueError(f"A waiver until {waiver.expires} would be over already; give --until a later day.")
    return keep(archive, "waive", name, waiver, actor)


def made(noun: type[R], **fields: object) -> R:
    """A record from what was given; what is wrong is one sentence that names the option."""
    try:
        return noun.model_validate(fields)
    except ValidationError as why:
        first = why.errors()[0]
        place = option(str(first["loc"][0])) if first["loc"] else noun.__name__.lower()
        given = "" if first["type"] == "missing" else f" (given: {first['input']!r:.60})"
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}{given}.") from None


def option(field: str) -> str:
    """How a field is given on the terminal."""
    names = {"expires": "until", "ends": "until", "dated": "on"}
    return f"--{names.get(field, field).replace('_', '-')}"
