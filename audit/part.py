"""One part of what a requirement asks, and where it stands: the weakest part speaks for the whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

State = Literal[
    "scope not answered",
    "not applicable",
    "outside policy",
    "stale",
    "attestation missing",
    "document missing",
    "not measured",
    "undecided",
    "measured without limit",
    "within policy",
    "document present",
    "attested",
]
"""Weakest first, after the two in which nothing is asked."""
ORDER: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class Part:
    """A state with its reason and what it rests on."""

    state: State
    reason: str
    evidence: tuple[str, ...] = ()

    @property
    def strength(self) -> int:
        return ORDER.index(self.state)


def weakest(parts: Iterable[Part]) -> Part:
    """The part that is furthest from being there; of equals the first."""
    return min(parts, key=lambda one: one.strength)


def together(parts: Iterable[Part]) -> tuple[str, ...]:
    """The evidence of all parts, each once."""
    return tuple(dict.fromkeys(id for one in parts for id in one.evidence))
