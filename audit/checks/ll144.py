"""FAI010: the impact ratios that New York City's Local Law 144 asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.check import NotApplicable, check
from audit.estimate import LEVELS, Setting, banded, number, proportion, undefined
from audit.evidence import Groups, Outputs
from audit.grouping import UNKNOWN
from audit.impact import ImpactTable, above_median, impact_tables
from audit.measure import Measure, setting
from audit.power import POWER
from audit.report import Exhibit
from models.record import Scalar

RATES = {"selection": "fairness.selection_rate", "scoring": "fairness.scoring_rate"}
RATIO, TEST, LEAST = "fairness.impact_ratio", "fairness.significance_test", "fairness.min_detectable_gap"
FOUR_FIFTHS = 0.8
COLUMNS = (
    "category", "n", "share", "rate", "low", "high", "impact ratio", "ratio low", "ratio high", "p exact", "note",
)  # fmt: skip


@check("FAI010", dimension="fairness")
def ll144(
    outputs: Outputs,
    groups: Groups,
    *,
    sex: str = "sex",
    race: str = "race",
    small: float = 0.02,
    level: float = 0.95,
) -> Iterator[Measure | Exhibit]:
    """How often is each sex, each race and each of both together selected, in the tables of NYC Local Law 144?

    Measures: for the columns `sex` and `race` and their intersection, the selection rate of every category and the
    scoring rate (the share strictly above the median score of everybody); its impact ratio to the most selected
    category; the exact probability (p-value) of a rate so far from it by chance; the smallest gap that so many people
    could have shown in 80 of 100 samples; and how many people are of unknown category. With more than two classes, all
    of it for each class.
    Read it: a ratio of 100 % is the most selected category itself. The law asks for these numbers and sets no pass
    mark. A category with less than the share `small` of the data is shown and never sets the benchmark. Where an
    interval is wide and the smallest detectable gap large, the ratio says little.
    Limits: evidence for a bias audit, which an independent auditor must make on the tool's historical data; categories
    are those recorded. Which category is selected most is seen only afterwards, so p-values count every pair.
    Source: NYC Administrative Code 20-870 to 20-872; 6 RCNY 5-300 to 5-304; Fisher 1935; Holm 1979; intervals against
    the best: Dunnett 1955.
    """
    if sex == race:
        raise ValueError(f"sex and race are two columns, got {sex!r} for both")
    tables = {"sex": (sex,), "race": (race,), "intersection": (sex, race)}
    held = {column: groups.labels[column] for column in (sex, race) if column in groups.labels}
    if not held:
        raise NotApplicable(f"no column says sex ({sex!r}) or race ({race!r}); there is: {', '.join(groups.labels)}")
    weight, unit = outputs.weight, outputs.unit
    found: dict[frozenset[str], ImpactTable] = {}
    for outcome in _outcomes(outputs):
        name = "" if outputs.binary else outputs.classes[outcome]
        for rate, hit in _hits(outputs, outcome):
            found = impact_tables(hit, held, weight=weight, unit=unit, small=small)
            for table, columns in tables.items():
                yield from _answered(found.get(frozenset(columns)), Asked(rate, table, name), columns, level)
    for table, columns in tables.items():
        yield from _unknown(found.get(frozenset(columns)), table)


def _outcomes(outputs: Outputs) -> list[int]:
    """The one outcome of a decision; of more than two classes each, as the law asks."""
    if outputs.binary and outputs.positive is not None:
        return [outputs.positive]
    return list(range(len(outputs.classes)))


def _hits(outputs: Outputs, outcome: int) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Who is selected, and of scores who lies strictly above the median."""
    yield "selection", outputs.decision == outcome
    if outputs.score is not None:
        yield "scoring", above_median(outputs.score[:, outcome], outputs.weight)


class Asked(NamedTuple):
    """Which table it is."""

    rate: str
    table: str
    outcome: str
    """The class, where there are more than two."""

    def at(self, **more: str) -> Setting:
        """Its setting, which no other check's is."""
        of_class = {"class": self.outcome} if self.outcome else {}
        return setting(law="nyc_ll144", rate=self.rate, table=self.table, **of_class, **more)


def _unknown(found: ImpactTable | None, table: str) -> Iterator[Measure]:
    if found is not None:
        at, note = setting(law="nyc_ll144", table=table), "counted, and left out of every rate"
        yield number("fairness.unknown_count", found.unknown, setting=at, n=found.everybody, note=note)


def _answered(
    found: ImpactTable | None, asked: Asked, columns: tuple[str, ...], level: float
) -> Iterator[Measure | Exhibit]:
    if found is None:
        reason = f"the split lacks what this table needs: the column{'s' if len(columns) > 1 else ''} {' and '.join(columns)}"
        yield undefined(RATIO, reason, setting=asked.at())
        return
    rates = [
        proportion(RATES[asked.rate], found.k[one], found.n[one], setting=asked.at(), slice=found.slices[one],
                   level=level, note=_standing(found, one))
        for one in range(len(found.names))
    ]  # fmt: skip
    ratios, tests = list(_ratios(found, asked, level)), list(_tests(found, asked))
    yield from rates
    yield from ratios
    yield from tests
    yield from _least(found, asked, level)
    yield _exhibit(found, asked, rates, ratios, tests)


