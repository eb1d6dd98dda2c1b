"""FAI001: does every group receive the favourable outcome equally often?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.check import NotApplicable, check
from audit.estimate import difference, proportion, ratio
from audit.evidence import Groups, Tally
from audit.measure import Measure, setting, where


@check("FAI001", dimension="fairness")
def demographic_parity(tally: Tally, groups: Groups, *, level: float = 0.95) -> Iterator[Measure]:
    """Does every group receive the favourable outcome equally often?

    Measures: the selection rate of each group, the largest difference between two groups and the smallest ratio.
    Read it: a difference of 0 and a ratio of 100 % are equal; the interval says how much of it chance could make, and
    names the pair of groups that drives each end. The plain largest difference is too large on average; the debiased
    one stands beside it.
    Limits: says nothing about whether the outcomes were deserved, nor why they differ; a small group widens the
    interval: "cannot tell" is not "fair".
    Source: Dwork et al. 2012; fairlearn `demographic_parity_difference`; intervals: split-role MOVER
    (Zou and Donner 2008) with Clopper-Pearson and mid-P limits.
    """
    if tally.favourable is None:
        raise NotApplicable("no outcome of this task is favourable, so nobody is selected")
    for by in groups.labels:
        k, n = tally.decided(by, tally.favourable)
        names, at = tally.names[by], setting(by=by)
        for label, selected, asked in zip(names, k, n, strict=True):
            yield proportion(
                "fairness.selection_rate", int(selected), int(asked), slice=where(**{by: label}), level=level
            )
        yield difference("fairness.demographic_parity_difference", k, n, names, setting=at, level=level)
        yield ratio("fairness.demographic_parity_ratio", k, n, names, setting=at, level=level)
