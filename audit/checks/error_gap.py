"""FAI003: does the model err more often, or in another way, for some groups?"""

from __future__ import annotations

from collections.abc import Iterator

from audit import gaps
from audit.beside import beside
from audit.check import check
from audit.estimate import number
from audit.evidence import Groups, Seed, Tally
from audit.measure import Measure, setting


@check("FAI003", dimension="fairness")
def error_gap(tally: Tally, groups: Groups, seed: Seed, *, small: int = 30, level: float = 0.95) -> Iterator[Measure]:
    """Is the model right equally often for every group, and wrong in the same ways?

    Measures: the largest gap of accuracy between groups, with the probability (p-value) of accuracies at least this
    unequal if all were equal, the smallest gap that so many examples could have shown in 80 of 100 samples, and for
    groups under `small` the accuracy pulled towards all groups; the largest gaps of the false negative rate (of the class,
    taken for another) and of the false positive rate (of another, taken for the class), for the favourable class, else
    for the last of two, else for each; and how many ways of grouping are themselves inputs of the model.
    Read it: 0 is equal. This check applies also where no outcome is favourable, such as reading digits. Intersections
    of two or three ways of grouping are looked at too, with many classes by accuracy only.
    Limits: the gaps of many classes are many numbers: some are large by chance, as their intervals say.
    Source: Buolamwini and Gebru 2018; fairlearn `MetricFrame.difference`; intervals: split-role MOVER.
    """
    inputs = ", ".join(groups.inputs)
    note = f"the model decides by {inputs} itself" if inputs else "no way of grouping is an input"
    yield number("fairness.group_inputs", len(groups.inputs), note=note)
    for by in tally.groupings:
        right, at = tally.right(by), setting(by=by)
        yield gaps.gap("fairness.performance_gap", tally, by, right, level=level, at=at)
        yield from beside("accuracy", tally, by, right, at=at, level=level, seed=seed.value, small=small)
        for position in gaps.outcomes(tally, by):
            yield from _kinds_of_error(tally, by, position, level, seed.value, small)


def _kinds_of_error(tally: Tally, by: str, position: int, level: float, seed: int, small: int) -> Iterator[Measure]:
    at = setting(**{"by": by, "class": tally.classes[position]})
    found, positives = tally.found(by, position)
    missed, alarms = (positives - found, positives), tally.false_alarms(by, position)
    yield gaps.gap("fairness.fnr_difference", tally, by, missed, level=level, at=at)
    yield gaps.gap("fairness.fpr_difference", tally, by, alarms, level=level, at=at)
    if tally.favourable is None:  # else FAI002 says it of the same two rates
        yield from beside("false_negative_rate", tally, by, missed, at=at, level=level, seed=seed, small=small)
        yield from beside("false_positive_rate", tally, by, alarms, at=at, level=level, seed=seed, small=small)
