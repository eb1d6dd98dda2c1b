"""Two versions on the same examples: oracles are statsmodels and the bootstrap of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from small_models import evidence, report_of, rows_of, task
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from audit.catalogue import select
from audit.compare import Comparison, Difference, compare, decide
from audit.estimate import banded, number, proportion
from audit.measure import Measure
from audit.paired import Paired
from audit.report import Report
from audit.rows import Rows
from audit.run import Subject, report, run
from models.task import Margin, Task

CLASSES = ("deny", "approve")


@dataclass(frozen=True)
class Version:
    report: Report
    rows: Rows


@dataclass(frozen=True)
class World:
    """What is true of everybody, and who they are."""

    truth: np.ndarray
    groups: dict[str, np.ndarray]

    def version(self, decision: np.ndarray, title: str, split: str = "5" * 64) -> Version:
        """A version that decides so, with scores that say so, audited on counts and scores alone."""
        score = np.where(np.eye(2)[decision] == 1, 0.8, 0.2)
        known = evidence(self.truth, score, CLASSES, self.groups, favourable=1)
        subject = Subject(title.encode().hex(), title, task().sha256(), "loans", split, len(self.truth), known)
        asked = select(["ACC001", "FAI001", "FAI002", "FAI003"])
        return Version(report(subject, run(known, asked)), rows_of(known))


def world(seed: int = 0, n: int = 400) -> World:
    draw = np.random.default_rng(seed)
    return World(draw.integers(0, 2, n), {"sex": draw.choice(["f", "m", "unknown"], n, p=[0.5, 0.4, 0.1])})


def mistaken(of: World, rate: float, seed: int) -> np.ndarray:
    wrong = np.random.default_rng(seed).random(len(of.truth)) < rate
    return np.where(wrong, 1 - of.truth, of.truth)


def compared(first: Version, second: Version, of: Task | None = None) -> Comparison:
    return compare(first.report, first.rows, second.report, second.rows, of or task())


def one(found: Comparison, name: str, setting: str = "", slice: str = "") -> Difference:
    (only,) = (d for d in found.differences if (d.name, d.setting_text, d.slice_text) == (name, setting, slice))
    return only


@pytest.fixture(scope="module")
def pair() -> tuple[Version, Version]:
    of = world()
    return of.version(mistaken(of, 0.25, 1), "loans@1"), of.version(mistaken(of, 0.18, 2), "loans@2")


def test_accuracy_is_compared_as_statsmodels_does(pair: tuple[Version, Version]) -> None:
    found, (first, second) = compared(*pair), pair
    before, after = (v.rows.decision == v.rows.truth for v in pair)
    for slice, inside in [("", np.ones(400, bool)), *((f"sex={g}", first.rows.groups["sex"] == g) for g in "fm")]:
        table = [
            [(before & after & inside).sum(), (before & ~after & inside).sum()],
            [(~before & after & inside).sum(), (~before & ~after & inside).sum()],
        ]
        difference = one(found, "accuracy.accuracy", slice=slice)
        assert difference.p == pytest.approx(mcnemar(table, exact=True).pvalue, abs=1e-12)
        assert difference.difference == pytest.approx(after[inside].mean() - before[inside].mean(), abs=1e-12)
        assert difference.low <= difference.difference <= difference.high  # type: ignore[operator]
    assert (found.negative_flips, found.positive_flips) == ((before & ~after).sum(), (after & ~before).sum())
    for flip in found.flips:
        inside = second.rows.groups["sex"] == flip.slice.removeprefix("sex=") if flip.slice else np.ones(400, bool)
        lost, won = (before & ~after)[inside].sum(), (after & ~before)[inside].sum()
        assert (flip.n, flip.lost, flip.won) == (inside.sum(), lost, won)
        assert flip.low <= flip.rate <= flip.high
        assert flip.p == pytest.approx(mcnemar([[0, lost], [won, 0]], exact=True).pvalue, abs=1e-12)
    assert {one.slice for one in found.flips} == {"", "sex=f", "sex=m", "sex=unknown"}


def test_everything_compared_shares_one_holm(pair: tuple[Version, Version]) -> None:
    tested = [one for one in compared(*pair).differences if one.p is not None]
    assert len(tested) > 10
    expected = multipletests([one.p for one in tested], 0.05, "holm")[1]
    assert [one.p_adjusted for one in tested] == pytest.approx(list(expected), abs=1e-12)


def chosen(truth: np.ndarray, decision: np.ndarray, sex: np.ndarray) -> float:
    rates = [(decision[sex == g] == 1).mean() for g in ("f", "m", "unknown")]
    return max(rates) - min(rates)


def opportunity(truth: np.ndarray, decision: np.ndarray, sex: np.ndarray) -> float:
    rates = [(decision[(sex == g) & (truth == 1)] == 1).mean() for g in ("f", "m", "unknown")]
    return max(rates) - min(rates)


def balanced(truth: np.ndarray, decision: np.ndarray, sex: np.ndarray) -> float:
    return float(np.mean([(decision[truth == k] == k).mean() for k in (0, 1)]))


@pytest.mark.parametrize(
    ("name", "setting", "statistic"),
    [
        ("fairness.demographic_parity_difference", "by=sex", chosen),
        ("fairness.equal_opportunity_difference", "by=sex", opportunity),
        ("accuracy.balanced_accuracy", "", balanced),
    ],
)
def test_resampling_counts_is_resampling_rows(
    pair: tuple[Version, Version], name: str, setting: str, statistic: Callable[..., float]
) -> None:
    first, second = (version.rows for version in pair)
    truth, sex, draw = first.truth, first.groups["sex"], np.random.default_rng(9)

    def gain(rows: np.ndarray) -> float:
        new = statistic(truth[rows], second.decision[rows], sex[rows])
        return new - statistic(truth[rows], first.decision[rows], sex[rows])

    replicates = [gain(draw.integers(0, 400, 400)) for _ in range(1500)]
    found = one(compared(*pair), name, setting)
    assert found.difference == pytest.approx(gain(np.arange(400)), abs=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(replicates, [0.025, 0.975])), abs=0.02)


def test_a_version_is_neither_better_nor_worse_than_itself() -> None:
    of = world(3)
    decision = mistaken(of, 0.2, 1)
    found = compared(of.version(decision, "loans@1"), of.version(decision, "loans@2"))
    assert (found.count("better"), found.count("worse")) == (0, 0)
    assert {d.p_adjusted for d in found.differences if d.p is not None} == {1.0}
    assert {d.difference for d in found.differences} <= {0.0, None}
    assert (found.negative_flips, found.positive_flips) == (0, 0)


@pytest.mark.parametrize(("then", "now", "outcome"), [(0.4, 0.05, "better"), (0.05, 0.4, "worse")])
def test_a_clear_change_is_seen(then: float, now: float, outcome: str) -> None:
    of = world(4)
    found = compared(of.version(mistaken(of, then, 1), "loans@1"), of.version(mistaken(of, now, 2), "loans@2"))
    for name in ("accuracy.accuracy", "accuracy.balanced_accuracy", "accuracy.f1_macro"):
        assert one(found, name).outcome == outcome


def test_less_is_better_where_the_measure_says_so() -> None:
    of = world(5, 2000)
    unfair = np.where((of.groups["sex"] == "f") & (np.random.default_rng(1).random(2000) < 0.6), 0, of.truth)
    even, uneven = of.version(of.truth, "loans@1"), of.version(unfair, "loans@2")
    gap, ratio = "fairness.demographic_parity_difference", "fairness.demographic_parity_ratio"
    assert one(compared(uneven, even), gap, "by=sex").outcome == "better"
    assert one(compared(even, uneven), gap, "by=sex").outcome == "worse"
    assert one(compared(uneven, even), ratio, "by=sex").outcome == "better"
    assert one(compared(uneven, even), gap, "by=sex").difference < 0  # type: ignore[operator]


def test_a_declared_margin_makes_a_small_loss_no_worse() -> None:
    of = world(6, 4000)
    first, second = of.version(mistaken(of, 0.10, 1), "loans@1"), of.version(mistaken(of, 0.11, 2), "loans@2")
    margin = Margin(measure="accuracy.accuracy", limit=0.05, reason="Declared.")
    assert one(compared(first, second), "accuracy.accuracy").outcome in ("cannot tell", "worse")
    allowed = one(compared(first, second, task(margins=(margin,))), "accuracy.accuracy")
    assert (allowed.outcome, allowed.margin) == ("no worse", 0.05)


def test_what_has_no_paired_method_cannot_be_told() -> None:
    first, second = (
        banded("robustness.autoattack_accuracy", v, {0.95: (0.0, 1.0)}, "by hand", n=2) for v in (0.2, 0.6)
    )
    found = one(compared(by_hand(first, "a@1"), by_hand(second, "a@2")), first.name)
    assert (found.outcome, found.reason) == (
        "cannot tell",
        "the rows that are kept do not say what each example adds to this number; audit both versions again",
    )
    assert found.difference == pytest.approx(0.4)
    assert (found.low, found.p) == (None, None)


def by_hand(measure: Measure, title: str) -> Version:
    rows = rows_of(evidence(np.array([0, 1]), np.eye(2), CLASSES))
    return Version(report_of(measure, title=title), rows)


@pytest.mark.parametrize(
    ("name", "first", "second", "outcome"),
    [
        ("efficiency.parameters", 100, 50, "better"), ("efficiency.parameters", 50, 100, "worse"),
        ("efficiency.parameters", 50, 50, "no worse"),
    ],
)  # fmt: skip
def test_exact_numbers_are_compared_as_they_are(name: str, first: float, second: float, outcome: str) -> None:
    found = compared(by_hand(number(name, first), "loans@1"), by_hand(number(name, second), "loans@2"))
    assert one(found, name).outcome == outcome


def test_a_p_value_speaks_of_chance_and_not_of_a_version() -> None:
    first, second = (number("calibration.ece_p_value", p, unit="p-value") for p in (0.2, 0.6))
    assert compared(by_hand(first, "a@1"), by_hand(second, "a@2")).differences == ()


def test_numbers_about_the_data_or_a_baseline_are_not_about_a_version() -> None:
    simpler = proportion("accuracy.accuracy", 1, 2, setting=(("baseline", "majority"),))
    for measure in (number("data.missing_rate", 0.1), number("data.row_count", 2), simpler):
        assert compared(by_hand(measure, "a@1"), by_hand(measure, "a@2")).differences == ()


def test_a_number_that_one_version_lacks_cannot_be_told() -> None:
    of = world(7, 60)
    first, second = of.version(np.zeros(60, int), "loans@1"), of.version(of.truth, "loans@2")
    found = one(compared(first, second), "accuracy.precision", "class=approve")
    assert (found.outcome, found.first) == ("cannot tell", None)
    assert "never decides 'approve'" in found.reason


def test_other_examples_are_refused(pair: tuple[Version, Version]) -> None:
    of, (first, _) = world(), pair
    elsewhere = of.version(of.truth, "loans@2", split="6" * 64)
    with pytest.raises(ValueError, match="same examples only"):
        compared(first, elsewhere)
    renamed = replace(first.rows, ids=first.rows.ids[::-1])
    with pytest.raises(ValueError, match="names different examples"):
        compared(first, Version(first.report, renamed))


def test_the_same_comparison_twice_is_the_same(pair: tuple[Version, Version]) -> None:
    assert compared(*pair) == compared(*pair)
    assert compared(*pair).sentence.count(",") == 3


def test_row_evidence_is_read_back_as_it_was_written(pair: tuple[Version, Version]) -> None:
    rows = pair[0].rows
    again = Rows.from_bytes(rows.to_bytes())
    assert again.classes == rows.classes
    for name in ("ids", "truth", "decision", "score"):
        np.testing.assert_array_equal(getattr(again, name), getattr(rows, name))
    np.testing.assert_array_equal(again.groups["sex"], rows.groups["sex"])
    assert compared(Version(pair[0].report, again), pair[1]) == compared(*pair)


def test_differences_that_are_known_from_a_sample_say_so(pair: tuple[Version, Version]) -> None:
    place = np.arange(0, 400, 4)
    first, second = (Version(each.report, each.rows.take(place)) for each in pair)
    found, whole = (one(compared(*each), "accuracy.accuracy") for each in ((first, second), pair))
    gain = (second.rows.right.astype(int) - first.rows.right).mean()
    assert found.difference == pytest.approx(gain)
    assert (found.n, whole.n) == (100, 400)
    assert found.reason.endswith("; on a sample of 100 of 400 examples")
    assert "sample" not in whole.reason


def test_a_searched_part_with_a_groups_words_does_not_stand_for_the_whole_group(pair: tuple[Version, Version]) -> None:
    first, second = pair
    looked = replace(
        second.rows, slices={"sex=f": second.rows.groups["sex"] == "f"}, searched=np.arange(400) % 2 == 0
    )  # fmt: skip
    assert compared(first, Version(second.report, looked)).flips == compared(*pair).flips


def test_more_examples_are_not_asked_for_where_only_the_number_of_tests_is_in_the_way() -> None:
    names, n = ("accuracy.accuracy", "accuracy.recall"), 400
    pairs = [(proportion(name, 360, n), proportion(name, 340, n)) for name in names]
    lost, straddling = Paired(-0.05, -0.09, -0.01, 0.03, "by hand"), Paired(-0.05, -0.11, 0.01, 0.5, "by hand")
    found = {new.key: paired for (_, new), paired in zip(pairs, (lost, straddling), strict=True)}
    decided, open_still = decide(pairs, found, {})
    assert (decided.outcome, decided.settles_at) == ("cannot tell", None)
    assert "chance could explain one such" in decided.reason
    assert open_still.settles_at == pytest.approx(n * (0.06 / 0.05) ** 2, abs=1)
