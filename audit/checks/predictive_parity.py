"""FAI004: does a decision mean the same for every group?"""

from __future__ import annotations

from collections.abc import Iterator

from audit import gaps
from audit.beside import beside
from audit.check import NotApplicable, check
from audit.evidence import Groups, Seed, Tally
from audit.measure import Measure, setting


@check("FAI004", dimension="fairness")
def predictive_parity(
    tally: Tally, groups: Groups, seed: Seed, *, small: int = 30, level: float = 0.95
) -> Iterator[Measure]:
    """Does a decision come true equally often for every group?

    Measures: for each group and each intersection of two or three ways of grouping, how often those decided as the
    class are of it (positive predictive value, precision) and how often those not decided as it are not (negative
    predictive value); the largest gap of each between two groups; the probability (p-value) of values at least this
    unequal if all were equal, the smallest gap that so many decisions could have shown in 80 of 100 samples, and for
    groups under `small` the value pulled towards all groups. The class is the favourable one, else the last of two, else each.
    Read it: 0 is equal. A lower precision in a group means that its members were approved with less reason; a lower
    negative predictive value that they were refused with less reason.
    Limits: where groups differ in how often the outcome occurs, no imperfect model can have equal predictive values and
    equal odds (FAI002) at once; which of the two matters is a choice of people. Needs the true outcome.
    Source: Chouldechova 2017; Kleinberg et al. 2017; fairlearn `MetricFrame` with precision; intervals: split-role
    MOVER.
    """
    compared = [(by, position) for by in tally.groupings for position in gaps.outcomes(tally, by)]
    if not compared:
        raise NotApplicable("there is no class whose decisions could be compared between groups")
    for by, position in compared:
        of_class = setting(**{"class": tally.classes[position]})
        at = setting(**{"by": by, "class": tally.classes[position]})
        for name, of, gap, rate in (
            ("accuracy.precision", "precision", "fairness.predictive_parity_difference", tally.precise),
            (
                "accuracy.negative_predictive_value", "negative_predictive_value", "fairness.npv_difference",
                tally.precise_negative,
            ),
        ):  # fmt: skip
            found = rate(by, position)
            yield from gaps.by_group(name, tally, by, found, level=level, at=of_class)
            yield gaps.gap(gap, tally, by, found, level=level, at=at)
            yield from beside(of, tally, by, found, at=at, level=level, seed=seed.value, small=small)
