"""ROB003: how many examples resist an attacker who can only ask the model?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.attacks.square import resisting
from audit.check import NotApplicable, check
from audit.checks.projected_gradient import IMAGE_RADII, TABLE_RADII
from audit.contribution import Contribution
from audit.estimate import proportion
from audit.evidence import BlackBox, Network, Seed
from audit.measure import Measure, setting
from audit.report import Exhibit
from models.served.answer import VersionChanged

NAME = "robustness.square_accuracy"
LABELS = "every probability is 0 or 1, so that the search sees decisions only and finds less"


@check("ROB003", dimension="robustness")
def black_box(
    box: BlackBox, network: Network | None, seed: Seed, *, queries: int = 100, level: float = 0.95
) -> Iterator[Measure | Exhibit | Contribution]:
    """How many examples are still decided right when someone who can only ask the model changes each input a little?

    Measures: accuracy under a random search that needs no gradients, at the radii of ROB002, on a stated sample
    stratified by outcome. For pictures squares change, for tables columns of numbers with more than two values. Radii
    are in units of the range for pictures, and of each number column's spread for tables.
    Read it: an upper bound of robustness: a stronger attack can only find more. It can fail a limit, never pass it. Each
    example is asked about as often as the setting says, once more for each radius.
    Limits: one attack, with few queries; fewer still, on fewer examples, where the model lies behind a network. Where
    gradients are at hand ROB002 finds more, and this is not asked. Whole numbers stay whole, so that a small radius may
    leave them as they are; the changed rows need not be possible people.
    Source: Andriushchenko et al. 2020 (Square attack); Croce and Hein 2020.
    """
    if network is not None:
        raise NotApplicable("the model has gradients: ROB002 attacks by them, and finds more")
    if not box.inputs[0].size:
        raise NotApplicable("no column holds numbers with more than two values, and others are not changed a little")
    radii = TABLE_RADII if box.inputs.ndim == 2 else IMAGE_RADII
    if box.most is not None:
        queries = max(1, min(queries, box.most // len(radii)))
    try:
        yield from _attacked(box, radii, queries, seed.value, level)
    except VersionChanged:
        raise
    except (ValueError, TypeError) as why:
        raise NotApplicable(f"the model does not answer for changed inputs: {why}"[:300]) from why


def _attacked(
    box: BlackBox, radii: tuple[float, ...], queries: int, seed: int, level: float
) -> Iterator[Measure | Exhibit | Contribution]:
    score = box.probabilities(box.inputs, np.arange(len(box.rows)))
    right = box.decide(score) == box.truth
    labels = LABELS if np.isin(score, (0.0, 1.0)).all() else ""
    curve = []
    for radius, alive, asked in resisting(box, right, radii, queries=queries, seed=seed):
        at = setting(epsilon=radius, norm="linf", queries=queries)
        note = "; ".join(filter(None, (labels, f"{asked} changed rows were asked about up to here")))
        measure = proportion(NAME, int(alive.sum()), len(alive), level=level, bound="upper", setting=at, note=note)
        shown = measure.shown()
        curve.append((radius, measure.value, shown and shown.low, shown and shown.high))
        yield measure
        yield Contribution.of(NAME, alive, at, rows=box.rows)
    yield Exhibit(
        name="robustness.square_curve",
        title="Accuracy falls as someone who only asks may change more",
        columns=("epsilon", "accuracy", "low", "high"),
        rows=tuple(curve),
        chart="curve",
        unit="share decided right",
        n=len(box.rows),
    )
