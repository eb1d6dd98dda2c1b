"""UNC001: do sets of answers hold the truth as often as promised, for everybody?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from audit.check import NotApplicable, check
from audit.conformal import alike, coverage_band, effective, group_thresholds, halves, nonconformity, sets, threshold
from audit.estimate import Setting, difference, proportion
from audit.evidence import Groups, Predictions, Seed
from audit.grouping import Grouping, coarser, finest
from audit.interval import Array
from audit.measure import Measure, setting
from audit.tally import EVERYONE, Tally
from audit.within import bounded_means

COVERAGE, SIZE, GAP = "uncertainty.conformal_coverage", "uncertainty.conformal_set_size", "uncertainty.coverage_gap"
Codes = NDArray[np.intp]


@check("UNC001", dimension="uncertainty")
def conformal(
    predictions: Predictions, groups: Groups | None, seed: Seed, *, nominal: float = 0.9, level: float = 0.95
) -> Iterator[Measure]:
    """If the model answers with a set of classes that should hold the truth in 90 of 100 cases, does it, for everybody?

    Measures: how often the set holds the truth (coverage) and how many classes it names, overall, in each group and in
    each intersection, with the threshold of split conformal prediction chosen on a random half of the examples and
    everything measured on the other half; the same with a threshold of its own for each group (Mondrian); and the
    largest difference of coverage between two groups.
    Read it: coverage should be `nominal`; the note says how far one calibration strays from it by chance alone. The
    overall coverage can be right and that of a group far below: then the model knows less about that group than it says
    it does. Mondrian thresholds mend that, at the price of larger sets. One class in every set is as sure as can be.
    Limits: the promise holds for examples like these; half the examples only are measured on; with fewer than
    nominal / (1 - nominal) calibration examples nothing can be excluded and the set names every class; a set can be
    empty.
    Source: Vovk et al. 2005 (also Mondrian); Sadinle et al. 2019 (1 - probability as score); Tibshirani et al. 2019
    (weights); Vovk 2012 (spread of the coverage).
    """
    n, labels = len(predictions.truth), groups.labels if groups else {}
    calibrating = halves(n, seed.value, predictions.unit)
    if not calibrating.any():
        raise NotApplicable(f"needs two examples or more, one half to calibrate on and one to measure; there are {n}")
    half = _Half(predictions, labels, calibrating, level)
    scores = nonconformity(predictions.score, predictions.truth)[calibrating]
    weight = None if predictions.weight is None else alike(predictions.weight)[calibrating]
    unit = None if predictions.unit is None else predictions.unit[calibrating]
    at = setting(kind="split", level=nominal)
    limit = np.full(n, threshold(scores, nominal, weight))
    yield from half.measures(
        limit, at, half.ways, _told(len(scores), effective(weight, unit, len(scores)), nominal, level)
    )
    for way, code in half.ways:
        if way.by != EVERYONE:
            group = code[calibrating]
            own = group_thresholds(scores, group, len(way.parts), nominal, weight)
            at = setting(by=way.by, kind="mondrian", level=nominal)
            inside = [group == one for one in range(len(way.parts))]
            notes = {
                position: _told(int(one.sum()), _effective(weight, unit, one), nominal, level)
                for position, one in enumerate(inside)
            }
            yield from half.measures(own[code], at, [half.ways[0], (way, code)], "each group calibrated alone", notes)


def _effective(weight: Array | None, unit: NDArray[np.generic] | None, inside: NDArray[np.bool_]) -> int:
    of_part = [None if one is None else one[inside] for one in (weight, unit)]
    return effective(of_part[0], of_part[1], int(inside.sum()))


def _told(n: int, worth: int, nominal: float, level: float) -> str:
    """worth: how many independent examples know as much as the n calibrated on."""
    low, high = coverage_band(worth, nominal, level)
    examples = f"{n} examples" if worth == n else f"{n} examples that know as much as {worth} alike"
    if low == 1:
        return f"calibrated on {examples}, too few to exclude a class"
    return (
        f"calibrated on {examples}: the coverage of one calibration lies within {100 * low:.1f} to {100 * high:.1f} % "
        f"in {100 * level:g} of 100"
    )


class _Half:
    """The half that is measured on."""

    def __init__(
        self, predictions: Predictions, labels: dict[str, NDArray[np.generic]], calibrating: NDArray[np.bool_],
        level: float,
    ) -> None:  # fmt: skip
        whole, code = finest(labels, len(calibrating))
        self.ways: list[tuple[Grouping, Codes]] = [(one, place[code]) for one, place in coarser(whole)]
        self.predictions, self.inside, self.level = predictions, ~calibrating, level
        self.labels = {by: given[self.inside] for by, given in labels.items()}

    def measures(
        self, limit: Array, at: Setting, ways: list[tuple[Grouping, Codes]], note: str,
        notes: dict[int, str] | None = None,
    ) -> Iterator[Measure]:  # fmt: skip
        """Coverage, set sizes and gaps with these (n,) limits."""
        one, inside, level = self.predictions, self.inside, self.level
        named = sets(one.score[inside], limit[inside])
        covered = named[np.arange(len(named)), one.truth[inside]]
        weight, unit = (None if given is None else given[inside] for given in (one.weight, one.unit))
        tally = Tally.of(np.ones(len(covered)), covered, self.labels, ("outside", "inside"), weight=weight, unit=unit)
        for way, _ in ways:
            k, n = (_aligned(part, tally, way) for part in tally.right(way.by))
            for position in range(len(way.parts)):
                own = note if way.by == EVERYONE else (notes or {}).get(position, "")
                yield proportion(
                    COVERAGE, float(k[position]), float(n[position]), setting=at, slice=way.slice(position),
                    level=level, note=own,
                )  # fmt: skip
            if way.by != EVERYONE:
                kept = tuple(pair for pair in at if pair[0] != "by")
                yield difference(GAP, k, n, way.names, level=level, setting=setting(**dict(kept), by=way.by))
        wanted = {one.by for one, _ in ways}
        chosen = {by: given for by, given in self.labels.items() if any(by in way.columns for way, _ in ways)}
        sizes = bounded_means(
            SIZE, named.sum(axis=1).astype(float), chosen, 0.0, float(len(one.classes)), level=level, setting=at,
            weight=weight, unit=unit, ways=wanted,
        )  # fmt: skip
        yield from sizes


def _aligned(part: Array, tally: Tally, way: Grouping) -> Array:
    """(groups,) with 0 for a group that has no example in this half."""
    whole = np.zeros(len(way.parts))
    whole[tally.grouping[way.by].positions(way)] = part
    return whole
