"""The classic convolutional network for small grey images: Conv32-pool-Conv64-pool-dense."""

from __future__ import annotations

import torch
from torch import nn


class Cnn(nn.Module):
    """(n, side, side) or (n, 1, side, side) in 0..1 to (n, classes) logits. Normalisation happens inside.

    Perturbations are therefore measured in the range of the image. Source: the Keras and PyTorch MNIST examples.
    """

    def __init__(self, side: int, classes: int, mean: float, spread: float) -> None:
        super().__init__()
        self.mean, self.spread = mean, spread
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64 * (side // 4) ** 2, classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        grey = images.unsqueeze(1) if images.ndim == 3 else images
        logits: torch.Tensor = self.body((grey - self.mean) / self.spread)
        return logits


def build(*, inputs: int, classes: int, mean: float = 0.1307, spread: float = 0.3081) -> nn.Module:
    """A network for images of ``inputs`` x ``inputs``; the defaults are mean and spread of all of MNIST."""
    return Cnn(inputs, classes, mean, spread)
