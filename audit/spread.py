"""How much the seed alone moves a measure: versions of one recipe on the same examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy

from audit.interval import alpha_of
from audit.measure import Condition
from audit.report import Report
from models.record import Record, Scalar

FEWEST = 3
"""Versions from which a spread is stated."""
Key = tuple[str, str, str]


class Spread(Record):
    """One measure over versions that differ in the seed only."""

    name: str
    setting: tuple[tuple[str, Scalar], ...] = ()
    slice: tuple[Condition, ...] = ()
    runs: int
    mean: float
    deviation: float
    """Standard deviation between versions."""
    low: float
    high: float
    """Chi-squared limits of the deviation."""
    reach: float
    """How far two versions of the recipe lie apart in 95 of 100 cases: Student's t on the difference of two."""


def spreads(reports: Sequence[Report], level: float = 0.95) -> Mapping[Key, Spread]:
    """The spread of every measure that all these reports have a value for; none with fewer than three reports.

    Raises ``ValueError`` for reports on different splits. Limits assume that values of a measure are about normal.
    """
    if len({one.split for one in reports}) > 1:
        titles = ", ".join(one.title for one in reports)
        raise ValueError(f"A spread is of versions on the same examples; {titles} were audited on different splits.")
    if len(reports) < FEWEST:
        return {}
    held = [{one.key: one for one in report.measures() if one.value is not None} for report in reports]
    common = [key for key in held[0] if all(key in one for one in held)]
    values = np.array([[one[key].value for key in common] for one in held], dtype=float)
    tail, freedom = alpha_of(level) / 2, len(reports) - 1
    deviation = values.std(axis=0, ddof=1)
    low, high = (np.sqrt(freedom / scipy.stats.chi2.ppf(share, freedom)) for share in (1 - tail, tail))
    reach = float(scipy.stats.t.isf(tail, freedom)) * np.sqrt(2)
    return {
        key: Spread(
            name=held[0][key].name, setting=held[0][key].setting, slice=held[0][key].slice, runs=len(reports),
            mean=float(mean), deviation=float(sd), low=float(sd * low), high=float(sd * high), reach=float(sd * reach),
        )
        for key, mean, sd in zip(common, values.mean(axis=0), deviation, strict=True)
    }  # fmt: skip
