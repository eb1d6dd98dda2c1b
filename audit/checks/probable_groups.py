"""FAI013: does every group receive the favourable outcome equally often, where groups are known by probability only?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from audit.check import NotApplicable, check
from audit.contribution import Contribution
from audit.estimate import LEVELS, banded, proportion, undefined
from audit.evidence import GroupProbabilities, Outputs, Seed
from audit.interval import Array, clopper_pearson
from audit.measure import Measure, setting, where
from audit.probable import Rates, bounds, influence, largest_gap, weighted
from audit.weight import Weights

RATE, GAP = "fairness.selection_rate", "fairness.demographic_parity_difference"
ESTIMATES = ("weighted", "bounds")
FEW = "the probabilities of the group sum to less than one example"
ASSUMED = "holds if group and decision are independent given the probabilities"
ANYHOW = "holds whatever group and decision have in common; the value is that of estimate=weighted"


@check("FAI013", dimension="fairness")
def probable_groups(
    outputs: Outputs, probabilities: GroupProbabilities, seed: Seed, *, level: float = 0.95
) -> Iterator[Measure | Contribution]:
    """Does every group receive the favourable outcome equally often, where groups are known by probability only?

    Measures: for each group the selection rate in which every example counts by its probability of the group, and the
    largest difference between two groups (`estimate=weighted`); and between which limits both can lie whatever group and
    decision have in common beyond these probabilities (`estimate=bounds`).
    Read it: the weighted rates are right only if, among examples of the same probabilities, group and decision have
    nothing to do with each other: a model that treats a group worse breaks just that. The bounds need no such
    assumption; where those of the difference stay above 0, a difference is shown.
    Limits: probabilities must be calibrated for these people (names and addresses of another place may mislead). Bounds
    are wide where probabilities are far from 0 and 1. One's own word about one's group is better where it may be asked.
    Source: Chen et al. 2019 (weighted estimator and its bias); Kallus, Mao and Zhou 2022 (bounds); Elliott et al. 2009
    (such probabilities).
    """
    if outputs.positive is None:
        raise NotApplicable("no outcome is favourable, so nobody is selected")
    selected = outputs.decision == outputs.positive
    n = len(selected)
    weights = Weights.of(n, outputs.weight, outputs.unit) or Weights(np.ones(n), np.arange(n), None)
    for by, share in probabilities.shares.items():
        if len(share) != n:
            raise ValueError(f"There are {n} rows and {len(share)} rows of group probabilities by {by}; give one each.")
        names = np.array(probabilities.names[by], dtype=object)
        there = (weights.weight > 0).astype(float) @ share >= 1
        for name in names[~there]:
            for estimate in ESTIMATES:
                at, who = setting(estimate=estimate), where(**{by: str(name)})
                yield undefined(RATE, FEW, setting=at, slice=who)
        if there.any():
            yield from _known(selected, share[:, there], weights, by, names[there].tolist(), seed.value, level)
        else:
            yield from (undefined(GAP, FEW, setting=setting(by=by, estimate=one)) for one in ESTIMATES)


def _known(
    selected: NDArray[np.bool_], share: Array, weights: Weights, by: str, names: list[str], seed: int, level: float
) -> Iterator[Measure | Contribution]:
    found, (low, high) = weighted(selected, share, weights), bounds(selected, share, weights, seed)
    yield from _rates(found, low, high, by, names, level)
    yield _gap("weighted", found.rate, found, found, by, names, level, ASSUMED)
    if len(names) > 1:
        pair = int(found.rate.argmax()), int(found.rate.argmin())
        at = setting(by=by, estimate="weighted")
        yield Contribution.of(GAP, influence(selected, share, weights, pair), at)
    yield _gap("bounds", found.rate, low, high, by, names, level, ANYHOW)


def _rates(found: Rates, low: Rates, high: Rates, by: str, names: list[str], level: float) -> Iterator[Measure]:
    outer = {
        one: (low.limits(clopper_pearson, one)[0], high.limits(clopper_pearson, one)[1])
        for one in sorted({*LEVELS, level})
    }
    k, n = found.counts
    for place, name in enumerate(names):
        group, value = where(**{by: name}), float(found.rate[place])
        at = setting(estimate="weighted")
        yield proportion(RATE, k[place], n[place], level=level, setting=at, slice=group, note=ASSUMED)
        bands = {one: (min(float(a[place]), value), max(float(b[place]), value)) for one, (a, b) in outer.items()}
        yield banded(
            RATE, value, bands, "Frechet bounds, with chance", level=level, setting=setting(estimate="bounds"),
            slice=group, n=round(float(n[place])), note=ANYHOW,
        )  # fmt: skip


def _gap(
    estimate: str, value: Array, low: Rates, high: Rates, by: str, names: list[str], level: float, note: str
) -> Measure:
    at = setting(by=by, estimate=estimate)
    if len(names) < 2:
        return undefined(GAP, f"a comparison needs two groups; there is: {', '.join(names)}", setting=at)
    found = {one: largest_gap(value, low, high, one) for one in sorted({*LEVELS, level})}
    most, least = found[level].pair or (0, 1)
    bands = {one: (extreme.low, extreme.high) for one, extreme in found.items()}
    n = round(float(low.counts[1].sum()) if estimate == "weighted" else len(low.parts))
    return banded(
        GAP, found[level].value or 0.0, bands, "split-role MOVER of correlated rates", level=level, setting=at, n=n,
        note=f"between {names[most]} and {names[least]}; {note}",
    )  # fmt: skip
