"""From a model that somebody brought, and a table of examples, to a version and the evidence about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from audit.attributes import Column
from audit.black_box import black_box
from audit.bring import answers, columns
from audit.bring.brought import SLICED, Brought, attributes, card_of, digests, evidence_of, purpose_of, split_of
from audit.bring.kind import Says, settled
from audit.bring.roles import Roles
from audit.bring.table import Table as Rows
from audit.bring.unreadable import Unreadable
from audit.describe import CLUSTER, CLUSTERED, nearest_cluster
from audit.evidence import Artifact, Attributes, BlackBox, Images, Predictions, Table
from audit.gather import SAMPLE, stratified
from audit.run import Subject
from models.card import Argument, Decision, File, Identity, Origin
from models.data.split import column_digest
from models.served.usage import Usage

MOST = 200_000
"""Rows that a model is asked about at most."""
SERVED, OFTEN, PICTURES = 50, 100, 100
"""Examples on which a model behind a network is asked about changed inputs, how often it may be asked, and examples where
they are pictures."""
UNKNOWN = ("training data", "seed", "cost of training")


class Answering(Protocol):
    """A model that answers for rows: a file that was brought, an address, or an object of the user's."""

    @property
    def says(self) -> Says: ...

    @property
    def classes(self) -> Sequence[str] | None: ...

    def probabilities(self, inputs: Any) -> np.ndarray: ...

    def predict_numbers(self, inputs: Any) -> np.ndarray: ...


@dataclass(frozen=True)
class Source:
    """What is known of where a model comes from."""

    format: str
    name: str
    """Of the file or address, without the folders above it."""
    files: tuple[File, ...] = ()
    columns: tuple[str, ...] | None = None
    """Input columns, where the model names them."""
    facts: tuple[Argument, ...] = ()
    """What else can change a prediction."""
    isolation: str = ""
    folder: Path = Path()
    """Where the files lie."""
    served: bool = False
    """Whether every question goes over a network: then few changed inputs are asked about."""

    def evidence(self, model: Answering) -> dict[type, Any]:
        """What is known of asking a served model."""
        return {Usage: model.usage} if self.served and hasattr(model, "usage") else {}


def asked(
    model: Answering, source: Source, table: Rows, roles: Roles, *, text: str | None = None, parent: str | None = None
) -> Brought:
    """What a model says of the rows of a table.

    text: the column that holds the texts, for a model of text. Inputs are the columns that the model names, else all
    without a role. Raises ``Unreadable`` in one sentence for rows that it cannot take or answers that do not fit.
    """
    frame = table.frame(most=MOST).iloc[:MOST]
    for column in roles.columns():
        if column not in frame.columns:
            next(table.batches([column]))
    return asked_frame(model, source, frame, roles, table.name, text=text, parent=parent, notes=table.notes)


