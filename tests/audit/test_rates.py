"""Rates of counts against scikit-learn and fairlearn, which work on rows."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn import metrics as fair
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from audit import rates
from audit.tally import EVERYONE, Tally


def rows(seed: int, classes: int, n: int, groups: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, decisions that are right somewhat more often than not, and groups of unequal size."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, classes, n)
    decision = np.where(draw.random(n) < 0.6, truth, draw.integers(0, classes, n))
    return (
        truth,
        decision,
        draw.choice(list("abcdefgh")[:groups], n, p=np.arange(1, groups + 1) / sum(range(groups + 1))),
    )


def tally(truth: np.ndarray, decision: np.ndarray, classes: int, **groups: np.ndarray) -> Tally:
    return Tally.of(truth, decision, groups, tuple(map(str, range(classes))), 1)


same = pytest.approx


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 6), n=st.integers(1, 60))
def test_rates_are_those_of_scikit_learn(seed: int, classes: int, n: int) -> None:
    truth, decision, _ = rows(seed, classes, n)
    counts = tally(truth, decision, classes).total
    occurring, known = np.unique(truth), np.unique(np.concatenate([truth, decision]))
    one_by_one = {"labels": known, "average": None, "zero_division": np.nan}
    together = {"average": "macro", "zero_division": 0}

    def close(found: object, expected: object) -> None:
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)

    close(rates.accuracy(counts), metrics.accuracy_score(truth, decision))
    close(rates.balanced_accuracy(counts), metrics.recall_score(truth, decision, labels=occurring, average="macro"))
    close(rates.precisions(counts)[known], metrics.precision_score(truth, decision, **one_by_one))
    close(rates.recalls(counts)[known], metrics.recall_score(truth, decision, **one_by_one))
    close(rates.f1s(counts)[known], metrics.f1_score(truth, decision, **one_by_one))
    close(rates.precision_macro(counts), metrics.precision_score(truth, decision, **together))
    close(rates.recall_macro(counts), metrics.recall_score(truth, decision, **together))
    close(rates.f1_macro(counts), metrics.f1_score(truth, decision, **together))


@pytest.mark.parametrize("seed", range(12))
def test_gaps_between_groups_are_those_of_fairlearn(seed: int) -> None:
    truth, decision, group = rows(seed, 2, 400, groups=2 + seed % 4)
    counts = tally(truth, decision, 2, by=group).counts["by"]
    given = {"sensitive_features": group}
    frame = fair.MetricFrame(
        metrics={
            "selected": fair.selection_rate, "accuracy": metrics.accuracy_score, "tpr": fair.true_positive_rate,
            "fpr": fair.false_positive_rate,
        },
        y_true=truth, y_pred=decision, **given,
    )  # fmt: skip
    by_group = frame.by_group.sort_index()

    def close(found: object, expected: object) -> None:
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)

    close(rates.selection(counts, 1), by_group["selected"])
    close(rates.accuracy(counts), by_group["accuracy"])
    close(rates.recalls(counts)[:, 1], by_group["tpr"])
    close(rates.false_alarm(counts, 1), by_group["fpr"])
    close(rates.gap(rates.accuracy(counts)), frame.difference()["accuracy"])
    close(rates.gap(rates.selection(counts, 1)), fair.demographic_parity_difference(truth, decision, **given))
    close(rates.smallest_ratio(rates.selection(counts, 1)), fair.demographic_parity_ratio(truth, decision, **given))
    close(rates.gap(rates.recalls(counts)[:, 1]), fair.equal_opportunity_difference(truth, decision, **given))
    odds = max(rates.gap(rates.recalls(counts)[:, 1]), rates.gap(rates.false_alarm(counts, 1)))
    close(odds, fair.equalized_odds_difference(truth, decision, **given))


def test_many_tables_at_once_give_what_each_gives_alone() -> None:
    tables = np.random.default_rng(0).integers(0, 9, (7, 3, 3))
    for one in (rates.accuracy, rates.balanced_accuracy, rates.f1s, rates.f1_macro, rates.recall_macro):
        np.testing.assert_array_equal(one(tables), np.array([one(table) for table in tables]))


def test_a_rate_without_examples_does_not_exist() -> None:
    counts = np.array([[3, 0], [0, 0]])
    assert np.isnan(rates.recalls(counts)[1])
    assert np.isnan(rates.precisions(counts)[1])
    assert np.isnan(rates.f1s(counts)[1])
    assert np.isnan(rates.accuracy(np.zeros((2, 2), int)))
    assert rates.balanced_accuracy(counts) == 1


def test_a_group_without_such_examples_makes_no_gap() -> None:
    assert rates.gap(np.array([0.2, np.nan, 0.5])) == same(0.3)
    assert rates.smallest_ratio(np.array([0.2, np.nan, 0.5])) == same(0.4)
    assert np.isnan(rates.smallest_ratio(np.array([0.0, 0.0])))


def test_the_whole_is_the_sum_of_its_groups() -> None:
    truth, decision, group = rows(5, 4, 300)
    found = tally(truth, decision, 4, by=group)
    assert found.groupings == ("by",)
    np.testing.assert_array_equal(found.counts["by"].sum(axis=0), found.total)
    np.testing.assert_array_equal(found.total, metrics.confusion_matrix(truth, decision))
    assert found.names[EVERYONE] == (EVERYONE,)
