"""Adversarial training: go on from the parent's weights on inputs that a small perturbation has made harder."""

from __future__ import annotations

import torch
from torch import nn

from models.adversary import perturb
from models.bench import Bench, Fitted, Unfit
from models.card import Decision
from models.fit import fit

EPOCHS = 3
STEPS = 3
EPSILON = 0.1
"""Radius (largest change of any pixel) in units of the image's range."""


def apply(bench: Bench) -> Fitted:
    """Three epochs from the parent's weights; every mini-batch is perturbed by three steps within ``EPSILON``.

    Source: Madry et al., *Towards deep learning models resistant to adversarial attacks*, ICLR 2018.
    """
    network = _parents_network(bench)

    def attack(learner: nn.Module, inputs: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        return perturb(learner, inputs, truth, EPSILON, STEPS, low=0.0, high=1.0)

    standing = fit(
        bench.engine,
        network,
        bench.examples(bench.splits.train),
        bench.task.training.model_copy(update={"epochs": EPOCHS, "patience": None}),
        bench.seed,
        attack=attack,
        checkpoint=bench.checkpoint,
        stage="adversarial training",
        tell=bench.tell,
    )
    return Fitted((network,), Decision(kind="argmax"), standing.seen * (1 + STEPS), standing.seconds)


def _parents_network(bench: Bench) -> nn.Module:
    parent = bench.parent
    if bench.task.modality != "image":
        raise Unfit(f"Adversarial training perturbs pixels; {bench.task.name} is a task about a {bench.task.modality}.")
    if parent is None:
        raise Unfit("Adversarial training starts from the weights of a version: say which (parent).")
    if parent.card.task != bench.task.name or len(parent.card.identity.members) > 1:
        raise Unfit(f"Adversarial training of {bench.task.name} cannot start from {parent.card.title}.")
    network = bench.network()
    network.load_state_dict(parent.net.state_dict())
    return network