def asked_frame(
    model: Answering, source: Source, frame: pd.DataFrame, roles: Roles, dataset: str, *, text: str | None = None,
    parent: str | None = None, notes: tuple[str, ...] = (), inputs: Any = None,
) -> Brought:  # fmt: skip
    """The same of a frame; with ``inputs`` (n, ...) the model is asked about these instead of the frame's columns."""
    known_truth = np.ones(len(frame), dtype=bool) if roles.truth is None else columns.present(frame[roles.truth])
    frame = frame[known_truth].reset_index(drop=True)
    given = _inputs(source, frame, roles, text) if inputs is None else inputs[known_truth]
    roles, why = settled(model.says, source.name, roles, None if roles.truth is None else frame[roles.truth])
    said, known = _said(model, given, frame, roles)
    found = answers.understood(frame.set_axis(np.flatnonzero(known_truth)), roles, known, said)
    evidence = evidence_of(found, roles)
    taken = set(roles.columns())
    others = columns.features(frame[[one for one in frame.columns if one not in taken]])
    evidence[Attributes] = attributes(others[list(others.columns[:SLICED])], found.groups)
    data = digests(found, others)
    if not isinstance(given, pd.DataFrame | list):
        data.append(["input", "input", *column_digest(np.asarray(given))])
    split = split_of(found.classes, data, len(found))
    modality = "text" if text else "image" if np.ndim(given) > 2 else "table"
    if modality != "table" and Predictions in evidence:
        evidence[Attributes] = _with_cluster(model, given, evidence[Predictions], evidence[Attributes])
    purpose = purpose_of(dataset, roles, found.classes, modality)
    spoken = () if source.files else tuple((f"{name} digest", one) for name, role, _, one in data if role == "said")
    identity = Identity(
        architecture=source.format, arguments=tuple(sorted((*source.facts, *spoken))), files=source.files,
        columns=source.columns or _named(given), classes=_class_names(model, roles),
        decision=_decision(roles, known),
    )  # fmt: skip
    origin = Origin(format=source.format, source=source.name, task=purpose, unknown=UNKNOWN, isolation=source.isolation)
    card = card_of(roles.name or source.name.partition(".")[0], identity, origin, split, parent)
    evidence[Artifact] = Artifact(card, source.folder)
    evidence |= dict(source.evidence(model))
    if isinstance(given, pd.DataFrame) and not source.served and roles.kind == "classes":
        evidence[Table] = _table(given, lambda rows: _decide(model, rows, roles, known))
    if modality == "image" and np.ndim(given) == 3 and not source.served and roles.kind == "classes":
        evidence[Images] = Images(given, lambda pixels: _decide(model, pixels, roles, known))
    if isinstance(given, pd.DataFrame | np.ndarray) and Predictions in evidence:
        evidence[BlackBox] = _black_box(model, given, evidence[Predictions].truth, roles, known, source.served)
    subject = Subject(
        model=card.digest, title=card.title, task=purpose.sha256(), dataset=dataset, split=split, n=len(found),
        evidence=evidence, purpose=purpose,
    )  # fmt: skip
    kept = {
        "digest": split, "dataset": dataset, "part": "test", "n": len(found), "classes": found.classes,
        "columns": tuple(map(str, frame.columns)), "groups": roles.groups,
    }  # fmt: skip
    ids = np.arange(len(found)) if found.ids is None else found.ids
    without = int((~known_truth).sum())
    left = (f"{without} rows have no truth and are left out",) if without else ()
    return Brought(card, subject, kept, ids, (*notes, *why, *left), source.folder, alone=True)


def _inputs(source: Source, frame: pd.DataFrame, roles: Roles, text: str | None) -> Any:
    if text is not None:
        if text not in frame.columns:
            raise Unreadable(f"There is no column {text!r} of texts; there are: {', '.join(map(str, frame.columns))}.")
        return [str(one) for one in frame[text].fillna("")]
    if source.columns is not None and set(source.columns) <= set(map(str, frame.columns)):
        return columns.features(frame[list(source.columns)])
    taken = set(roles.columns())
    names = [one for one in frame.columns if one not in taken]
    if source.columns is not None and len(names) != len(source.columns):
        absent = [one for one in source.columns if one not in frame.columns]
        raise Unreadable(
            f"{source.name} takes {len(source.columns)} columns, and the table has {len(names)} without a role; it lacks "
            f"{', '.join(absent[:5])}."
        )
    if not names:
        raise Unreadable("No column is left to ask the model about: every one has a role.")
    return columns.features(frame[names])


def _named(given: Any) -> tuple[str, ...]:
    """The columns in the order in which they are given, to a model that does not name them itself."""
    return tuple(map(str, given.columns)) if isinstance(given, pd.DataFrame) else ()


def _said(model: Answering, given: Any, frame: pd.DataFrame, roles: Roles) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n, classes) probabilities and the classes' names, or (n,) predicted numbers and none."""
    if roles.kind != "classes":
        return model.predict_numbers(given), ()
    said = model.probabilities(given)
    known = _classes(model, frame, roles, said.shape[1])
    _refuse_roles(roles, known, said.shape[1])
    return said, known


