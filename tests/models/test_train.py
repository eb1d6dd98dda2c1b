"""Training: the same recipe gives the same version, killed or not."""

import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from models import engine, task, train
from models.checkpoint import Checkpoint
from models.fit import Cancelled, Examples, Progress, fit
from models.load import load
from models.task import Training, UnknownName

KILLED = """
import os, signal, sys
from pathlib import Path
from models import task, train

def tell(progress):
    if progress.done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

train.train(task.read("breast_cancer"), Path(sys.argv[1]), progress=tell)
"""


def noisy(rows: int, seed: int) -> Examples:
    """Labels that mostly cannot be learnt: a network that goes on learning them gets worse on others."""
    draw = torch.Generator().manual_seed(seed)
    inputs = torch.randn(rows, 5, generator=draw)
    truth = (inputs[:, 0] + 2 * torch.randn(rows, generator=draw) > 0).long()
    return Examples(inputs, truth)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 2))


@pytest.mark.realdata
@pytest.mark.parametrize("step", [1, 37, 100])
def test_a_killed_training_goes_on_and_ends_bit_equal(tmp_path: Path, step: int) -> None:
    """Ten mini-batches an epoch: killed before the first checkpoint, in the middle, and right at the end of an epoch."""
    declared = task.read("breast_cancer")
    undisturbed = train.train(declared, tmp_path / "undisturbed")
    folder = tmp_path / "killed"
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(step)], capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    assert not (folder / "card.json").exists()
    steps: list[int] = []
    resumed = train.train(declared, folder, progress=lambda progress: steps.append(progress.done))
    assert steps[0] == 1 + 10 * ((step - 1) // 10)
    assert resumed.digest == undisturbed.digest
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "weights.safetensors"]


@pytest.mark.realdata
def test_the_same_recipe_gives_the_same_version_and_is_not_trained_twice(tmp_path: Path) -> None:
    declared = task.read("breast_cancer")
    first = train.train(declared, tmp_path / "first")
    assert train.recipe(declared) == first.recipe
    again = train.train(declared, tmp_path / "again")
    assert (again.digest, again.recipe) == (first.digest, first.recipe)
    found = train.train(declared, tmp_path / "first", progress=lambda _: pytest.fail("trained again"))
    assert found == first
    with pytest.raises(FileExistsError, match="holds breast_cancer@1, made from another recipe"):
        train.train(declared, tmp_path / "first", seed=1)


@pytest.mark.realdata
def test_whatever_is_asked_for_changes_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = task.read("breast_cancer")
    slower = declared.model_copy(update={"training": Training(epochs=60, batch=32, rate=0.001)})
    recipes = [
        train.recipe(declared),
        train.recipe(declared, seed=1),
        train.recipe(declared, remedy="adversarial"),
        train.recipe(declared, parent_digest="ab" * 32),
        train.recipe(slower),
    ]
    monkeypatch.setenv(engine.PRECISION, "bfloat16")
    recipes.append(train.recipe(declared))
    assert len(set(recipes)) == len(recipes)


@pytest.mark.realdata
def test_a_cancelled_training_leaves_no_version_and_can_go_on(tmp_path: Path) -> None:
    def cancel(progress: Progress) -> None:
        if progress.done == 25:
            raise Cancelled("enough")

    declared = task.read("breast_cancer")
    with pytest.raises(Cancelled):
        train.train(declared, tmp_path / "model", progress=cancel)
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["checkpoint.safetensors"]
    assert train.train(declared, tmp_path / "model").title == "breast_cancer@1"


