"""What a table says of every example: truth, decision, score, groups, as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.bring import columns
from audit.bring.columns import Array
from audit.bring.roles import Roles
from audit.bring.unreadable import Unreadable
from models.task import UnknownName

Codes = NDArray[np.intp]
TRUE = ("1", "yes", "y", "t", "positive", "approved", "hired")
"""Names of the class that a score is the probability of, where nobody said, first to last."""
MOST = 100
"""Classes there may be."""
OFF = 1e-3
"""How far the probabilities of a row may be from 1 in all."""


@dataclass(frozen=True)
class Answers:
    """The rows that can be asked about, (n,) each; what is not known is ``None``."""

    classes: tuple[str, ...]
    positive: int | None
    truth: Codes | None
    decision: Codes | None
    score: Array | None
    """(n, classes)"""
    number: Array | None
    """Of regression what was predicted, of rankings the score."""
    came: Array | None
    """Of regression the true number, of rankings whether the example is relevant."""
    groups: dict[str, NDArray[np.object_]]
    shares: dict[str, Array] = field(default_factory=dict)
    """(n, groups) by way of grouping."""
    weight: Array | None = None
    unit: NDArray[np.object_] | None = None
    query: NDArray[np.object_] | None = None
    time: NDArray[np.object_] | None = None
    ids: NDArray[np.object_] | None = None
    kept: NDArray[np.bool_] | None = None
    """Which rows of the table these are; ``None``: all."""
    left_out: int = 0
    """Rows without truth."""

    def __len__(self) -> int:
        return len(next(one for one in (self.decision, self.number) if one is not None))


def outcomes(frame: pd.DataFrame, roles: Roles) -> dict[str, set[str]]:
    """The values of truth and of decisions, where there are such columns."""
    columns_of = {"truth": roles.truth, "decision": roles.decision} if roles.kind == "classes" else {}
    return {
        role: {one for one in pd.unique(columns.names(frame[column])) if one is not None}
        for role, column in columns_of.items()
        if column is not None
    }


def classes(said: dict[str, set[str]], roles: Roles) -> tuple[str, ...]:
    """The classes that truth, decisions, score columns and roles name, in order (numbers as numbers).

    Raises ``Unreadable`` where truth and decisions have no class in common, or there are too few or too many.
    """
    if roles.kind != "classes":
        return ()
    truth, decisions = said.get("truth", set()), said.get("decision", set())
    if truth and decisions and not truth & decisions:
        one, other = (columns.shown(sorted(some)[0]) for some in (truth, decisions))
        raise Unreadable(
            f"Truth {roles.truth!r} holds {one} and decisions {roles.decision!r} hold {other}: they share no value. "
            "Write both in the same words."
        )
    named = set(_by_class(roles)) if len(roles.score) > 1 else set()
    seen = truth | decisions | named
    wished = {role: one for role in ("favourable", "positive") if (one := getattr(roles, role))}
    for role, one in wished.items():
        if len(seen) > 1 and one not in seen and len(seen) <= MOST:
            raise UnknownName(f"{role} outcome", *_in_one_line(one, seen))
    found = seen | set(wished.values())
    if len(found) < 2 and found <= {"0", "1"}:
        found = {"0", "1"}
    if len(found) < 2:
        raise Unreadable(
            f"There is only one outcome: {columns.listed(sorted(found)) or 'none'}; two are needed to ask anything."
        )
    if len(found) > MOST:
        raise Unreadable(
            f"Truth and decisions hold {len(found)} different values; that is no set of classes. For predicted numbers "
            "type --kind regression."
        )
    return tuple(sorted(found, key=_order))


def _in_one_line(one: str, seen: set[str]) -> tuple[str, list[str]]:
    return columns.listed([one]), [columns.listed([name]) for name in sorted(seen, key=_order)[:10]]


def _order(name: str) -> tuple[int, float, str]:
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name


def understood(frame: pd.DataFrame, roles: Roles, known: tuple[str, ...], said: Array | None = None) -> Answers:
    """The answers in a frame, or those that a model ``said`` of its rows: (n, classes) probabilities or (n,) numbers.

    The frame's index is where its rows lie in the table, from 0; messages name them so, from 1.
    Raises ``Unreadable`` in one sentence for values that cannot be what they should.
    """
    kept = None
    left_out = 0
    if roles.truth is not None:
        there = columns.present(frame[roles.truth])
        if not there.all():
            left_out, kept = int((~there).sum()), there
            frame = frame[there]
    if not len(frame):
        raise Unreadable("There are no rows with a truth to ask about." if left_out else "The table has no rows.")
    alike: dict[str, Any] = dict(_alike(frame, roles), kept=kept, left_out=left_out)
    if roles.kind != "classes":
        return _of_numbers(frame, roles, alike, said)
    positive = of_score(roles, known) if said is None else _threshold_on(roles, known)
    score = _scores(frame, roles, known, positive) if said is None else said
    return Answers(
        classes=known,
        positive=_asked_about(roles, known, positive),
        truth=_coded(frame, roles.truth, known, "truth") if roles.truth else None,
        decision=_decided(frame, roles, known, score, positive),
        score=score,
        number=None,
        came=None,
        **alike,
    )


def _of_numbers(frame: pd.DataFrame, roles: Roles, alike: dict[str, Any], said: Array | None) -> Answers:
    if roles.truth is None:
        raise Unreadable(f"Of {roles.kind} nothing can be told without the truth; type --truth and its column.")
    return Answers(
        classes=(), positive=None, truth=None, decision=None, score=None,
        number=_predicted(frame, roles) if said is None else columns.numbers(pd.Series(said, frame.index, name="answer")),
        came=columns.numbers(frame[roles.truth]), **alike,
    )  # fmt: skip


def _predicted(frame: pd.DataFrame, roles: Roles) -> Array:
    """(n,) what was predicted, as the table says."""
    column = roles.decision or (roles.score[0] if roles.score else None)
    if column is None:
        raise Unreadable(
            f"Type --{'score' if roles.kind == 'ranking' else 'decision'} and the column of what was predicted."
        )
    return columns.numbers(frame[column])


def _alike(frame: pd.DataFrame, roles: Roles) -> Iterator[tuple[str, object]]:
    yield "groups", {by: columns.groups(frame[by]) for by in roles.groups}
    yield "shares", {by: _shares(frame, by, of) for by, of in roles.probabilities}
    yield "weight", _weights(frame[roles.weight]) if roles.weight else None
    for name in ("unit", "query", "time"):
        column = getattr(roles, name)
        yield name, _whole(frame[column], name) if column else None
    yield "ids", _ids(frame[roles.id]) if roles.id else None


def _weights(values: pd.Series) -> Array:
    found = columns.numbers(values)
    if (found < 0).any():
        raise Unreadable(
            f"Column {values.name!r} holds {int((found < 0).sum())} weights below 0, the first in row "
            f"{columns.row(values, int((found < 0).argmax()))}; a weight is a number from 0."
        )
    return found


def _whole(values: pd.Series, role: str) -> NDArray[np.object_]:
    """The names in a column that must have one in every row."""
    found = columns.names(values)
    lacking = int(pd.isna(found).sum())
    if lacking:
        raise Unreadable(
            f"Column {values.name!r} ({role}) is empty in {lacking} of {len(found)} rows; fill it in, or leave --{role} out."
        )
    return found


def _ids(values: pd.Series) -> NDArray[np.object_]:
    found = columns.names(values)
    lacking = int(pd.isna(found).sum())
    if lacking:
        raise Unreadable(f"Column {values.name!r} lacks an id in {lacking} rows.")
    repeated = pd.Series(found)[pd.Series(found).duplicated()]
    if len(repeated):
        raise Unreadable(
            f"Column {values.name!r} holds {len(repeated)} ids more than once, the first {columns.shown(repeated.iloc[0])}; "
            f"an id names one row. For several rows of one person type --unit {values.name}."
        )
    return found


def _shares(frame: pd.DataFrame, by: str, of: tuple[str, ...]) -> Array:
    found = np.column_stack([columns.numbers(frame[one]) for one in of])
    total = found.sum(axis=1)
    bad = (found < 0).any(axis=1) | (np.abs(total - 1) > OFF)
    if bad.any():
        raise Unreadable(
            f"The probabilities by {by} ({', '.join(of)}) are negative or do not sum to 1 in {int(bad.sum())} of "
            f"{len(found)} rows, the first is row {columns.row(frame, int(bad.argmax()))}."
        )
    return np.asarray(found / total[:, None])


def of_score(roles: Roles, known: tuple[str, ...]) -> int | None:
    """The class whose probability a single score is."""
    if len(roles.score) != 1:
        return None
    if roles.positive is not None:
        return known.index(roles.positive)
    lower = [one.lower() for one in known]
    if len(known) != 2:
        raise Unreadable(
            f"One column of scores needs two classes, there are {len(known)} ({columns.listed(known, 5)}); give one column for "
            "each class: --score class=column,class=column"
        )
    found = next((lower.index(one) for one in TRUE if one in lower), None)
    if found is None and roles.favourable is not None:
        found = known.index(roles.favourable)
    if found is None:
        raise Unreadable(
            f"Of which class is {roles.score[0]!r} the probability: {' or '.join(map(columns.shown, known))}? Type --positive and it."
        )
    return found


def _threshold_on(roles: Roles, known: tuple[str, ...]) -> int | None:
    """The class that a threshold decides on, of a model with two."""
    if len(known) != 2:
        return None
    return next((known.index(one) for one in (roles.positive, roles.favourable) if one in known), 1)


def _asked_about(roles: Roles, known: tuple[str, ...], positive: int | None) -> int | None:
    """The favourable class, else that of the score, else the last of two."""
    if roles.favourable is not None:
        return known.index(roles.favourable)
    return positive if positive is not None else (1 if len(known) == 2 else None)


def _by_class(roles: Roles) -> dict[str, str]:
    """The score column of every class: as said, or by what is left of the columns' names without what they share."""
    if all("=" in one for one in roles.score):
        return {name: column for name, _, column in (one.partition("=") for one in roles.score)}
    first, last = min(roles.score), max(roles.score)
    shared = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    while shared and roles.score[0][shared - 1].isalnum():
        shared -= 1
    return {one[shared:]: one for one in roles.score}