def _class_names(model: Answering, roles: Roles) -> tuple[str, ...]:
    return tuple(map(str, model.classes or roles.classes)) if roles.kind == "classes" else ()


def _classes(model: Answering, frame: pd.DataFrame, roles: Roles, width: int) -> tuple[str, ...]:
    """Those that the model names, else those of the truth, in order."""
    named = _class_names(model, roles)
    if named and len(named) != width:
        raise Unreadable(
            f"The model answers with {width} probabilities, and {len(named)} classes are named: {', '.join(named[:5])}."
        )
    if named:
        return named
    known = answers.classes(answers.outcomes(frame, roles.model_copy(update={"decision": None})), roles)
    if len(known) != width:
        raise Unreadable(
            f"The model answers with {width} probabilities, and the truth has {len(known)} values ({', '.join(known[:5])}); "
            "they must be the same classes. Type --classes and all of them, in the model's order."
        )
    return known


def _refuse_roles(roles: Roles, known: tuple[str, ...], width: int) -> None:
    """Raise ``Unreadable`` for a threshold between more than two classes, and a favourable one that is none."""
    if roles.threshold is not None and width != 2:
        raise Unreadable(f"A threshold decides between two classes, and the model has {width}; leave --threshold out.")
    if roles.favourable is not None and roles.favourable not in known:
        raise Unreadable(f"The model has no class {roles.favourable!r}; it has: {', '.join(known)}.")


def _positive(roles: Roles, known: tuple[str, ...]) -> int:
    for one in (roles.positive, roles.favourable):
        if one is not None and one in known:
            return known.index(one)
    return 1


def _decision(roles: Roles, known: tuple[str, ...]) -> Decision:
    if roles.kind != "classes":
        return Decision(kind="number")
    if roles.threshold is None:
        return Decision(kind="argmax")
    return Decision(kind="threshold", threshold=roles.threshold, positive=known[_positive(roles, known)])


def _decide(model: Answering, rows: Any, roles: Roles, known: tuple[str, ...]) -> np.ndarray:
    return _decided(model.probabilities(rows), roles, known)


def _decided(said: np.ndarray, roles: Roles, known: tuple[str, ...]) -> np.ndarray:
    if roles.threshold is None:
        return np.asarray(said.argmax(axis=1))
    at = _positive(roles, known)
    return np.where(said[:, at] >= roles.threshold, at, 1 - at)


def _with_cluster(model: Answering, given: Any, said: Predictions, known: Attributes) -> Attributes:
    """Also into which cluster of the model's embeddings each text or picture falls, where the model shows them.

    What it was trained on is not at hand, so clusters are those of the very data that are asked about.
    """
    if not getattr(model, "has_embeddings", False) or any(one.name == CLUSTER for one in known.columns):
        return known
    every, generator = model.embeddings(given), np.random.default_rng(0)  # type: ignore[attr-defined]
    drawn = np.sort(generator.permutation(len(every))[:CLUSTERED])
    named, nearest = nearest_cluster(every[drawn], said.truth[drawn], said.classes, every, generator)
    return Attributes((*known.columns, Column(CLUSTER, named)), np.column_stack([known.codes, nearest]))


def _black_box(
    model: Answering, given: pd.DataFrame | np.ndarray, truth: np.ndarray, roles: Roles, known: tuple[str, ...],
    served: bool,
) -> BlackBox:  # fmt: skip
    rows = stratified(truth, SERVED if served else PICTURES if np.ndim(given) > 2 else SAMPLE, 0)
    return black_box(
        given, truth, rows, model.probabilities, lambda said: _decided(said, roles, known),
        most=OFTEN if served else None,
    )  # fmt: skip


def _table(given: pd.DataFrame, decide: Callable[[pd.DataFrame], np.ndarray]) -> Table:
    numbers = given.select_dtypes("number")
    spread = {str(name): float(np.nanstd(numbers[name].to_numpy(dtype=float))) for name in numbers.columns}
    return Table(given, spread, decide)
