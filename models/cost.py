"""What making a version took: counted where it can be counted, an estimate (and called one) where it cannot."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from models.card import Cost
from models.engine import Choice

WATTS_PER_THREAD, WATTS_MEMORY = 4.0, 20.0
WATTS_ACCELERATOR = {"cpu": 0.0, "mps": 20.0, "cuda": 400.0}


def cost(network: nn.Module, example: torch.Tensor, choice: Choice, seconds: float, seen: int) -> Cost:
    """Cost of a training of ``seconds`` in which ``seen`` examples passed forwards and backwards.

    ``example`` (1, ...) is one encoded example. Energy is time x an assumed constant power, never a meter reading.
    """
    flops = flops_per_example(network, example)
    watts = (WATTS_PER_THREAD * choice.threads + WATTS_MEMORY + WATTS_ACCELERATOR[choice.device]) * choice.world
    return Cost(
        seconds=seconds,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        flops_per_example=flops,
        training_flops=3.0 * flops * seen,
        energy_wh=watts * seconds / 3600,
        energy_method=f"estimated, constant power: {watts:g} W assumed ({WATTS_PER_THREAD:g} W a thread, "
        f"{WATTS_MEMORY:g} W memory, {WATTS_ACCELERATOR[choice.device]:g} W accelerator; {choice.world} process(es))",
    )


def flops_per_example(network: nn.Module, example: torch.Tensor) -> int:
    """Floating point operations (2 x multiply-accumulate) of one forward pass.

    Counted in train mode, because the fast path of inference hides operations from the counter.
    """
    counted = copy.deepcopy(network).cpu().train()
    with FlopCounterMode(display=False) as counter:
        counted(example.cpu())
    return int(counter.get_total_flops())
