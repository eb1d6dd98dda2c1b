"""How acts, and where models stand after them, are printed on the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from audit.acts.act import Act
from audit.acts.document import Document
from audit.acts.findings import FindingState
from audit.acts.state import ModelState
from audit.scope import Scope
from audit.standing import RequirementState
from dashboard import figures
from models.record import Record


def done(act: Act, as_json: bool) -> None:
    """An act that was just kept."""
    if as_json:
        return _json({"id": act.id, **act.model_dump(mode="json")})
    _say(f"{act.id}: {act.kind} of {act.subject}, by {act.actor} ({act.known_by}).")


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
