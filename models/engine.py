"""The only file that knows device, precision, rank and world size.

``ANSWERABLE_DEVICE`` (cuda, mps, cpu) and ``ANSWERABLE_PRECISION`` (float32, bfloat16) overrule what is picked here.
Under ``torchrun`` every process calls the same functions; gradients are averaged, and the first process writes.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
import torch.distributed as world
from torch import nn
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

DEVICE, PRECISION = "ANSWERABLE_DEVICE", "ANSWERABLE_PRECISION"
_MEETINGS = itertools.count()
PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Choice:
    """What numbers depend on besides the seed: it is part of every recipe."""

    device: str
    precision: str
    threads: int
    world: int

    def __str__(self) -> str:
        together = f" x {self.world}" if self.world > 1 else ""
        return f"{self.device} {self.precision}{together}"


@dataclass(frozen=True)
class Engine:
    """Where this process computes."""

    choice: Choice
    device: torch.device
    rank: int

    @property
    def writes(self) -> bool:
        """Whether this process is the one that writes files."""
        return self.rank == 0

    def place(self, values: torch.Tensor) -> torch.Tensor:
        return values.to(self.device)

    def parallel(self, network: nn.Module) -> nn.Module:
        """The network as it is trained: its gradients are averaged over all processes."""
        return DistributedDataParallel(network) if self.choice.world > 1 else network

    def share(self, rows: torch.Tensor) -> torch.Tensor:
        """The rows of a mini-batch that this process works on."""
        return rows[self.rank :: self.choice.world]

    def part(self, total: torch.Tensor, rows: int) -> torch.Tensor:
        """A loss summed over this process's share, so scaled that the averaged gradient is that of the batch's mean."""
        return total * self.choice.world / rows

    def wait(self) -> None:
        """Until every process is here."""
        if self.choice.world > 1:
            world.barrier()

    def autocast(self) -> AbstractContextManager[object]:
        """Matrix products in the chosen precision; the weights stay float32."""
        lower = PRECISIONS[self.choice.precision]
        return torch.autocast(self.device.type, lower) if lower else nullcontext()


def choose() -> Choice:
    """What training would use here; raises ``ValueError`` for a device or precision that is not there."""
    there = [name for name, found in _found().items() if found]
    device = os.environ.get(DEVICE) or there[0]
    precision = os.environ.get(PRECISION) or "float32"
    if device not in there:
        raise ValueError(f"{DEVICE} is {device!r}, which this machine does not have. It has: {', '.join(there)}.")
    if precision not in PRECISIONS:
        raise ValueError(f"{PRECISION} is {precision!r}. It may be: {', '.join(PRECISIONS)}.")
    return Choice(device, precision, torch.get_num_threads(), int(os.environ.get("WORLD_SIZE", "1")))


@contextmanager
def start(seed: int) -> Iterator[Engine]:
    """Compute deterministically from a seed; the process group (if any) and the settings of torch are put back after.

    Bit-equal for the same ``Choice`` and machine type only.
    """
    choice = choose()
    rank, local = int(os.environ.get("RANK", "0")), int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device(choice.device, local) if choice.device == "cuda" else torch.device(choice.device)
    strict = torch.are_deterministic_algorithms_enabled()
    if choice.device == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.cuda.set_device(device)
    joined = choice.world > 1 and not world.is_initialized()
    if joined:
        _join("nccl" if choice.device == "cuda" else "gloo")
    try:
        with torch.random.fork_rng(devices=[]):
            torch.use_deterministic_algorithms(True)
            torch.manual_seed(seed)
            yield Engine(choice, device, rank)
    finally:
        torch.use_deterministic_algorithms(strict)
        if joined:
            world.destroy_process_group()


def _join(backend: str) -> None:
    """Meet the other processes, each time under keys of its own: met again under the old ones, they wait for ever."""
    store, rank, size = next(rendezvous("env://"))
    apart = world.PrefixStore(str(next(_MEETINGS)), store)  # type: ignore[attr-defined]
    world.init_process_group(backend, store=apart, rank=rank, world_size=size)


def _found() -> dict[str, bool]:
    return {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
