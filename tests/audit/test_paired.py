"""Scores of two versions on the same examples: the oracle is the bootstrap of the rows, written out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from small_models import evidence, report_of, task
from statsmodels.stats.contingency_tables import mcnemar

from audit.catalogue import catalogue
from audit.compare import Comparison, Difference, compare
from audit.estimate import banded, proportion
from audit.interval import delong, paired_delong, roc_auc
from audit.measure import Measure, setting, where
from audit.paired import paired_differences, paired_once
from audit.policy import Policy, Rule
from audit.rows import Rows
from audit.run import Subject, report, run
from audit.spread import spreads

N = 500
DRAW = np.random.default_rng(0)
TRUTH = DRAW.integers(0, 2, N)
SEX = DRAW.choice(np.array(["f", "m"], dtype=object), N)
CLASSES = ("deny", "approve")


def rows(noise: float, seed: int, **more: object) -> Rows:
    """Scores that tell the truth the better, the less noise there is."""
    raw = np.random.default_rng(seed).normal(TRUTH, noise)
    positive = 1 / (1 + np.exp(-(raw - 0.5) / noise**2))
    score = np.column_stack([1 - positive, positive])
    ids = np.arange(N).astype(str).astype(object)
    return Rows(ids, TRUTH, score.argmax(axis=1), score, CLASSES, {"sex": SEX}, **more)  # type: ignore[arg-type]


FIRST, SECOND = rows(1.0, 1), rows(0.8, 2)


def some(name: str, **at: object) -> Measure:
    return banded(name, 0.5, {0.95: (0.0, 1.0)}, "by hand", setting=setting(**at), n=N)  # type: ignore[arg-type]


def paired(measure: Measure, first: Rows = FIRST, second: Rows = SECOND):  # type: ignore[no-untyped-def]
    return paired_differences([measure], first, second, 1, 0.95, 0)[measure.key]


def test_two_areas_are_compared_as_a_paired_bootstrap_does() -> None:
    came = TRUTH == 1
    found = paired(some("accuracy.roc_auc"))
    difference, error = paired_delong(FIRST.score[:, 1], SECOND.score[:, 1], came)
    areas = [roc_auc(one.score[:, 1], came) for one in (FIRST, SECOND)]
    assert found.difference == pytest.approx(areas[1] - areas[0], abs=1e-12)
    draw = np.random.default_rng(5)
    again = [
        roc_auc(SECOND.score[r, 1], came[r]) - roc_auc(FIRST.score[r, 1], came[r])
        for r in draw.integers(0, N, (1500, N))
    ]
    assert error == pytest.approx(np.std(again), rel=0.06)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(again, [0.025, 0.975])), abs=0.006)
    assert paired(some("accuracy.gini")).difference == pytest.approx(2 * difference)


def test_the_error_of_a_pair_that_shares_nothing_is_that_of_both_alone() -> None:
    noise = np.random.default_rng(1).random((2, 4000))
    came = np.arange(4000) % 2 == 0
    _, error = paired_delong(noise[0], noise[1], came)
    alone = [np.log(h / (1 - h)) - np.log(low / (1 - low)) for _, low, h in (delong(one, came) for one in noise)]
    assert error == pytest.approx(np.hypot(*alone) / 2 / 1.96 / 4, rel=0.02)


def ece(one: Rows, r: np.ndarray) -> float:
    top, hit = one.score.max(axis=1)[r], one.right[r]
    cell = np.minimum((top * 15).astype(int), 14)
    return float(sum(abs(top[cell == b].sum() - hit[cell == b].sum()) for b in range(15)) / len(r))


def brier(one: Rows, r: np.ndarray) -> float:
    return float(((one.score - np.eye(2)[TRUTH]) ** 2).sum(axis=1)[r].mean())


def ks(one: Rows, r: np.ndarray) -> float:
    from scipy.stats import ks_2samp

    score, came = one.score[r, 1], TRUTH[r] == 1
    return float(ks_2samp(score[came], score[~came]).statistic)


@pytest.mark.parametrize(
    ("measure", "by_hand"),
    [
        (some("calibration.ece", bins=15, kind="top label"), ece),
        (some("calibration.brier"), brier),
        (some("accuracy.ks"), ks),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_functions_of_scores_are_resampled_as_rows_are(
    measure: Measure, by_hand: Callable[[Rows, np.ndarray], float]
) -> None:
    found, everyone = paired(measure), np.arange(N)
    assert found.difference == pytest.approx(by_hand(SECOND, everyone) - by_hand(FIRST, everyone), abs=1e-12)
    draw = np.random.default_rng(7)
    again = [by_hand(SECOND, r) - by_hand(FIRST, r) for r in draw.integers(0, N, (400, N))]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(again, [0.025, 0.975])), abs=0.02)
    assert found.p <= 1


def test_a_group_is_compared_on_its_own_rows() -> None:
    measure = proportion("accuracy.recall", 1, 2, setting=setting(**{"class": "approve"}), slice=where(sex="f"))
    inside = (SEX == "f") & (TRUTH == 1)
    expected = (SECOND.decision[inside] == 1).mean() - (FIRST.decision[inside] == 1).mean()
    assert paired(measure).difference == pytest.approx(expected, abs=1e-12)


def test_rows_of_one_person_are_drawn_together_and_weights_count() -> None:
    unit = np.arange(N) // 10
    alike = [replace(one, decision=one.decision[unit * 10], truth=one.truth[unit * 10]) for one in (FIRST, SECOND)]
    alone = paired(some("accuracy.accuracy"), *alike)
    together = paired(some("accuracy.accuracy"), *(replace(one, unit=unit) for one in alike))
    assert together.difference == pytest.approx(alone.difference)
    assert together.high - together.low > 2.5 * (alone.high - alone.low)
    weight = np.where(SEX == "f", 2.0, 1.0)
    weighted = paired(some("accuracy.balanced_accuracy"), *(replace(one, weight=weight) for one in (FIRST, SECOND)))
    copies = np.repeat(np.arange(N), weight.astype(int))
    recalls = [
        np.mean([(one.decision[copies] == k)[TRUTH[copies] == k].mean() for k in (0, 1)]) for one in (FIRST, SECOND)
    ]
    assert weighted.difference == pytest.approx(recalls[1] - recalls[0], abs=1e-12)


def test_versions_that_are_alike_and_constant_scores_show_no_variation() -> None:
    flat = replace(FIRST, score=np.full((N, 2), 0.5))
    for measure in (some("accuracy.roc_auc"), some("calibration.brier"), some("accuracy.ks")):
        same = paired(measure, FIRST, FIRST)
        assert (same.difference, same.low, same.p) == (0.0, None, 1.0)
        assert np.isfinite(paired(measure, flat, SECOND).difference)


def version(of: Rows, *measures: Measure, title: str):  # type: ignore[no-untyped-def]
    return report_of(*measures, title=title), of


def compared(first: Rows, second: Rows, *measures: Measure, **more: object) -> Comparison:
    (a, one), (b, other) = version(first, *measures, title="a@1"), version(second, *measures, title="a@2")
    a, b = (each.model_copy(update={"n": len(first.ids)}) for each in (a, b))
    return compare(a, one, b, other, task(), **more)  # type: ignore[arg-type]


def only(found: Comparison, name: str) -> Difference:
    (one,) = (one for one in found.differences if one.name == name)
    return one


CLASSES_OF = {2: ("deny", "approve"), 4: ("a", "b", "c", "d")}


def audited(classes: int, seed: int, n: int = 400):  # type: ignore[no-untyped-def]
    """A version asked everything that scores and groups can answer, with its rows."""
    draw = np.random.default_rng(3)
    truth = draw.integers(0, classes, n)
    groups = {"race": draw.choice(np.array(["a", "b", "c"], dtype=object), n, p=[0.6, 0.3, 0.1])}
    groups["sex"] = draw.choice(np.array(["f", "m"], dtype=object), n)
    raw = np.random.default_rng(seed).normal(0, 1, (n, classes)) + 1.5 * np.eye(classes)[truth]
    score = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    known = evidence(truth, score, CLASSES_OF[classes], groups, favourable=1 if classes == 2 else None)
    subject = Subject(str(seed), f"a@{seed}", task().sha256(), "loans", "5" * 64, n, known)
    wanted = ("accuracy", "calibration", "uncertainty", "fairness")
    answers = list(run(known, [one for one in catalogue().values() if one.dimension in wanted]))
    rows = Rows.of_audit(np.arange(n).astype(str).astype(object), known, answers, 0)
    return report(subject, answers), rows


@pytest.mark.parametrize("classes", [2, 4])
def test_what_is_paired_is_the_very_number_that_was_reported(classes: int) -> None:
    """Two versions of one kind: every difference is that of the two reports, and none is claimed."""
    of = task() if classes == 2 else task(favourable=None, kind="multiclass", groups=("race", "sex"))
    found = compare(*audited(classes, 1), *audited(classes, 2), of)
    told = [one for one in found.differences if one.method]
    assert len(told) > 200
    for one in told:
        assert one.first is not None
        assert one.second is not None
        before, after = one.first, one.second
        if one.better == "target":
            aim = float(dict(one.setting).get("level", 0.0))
            before, after = abs(before - aim), abs(after - aim)
        assert one.difference == pytest.approx(after - before, abs=1e-9), one.name
    assert (found.count("better"), found.count("worse")) == (0, 0)
    left = {one.name for one in found.differences if not one.method and one.first is not None}
    assert left <= {"fairness.impact_ratio", "fairness.alternative_impact_ratio"}


def test_found_and_false_alarms_of_a_class_are_shares_of_the_same_rows() -> None:
    for name, among in (("accuracy.recall", TRUTH == 1), ("accuracy.false_positive_rate", TRUTH == 0)):
        before, after = (one.decision[among] == 1 for one in (FIRST, SECOND))
        won, lost = int((after & ~before).sum()), int((before & ~after).sum())
        found = paired(some(name, **{"class": "approve"}))
        assert found.p == pytest.approx(mcnemar([[0, won], [lost, 0]], exact=True).pvalue, abs=1e-12)
        assert found.difference == pytest.approx(after.mean() - before.mean(), abs=1e-12)


@pytest.mark.parametrize(("changed", "told"), [(3, False), (5, False), (12, True)])
def test_no_claim_is_surer_than_the_rows_that_differ(changed: int, told: bool) -> None:
    """Had the versions been alike, each of m rows could as well be the other way round: 1 in 2 ** (m - 1)."""
    at = np.flatnonzero(FIRST.decision != TRUTH)[:changed]
    decision = FIRST.decision.copy()
    decision[at] = TRUTH[at]
    found = paired(some("accuracy.balanced_accuracy"), FIRST, replace(FIRST, decision=decision))
    assert found.p >= 0.5 ** (changed - 1)
    assert (found.low is not None) == told


def test_nearer_to_the_target_is_better() -> None:
    off = replace(SECOND, score=np.clip(SECOND.score + np.array([0.15, -0.15]), 0, 1))
    measure = banded("calibration.in_the_large", -0.1, {0.95: (-0.2, 0.0)}, "by hand", n=N)
    one = only(compared(off, SECOND, measure), "calibration.in_the_large")
    assert one.outcome == "better"
    assert one.difference < 0  # type: ignore[operator]
    assert "distances from the target" in one.reason
    assert only(compared(SECOND, off, measure), "calibration.in_the_large").outcome == "worse"


def test_sets_of_a_version_calibrated_anew_vary_with_their_thresholds() -> None:
    """The oracle calibrates and measures on rows drawn again, written out."""
    half = np.arange(N) % 2 == 0
    first, second = (replace(one, calibrating=half) for one in (FIRST, SECOND))
    measure = some("uncertainty.conformal_set_size", kind="split", level=0.9)
    found = paired(measure, first, second)

    def size(one: Rows, r: np.ndarray) -> float:
        kept, tested = r[half[r]], r[~half[r]]
        strange = np.sort(1 - one.score[kept, TRUTH[kept]])
        limit = strange[int(np.ceil((len(kept) + 1) * 0.9)) - 1]
        return float((1 - one.score[tested] <= limit).sum(axis=1).mean())

    everyone, draw = np.arange(N), np.random.default_rng(2)
    assert found.difference == pytest.approx(size(second, everyone) - size(first, everyone), abs=1e-12)
    again = [size(second, r) - size(first, r) for r in draw.integers(0, N, (600, N))]
    assert found.high - found.low == pytest.approx(np.ptp(np.quantile(again, [0.025, 0.975])), rel=0.12)


def test_many_rows_are_resampled_by_a_sample_as_sure_as_all_of_them() -> None:
    draw, n = np.random.default_rng(0), 20_000
    truth = draw.integers(0, 2, n)
    made = []
    for noise in (1.0, 0.9):
        positive = 1 / (1 + np.exp(-2 * (draw.normal(truth, noise) - 0.5)))
        score = np.column_stack([1 - positive, positive])
        made.append(Rows(np.arange(n).astype(object), truth, score.argmax(axis=1), score, CLASSES, {}))
    losses = [((one.score - np.eye(2)[truth]) ** 2).sum(axis=1) for one in made]
    gain = losses[1] - losses[0]
    found = paired(some("calibration.brier"), *made)
    assert found.difference == pytest.approx(gain.mean(), abs=1e-12)
    assert found.high - found.low == pytest.approx(2 * 1.96 * gain.std() / np.sqrt(n), rel=0.1)


class TestParts:
    WHERE = where(sex="f")

    def of(self, **slices: np.ndarray) -> tuple[Rows, Rows]:
        searched = np.arange(N) % 2 == 0
        return replace(FIRST, slices=slices, searched=searched), replace(SECOND, slices=slices, searched=searched)

    def test_a_part_that_a_search_chose_is_compared_on_examples_it_has_not_seen(self) -> None:
        inside = SEX == "f"
        part = {"sex=f": inside, "age in [25,34)": inside}
        found = compared(*self.of(**part), proportion("accuracy.slice_error", 1, 4, slice=self.WHERE))
        unseen = inside & (np.arange(N) % 2 == 1)
        one = only(found, "accuracy.slice_error")
        assert one.n == unseen.sum()
        assert (one.first, one.second) == pytest.approx(((~FIRST.right)[unseen].mean(), (~SECOND.right)[unseen].mean()))
        assert one.difference == pytest.approx(one.second - one.first)  # type: ignore[operator]
        flips = {flip.slice: flip.n for flip in found.flips}
        assert flips["age in [25,34)"] == unseen.sum()
        assert flips["sex=f"] == inside.sum(), "a group that nobody had to search for"

    def test_the_same_words_for_other_examples_cannot_be_told(self) -> None:
        first, second = self.of(**{"sex=f": SEX == "f"})
        second = replace(second, slices={"sex=f": SEX == "m"})
        one = only(
            compared(first, second, proportion("accuracy.slice_error", 1, 4, slice=self.WHERE)), "accuracy.slice_error"
        )
        assert one.outcome == "cannot tell"
        assert "mean other examples" in one.reason

    def test_parts_are_kept_with_the_rows(self) -> None:
        first, _ = self.of(**{"age in [25,34) & sex=f": SEX == "f"})
        again = Rows.from_bytes(replace(first, weight=np.ones(N), unit=np.arange(N)).to_bytes())
        np.testing.assert_array_equal(again.slices["age in [25,34) & sex=f"], SEX == "f")
        np.testing.assert_array_equal(again.searched, first.searched)
        assert again.unit is not None
        assert again.unit[-1] == N - 1


class TestMargins:
    def test_the_policys_rule_against_the_parent_sets_the_margin(self) -> None:
        worse = replace(FIRST, decision=np.where(np.arange(N) < 8, 1 - FIRST.decision, FIRST.decision))
        measure = proportion("accuracy.accuracy", 1, 2)
        rule = Rule(
            measure="accuracy.accuracy", against="parent", at_least=-0.08, rationale="May lose up to eight points."
        )
        policy = Policy(name="p", version="1", purpose="p", rules=(rule,))
        plain, allowed = compared(FIRST, worse, measure), compared(FIRST, worse, measure, policy=policy)
        assert only(plain, "accuracy.accuracy").outcome in ("worse", "cannot tell")
        assert only(allowed, "accuracy.accuracy").outcome == "no worse"
        assert only(allowed, "accuracy.accuracy").margin == 0.08

    def test_a_rule_that_asks_for_a_gain_allows_no_loss(self) -> None:
        gain = Rule(measure="accuracy.accuracy", against="parent", at_least=0.02, rationale="Must gain two points.")
        policy = Policy(name="p", version="1", purpose="p", rules=(gain,))
        found = compared(FIRST, SECOND, proportion("accuracy.accuracy", 1, 2), policy=policy)
        assert only(found, "accuracy.accuracy").margin is None

    def test_what_is_undecided_says_how_many_examples_would_settle_it(self) -> None:
        few = np.arange(60)
        first, second = (
            Rows(o.ids[few], o.truth[few], o.decision[few], o.score[few], CLASSES, {"sex": SEX[few]})
            for o in (FIRST, SECOND)
        )
        one = only(compared(first, second, proportion("accuracy.accuracy", 30, 60)), "accuracy.accuracy")
        assert one.outcome == "cannot tell"
        assert one.settles_at is not None
        assert one.settles_at > 60
        gain, worst = one.difference, one.low
        scaled = gain - (gain - worst) * np.sqrt(60 / one.settles_at)  # type: ignore[operator]
        assert scaled == pytest.approx(0, abs=0.002)


class TestSpread:
    def siblings(self, *values: float):  # type: ignore[no-untyped-def]
        return [
            report_of(proportion("accuracy.accuracy", round(1000 * v), 1000), title=f"a@{at}")
            for at, v in enumerate(values)
        ]

    def test_the_spread_has_the_limits_of_scipys_chi_squared_and_students_reach(self) -> None:
        from scipy import stats

        values = [0.80, 0.82, 0.79, 0.84, 0.81]
        (one,) = spreads(self.siblings(*values)).values()
        assert (one.runs, one.mean, one.deviation) == (
            5,
            pytest.approx(np.mean(values)),
            pytest.approx(np.std(values, ddof=1)),
        )
        assert one.low == pytest.approx(one.deviation * np.sqrt(4 / stats.chi2.ppf(0.975, 4)))
        assert one.reach == pytest.approx(stats.t.ppf(0.975, 4) * np.sqrt(2) * one.deviation)

    def test_two_runs_of_a_recipe_lie_within_reach_in_95_of_100_cases(self) -> None:
        draw, held = np.random.default_rng(0), []
        for _ in range(300):
            (one,) = spreads(self.siblings(*draw.normal(0.8, 0.02, 5))).values()
            first, second = draw.normal(0.8, 0.02, 2)
            held.append(abs(first - second) <= one.reach)
        assert np.mean(held) == pytest.approx(0.95, abs=0.04)

    def test_a_comparison_says_whether_a_difference_exceeds_what_the_seed_does(self) -> None:
        measure = proportion("accuracy.accuracy", 1, 2)
        near, far = (spreads(self.siblings(*values)) for values in ((0.8, 0.9, 0.7), (0.8, 0.8001, 0.7999)))
        assert only(compared(FIRST, SECOND, measure, spread=near), "accuracy.accuracy").beyond_seed is False
        assert only(compared(FIRST, SECOND, measure, spread=far), "accuracy.accuracy").beyond_seed is True
        assert only(compared(FIRST, SECOND, measure), "accuracy.accuracy").beyond_seed is None

    def test_too_few_versions_have_no_spread_and_other_splits_are_refused(self) -> None:
        assert spreads(self.siblings(0.8, 0.9)) == {}
        one, *rest = self.siblings(0.8, 0.9, 0.7)
        with pytest.raises(ValueError, match="different splits"):
            spreads([one.model_copy(update={"split": "6" * 64}), *rest])


def test_a_comparison_is_made_once_and_again_for_rows_that_differ_in_anything() -> None:
    measure = some("accuracy.balanced_accuracy")
    known = [Rows.from_bytes(one.to_bytes()) for one in (FIRST, SECOND, rows(0.9, 3))]
    found = paired_once([measure], known[0], known[1], 1, 0.95, 0)
    assert found == paired_differences([measure], FIRST, SECOND, 1, 0.95, 0)
    kept = dict(found)
    found.clear()
    assert paired_once([measure], known[0], known[1], 1, 0.95, 0) == kept
    assert paired_once([measure], known[0], known[2], 1, 0.95, 0) != kept
    assert known[0].take(np.arange(9)).digest is None
    assert replace(known[0], decision=SECOND.decision).digest is None
