"""The one inner maximiser, projected gradient ascent: adversarial training and robustness checks share it."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

Norm = Literal["linf", "l2"]
Bound = torch.Tensor | float | None
TOLERANCE = 1e-6


def perturb(
    network: nn.Module,
    inputs: torch.Tensor,
    truth: torch.Tensor,
    epsilon: float | torch.Tensor,
    steps: int,
    norm: Norm = "linf",
    low: Bound = None,
    high: Bound = None,
    generator: torch.Generator | None = None,
    step_size: float | torch.Tensor | None = None,
) -> torch.Tensor:
    """Inputs near the given ones at which the network's loss is high.

    ``inputs`` (n, ...) are what the network takes; ``truth`` (n,) integer labels; ``epsilon`` the radius in units of
    the inputs, for ``linf`` also a tensor of radii that broadcasts over one input (0 keeps a feature as it is). ``low``
    and ``high`` bound each feature; an input that lies outside already may stay where it is. The default step is
    2.5 epsilon / steps. The start is random within the ball, from ``generator``.

    The gradient is taken at the point already clamped, never through the clamp, and projection is outside the graph.
    Raises ``ValueError`` for a negative radius, fewer than one step, or radii per feature with ``l2``, and
    ``RuntimeError`` if the result left the ball or the bounds.

    Source: Madry et al., *Towards deep learning models resistant to adversarial attacks*, ICLR 2018.
    """
    radius = torch.as_tensor(epsilon, dtype=inputs.dtype, device=inputs.device)
    if bool((radius < 0).any()) or steps < 1:
        raise ValueError(f"An attack needs a radius of at least 0 and at least one step, got {epsilon} and {steps}.")
    if norm == "l2" and radius.ndim:
        raise ValueError("Radii per feature are for the norm linf; l2 takes one radius.")
    step = 2.5 * radius / steps if step_size is None else step_size
    origin = inputs.detach()
    least, most = _bounds(origin, low, high)

    def project(moved: torch.Tensor) -> torch.Tensor:
        return (origin + _into_ball(moved - origin, radius, norm)).clamp(least, most)

    found = project(origin + _random(origin, radius, norm, generator))
    for _ in range(steps):
        found = project(found + step * _direction(_gradient(network, found, truth), norm))
    _assert_within(found, origin, radius, norm, least, most)
    return found


def _gradient(network: nn.Module, point: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    point = point.detach().requires_grad_(True)
    with torch.enable_grad():
        loss = nn.functional.cross_entropy(network(point), truth, reduction="sum")
        (slope,) = torch.autograd.grad(loss, [point])
    return slope


def _direction(gradient: torch.Tensor, norm: Norm) -> torch.Tensor:
    return gradient.sign() if norm == "linf" else gradient / _length(gradient).clamp_min(1e-12)


def _into_ball(change: torch.Tensor, radius: torch.Tensor, norm: Norm) -> torch.Tensor:
    if norm == "linf":
        return torch.minimum(torch.maximum(change, -radius), radius)
    return change * (radius / _length(change).clamp_min(1e-12)).clamp_max(1.0)


def _random(origin: torch.Tensor, radius: torch.Tensor, norm: Norm, generator: torch.Generator | None) -> torch.Tensor:
    """A random step: uniform in the cube, or in a random direction with a uniform share of the radius."""
    drawn = torch.rand(origin.shape, generator=generator, dtype=origin.dtype).to(origin.device) * 2 - 1
    if norm == "linf":
        return drawn * radius
    share = torch.rand(len(origin), generator=generator, dtype=origin.dtype).to(origin.device)
    return _direction(drawn, norm) * radius * share.view(-1, *[1] * (origin.ndim - 1))


def _length(values: torch.Tensor) -> torch.Tensor:
    return values.flatten(1).norm(dim=1).view(-1, *[1] * (values.ndim - 1))


def _bounds(origin: torch.Tensor, low: Bound, high: Bound) -> tuple[torch.Tensor, torch.Tensor]:
    least = torch.as_tensor(-torch.inf if low is None else low, dtype=origin.dtype, device=origin.device)
    most = torch.as_tensor(torch.inf if high is None else high, dtype=origin.dtype, device=origin.device)
    return torch.minimum(least, origin), torch.maximum(most, origin)


def _assert_within(
    found: torch.Tensor, origin: torch.Tensor, radius: torch.Tensor, norm: Norm, least: torch.Tensor, most: torch.Tensor
) -> None:
    change = (found - origin).double()
    rounding = TOLERANCE * origin.double().abs().clamp_min(1.0)
    if norm == "linf":
        inside = bool((change.abs() <= radius.double() + rounding).all())
    else:
        inside = bool((_length(change) <= radius.double() + _length(rounding)).all())
    if not inside or not bool(((found >= least) & (found <= most)).all()):
        raise RuntimeError(
            f"The attack left its ball (radius {radius.max():.4g}, {norm}) or its bounds: a defect, not a result."
        )
