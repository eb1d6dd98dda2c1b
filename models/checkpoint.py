"""Where a training stands, so that a killed one goes on and ends as an undisturbed one would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from models import file
from models.record import canonical

Weights = dict[str, torch.Tensor]


@dataclass
class Standing:
    """What a training knows after an epoch, besides network and optimiser."""

    epoch: int = 0
    """Epochs done. Order and noise of the next one follow from the seed and this number: no random state to keep."""
    best: float | None = None
    """Lowest validation loss so far."""
    waited: int = 0
    """Epochs since then."""
    seen: int = 0
    """Examples that passed through the network forwards and backwards."""
    seconds: float = 0.0
    """Time spent, over all processes that worked on it one after another."""
    kept: Weights | None = None
    """Weights at the lowest validation loss."""


@dataclass(frozen=True)
class Checkpoint:
    """A safetensors file (nothing in it can run) that belongs to one recipe."""

    path: Path
    recipe: str

    def write(self, standing: Standing, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Keep everything, replacing what was kept before; raises ``OSError`` where that cannot be written."""
        state = optimizer.state_dict()["state"]
        tensors = {f"network/{name}": value for name, value in network.state_dict().items()}
        tensors |= {f"kept/{name}": value for name, value in (standing.kept or {}).items()}
        tensors |= {f"optimizer/{i}/{key}": value for i, values in state.items() for key, value in values.items()}
        numbers = {name: getattr(standing, name) for name in ("epoch", "best", "waited", "seen", "seconds")}
        told = canonical({"recipe": self.recipe, **numbers}).decode()
        file.write(self.path, save({name: value.contiguous() for name, value in tensors.items()}, {"standing": told}))

    def read(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> Standing:
        """Put network and optimiser back and say where they stand: at the start, if nothing of this recipe was kept."""
        try:
            with safe_open(self.path, "pt") as kept:
                told = json.loads((kept.metadata() or {}).get("standing", "{}"))
                tensors = {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118
        except (FileNotFoundError, SafetensorError):
            return Standing()
        if told.pop("recipe", None) != self.recipe:
            return Standing()
        network.load_state_dict(_under("network", tensors))
        state: dict[int, Weights] = {}
        for name, value in _under("optimizer", tensors).items():
            position, key = name.split("/")
            state.setdefault(int(position), {})[key] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
        return Standing(**told, kept=_under("kept", tensors) or None)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def _under(prefix: str, tensors: Weights) -> Weights:
    return {name.removeprefix(f"{prefix}/"): value for name, value in tensors.items() if name.startswith(f"{prefix}/")}
