"""FAI013: right under its assumption, honest without it, and the plain rates where groups are known for certain."""

from __future__ import annotations

import numpy as np
import pytest
from small_models import predictions

from audit.catalogue import select
from audit.evidence import GroupProbabilities, Predictions
from audit.measure import Measure
from audit.probable import bounds
from audit.run import ask

NAMES = ("a", "b")


def asked(selected: np.ndarray, share: np.ndarray) -> dict[tuple[str, str], Measure]:
    said = predictions(np.zeros(len(selected), int), np.eye(2)[selected.astype(int)], ("no", "yes"), 1)
    given = GroupProbabilities({"race": NAMES}, {"race": share})
    answer = ask(select(["FAI013"])[0], {Predictions: said, GroupProbabilities: given}, 0)
    assert answer.status == "measured", answer.reason
    return {(one.setting_text, one.slice_text): one for one in answer.measures}


def drawn(seed: int, n: int, gap: float, *, by_neighbourhood: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups, their probabilities by neighbourhood, and decisions that go by the neighbourhood or by the group itself."""
    draw = np.random.default_rng(seed)
    chance = draw.choice([0.05, 0.3, 0.7, 0.95], n)
    b = draw.random(n) < chance
    rate = 0.5 - gap * (chance if by_neighbourhood else b)
    return b, np.column_stack([1 - chance, chance]), draw.random(n) < rate


def test_certain_groups_have_their_plain_rates_and_bounds_without_width_but_for_chance() -> None:
    draw = np.random.default_rng(0)
    b, selected = draw.random(400) < 0.3, draw.random(400) < 0.4
    found = asked(selected, np.column_stack([~b, b]).astype(float))
    assert found["estimate=weighted", "race=b"].value == pytest.approx(selected[b].mean(), abs=1e-12)
    assert found["by=race estimate=weighted", ""].value == pytest.approx(
        abs(selected[b].mean() - selected[~b].mean()), abs=1e-12
    )
    low, high = bounds(selected, np.column_stack([~b, b]).astype(float), 0.95)
    assert (low[1] + high[1]) / 2 == pytest.approx(selected[b].mean(), abs=1e-12)
    chance = 1.96 * np.sqrt(selected[b].mean() * (1 - selected[b].mean()) / b.sum())
    assert high[1] - low[1] == pytest.approx(2 * chance, rel=1e-3)


def test_where_decisions_go_by_what_the_probabilities_were_made_of_the_weighted_interval_covers() -> None:
    held, gaps = [], []
    for seed in range(200):
        _, share, selected = drawn(seed, 800, 0.3, by_neighbourhood=True)
        chance = np.array([0.05, 0.3, 0.7, 0.95])
        truth = 0.5 - 0.3 * (chance**2).sum() / chance.sum()
        other = 0.5 - 0.3 * (chance * (1 - chance)).sum() / (1 - chance).sum()
        found = asked(selected, share)
        one, gap = (
            found["estimate=weighted", "race=b"].intervals[0],
            found["by=race estimate=weighted", ""].intervals[0],
        )
        held.append(one.low <= truth <= one.high)  # type: ignore[operator]
        gaps.append(gap.low <= other - truth <= gap.high)  # type: ignore[operator]
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean(gaps) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)


def test_where_decisions_go_by_the_group_itself_the_weighted_rate_misses_and_the_bounds_hold() -> None:
    missed, held = [], []
    for seed in range(60):
        b, share, selected = drawn(seed, 3000, 0.4, by_neighbourhood=False)
        truth = selected[b].mean()
        found = asked(selected, share)
        weighted, outer = (found[f"estimate={kind}", "race=b"].intervals[0] for kind in ("weighted", "bounds"))
        missed.append(not weighted.low <= truth <= weighted.high)  # type: ignore[operator]
        held.append(outer.low <= truth <= outer.high)  # type: ignore[operator]
    assert np.mean(missed) > 0.8
    assert np.mean(held) == 1.0


@pytest.mark.parametrize("selected", [np.zeros(30, bool), np.ones(30, bool)])
def test_nobody_or_everybody_selected_stays_within_0_and_1(selected: np.ndarray) -> None:
    share = np.tile([0.9, 0.1], (30, 1))
    for one in asked(selected, share).values():
        for interval in one.intervals:
            assert 0 <= interval.low <= one.value <= interval.high <= 1  # type: ignore[operator]


def test_a_group_that_hardly_anybody_may_belong_to_has_a_reason() -> None:
    found = asked(np.arange(20) % 2 == 0, np.tile([0.99, 0.01], (20, 1)))
    assert found["estimate=weighted", "race=b"].value is None
    assert "less than one example" in found["estimate=bounds", "race=b"].reason
    assert "two groups" in found["by=race estimate=weighted", ""].reason


def test_probabilities_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="2 of 2 rows of group probabilities by race do not sum to 1"):
        GroupProbabilities({"race": NAMES}, {"race": np.full((2, 2), 0.4)})
    with pytest.raises(ValueError, match="need one number from 0"):
        GroupProbabilities({"race": NAMES}, {"race": np.array([[1.5, -0.5]])})
