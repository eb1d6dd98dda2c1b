"""What stands beside a gap: whether rates differ at all, what gap could have been seen, and small groups pooled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from audit.estimate import LEVELS, Setting, banded, number, undefined
from audit.hypothesis import rates_differ
from audit.measure import Measure, setting
from audit.pooling import pooled_rates
from audit.power import POWER, detectable_difference, largest_two
from audit.tally import Rate, Tally


def beside(
    of: str, tally: Tally, by: str, rate: Rate, *, at: Setting, level: float, seed: int, small: int
) -> Iterator[Measure]:
    """The omnibus p-value, the smallest gap that could have been seen, and the pooled rates of groups under ``small``.

    of: what rate it is, added to the setting ``at`` of its gap.
    """
    (k, n), names, at = rate, tally.names[by], setting(**dict(at), of=of)
    there = np.flatnonzero(n > 0)
    if len(there) < 2:
        left = ", ".join(f"{names[one]} ({k[one]:g} of {n[one]:g})" for one in there) or "none"
        reason = f"a comparison needs two groups with such examples; there is: {left}"
        yield undefined("fairness.rates_differ_p_value", reason, setting=at)
        yield undefined("fairness.min_detectable_gap", reason, setting=at)
        return
    everybody = round(float(n.sum()))
    p = rates_differ(k, n, seed=seed)
    yield number("fairness.rates_differ_p_value", p, setting=at, n=everybody, unit="p-value")
    yield _detectable(names, k[there].sum() / n[there].sum(), n, len(there), at, level)
    if ((n > 0) & (n < small)).any():
        yield from _pooled(tally, by, rate, at, level, small)


def _detectable(names: Sequence[str], share: float, n: np.ndarray, groups: int, at: Setting, level: float) -> Measure:
    one, other = largest_two(n)
    name, between = "fairness.min_detectable_gap", f"between the two largest groups, {names[one]} and {names[other]}"
    least = detectable_difference(n[one], n[other], share, groups=groups, level=level)
    size = round(float(n[one] + n[other]))
    if least is None:
        missed = f"would be missed in more than {1 - POWER:.0%} of samples"
        reason = f"{between}, even the largest gap possible at a rate of {share:.1%} {missed}"
        return undefined(name, reason, setting=at, n=size)
    return number(name, least, setting=at, n=size, note=f"{between}, in {POWER:.0%} of samples")


def _pooled(tally: Tally, by: str, rate: Rate, at: Setting, level: float, small: int) -> Iterator[Measure]:
    k, n = rate
    few = np.flatnonzero((n > 0) & (n < small))
    found = {one: pooled_rates(k, n, one, few) for one in {*LEVELS, level}}
    for place, position in enumerate(few):
        value = found[level][0][place]
        bands = {one: (min(low[place], value), max(high[place], value)) for one, (_, low, high) in found.items()}
        yield banded(
            "fairness.pooled_rate", value, bands, "beta-binomial posterior", level=level, setting=at,
            slice=tally.slice(by, int(position)), n=round(n[position]),
            note=f"alone: {k[position]:g} of {n[position]:g}",
        )  # fmt: skip
