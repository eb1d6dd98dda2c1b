"""ROB002: how many examples resist an attacker who knows the model?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.check import check
from audit.contribution import Contribution
from audit.estimate import proportion
from audit.evidence import Images, Network, Seed
from audit.measure import Measure, setting
from audit.report import Exhibit
from audit.tally import share

IMAGE_RADII = (0.05, 0.1, 0.2, 0.3)
TABLE_RADII = (0.05, 0.1, 0.25, 0.5)


@check("ROB002", dimension="robustness")
def projected_gradient(
    network: Network, seed: Seed, images: Images | None, *, steps: int = 40, restarts: int = 1, level: float = 0.95
) -> Iterator[Measure | Exhibit | Contribution]:
    """How many examples are still decided right when someone who knows the model changes each input a little?

    Measures: accuracy under projected gradient descent at several radii, on a stated sample stratified by outcome.
    Radii are in units of the range for images, and of each number column's training spread for tables.
    Read it: an upper bound of robustness: a stronger attack can only find more. It can fail a limit, never pass it.
    Limits: one attack by gradients; a model that hides its gradients looks stronger than it is. For tables the changed
    rows need not be possible people.
    Source: Madry et al. 2018; Athalye et al. 2018; Croce and Hein 2020.
    """
    from audit.attacks.projected_gradient import resisting

    radii = TABLE_RADII if images is None else IMAGE_RADII
    curve = []
    for radius, alive in resisting(network, radii, steps=steps, restarts=restarts, seed=seed.value):
        right, n = share(alive, network.weight, network.unit)
        measure = proportion(
            "robustness.pgd_accuracy", right, n, level=level, bound="upper",
            setting=setting(epsilon=radius, norm="linf", restarts=restarts, steps=steps),
        )  # fmt: skip
        shown = measure.shown()
        curve.append((radius, measure.value, shown and shown.low, shown and shown.high))
        yield measure
        yield Contribution.of(measure.name, alive, measure.setting, rows=network.rows)
    yield Exhibit(
        name="robustness.pgd_curve",
        title="Accuracy falls as the attacker may change more",
        columns=("epsilon", "accuracy", "low", "high"),
        rows=tuple(curve),
        chart="curve",
        unit="share decided right",
        n=len(network.truth),
    )
