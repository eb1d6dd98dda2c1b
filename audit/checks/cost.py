"""COS001: how large is the model, how fast does it answer, and what did it take?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from audit.check import NotApplicable, check
from audit.estimate import LEVELS, banded, number, undefined
from audit.evidence import Artifact, Images, Table
from audit.interval import quantile_bounds
from audit.measure import Measure, setting
from models.card import Card

STATED = (
    "efficiency.parameters", "efficiency.flops_per_prediction", "efficiency.training_flops", "efficiency.training_hours",
    "efficiency.energy_kwh_training",
)  # fmt: skip


@check("COS001", dimension="cost")
def cost(
    artifact: Artifact, table: Table | None, images: Images | None, *, calls: int = 200, level: float = 0.95
) -> Iterator[Measure]:
    """How large is the model, how fast does it answer, and what did training take?

    Measures: parameters, size of the files, floating point operations of one prediction, latency of one example
    (median and 95th percentile with order-statistic bounds) and throughput of a whole batch, on the machine of the
    audit with one thread; duration and energy of the training as the card states them.
    Read it: operations are counted as 2 x multiply-accumulate; energy is an estimate, never a meter reading.
    Limits: latency belongs to the machine named in the report's environment.
    Source: order-statistic bounds after David and Nagaraja 2003; torch `FlopCounterMode`.
    """
    card = artifact.card
    if card.identity.files:
        size = sum(file.bytes for file in card.identity.files)
        yield number("efficiency.model_size_mb", size / 1e6, unit="MB")
    yield from _made(card)
    yield from _speed(*_asking(table, images), calls, level)


def _made(card: Card) -> Iterator[Measure]:
    """What the card states of its making; of a model that was brought nobody said."""
    cost, where = card.cost, card.environment
    if cost is None or where is None:
        for name in STATED:
            yield undefined(name, "the version was not trained here, and nobody said")
        return
    yield number("efficiency.parameters", cost.parameters)
    yield number("efficiency.flops_per_prediction", cost.flops_per_example, unit="FLOP")
    yield number("efficiency.training_flops", cost.training_flops, unit="FLOP", note="3 x forward, estimated")
    yield number("efficiency.training_hours", cost.seconds / 3600, unit="h", note=where.device)
    energy, method = cost.energy_wh / 1000, cost.energy_method
    yield number("efficiency.energy_kwh_training", energy, unit="kWh", note=f"estimate: {method}")


def _asking(table: Table | None, images: Images | None) -> tuple[Callable[[], object], Callable[[], object], int]:
    """How to ask for one example and for all, and how many all are."""
    if table is not None:
        one, every = table.frame.iloc[:1], table.frame
        return (lambda: table.decide(one)), (lambda: table.decide(every)), len(every)
    if images is not None:
        first, pixels = images.pixels[:1], images.pixels
        return (lambda: images.decide(first)), (lambda: images.decide(pixels)), len(pixels)
    raise NotApplicable("the model takes neither a table nor images, so nobody knows what one example is")


def _speed(
    one: Callable[[], object], every: Callable[[], object], n: int, calls: int, level: float
) -> Iterator[Measure]:
    for _ in range(10):
        one()
    single = np.array([_timed(one) for _ in range(calls)])
    for quantile in (0.5, 0.95):
        found = {chance: quantile_bounds(1000 * single, quantile, chance) for chance in sorted({*LEVELS, level})}
        bands = {
            chance: (low, high) for chance, (_, low, high) in found.items() if low is not None and high is not None
        }
        yield banded(
            "efficiency.latency", found[level][0], bands, "order statistics", level=level, n=calls, unit="ms",
            setting=setting(batch=1, percentile=round(100 * quantile)),
        )  # fmt: skip
    rates = n / np.array([_timed(every) for _ in range(9)])
    found = {chance: quantile_bounds(rates, 0.5, chance) for chance in sorted({*LEVELS, level})}
    bands = {chance: (low, high) for chance, (_, low, high) in found.items() if low is not None and high is not None}
    yield banded(
        "efficiency.throughput", found[level][0], bands, "order statistics of the median", level=level, n=9, unit="1/s",
        setting=setting(batch=n),
    )  # fmt: skip


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
