"""FAI013: does every group receive the favourable outcome equally often, where groups are known by probability only?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.check import NotApplicable, check
from audit.estimate import LEVELS, Setting, banded, undefined
from audit.evidence import GroupProbabilities, Predictions
from audit.measure import Measure, setting, where
from audit.probable import Weighted, bounds

FEW = "the probabilities of the group sum to less than one example"


@check("FAI013", dimension="fairness")
def probable_groups(
    predictions: Predictions, probabilities: GroupProbabilities, *, level: float = 0.95
) -> Iterator[Measure]:
    """Does every group receive the favourable outcome equally often, where groups are known by probability only?

    Measures: for each group the selection rate in which every example counts by its probability of the group, and the
    largest difference between two groups (`estimate=weighted`); and between which limits each group's rate can lie
    whatever group and decision have in common beyond these probabilities (`estimate=bounds`).
    Read it: the weighted rates are right only if, among examples of the same probabilities, group and decision have
    nothing to do with each other: a model that treats a group worse breaks just that. The bounds need no such
    assumption; where the bounds of two groups do not overlap, a difference is shown.
    Limits: probabilities must be calibrated for these people (names and addresses of another place may mislead). Bounds
    are wide where probabilities are far from 0 and 1. One's own word about one's group is better where it may be asked.
    Source: Chen et al. 2019 (weighted estimator and its bias); Kallus, Mao and Zhou 2022 (bounds); Elliott et al. 2009
    (such probabilities).
    """
    if predictions.positive is None:
        raise NotApplicable("no outcome is favourable, so nobody is selected")
    if predictions.weight is not None or predictions.unit is not None:
        raise NotApplicable("weighted rows, or several of one person, are not combined with group probabilities")
    selected = predictions.decision == predictions.positive
    for by, share in probabilities.shares.items():
        names = probabilities.names[by]
        found = Weighted.of(selected, share)
        there = found.size >= 1
        yield from _rates(found, selected, share, by, names, there, level)
        kept = np.flatnonzero(there)
        yield _gap(Weighted.of(selected, share[:, kept]), by, [names[one] for one in kept], level)


def _rates(
    found: Weighted, selected: np.ndarray, share: np.ndarray, by: str, names: tuple[str, ...], there: np.ndarray,
    level: float,
) -> Iterator[Measure]:  # fmt: skip
    levels = sorted({*LEVELS, level})
    limits = {one: found.limits(one) for one in levels}
    outer = {one: bounds(selected, share, one) for one in levels}
    for place, name in enumerate(names):
        group = where(**{by: name})
        for estimate, ends in (("weighted", limits), ("bounds", outer)):
            at = setting(estimate=estimate)
            if not there[place]:
                yield undefined("fairness.selection_rate", FEW, setting=at, slice=group)
                continue
            value = float(found.rate[place])
            bands = {
                one: (min(float(low[place]), value), max(float(high[place]), value))
                for one, (low, high) in ends.items()
            }
            method = "Wilson, effective size" if estimate == "weighted" else "Frechet bounds, with chance"
            yield banded(
                "fairness.selection_rate", value, bands, method, level=level, setting=at, slice=group,
                n=round(float(found.size[place])), note="n is the sum of the group's probabilities",
            )  # fmt: skip


def _gap(found: Weighted, by: str, names: list[str], level: float) -> Measure:
    name = "fairness.demographic_parity_difference"
    at: Setting = setting(by=by, estimate="weighted")
    if len(names) < 2:
        return undefined(name, f"a comparison needs two groups; there is: {', '.join(names) or 'none'}", setting=at)
    gaps = {one: found.gap(one) for one in {*LEVELS, level}}
    value, _, _, (most, least) = gaps[level]
    note = (
        f"between {names[most]} and {names[least]}; holds if group and decision are independent given the probabilities"
    )
    bands = {one: (low, high) for one, (_, low, high, _) in gaps.items()}
    n = round(float(found.size.sum()))
    return banded(name, value, bands, "linearisation, simultaneous", level=level, setting=at, n=n, note=note)
