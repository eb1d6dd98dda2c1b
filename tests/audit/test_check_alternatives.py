"""FAI012: an alternative that is there is found on data that did not choose it; where there is none, none is claimed."""

from __future__ import annotations

import numpy as np
import pytest
from small_models import predictions

from audit.catalogue import select
from audit.evidence import Alternatives, Groups, Predictions, Tally
from audit.predicted import predicted
from audit.report import Answer
from audit.run import ask

CLASSES = ("deny", "approve")
NAME = "fairness.alternative_impact_ratio"


def world(seed: int, n: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, groups, and the probability that a model states: a little lower for b at the same truth."""
    draw = np.random.default_rng(seed)
    truth, group = draw.integers(0, 2, n), draw.choice(np.array(["a", "b"], dtype=object), n)
    score = 1 / (1 + np.exp(-(2.5 * truth - 1.25 + draw.normal(0, 1, n) - 0.5 * (group == "b"))))
    return truth, group, score


def asked(
    truth: np.ndarray, group: np.ndarray, score: np.ndarray, cut: float, other: Alternatives | None = None
) -> Answer:
    said = predictions(truth, np.column_stack([1 - score, score]), CLASSES, 1)
    said = Predictions(truth, (score >= cut).astype(int), said.score, CLASSES, 1)
    evidence = predicted(said, {"race": group}, 1) | ({Alternatives: other} if other else {})
    return ask(select(["FAI012"])[0], evidence, 0)


def test_a_more_even_threshold_that_costs_nothing_is_found_and_measured_on_the_other_half() -> None:
    truth, group, score = world(0)
    answer = asked(truth, group, score, 0.75)
    (found,) = answer.measures
    assert found.name == NAME
    now = [((score >= 0.75) & (group == g)).sum() / (group == g).sum() for g in "ab"]
    assert found.value > min(now) / max(now) + 0.05  # type: ignore[operator]
    assert found.intervals[0].low < found.value < found.intervals[0].high  # type: ignore[operator]
    assert "as it is: impact ratio" in found.note
    (table,) = answer.exhibits
    assert table.rows[0][0] == "as it is"
    front = [row for row in table.rows if row[7] == "yes"]
    assert len(front) > 2


def test_another_version_that_beats_all_thresholds_is_chosen() -> None:
    truth, group, score = world(1)
    fair = np.where(np.random.default_rng(0).random(len(truth)) < 0.97, truth, 1 - truth)
    (found,) = asked(truth, group, score, 0.5, Alternatives({"loans@2": fair})).measures
    assert found.note.startswith("loans@2: accuracy 9")
    assert found.value == pytest.approx(1.0, abs=0.08)


def test_what_was_chosen_by_chance_is_not_praised_on_the_half_that_did_not_choose() -> None:
    gains = []
    for seed in range(40):
        draw = np.random.default_rng(seed)
        truth, group = draw.integers(0, 2, 200), draw.choice(np.array(["a", "b"], dtype=object), 200)
        noise = {f"v{i}": draw.integers(0, 2, 200) for i in range(30)}
        (found,) = asked(truth, group, draw.random(200), 0.5, Alternatives(noise)).measures
        gains.append(found.intervals[0].high)
    assert np.mean(np.array(gains) >= 1) >= 0.9  # all alternatives select both groups alike in truth


@pytest.mark.parametrize("cut", [0.0, 2.0])
def test_everybody_or_nobody_selected_is_a_number_or_a_reason(cut: float) -> None:
    truth, group, score = world(2, 60)
    answer = asked(truth, group, score, cut)
    assert answer.status == "measured"
    assert all(one.value is not None or one.reason for one in answer.measures)


def test_it_needs_a_favourable_outcome_groups_and_a_few_rows() -> None:
    said = predictions(np.array([0, 1, 1]), np.eye(2)[[0, 1, 1]], CLASSES, 1)
    few = predicted(said, {"race": np.array(["a", "b", "a"], dtype=object)}, 1)
    assert "at least 4 examples" in ask(select(["FAI012"])[0], few, 0).reason
    none = predicted(said, {"race": np.array(["a", "b", "a"], dtype=object)}, None)
    assert ask(select(["FAI012"])[0], none, 0).status == "not_applicable"
    assert ask(select(["FAI012"])[0], {Predictions: said, Tally: few[Tally]}, 0).status == "not_applicable"
    assert Groups in few
