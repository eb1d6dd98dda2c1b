"""Small cells: whoever may not see them can neither read them nor work them out."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from audit import policy, small_cells, withheld
from audit.catalogue import catalogue
from audit.complement import MINIMUM_CELL, complemented, small
from audit.evidence import Baseline, Groups, Predictions, Tally
from audit.judge import judge
from audit.report import Report
from audit.run import Subject, run
from audit.run import report as reported
from audit.small_cells import Cell, sums
from models import task as tasks

FEW = "martian"


@pytest.fixture(scope="module")
def report() -> Report:
    """Of 900 people, three of whom are of a group of their own."""
    data = np.random.default_rng(3)
    truth = (data.random(900) < 0.7).astype(int)
    score = np.clip(data.beta(2 + truth, 3 - truth), 0.01, 0.99)
    race = data.choice(("white", "black", "hispanic"), 900).astype(object)
    race[[4, 40, 400]] = FEW
    groups = {"race": race, "sex": data.choice(("male", "female"), 900)}
    found = Predictions(truth, (score > 0.5).astype(int), np.column_stack([1 - score, score]), ("deny", "approve"), 1)
    evidence = {
        Predictions: found,
        Groups: Groups(groups, ()),
        Tally: Tally.of(truth, found.decision, groups, found.classes, 1),
        Baseline: Baseline({"majority": np.ones(900, dtype=int)}, {}),
    }
    task = tasks.read("mortgage")
    subject = Subject("0" * 64, "mortgage@1", task.sha256(), task.dataset, "1" * 64, 900, {})
    return reported(subject, run(evidence, catalogue().values()))


def test_a_group_of_three_has_no_number_left_and_every_measure_keeps_its_id(report: Report) -> None:
    shown = withheld.report(report)
    assert [one.id(shown.key) for one in shown.measures()] == [one.id(report.key) for one in report.measures()]
    about = [one for one in shown.measures() if FEW in one.slice_text]
    assert len(about) > 30
    for one in about:
        assert one.value is None
        assert one.n is None
        assert (one.counts, one.intervals, one.note) == ((), (), "")
        assert one.reason == small_cells.FEW
    text = [(one.note, one.reason, one.counts, one.intervals) for one in shown.measures()]
    assert FEW not in repr(text), "a gap still names it"
    assert FEW not in repr([answer.exhibits for answer in shown.answers])


def test_with_the_total_and_all_other_groups_at_least_two_numbers_stay_unknown(report: Report) -> None:
    shown = withheld.report(report)
    names = ("accuracy.accuracy", "fairness.selection_rate", "data.base_rate")
    for name in names:
        found = [one for one in shown.measures() if one.name == name and not one.setting]
        cells = {tuple((part.column, part.value) for part in one.slice): one for one in found if one.slice}
        for sum_ in sums(cells):
            assert sum(cells[cell].value is None for cell in sum_) != 1, f"{name}: {sum_}"
    race = [one for one in shown.measures() if one.name == names[0] and one.slice_text.startswith("race=")]
    hidden = {one.slice_text: one.reason for one in race if one.value is None and " & " not in one.slice_text}
    assert len(hidden) == 2
    assert set(hidden.values()) == {small_cells.FEW, small_cells.BESIDE}


def test_no_measure_of_a_group_rests_on_fewer_than_ten(report: Report) -> None:
    left = [one for one in withheld.report(report).measures() if one.slice and one.value is not None]
    assert left
    assert all((one.n or 0) >= MINIMUM_CELL for one in left)


def test_a_report_without_small_groups_is_as_it_was(report: Report) -> None:
    def large(one: Report) -> Report:
        answers = (
            answer.model_copy(update={"measures": tuple(m for m in answer.measures if not m.slice and "by" not in dict(m.setting)), "exhibits": ()})
            for answer in one.answers
        )  # fmt: skip
        return one.model_copy(update={"answers": tuple(answers)})

    assert withheld.report(large(report)) == large(report)


def test_a_verdict_keeps_its_outcome_and_loses_what_it_rests_on(report: Report) -> None:
    judged = judge(report, policy.read("default"), tasks.read("mortgage"))
    shown = withheld.judgement(judged, withheld.report(report))
    assert [one.outcome for one in shown.verdicts] == [one.outcome for one in judged.verdicts]
    assert shown.passed == judged.passed
    gone = [one for one in shown.verdicts if one.reason in small_cells.REASONS]
    assert gone, "a gap by race rests on the three"
    for one in gone:
        assert (one.value, one.low, one.high, one.n, one.p, one.settles_at) == (None,) * 6
    rest = [one for one in shown.verdicts if one not in gone]
    assert any(one.value is not None for one in rest)


@pytest.mark.parametrize("seed", range(60))
def test_no_set_of_sums_gives_a_small_cell_away(seed: int) -> None:
    """The oracle: a hidden cell is given away where the equations that bind it to the shown ones have one solution."""
    shape = [(4, 3), (6, 2), (5,), (4, 3, 2), (6, 5)][seed % 5]
    sizes = drawn(np.random.default_rng(seed), shape)
    few = small(sizes)
    hidden = complemented(few, sizes, sums(sizes))
    assert few <= hidden
    left = [cell for cell in sizes if cell not in hidden]
    if left:
        assert not few & given_away(hidden, sizes)


def drawn(data: np.random.Generator, shape: tuple[int, ...]) -> dict[Cell, int]:
    """How many people are in every group and intersection that occurs."""
    counts = data.poisson(data.gamma(0.7, 60, shape))
    sizes: dict[Cell, int] = {}
    for depth in range(1, len(shape) + 1):
        for some in combinations(range(len(shape)), depth):
            table = counts.sum(axis=tuple(at for at in range(len(shape)) if at not in some))
            for at in product(*(range(shape[one]) for one in some)):
                if table[at]:
                    sizes[tuple((f"c{one}", str(value)) for one, value in zip(some, at, strict=True))] = int(table[at])
    return sizes


def given_away(hidden: frozenset[Cell], sizes: dict[Cell, int]) -> set[Cell]:
    """Hidden cells with one solution: every larger group is the sum of the parts that each other column makes of it."""
    unknown = sorted(hidden)
    columns = sorted({column for cell in sizes for column, _ in cell})
    rows = []
    for larger in [(), *sizes]:
        for more in combinations(columns, 1):
            parts = [cell for cell in sizes if len(cell) == len(larger) + 1 and set(larger) < set(cell)]
            parts = [cell for cell in parts if more[0] in dict(cell) and more[0] not in dict(larger)]
            if parts:
                rows.append([(cell in parts) - float(cell == larger) for cell in unknown])
    if not rows or not unknown:
        return set()
    rank = np.linalg.matrix_rank(rows)
    return {cell for at, cell in enumerate(unknown) if np.linalg.matrix_rank([*rows, np.eye(len(unknown))[at]]) == rank}
