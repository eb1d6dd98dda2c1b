"""FAI008: would the decision be another if only the group, or what stands in for it, were?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from audit.check import check
from audit.contribution import Contribution
from audit.counterfactual import FEWEST, as_if, associations
from audit.estimate import Setting, number, proportion, undefined
from audit.evidence import Groups, Predictions, Seed, Table, Training
from audit.grouping import UNKNOWN
from audit.measure import Measure, setting, where
from audit.tally import Tally

NAME = "fairness.counterfactual_flip_rate"


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
) -> Iterator[Measure | Contribution]:
    """Would the decision be another if only the group, or what stands in for it, were?

    Measures: the share of people whose decision changes when only their group column is changed to another group's
    value, if the model reads that column; otherwise when the three columns that go most closely with the group are
    changed to what they would be in another group (numbers keep their rank, categories change as little as gives them
    the other group's shares); overall, for each group, and towards or away from the favourable outcome; and how closely
    the closest column goes with the group.
    Read it: 0 means that the model treats a person alike whatever their group. A person counts once, however many other
    groups would have changed the decision.
    Limits: only the named columns change, not what depends on them in life; a proxy may also be a good reason. Where
    proxies are changed, groups with fewer than 30 training rows neither lend values nor are changed. Where nothing but
    the recorded group is known, this is no proof of a cause.
    Source: Kusner et al. 2017 (the idea); quantile mapping and maximal coupling of the columns; Cramer 1946 for the
    association.
    """
    seen = pd.DataFrame(training.split.inputs)
    for by, labels in groups.labels.items():
        group = labels.astype(str)
        change = "group" if by in table.frame.columns else "proxies"
        if by not in training.split.groups.columns:
            yield _unasked(by, change, f"the training part does not record {by}, so nothing says what goes with it")
            continue
        recorded = training.split.groups[by].astype(object)
        seen_group = np.where(recorded.isna(), UNKNOWN, recorded.astype(str))
        named = [by]
        if change == "proxies":
            closest = associations(seen, seen_group)
            named = list(closest)[:proxies]
            note = f"the closest is {named[0]}"
            yield number("data.proxy_association", closest[named[0]], setting=setting(by=by), n=len(seen), note=note)
        lends = _lenders(change, seen_group)
        if len(lends) < 2:
            yield _unasked(by, change, f"two groups must lend their values; there is: {', '.join(lends) or 'none'}")
            continue
        answers = [
            table.decide(_changed(table.frame, by, group, one, named, seen, seen_group, seed.value)) for one in lends
        ]
        moved = np.isin(group, _many(seen_group)) if change == "proxies" else np.ones(len(group), dtype=bool)
        yield from _flips(predictions, by, group, np.stack(answers), moved, named, level)


def _unasked(by: str, change: str, reason: str) -> Measure:
    return undefined(NAME, reason, setting=setting(by=by, change=change))


def _many(seen_group: np.ndarray) -> list[str]:
    """The groups with enough training rows to know what is usual in them."""
    sizes = pd.Series(seen_group).value_counts()
    return sorted(str(name) for name in sizes.index[sizes >= FEWEST])


def _lenders(change: str, seen_group: np.ndarray) -> list[str]:
    """The groups that others are made to look like."""
    able = _many(seen_group) if change == "proxies" else sorted({str(name) for name in seen_group})
    return [name for name in able if name != UNKNOWN]


def _changed(
    frame: pd.DataFrame, by: str, group: np.ndarray, other: str, named: list[str], seen: pd.DataFrame,
    seen_group: np.ndarray, seed: int,
) -> pd.DataFrame:  # fmt: skip
    if named != [by]:
        return as_if(frame, group, other, named, seen, seen_group, seed)
    usual = seen.loc[seen_group == other, by].mode(dropna=False).iloc[0]
    return frame.assign(**{by: pd.Series([usual] * len(frame), index=frame.index, dtype=frame[by].dtype)})


def _flips(
    predictions: Predictions, by: str, group: np.ndarray, answers: np.ndarray, moved: np.ndarray, named: list[str],
    level: float,
) -> Iterator[Measure | Contribution]:  # fmt: skip
    change = "group" if named == [by] else "proxies"
    note, at = f"changed: {', '.join(named)}", setting(by=by, change=change)
    left = sorted({str(name) for name in group[~moved]})
    if left:
        note += f"; nothing to change for {', '.join(left)}"
    decision, labels = predictions.decision, {by: group}
    flips, changed = (answers != decision).any(axis=0), np.flatnonzero(moved)
    flipped = _tally(predictions, flips, labels, moved)
    yield Contribution.of(NAME, flips[moved], at, rows=changed)
    yield from _shares(flipped, "", at, level, note)
    yield from _shares(flipped, by, at, level, note)
    for name in left:
        reason = f"the group has fewer than {FEWEST} training rows, so nothing says where its people rank"
        yield undefined(NAME, reason, setting=at, slice=where(**{by: name}), n=int((group == name).sum()))
    if predictions.positive is not None:
        received, given = decision == predictions.positive, answers == predictions.positive
        gained, lost = ~received & given.any(axis=0), received & ~given.all(axis=0)
        for to, which in (("favourable", gained), ("unfavourable", lost)):
            towards = setting(by=by, change=change, to=to)
            yield from _shares(_tally(predictions, which, labels, moved), "", towards, level, note)
            yield Contribution.of(NAME, which[moved], towards, rows=changed)


def _tally(predictions: Predictions, which: np.ndarray, labels: dict[str, np.ndarray], moved: np.ndarray) -> Tally:
    """Whose decision changes, among those for whom something was changed; weights and units count as elsewhere."""
    one = which[moved].astype(int)
    weight, unit = (None if each is None else each[moved] for each in (predictions.weight, predictions.unit))
    return Tally.of(one, one, {by: each[moved] for by, each in labels.items()}, ("same", "other"), None, weight, unit)


def _shares(flipped: Tally, by: str, at: Setting, level: float, note: str) -> Iterator[Measure]:
    k, n = flipped.decided(by, 1)
    for place, (some, all_of_them) in enumerate(zip(k, n, strict=True)):
        group = flipped.slice(by, place)
        yield proportion(NAME, some, all_of_them, setting=at, slice=group, level=level, note=note)