def _standing(found: ImpactTable, one: int) -> str:
    """What is to be said of a category beside its numbers."""
    if not found.no_benchmark and one == found.benchmark:
        return "the benchmark"
    if found.share[one] < found.small:
        return f"{found.share[one]:.2%} of the data, under {found.small:.0%}: does not set the benchmark"
    return ""


def _ratios(found: ImpactTable, asked: Asked, level: float) -> Iterator[Measure]:
    if found.no_benchmark:
        yield undefined(RATIO, found.no_benchmark, setting=asked.at(), n=found.everybody)
        return
    limits = {one: found.ratios(one) for one in {*LEVELS, level}}
    for one, where in enumerate(found.slices):
        if found.n[one] == 0:
            yield undefined(RATIO, "nobody in this category counts", setting=asked.at(), slice=where, n=0)
            continue
        bands = {each: (float(low[one]), float(high[one])) for each, (_, low, high) in limits.items()}
        yield banded(
            RATIO, limits[level][0][one], bands, "MOVER against the best", level=level, setting=asked.at(), slice=where,
            n=round(found.n[one]), note=_against(found, one, *bands[level]),
        )  # fmt: skip


def _against(found: ImpactTable, one: int, low: float, high: float) -> str:
    best = found.benchmark
    if one == best:
        return "the benchmark"
    said = "below" if high < FOUR_FIFTHS else "not below" if low >= FOUR_FIFTHS else "cannot tell"
    rule = f"four fifths: {said}; federal rule of thumb (29 CFR 1607.4(D)), not part of Local Law 144"
    against = f"against {found.names[best]} ({found.rate[best]:.1%}, n={found.people[best]})"
    return "; ".join(filter(None, (against, _standing(found, one), rule)))


def _tests(found: ImpactTable, asked: Asked) -> Iterator[Measure]:
    at = asked.at(test="fisher")
    if found.no_benchmark:
        yield undefined(TEST, found.no_benchmark, setting=at, n=found.everybody)
        return
    p = found.p_values()
    if p is None:
        reason = "an exact test needs counts of people; here rows are weighted or several belong to one person"
        yield undefined(TEST, reason, setting=at, n=found.everybody)
        return
    note = f"against {found.names[found.benchmark]}, Holm over every pair of categories"
    for one, where in enumerate(found.slices):
        if one != found.benchmark and found.n[one] > 0:
            n = round(found.n[one] + found.n[found.benchmark])
            yield number(TEST, p[one], setting=at, slice=where, n=n, unit="p-value", note=note)


def _least(found: ImpactTable, asked: Asked, level: float) -> Iterator[Measure]:
    if found.no_benchmark:
        yield undefined(LEAST, found.no_benchmark, setting=asked.at(), n=found.everybody)
        return
    between = f"to {found.names[found.benchmark]}, in {POWER:.0%} of samples"
    for one in np.flatnonzero((found.n > 0) & (np.arange(len(found.n)) != found.benchmark)):
        n, where = round(found.n[one] + found.n[found.benchmark]), found.slices[one]
        gap = found.detectable(int(one), level)
        if gap is None:
            reason = f"even the largest gap possible {between} would more often be missed"
            yield undefined(LEAST, reason, setting=asked.at(), slice=where, n=n)
        else:
            yield number(LEAST, gap, setting=asked.at(), slice=where, n=n, note=between)


def _exhibit(
    found: ImpactTable, asked: Asked, rates: list[Measure], ratios: list[Measure], tests: list[Measure]
) -> Exhibit:
    ratio, p = ({one.slice: one for one in part} for part in (ratios, tests))
    rows: list[tuple[Scalar | None, ...]] = []
    for one, (name, where) in enumerate(zip(found.names, found.slices, strict=True)):
        tested = p.get(where)
        rows.append(
            (
                name, int(found.people[one]), float(found.share[one]), *_numbers(rates[one]), *_numbers(ratio.get(where)),
                tested.value if tested else None, _standing(found, one),
            )
        )  # fmt: skip
    share = found.unknown / max(1, found.everybody)
    rows.append((UNKNOWN, found.unknown, share, *[None] * 7, "counted, and left out of every rate"))
    return Exhibit(
        name="fairness.ll144_table", title=_title(found, asked, ratios), columns=COLUMNS, rows=tuple(rows),
        n=found.everybody,
    )  # fmt: skip


def _numbers(one: Measure | None) -> tuple[float | None, float | None, float | None]:
    shown = one.shown() if one else None
    return (one.value, shown.low, shown.high) if one and shown else (None, None, None)


def about(rate: str, table: str, outcome: str) -> str:
    """How the title of a table begins."""
    of_class = f" of {outcome}" if outcome else ""
    return f"NYC Local Law 144, {rate} rates{of_class} by {table.replace('intersection', 'sex and race')}"


def _title(found: ImpactTable, asked: Asked, ratios: list[Measure]) -> str:
    head = about(asked.rate, asked.table, asked.outcome)
    if found.no_benchmark:
        return f"{head}: {found.no_benchmark}"
    others = [one for one in np.flatnonzero(found.eligible) if one != found.benchmark]
    if not others:
        return f"{head}: only {found.names[found.benchmark]} holds {found.small:.0%} of the data or more"
    value, name = min((ratios[one].value or 0.0, found.names[one]) for one in others)
    return f"{head}: the lowest impact ratio is {value:.3f} ({name}), against {found.names[found.benchmark]}"
