"""FAI013: right under its assumption, honest without it, and the plain rates where groups are known for certain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from small_models import predictions

from audit.catalogue import select
from audit.contrast import largest_difference
from audit.evidence import GroupProbabilities, Predictions
from audit.interval import clopper_pearson, mid_p
from audit.measure import Measure
from audit.probable import bounds, largest_gap, weighted
from audit.report import Answer
from audit.run import ask
from audit.weight import Weights

NAMES = ("a", "b")
RATE, GAP = "fairness.selection_rate", "fairness.demographic_parity_difference"


def answered(
    selected: np.ndarray, share: np.ndarray, names: tuple[str, ...] = NAMES, weight: np.ndarray | None = None,
    unit: np.ndarray | None = None,
) -> Answer:  # fmt: skip
    truth, score = np.zeros(len(selected), int), np.eye(2)[selected.astype(int)]
    said = Predictions(truth, selected.astype(int), score, ("no", "yes"), 1, weight, unit)
    given = GroupProbabilities({"race": names}, {"race": share})
    return ask(select(["FAI013"])[0], {Predictions: said, GroupProbabilities: given}, 0)


def asked(selected: np.ndarray, share: np.ndarray, **more: np.ndarray) -> dict[tuple[str, str], Measure]:
    answer = answered(selected, share, **more)  # type: ignore[arg-type]
    assert answer.status == "measured", answer.reason
    return {(one.setting_text, one.slice_text): one for one in answer.measures}


def alike(n: int) -> Weights:
    return Weights(np.ones(n), np.arange(n), None)


def two(chance: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - chance, chance])


def drawn(seed: int, n: int, gap: float, *, by_neighbourhood: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups, their probabilities by neighbourhood, and decisions that go by the neighbourhood or by the group itself."""
    draw = np.random.default_rng(seed)
    chance = draw.choice([0.05, 0.3, 0.7, 0.95], n)
    b = draw.random(n) < chance
    rate = 0.5 - gap * (chance if by_neighbourhood else b)
    return b, two(chance), draw.random(n) < rate


class TestCertain:
    draw = np.random.default_rng(0)
    b, selected = draw.random(400) < 0.3, draw.random(400) < 0.4
    share = two(b.astype(float))

    def test_rates_and_their_intervals_are_those_of_counts(self) -> None:
        found = asked(self.selected, self.share)
        k, n = int(self.selected[self.b].sum()), int(self.b.sum())
        for estimate, limits in (("weighted", mid_p), ("bounds", clopper_pearson)):
            one = found[f"estimate={estimate}", "race=b"]
            assert one.value == pytest.approx(k / n, abs=1e-12)
            interval = one.intervals[0]
            assert (interval.low, interval.high) == pytest.approx([float(end) for end in limits(k, n)], abs=1e-9)

    @pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
    def test_the_gap_and_its_bounds_are_the_largest_difference(self, level: float) -> None:
        weights = alike(400)
        found, ends = weighted(self.selected, self.share, weights), bounds(self.selected, self.share, weights, 0)
        plain = largest_difference(self.selected @ self.share, self.share.sum(axis=0), level)
        for low, high in ((found, found), ends):
            one = largest_gap(found.rate, low, high, level)
            assert (one.value, one.low, one.high) == pytest.approx((plain.value, plain.low, plain.high), abs=1e-9)
            assert one.pair == plain.pair


class TestAssumed:
    """Decisions go by what the probabilities were made of."""

    def test_the_weighted_intervals_cover(self) -> None:
        held, gaps, claimed = [], [], []
        chance = np.array([0.05, 0.3, 0.7, 0.95])
        truth = 0.5 - 0.3 * (chance**2).sum() / chance.sum()
        other = 0.5 - 0.3 * (chance * (1 - chance)).sum() / (1 - chance).sum()
        for seed in range(200):
            _, share, selected = drawn(seed, 800, 0.3, by_neighbourhood=True)
            rates = weighted(selected, share, alike(800))
            low, high = rates.limits(mid_p, 0.95)
            gap = largest_gap(rates.rate, rates, rates)
            held.append(low[1] <= truth <= high[1])
            gaps.append(gap.low <= other - truth <= gap.high)
            _, share, selected = drawn(seed, 800, 0.0, by_neighbourhood=True)
            rates = weighted(selected, share, alike(800))
            claimed.append(largest_gap(rates.rate, rates, rates).low > 0)
        assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)
        assert np.mean(gaps) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)
        assert np.mean(claimed) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)

    def test_weights_count_like_copies_and_copies_of_a_person_add_no_certainty(self) -> None:
        _, share, selected = drawn(0, 300, 0.3, by_neighbourhood=True)
        plain = asked(selected, share)["estimate=weighted", "race=b"]
        times = np.random.default_rng(1).integers(1, 4, 300)
        copied = np.repeat(np.arange(300), times)
        by_weight = asked(selected, share, weight=times.astype(float))["estimate=weighted", "race=b"]
        by_copies = asked(selected[copied], share[copied], unit=copied)["estimate=weighted", "race=b"]
        assert by_weight.value == pytest.approx(by_copies.value, abs=1e-12)
        assert by_copies.intervals[0].low == pytest.approx(by_weight.intervals[0].low, abs=1e-9)
        thrice = np.repeat(np.arange(300), 3)
        same = asked(selected[thrice], share[thrice], unit=thrice)["estimate=weighted", "race=b"]
        assert same.intervals[0].low == pytest.approx(plain.intervals[0].low, abs=1e-9)


def by_group(draw: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, float]:
    chance = draw.choice([0.05, 0.3, 0.7, 0.95], n)
    return chance, draw.random(n) < 0.5 - 0.4 * (draw.random(n) < chance), 0.1


