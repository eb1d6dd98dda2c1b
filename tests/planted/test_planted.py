"""A planted flaw is found by the rule that is there for it, and its clean twin passes the same gate."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from builders import clean, decides_by_origin, overconfident, unfair
from small_models import Case

from audit import policy
from audit.catalogue import select
from audit.evidence import Predictions
from audit.judge import judge
from audit.policy import Judgement
from audit.report import Report
from audit.run import report, run

ASKED = ["ACC001", "CAL001", "DAT001", "FAI001", "FAI002", "FAI003"]
PARITY, CALIBRATED = "fairness.demographic_parity_difference", "calibration.ece_p_value"
Builder = Callable[[Path], Case]


@cache
def audited(builder: Builder) -> tuple[Case, Report, Judgement]:
    with TemporaryDirectory() as folder:
        case = builder(Path(folder))
        made = report(case.subject, run(case.subject.evidence, select(ASKED)))
    return case, made, judge(made, policy.read("default"), case.task)


def outcomes(builder: Builder) -> dict[str, str]:
    return {one.rule.measure: one.outcome for one in audited(builder)[2].verdicts}


def test_the_clean_twin_passes_the_whole_gate() -> None:
    judgement = audited(clean)[2]
    assert {one.rule.measure: one.reason for one in judgement.verdicts if one.outcome not in ("pass", "exempt")} == {}
    assert judgement.passed


def test_treating_a_group_worse_through_a_proxy_is_found() -> None:
    found = outcomes(unfair)
    assert found[PARITY] == "fail"
    assert found["accuracy.vs_baseline"] == found["data.train_test_overlap"] == "pass"
    assert not audited(unfair)[2].passed


def test_overconfidence_is_found_though_every_decision_is_that_of_the_clean_twin() -> None:
    found = outcomes(overconfident)
    assert {measure for measure, outcome in found.items() if outcome == "fail"} == {CALIBRATED}
    assert found[PARITY] == "pass"
    assert not audited(overconfident)[2].passed
    ours, theirs = (audited(one)[0].subject.evidence[Predictions].decision for one in (clean, overconfident))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("builder", "inputs"), [(decides_by_origin, 1), (clean, 0), (unfair, 0)])
def test_a_model_that_takes_a_group_as_input_is_reported_as_such(builder: Builder, inputs: int) -> None:
    case, made, _ = audited(builder)
    found = next(one for one in made.measures() if one.name == "fairness.group_inputs")
    assert (found.value, found.sampled) == (inputs, False)
    assert ("origin" in found.note) == bool(inputs)
    assert case.model.card.group_inputs == (("origin",) if inputs else ())
