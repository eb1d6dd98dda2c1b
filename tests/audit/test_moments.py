"""Means of shards are the means of the whole, and their errors are those of statsmodels."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest
import statsmodels.api as sm

from audit.moments import Moments

DRAW = np.random.default_rng(0)
N = 900
UNIT = np.repeat(np.arange(300), 3)
GROUPS = {"sex": np.repeat(DRAW.choice(["f", "m"], 300), 3), "age": DRAW.choice(["old", "young"], N)}
VALUE = DRAW.normal(1e6, 1, N) + np.repeat(DRAW.normal(0, 1, 300), 3)
WEIGHT = DRAW.exponential(1, N)


@pytest.mark.parametrize(
    "kind",
    [{}, {"weight": WEIGHT}, {"unit": UNIT}, {"weight": WEIGHT, "unit": UNIT}],
    ids=lambda kind: "+".join(kind) or "plain",
)
def test_shards_merge_to_the_whole_even_for_large_values(kind: dict[str, np.ndarray]) -> None:
    cuts = [slice(0, 300), slice(300, 303), slice(303, N)]
    parts = [
        Moments.of({"v": VALUE[s]}, {by: of[s] for by, of in GROUPS.items()}, **{k: v[s] for k, v in kind.items()})
        for s in cuts
    ]
    merged, whole = reduce(add, parts), Moments.of({"v": VALUE}, GROUPS, **kind)
    for by in ("", "sex", "age & sex"):
        one, other = merged.means("v", by), whole.means("v", by)
        np.testing.assert_allclose(one.value, other.value, rtol=1e-14)
        np.testing.assert_allclose(one.error, other.error, rtol=1e-9)
        np.testing.assert_allclose(one.deviation, other.deviation, rtol=1e-9)
        if "unit" not in kind:
            assert one.n.tolist() == other.n.tolist()


def test_the_error_of_a_weighted_mean_of_units_is_statsmodels_cluster_robust_one() -> None:
    found = Moments.of({"v": VALUE}, {}, weight=WEIGHT, unit=UNIT).means("v")
    fitted = sm.WLS(VALUE - 1e6, np.ones(N), weights=WEIGHT).fit(
        cov_type="cluster", cov_kwds={"groups": UNIT, "df_correction": False}
    )
    assert found.value[0] == pytest.approx(fitted.params[0] + 1e6, rel=1e-14)
    assert found.error[0] == pytest.approx(fitted.bse[0], rel=1e-8)
    assert found.n[0] == 300


def test_without_weights_and_units_it_is_the_textbook_mean() -> None:
    found = Moments.of({"v": VALUE}, GROUPS).means("v", "sex")
    for position, name in enumerate(["f", "m"]):
        mine = VALUE[GROUPS["sex"] == name]
        assert found.value[position] == pytest.approx(mine.mean(), rel=1e-14)
        assert found.error[position] == pytest.approx(mine.std(ddof=1) / np.sqrt(len(mine)), rel=1e-9)
        assert found.deviation[position] == pytest.approx(mine.std(), rel=1e-9)


def test_a_group_of_one_has_a_mean_and_no_spread() -> None:
    found = Moments.of({"v": [1.0, 2.0, 4.0]}, {"by": ["a", "b", "b"]}).means("v", "by")
    assert (found.value.tolist(), found.error[0], found.n.tolist()) == ([1.0, 3.0], 0.0, [1, 2])


def test_values_that_are_no_numbers_and_shards_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="Values of v are missing or infinite"):
        Moments.of({"v": [1.0, np.nan]}, {})
    with pytest.raises(ValueError, match="Shards differ"):
        Moments.of({"v": [1.0]}, {}) + Moments.of({"w": [1.0]}, {})
