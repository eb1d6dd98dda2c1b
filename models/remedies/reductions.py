"""Reductions: a mixture of the task's own networks under which groups receive the favourable outcome equally often."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from models.bench import Bench, Fitted, Unfit
from models.card import Decision
from models.data.split import Split
from models.fit import Examples, Progress, fit
from models.mixture import Mixture

GROUP = "race"
MEASURE = "fairness.demographic_parity_difference"
EPOCHS = 12
"""Epochs of each network: weighted problems have no validation part to stop them early."""
ROUNDS = 20
"""Rounds of the game between networks and constraint."""
SLACK = 0.02
"""Difference from the overall rate that the constraint allows on the training part."""


def apply(bench: Bench) -> Fitted:
    """Exponentiated gradient under demographic parity of ``race``, around the task's network; then a threshold.

    The members are the networks with a positive weight, weights renormalised; the score is the weighted mean of their
    probabilities. The threshold is the one that is most accurate on the validation part among those that keep the
    difference of selection rates there within the task's declared margin (see ``threshold``). Both are fixed: the
    version draws no random numbers when it decides, and does not need to know the group.

    Source: Agarwal et al., *A reductions approach to fair classification*, ICML 2018 (fairlearn).
    """
    from fairlearn.reductions import DemographicParity, ExponentiatedGradient

    favourable, limit = _suited(bench)
    train = bench.splits.train
    tally = _Tally()
    game = ExponentiatedGradient(
        _Learner(bench, favourable, tally), DemographicParity(difference_bound=SLACK), max_iter=ROUNDS
    )
    inputs, wanted = bench.examples(train).inputs.numpy(), (train.truth == favourable).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fairlearn's own use of pandas
        game.fit(inputs, wanted, sensitive_features=train.groups[GROUP].to_numpy())
    chosen = [(game.predictors_[i], float(share)) for i, share in game.weights_.items() if share > 0]
    networks = tuple(_network(bench, predictor, favourable) for predictor, _ in chosen)
    total = sum(share for _, share in chosen)
    members = tuple(share / total for _, share in chosen)
    score = _score(Mixture(list(networks), members), bench.examples(bench.splits.validation).inputs)
    decision = Decision(
        kind="threshold",
        threshold=threshold(score[:, favourable], bench.splits.validation, favourable, limit),
        positive=train.classes[favourable],
    )
    return Fitted(networks, decision, tally.seen, tally.seconds, members)


def threshold(score: np.ndarray, split: Split, favourable: int, limit: float) -> float:
    """The lowest score (n,) that is decided as favourable.

    Of all thresholds whose difference in selection rates between groups is at most ``limit``, the one with the highest
    accuracy; if none keeps it, the one with the smallest difference. Of equally good ones, the nearest to one half.
    """
    steps = np.unique(score)
    candidates = np.concatenate([[steps[0]], (steps[1:] + steps[:-1]) / 2])
    chosen = score[:, None] >= candidates
    accuracy = (chosen == (split.truth == favourable)[:, None]).mean(axis=0)
    group = split.groups[GROUP].to_numpy()
    rates = np.stack([chosen[group == name].mean(axis=0) for name in np.unique(group)])
    difference = np.ptp(rates, axis=0)
    merit = np.where(difference <= limit, accuracy, -difference)
    best = candidates[merit == merit.max()]
    return float(best[np.abs(best - 0.5).argmin()])


@dataclass
class _Tally:
    fits: int = 0
    seen: int = 0
    seconds: float = 0.0


@dataclass
class _Learner:
    """The task's network behind the interface that fairlearn asks for. Label 1 is the favourable class."""

    bench: Bench
    favourable: int
    tally: _Tally
    network: nn.Module | None = field(default=None, init=False)

    def __sklearn_clone__(self) -> _Learner:
        return _Learner(self.bench, self.favourable, self.tally)

    def fit(self, inputs: np.ndarray, labels: pd.Series, sample_weight: pd.Series) -> _Learner:
        truth = np.where(np.asarray(labels) == 1, self.favourable, 1 - self.favourable)
        weight = torch.from_numpy(np.array(sample_weight, dtype=np.float32))
        self.network = self.bench.network()
        standing = fit(
            self.bench.engine,
            self.network,
            Examples(torch.as_tensor(inputs), torch.as_tensor(truth), weight),
            self.bench.task.training.model_copy(update={"epochs": EPOCHS, "patience": None}),
            self.bench.seed,
        )
        self.tally.fits += 1
        self.tally.seen += standing.seen
        self.tally.seconds += standing.seconds
        if self.bench.tell and self.bench.engine.writes:
            self.bench.tell(Progress("networks of the mixture", min(self.tally.fits, ROUNDS), ROUNDS))
        return self

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        assert self.network is not None
        return (_score(self.network, torch.as_tensor(inputs)).argmax(axis=1) == self.favourable).astype(int)


def _suited(bench: Bench) -> tuple[int, float]:
    """Position of the favourable class, and the declared margin."""
    task, train = bench.task, bench.splits.train
    if task.favourable is None or task.kind != "binary":
        raise Unfit(f"Reductions equalise how often a favourable outcome is given; {task.name} declares none.")
    if GROUP not in train.groups:
        raise Unfit(
            f"Reductions equalise outcomes by {GROUP}; {task.dataset} records {', '.join(map(str, train.groups.columns)) or 'no groups'}."
        )
    margin = task.margin(MEASURE)
    if margin is None:
        raise Unfit(f"Reductions choose a threshold within a declared margin; {task.name} declares none for {MEASURE}.")
    return train.classes.index(task.favourable), margin.limit


def _score(network: nn.Module, inputs: torch.Tensor) -> np.ndarray:
    """(n, classes) probabilities."""
    device = next(network.parameters()).device
    with torch.inference_mode():
        return network.eval()(inputs.to(device)).double().softmax(dim=1).cpu().numpy()


def _network(bench: Bench, predictor: Any, favourable: int) -> nn.Module:
    """The network behind a member. Where the game asked for a constant answer, one that gives it whatever the input."""
    if isinstance(predictor, _Learner):
        assert predictor.network is not None
        return predictor.network
    network = bench.network()
    answer = favourable if int(predictor.constant) == 1 else 1 - favourable
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        list(network.parameters())[-1][answer] = 20.0
    return network
