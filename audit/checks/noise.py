"""ROB001: does the model keep its accuracy when inputs are noisy or missing?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from audit.check import NotApplicable, check
from audit.contribution import Contribution
from audit.estimate import LEVELS, Setting, banded, mean, proportion, undefined
from audit.evidence import Decisions, Images, Seed, Table
from audit.interval import paired_difference
from audit.measure import Measure, setting
from audit.tally import share
from models.record import Scalar

AMOUNTS = (0.05, 0.1, 0.2)
LOST = "robustness.noise_sensitivity"


@check("ROB001", dimension="robustness")
def noise(
    decisions: Decisions, seed: Seed, table: Table | None, images: Images | None, *, level: float = 0.95
) -> Iterator[Measure | Contribution]:
    """Does the model stay right when inputs are a little wrong, or one of them is missing?

    Measures: accuracy with Gaussian noise of 5, 10 and 20 % of each number column's spread (for images: of the range)
    and, for tables, with each column missing in turn; and how much accuracy each of these costs on the same examples.
    Read it: the sensitivity is the accuracy lost: 0 is none, a negative number means that noise helped.
    Limits: one draw of noise on all examples; noise is not an adversary (ROB002 is); columns of categories get no noise.
    Source: Hendrycks and Dietterich 2019 (corruption robustness); Tango 1998 for paired differences.
    """
    right = decisions.decision == decisions.truth
    for at, decision in _changed(table, images, np.random.default_rng(seed.value)):
        name = "robustness.missing_input_accuracy" if "column" in dict(at) else "robustness.noise_accuracy"
        if isinstance(decision, str):
            yield undefined(name, decision, setting=at)
            continue
        kept = decision == decisions.truth
        yield proportion(name, *share(kept, decisions.weight, decisions.unit), setting=at, level=level)
        yield Contribution.of(name, kept, at)
        yield _lost(right, kept, decisions, at, level)
        yield Contribution.of(LOST, right.astype(int) - kept, at)


def _lost(right: np.ndarray, kept: np.ndarray, decisions: Decisions, at: Setting, level: float) -> Measure:
    """Accuracy lost on the same examples."""
    if decisions.weight is not None or decisions.unit is not None:
        gone = right.astype(float) - kept
        return mean(LOST, gone, level=level, setting=at, weight=decisions.weight, unit=decisions.unit)
    lost, won, n = int((right & ~kept).sum()), int((kept & ~right).sum()), len(kept)
    bands = {one: paired_difference(lost, won, n, one)[1:] for one in sorted({*LEVELS, level})}
    return banded(LOST, (lost - won) / n, bands, "Tango score, paired", level=level, setting=at, n=n)


def _changed(
    table: Table | None, images: Images | None, generator: np.random.Generator
) -> Iterator[tuple[tuple[tuple[str, Scalar], ...], np.ndarray | str]]:
    """(setting, decisions) for changed inputs, or why the model does not take them."""
    if table is not None:
        for amount in AMOUNTS:
            yield setting(noise=amount), table.decide(_noisy(table, amount, generator))
        for column in table.frame.columns:
            yield setting(column=str(column), missing=True), _missing(table, str(column))
    elif images is not None:
        for amount in AMOUNTS:
            noisy = images.pixels + generator.normal(0, amount, images.pixels.shape)
            yield setting(noise=amount), images.decide(np.clip(noisy, 0, 1))
    else:
        raise NotApplicable("noise is made for tables and images; this model takes neither")


def _missing(table: Table, column: str) -> np.ndarray | str:
    try:
        return table.decide(_without(table.frame, column))
    except ValueError as why:
        return f"the model takes no missing value there: {why}"[:300]


def _noisy(table: Table, amount: float, generator: np.random.Generator) -> pd.DataFrame:
    frame = table.frame.copy()
    for column, spread in table.spread.items():
        frame[column] = frame[column].astype(float) + generator.normal(0, amount * spread, len(frame))
    return frame


def _without(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    changed = frame.copy()
    number = pd.api.types.is_numeric_dtype(frame[column])
    changed[column] = np.nan if number else pd.Series([None] * len(frame), index=frame.index, dtype=object)
    return changed
