"""Canonical bytes: whatever is written, it is what rfc8785 writes, byte for byte."""

import enum

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from models.record import Record, canonical

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda one: st.lists(one) | st.lists(one).map(tuple) | st.dictionaries(st.text(), one),
    max_leaves=30,
)


class Colour(enum.StrEnum):
    RED = "röd"


@given(PLAIN)
@example({"\U00010000": 1, "\uffff": 2, "": 3, "a": 4, "Z": 5})
@example(['\x00\x1f\x7f\u2028"\\/\b\f\n\r\t', "é", "\U0001f600"])
def test_plain_values_are_written_as_rfc8785_writes_them(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(
    st.floats(allow_nan=False, allow_infinity=False)
    | st.builds(lambda a, b: a * 10.0**b, st.integers(-(10**17), 10**17), st.integers(-40, 40))
)
@example(-0.0)
@example(1e16)
@example(1e21)
@example(123456789012345680.0)
@example(1e-6)
@example(1e-7)
@example(5e-324)
def test_so_is_every_number(value: float) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_so_is_what_only_resembles_a_plain_value() -> None:
    value = [Colour.RED, {Colour.RED: Colour.RED}]
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [float("nan"), [float("-inf")], 2**53, {"a": -(2**53)}, {1: 2}, {None: 1}, {2}, b"bytes", "\ud800", object()],
)
def test_what_has_no_canonical_form_is_refused_by_name(value: object) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical(value)
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical([value])


class Told(Record):
    """Whatever."""

    first: int
    """What the first
    means."""
    second: int = 2


class Further(Told):
    second: int = 3
    """What the second means."""
    _own: int = 0
    """Not a field."""


class Holding(Record):
    one: Further
    """Where it is held."""


def test_a_schema_says_what_the_fields_mean_those_of_bases_and_of_what_is_held_included() -> None:
    schema = Holding.model_json_schema()
    told = schema["$defs"]["Further"]["properties"]
    assert {name: one.get("description") for name, one in told.items()} == {
        "first": "What the first\nmeans.", "second": "What the second means."
    }  # fmt: skip
    assert schema["properties"]["one"]["description"] == "Where it is held."
    assert "description" not in Told.model_json_schema()["properties"]["second"]
