"""What examples add to a number: paired differences of changed inputs, explanations, neighbours and predicted numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_models import Case, case, linear, loans, loans_case, rows_of, shapes_case, task, trained

import audit
from audit.catalogue import catalogue
from audit.checks.consistency import effective, nearest, touching
from audit.checks.probable_groups import probable_groups
from audit.compare import Comparison, compare
from audit.contribution import Contribution
from audit.estimate import banded
from audit.evidence import GroupProbabilities, Groups, Outputs, Predictions, Ranking, Seed
from audit.measure import Measure, setting, where
from audit.paired import paired_differences
from audit.report import Answer, Report
from audit.rows import Rows
from audit.run import Subject, report, run

CLASSES = ("deny", "approve")
TIMED = [one for one in catalogue().values() if one.dimension != "cost"]


def audited(one: Case) -> tuple[Report, Rows]:
    evidence = one.subject.evidence
    answers = [Answer.model_validate_json(each.model_dump_json()) for each in run(evidence, TIMED)]
    assert {each.status for each in answers} <= {"measured", "not_applicable"}
    ids = one.test.ids.astype(str).astype(object)
    rows = Rows.from_bytes(Rows.of_audit(ids, evidence, answers, 0).to_bytes())
    return report(one.subject, answers), rows


@pytest.fixture(scope="module")
def loan_versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Case]:
    folder = tmp_path_factory.mktemp("loans")
    first = loans_case(folder / "1")
    other = trained(folder / "2", {"hidden": 4, "layers": 2}, first.train, first.task)
    return first, case(first.task, other, first.train, first.test)


@pytest.fixture(scope="module")
def shape_versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Case]:
    folder = tmp_path_factory.mktemp("shapes")
    first = shapes_case(folder / "1")
    other = trained(folder / "2", {"mean": 0.4}, first.train, first.task)
    return first, case(first.task, other, first.train, first.test)


@pytest.mark.parametrize("versions", ["loan_versions", "shape_versions"])
def test_every_number_that_both_versions_have_is_paired(versions: str, request: pytest.FixtureRequest) -> None:
    first, second = request.getfixturevalue(versions)
    found = compare(*audited(first), *audited(second), first.task)
    both = [one for one in found.differences if one.first is not None and one.second is not None]
    assert [one.name for one in both if not one.method] == []
    robust = [one for one in both if one.name.startswith(("robustness.", "explainability."))]
    assert len(robust) >= 10
    for one in robust:
        assert one.difference == pytest.approx(one.second - one.first, abs=1e-9), one.name  # type: ignore[operator]


def test_what_is_kept_beside_the_rows_is_not_in_the_report(loan_versions: tuple[Case, Case]) -> None:
    made, rows = audited(loan_versions[0])
    assert {one.contributions for one in made.answers} == {None}
    assert "fairness.counterfactual_flip_rate by=sex change=proxies" in rows.contributions
    assert all(len(one) == 300 for one in rows.contributions.values())


def test_a_version_that_breaks_under_noise_is_worse_and_its_twin_is_not(tmp_path: Path) -> None:
    of, train, test = task(), loans(300, 1, "train"), loans(4000, 2)
    width = loans_width(tmp_path, train, of)
    steady = [3.0, -4.0, *[0.0] * (width - 2)]
    made = {
        name: case(of, linear(tmp_path / name, weights, train, of), train, test)
        for name, weights in {"steady": steady, "twin": steady, "brittle": [-one for one in steady]}.items()
    }
    noisy = [one for one in TIMED if one.code == "ROB001"]
    told: dict[str, tuple[Report, Rows]] = {}
    for name, one in made.items():
        answers = list(run(one.subject.evidence, noisy))
        ids = test.ids.astype(str).astype(object)
        told[name] = report(one.subject, answers), Rows.of_audit(ids, one.subject.evidence, answers, 0)
    fell = outcomes(compare(*told["steady"], *told["brittle"], of), "robustness.noise_accuracy")
    alike = outcomes(compare(*told["steady"], *told["twin"], of), "robustness.noise_accuracy")
    assert fell == {"worse"}
    assert "worse" not in alike
    assert "better" not in alike


def loans_width(folder: Path, train: object, of: object) -> int:
    model = trained(folder / "width", {"hidden": 2, "layers": 1}, train, of)  # type: ignore[arg-type]
    return int(model.encode(train.inputs).shape[1])  # type: ignore[attr-defined]


def outcomes(found: Comparison, name: str) -> set[str]:
    return {one.outcome for one in found.differences if one.name == name}


def test_neighbours_influence_the_share_as_much_as_they_share_pairs() -> None:
    draw = np.random.default_rng(0)
    points = draw.normal(size=(400, 2))
    decision = points[:, 0] + draw.normal(size=400) > 0
    near = nearest(points, 5)
    differs = decision[near] != decision[:, None]
    influence = touching(near, differs)
    share = differs.mean()
    assert influence.mean() == pytest.approx(0, abs=1e-12)
    assert influence.var() / 400 == pytest.approx(share * (1 - share) / effective(near, differs), rel=0.35)


def test_a_median_is_resampled_with_its_rows() -> None:
    draw = np.random.default_rng(1)
    truth, score = draw.integers(0, 2, 300), draw.dirichlet([1, 1], 300)
    first, second = draw.gamma(2, 1, 300), draw.gamma(2, 1.6, 300)
    name, at = "explainability.completeness_error", setting(steps=64)
    rows = [with_values(score + np.array([e, -e]), truth, name, at, each) for e, each in ((0, first), (1e-9, second))]
    measure = banded(name, 1.0, {0.95: (0.0, 2.0)}, "by hand", setting=at, n=300)
    found = paired_differences([measure], rows[0], rows[1], 1, 0.95, 0)[measure.key]
    again = [np.median(second[r]) - np.median(first[r]) for r in draw.integers(0, 300, (2000, 300))]
    assert found.difference == pytest.approx(np.median(second) - np.median(first), abs=0.02)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(again, [0.025, 0.975])), abs=0.06)


def with_values(score: np.ndarray, truth: np.ndarray, name: str, at: tuple, values: np.ndarray) -> Rows:  # type: ignore[type-arg]
    rows = rows_of({Predictions: Predictions(truth, score.argmax(axis=1), score, CLASSES, 1)})
    kept = Contribution.of(name, values, at)
    rows.contributions[kept.key] = kept.values(len(truth))
    return rows


def test_an_impact_ratio_of_the_law_is_resampled_against_the_best_category_that_is_large_enough() -> None:
    draw = np.random.default_rng(2)
    n = 1200
    sex = draw.choice(np.array(["f", "m", "x"], dtype=object), n, p=[0.5, 0.49, 0.01])
    truth = draw.integers(0, 2, n)
    kept = [np.where(sex == "x", 0.9, draw.random(n) + shift * (sex == "m")) for shift in (0.0, 0.3)]
    rows = [
        Rows(np.arange(n).astype(str).astype(object), truth, (one > 0.5).astype(int), np.column_stack([1 - one, one]),
             CLASSES, {"sex": sex})
        for one in kept
    ]  # fmt: skip
    at, name = setting(law="nyc_ll144", rate="selection", table="sex"), "fairness.impact_ratio"
    measure = banded(name, 0.5, {0.95: (0.0, 1.0)}, "by hand", setting=at, slice=where(sex="f"), n=n)
    found = paired_differences([measure], rows[0], rows[1], 1, 0.95, 0)[measure.key]

    def ratio(one: np.ndarray, r: np.ndarray) -> float:
        rate = {of: (one[r] > 0.5)[sex[r] == of].mean() for of in ("f", "m")}
        return float(rate["f"] / max(rate.values()))

    again = [ratio(kept[1], r) - ratio(kept[0], r) for r in draw.integers(0, n, (2000, n))]
    assert found.difference == pytest.approx(ratio(kept[1], np.arange(n)) - ratio(kept[0], np.arange(n)), abs=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(again, [0.025, 0.975])), abs=0.012)


class Line:
    """Predicts a number, this far off."""

    def __init__(self, noise: float) -> None:
        self.noise = noise

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        draw = np.random.default_rng(7)
        return np.asarray(2 * rows["x"] + self.noise * draw.normal(size=len(rows)))


def test_versions_that_predict_numbers_are_compared() -> None:
    draw = np.random.default_rng(4)
    rows = pd.DataFrame({"x": draw.normal(size=600)})
    truth = 2 * rows["x"] + 0.5 * draw.normal(size=600)
    town = draw.choice(["a", "b"], 600)
    first, second, twin = (
        audit.audit(Line(noise), rows, truth, groups={"town": town}, kind="regression", name="line")
        for noise in (1.0, 0.2, 1.0)
    )
    found = first.compare(second)
    both = [one for one in found.differences if one.first is not None and not one.name.startswith("efficiency.")]
    assert len(both) >= 10
    for one in both:
        assert one.method, one.name
        before, after = one.first, one.second
        if one.better == "target":
            before, after = abs(before), abs(after)  # type: ignore[arg-type]
        assert one.difference == pytest.approx(after - before, abs=1e-9), one.name  # type: ignore[operator]
    assert outcomes(found, "accuracy.regression_error") == {"better"}
    assert found.flips == ()
    assert outcomes(first.compare(twin), "accuracy.regression_error") <= {"no worse", "cannot tell"}


RANKED = 900
RANKS = np.random.default_rng(11)
QUERY = RANKS.integers(0, 60, RANKED)
RELEVANT = (RANKS.random(RANKED) < 0.35).astype(int)
LABELS = {
    "town": RANKS.choice(np.array(["a", "b"], dtype=object), RANKED),
    "age": RANKS.choice(np.array(["old", "young"], dtype=object), RANKED),
}


def ranked(noise: float, seed: int, queries: bool) -> tuple[Report, Rows]:
    """A ranking that tells the relevant ones the better, the less noise there is."""
    score = np.round(RELEVANT + noise * np.random.default_rng(seed).normal(size=RANKED), 1)
    evidence = {Ranking: Ranking(RELEVANT, score, QUERY if queries else None), Groups: Groups(LABELS, ())}
    answers = list(run(evidence, [catalogue()["FAI011"]]))
    subject = Subject(str(seed), f"a@{seed}", task().sha256(), "loans", "5" * 64, RANKED, evidence)
    ids = np.arange(RANKED).astype(str).astype(object)
    return report(subject, answers), Rows.from_bytes(Rows.of_audit(ids, evidence, answers, 0).to_bytes())


@pytest.mark.parametrize("queries", [True, False])
def test_rankings_are_compared_group_by_group(queries: bool) -> None:
    of = task(favourable=None, groups=("town", "age"))
    first, better, twin = (ranked(noise, seed, queries) for noise, seed in ((1.0, 1), (0.5, 2), (1.0, 3)))
    found = compare(*first, *better, of)
    both = [one for one in found.differences if one.first is not None]
    assert {one.slice_text for one in both} >= {"", "town=a", "age=old & town=b"}
    assert {one.name for one in both} == {"accuracy.roc_auc", "fairness.pairwise_accuracy_difference"}
    for one in both:
        assert one.method, one.name
        assert one.difference == pytest.approx(one.second - one.first, abs=1e-9)  # type: ignore[operator]
    assert "better" in outcomes(found, "accuracy.roc_auc")
    assert not {"better", "worse"} & outcomes(compare(*first, *twin, of), "accuracy.roc_auc")


@pytest.mark.parametrize("queries", [True, False])
def test_the_error_of_two_rankings_is_that_of_queries_or_rows_drawn_again(queries: bool) -> None:
    (_, one), (second, other) = (ranked(noise, seed, queries) for noise, seed in ((1.0, 1), (0.8, 2)))
    (whole,) = (m for m in second.measures() if m.name == "accuracy.roc_auc" and not m.slice)
    found = paired_differences([whole], one, other, None, 0.95, 0)[whole.key]

    def area(score: np.ndarray, rows: np.ndarray, query: np.ndarray) -> float:
        came, said = RELEVANT[rows] == 1, score[rows]
        pairs = (came[:, None] & ~came[None, :]) & ((query[:, None] == query[None, :]) if queries else True)
        well = (said[:, None] > said[None, :]) + 0.5 * (said[:, None] == said[None, :])
        return float((well * pairs).sum() / pairs.sum())

    draw, again = np.random.default_rng(5), []
    for _ in range(150):
        if queries:
            picked = draw.integers(0, 60, 60)
            rows = np.concatenate([np.flatnonzero(each == QUERY) for each in picked])
            query = np.repeat(np.arange(60), [int((each == QUERY).sum()) for each in picked])
        else:
            rows, query = draw.integers(0, RANKED, RANKED), np.zeros(RANKED)
        again.append(area(other.decision, rows, query) - area(one.decision, rows, query))
    assert (found.high - found.low) / 3.92 == pytest.approx(np.std(again), rel=0.2)  # type: ignore[operator]


@pytest.mark.parametrize("weighted", [True, False])
def test_gaps_of_probable_groups_are_paired_by_the_influence_of_each_row(weighted: bool) -> None:
    draw = np.random.default_rng(8)
    n = 3000
    share = draw.dirichlet([1, 1, 1], n)
    weight = draw.integers(1, 4, n).astype(float) if weighted else None
    told = []
    for pull in (0.1, 0.4):
        decision = (draw.random(n) < 0.3 + pull * share[:, 0]).astype(int)
        probabilities = GroupProbabilities({"race": ("a", "b", "c")}, {"race": share})
        outputs = Outputs(decision, None, CLASSES, 1, weight)
        asked = list(probable_groups(outputs, probabilities, Seed(0)))
        gap = next(
            one for one in asked if isinstance(one, Measure) and one.setting == setting(by="race", estimate="weighted")
        )
        (kept,) = (one for one in asked if isinstance(one, Contribution))
        rows = Rows.of(
            np.arange(n).astype(str).astype(object),
            Predictions(decision, decision, np.eye(2)[decision], CLASSES, 1, weight), None,
            contributions={kept.key: kept.values(n)},
        )  # fmt: skip
        told.append((gap, rows, decision))
    (before, first, one), (after, second, other) = told
    found = paired_differences([after], first, second, 1, 0.95, 0)[after.key]
    assert found.difference == pytest.approx(after.value - before.value, abs=1e-9)

    def gap_of(decision: np.ndarray, times: np.ndarray) -> float:
        counting = times * (1.0 if weight is None else weight)
        rate = (counting * decision) @ share / (counting @ share)
        return float(rate.max() - rate.min())

    again = [gap_of(other, times) - gap_of(one, times) for times in draw.multinomial(n, np.full(n, 1 / n), 800)]
    assert (found.high - found.low) / 3.92 == pytest.approx(np.std(again), rel=0.15)  # type: ignore[operator]
