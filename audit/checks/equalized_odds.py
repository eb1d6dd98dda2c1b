"""FAI002: are errors spread equally over groups?"""

from __future__ import annotations

from collections.abc import Iterator

from audit import gaps
from audit.beside import beside
from audit.check import NotApplicable, check
from audit.evidence import Groups, Seed, Tally
from audit.measure import Measure, setting

KINDS = ("true positive rate", "false positive rate")


@check("FAI002", dimension="fairness")
def equalized_odds(
    tally: Tally, groups: Groups, seed: Seed, *, small: int = 30, level: float = 0.95
) -> Iterator[Measure]:
    """Among those who deserved it, and among those who did not, is every group treated alike?

    Measures: the true positive rate (recall) and the false positive rate of each group and each intersection of two or
    three ways of grouping; equal opportunity (the largest gap of the true positive rate between groups); equalized odds
    (the larger of the gaps of both rates, and the smaller of their smallest ratios); average odds (the largest mean of
    both gaps between the same two groups); and of both rates the probability (p-value) of rates at least this unequal
    if all were equal, the smallest gap that so many people could have shown in 80 of 100 samples, and for groups under
    `small` the rate pulled towards all groups.
    Read it: a difference of 0 and a ratio of 100 % are equal. "Deserved" means the recorded outcome: where the record
    is unjust, so is this measure.
    Limits: needs the true outcome; groups with few positives or negatives make wide intervals.
    Source: Hardt et al. 2016; fairlearn `equalized_odds_difference`; average odds: Bellamy et al. 2018; intervals:
    split-role MOVER.
    """
    if tally.favourable is None:
        raise NotApplicable("no outcome of this task is favourable; FAI003 compares the kinds of error instead")
    of_class = setting(**{"class": tally.classes[tally.favourable]})
    for by in tally.groupings:
        found, alarms = tally.found(by, tally.favourable), tally.false_alarms(by, tally.favourable)
        at = setting(by=by)
        yield from gaps.by_group("accuracy.recall", tally, by, found, level=level, at=of_class)
        yield from gaps.by_group("accuracy.false_positive_rate", tally, by, alarms, level=level, at=of_class)
        yield gaps.gap("fairness.equal_opportunity_difference", tally, by, found, level=level, at=at)
        yield gaps.gap("fairness.equalized_odds_difference", tally, by, found, alarms, level=level, at=at, blocks=KINDS)
        yield gaps.smallest_ratio(
            "fairness.equalized_odds_ratio", tally, by, found, alarms, level=level, at=at, blocks=KINDS
        )
        yield gaps.average_odds("fairness.average_odds_difference", tally, by, found, alarms, level=level, at=at)
        yield from beside("true_positive_rate", tally, by, found, at=at, level=level, seed=seed.value, small=small)
        yield from beside("false_positive_rate", tally, by, alarms, at=at, level=level, seed=seed.value, small=small)
