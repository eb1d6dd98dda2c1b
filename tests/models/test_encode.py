"""Raw columns to numbers and back: missing, unseen and impossible values."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encode import encode, fit, spans

TRAIN = pd.DataFrame(
    {
        "age": [20.0, 40.0, np.nan, 60.0],
        "owner": [0, 1, 1, 0],
        "same": [5, 5, 5, 5],
        "job": ["baker", "nurse", None, "baker"],
        "town": ["A", "B", "A", "B"],
    }
)


def test_the_encoding_is_what_can_be_worked_out_by_hand() -> None:
    fields = fit(TRAIN)
    spread = np.sqrt(800 / 3)
    expected = np.array(
        [
            # age, missing | owner | same | baker, nurse, unseen, missing | A, B, unseen
            [-20 / spread, 0, -1, 0, 1, 0, 0, 0, 1, 0, 0],
            [0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0],
            [0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0],
            [20 / spread, 0, -1, 0, 1, 0, 0, 0, 0, 1, 0],
        ]
    )
    encoded = encode(TRAIN, fields)
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded, expected, atol=1e-6)
    assert spans(fields) == [("age", 0, 2), ("owner", 2, 3), ("same", 3, 4), ("job", 4, 8), ("town", 8, 11)]


def test_unseen_and_missing_values_have_inputs_of_their_own() -> None:
    fields = fit(TRAIN)
    new = TRAIN.iloc[:2].assign(town=["C", None], owner=[1.0, np.nan])
    np.testing.assert_array_equal(encode(new, fields)[:, 8:11], [[0, 0, 1], [0, 0, 1]])
    np.testing.assert_array_equal(encode(new, fields)[:, 2], [1, 0])


def test_order_of_columns_and_columns_that_are_not_inputs_do_not_matter() -> None:
    fields = fit(TRAIN)
    shuffled = TRAIN[["town", "job", "same", "owner", "age"]].assign(more=1)
    np.testing.assert_array_equal(encode(shuffled, fields), encode(TRAIN, fields))


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "int8", "Float32"])
def test_types_that_hold_the_same_numbers_are_encoded_alike(dtype: str) -> None:
    fields = fit(TRAIN)
    np.testing.assert_array_equal(encode(TRAIN.astype({"owner": dtype}), fields), encode(TRAIN, fields))


def test_a_table_without_rows_is_encoded_as_none() -> None:
    assert encode(TRAIN.iloc[:0], fit(TRAIN)).shape == (0, 11)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_infinite_and_too_large_values_are_refused_by_column(value: float) -> None:
    bad = TRAIN.assign(age=[20.0, value, np.nan, 60.0])
    with pytest.raises(ValueError, match=r"Column 'age' holds an infinite or too large value in 1 of 4 rows.*row 1"):
        encode(bad, fit(TRAIN))
    with pytest.raises(ValueError, match="Column 'age'"):
        fit(bad)


def test_text_among_numbers_is_refused_with_the_text() -> None:
    with pytest.raises(ValueError, match=r"Column 'owner' holds numbers, but got 'yes'"):
        encode(TRAIN.assign(owner=["1", "yes", "0", None]), fit(TRAIN))


def test_an_absent_column_is_named_with_the_nearest_one() -> None:
    with pytest.raises(
        ValueError, match=r"Input column 'owner' is missing \(1 of 5 are\). Is it the one called 'ownr'"
    ):
        encode(TRAIN.rename(columns={"owner": "ownr"}), fit(TRAIN))


def test_a_column_without_values_cannot_be_learnt_from() -> None:
    with pytest.raises(ValueError, match="'empty' has no value"):
        fit(TRAIN.assign(empty=np.nan))


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=2, max_size=20).filter(lambda v: any(v)))
def test_known_numbers_are_standardised_and_the_encoding_is_finite(values: list[float | None]) -> None:
    frame = pd.DataFrame({"x": pd.Series(values, dtype="float64")})
    encoded = encode(frame, fit(frame))
    assert np.isfinite(encoded).all()
    assert abs(encoded[:, 0].mean(dtype=np.float64)) < 1e-3
