"""CAL002: do the probabilities mean what they say within every class, group and band of scores?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from audit.alike import Alike
from audit.calibration import Codes, counter, p_value, perfect
from audit.calibration_parts import Parts
from audit.check import check
from audit.estimate import Setting, number, undefined
from audit.evidence import Groups, Predictions, Seed
from audit.hypothesis import benjamini_hochberg
from audit.interval import Array, mid_p
from audit.measure import Condition, Measure, setting
from audit.report import Exhibit
from audit.within import mean_errors, resampled

BANDS = 10
FINE = 100
"""Cells of rows that are alike, between scores of 0 and 1."""
LEAST, MOST = 40, 20_000
"""Draws under perfect calibration for each of many groups, and in all: a small p-value must stay small once adjusted."""


@check("CAL002", dimension="calibration")
def calibration_within(
    predictions: Predictions, groups: Groups | None, seed: Seed, *, bins: int = 15, draws: int = 1000,
    small: int = 30, level: float = 0.95,
) -> Iterator[Measure | Exhibit]:  # fmt: skip
    """Do the probabilities mean what they say in every class, in every group, and at every height?

    Measures: the expected calibration error (ECE) of each class against all others, and in each group and each
    intersection of two or three ways of grouping, each beside the ECE that perfect calibration would show on as many
    examples, with the probability (p-value) of an ECE at least as large under perfect calibration, adjusted for all
    classes, or all groups, that were looked at; how far the mean stated probability lies from the share that came true;
    and stated and found shares by tenths of the scores. Groups are measured on the favourable class, else on the last
    of two classes, else on the top label.
    Read it: a small adjusted p-value says that the probabilities are wrong there. A mean error above 0 promises too
    much, below 0 too little. Small groups have large errors by chance alone: read the null band, not the error.
    Limits: errors of opposite sign in groups that nobody named stay hidden; in a group under `small` hardly any error
    could be shown; perfect calibration is drawn example by example, also where several belong to one unit; of more than
    5,000 plain examples, those of nearly equal scores are drawn together.
    Source: Kleinberg et al. 2017; Kull et al. 2019 (classes); Vaicenavicius et al. 2019 (null band); Benjamini and
    Hochberg 1995.
    """
    positive = predictions.positive
    if positive is None:
        yield from _classes(predictions, bins, draws, seed.value, level)
    label = predictions.score.argmax(axis=1) if positive is None else np.full(len(predictions.truth), positive)
    if groups is not None or positive is not None:
        yield from _groups(predictions, groups, label, bins, draws, seed.value, small, level)
    yield _bands(predictions, label, draws, seed.value, level)


def _classes(predictions: Predictions, bins: int, draws: int, seed: int, level: float) -> Iterator[Measure]:
    """Every class against all others."""
    settings = [setting(bins=bins, **{"class": name}) for name in predictions.classes]
    parts = Parts.of_classes(predictions, list(range(len(settings))), bins)
    yield from _errors(Drawn.of(parts, draws, seed), settings, [()] * len(settings), "classes", 0, level)
    for one, came in enumerate(parts.outcome.T):
        yield from mean_errors(
            "calibration.in_the_large", predictions.score[:, one], came, {}, level=level,
            setting=setting(**{"class": predictions.classes[one]}), weight=predictions.weight, unit=predictions.unit,
        )  # fmt: skip


def _groups(
    predictions: Predictions, groups: Groups | None, label: Codes, bins: int, draws: int, seed: int, small: int,
    level: float,
) -> Iterator[Measure]:  # fmt: skip
    """Every group; and everybody on the favourable class, which is that class against all others."""
    parts, ways = Parts.of_groups(predictions, label, groups.labels if groups else {}, bins)
    slices = [one.slice(position) for one in ways for position in range(len(one.parts))]
    of = {"kind": "top label"} if predictions.positive is None else {"class": predictions.classes[predictions.positive]}
    settings = [setting(bins=bins, **of)] * len(slices)
    drawn = Drawn.of(parts, draws, seed)
    if predictions.positive is not None:
        yield from _errors(drawn.take(slice(1)), settings, slices, "classes", 0, level)
    if groups is None:
        return
    yield from _errors(drawn.take(slice(1, None)), settings, slices[1:], "groups", small, level)
    yield from mean_errors(
        "calibration.in_the_large", parts.score[:, 0], parts.outcome[:, 0], groups.labels, level=level,
        setting=setting(kind="top label") if predictions.positive is None else (), weight=predictions.weight,
        unit=predictions.unit, everyone=False,
    )  # fmt: skip


class Drawn(NamedTuple):
    """Errors of wholes: as found, under perfect calibration, and of the rows drawn again."""

    found: Array
    rows: NDArray[np.int64]
    null: Array
    again: Array

    @classmethod
    def of(cls, parts: Parts, draws: int, seed: int) -> Self:
        found = parts.found()
        null = parts.null(min(MOST, max(draws, LEAST * len(found))), seed)
        return cls(found, parts.rows, null, parts.again(draws, seed + 1))

    def take(self, some: slice) -> Self:
        """Of some of the wholes."""
        return type(self)(self.found[some], self.rows[some], self.null[:, some], self.again[:, some])


def _errors(
    drawn: Drawn, settings: Sequence[Setting], slices: Sequence[tuple[Condition, ...]], kind: str, small: int,
    level: float,
) -> Iterator[Measure]:  # fmt: skip
    """The error of every class or group, beside its null band, and its p-value adjusted for all of them."""
    found, rows, null, again = drawn
    there = np.isfinite(found)
    alone = p_value(found[there], null[:, there])
    adjusted = iter(zip(alone, benjamini_hochberg(alone), strict=True))
    for one, value in enumerate(found):
        at, where, n = settings[one], slices[one], int(rows[one])
        if not there[one]:
            for name in ("calibration.ece", "calibration.ece_p_value"):
                yield undefined(name, "the rows of this group have no weight", setting=at, slice=where, n=0)
            continue
        low, high = np.quantile(null[:, one], [(1 - level) / 2, (1 + level) / 2])
        note = f"perfect calibration would show {100 * low:.1f} to {100 * high:.1f} %"
        note += f"; a small group: {n} examples" if n < small else ""
        yield resampled(
            "calibration.ece", float(value), again[:, one], n, level=level, setting=at, slice=where, note=note
        )
        p, of_all = next(adjusted)
        told = f"adjusted for {len(alone)} {kind} (Benjamini-Hochberg); {p:.3g} alone" if len(alone) > 1 else ""
        yield number("calibration.ece_p_value", float(of_all), setting=at, slice=where, n=n, unit="p-value", note=told)


def _bands(predictions: Predictions, label: Codes, draws: int, seed: int, level: float) -> Exhibit:
    """Stated and found shares by tenths of the scores; fewer where many scores are the same."""
    n = len(label)
    score, came = predictions.score[np.arange(n), label], predictions.truth == label
    weight = np.ones(n) if predictions.weight is None else np.asarray(predictions.weight, dtype=float)
    edges = np.unique(np.quantile(score, np.arange(1, BANDS) / BANDS))
    _, place = np.unique(np.searchsorted(edges, score, side="left"), return_inverse=True)
    bands = int(place.max()) + 1
    rows, total, squares, said, found = (
        np.bincount(place, one, bands) for one in (None, weight, weight**2, weight * score, weight * came)
    )
    null = np.concatenate(list(_fallen(predictions, label, place, draws, seed)))
    counting = total > 0
    total, squares, said, found, rows = (one[counting] for one in (total, squares, said, found, rows))
    share, effective = np.minimum(found / total, 1), total**2 / squares
    low, high = mid_p(share * effective, effective, level)
    null_low, null_high = np.quantile(null[:, counting] / total, [(1 - level) / 2, (1 + level) / 2], axis=0)
    names = [f"{score[place == one].min():.3f} to {score[place == one].max():.3f}" for one in np.flatnonzero(counting)]
    columns = np.column_stack([said / total, share, low, high, null_low, null_high])
    of = "the top label" if predictions.positive is None else f"{predictions.classes[predictions.positive]!r}"
    return Exhibit(
        name="calibration.score_bands",
        title=f"How often {of} was true, by tenths of its stated probability",
        columns=("band", "n", "said", "found", "low", "high", "null low", "null high"),
        rows=tuple((name, int(k), *map(float, row)) for name, k, row in zip(names, rows, columns, strict=True)),
        unit="share",
        n=n,
    )


def _fallen(predictions: Predictions, label: Codes, band: Codes, draws: int, seed: int) -> Iterator[Array]:
    """(some draws, bands) how often the class of each row was drawn as if the scores were true."""
    score = np.take_along_axis(predictions.score, label[:, None], axis=1)[:, 0]
    alike = Alike.of(predictions, label, band, (score * FINE).astype(np.intp))
    if alike is None:
        count = counter(band, int(band.max()) + 1, predictions.weight)
        yield from (count(one == label) for one in perfect(predictions.score, draws, seed))
        return
    count, of = counter(band[alike.first], int(band.max()) + 1), label[alike.first]
    for one in alike.perfect(predictions.score, draws, seed):
        yield count(np.take_along_axis(one, of[None, :, None], axis=2)[..., 0])
