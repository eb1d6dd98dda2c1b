"""EXP001: do explanations by Integrated Gradients add up, and do they point at what matters?"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from audit.check import check
from audit.contribution import Contribution
from audit.estimate import LEVELS, Setting, banded, mean, ranking
from audit.evidence import Images, Network, Seed
from audit.interval import quantile_bounds
from audit.measure import Measure, setting
from audit.report import Exhibit

if TYPE_CHECKING:
    import torch

PARTS = 28
"""Steps in which an image is deleted."""


@check("EXP001", dimension="explainability")
def integrated_gradients(
    network: Network, seed: Seed, images: Images | None, *, steps: int = 64, level: float = 0.95
) -> Iterator[Measure | Exhibit | Contribution]:
    """Can single decisions be explained, and is the explanation true to the model?

    Measures: the completeness error of Integrated Gradients (how far the attributions are from adding up to the
    change of the score), and faithfulness: how much faster the probability of the decision falls when inputs are
    deleted in the order of their attribution than in random order.
    Read it: a completeness error near 0 means the sum is right; faithfulness above 0 beats chance, 0 is no better.
    Limits: scores the explanation of this model, not the model's virtue; depends on the baseline that stands for "no
    information" (tables: the training mean; images: black).
    Source: Sundararajan et al. 2017; Petsiuk et al. 2018 (deletion); captum `IntegratedGradients`.
    """
    import torch

    inputs = torch.as_tensor(network.inputs)
    baseline = torch.as_tensor(network.baseline, dtype=inputs.dtype)[None]
    attributions, error = _attribute(network, inputs, baseline, steps)
    at = setting(steps=steps)
    yield _completeness(error, level, at)
    yield Contribution.of("explainability.completeness_error", error, at, rows=network.rows)
    features = _features(network, inputs)
    generator = np.random.default_rng(seed.value)
    sums = attributions @ features
    informed = _deletion(network, inputs, baseline, features, np.argsort(-sums, axis=1))
    random = _deletion(network, inputs, baseline, features, generator.permuted(_rows(features, len(inputs)), axis=1))
    gain = random.mean(axis=1) - informed.mean(axis=1)
    note = "area between random and informed deletion"
    yield mean(
        "explainability.faithfulness", gain, level=level, setting=at, floor=-1.0, ceiling=1.0, note=note,
        weight=network.weight, unit=network.unit,
    )  # fmt: skip
    yield Contribution.of("explainability.faithfulness", gain, at, rows=network.rows)
    yield _deletion_curve(informed.mean(axis=0), random.mean(axis=0), len(inputs))
    if images is None:
        sizes = np.abs(sums)
        named = {
            column: mean("explainability.attribution", sizes[:, i], level=level, floor=0.0)
            for i, (column, _, _) in enumerate(network.model.spans())
        }
        title = "Single decisions rest most on {}"
        yield ranking(
            "explainability.attribution", title, named, "mean absolute attribution", "score (logit)", len(sizes)
        )


def _attribute(
    network: Network, inputs: torch.Tensor, baseline: torch.Tensor, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """(m, width) attributions of the score of the class decided, and (m,) relative completeness error."""
    import torch
    from captum.attr import IntegratedGradients

    with torch.no_grad():
        target = network.model.net(inputs).argmax(dim=1)
        before = network.model.net(baseline.expand(len(inputs), *inputs.shape[1:])).gather(1, target[:, None])[:, 0]
        after = network.model.net(inputs).gather(1, target[:, None])[:, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = IntegratedGradients(network.model.net).attribute(
            inputs, baselines=baseline, target=target, n_steps=steps, internal_batch_size=512
        )
    flat = found.detach().double().reshape(len(inputs), -1).numpy()
    change = (after - before).double().numpy()
    return flat, np.abs(flat.sum(axis=1) - change) / np.maximum(np.abs(change), 1e-6)


def _completeness(error: np.ndarray, level: float, at: Setting) -> Measure:
    found = {one: quantile_bounds(error, 0.5, one) for one in sorted({*LEVELS, level})}
    bands = {one: (low, high) for one, (_, low, high) in found.items() if low is not None and high is not None}
    return banded(
        "explainability.completeness_error", found[level][0], bands, "order statistics of the median", level=level,
        setting=at, n=len(error), note="median over the sample, relative to the change of the score",
    )  # fmt: skip


def _features(network: Network, inputs: torch.Tensor) -> np.ndarray:
    """(width, features) membership: one feature per raw column of a table, per pixel of an image."""
    width = int(np.prod(inputs.shape[1:]))
    spans = network.model.spans()
    if not spans:
        return np.eye(width)
    member = np.zeros((width, len(spans)))
    for position, (_, start, stop) in enumerate(spans):
        member[start:stop, position] = 1
    return member


def _deletion(
    network: Network, inputs: torch.Tensor, baseline: torch.Tensor, features: np.ndarray, order: np.ndarray
) -> np.ndarray:
    """(m, parts) probability of the class decided on the whole input, after each part of the deletion."""
    import torch

    count = order.shape[1]
    cuts = np.linspace(0, count, min(count, PARTS) + 1).round().astype(int)[1:]
    rank = np.argsort(order, axis=1)
    curve = []
    with torch.no_grad():
        target = network.model.net(inputs).argmax(dim=1)
        for cut in cuts:
            gone = torch.as_tensor(((rank < cut) @ features.T) > 0).reshape(inputs.shape)
            left = network.model.net(torch.where(gone, baseline, inputs)).double().softmax(dim=1)
            curve.append(left.gather(1, target[:, None])[:, 0].numpy())
    return np.column_stack(curve)


def _deletion_curve(informed: np.ndarray, random: np.ndarray, n: int) -> Exhibit:
    shares = np.linspace(0, 1, len(informed) + 1)[1:]
    return Exhibit(
        name="explainability.deletion",
        title="Deleting what the explanation names lowers the score faster than chance does",
        columns=("deleted", "by attribution", "at random"),
        rows=tuple(tuple(map(float, row)) for row in zip(shares, informed, random, strict=True)),
        chart="curve",
        unit="mean probability of the decision",
        n=n,
    )


def _rows(features: np.ndarray, n: int) -> np.ndarray:
    return np.tile(np.arange(features.shape[1]), (n, 1))
