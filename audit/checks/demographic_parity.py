"""FAI001: does every group receive the favourable outcome equally often?"""

from __future__ import annotations

from collections.abc import Iterator

from audit import gaps
from audit.beside import beside
from audit.check import NotApplicable, check
from audit.evidence import Groups, Seed, Selections
from audit.measure import Measure, setting


@check("FAI001", dimension="fairness")
def demographic_parity(
    selections: Selections, groups: Groups, seed: Seed, *, small: int = 30, level: float = 0.95
) -> Iterator[Measure]:
    """Does every group receive the favourable outcome equally often?

    Measures: the selection rate of each group and of each intersection of two or three ways of grouping, and its
    impact ratio to the best; the largest difference between two groups and the smallest ratio; the probability
    (p-value) of rates at least this unequal if all were equal; the smallest difference that so many people could
    have shown in 80 of 100 samples; and for groups under `small` the rate pulled
    towards all groups.
    Read it: a difference of 0 and a ratio of 100 % are equal; the interval says how much of it chance could make, and
    names the pair of groups that drives each end. The plain largest difference is too large on average; the debiased
    one stands beside it. Both sexes and all races can be treated alike, and Black women not: look at the intersections.
    Limits: says nothing about whether the outcomes were deserved, nor why they differ; a small group widens the
    interval: "cannot tell" is not "fair".
    Source: Dwork et al. 2012; fairlearn `demographic_parity_difference`; intervals: split-role MOVER
    (Zou and Donner 2008) with Clopper-Pearson and mid-P limits; intersections: Crenshaw 1989, Kearns et al. 2018.
    """
    tally = selections.tally
    if tally.favourable is None:
        raise NotApplicable("no outcome of this task is favourable, so nobody is selected")
    for by in tally.groupings:
        selected, at = tally.decided(by, tally.favourable), setting(by=by)
        yield from gaps.by_group("fairness.selection_rate", tally, by, selected, level=level)
        yield from gaps.impact_ratios(tally, by, selected, level=level, at=at)
        yield gaps.gap("fairness.demographic_parity_difference", tally, by, selected, level=level, at=at)
        yield gaps.smallest_ratio("fairness.demographic_parity_ratio", tally, by, selected, level=level, at=at)
        yield from beside("selection_rate", tally, by, selected, at=at, level=level, seed=seed.value, small=small)
