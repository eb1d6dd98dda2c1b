"""One file, one architecture: ``build(inputs=..., classes=..., **arguments)`` gives a network from inputs to logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models import registry
from models.record import Scalar

if TYPE_CHECKING:
    from torch import nn


def names() -> list[str]:
    """Names of the architectures that are shipped."""
    return registry.names("models.zoo")


def build(architecture: str, arguments: dict[str, Scalar], classes: int) -> nn.Module:
    """A fresh network, initialised from torch's global random state.

    The argument ``inputs`` is the width of the encoded vector, or the side of a square image. Raises ``UnknownName``
    with the nearest architecture, and ``ValueError`` for an argument that the architecture does not take.
    """
    found = registry.find("architecture", "models.zoo", architecture)
    try:
        network: nn.Module = found.build(classes=classes, **arguments)
    except TypeError as why:
        raise ValueError(f"Architecture {architecture!r} cannot be built from {arguments}: {why}") from None
    return network
