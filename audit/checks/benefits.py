"""FAI006: how unequally are the benefits of the decisions spread over people?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from audit.check import NotApplicable, check
from audit.estimate import LEVELS, Setting, banded, number, undefined
from audit.evidence import Tally
from audit.inequality import Spread, between, entropy, entropy_limits, spread
from audit.measure import Measure, setting
from audit.tally import EVERYONE, Rate

NOBODY = "everybody deserved the favourable outcome and was refused, so there is no benefit to share"


@check("FAI006", dimension="fairness")
def benefits(tally: Tally, *, alpha: float = 2.0, level: float = 0.95) -> Iterator[Measure]:
    """How unequally are the benefits of the decisions spread over people, and how much of it lies between groups?

    Measures: the Theil index and the generalised entropy (with `alpha`) of each person's benefit: 0 for who deserved
    the favourable outcome and was refused, 2 for who received it undeserved, 1 for everybody else; the part that
    remains if everybody had the mean benefit of their group, for each way of grouping and each intersection; and the
    probability (p-value) of group means at least this unequal if all were equal.
    Read it: 0 is equal. Errors make inequality, so a more accurate model has less of it. The part between groups is
    part of the whole; between few groups it is small by nature: look at its p-value and its lower end.
    Limits: counts a refusal that was undeserved as heavily as the record says so, and no harm in an approval that was
    not; the plain value between groups is too large on average, as every spread of few is.
    Source: Speicher et al. 2018; Shorrocks 1980; aif360 `generalized_entropy_error`; intervals: square-and-add of mid-P
    limits (Zou and Donner 2008), between groups the noncentral chi-squared distribution (Box 1954).
    """
    if tally.favourable is None:
        raise NotApplicable("no outcome of this task is favourable, so nobody has a benefit")
    if alpha <= 0:
        raise ValueError(f"alpha must be above 0, got {alpha}: below, one person without benefit makes it infinite")
    for by in (EVERYONE, *tally.groupings):
        shared = _shared(tally, by, tally.favourable)
        for name, power in (("fairness.theil_index", 1.0), ("fairness.generalized_entropy", alpha)):
            at = {} if name == "fairness.theil_index" else {"alpha": alpha}
            if by == EVERYONE:
                yield _overall(name, shared, power, level, setting(**at))
            else:
                yield _between(name, shared, power, level, setting(by=by, part="between groups", **at))
        if by != EVERYONE:
            yield from _p_value(shared, setting(by=by, of="benefit"))


class Shared(NamedTuple):
    """Who has which benefit, per group."""

    names: tuple[str, ...]
    refused: Rate
    gifted: Rate
    share: np.ndarray
    """(groups,) of all people."""
    note: str = ""
    """What n means where it is not simply people."""

    @property
    def mean(self) -> np.ndarray:
        """(groups,) mean benefit."""
        shares = [k / n for k, n in (self.refused, self.gifted)]
        mean: np.ndarray = 1 - shares[0] + shares[1]
        return mean


def _shared(tally: Tally, by: str, favourable: int) -> Shared:
    size = len(tally.classes)
    deserved = (np.arange(size) == favourable)[:, None] & np.ones((size, size), dtype=bool)
    everyone, received = np.ones((size, size), dtype=bool), deserved.T
    people = tally.counts[by].sum(axis=(1, 2)).astype(float)
    there = people > 0
    refused, gifted = (
        tuple(part[there] for part in tally.rate(by, hit, everyone))
        for hit in (deserved & ~received, received & ~deserved)
    )
    names = tuple(name for name, some in zip(tally.names[by], there, strict=True) if some)
    return Shared(names, refused, gifted, people[there] / people.sum(), tally.note)


def _overall(name: str, shared: Shared, alpha: float, level: float, at: Setting) -> Measure:
    refused, gifted = ((float(k[0]), float(n[0])) for k, n in (shared.refused, shared.gifted))
    value = float(entropy(refused[0] / refused[1], gifted[0] / gifted[1], alpha))
    if not np.isfinite(value):
        return undefined(name, NOBODY, setting=at, n=round(refused[1]))
    bands = {one: entropy_limits(refused, gifted, alpha, one) for one in {*LEVELS, level}}
    return banded(
        name, max(0.0, value), bands, "square-and-add of mid-P limits", level=level, setting=at, n=round(refused[1]),
        note=shared.note,
    )  # fmt: skip


def _between(name: str, shared: Shared, alpha: float, level: float, at: Setting) -> Measure:
    n = round(float(shared.refused[1].sum()))
    if len(shared.names) < 2:
        return undefined(name, f"a part between groups needs two groups; there is: {shared.names[0]}", setting=at, n=n)
    value = between(shared.mean, shared.share, alpha)
    if not np.isfinite(value):
        return undefined(name, NOBODY, setting=at, n=n)
    apart, value = _spread(shared), max(0.0, value)
    by_square = value / apart.squares if apart.squares > 1e-12 else 1 / (2 * float(shared.mean @ shared.share) ** 2)
    bands = {}
    for one in {*LEVELS, level}:
        low, high = apart.limits(one)
        bands[one] = min(value, low * by_square), max(value, high * by_square)
    most, least = (shared.names[int(at)] for at in (shared.mean.argmax(), shared.mean.argmin()))
    means = f"mean benefit from {shared.mean.min():.3f} ({least}) to {shared.mean.max():.3f} ({most})"
    note = "; ".join(filter(None, (means, shared.note)))
    return banded(name, value, bands, "noncentral chi-squared", level=level, setting=at, n=n, note=note)


def _p_value(shared: Shared, at: Setting) -> Iterator[Measure]:
    name, n = "fairness.rates_differ_p_value", round(float(shared.refused[1].sum()))
    if len(shared.names) < 2:
        yield undefined(name, f"a comparison needs two groups; there is: {shared.names[0]}", setting=at, n=n)
    else:
        yield number(name, _spread(shared).p, setting=at, n=n, unit="p-value")


def _spread(shared: Shared) -> Spread:
    """The variance of a group's mean is steadied by four more people of the pooled one: one person shows none."""
    missed, given = ((k / n, n) for k, n in (shared.refused, shared.gifted))
    size = (missed[1] + given[1]) / 2
    within = missed[0] + given[0] - (given[0] - missed[0]) ** 2
    pooled = max(float(within @ size), 1.0) / float(size.sum())
    return spread(shared.mean, shared.share, (within * size + 4 * pooled) / (size + 3) / size)
