"""How acts, and where models stand after them, are printed on the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from audit.acts.act import Act
from audit.acts.document import Document
from audit.acts.findings import FindingState
from audit.acts.incidents import IncidentState
from audit.acts.person import Person, Token
from audit.acts.risks import RiskState, Uncovered
from audit.acts.state import ModelState
from audit.scope import Scope
from audit.standing import RequirementState
from dashboard import figures
from models.record import Record

if TYPE_CHECKING:
    from audit.adverse_action import Reasons


def done(act: Act, as_json: bool) -> None:
    """An act that was just kept."""
    if as_json:
        return _json({"id": act.id, **act.model_dump(mode="json")})
    _say(f"{act.id}: {act.kind} of {act.subject}, by {act.actor} ({act.known_by}).")


def filed(act: Act, remarks: Sequence[str], as_json: bool) -> None:
    """A document that was just filed, and what it says otherwise than the store."""
    if as_json:
        return _json({"id": act.id, "remarks": list(remarks), **act.model_dump(mode="json")})
    done(act, as_json)
    for one in remarks:
        _say(f"! {one}")


def risks(found: Sequence[RiskState], open_ones: Sequence[Uncovered], as_json: bool) -> None:
    """The register, the open and severe first, and what no risk names."""
    if as_json:
        return _json({
            "risks": [one.model_dump(mode="json") for one in found], "uncovered": [one._asdict() for one in open_ones],
        })  # fmt: skip
    if not found:
        _say("There is no risk. Type: answerable risk add --help")
    else:
        table = _table("key", "risk", "severity", "likelihood", "left", "status", "owner", "next review")
        for one in found:
            risk = one.risk
            left = f"{risk.residual_severity}, {risk.residual_likelihood}"
            review = f"{risk.next_review}{', overdue' if one.overdue else ''}"
            _row(table, risk.key, risk.title, risk.severity, risk.likelihood, left, risk.status, risk.owner, review)
        _print(table)
    for gap in open_ones:
        _say(f"! No risk covers this: {gap.title} ({gap.why}).")


def incidents(found: Sequence[IncidentState], as_json: bool) -> None:
    """The log, those that must be reported first."""
    if as_json:
        return _records(found)
    if not found:
        return _say("There is no incident. Type: answerable incident add --help")
    table = _table("key", "what", "happened", "noticed", "serious", "state", "by")
    for one in found:
        said = one.incident
        due = f"{one.due}: {one.duty}" if one.due else ""
        _row(table, said.key, said.what, str(said.happened), str(said.noticed), said.serious, one.state, due)
    _print(table)


def inventory(states: Sequence[ModelState], as_json: bool) -> None:
    """Every model, those that need attention first."""
    if as_json:
        return _records(states)
    if not states:
        return _say("No model is kept yet. Type: answerable demo")
    table = _table("model", "state", "tier", "owner", "next review", "open findings", "attention")
    for one in states:
        entry = one.entry
        about = [str(entry.tier), entry.owner, str(entry.next_review)] if entry else ["", "", ""]
        _row(table, one.model, one.phase, *about, str(len(one.open_findings)), "\n".join(one.attention))
    _print(table)


def model(one: ModelState, as_json: bool) -> None:
    """All that is known of where one model stands."""
    if as_json:
        return _records([one])
    _say(f"{one.model}: {one.phase}")
    for text in one.attention:
        _say(f"! {text}")
    if one.entry is None:
        _say(f"It is not in the inventory. Type: answerable inventory set {one.model} --help")
    else:
        _pairs({**one.entry.model_dump(mode="json", exclude={"schema_version"}), "tier": one.entry.tier})
    for released in one.released:
        version = released.version[:12]
        _say(f"{released.stage}: {version}, released by {released.by} on {released.at:%Y-%m-%d}")
    for change in one.changes:
        _say(f"{change.version[:12]}: {'a' if change.material else 'no'} material change: {change.reason}")
    approvals([one], as_json=False)


def approvals(states: Sequence[ModelState], as_json: bool) -> None:
    """Every approval and what has become of it."""
    given = [(one.model, approval) for one in states for approval in one.approvals]
    if as_json:
        return _records([approval for _, approval in given])
    for name, approval in given:
        _say(f"{approval.id} {name} {approval.version[:12]}: {approval.sentence}.")


def findings(found: Sequence[FindingState], as_json: bool) -> None:
    """Findings, the open ones first."""
    if as_json:
        return _records(found)
    if not found:
        return _say("There is no finding.")
    table = _table("id", "finding", "severity", "owner", "due", "status")
    for one in sorted(found, key=lambda one: (one.closed is not None, one.due)):
        status = f"closed {one.closed:%Y-%m-%d}: {one.reason}" if one.closed else "overdue" if one.overdue else "open"
        _row(table, one.id, one.title, one.severity, one.owner, str(one.due), status)
    _print(table)


def documents(found: Sequence[tuple[Act, Document]], as_json: bool) -> None:
    """Documents with their digests, oldest first."""
    if as_json:
        told = [
            {"id": act.id, "digest": one.digest, **one.model_dump(mode="json", exclude={"text"})} for act, one in found
        ]
        return _json(told)
    if not found:
        return _say("There is no document. Type: answerable document add --help")
    table = _table("id", "kind", "about", "title", "filed", "by", "digest")
    for act, one in found:
        about = one.version[:12] if one.version else act.subject
        _row(table, act.id, one.kind, about, one.title, f"{act.created:%Y-%m-%d}", act.actor, one.digest[:12])
    _print(table)


def scope(one: Scope, left: Sequence[str], as_json: bool) -> None:
    """What was answered, and what is open."""
    if as_json:
        return _json({"answers": {name: list(said) for name, said in one.answers}, "open": list(left)})
    _pairs({name: ", ".join(said) for name, said in one.answers})
    _say(f"Open: {', '.join(left)}." if left else "Every question is answered.")


def requirements(states: Sequence[RequirementState], as_json: bool) -> None:
    """Where each requirement stands, with the reason."""
    if as_json:
        return _records(states)
    if not states:
        return _say("This framework asks nothing itself. Type: answerable requirements --help")
    table = _table("requirement", "state", "reason", "from")
    for one in states:
        _row(table, one.requirement, one.state, one.reason, str(one.applies_from or ""))
    _print(table)
    _say(f"As of {states[0].as_of}; laws change, and this is evidence, not advice.")


def people(known: Sequence[Person], as_json: bool) -> None:
    """Everybody who was ever let in."""
    if as_json:
        return _records(known)
    if not known:
        return _say(
            "This store belongs to whoever runs it. Type: answerable people add NAME --issuer URL --subject SUBJECT"
        )
    table = _table("name", "roles", "id", "issuer", "subject")
    for one in known:
        _row(table, one.name, ", ".join(one.roles) or "no role", one.id, one.issuer, one.subject)
    _print(table)


def tokens(given: Sequence[tuple[Act, Token]], known: Sequence[Person], as_json: bool) -> None:
    """Tokens that were not ended; of the secrets nothing is kept."""
    names = {one.id: one.name for one in known}
    rows = [
        {"id": act.id, "person": names[act.subject], "label": token.label, "until": str(token.expires)}
        for act, token in given
    ]
    if as_json:
        return _json(rows)
    if not rows:
        return _say("No token counts. Type: answerable token new LABEL")
    table = _table(*rows[0])
    for row in rows:
        _row(table, *row.values())
    _print(table)


def secret(given: Act, text: str, as_json: bool) -> None:
    """A token that was just made: printed this once."""
    if as_json:
        return _json({"id": given.id, "person": given.subject, "token": text})
    _say(f"{given.id}: a token of {given.subject}. It is printed this once, and kept nowhere. To act by it, type:")
    _say(f"export ANSWERABLE_TOKEN={text}")


def reasons(found: Sequence[Reasons], as_json: bool) -> None:
    """Why applicants were denied, or why no reason can be given."""
    if as_json:
        return _records(found)
    for one in found:
        chance = figures.number(one.probability, rate=True)
        _say(f"Row {one.row}: {one.decision} (probability of the favourable outcome {chance})")
        for place, reason in enumerate(one.reasons, 1):
            share = figures.number(reason.stability, rate=True, width=1.0)
            _say(f"  {place}. {reason.words} (among the principal reasons in {share} of draws of the reference)")
        if one.none:
            _say(f"  No reason: {one.none}")
        for barred in one.barred:
            _say(f"  ! The score rests on a column that may not be a reason: {barred}.")
    _say("A draft: a person confirms that a reason is true and specific before an applicant is told. Nothing was kept.")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _pairs(rows: dict[str, object]) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in rows.items():
        told = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        table.add_row(Text(name.replace("_", " "), "dim"), Text(figures.printable(told)))
    _print(table)


def _row(table: Table, *cells: str) -> None:
    table.add_row(*(Text(figures.printable(one)) for one in cells))


def _print(table: Table) -> None:
    Console(highlight=False).print(table)


def _say(text: str) -> None:
    typer.echo(figures.printable(text))


def _records(found: Sequence[Record]) -> None:
    _json([one.model_dump(mode="json") for one in found])


def _json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
