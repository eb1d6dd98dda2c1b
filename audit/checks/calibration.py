"""CAL001: do the probabilities mean what they say?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy

from audit.alike import Alike
from audit.calibration import Binned, below, brier_parts, counted, counter, fixed_point, p_value, perfect, spread
from audit.check import check
from audit.estimate import mean, number
from audit.evidence import Predictions, Seed
from audit.interval import Array, mid_p
from audit.measure import Measure, setting
from audit.report import Exhibit
from audit.resample import drawn
from audit.within import mean_errors, resampled

PARTS = ("reliability", "resolution", "uncertainty")


@check("CAL001", dimension="calibration")
def calibration(
    predictions: Predictions, seed: Seed, *, bins: int = 15, draws: int = 1000, level: float = 0.95
) -> Iterator[Measure | Exhibit]:
    """When the model says 80 %, is it right in 80 of 100 cases?

    Measures: the Brier score and its parts (reliability, resolution, uncertainty: Brier is the first less the second
    plus the third); the expected calibration error (ECE) in bins of equal width, of the top label and as a mean over
    the classes, and the smooth ECE of the top label, which needs no bins; each beside the error that a perfectly
    calibrated model would show on as many examples, and the probability (p-value) of an error at least as large under
    perfect calibration; and for two classes how far the mean probability lies from the share that came true.
    Read it: an ECE is never 0 on a finite sample: what counts is whether it lies above its null band. A small p-value
    says that the probabilities are wrong; a large one says only that these examples cannot show it.
    Limits: the interval of an ECE resamples the examples and shares its upward bias; perfect calibration is drawn
    example by example, also where several belong to one unit; of more than 5,000 plain examples, those of nearly equal
    scores are drawn together; a model can be calibrated overall and not within a group (CAL002).
    Source: Brier 1950; Murphy 1973 and Stephenson et al. 2008 (parts); Naeini et al. 2015; Guo et al. 2017; Blasiok and
    Nakkiran 2024 (smooth ECE); the null band after Vaicenavicius et al. 2019.
    """
    score, truth, n = predictions.score, predictions.truth, len(predictions.truth)
    weight, unit = predictions.weight, predictions.unit
    right = np.eye(len(predictions.classes))[truth]
    losses, note = ((score - right) ** 2).sum(axis=1), f"sum over {len(predictions.classes)} classes"
    yield mean("calibration.brier", losses, level=level, floor=0.0, ceiling=2.0, note=note, weight=weight, unit=unit)
    rows = _Rows(predictions, bins)
    found = rows.errors(np.ones((1, n)) if weight is None else weight[None].astype(float))
    again = rows.again(draws, seed.value + 1)
    null = rows.null(draws, seed.value)
    for name, value, replicates in zip(PARTS, found.parts, again.parts, strict=True):
        least, most = (-2.0 if name == "resolution" else 0.0), (1.0 if name == "uncertainty" else 2.0)
        yield resampled(
            f"calibration.brier_{name}", float(value[0]), replicates, n, level=level, setting=setting(bins=bins),
            most=most, least=least,
        )  # fmt: skip
    errors = {
        "ece top label": setting(bins=bins, kind="top label"),
        "ece class-wise": setting(bins=bins, kind="class-wise"),
        "smooth_ece top label": setting(kind="top label"),
    }
    for (name, at), value, replicates, perfectly in zip(
        errors.items(), found.of_each, again.of_each, null.of_each, strict=True
    ):
        measure, one = f"calibration.{name.split()[0]}", float(value[0])
        low, high = np.quantile(perfectly, [(1 - level) / 2, (1 + level) / 2])
        note = f"a perfectly calibrated model would show {100 * low:.1f} to {100 * high:.1f} %"
        yield resampled(measure, one, replicates, n, level=level, setting=at, note=note)
        p = float(p_value(one, perfectly))
        yield number(f"{measure}_p_value", p, setting=at, n=n, unit="p-value")
    if predictions.positive is not None:
        said, came = score[:, predictions.positive], right[:, predictions.positive]
        yield from mean_errors("calibration.in_the_large", said, came, {}, level=level, weight=weight, unit=unit)
    yield rows.reliability(null.came, level)


class _Errors(NamedTuple):
    """Errors of (draws,) weightings of the rows, or of draws under perfect calibration."""

    top_label: Array
    class_wise: Array
    smooth: Array
    parts: tuple[Array, ...] = ()
    came: Array = np.zeros((0, 0))
    """(draws, bins) share of right top labels; under perfect calibration only."""

    @property
    def of_each(self) -> tuple[Array, Array, Array]:
        return self.top_label, self.class_wise, self.smooth


def _joined(some: Iterable[_Errors]) -> _Errors:
    """Draws one after the other."""
    top_label, class_wise, smooth, parts, came = zip(*some, strict=True)
    each = tuple(np.concatenate(part) for part in zip(*parts, strict=True))
    return _Errors(
        np.concatenate(top_label), np.concatenate(class_wise), np.concatenate(smooth), each, np.concatenate(came)
    )


class _Rows:
    """The rows as sums: in the bins of every class, in those of the top label, and on the grid of the smooth error."""

    def __init__(self, predictions: Predictions, bins: int) -> None:
        score = predictions.score
        self.predictions, self.score, self.best = predictions, score, score.argmax(axis=1)
        self.top, self.hit = score.max(axis=1), (self.best == predictions.truth).astype(float)
        n = len(score)
        self.weight = np.ones(n) if predictions.weight is None else np.asarray(predictions.weight, dtype=float)
        self.of_class, self.of_top = Binned.of(score, bins), Binned.of(self.top[:, None], bins)
        self.grid = spread(self.top)
        self.marks = (self.best, *self.of_class.cell.T, *below(score).T)

    @cached_property
    def table(self) -> scipy.sparse.csr_array:
        """(sums, rows): every sum that an error or a part is made of."""
        score, right = self.score, np.eye(self.score.shape[1])[self.predictions.truth]
        residual = self.top - self.hit
        values = (np.ones_like(score), score, right, score**2, score * right)
        return scipy.sparse.vstack(
            [*map(self.of_class.table, values), self.of_top.table(residual[:, None]), self.grid.multiply(residual)],
            format="csr",
        )

    def errors(self, weight: Array, table: scipy.sparse.csr_array | None = None) -> _Errors:
        """Of (draws, rows) weights, or of (draws, cells) and the table of what a row of each cell adds."""
        sums, total = ((self.table if table is None else table) @ weight.T).T, weight.sum(axis=1)
        columns, bins = self.of_class.shape
        size = columns * bins
        parts = np.moveaxis(sums[:, : 5 * size].reshape(-1, 5, columns, bins), 1, 0)
        return _Errors(
            np.abs(sums[:, 5 * size : 5 * size + bins]).sum(axis=1) / total,
            np.abs(parts[1] - parts[2]).sum(axis=(1, 2)) / total / columns,
            fixed_point(sums[:, 5 * size + bins :] / total[:, None]),
            brier_parts(parts),
        )

    def again(self, draws: int, seed: int) -> _Errors:
        """Of the rows drawn again, those of one unit together."""
        alike = Alike.of(self.predictions, *self.marks, self.predictions.truth)
        if alike:
            table = alike.mean(self.table)
            return _joined(self.errors(times, table) for times in alike.again(draws, seed))
        weights = (times * self.weight for times in drawn(len(self.score), draws, seed, self.predictions.unit))
        return _joined(self.errors(weight[weight.sum(axis=1) > 0]) for weight in weights)

    def null(self, draws: int, seed: int) -> _Errors:
        """Under perfect calibration: one class drawn for every row serves all three errors and the band."""
        total, columns = self.weight.sum(), self.of_class.shape[0]
        said = self.of_class.sums(self.score * self.weight[:, None]).ravel()
        said_top = self.of_top.sums((self.top * self.weight)[:, None])[0]
        said_grid = self.grid @ (self.top * self.weight)
        alike = Alike.of(self.predictions, *self.marks)
        fallen = self._fallen_alike(alike, draws, seed) if alike else self._fallen(draws, seed)
        return _joined(
            _Errors(
                np.abs(said_top - top).sum(axis=1) / total,
                np.abs(said - came).sum(axis=1) / total / columns,
                fixed_point((said_grid - grid) / total),
                came=top,
            )
            for came, top, grid in fallen
        )

    def _fallen(self, draws: int, seed: int) -> Iterator[tuple[Array, Array, Array]]:
        """Some draws of perfect classes as sums: in the bins of every class, in those of the top label, on the grid."""
        weight = None if self.predictions.weight is None else self.weight
        (columns, bins), rows = self.of_class.shape, np.arange(len(self.score))
        grid, count = self.grid.multiply(self.weight).tocsr(), counter(self.of_top.cell[:, 0], bins, weight)
        for label in perfect(self.score, draws, seed):
            hit = label == self.best
            came = counted(self.of_class.cell[rows, label], columns * bins, weight=weight)
            yield came, count(hit), (grid @ hit.T.astype(float)).T

    def _fallen_alike(self, alike: Alike, draws: int, seed: int) -> Iterator[tuple[Array, Array, Array]]:
        (columns, bins), best = self.of_class.shape, self.best[alike.first]
        counts = [counter(cell[alike.first], columns * bins) for cell in self.of_class.cell.T]
        grid, count = alike.mean(self.grid), counter(self.of_top.cell[alike.first, 0], bins)
        for label in alike.perfect(self.score, draws, seed):
            hit = np.take_along_axis(label, best[None, :, None], axis=2)[..., 0]
            came = sum(each(label[..., column]) for column, each in enumerate(counts))
            yield np.asarray(came), count(hit), (grid @ hit.T).T

    def reliability(self, null: Array, level: float) -> Exhibit:
        n = self.of_top.sums(np.ones((len(self.top), 1)))[0]
        filled = np.flatnonzero(self.of_top.sums(self.weight[:, None])[0])
        total, said, came, squares = (
            self.of_top.sums((self.weight * one)[:, None])[0][filled]
            for one in (np.ones_like(self.top), self.top, self.hit, self.weight)
        )
        effective = total**2 / squares
        low, high = mid_p(np.minimum(came / total, 1) * effective, effective, level)
        null_low, null_high = np.quantile(null[:, filled] / total, [(1 - level) / 2, (1 + level) / 2], axis=0)
        columns = np.column_stack([said / total, came / total, low, high, null_low, null_high])
        return Exhibit(
            name="calibration.reliability",
            title="How often the top label is right, by how sure the model says it is",
            columns=("said", "found", "low", "high", "null low", "null high", "n"),
            rows=tuple((*map(float, row), int(size)) for row, size in zip(columns, n[filled], strict=True)),
            chart="curve",
            unit="share",
            n=len(self.top),
        )
