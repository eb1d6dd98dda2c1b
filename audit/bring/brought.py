"""From a table of predictions to a version and the evidence about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audit.attributes import Attributes, Column
from audit.bring import answers, columns
from audit.bring.answers import Answers
from audit.bring.roles import Roles
from audit.bring.running import Running, draws
from audit.bring.table import Table
from audit.bring.unreadable import Unreadable
from audit.evidence import (
    Baseline,
    GroupProbabilities,
    Groups,
    Moments,
    Outputs,
    Ranking,
    Regression,
    Scores,
    Selections,
    Tally,
    Times,
)  # fmt: skip
from audit.predicted import Evidence, said
from audit.run import Subject
from models.card import Card, Decision, Identity, Origin
from models.data.split import column_digest
from models.record import canonical, sha256
from models.task import Purpose

MERGED = (Tally, Selections, Moments, Scores)
"""Evidence that is counted over all rows, however many."""
BINS = 1000
"""Bins of equal width that the scores of many rows are counted in; ``Scores.ranking`` states the error."""
MOST, SAMPLED = 200_000, 50_000
"""Rows beyond which counts are of all rows, and how many at most are drawn for what needs the rows."""
SLICED = 60
"""Columns beside the groups that the data are sliced by, at most."""
UNCLEAR = re.compile(
    r"\d{1,2}[./-](\d{1,2}|[A-Za-z]{3,9})[./-]\d{2,4}|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d",
    re.IGNORECASE,
)
"""Dates that do not begin with the year."""
HUGE = 1e150
"""Beyond it a number of a column that is sliced by is taken for infinite."""
UNKNOWN = ("training data", "architecture", "seed", "cost of training")


@dataclass(frozen=True)
class Brought:
    """A version known by its predictions, and what they say."""

    card: Card
    subject: Subject
    split: dict[str, Any]
    """What the archive remembers of the data."""
    ids: np.ndarray
    """(rows that can be compared,) ids, or positions in the table."""
    notes: tuple[str, ...]
    """What was taken for granted, sampled or left out, in sentences."""
    folder: Path = Path()
    """Where the files of the version lie."""
    alone: bool = False
    """Whether the model is asked in the course of the audit, and by one at a time."""


def brought(table: Table, roles: Roles, *, parent: str | None = None, seed: int = 0) -> Brought:
    """What a table of predictions says. Raises ``Unreadable`` and ``UnknownName`` in one sentence for bad input.

    Up to 200,000 rows everything is asked of all rows. Beyond, tally, moments and scores count all of them, batch by
    batch in constant memory, and what needs the rows is asked of a seeded sample.
    """
    table_columns = set(table.columns)
    for column in roles.columns():
        if column not in table_columns:
            next(table.batches([column]))
    frame = table.frame(_needed(table, roles), most=MOST)
    if len(frame) > MOST:
        return _streamed(table, roles, parent, seed)
    found, evidence = _whole(frame, roles)
    return _made(table, roles, found, evidence, digests(found), parent, len(found))


def of_frame(frame: pd.DataFrame, roles: Roles, name: str) -> Brought:
    """What a frame in memory says, whatever its size. Raises ``Unreadable`` as ``brought`` does."""
    table = Table(name, (Path(name),), "arrow", tuple(map(str, frame.columns)))
    found, evidence = _whole(frame, roles)
    return _made(table, roles, found, evidence, digests(found), None, len(found))


def _needed(table: Table, roles: Roles) -> list[str]:
    """The columns with a role, and the first of the others that the data may be sliced by."""
    known = roles.columns()
    others = [one for one in table.columns if one not in known]
    return [*known, *others[:SLICED]]


def _whole(frame: pd.DataFrame, roles: Roles) -> tuple[Answers, Evidence]:
    classes = answers.classes(answers.outcomes(frame, roles), roles)
    found = answers.understood(frame, roles, classes)
    if found.kept is not None:
        frame = frame[found.kept].reset_index(drop=True)
    if found.ids is not None:
        order = np.argsort(found.ids, kind="stable")
        found, frame = _taken(found, order), frame.iloc[order].reset_index(drop=True)
    others = [one for one in frame.columns if one not in roles.columns()]
    return found, evidence_of(found, roles) | {Attributes: attributes(frame[others], found.groups)}


def evidence_of(found: Answers, roles: Roles, bins: int | None = None) -> Evidence:
    """All that the answers can feed but what the data are sliced by; scores in bins where they are to be merged."""
    evidence: Evidence = {}
    if found.decision is not None:
        favourable = found.positive if roles.favourable is not None else None
        outputs = Outputs(found.decision, found.score, found.classes, found.positive, found.weight, found.unit)
        evidence |= said(outputs, found.truth, found.groups, favourable, bins=bins)
        if found.truth is not None:
            evidence[Baseline] = _baseline(found.truth, len(found.classes))
    elif found.number is not None and found.came is not None:
        if found.groups:
            evidence[Groups] = Groups(dict(found.groups), ())
        if roles.kind == "regression":
            evidence[Regression] = Regression(found.came, found.number, found.weight, found.unit)
        else:
            evidence[Ranking] = Ranking(found.came > 0, found.number, found.query)
    if found.shares:
        evidence[GroupProbabilities] = GroupProbabilities(dict(roles.probabilities), found.shares)
    if found.time is not None:
        evidence[Times] = _times(found.time)
    return evidence


def _times(written: np.ndarray) -> Times:
    moments, order = np.unique(written.astype(str), return_inverse=True)
    unclear = next((one for one in moments if UNCLEAR.match(one)), None)
    if unclear is not None:
        raise Unreadable(
            f"The order of times like {columns.shown(unclear)} cannot be told; write them as 2024-03-31, as a number, or as "
            "2024-03-31 12:30:00."
        )
    numbers = pd.to_numeric(pd.Series(moments), errors="coerce")
    if numbers.notna().all():
        rank = numbers.rank(method="dense").to_numpy().astype(np.intp) - 1
        moments, order = moments[np.argsort(rank, kind="stable")], rank[order]
    return Times(order, str(moments[0]), str(moments[-1]))


def _baseline(truth: np.ndarray, classes: int) -> Baseline:
    """The most frequent class of the very data that are asked about: the best that one answer for all can do."""
    share = np.bincount(truth, minlength=classes) / len(truth)
    return Baseline(
        {"majority": np.full(len(truth), int(share.argmax()))}, {"majority": np.tile(share, (len(truth), 1))}
    )


def attributes(frame: pd.DataFrame, groups: dict[str, Any]) -> Attributes:
    """Groups and other columns, cut into levels on the very data that are asked about."""
    sliced = pd.DataFrame(groups) if groups else pd.DataFrame(index=frame.index)
    for name, values in columns.features(frame).items():
        if str(name) not in sliced and not _names_rows(values):
            sliced[str(name)] = _moderate(values)
    made = [Column.of(str(name), sliced[name]) for name in sliced.columns]
    codes = [one.code(sliced[one.name]) for one in made]
    return Attributes(tuple(made), np.column_stack(codes) if codes else np.empty((len(frame), 0), dtype=np.int16))


def _moderate(values: pd.Series) -> pd.Series:
    """The column with infinite numbers, and those that cannot be told from them, missing."""
    if not pd.api.types.is_float_dtype(values):
        return values
    return values.where(values.abs() <= HUGE)


def _names_rows(values: pd.Series) -> bool:
    """Whether nearly every row has a text of its own: nothing to slice by."""
    return not pd.api.types.is_numeric_dtype(values) and values.nunique() > max(20, len(values) / 2)


def _taken(found: Answers, rows: np.ndarray) -> Answers:
    """The answers of these rows."""
    taken: dict[str, Any] = {}
    for name in ("truth", "decision", "score", "number", "came", "weight", "unit", "query", "time", "ids"):
        values = getattr(found, name)
        taken[name] = None if values is None else values[rows]
    for name in ("groups", "shares"):
        taken[name] = {by: values[rows] for by, values in getattr(found, name).items()}
    return replace(found, **taken)


def _hashed(found: Answers) -> Iterator[tuple[str, str, np.ndarray]]:
    """(name, role, values) of every column that is there: ``said`` is the model's, the rest the data's."""
    named = np.array(found.classes, dtype=object)
    truth = found.came if found.truth is None else named[found.truth]
    decision = None if found.decision is None else named[found.decision]
    yield from ((by, "group", labels) for by, labels in found.groups.items())
    yield from ((by, "group probability", shares) for by, shares in found.shares.items())
    others = {"truth": truth} | {name: getattr(found, name) for name in ("weight", "unit", "query", "time", "ids")}
    yield from ((name, name, values) for name, values in others.items() if values is not None)
    spoken = {"decision": decision, "score": found.score, "number": found.number}
    yield from ((name, "said", values) for name, values in spoken.items() if values is not None)


def digests(found: Answers, inputs: pd.DataFrame | None = None) -> list[list[str]]:
    """[name, role, type, digest] of every column, and of the inputs where there are some."""
    made = [[name, role, *column_digest(values)] for name, role, values in _hashed(found)]
    given = {} if inputs is None else {str(name): inputs[name].to_numpy() for name in inputs.columns}
    return made + [[name, "input", *column_digest(values)] for name, values in given.items()]


def split_of(classes: tuple[str, ...], columns: list[list[str]], rows: int) -> str:
    """The digest of the data: of all columns but what the model said."""
    data = sorted(one for one in columns if one[1] != "said")
    return sha256(canonical({"classes": list(classes), "columns": data, "rows": rows}))


def _streamed(table: Table, roles: Roles, parent: str | None, seed: int) -> Brought:
    """Counts of all rows, and a sample for what needs them. Two passes: the first learns the classes.

    With ids neither the digests nor who is drawn depend on the order of rows.
    """
    wanted = list(roles.columns())
    outcomes: dict[str, set[str]] = {}
    labels = [one for one in (roles.truth, roles.decision) if one is not None and roles.kind == "classes"]
    for frame in table.batches(labels) if labels else ():
        for role, values in answers.outcomes(frame, roles).items():
            outcomes.setdefault(role, set()).update(values)
    classes = answers.classes(outcomes, roles)
    running, rows, left_out = Running(), 0, 0
    total: Evidence = {}
    sample: list[tuple[Answers, np.ndarray]] = []
    share = 1.0
    for at, frame in enumerate(table.batches(wanted)):
        if roles.truth is not None and not columns.present(frame[roles.truth]).any():
            left_out += len(frame)
            continue
        found = answers.understood(frame, roles, classes)
        running.add(_hashed(found), found.ids)
        rows, left_out = rows + len(found), left_out + found.left_out
        if roles.kind == "classes":
            part = {kind: one for kind, one in evidence_of(found, roles, bins=BINS).items() if kind in MERGED}
            total = {kind: total[kind] + one if total else one for kind, one in part.items()}
        sample.append(_below(share, replace(found, kept=None), draws(len(found), found.ids, seed, at)))
        while sum(len(one) for one, _ in sample) > SAMPLED:
            share /= 2
            sample = [_below(share, *one) for one in sample]
    if not sample:
        raise Unreadable("There are no rows with a truth to ask about.")
    kept = _joined([one for one, _ in sample], left_out)
    evidence = evidence_of(kept, roles) | total
    note = f"counts are of all {rows} rows; what needs the rows is asked of {len(kept)} drawn by seed {seed}"
    return _made(table, roles, kept, evidence, running.digests(), parent, rows, (note,))


def _below(share: float, found: Answers, drawn: np.ndarray) -> tuple[Answers, np.ndarray]:
    """The rows whose draw lies below the share, and their draws."""
    there = np.flatnonzero(drawn < share)
    return _taken(found, there), drawn[there]


def _joined(parts: list[Answers], left_out: int) -> Answers:
    first = parts[0]
    joined: dict[str, Any] = {}
    for name in ("truth", "decision", "score", "number", "came", "weight", "unit", "query", "time", "ids"):
        if getattr(first, name) is not None:
            joined[name] = np.concatenate([getattr(one, name) for one in parts])
    for name in ("groups", "shares"):
        joined[name] = {by: np.concatenate([getattr(one, name)[by] for one in parts]) for by in getattr(first, name)}
    whole = replace(first, **joined, left_out=left_out)
    return whole if whole.ids is None else _taken(whole, np.argsort(whole.ids, kind="stable"))


def _made(
    table: Table, roles: Roles, found: Answers, evidence: Evidence, hashed: list[list[str]], parent: str | None,
    rows: int, more: tuple[str, ...] = (),
) -> Brought:  # fmt: skip
    split = split_of(found.classes, hashed, rows)
    purpose = purpose_of(table.name, roles, found.classes)
    spoken = tuple((f"{name} digest", digest) for name, role, _, digest in hashed if role == "said")
    identity = Identity(
        architecture="predictions", arguments=tuple(sorted((*spoken, ("data digest", split)))), files=(),
        columns=tuple(one for one, role in roles.columns().items() if role in ("score", "decision")),
        classes=found.classes, decision=_decision(roles, found),
    )  # fmt: skip
    origin = Origin(format="predictions", source=_source(table), task=purpose, unknown=UNKNOWN)
    card = card_of(roles.name or table.name, identity, origin, split, parent)
    subject = Subject(
        model=card.digest, title=card.title, task=purpose.sha256(), dataset=table.name, split=split, n=rows,
        evidence=evidence, purpose=purpose,
    )  # fmt: skip
    left = (f"{found.left_out} rows have no truth and are left out",) if found.left_out else ()
    sliced = len(table.columns) - len(roles.columns()) - SLICED
    wide = (
        (f"{sliced} more columns were not looked at: the data are sliced by the first {SLICED}",) if sliced > 0 else ()
    )
    kept = {
        "digest": split, "dataset": table.name, "part": "test", "n": rows, "classes": found.classes,
        "columns": table.columns, "groups": roles.groups,
    }  # fmt: skip
    ids = np.arange(len(found)) if found.ids is None else found.ids
    return Brought(card, subject, kept, ids, (*table.notes, *left, *wide, *more))


def card_of(name: str, identity: Identity, origin: Origin, split: str | None, parent: str | None) -> Card:
    """The card of a version that was brought; its number is given when it is kept.

    Raises ``Unreadable`` for a name that could not be typed, or would be a path.
    """
    if not re.fullmatch(r"[^@/\\\s.][^@/\\]*", name):
        raise Unreadable(
            f"A version cannot be called {name!r}: a name has no @, / or \\ and does not begin with a dot."
        )
    return Card(
        name=name, version=1, task=origin.task.name, identity=identity, digest=identity.sha256(), parent=parent,
        dataset=origin.task.dataset, split_digests=(("test", split),) if split else (), seed=None,
        recipe=identity.sha256(), environment=None, cost=None, origin=origin, created=datetime.now(UTC),
    )  # fmt: skip


def purpose_of(dataset: str, roles: Roles, classes: tuple[str, ...], modality: str = "table") -> Purpose:
    """What is asked of the version, as far as it was said."""
    people = bool(roles.groups or roles.probabilities or roles.favourable)
    kinds = {"classes": "binary" if len(classes) == 2 else "multiclass"}
    headlines = {
        "classes": "accuracy.accuracy",
        "regression": "accuracy.regression_error",
        "ranking": "accuracy.roc_auc",
    }
    name = roles.name or dataset
    return Purpose.model_validate(
        {
            "name": name, "title": name, "dataset": dataset, "kind": kinds.get(roles.kind, roles.kind),
            "modality": modality, "favourable": roles.favourable, "unit": roles.unit or "row",
            "intended_use": roles.intended_use, "concerns_people": people, "concerns": roles.concerns,
            "groups": roles.groups, "headline": headlines[roles.kind], "margins": roles.margins,
        }
    )  # fmt: skip


def _decision(roles: Roles, found: Answers) -> Decision:
    if roles.kind != "classes":
        return Decision(kind="number")
    if roles.decision is not None:
        return Decision(kind="given")
    at = answers.of_score(roles, found.classes)
    if roles.threshold is not None and at is not None:
        return Decision(kind="threshold", threshold=roles.threshold, positive=found.classes[at])
    return Decision(kind="argmax")


def _source(table: Table) -> str:
    first = table.paths[0]
    return first.name if len(table.paths) == 1 else f"{first.parent.name} ({len(table.paths)} files)"
