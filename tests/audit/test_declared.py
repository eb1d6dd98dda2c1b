"""Numbers that a document declares are found wherever they stand, and held against the measured interval."""

from __future__ import annotations

import pytest

from audit.declared import Declared, declared, held
from audit.estimate import proportion
from audit.report import Report
from models.task import UnknownName

BLOCK = "Words = 3.\n\n```declared\naccuracy.accuracy = 0.93\naccuracy.recall (class=7) on sex=F = 80 %\n```\n"
TABLE = "| measure | declared | measured |\n| --- | ---: | --- |\n| `accuracy.accuracy` | 93\u202f% | 0.5 |\n| accuracy.f1_macro | – | |\n"


def test_a_block_and_a_table_are_read_alike() -> None:
    assert declared(BLOCK) == (
        Declared("accuracy.accuracy", "", "", 0.93), Declared("accuracy.recall", "class=7", "sex=F", 0.8),
    )  # fmt: skip
    assert declared(TABLE) == (Declared("accuracy.accuracy", "", "", 0.93),)
    assert declared("| fairness.performance_gap | 5 points |\n") == ()
    assert (
        declared("```\naccuracy.accuracy = 0.93\n```\n| measure | measured |\n|---|---|\n| accuracy.accuracy | 0.9 |\n")
        == ()
    )


def test_a_place_that_nobody_filled_declares_nothing() -> None:
    assert declared("| m | declared |\n|---|---|\n| accuracy.accuracy | TO COMPLETE: how often right |\n") == ()


@pytest.mark.parametrize(("line", "why"), [
    ("accuracy.acuracy = 0.9", "Did you mean 'accuracy.accuracy'"), ("accuracy.accuracy = good", "which is no number"),
    ("accuracy.accuracy: 0.9", "is none; write accuracy.accuracy = 0.93"), ("accuracy.accuracy = nan", "which is no number"),
])  # fmt: skip
def test_what_cannot_be_held_is_a_sentence(line: str, why: str) -> None:
    with pytest.raises((UnknownName, ValueError), match=why):
        declared(f"```declared\n{line}\n```")


@pytest.mark.parametrize(("value", "outcome"), [(0.9, "inside"), (0.93, "above"), (0.8, "below")])
def test_a_number_is_inside_or_outside_of_what_was_measured(report: Report, value: float, outcome: str) -> None:
    (one,) = held((Declared("accuracy.accuracy", "", "", value),), report)
    assert one.outcome == outcome
    assert one.measure is not None
    assert one.measure.n == 1000


def test_what_the_report_does_not_hold_is_not_measured(report: Report) -> None:
    for said in (Declared("accuracy.accuracy", "", "sex=F", 0.9), Declared("accuracy.recall", "", "", 0.9)):
        assert held((said,), report)[0].outcome == "not measured"
    assert held((Declared("accuracy.accuracy", "", "", 0.9),), None)[0].outcome == "not measured"


@pytest.fixture(scope="module")
def report() -> Report:
    from tests.dashboard.dossiers import dossier

    whole = dossier(short=True, parent=False).report
    first = next(one for one in whole.answers if one.question.code == "ACC001")
    measured = first.model_copy(update={"measures": (proportion("accuracy.accuracy", 900, 1000),)})
    return whole.model_copy(update={"answers": (measured,)})
