"""What a network makes of an example before it decides: the input of its last layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from torch import nn

    from models.load import Model


def embeddings(model: Model, inputs: pd.DataFrame | np.ndarray, batch: int = 1024) -> np.ndarray:
    """(n, width) float32: the penultimate embedding; of a mixture, those of its members side by side.

    Raises ``LookupError`` where a network has no linear layer.
    """
    import torch

    from models.mixture import Mixture

    members = list(model.net.networks) if isinstance(model.net, Mixture) else [model.net]
    caught: list[list[torch.Tensor]] = [[] for _ in members]
    hooks = [
        _last(one).register_forward_hook(lambda _layer, given, _out, into=into: into.append(given[0].flatten(1)))
        for one, into in zip(members, caught, strict=True)
    ]
    try:
        with torch.inference_mode():
            for part in torch.split(model.encode(inputs), batch):
                model.net(part)
    finally:
        for hook in hooks:
            hook.remove()
    return torch.cat([torch.cat(parts) for parts in caught], dim=1).numpy()


def _last(network: nn.Module) -> nn.Linear:
    from torch import nn

    layers = [one for one in network.modules() if isinstance(one, nn.Linear)]
    if not layers:
        raise LookupError(f"{type(network).__name__} has no linear layer, so it has no penultimate embedding.")
    return layers[-1]
