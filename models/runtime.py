"""Who computes for a foreign model: onnxruntime in our process, or a guest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, get_args

import numpy as np
import pyarrow as pa

from models import guest
from models.folders import Held
from models.host import Guest, GuestFailed, Limits
from models.inputs import Question, Takes
from models.load import Corrupted, Refused
from models.outputs import Gives

IN_PROCESS = "in our process (ONNX: numbers and onnxruntime's own operators, no code)"
ERRORS: dict[str, type[ValueError]] = {
    "refused": Refused,
    "corrupted": Corrupted,
    "value": ValueError,
    "failed": GuestFailed,
}


class Runtime(Protocol):
    """Who computes: a guest, or onnxruntime in our process."""

    facts: dict[str, Any]
    isolation: str

    def answers(self, asked: Iterable[tuple[dict[str, Any], Question]]) -> Iterator[np.ndarray]: ...

    def close(self) -> None: ...


class Here:
    """onnxruntime in our process."""

    isolation = IN_PROCESS

    def __init__(self, path: Path) -> None:
        try:
            self.runner = guest.Onnx(path, {})
        except guest.Problem as why:
            raise ERRORS[why.kind](str(why)) from None
        except ModuleNotFoundError as why:
            raise ValueError(
                f"{path.name} needs {why.name}, which is not installed: pip install onnxruntime."
            ) from None
        self.name, self.facts = path.name, self.runner.facts()

    def answers(self, asked: Iterable[tuple[dict[str, Any], Question]]) -> Iterator[np.ndarray]:
        for _, part in asked:
            try:
                yield self.runner.predict(part.here())
            except guest.Problem as why:
                raise ValueError(str(why)) from None
            except Exception as why:  # noqa: BLE001 (onnxruntime's errors have no common type)
                raise ValueError(f"{self.name} could not answer: {str(why).splitlines()[0][:240]}") from None

    def close(self) -> None:
        """Nothing to end."""


class There:
    """A guest."""

    def __init__(self, held: Held, limits: Limits, factory: str | None, code: Path | None) -> None:
        self.guest = Guest(held.format, held.path, limits, root=held.root, names=held.names, factory=factory, code=code)
        self.facts, self.isolation = self.guest.facts, self.guest.isolation
        if "error" in self.facts:
            self.close()
            raise self._error(self.facts)
        if not _are_facts(self.facts):
            self.close()
            raise GuestFailed(f"{self.guest.name}: it answered with something that is not an answer.")

    def answers(self, asked: Iterable[tuple[dict[str, Any], Question]]) -> Iterator[np.ndarray]:
        sizes: list[int] = []
        for header, body in self.guest.ask_all(_sent(asked, sizes)):
            if "error" in header:
                raise self._error(header)
            yield self._array(header, body, sizes.pop(0))

    def _array(self, header: dict[str, Any], body: memoryview, rows: int) -> np.ndarray:
        try:
            with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
                table = stream.read_all()
            table.validate(full=True)
            found = guest.Inputs("array", [int(one) for one in header["shape"]], table).array()
        except (pa.ArrowException, LookupError, TypeError, ValueError, AttributeError, OverflowError):
            found = np.empty(0)
        if found.dtype.kind != "f" or not found.ndim or len(found) != rows:
            self.close()
            raise GuestFailed(f"{self.guest.name}: it answered with something that is not an answer.")
        return found

    def _error(self, header: dict[str, Any]) -> ValueError:
        kind, text = str(header["error"]), str(header.get("text", "it failed."))[:1000]
        if kind in ("refused", "corrupted", "value"):
            return ERRORS[kind](text)
        return GuestFailed(f"{self.guest.name} failed in its own process: {text}")

    def close(self) -> None:
        self.guest.close()


def _sent(
    asked: Iterable[tuple[dict[str, Any], Question]], sizes: list[int]
) -> Iterator[tuple[dict[str, Any], list[memoryview]]]:
    for header, part in asked:
        sizes.append(part.shape[0])
        yield header, guest.packed(part.columns)


def _are_facts(facts: dict[str, Any]) -> bool:
    """Whether a guest, which may be whoever its code wants to be, told what it was asked."""
    return (
        facts.get("takes") in get_args(Takes)
        and facts.get("gives") in get_args(Gives)
        and all(isinstance(facts.get(one), bool) for one in ("regression", "gradients", "embeds"))
        and all(isinstance(facts.get(one, 0), list | None) for one in ("classes", "columns"))
    )
