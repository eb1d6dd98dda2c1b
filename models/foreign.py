"""Models that other people bring, read safely: whatever the format, each answers ``probabilities``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa

from models import guest
from models.card import File
from models.folders import Held, huggingface, mlflow
from models.format import check_archive, recognise, within
from models.host import GuestFailed, Limits
from models.inputs import Given, Question, Takes, questions
from models.load import Corrupted, Refused
from models.outputs import Gives, Reading
from models.record import canonical, sha256
from models.runtime import ERRORS, Here, Runtime, There

__all__ = ["Corrupted", "Foreign", "GuestFailed", "Limits", "Refused", "open_foreign", "recognise"]

ZIPS = frozenset({"pt2", "torch", "skops"})
TELLING = frozenset({"skops", "xgboost", "lightgbm", "huggingface"})
"""Formats whose files always say whether the model decides between classes or predicts numbers."""


class Foreign:
    """A model from elsewhere that can be asked. Close it, or use it in a ``with``: it may hold a process.

    It is not for several threads at once, and does not pickle: open it again in another process.
    """

    format: str
    """onnx, pt2, torch, skops, xgboost, lightgbm or huggingface; ``mlflow/`` before it where it lay in such a folder."""
    files: tuple[File, ...]
    """All that can change a prediction; code of a factory under ``code/``."""
    classes: tuple[str, ...] | None
    """Names of the classes, where the file knows them."""
    columns: tuple[str, ...] | None
    """Names of the input columns, where the file knows them."""
    takes: Takes
    says: Literal["classes", "numbers"] | None
    """What the file says that the model answers; ``None`` where its format cannot say."""
    regression: bool
    has_gradients: bool
    has_embeddings: bool
    """Whether it shows what it makes of an example before it decides."""
    isolation: str
    """Where it runs and what it cannot reach, in words."""

    def __init__(self, name: str, format: str, files: tuple[File, ...], runtime: Runtime, **wanted: Any) -> None:
        facts = runtime.facts
        self.name, self.format, self.files, self._runtime = name, format, files, runtime
        self.factory: str | None = wanted.get("factory")
        self.columns = _names(facts["columns"]) or wanted.get("columns")
        self.takes, self.isolation = facts["takes"], runtime.isolation
        self.regression = bool(facts["regression"]) if wanted.get("regression") is None else bool(wanted["regression"])
        self.says = "numbers" if self.regression else _says(format, facts, wanted.get("regression"))
        self.classes = None if self.regression else _names(facts["classes"])
        self.has_gradients, self.has_embeddings = bool(facts["gradients"]), bool(facts["embeds"])
        gives: Gives = "numbers" if self.regression else wanted.get("gives") or facts["gives"]
        self._declared = gives
        self._reading = Reading(name, gives)

    def probabilities(self, inputs: Given, batch: int | None = None) -> np.ndarray:
        """(n, classes) float64; every row sums to 1. How answers are read is written at ``outputs.Reading``.

        ``batch`` is how many rows are asked about at once. Raises ``ValueError`` in one sentence for inputs that the
        model does not take, a regressor, or answers that are no probabilities, and ``GuestFailed``.
        """
        parts = [self._reading.probabilities(raw) for raw in self._asked(inputs, batch)]
        found = np.concatenate(parts)
        if self.classes and found.shape[1] != len(self.classes):
            raise ValueError(f"{self.name} names {len(self.classes)} classes and answers with {found.shape[1]}.")
        return found

    def predict_numbers(self, inputs: Given, batch: int | None = None) -> np.ndarray:
        """(n,) float64 of a regressor, or of a model whose file cannot say what it answers.

        Raises ``ValueError`` for a classifier and for several numbers a row, and as ``probabilities`` does.
        """
        if self.says == "classes":
            raise ValueError(f"{self.name} decides between classes; ask for probabilities, or open it as a regression.")
        return np.concatenate([self._reading.numbers(raw) for raw in self._asked(inputs, batch)])

    def gradient(
        self, inputs: Given, target: np.ndarray, of: Literal["loss", "score"] = "loss", batch: int | None = None
    ) -> np.ndarray:
        """Gradient by the inputs, for each row by itself, in the shape of the inputs.

        ``target`` (n,) are positions in the classes; ``of`` is the loss (-log probability of the target) or the score
        that the network gives the target. Raises ``ValueError`` for a format without gradients or targets that do not
        fit, and ``GuestFailed``.
        """
        if not self.has_gradients:
            raise ValueError(f"{self.name} ({self.format}) has no gradients; torch.export has.")
        if np.shape(target) != (len(inputs),):
            raise ValueError(f"There are {len(inputs)} rows and targets of shape {np.shape(target)}; give one a row.")
        if self._reading.gives == "unknown":
            self.probabilities(inputs, batch)
        parts, start = [], 0
        for part in questions(inputs, self.takes, self.columns, batch):
            parts.append(_aimed(part, np.asarray(target[start : start + part.shape[0]], dtype=np.int64)))
            start += part.shape[0]
        asked = ((part.header("gradient", of=of, gives=self._reading.gives), part) for part in parts)
        return np.concatenate(list(self._runtime.answers(asked)))

    def embeddings(self, inputs: Given, batch: int | None = None) -> np.ndarray:
        """(n, width) float32: the penultimate embedding, which goes into the last linear layer.

        Raises ``ValueError`` for a format that does not show it or inputs that it does not take, and ``GuestFailed``.
        """
        if not self.has_embeddings:
            raise ValueError(
                f"{self.name} ({self.format}) does not show its embeddings; networks with a last layer do."
            )
        return np.concatenate(list(self._asked(inputs, batch, "embedding")))

    def facts(self) -> dict[str, Any]:
        """All that can change a prediction, as plain values for canonical JSON."""
        return {
            "format": self.format,
            "files": [one.model_dump(mode="json") for one in self.files],
            "classes": list(self.classes) if self.classes else None,
            "columns": list(self.columns) if self.columns else None,
            "takes": self.takes,
            "regression": self.regression,
            "factory": self.factory,
            "gives": self._declared,
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical facts."""
        return sha256(canonical(self.facts()))

    def close(self) -> None:
        """End the guest, where there is one; any number of times."""
        self._runtime.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _asked(self, inputs: Given, batch: int | None, what: str = "predict") -> Iterator[np.ndarray]:
        parts = questions(inputs, self.takes, self.columns, batch)
        return self._runtime.answers((part.header(what), part) for part in parts)