def _scores(frame: pd.DataFrame, roles: Roles, known: tuple[str, ...], positive: int | None) -> Array | None:
    if not roles.score:
        return None
    if positive is not None:
        one = columns.numbers(frame[roles.score[0].rpartition("=")[2]])
        _within(roles.score[0], one, frame)
        found = np.empty((len(one), 2))
        found[:, positive], found[:, 1 - positive] = one, 1 - one
        return found
    named = _by_class(roles)
    absent = [one for one in known if one not in named]
    if absent:
        raise Unreadable(
            f"There is no score of class {absent[0]!r}; there are {columns.listed(list(named))}. Type --score class=column for each."
        )
    found = np.column_stack([columns.numbers(frame[named[one]]) for one in known])
    for at, name in enumerate(known):
        _within(named[name], found[:, at], frame)
    total = found.sum(axis=1)
    off = np.abs(total - 1) > OFF
    if off.any():
        raise Unreadable(
            f"The scores of {int(off.sum())} of {len(found)} rows do not sum to 1, the first is row "
            f"{columns.row(frame, int(off.argmax()))}."
        )
    return np.asarray(found / total[:, None])


def _within(name: str, score: Array, frame: pd.DataFrame) -> None:
    bad = (score < 0) | (score > 1)
    if bad.any():
        raise Unreadable(
            f"Column {name!r} holds {int(bad.sum())} scores outside 0..1, the first is {score[bad.argmax()]:g} in row "
            f"{columns.row(frame, int(bad.argmax()))}. Give probabilities; for any other score type --kind ranking, or --decision."
        )


def _decided(
    frame: pd.DataFrame, roles: Roles, known: tuple[str, ...], score: Array | None, positive: int | None
) -> Codes:
    if roles.decision is not None:
        return _coded(frame, roles.decision, known, "decision")
    if score is None:
        raise Unreadable("What did the model say? Type --decision COLUMN, or --score COLUMN with --threshold.")
    if positive is not None and roles.threshold is not None:
        return np.where(score[:, positive] >= roles.threshold, positive, 1 - positive)
    return np.asarray(score.argmax(axis=1))


def _coded(frame: pd.DataFrame, column: str, known: tuple[str, ...], role: str) -> Codes:
    values = columns.names(frame[column])
    found = columns.positions(values, known)
    bad = found < 0
    if bad.any():
        at = int(bad.argmax())
        what = "nothing" if values[at] is None else columns.shown(values[at])
        raise Unreadable(
            f"Column {column!r} ({role}) is {what} in row {columns.row(frame, at)} ({int(bad.sum())} such rows); known are {columns.listed(known)}."
        )
    return found
