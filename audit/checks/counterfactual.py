"""FAI008: would the decision be another if only the group, or what stands in for it, were?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from audit.check import NotApplicable, check
from audit.counterfactual import FEWEST, as_if, associations
from audit.estimate import number, proportion
from audit.evidence import Groups, Predictions, Seed, Table, Training
from audit.grouping import UNKNOWN
from audit.measure import Measure, setting, where


@check("FAI008", dimension="fairness")
def counterfactual(
    predictions: Predictions,
    table: Table,
    groups: Groups,
    training: Training,
    seed: Seed,
    *,
    proxies: int = 3,
    level: float = 0.95,
) -> Iterator[Measure]:
    """Would the decision be another if only the group, or what stands in for it, were?

    Measures: the share of people whose decision changes when only their group column is changed to another group's
    value, if the model reads that column; otherwise when the three columns that go most closely with the group are
    changed to what they would be in another group (numbers keep their rank, categories change as little as gives them
    the other group's shares); overall, for each group, and towards or away from the favourable outcome; and how closely
    the closest column goes with the group.
    Read it: 0 means that the model treats a person alike whatever their group. A person counts once, however many other
    groups would have changed the decision.
    Limits: only the named columns change, not what depends on them in life; a proxy may also be a good reason. Groups
    with fewer than 30 training rows lend no values. Where nothing but the recorded group is known, this is no proof of
    a cause.
    Source: Kusner et al. 2017 (the idea); quantile mapping and maximal coupling of the columns; Cramer 1946 for the
    association.
    """
    seen = pd.DataFrame(training.split.inputs)
    asked = [by for by in groups.labels if by in training.split.groups.columns]
    if not asked:
        raise NotApplicable("the training part knows none of the ways of grouping")
    for by in asked:
        group = groups.labels[by].astype(str)
        seen_group = training.split.groups[by].astype(str).to_numpy()
        closest = associations(seen, seen_group)
        column, closeness = next(iter(closest.items()))
        if by not in table.frame.columns:
            at = setting(by=by)
            yield number("data.proxy_association", closeness, setting=at, n=len(seen), note=f"the closest is {column}")
        named = [by] if by in table.frame.columns else [one for one in list(closest)[:proxies]]
        others = _lenders(by, table.frame, seen_group)
        if len(others) < 2:
            continue
        answers = [
            table.decide(_changed(table.frame, by, group, one, named, seen, seen_group, seed.value)) for one in others
        ]
        yield from _flips(predictions, by, group, np.stack(answers), named, level)


def _lenders(by: str, frame: pd.DataFrame, seen_group: np.ndarray) -> list[str]:
    """The groups that others are made to look like."""
    sizes = pd.Series(seen_group).value_counts()
    least = 1 if by in frame.columns else FEWEST
    return sorted(str(name) for name in sizes.index[sizes >= least] if name != UNKNOWN)


def _changed(
    frame: pd.DataFrame, by: str, group: np.ndarray, other: str, named: list[str], seen: pd.DataFrame,
    seen_group: np.ndarray, seed: int,
) -> pd.DataFrame:  # fmt: skip
    if named != [by]:
        return as_if(frame, group, other, named, seen, seen_group, seed)
    value = seen.loc[seen_group == other, by].iloc[0]
    return frame.assign(**{by: pd.Series([value] * len(frame), index=frame.index, dtype=frame[by].dtype)})


def _flips(
    predictions: Predictions, by: str, group: np.ndarray, answers: np.ndarray, named: list[str], level: float
) -> Iterator[Measure]:
    flipped = (answers != predictions.decision).any(axis=0)
    change = "group" if named == [by] else "proxies"
    name, note = "fairness.counterfactual_flip_rate", f"changed: {', '.join(named)}"
    at = setting(by=by, change=change)
    yield proportion(name, int(flipped.sum()), len(flipped), setting=at, level=level, note=note)
    for label in sorted(set(group)):
        inside = group == label
        k, n = int(flipped[inside].sum()), int(inside.sum())
        yield proportion(name, k, n, setting=at, slice=where(**{by: label}), level=level, note=note)
    if predictions.positive is not None:
        received = predictions.decision == predictions.positive
        gained = ~received & (answers == predictions.positive).any(axis=0)
        lost = received & (answers != predictions.positive).any(axis=0)
        for to, which in (("favourable", gained), ("unfavourable", lost)):
            yield proportion(
                name, int(which.sum()), len(which), setting=setting(by=by, change=change, to=to), level=level
            )
