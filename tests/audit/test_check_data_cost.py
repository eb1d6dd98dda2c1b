"""DAT001 counts what was planted; COS001 times what takes a known time."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_models import Case, predictions

from audit.checks.cost import cost
from audit.checks.data import data
from audit.evidence import Artifact, Groups, Table, Training
from audit.measure import Measure
from models.data.split import Part, Split


def split(part: Part, inputs: pd.DataFrame | np.ndarray, truth: np.ndarray | None = None) -> Split:
    n = len(inputs)
    truth = np.arange(n) % 2 if truth is None else truth
    return Split("planted", part, inputs, truth, ("deny", "approve"), pd.DataFrame(index=range(n)), np.arange(n))


def measured(train: Split, test: Split, groups: Groups | None = None) -> dict[tuple[str, str, str], Measure]:
    said = predictions(test.truth, np.eye(2)[test.truth], test.classes, 1)
    return {one.key: one for one in data(said, Training(train, test), groups)}


def values(train: Split, test: Split) -> dict[tuple[str, str], float | None]:
    return {(name, at): one.value for (name, at, _), one in measured(train, test).items()}


def test_what_was_planted_is_counted_exactly() -> None:
    train = pd.DataFrame({"a": [1.0, 2, 3, 3, 3, np.nan, 7, 8], "b": list("xyzzzwuv")})
    test = pd.DataFrame({"a": [3.0, 9, np.nan, 10, 1], "b": ["z", None, "w", "q", "y"]})
    found = values(split("train", train), split("test", test))
    assert found == {
        ("data.row_count", "part=train"): 8,
        ("data.row_count", "part=test"): 5,
        ("data.missing_rate", "part=train"): 1 / 16,
        ("data.missing_rate", "part=test"): 2 / 10,
        ("data.duplicate_rate", "part=train"): 2 / 8,
        ("data.duplicate_rate", "part=test"): 0,
        ("data.train_test_overlap", ""): 2 / 5,
    }


def test_pictures_are_compared_by_their_pixels() -> None:
    train = np.random.default_rng(0).random((6, 4, 4)).astype(np.float32)
    test = np.concatenate([train[[2, 5]], np.random.default_rng(1).random((2, 4, 4)).astype(np.float32), train[[2]]])
    found = values(split("train", train), split("test", test))
    assert found["data.train_test_overlap", ""] == 3 / 5
    assert found["data.duplicate_rate", "part=test"] == 1 / 5
    assert found["data.duplicate_rate", "part=train"] == 0
    assert found["data.missing_rate", "part=test"] == 0


def test_the_same_row_is_the_same_whatever_type_its_column_has() -> None:
    train = pd.DataFrame({"age": [30.0, 40.0, np.nan], "owns": [1, 0, 1], "debt": [-0.0, 1.0, 2.0]})
    test = pd.DataFrame({"age": [30, 41], "owns": [True, False], "debt": [0.0, 1.0]})
    assert values(split("train", train), split("test", test))["data.train_test_overlap", ""] == 1 / 2


def test_everybody_is_counted_in_a_group_the_unknown_too() -> None:
    truth = np.array([1, 1, 0, 0, 1, 0, 1, 1, 0, 0])
    sex = np.array(["f", "f", "f", "f", "m", "m", "m", "m", "unknown", "unknown"], dtype=object)
    test = split("test", pd.DataFrame({"a": np.arange(10.0)}), truth)
    found = measured(split("train", pd.DataFrame({"a": [99.0, 98.0]})), test, Groups({"sex": sex}, ()))
    shares = {at: one.value for (name, _, at), one in found.items() if name == "data.share"}
    rates = {at: one.value for (name, _, at), one in found.items() if name == "data.base_rate"}
    assert shares == {"sex=f": 0.4, "sex=m": 0.4, "sex=unknown": 0.2}
    assert rates == {"sex=f": 0.5, "sex=m": 0.75, "sex=unknown": 0.0}
    assert found["data.label_bias_by_group", "by=sex", ""].value == 0.75


def test_the_card_says_what_the_version_is_and_took(loans: Case) -> None:
    card = loans.model.card
    artifact = Artifact(card, loans.model.folder)
    found = {one.name: one for one in cost(artifact, loans.subject.evidence[Table], None, calls=20)}
    assert found["efficiency.parameters"].value == sum(one.numel() for one in loans.model.net.parameters())
    files = sum(one.stat().st_size for one in loans.model.folder.glob("*.safetensors"))
    assert found["efficiency.model_size_mb"].value == files / 1e6
    assert found["efficiency.training_hours"].value == pytest.approx(1.5 / 3600)
    assert found["efficiency.energy_kwh_training"].value == pytest.approx(0.25 / 1000)
    assert "estimate" in found["efficiency.energy_kwh_training"].note


def test_latency_and_throughput_are_those_of_a_model_that_sleeps(loans: Case) -> None:
    table: Table = loans.subject.evidence[Table]

    def decide(frame: pd.DataFrame) -> np.ndarray:
        time.sleep(0.002 if len(frame) == 1 else 0.02)
        return np.zeros(len(frame), int)

    artifact = Artifact(loans.model.card, loans.model.folder)
    found = {one.key[:2]: one for one in cost(artifact, replace(table, decide=decide), None, calls=60)}
    median = found["efficiency.latency", "batch=1 percentile=50"]
    slow = found["efficiency.latency", "batch=1 percentile=95"]
    assert median.value is not None
    assert slow.value is not None
    assert 2 <= median.value <= slow.value
    for one in (median, *([slow] if slow.intervals else [])):
        shown = one.shown()
        assert shown is not None
        assert 2 <= shown.low <= one.value <= shown.high  # type: ignore[operator]
    throughput = found["efficiency.throughput", f"batch={len(table.frame)}"].value
    assert throughput is not None
    assert 0 < throughput <= len(table.frame) / 0.02
