"""What a served model answered, and the probabilities in it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np

NOISE, ROUNDING, TOLERANCE = 1e-12, 1e-6, 1e-3
"""Left as it is; how far single-precision numbers may leave [0, 1]; how far a row may be from 1 and be renormalised."""


class EndpointFailed(ValueError):
    """A served model could not be asked, or its answer cannot be used; one sentence says what came and what is right."""


class VersionChanged(EndpointFailed):
    """The model behind the address became another one while it was asked: what was measured is of no single version."""


@dataclass(frozen=True)
class Answer:
    """The scores of one batch, as one of the protocols read them."""

    kind: Literal["probabilities", "positive", "labels"]
    values: np.ndarray
    """(n, classes) float64 probabilities, (n,) float64 P(second class), or (n,) labels."""
    source: str
    """Where in the answer they were found, in words."""
    classes: tuple[str, ...] = ()
    """Names of the columns, where the answer says them."""
    version: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Scores:
    """(n, classes) float64 probabilities whose rows sum to 1, and what had to be done for that."""

    probabilities: np.ndarray
    classes: tuple[str, ...]
    understood: str
    adjusted: int = 0
    """Rows that were renormalised."""
    worst: float = 0.0
    """Largest distance from 1 of a row's sum as it came."""


def answer(value: object, source: str, *, shape: tuple[int, ...] | None = None, labels: bool = False) -> Answer:
    """What a JSON list means: numbers are scores, texts and booleans are labels, and so are whole ``labels``.

    Raises ``EndpointFailed`` for ragged rows, nulls, mixed kinds and more than two dimensions.
    """
    leaves, found = _leaves(value, source)
    shape = _declared(shape, found, source)
    kinds = set(map(type, leaves))
    if kinds <= {int, float} and not labels:
        return _scores(leaves, shape, source)
    one_kind = kinds <= {int, float} or len(kinds) == 1
    if not one_kind or not kinds <= {int, float, str, bool}:
        names = ", ".join(sorted("null" if one is type(None) else one.__name__ for one in kinds))
        raise EndpointFailed(f"{source} holds {names}; right would be numbers only, or labels of one kind")
    if len(shape) == 2 and shape[1] != 1:
        raise EndpointFailed(f"{source} holds labels of shape {shape}; right would be one label a row")
    values = np.empty(len(leaves), dtype=object)
    values[:] = leaves
    return Answer("labels", values, source)


def scores(found: Answer, rows: int, classes: tuple[str, ...] = ()) -> Scores:
    """The probabilities of an answer about ``rows`` rows; ``classes`` are the names in the order that is wanted.

    Raises ``EndpointFailed`` for another number of rows or classes, values that are not finite or outside [0, 1], rows
    that do not sum to 1 within 1e-3, and labels whose classes are not known.
    """
    if len(found.values) != rows:
        raise EndpointFailed(f"{found.source} has {len(found.values)} rows; right would be {rows}, one for each sent")
    if found.kind == "labels":
        return _one_hot(found, classes)
    values = found.values.astype(np.float64)
    _finite_and_in_range(values, found.source)
    values = np.clip(values, 0.0, 1.0)
    if found.kind == "positive":
        names = _names(classes, found.classes, 2, found.source)
        understood = f"P({names[1] if names else 'second class'}) from {found.source}"
        return Scores(np.column_stack([1 - values, values]), names, understood)
    values = _in_order(values, found, classes)
    names = _names(classes, found.classes, values.shape[1], found.source)
    sums = values.sum(axis=1)
    off = np.abs(sums - 1)
    if (off > TOLERANCE).any():
        row = int(off.argmax())
        raise EndpointFailed(
            f"row {row + 1} of {found.source} sums to {sums[row]:.6g}; right would be probabilities that sum to 1"
        )
    adjusted = off > NOISE
    values[adjusted] /= sums[adjusted, None]
    understood = f"probabilities of {values.shape[1]} classes from {found.source}"
    return Scores(values, names, understood, int(adjusted.sum()), float(off.max(initial=0.0)))


def numbers(found: Answer, rows: int) -> np.ndarray:
    """(rows,) float64, one predicted number for each row.

    Raises ``EndpointFailed`` for another number of rows, several numbers a row, labels that are no whole numbers, and
    values that are not finite.
    """
    if len(found.values) != rows:
        raise EndpointFailed(f"{found.source} has {len(found.values)} rows; right would be {rows}, one for each sent")
    if found.kind == "probabilities":
        raise EndpointFailed(f"{found.source} holds {found.values.shape[1]} numbers a row; right would be one")
    if found.kind == "labels" and set(map(type, found.values)) != {int}:
        raise EndpointFailed(f"{found.source} holds labels; right would be a predicted number for each row")
    values = _as_floats(found)
    if not np.isfinite(values).all():
        raise EndpointFailed(f"{found.source} holds NaN or infinity; right would be a predicted number for each row")
    return values


def _as_floats(found: Answer) -> np.ndarray:
    """(n,) float64; a whole number beyond all measure is infinite."""
    try:
        return found.values.astype(np.float64)
    except OverflowError:
        return np.full(len(found.values), np.inf)