@pytest.mark.realdata
def test_a_trained_version_is_better_than_the_majority_and_says_what_it_cost(tmp_path: Path) -> None:
    from models.data import source

    told: list[Progress] = []
    card = train.train(task.read("mortgage"), tmp_path, progress=told.append)
    test = source.splits("mortgage", 0).test
    model = load(tmp_path)
    decided = model.decide(model.probabilities(test.inputs))
    assert (decided == test.truth).mean() > np.bincount(test.truth).max() / len(test)
    assert card.group_inputs == ()
    assert dict(card.split_digests)["test"] == test.digest
    width = model.spans()[-1][2]
    assert card.cost.parameters == (width + 1) * 32 + 33 * 2
    assert card.cost.flops_per_example == 2 * (width * 32 + 32 * 2)
    assert card.cost.energy_wh == pytest.approx(card.cost.seconds / 3600 * (4 * card.environment.threads + 20))
    assert "estimated" in card.cost.energy_method
    assert [one.done for one in told] == list(range(1, len(told) + 1))
    assert all(one.loss is not None and math.isfinite(one.loss) for one in told)
    assert told[-1].done <= told[-1].total


def test_training_stops_early_and_leaves_the_best_weights() -> None:
    data, held_out, learner = noisy(200, 1), noisy(200, 2), network()
    with engine.start(0) as running:
        standing = fit(
            running, learner, data, Training(epochs=200, batch=20, rate=0.01, patience=3), seed=0, validation=held_out
        )
    assert standing.waited == 3
    assert standing.epoch < 200
    assert standing.seen == 200 * standing.epoch
    with torch.no_grad():
        loss = nn.functional.cross_entropy(learner(held_out.inputs), held_out.truth)
    assert float(loss) == pytest.approx(standing.best, abs=1e-6)


def test_a_weight_of_two_counts_an_example_twice() -> None:
    """One batch an epoch: the mean over rows given twice is the mean with weights, up to the batch's size."""
    data = noisy(40, 1)
    whole = Training(epochs=4, batch=100, rate=0.01)
    doubled, weighted = network(), network()
    rows = torch.cat([torch.arange(40), torch.arange(10)])
    with engine.start(0) as running:
        fit(running, doubled, Examples(data.inputs[rows], data.truth[rows]), whole, seed=0)
        weight = torch.where(torch.arange(40) < 10, 2.0, 1.0) * 40 / 50
        fit(running, weighted, Examples(data.inputs, data.truth, weight), whole, seed=0)
    for one, other in zip(doubled.parameters(), weighted.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


def test_a_checkpoint_of_another_recipe_or_a_broken_one_is_not_used(tmp_path: Path) -> None:
    def tell(progress: Progress) -> None:
        if progress.done == 7:
            raise Cancelled

    training, data = Training(epochs=3, batch=50, rate=0.01), noisy(200, 1)
    path = tmp_path / "checkpoint.safetensors"
    with engine.start(0) as running:
        undisturbed = network()
        fit(running, undisturbed, data, training, seed=0)
        for spoil in (b"broken", None):
            with pytest.raises(Cancelled):
                fit(running, network(), data, training, seed=9, checkpoint=Checkpoint(path, "other"), tell=tell)
            if spoil:
                path.write_bytes(spoil)
            learner = network()
            fit(running, learner, data, training, seed=0, checkpoint=Checkpoint(path, "mine"))
            for one, other in zip(undisturbed.parameters(), learner.parameters(), strict=True):
                assert torch.equal(one, other)
            path.unlink()


@pytest.mark.realdata
def test_names_that_nothing_has_are_answered_with_the_nearest(tmp_path: Path) -> None:
    declared = task.read("breast_cancer")
    with pytest.raises(UnknownName, match="Did you mean 'adversarial'"):
        train.train(declared, tmp_path / "x", remedy="adverserial")
    with pytest.raises(UnknownName, match="no data set 'breast'"):
        train.train(declared.model_copy(update={"dataset": "breast"}), tmp_path / "x")
    with pytest.raises(UnknownName, match="Did you mean 'mlp'"):
        train.train(declared.model_copy(update={"architecture": "mlpp"}), tmp_path / "y")
    with pytest.raises(ValueError, match=r"'mlp' cannot be built from .*depth"):
        train.train(declared.model_copy(update={"arguments": (("depth", 3),)}), tmp_path / "z")
    assert not (tmp_path / "x").exists()


@pytest.mark.realdata
def test_a_folder_that_cannot_be_written_is_said_so() -> None:
    with pytest.raises(OSError, match="proc"):
        train.train(task.read("breast_cancer"), Path(f"/proc/{os.getpid()}/model"))
