"""FAI003: does the model err more often, or in another way, for some groups?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.check import check
from audit.estimate import difference, number
from audit.evidence import Groups, Tally
from audit.measure import Measure, setting


@check("FAI003", dimension="fairness")
def error_gap(tally: Tally, groups: Groups, *, level: float = 0.95) -> Iterator[Measure]:
    """Is the model right equally often for every group, and wrong in the same ways?

    Measures: the largest gap of accuracy between groups, and for each class the largest gaps of the false negative
    rate (of the class, taken for another) and of the false positive rate (of another, taken for the class); and how
    many ways of grouping are themselves inputs of the model.
    Read it: 0 is equal. This check applies also where no outcome is favourable, such as reading digits.
    Limits: the gaps of many classes are many numbers: some are large by chance, as their intervals say.
    Source: Buolamwini and Gebru 2018; fairlearn `MetricFrame.difference`; intervals: split-role MOVER.
    """
    inputs = ", ".join(groups.inputs)
    note = f"the model decides by {inputs} itself" if inputs else "no way of grouping is an input"
    yield number("fairness.group_inputs", len(groups.inputs), note=note)
    classes = [tally.favourable] if tally.favourable is not None else list(range(len(tally.classes)))
    for by in groups.labels:
        names = tally.names[by]
        yield difference("fairness.performance_gap", *tally.right(by), names, setting=setting(by=by), level=level)
        for position in classes:
            at = setting(**{"by": by, "class": tally.classes[position]})
            found, positives = tally.found(by, position)
            alarms = tally.false_alarms(by, position)
            yield difference("fairness.fnr_difference", positives - found, positives, names, setting=at, level=level)
            yield difference("fairness.fpr_difference", *alarms, names, setting=at, level=level)
