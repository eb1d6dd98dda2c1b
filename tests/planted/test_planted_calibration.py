"""Planted overconfidence is found wherever it is looked for, and the clean twin is accused nowhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import clean, overconfident
from small_models import Case

from audit.catalogue import select
from audit.measure import Measure
from audit.run import run

CODES = ["CAL001", "CAL002", "ACC002", "UNC001", "UNC002"]
Builder = Callable[[Path], Case]


@cache
def found(builder: Builder) -> dict[tuple[str, str, str], Measure]:
    with TemporaryDirectory() as folder:
        answers = list(run(builder(Path(folder)).subject.evidence, select(CODES)))
    assert {one.status for one in answers} == {"measured"}
    return {one.key: one for answer in answers for one in answer.measures}


def p_values(builder: Builder) -> dict[tuple[str, str, str], float]:
    return {key: float(one.value or 0) for key, one in found(builder).items() if one.unit == "p-value"}


def test_overconfidence_is_found_by_every_error_and_in_every_group_and_class() -> None:
    assert max(p_values(overconfident).values()) < 0.01


def test_the_clean_twin_is_accused_by_none() -> None:
    assert p_values(clean).keys() == p_values(overconfident).keys()
    assert min(p_values(clean).values()) > 0.05


def test_overconfidence_changes_no_ranking() -> None:
    for name in ("accuracy.ks", "accuracy.gini", "accuracy.pr_auc"):
        assert found(clean)[name, "", ""].value == pytest.approx(found(overconfident)[name, "", ""].value, abs=2e-3)


@pytest.mark.parametrize("builder", [clean, overconfident])
def test_conformal_sets_keep_their_promise_whatever_the_model_says_of_itself(builder: Builder) -> None:
    one = found(builder)["uncertainty.conformal_coverage", "kind=split level=0.9", ""]
    assert one.intervals[1].low <= 0.9 <= one.intervals[1].high  # type: ignore[operator]
