"""Models with one known flaw each, and the clean twin that has none.

Who is granted credit depends on income and debt alone, in the same way in both groups. The clean twin knows exactly
that. ``unfair`` takes points from those who live where one group lives; ``overconfident`` decides like the clean twin
but is five times as sure.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from small_models import Case, case, linear, task

from models.data.split import Split
from models.task import Margin, Task

WEIGHTS = [1.5, -1.0, 0.0]
GAPS = ("fairness.demographic_parity_difference", "fairness.performance_gap")


def credit(n: int, seed: int, part: str, *, with_group: bool = False) -> Split:
    """Income, debt, and a district that tells the group in nine of ten cases."""
    draw = np.random.default_rng(seed)
    group = draw.choice(["east", "west"], n)
    district = np.where(draw.random(n) < 0.9, group == "west", group == "east").astype(float)
    income, debt = draw.normal(0, 1, (2, n))
    truth = (draw.random(n) < 1 / (1 + np.exp(-(1.5 * income - debt)))).astype(int)
    inputs = pd.DataFrame({"income": income, "debt": debt, "district": district})
    if with_group:
        inputs = inputs.assign(origin=group)
    groups = pd.DataFrame({"origin": group})
    return Split("credit", part, inputs, truth, ("deny", "approve"), groups, np.arange(n) + 100_000 * seed)  # type: ignore[arg-type]


def credit_task() -> Task:
    margins = tuple(Margin(measure=name, limit=0.1, reason="Declared before anything was measured.") for name in GAPS)
    return task(name="credit", dataset="credit", groups=("origin",), margins=margins)


def built(folder: Path, weights: list[float], *, n: int = 3000, with_group: bool = False) -> Case:
    """The logistic regression with these weights, on data on which verdicts are certain."""
    train, test = (
        credit(size, seed, part, with_group=with_group) for size, seed, part in [(n, 1, "train"), (n, 3, "test")]
    )
    return case(credit_task(), linear(folder, weights, train, credit_task()), train, test)


def clean(folder: Path) -> Case:
    return built(folder, WEIGHTS)


def unfair(folder: Path) -> Case:
    return built(folder, [1.5, -1.0, -1.0])


def overconfident(folder: Path) -> Case:
    return built(folder, [5 * weight for weight in WEIGHTS])


def decides_by_origin(folder: Path) -> Case:
    """Takes the group itself as an input: its weights are those of east, west and of anything never seen."""
    return built(folder, [*WEIGHTS, 0.0, -1.0, 0.0], n=500, with_group=True)
