"""One file, one remedy: a way to make a better next version."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from models import registry

if TYPE_CHECKING:
    from models.bench import Bench, Fitted


def names() -> list[str]:
    """Names of the remedies that are shipped."""
    return registry.names("models.remedies")


def find(name: str) -> Callable[[Bench], Fitted]:
    """The remedy of that name, as a function; raises ``UnknownName`` with the nearest one.

    The function raises ``models.bench.Unfit`` for a task that the remedy does not suit.
    """
    remedy: Callable[[Bench], Fitted] = registry.find("remedy", "models.remedies", name).apply
    return remedy
