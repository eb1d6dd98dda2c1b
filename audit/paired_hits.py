"""Impact ratios that count other hits than the decisions: resampled together on the same rows."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from audit import rates
from audit.bootstrap import Draws
from audit.contribution import key
from audit.estimate import Setting
from audit.grouping import UNKNOWN
from audit.impact import SMALL, above_median
from audit.measure import Measure
from audit.paired_counts import Key, Statistic, columns_of, grouped, position, replicated, to_best
from audit.rows import Rows

BEST = "fairness.alternative_impact_ratio"
HIT = 1


def resampled(
    measures: list[Measure], first: Rows, second: Rows, favourable: int | None, draws: int, seed: int
) -> dict[Key, tuple[Draws, NDArray[np.bool_]]]:
    """Second minus first, and (n,) who is hit by one version only, of the impact ratios of Local Law 144, and of each version's best alternative.

    A median that scores must exceed is taken as known. The categories that may set the benchmark are those of the data.
    """
    tables: dict[tuple[str, Setting, tuple[str, ...]], list[Measure]] = {}
    for one in measures:
        if one.value is not None and set(columns_of(one)) <= set(second.groups):
            tables.setdefault((one.name, one.setting, columns_of(one)), []).append(one)
    found: dict[Key, tuple[Draws, NDArray[np.bool_]]] = {}
    for (_, _, columns), (measure, *more) in tables.items():
        before, after = (_hits(measure, rows, favourable) for rows in (first, second))
        if before is not None and after is not None:
            known = np.flatnonzero((before >= 0) & (after >= 0))
            pair = _decided(first, before).take(known), _decided(second, after).take(known)
            drawn = _table([measure, *more], *pair, columns, draws, seed)
            unlike = (before >= 0) & (after >= 0) & (before != after)
            found |= {one: (each, unlike) for one, each in drawn.items()}
    return found


def _table(
    measures: list[Measure], first: Rows, second: Rows, columns: tuple[str, ...], draws: int, seed: int
) -> dict[Key, Draws]:
    grouping, code = grouped(second, columns)
    share = np.bincount(code, minlength=len(grouping.parts)) / len(code)
    able = (share >= SMALL) & [UNKNOWN not in part for part in grouping.parts]
    statistics: dict[Key, Statistic] = {}
    for one in measures:
        at = position(one.slice, grouping)
        if one.name == BEST:
            statistics[one.key] = _smallest
        elif at is not None:
            statistics[one.key] = partial(to_best, at=at, favourable=HIT, able=able)
    return replicated(statistics, first, second, len(grouping.parts), code, draws, seed) if statistics else {}


def _hits(measure: Measure, rows: Rows, favourable: int | None) -> NDArray[np.intp] | None:
    """(n,) 1 for whom the ratio counts as selected, 0 for whom it does not, -1 for who is not counted."""
    options = dict(measure.setting)
    if measure.name == BEST:
        values = rows.contributions.get(key(measure.name, measure.setting))
        return None if values is None else np.where(np.isnan(values), -1, values).astype(np.intp)
    if measure.name != "fairness.impact_ratio" or options.get("law") != "nyc_ll144":
        return None
    outcome = rows.classes.index(str(options["class"])) if options.get("class") in rows.classes else favourable
    outcome = 1 if outcome is None and len(rows.classes) == 2 else outcome
    if outcome is None:
        return None
    selects = options["rate"] == "selection"
    hit = rows.decision == outcome if selects else above_median(rows.score[:, outcome], rows.weight)
    return hit.astype(np.intp)


def _decided(rows: Rows, hit: NDArray[np.intp]) -> Rows:
    """The rows with who is hit as the decision, and nothing else that is asked."""
    return Rows(
        rows.ids, np.zeros(len(hit), np.intp), hit, rows.score[:, :0], ("no", "yes"), rows.groups,
        weight=rows.weight, unit=rows.unit,
    )  # fmt: skip


def _smallest(counts: rates.Counts) -> rates.Values:
    return rates.smallest_ratio(rates.selection(counts, HIT))
