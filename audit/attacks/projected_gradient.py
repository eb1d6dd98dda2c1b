"""Projected gradient descent over growing radii: who is still decided right?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from audit.evidence import Network
from models.adversary import perturb


def resisting(
    network: Network, radii: tuple[float, ...], *, steps: int, restarts: int, seed: int
) -> Iterator[tuple[float, np.ndarray]]:
    """For each radius, in rising order, (m,) whether each example of the sample is still decided right.

    Radii are in units of the spread of each encoded input (images: of the range 0..1), norm L-infinity. What broke at
    a smaller radius stays broken at a larger one, whose ball contains it, so only what still resists is attacked again.
    The gradient is taken at the already clamped input (Madry et al. 2018; Athalye et al. 2018 on masked gradients).
    """
    inputs, truth = torch.as_tensor(network.inputs), torch.as_tensor(network.truth)
    low, high, spread = (_tensor(value, inputs) for value in (network.low, network.high, network.spread))
    generator = torch.Generator().manual_seed(seed)
    alive = _decisions(network, inputs) == network.truth
    for radius in sorted(radii):
        for _ in range(restarts):
            rows = np.flatnonzero(alive)
            if not len(rows):
                break
            attacked = perturb(
                network.model.net, inputs[rows], truth[rows], radius * spread, steps, low=low, high=high,
                generator=generator,
            )  # fmt: skip
            alive[rows] = _decisions(network, attacked) == network.truth[rows]
        yield radius, alive.copy()


def _decisions(network: Network, inputs: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        probabilities = network.model.net(inputs).double().softmax(dim=1).numpy()
    return np.asarray(network.model.decide(probabilities))


def _tensor(value: np.ndarray | float, like: torch.Tensor) -> torch.Tensor:
    return torch.as_tensor(value, dtype=like.dtype)
