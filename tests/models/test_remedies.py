"""Remedies: what they are for gets better, and where they do not fit they say why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from models import remedies, task, train, zoo
from models.adversary import perturb
from models.bench import Unfit
from models.data import source
from models.data.split import Split
from models.fit import Progress
from models.load import Model, load
from models.mixture import member
from models.remedies.reductions import threshold

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def mortgage(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("mortgage")
    train.train(task.read("mortgage"), folder)
    return load(folder)


def gap(model: Model, split: Split) -> float:
    """Largest difference in the share of each race that is approved."""
    approved = model.decide(model.probabilities(split.inputs)) == 1
    return float(np.ptp(pd.Series(approved).groupby(split.groups["race"].to_numpy()).mean()))


def test_reductions_make_a_mixture_that_treats_groups_more_alike(mortgage: Model, tmp_path: Path) -> None:
    told: list[Progress] = []
    card = train.train(
        task.read("mortgage"), tmp_path, progress=told.append, remedy="reductions", parent=mortgage, version=2
    )
    model, test = load(tmp_path), source.splits("mortgage", 0).test
    assert (card.title, card.remedy, card.parent) == ("mortgage@2", "reductions", mortgage.card.digest)
    assert gap(model, test) < gap(mortgage, test)
    accuracy = (model.decide(model.probabilities(test.inputs)) == test.truth).mean()
    assert accuracy > np.bincount(test.truth).max() / len(test)
    assert all(one.done <= one.total for one in told)

    shares = card.identity.members
    assert len(shares) > 1
    assert sum(shares) == pytest.approx(1, abs=1e-12)
    assert min(shares) > 0
    tensors, encoded, mean = load_file(tmp_path / "weights.safetensors"), model.encode(test.inputs), 0.0
    for position, share in enumerate(shares):
        network = zoo.build("mlp", dict(card.identity.arguments), classes=2)
        network.load_state_dict(member(tensors, position))
        with torch.no_grad():
            mean = mean + share * network(encoded).softmax(dim=1).numpy()
    np.testing.assert_allclose(model.probabilities(test.inputs), mean, atol=1e-6)

    again = train.train(task.read("mortgage"), tmp_path / "again", remedy="reductions", parent=mortgage, version=2)
    assert again.digest == card.digest


def test_adversarial_training_resists_what_its_parent_does_not(tmp_path: Path) -> None:
    declared = task.read("digits")
    declared = declared.model_copy(update={"training": declared.training.model_copy(update={"epochs": 2})})
    train.train(declared, tmp_path / "one")
    parent = load(tmp_path / "one")
    card = train.train(declared, tmp_path / "two", remedy="adversarial", parent=parent, version=2)
    child = load(tmp_path / "two")
    assert card.cost.training_flops == pytest.approx(3 * card.cost.flops_per_example * 3500 * 3 * 4)
    test = source.splits("digits", 0).test.take(np.arange(0, 1000, 5))
    truth = torch.as_tensor(test.truth)

    def resisted(model: Model) -> float:
        attacked = perturb(model.net, model.encode(test.inputs), truth, 0.1, steps=10, low=0.0, high=1.0)
        return float((model.net(attacked).argmax(dim=1) == truth).float().mean())

    assert resisted(child) > resisted(parent) + 0.05
    assert (child.decide(child.probabilities(test.inputs)) == test.truth).mean() > 0.93
    with pytest.raises(ValueError, match=r"takes images \(n, 28, 28\)"):
        child.probabilities(np.zeros((2, 27, 28)))
    with pytest.raises(ValueError, match="missing or infinite"):
        child.probabilities(np.full((1, 28, 28), np.nan))


@pytest.mark.parametrize(
    ("name", "remedy", "why"),
    [
        ("breast_cancer", "adversarial", "perturbs pixels; breast_cancer is a task about a table"),
        ("digits", "adversarial", "starts from the weights of a version"),
        ("digits", "reductions", "digits declares none"),
        ("breast_cancer", "reductions", "records no groups"),
    ],
)
def test_a_remedy_that_does_not_suit_says_why(name: str, remedy: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(Unfit, match=why):
        train.train(task.read(name), tmp_path, remedy=remedy)


def test_another_tasks_version_is_no_parent(mortgage: Model, tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="digits cannot start from mortgage@1"):
        train.train(task.read("digits"), tmp_path, remedy="adversarial", parent=mortgage)


def test_remedies_are_found_by_file_name() -> None:
    assert {"adversarial", "reductions"} <= set(remedies.names())


@pytest.mark.parametrize("limit", [0.0, 0.05, 0.2, 1.0])
def test_the_threshold_is_the_best_that_keeps_the_margin(limit: float) -> None:
    """Against trying every score, with fairlearn's measure of the difference."""
    from fairlearn.metrics import demographic_parity_difference

    draw = np.random.default_rng(1)
    split = source.splits("mortgage", 0).validation.take(np.arange(0, 199, 3))
    score = np.clip(draw.normal(0.4 + 0.3 * split.truth, 0.2), 0, 1)
    race, truth = split.groups["race"], split.truth
    chosen = threshold(score, split, 1, limit)

    def both(cut: float) -> tuple[float, float]:
        decided = score >= cut
        return (decided == truth).mean(), demographic_parity_difference(truth, decided, sensitive_features=race)

    tried = [both(cut) for cut in np.unique(score)]
    accuracy, difference = both(chosen)
    assert difference <= limit + 1e-12
    assert accuracy == max(right for right, apart in tried if apart <= limit + 1e-12)