def all_but_the_group(draw: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Selected are exactly those outside of the group: in every stratum the truth lies where the bound bends."""
    chance = draw.uniform(0.05, 0.95, n)
    return chance, draw.random(n) < 1 - chance, 0.0


def only_the_group(draw: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, float]:
    chance = draw.uniform(0.05, 0.95, n)
    return chance, draw.random(n) < chance, 1.0


def by_address(draw: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, float]:
    """The address decides all by itself: what chance does is who lives where, not who is selected there."""
    chance = np.where(draw.random(n) < 0.5, 0.7, 0.3)
    return chance, chance > 0.5, 0.7


class TestWithoutAssumption:
    def test_where_decisions_go_by_the_group_itself_the_weighted_rate_misses(self) -> None:
        missed = []
        for seed in range(60):
            b, share, selected = drawn(seed, 3000, 0.4, by_neighbourhood=False)
            low, high = weighted(selected, share, alike(3000)).limits(mid_p, 0.95)
            missed.append(not low[1] <= selected[b].mean() <= high[1])
        assert np.mean(missed) > 0.8

    @pytest.mark.parametrize("n", [60, 1000])
    @pytest.mark.parametrize("world", [by_group, all_but_the_group, only_the_group, by_address])
    def test_the_bounds_hold_the_rate_of_the_people_the_sample_was_drawn_from(
        self, world: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray, float]], n: int
    ) -> None:
        held = []
        for seed in range(200):
            chance, selected, truth = world(np.random.default_rng(seed), n)
            low, high = bounds(selected, two(chance), alike(n), seed)
            held.append(low.limits(clopper_pearson, 0.95)[0][1] <= truth <= high.limits(clopper_pearson, 0.95)[1][1])
        assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)

    def test_they_close_in_on_the_sharp_ones(self) -> None:
        chance, selected, _ = by_group(np.random.default_rng(0), 200_000)
        low, high = bounds(selected, two(chance), alike(200_000), 0)
        share = np.array([0.05, 0.3, 0.7, 0.95])
        rate = 0.5 - 0.4 * share
        assert low.rate[1] == pytest.approx(np.maximum(0, share + rate - 1).sum() / share.sum(), abs=0.005)
        assert high.rate[1] == pytest.approx(np.minimum(share, rate).sum() / share.sum(), abs=0.005)

    def test_a_large_difference_is_shown_where_addresses_tell_enough_and_its_twin_is_clean(self) -> None:
        draw = np.random.default_rng(0)
        chance = draw.choice([0.02, 0.98], 3000)
        b = draw.random(3000) < chance
        for rates, shown in (((0.6, 0.2), True), ((0.4, 0.4), False)):
            selected = draw.random(3000) < np.where(b, rates[1], rates[0])
            one = asked(selected, two(chance))["by=race estimate=bounds", ""]
            assert (one.intervals[0].low > 0) == shown  # type: ignore[operator]
            assert one.intervals[0].low <= rates[0] - rates[1] <= one.intervals[0].high  # type: ignore[operator]


@pytest.mark.parametrize("n", [1, 2, 30])
@pytest.mark.parametrize("every", [False, True])
def test_nobody_or_everybody_selected_stays_within_0_and_1(n: int, every: bool) -> None:
    for one in asked(np.full(n, every), np.tile([0.9, 0.1], (n, 1))).values():
        assert one.reason if one.value is None else True
        for interval in one.intervals:
            assert 0 <= interval.low <= one.value <= interval.high <= 1  # type: ignore[operator]


def test_two_hundred_groups_have_each_a_number_or_a_reason() -> None:
    draw = np.random.default_rng(0)
    names = tuple(f"g{place}" for place in range(200))
    answer = answered(draw.random(500) < 0.3, draw.dirichlet(np.full(200, 0.01), 500), names)
    assert answer.status == "measured"
    assert len({one.slice_text for one in answer.measures if one.name == RATE}) == 200
    assert all(one.reason if one.value is None else np.isfinite(one.value) for one in answer.measures)


def test_a_group_that_hardly_anybody_may_belong_to_has_a_reason() -> None:
    found = asked(np.arange(20) % 2 == 0, np.tile([0.99, 0.01], (20, 1)))
    assert found["estimate=weighted", "race=b"].value is None
    assert "less than one example" in found["estimate=bounds", "race=b"].reason
    assert "two groups" in found["by=race estimate=weighted", ""].reason


def test_without_a_favourable_outcome_it_does_not_apply() -> None:
    said = predictions(np.array([0, 1]), np.eye(2), ("no", "yes"))
    given = GroupProbabilities({"race": NAMES}, {"race": np.full((2, 2), 0.5)})
    assert "no outcome is favourable" in ask(
        select(["FAI013"])[0], {Predictions: said, GroupProbabilities: given}, 0
    ).reason  # fmt: skip


def test_probabilities_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="2 of 2 rows of group probabilities by race do not sum to 1"):
        GroupProbabilities({"race": NAMES}, {"race": np.full((2, 2), 0.4)})
    with pytest.raises(ValueError, match="need one number from 0"):
        GroupProbabilities({"race": NAMES}, {"race": np.array([[1.5, -0.5]])})
    assert "3 rows and 2 rows of group probabilities" in answered(np.ones(3, bool), np.full((2, 2), 0.5)).reason
    short, all_zero = np.full((2, 2), 0.5), answered(np.ones(2, bool), np.full((2, 2), 0.5), weight=np.zeros(2))
    assert "All 2 weights are 0" in all_zero.reason
    assert "negative" in answered(np.ones(2, bool), short, weight=np.array([-1.0, 1.0])).reason