def open_foreign(
    path: Path,
    *,
    factory: str | None = None,
    code: Path | None = None,
    limits: Limits | None = None,
    isolated: bool = False,
    regression: bool | None = None,
    gives: Literal["probabilities", "logits"] | None = None,
) -> Foreign:
    """A model in a file or folder that somebody else made.

    ``factory`` (``module:function``, in the folder ``code``) makes the network for torch weights; its network may name
    ``takes``, ``classes``, ``columns``, ``regression`` and ``gives`` as attributes. ``isolated`` runs ONNX in a guest too.
    ``regression`` and ``gives`` say what a file with a single output, or an unusual last layer, cannot say itself.

    Raises ``FileNotFoundError``, ``Refused`` for what can run code or is no model, ``Corrupted`` for what is broken,
    ``GuestFailed`` for a guest that crashed or took too much, and ``ValueError`` for a factory that does not fit.
    """
    path, code, limits = Path(path), Path(code) if code else None, limits or Limits()
    kind = recognise(path)
    held = _held(path, kind, limits)
    _check_factory(held, factory, code)
    files = _files(held, code if factory else None)
    runtime = _runtime(held, limits, factory, code, isolated)
    name = f"mlflow/{held.format}" if kind == "mlflow" else held.format
    wanted = {"factory": factory, "columns": held.columns, "regression": regression, "gives": gives}
    return Foreign(path.name, name, files, runtime, **wanted)


def _held(path: Path, kind: str, limits: Limits) -> Held:
    if kind == "mlflow":
        held = mlflow(path)
    elif kind == "huggingface":
        held = huggingface(path)
    else:
        held = Held(kind, path, (path.name,), path.parent)
    if held.path.is_file():
        if kind == "mlflow" and recognise(held.path) != held.format:
            raise Refused(f"{path.name} was not opened: {held.path.name} is no file of {held.format}.")
        with held.path.open("rb") as content:
            zipped = content.read(2) == b"PK"
        if zipped and held.format in ZIPS:
            check_archive(held.path, limits.memory)
    if held.format == "onnx":
        return _with_data(held)
    return held


def _with_data(held: Held) -> Held:
    """An ONNX file together with the files beside it that hold its numbers."""
    name = held.path.name
    try:
        beside = [(held.path.parent / name).relative_to(held.root).as_posix() for name in guest.external(held.path)]
    except guest.Problem as why:
        raise ERRORS[why.kind](str(why)) from None
    except ModuleNotFoundError as why:
        raise ValueError(f"{name} needs {why.name}, which is not installed: pip install onnx onnxruntime.") from None
    for name in beside:
        within(held.root, name)
    return Held(held.format, held.path, (*held.names, *beside), held.root, held.columns)


def _check_factory(held: Held, factory: str | None, code: Path | None) -> None:
    if held.format != "torch":
        if factory or code:
            raise ValueError(f"A factory is for torch weights (.pt, .pth); {held.path.name} needs none.")
        return
    if not factory or code is None:
        raise Refused(
            f"{held.path.name} holds weights without their network: name the function that makes it (factory="
            "'module:function') and its folder (code=...), or save the network with them: "
            "torch.export.save(torch.export.export(model, example), 'model.pt2')."
        )
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", factory):
        raise ValueError(f"The factory {factory!r} is not module:function.")
    if not code.is_dir():
        raise FileNotFoundError(f"There is no folder {code} with the code of {factory}.")


def _files(held: Held, code: Path | None) -> tuple[File, ...]:
    named = [(name, within(held.root, name)) for name in held.names]
    if code is not None:
        named += [(f"code/{one.relative_to(code).as_posix()}", one) for one in sorted(code.rglob("*.py"))]
    return tuple(_file(name, place) for name, place in named)


def _file(name: str, place: Path) -> File:
    with place.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    size = place.stat().st_size
    if not size and not name.startswith("code/"):
        raise Corrupted(f"{name} is empty; copy or save it again.")
    return File(name=name, digest=digest, bytes=size)


def _runtime(held: Held, limits: Limits, factory: str | None, code: Path | None, isolated: bool) -> Runtime:
    if held.format == "onnx" and not isolated:
        return Here(held.path)
    return There(held, limits, factory, code)


def _aimed(part: Question, target: np.ndarray) -> Question:
    """A question with the target of each row beside it; a table becomes an array of numbers."""
    if part.kind == "table":
        try:
            matrix = part.here().matrix("float64")
        except guest.Problem as why:
            raise ValueError(str(why)) from None
        part = Question("array", matrix.shape, {"x": guest.numbers(matrix)})
    return Question(part.kind, part.shape, {**part.columns, "target": pa.array(target)})


def _says(format: str, facts: dict[str, Any], regression: bool | None) -> Literal["classes"] | None:
    telling = format.rpartition("/")[2] in TELLING
    return (
        "classes" if telling or regression is False or facts["classes"] or facts["gives"] == "probabilities" else None
    )


def _names(names: Any) -> tuple[str, ...] | None:
    return tuple(str(one) for one in names) if isinstance(names, (list, tuple)) and names else None
