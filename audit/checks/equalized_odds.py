"""FAI002: are errors spread equally over groups?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.check import NotApplicable, check
from audit.estimate import difference
from audit.evidence import Groups, Tally
from audit.measure import Measure, setting


@check("FAI002", dimension="fairness")
def equalized_odds(tally: Tally, groups: Groups, *, level: float = 0.95) -> Iterator[Measure]:
    """Among those who deserved it, and among those who did not, is every group treated alike?

    Measures: equal opportunity (the largest gap of the true positive rate between groups) and equalized odds (the
    larger of the gaps of the true positive and the false positive rate).
    Read it: 0 is equal. "Deserved" means the recorded outcome: where the record is unjust, so is this measure.
    Limits: needs the true outcome; groups with few positives or negatives make wide intervals.
    Source: Hardt et al. 2016; fairlearn `equalized_odds_difference`; intervals: split-role MOVER.
    """
    if tally.favourable is None:
        raise NotApplicable("no outcome of this task is favourable; FAI003 compares the kinds of error instead")
    for by in groups.labels:
        names, at = tally.names[by], setting(by=by)
        found, positives = tally.found(by, tally.favourable)
        alarms, negatives = tally.false_alarms(by, tally.favourable)
        yield difference("fairness.equal_opportunity_difference", found, positives, names, setting=at, level=level)
        yield difference(
            "fairness.equalized_odds_difference",
            np.concatenate([found, alarms]),
            np.concatenate([positives, negatives]),
            names * 2,
            blocks=["true positive rate"] * len(names) + ["false positive rate"] * len(names),
            setting=at,
            level=level,
        )
