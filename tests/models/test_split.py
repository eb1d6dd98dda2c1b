"""A split's digest is a promise to everyone who ever stored it: it must never change by accident."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.data.split import Split, column_digest

FRAME = pd.DataFrame({"age": [31, 52, 47], "income": [1.5, np.nan, -0.0], "job": ["baker", None, "nurse"]})


def small(inputs: pd.DataFrame | np.ndarray = FRAME) -> Split:
    return Split(
        dataset="small",
        part="test",
        inputs=inputs,
        truth=np.array([0, 1, 1]),
        classes=("deny", "approve"),
        groups=pd.DataFrame({"sex": ["female", "male", "unknown"]}, dtype="str"),
        ids=np.array([7, 3, 5]),
    )


def test_the_digest_is_the_one_that_was_published() -> None:
    assert small().digest == "095a4e32571d26bb75bd39f7b1f87b06a5037de87790dc6b63cb2e263c38c767"
    images = np.arange(12, dtype=np.float32).reshape(3, 2, 2) / 8
    assert small(images).digest == "ba2c9c021ee490835f18c5ef9f3aac28a2a830082bc5350106c9b94d39b60988"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.array([1, 2], np.int32), np.array([1, 2], np.int64)),
        (np.array([1, 2], np.uint8), np.array([1, 2], np.int64)),
        (np.array([0.5, np.nan], np.float32), np.array([0.5, np.nan], np.float64)),
        (np.array([0.0, 1.0]), np.array([-0.0, 1.0])),
        (np.array([0.5, 2.0]).astype(">f8"), np.array([0.5, 2.0])),
        (pd.Series(["a", None], dtype="str").to_numpy(), np.array(["a", None], dtype=object)),
        (pd.Series(["a", "b"], dtype="category").to_numpy(), np.array(["a", "b"])),
    ],
)
def test_the_same_values_have_the_same_digest_whatever_they_were_stored_as(one: np.ndarray, other: np.ndarray) -> None:
    assert column_digest(one) == column_digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.array([1, 2]), np.array([2, 1])),
        (np.array([1, 2]), np.array([1.0, 2.0])),
        (np.array([0.0, 1.0]), np.array([np.nan, 1.0])),
        (np.array(["", "a"], dtype=object), np.array([None, "a"], dtype=object)),
        (np.array(["ab", "c"]), np.array(["a", "bc"])),
        (np.zeros((2, 2, 3)), np.zeros((2, 3, 2))),
        (np.array([True, False]), np.array([1, 0])),
    ],
)
def test_other_values_have_another_digest(one: np.ndarray, other: np.ndarray) -> None:
    assert column_digest(one) != column_digest(other)


def test_every_part_of_a_split_counts() -> None:
    split = small()
    changed = [
        split.take(np.array([1, 0, 2])),
        split.take(np.array([0, 1])),
        replace(split, truth=np.array([1, 1, 1])),
        replace(split, classes=("no", "yes")),
        replace(split, ids=np.array([7, 3, 6])),
        replace(split, groups=split.groups.assign(sex="male")),
        replace(split, groups=split.groups.rename(columns={"sex": "gender"})),
        replace(split, inputs=FRAME[["income", "age", "job"]]),
    ]
    digests = {split.digest, *(one.digest for one in changed)}
    assert len(digests) == len(changed) + 1


def test_taking_rows_keeps_them_together() -> None:
    taken = small().take(np.array([False, True, True]))
    assert taken.inputs["age"].tolist() == [52, 47]
    assert taken.truth.tolist() == [1, 1]
    assert taken.groups["sex"].tolist() == ["male", "unknown"]
    assert taken.ids.tolist() == [3, 5]
    assert taken.groups.index.tolist() == [0, 1]


def test_weights_and_units_are_part_of_who_a_split_is_and_go_with_its_rows() -> None:
    plain = small()
    weighted = replace(plain, weight=np.arange(len(plain), dtype=float), unit=np.arange(len(plain)) // 2)
    assert weighted.digest != plain.digest
    assert replace(weighted, unit=None).digest not in (weighted.digest, plain.digest)
    part = weighted.take(np.array([2, 1]))
    assert part.weight is not None
    assert part.unit is not None
    assert (part.weight.tolist(), part.unit.tolist()) == ([2.0, 1.0], [1, 0])
