"""One number, its uncertainty, its setting and its slice."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import model_validator

from models.record import Record, Scalar, canonical

Dimension = Literal[
    "accuracy", "calibration", "uncertainty", "fairness", "robustness", "explainability", "privacy", "security",
    "data", "cost", "language",
]  # fmt: skip
Direction = Literal["higher", "lower", "target", "none"]
Bound = Literal["exact", "upper", "lower"]
Estimator = Literal["proportion", "largest_difference", "smallest_ratio"]
NAMES = Path(__file__).parent / "measures.yaml"


class Interval(Record):
    """A range that holds the true value with the given confidence. An open end is ``None``."""

    low: float | None
    high: float | None
    level: float = 0.95
    method: str
    guaranteed: bool = False
    """Whether a rule may be judged on it: exact or simultaneous, never below its level."""
    low_by: str | None = None
    """What drives the lower end, such as the pair of groups."""
    high_by: str | None = None


class Count(Record):
    """``k`` of ``n``, for one group where a measure rests on several; effective counts where rows are weighted."""

    k: int | float
    n: int | float
    label: str = ""
    block: str = ""
    """Contrasts are formed within a block only: true positives with true positives."""


class Condition(Record):
    """One condition of a slice: ``sex = F``, ``age in [25,34)``."""

    column: str
    operator: Literal["=", "in"] = "="
    value: str

    def __str__(self) -> str:
        return f"{self.column}={self.value}" if self.operator == "=" else f"{self.column} in {self.value}"


class Measure(Record):
    """One number about one model on one slice of one split, with what it takes to judge it at any level."""

    name: str
    """Dotted, global, permanent: listed in ``measures.yaml``."""
    value: float | None
    """The number; ``None`` where it does not exist, with ``reason``."""
    reason: str = ""
    better: Direction
    setting: tuple[tuple[str, Scalar], ...] = ()
    """What the number depends on besides the data, sorted by key."""
    slice: tuple[Condition, ...] = ()
    """The examples it was taken on, sorted; empty means all."""
    n: int | None = None
    """Examples (or units) the value rests on."""
    unit: str = ""
    sampled: bool = True
    """Whether another sample would give another number. A parameter count would not."""
    bound: Bound = "exact"
    estimator: Estimator | None = None
    """How ``counts`` give the interval at any level."""
    counts: tuple[Count, ...] = ()
    intervals: tuple[Interval, ...] = ()
    note: str = ""
    """One sentence on how to read this very number, where the check's text does not say it."""

    @model_validator(mode="after")
    def _none_has_a_reason(self) -> Self:
        if self.value is None and not self.reason:
            raise ValueError(f"{self.name} has no value and no reason; say in one sentence why it does not exist.")
        if list(self.setting) != sorted(self.setting, key=lambda pair: pair[0]):
            raise ValueError(f"{self.name}: the setting {self.setting} is not sorted by key.")
        if list(self.slice) != sorted(self.slice, key=str):
            raise ValueError(f"{self.name}: the slice {self.slice_text} is not sorted.")
        return self

    @property
    def setting_text(self) -> str:
        """``epsilon=0.1 norm=linf``."""
        return setting_text(self.setting)

    @property
    def slice_text(self) -> str:
        """``age in [25,34) & sex=F``; empty for all examples."""
        return " & ".join(str(one) for one in self.slice)

    @property
    def key(self) -> tuple[str, str, str]:
        """What a measure is inside its report: name, setting, slice."""
        return self.name, self.setting_text, self.slice_text

    def shown(self) -> Interval | None:
        """The interval people see: the first that is not the guaranteed one, else the first."""
        plain = [one for one in self.intervals if not one.guaranteed]
        return next(iter(plain or self.intervals), None)

    def id(self, report: str) -> str:
        """Derived, never drawn: ``m-`` and 16 base32 characters of the report key and what the measure is."""
        return identifier("m", [report, *self.key])


def identifier(prefix: str, parts: list[str]) -> str:
    """``PREFIX-`` and 16 base32 characters of the SHA-256 of the parts."""
    text = base64.b32encode(hashlib.sha256(canonical(parts)).digest()).decode().lower()
    return f"{prefix}-{text[:16]}"


def setting(**values: Scalar) -> tuple[tuple[str, Scalar], ...]:
    """A setting from keywords, sorted."""
    return tuple(sorted(values.items()))


def where(**groups: str) -> tuple[Condition, ...]:
    """A slice from keywords, sorted: ``where(sex="F")``."""
    return tuple(sorted((Condition(column=column, value=value) for column, value in groups.items()), key=str))


class Definition(Record):
    """What a measure name means: one entry of ``measures.yaml``."""

    name: str
    kind: Literal["measure", "exhibit", "state"]
    description: str
    direction: str
    unit: str
    suggested_library: str = ""
    target: str = ""


@cache
def definitions() -> dict[str, Definition]:
    """Every permanent measure name with its meaning, unit and direction."""
    document: dict[str, Any] = yaml.load(NAMES.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {entry["name"]: Definition.model_validate(entry) for entry in document["measurements"]}


def direction(name: str) -> Direction:
    """Which side of a measure is better, as ``measures.yaml`` says."""
    if name not in definitions():
        raise LookupError(
            f"Measure name {name!r} is not in measures.yaml; add it there with its meaning and direction."
        )
    found = definitions()[name].direction
    return found if found in ("higher", "lower", "target") else "none"  # type: ignore[return-value]


def setting_text(pairs: tuple[tuple[str, Scalar], ...]) -> str:
    """Canonical text of a setting: ``epsilon=0.1 norm=linf``."""
    return " ".join(f"{key}={_number(value)}" for key, value in pairs)


def _number(value: Scalar) -> str:
    """A whole number is written as one: JSON does not tell 1000000.0 from 1000000."""
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value.is_integer() else f"{value:g}"
