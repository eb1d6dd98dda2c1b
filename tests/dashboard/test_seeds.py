"""One recipe with several seeds: the same parts of the data, a spread, and what a comparison makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from homes import answerable

from dashboard import verbs
from models import task, train

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One version that was audited before, then its recipe with three seeds, as users type it."""
    folder = tmp_path_factory.mktemp("home")
    where = verbs.place(folder)
    verbs.audit(where, verbs.train(where, "breast_cancer").title)
    return folder


@pytest.fixture(scope="module")
def printed(home: Path) -> dict[str, list[dict[str, object]]]:
    done = answerable(home, "train", "breast_cancer", "--seeds", "3", "--json", timeout=280)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, object]]] = json.loads(done.stdout)
    return found


def test_versions_differ_in_the_seed_only_and_share_their_test_part(home: Path, printed: dict[str, object]) -> None:
    assert printed["versions"] == [f"breast_cancer@{one}" for one in (1, 2, 3)]
    cards = [verbs.place(home).archive.model(str(one)) for one in printed["versions"]]  # type: ignore[attr-defined]
    assert [(one.seed, one.data_seed) for one in cards] == [(0, None), (1, 0), (2, 0)]
    assert len({one.split_digests for one in cards}) == len({one.family for one in cards}) == 1
    assert len({one.digest for one in cards}) == len({one.recipe for one in cards}) == 3


def test_a_version_that_was_audited_in_full_keeps_that_report(home: Path, printed: dict[str, object]) -> None:
    where = verbs.place(home)
    first, second = (where.archive.newest_report(f"breast_cancer@{one}") for one in (1, 2))
    assert {one.question.dimension for one in first.answers} > {one.question.dimension for one in second.answers}


def test_the_spread_is_that_of_the_reports(home: Path, printed: dict[str, list[dict[str, object]]]) -> None:
    where = verbs.place(home)
    values = []
    for title in printed["versions"]:
        report = where.archive.newest_report(str(title))
        values.append(next(one.value for one in report.measures() if one.key == ("accuracy.roc_auc", "", "")))
    roc_auc = next(one for one in printed["spread"] if one["name"] == "accuracy.roc_auc" and not one["slice"])
    assert roc_auc["deviation"] == pytest.approx(np.std(values, ddof=1), abs=1e-12)
    assert roc_auc["runs"] == 3


def test_a_comparison_says_whether_it_exceeds_what_the_seed_does(home: Path, printed: dict[str, object]) -> None:
    found = verbs.compare(verbs.place(home), "breast_cancer@1", "breast_cancer@2")
    accuracy = next(one for one in found.differences if one.name == "accuracy.accuracy" and not one.slice)
    assert accuracy.seed_runs == 3
    assert accuracy.beyond_seed is not None


def test_another_way_of_training_is_another_recipe(tmp_path: Path) -> None:
    plain = task.read("breast_cancer")
    longer = plain.model_copy(update={"training": plain.training.model_copy(update={"epochs": 2})})
    shorter = plain.model_copy(update={"training": plain.training.model_copy(update={"epochs": 1})})
    made = [train.train(one, tmp_path / str(at)) for at, one in enumerate((longer, shorter))]
    again = train.train(shorter, tmp_path / "again", seed=4, data_seed=0)
    assert made[0].family != made[1].family == again.family


def test_two_seeds_are_too_few_to_tell(home: Path) -> None:
    done = answerable(home, "train", "breast_cancer", "--seeds", "2")
    assert (done.returncode, "at least 3 seeds" in done.stderr) == (2, True)
