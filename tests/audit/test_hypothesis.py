"""Tests and multiplicity against statsmodels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from audit.hypothesis import holm, mcnemar


@settings(max_examples=20, deadline=None)
@given(b=st.integers(0, 300), c=st.integers(0, 300))
def test_mcnemar_is_that_of_statsmodels(b, c):
    assert mcnemar(b, c) == pytest.approx(statsmodels_mcnemar([[0, b], [c, 0]], exact=True).pvalue, rel=1e-9)


def test_mcnemar_in_closed_form():
    assert mcnemar(0, 0) == 1
    assert mcnemar(0, 6) == mcnemar(6, 0) == pytest.approx(2 / 2**6)
    assert mcnemar(5, 5) == 1


@pytest.mark.parametrize(("b", "c"), [(-1, 2), (1.5, 2)])
def test_mcnemar_refuses_what_is_no_count(b, c):
    with pytest.raises(ValueError, match="whole numbers"):
        mcnemar(b, c)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 1e-9, 0.001, 0.01, 0.02, 0.04, 0.5, 1.0]) | st.floats(0, 1), min_size=1, max_size=12)
)
def test_holm_is_that_of_statsmodels(p):
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)


def test_holm_by_hand_and_of_nothing():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([]).shape == (0,)


@pytest.mark.parametrize("p", [[0.5, float("nan")], [-0.1], [1.1], [[0.1]]])
def test_holm_refuses_what_is_no_probability(p):
    with pytest.raises(ValueError, match="numbers from 0 to 1"):
        holm(np.array(p))
