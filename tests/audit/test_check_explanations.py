"""EXP001 and EXP002 on linear models, whose explanations are known in closed form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_models import Case, case, linear, task

from audit.catalogue import select
from audit.checks.importance import importance
from audit.evidence import Network, Predictions, Seed, Table
from audit.measure import Measure
from audit.report import Answer, Exhibit
from audit.run import ask
from models.data.split import Split

WEIGHTS = [2.0, -1.0, 0.0]


def people(n: int, seed: int, part: str = "test") -> Split:
    draw = np.random.default_rng(seed)
    inputs = pd.DataFrame(draw.normal([3, 1, 40], [1, 0.2, 12], (n, 3)), columns=["income", "debt", "age"])
    truth = (draw.random(n) < 0.5).astype(int)
    groups = pd.DataFrame({"sex": draw.choice(["f", "m"], n), "region": draw.choice(["n", "s"], n)})
    return Split("people", part, inputs, truth, ("deny", "approve"), groups, np.arange(n) + 1000 * seed)


def explained(folder: Path, weights: list[float]) -> Case:
    train = people(200, 1, "train")
    return case(task(), linear(folder, weights, train, task()), train, people(120, 2), sample=80)


def asked(code: str, of: Case) -> Answer:
    (check,) = select([code])
    answer = ask(check, of.subject.evidence, 0)
    assert answer.status == "measured", answer.reason
    return answer


def value(answer: Answer, name: str) -> Measure:
    return next(one for one in answer.measures if one.name == f"explainability.{name}")


def test_attributions_of_a_linear_model_are_weight_times_distance_from_the_baseline(tmp_path: Path) -> None:
    of = explained(tmp_path, WEIGHTS)
    network: Network = of.subject.evidence[Network]
    # the score explained is that of the class decided: the logit of "deny" is always 0
    approved = network.inputs @ np.array(WEIGHTS) > 0
    exact = np.where(approved[:, None], network.inputs - network.baseline, 0) * WEIGHTS
    answer = asked("EXP001", of)
    table = next(one for one in answer.exhibits if one.name == "explainability.attribution")
    found = {row[0]: row[1] for row in table.rows}
    expected = dict(zip(["income", "debt", "age"], np.abs(exact).mean(axis=0), strict=True))
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert value(answer, "completeness_error").value < 1e-4


def test_deleting_what_matters_first_is_faster_than_chance(loans: Case, tmp_path: Path) -> None:
    for of in (loans, explained(tmp_path, WEIGHTS)):
        gain = value(asked("EXP001", of), "faithfulness")
        shown = gain.shown()
        assert gain.value > 0
        assert shown is not None
        assert shown.low > 0


def test_a_model_that_looks_at_nothing_has_no_faithful_explanation(tmp_path: Path) -> None:
    answer = asked("EXP001", explained(tmp_path, [0.0, 0.0, 0.0]))
    assert value(answer, "faithfulness").value == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", ["loans", "shapes", "plants"])
def test_attributions_add_up_to_the_change_of_the_score(name: str, request: pytest.FixtureRequest) -> None:
    answer = asked("EXP001", request.getfixturevalue(name))
    assert value(answer, "completeness_error").value < 0.02


def test_everything_deleted_leaves_the_same_score_whatever_the_order(loans: Case) -> None:
    curve = next(one for one in asked("EXP001", loans).exhibits if one.name == "explainability.deletion")
    deleted, informed, random = (np.array(column, dtype=float) for column in zip(*curve.rows, strict=True))
    assert deleted[-1] == 1
    assert informed[-1] == pytest.approx(random[-1], abs=1e-9)


def test_shapley_values_of_a_nearly_linear_probability_are_known(tmp_path: Path) -> None:
    """With small weights the probability is 1/2 + logit/4: the value of a column is weight/4 times its distance."""
    weights = [0.02, -0.01, 0.0]
    of = explained(tmp_path, weights)
    network, said = of.subject.evidence[Network], of.subject.evidence[Predictions]
    table, n = of.subject.evidence[Table], len(network.inputs)
    found = importance(network, said, table, Seed(0), examples=n, background=n)
    measures = [one for one in found if isinstance(one, Measure)]
    distance = np.abs(network.inputs - network.inputs.mean(axis=0)).mean(axis=0)
    assert [dict(one.setting)["column"] for one in measures] == ["income", "debt", "age"]
    assert [one.value for one in measures] == pytest.approx(np.abs(weights) / 4 * distance, rel=1e-2, abs=1e-6)


def test_the_column_that_decides_ranks_first(tmp_path: Path) -> None:
    answer = asked("EXP002", explained(tmp_path, WEIGHTS))
    (ranking,) = answer.exhibits
    assert isinstance(ranking, Exhibit)
    assert [row[0] for row in ranking.rows] == ["income", "debt", "age"]
    assert ranking.title == "The model rests most on income"
    assert answer.measures[2].value == pytest.approx(0, abs=1e-9)


def test_a_category_is_one_column_however_many_inputs_it_has(loans: Case) -> None:
    assert [dict(one.setting)["column"] for one in asked("EXP002", loans).measures] == ["income", "debt", "job"]


def test_two_examples_are_explained_without_claiming_much(loans: Case) -> None:
    network: Network = loans.subject.evidence[Network]
    two = replace(network, rows=network.rows[:2], inputs=network.inputs[:2], truth=network.truth[:2])
    (check,) = select(["EXP001"])
    answer = ask(check, {**loans.subject.evidence, Network: two}, 0)
    assert answer.status == "measured", answer.reason
    assert value(answer, "faithfulness").n == 2
