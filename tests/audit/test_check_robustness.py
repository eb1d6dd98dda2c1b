"""ROB001 and ROB002 where the right answer is known in closed form: models that are linear, or ignore a column."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_models import Case, case, linear, task

from audit.catalogue import select
from audit.evidence import Images, Network, Predictions, Seed, Table
from audit.measure import Measure
from audit.run import ask
from models.data.split import Split

WEIGHTS = [1.6, -0.7, 0.0, 0.4]
COLUMNS = ["income", "debt", "idle", "age"]


def people(n: int, seed: int, part: str = "test") -> Split:
    """Four numbers on different scales; the third says nothing."""
    draw = np.random.default_rng(seed)
    inputs = pd.DataFrame(draw.normal([3, 1, 0, 40], [1, 0.2, 5, 12], (n, 4)), columns=COLUMNS)
    logit = ((inputs.to_numpy() - [3, 1, 0, 40]) / [1, 0.2, 5, 12]) @ WEIGHTS
    truth = (draw.random(n) < 1 / (1 + np.exp(-2 * logit))).astype(int)
    groups = pd.DataFrame({"sex": draw.choice(["f", "m"], n), "region": draw.choice(["n", "s"], n)})
    return Split("people", part, inputs, truth, ("deny", "approve"), groups, np.arange(n) + 1000 * seed)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Case:
    train = people(400, 1, "train")
    model = linear(tmp_path_factory.mktemp("linear"), WEIGHTS, train, task(), bias=0.2)
    return case(task(), model, train, people(400, 2), sample=150)


def measured(code: str, of: Case) -> dict[tuple[str, str], Measure]:
    (check,) = select([code])
    answer = ask(check, of.subject.evidence, 0)
    assert answer.status == "measured", answer.reason
    return {(one.name, one.setting_text): one for one in answer.measures}


def test_the_attack_finds_exactly_what_breaks_a_linear_model(judged: Case) -> None:
    """Each input moves against its weight as far as radius and range let it; the example holds if its margin does."""
    network: Network = judged.subject.evidence[Network]
    weights = np.array(WEIGHTS)
    side = 2 * network.truth - 1
    margin = side * (network.inputs @ weights + 0.2)
    found = measured("ROB002", judged)
    for radius in (0.05, 0.1, 0.25, 0.5):
        moved = network.inputs - radius * network.spread * np.sign(weights) * side[:, None]
        reached = np.clip(moved, network.low, network.high) - network.inputs
        worst = margin + side * (reached @ weights)
        assert np.abs(worst).min() > 1e-5
        one = found["robustness.pgd_accuracy", f"epsilon={radius:g} norm=linf restarts=1 steps=40"]
        assert one.value == pytest.approx((worst > 0).mean(), abs=1e-12)
        assert (one.bound, one.n) == ("upper", 150)


@pytest.mark.parametrize("name", ["loans", "shapes", "plants"])
def test_more_freedom_never_helps_the_model(name: str, request: pytest.FixtureRequest) -> None:
    of: Case = request.getfixturevalue(name)
    network: Network = of.subject.evidence[Network]
    clean = (of.subject.evidence[Predictions].decision == of.test.truth)[network.rows].mean()
    found = measured("ROB002", of)
    curve = [clean, *(one.value for _, one in sorted(found.items(), key=lambda pair: dict(pair[1].setting)["epsilon"]))]
    assert all(later <= earlier for earlier, later in pairwise(curve))
    assert curve[-1] < clean
    assert {one.bound for one in found.values()} == {"upper"}


def test_a_column_that_the_model_ignores_may_be_missing(judged: Case) -> None:
    found = measured("ROB001", judged)
    clean = (judged.subject.evidence[Predictions].decision == judged.test.truth).mean()
    idle, income = "column=idle missing=True", "column=income missing=True"
    assert found["robustness.missing_input_accuracy", idle].value == clean
    assert found["robustness.noise_sensitivity", idle].value == 0
    assert found["robustness.noise_sensitivity", income].value > 0.05


def test_a_missing_number_counts_as_the_training_mean(judged: Case) -> None:
    frame = judged.test.inputs
    assert isinstance(frame, pd.DataFrame)
    train = judged.train.inputs
    assert isinstance(train, pd.DataFrame)
    as_mean = judged.model.decide(judged.model.probabilities(frame.assign(income=train["income"].mean())))
    found = measured("ROB001", judged)["robustness.missing_input_accuracy", "column=income missing=True"]
    assert found.value == (as_mean == judged.test.truth).mean()


def test_a_missing_category_counts_as_one_never_seen(loans: Case) -> None:
    frame = loans.test.inputs
    assert isinstance(frame, pd.DataFrame)
    decided = loans.model.decide(loans.model.probabilities(frame.assign(job="astronaut")))
    found = measured("ROB001", loans)["robustness.missing_input_accuracy", "column=job missing=True"]
    assert found.value == (decided == loans.test.truth).mean()


def test_noise_has_the_stated_size_and_leaves_categories_alone(loans: Case) -> None:
    from audit.checks.noise import noise

    table: Table = loans.subject.evidence[Table]
    seen: list[pd.DataFrame] = []

    def decide(frame: pd.DataFrame) -> np.ndarray:
        seen.append(frame)
        return table.decide(frame)

    spied = Table(table.frame, table.spread, decide)
    list(noise(loans.subject.evidence[Predictions], Seed(3), spied, None))
    assert list(table.spread) == ["income", "debt"]
    for amount, frame in zip((0.05, 0.1, 0.2), seen, strict=False):
        for column, spread in table.spread.items():
            change = (frame[column] - table.frame[column]).dropna()
            assert change.std() == pytest.approx(amount * spread, rel=0.15)
            assert frame[column].isna().equals(table.frame[column].isna())
        assert frame["job"].equals(table.frame["job"])


def test_noisy_pictures_stay_pictures(shapes: Case) -> None:
    from audit.checks.noise import noise

    images: Images = shapes.subject.evidence[Images]
    seen: list[np.ndarray] = []

    def decide(pixels: np.ndarray) -> np.ndarray:
        seen.append(pixels)
        return images.decide(pixels)

    found = list(noise(shapes.subject.evidence[Predictions], Seed(3), None, Images(images.pixels, decide)))
    assert [
        one.setting_text for one in found if one.name == "robustness.noise_accuracy" and isinstance(one, Measure)
    ] == ["noise=0.05", "noise=0.1", "noise=0.2"]
    assert all(one.min() >= 0 and one.max() <= 1 and not np.array_equal(one, images.pixels) for one in seen)
    assert not any(one.name == "robustness.missing_input_accuracy" for one in found)


def test_a_network_that_cannot_be_fooled_resists(tmp_path: Path) -> None:
    train = people(50, 1, "train")
    sure = linear(tmp_path, [0.0] * 4, train, task(), bias=3.0)
    test = people(50, 2)
    found = measured("ROB002", case(task(), sure, train, test))
    assert {one.value for one in found.values()} == {(test.truth == 1).mean()}
