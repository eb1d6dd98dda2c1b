"""A root is where scipy finds it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from audit.root import root


@given(st.floats(0.01, 0.99), st.integers(1, 9), st.floats(0.1, 50))
def test_the_root_is_that_of_brent(where: float, power: int, steep: float) -> None:
    def of(x: float) -> float:
        return math.tanh(steep * (x**power - where**power))

    if abs(of(where + 1e-9)) > 1e-15:
        assert root(of, 0.0, 1.0) == pytest.approx(optimize.brentq(of, 0.0, 1.0, xtol=1e-12), abs=1e-11)


@given(st.floats(-5, 5))
def test_a_jump_is_found_as_what_is_smooth(where: float) -> None:
    asked = []

    def of(x: float) -> float:
        asked.append(x)
        return 1.0 if x > where else -1.0

    assert root(of, -6.0, 7.0) == pytest.approx(where, abs=1e-11)
    assert len(asked) < 60


def test_an_end_may_be_the_root() -> None:
    assert root(lambda x: x, 0.0, 1.0) == pytest.approx(0.0, abs=1e-12)
    assert root(lambda x: x - 1, 0.0, 1.0) == pytest.approx(1.0, abs=1e-12)


def test_ends_of_one_sign_are_refused() -> None:
    with pytest.raises(ValueError, match="one sign at 1 and at 2"):
        root(lambda x: x, 1.0, 2.0)
