"""Several networks that answer as one."""

from __future__ import annotations

import torch
from torch import nn

Weights = dict[str, torch.Tensor]


class Mixture(nn.Module):
    """Logits of the weighted mean of the members' probabilities: their logarithm, so that gradients exist."""

    def __init__(self, networks: list[nn.Module], weights: tuple[float, ...]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.shares = weights

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        logs = torch.stack([network(inputs).log_softmax(dim=1) for network in self.networks])
        shares = torch.tensor(self.shares, dtype=logs.dtype, device=logs.device).log()
        return (logs + shares.view(-1, 1, 1)).logsumexp(dim=0)


def join(networks: tuple[nn.Module, ...]) -> Weights:
    """The weights of all members under one roof, ``MEMBER.NAME``."""
    pairs = ((f"{i}.{name}", value) for i, one in enumerate(networks) for name, value in one.state_dict().items())
    return {name: value.detach().cpu().contiguous() for name, value in pairs}


def member(weights: Weights, position: int) -> Weights:
    """The weights of one member."""
    prefix = f"{position}."
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
