"""A multilayer perceptron for encoded tables."""

from __future__ import annotations

from itertools import pairwise

from torch import nn


def build(*, inputs: int, classes: int, hidden: int = 32, layers: int = 1) -> nn.Module:
    """(n, inputs) to (n, classes) logits, through ``layers`` hidden layers of ``hidden`` rectified units."""
    widths = [inputs] + [hidden] * layers
    body: list[nn.Module] = []
    for before, after in pairwise(widths):
        body += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*body, nn.Linear(widths[-1], classes))