def arranged(found: Answer, labels: object, source: str) -> Answer:
    """The scores of each row put in one order, by the labels that stand beside them, row by row.

    Raises ``EndpointFailed`` where labels and scores differ in shape or a row does not name every class once.
    """
    leaves, shape = _leaves(labels, source)
    if found.kind != "probabilities" or shape != found.values.shape:
        raise EndpointFailed(
            f"{source} has the shape {shape} and {found.source} {found.values.shape}; right would be a label beside each "
            "score of all classes"
        )
    if set(map(type, leaves)) - {str, int}:
        raise EndpointFailed(f"{source} holds other things than names; right would be a name or number for each class")
    names = tuple(sorted(set(map(str, leaves[: shape[1]]))))
    places = {name: place for place, name in enumerate(names)}
    order = np.array([places.get(str(one), -1) for one in leaves]).reshape(shape)
    if len(names) != shape[1] or (np.sort(order, axis=1) != np.arange(shape[1])).any():
        raise EndpointFailed(
            f"{source} does not name the same classes in every row; right would be each class once a row"
        )
    values = np.empty(shape)
    np.put_along_axis(values, order, found.values, axis=1)
    return Answer("probabilities", values, found.source, classes=names)


def _leaves(value: object, source: str) -> tuple[list[object], tuple[int, ...]]:
    if not isinstance(value, list):
        raise EndpointFailed(f"{source} is {kind(value)}; right would be a list with one entry for each row")
    if list not in set(map(type, value)):
        return value, (len(value),)
    if set(map(type, value)) != {list}:
        raise EndpointFailed(f"{source} mixes lists and single values; right would be rows of one length")
    widths = sorted(set(map(len, value)))
    if len(widths) > 1:
        raise EndpointFailed(
            f"{source} has ragged rows of {widths[0]} to {widths[-1]} values; right would be one length"
        )
    return list(chain.from_iterable(value)), (len(value), widths[0])


def _declared(shape: tuple[int, ...] | None, found: tuple[int, ...], source: str) -> tuple[int, ...]:
    if shape is None:
        return found
    if len(shape) not in (1, 2):
        raise EndpointFailed(f"{source} has the shape {shape}; right would be (rows,) or (rows, classes)")
    size = shape[0] * (shape[1] if len(shape) == 2 else 1)
    if (len(found) == 2 and found != shape) or (len(found) == 1 and found[0] != size):
        raise EndpointFailed(f"{source} says the shape {shape} and holds {found}; right would be data of that shape")
    return shape


def _scores(leaves: list[object], shape: tuple[int, ...], source: str) -> Answer:
    try:
        values = np.array(leaves, dtype=np.float64).reshape(shape)
        beyond = False
    except OverflowError:
        beyond = True
    if beyond:
        raise EndpointFailed(f"{source} holds a number beyond all measure; right would be probabilities in [0, 1]")
    if values.ndim == 2 and values.shape[1] > 1:
        return Answer("probabilities", values, source)
    return Answer("positive", values.reshape(-1), source)


def _finite_and_in_range(values: np.ndarray, source: str) -> None:
    if not np.isfinite(values).all():
        raise EndpointFailed(f"{source} holds NaN or infinity; right would be probabilities in [0, 1]")
    if values.size and (values.min() < -ROUNDING or values.max() > 1 + ROUNDING):
        raise EndpointFailed(
            f"{source} holds {values.min():.6g} to {values.max():.6g}; right would be probabilities in [0, 1], "
            "not logits or the numbers of classes"
        )


def _names(wanted: tuple[str, ...], said: tuple[str, ...], width: int, source: str) -> tuple[str, ...]:
    names = wanted or said
    if names and len(names) != width:
        raise EndpointFailed(f"{source} is about {width} classes; right would be {len(names)}: {listed(names)}")
    return names


def _in_order(values: np.ndarray, found: Answer, wanted: tuple[str, ...]) -> np.ndarray:
    if not wanted or not found.classes or wanted == found.classes:
        return values
    if set(wanted) != set(found.classes):
        raise EndpointFailed(f"{found.source} is about {listed(found.classes)}; right would be {listed(wanted)}")
    return values[:, [found.classes.index(one) for one in wanted]]


def _one_hot(found: Answer, classes: tuple[str, ...]) -> Scores:
    """Labels as certainties. A whole number is a position, unless the classes are themselves numbers."""
    truths = all(isinstance(one, bool) for one in found.values)
    if not classes and truths:
        classes = ("false", "true")
    if not classes:
        raise EndpointFailed(
            f"{found.source} holds labels; right would be probabilities, or a protocol that names the classes in order: "
            "classes=('no', 'yes')"
        )
    positions: dict[object, int] = {name: place for place, name in enumerate(classes)}
    if truths or not any(name.lstrip("-").isdigit() for name in classes):
        positions |= {place: place for place in range(len(classes))}
    places = [positions.get(one, positions.get(str(one), -1)) for one in found.values]
    if -1 in places:
        strange = found.values[places.index(-1)]
        raise EndpointFailed(f"{found.source} holds the label {cut(strange)}; right would be one of {listed(classes)}")
    understood = f"labels from {found.source}, taken as certainties: probabilities are 0 and 1"
    return Scores(np.eye(len(classes))[places], classes, understood)


def listed(names: tuple[str, ...] | list[str]) -> str:
    """At most ten names, each cut short."""
    return ", ".join(cut(one) for one in list(names)[:10]) + (" ..." if len(names) > 10 else "")


def cut(value: object, length: int = 40) -> str:
    """The beginning of what something looks like, on one line."""
    text = " ".join(str(value)[: 4 * length].split())
    return text if len(text) <= length else text[:length] + "..."


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, dict):
        return f"an object with {listed(list(value)) or 'nothing'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    words = {str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return words.get(type(value), "null")
