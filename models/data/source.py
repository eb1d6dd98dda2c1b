"""The door to the data sets: what there is, verified bytes, and parts that depend on nothing but the seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np

from models import registry
from models.data.datasheet import Datasheet
from models.data.split import Part, Split
from models.record import sha256

PARTS: tuple[Part, Part, Part] = ("train", "validation", "test")
_NOT_DATA = frozenset({"datasheet", "source", "split"})


@dataclass(frozen=True)
class Splits:
    """The three parts of a data set. No example is in two of them."""

    train: Split
    validation: Split
    test: Split

    def digests(self) -> tuple[tuple[str, str], ...]:
        """(part, split digest) for train, validation and test."""
        return tuple((part, getattr(self, part).digest) for part in PARTS)


def names() -> list[str]:
    """Names of the data sets that are shipped."""
    return registry.names("models.data", _NOT_DATA)


def splits(dataset: str, seed: int) -> Splits:
    """Train, validation and test part of a data set.

    Raises ``UnknownName`` with the nearest name, and ``ValueError`` for a seed that is not in 0..2**31 - 1.
    """
    if not 0 <= seed < 2**31:
        raise ValueError(f"A seed is a whole number from 0 to {2**31 - 1}, got {seed}.")
    found: Splits = _find(dataset).load(seed)
    return found


def datasheet(dataset: str) -> Datasheet:
    """What is known about a data set; raises ``UnknownName`` with the nearest name."""
    found: Datasheet = _find(dataset).DATASHEET
    return found


def carried(package: str, version: str, member: str, digest: str) -> bytes:
    """Bytes of a data file that an installed package carries, verified by their SHA-256.

    Raises ``FileNotFoundError`` where the package is not installed and ``ValueError`` for other bytes. The package
    itself is not imported.
    """
    spec = find_spec(package)
    roots = list(spec.submodule_search_locations or ()) if spec else []
    found = next((path for root in roots if (path := Path(root) / member).is_file()), None)
    install = f"pip install {package}=={version} -c constraints.txt"
    if found is None:
        raise FileNotFoundError(f"The file {member} comes with the package {package}, which is not here: {install}")
    data = found.read_bytes()
    if sha256(data) != digest:
        raise ValueError(
            f"{found} is not the file that was reviewed: its SHA-256 is {sha256(data)[:12]}, expected {digest[:12]}. "
            f"Install the reviewed one: {install}"
        )
    return data


def drawn(truth: np.ndarray, seed: int, test: int, validation: int) -> dict[Part, np.ndarray]:
    """Rows of each part, sorted, drawn by seed with the class shares of the whole; what is left over is to train."""
    order = np.random.default_rng(seed).permutation(len(truth))
    place = np.empty(len(truth))
    for label in np.unique(truth):
        mine = order[truth[order] == label]
        place[mine] = (np.arange(len(mine)) + 0.5) / len(mine)
    spread = order[np.argsort(place[order], kind="stable")]
    parts = np.split(spread, [test, test + validation])
    return {"train": np.sort(parts[2]), "validation": np.sort(parts[1]), "test": np.sort(parts[0])}


def cut(whole: Split, rows: dict[Part, np.ndarray]) -> Splits:
    """The three parts of a data set, each with its rows."""
    return Splits(*(replace(whole.take(rows[part]), part=part) for part in PARTS))


def _find(dataset: str) -> ModuleType:
    return registry.find("data set", "models.data", dataset, _NOT_DATA)
