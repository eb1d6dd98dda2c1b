"""Small cells: whoever may not see them can neither read them nor work them out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import pytest
from small_models import report_of

from audit import policy, small_cells, withheld
from audit.catalogue import catalogue
from audit.compare import difference_id
from audit.complement import MINIMUM_CELL, complemented, small
from audit.estimate import proportion
from audit.evidence import Baseline, Groups, Moments, Predictions, Scores, Tally
from audit.judge import judge
from audit.measure import Measure, where
from audit.policy import Rule, Verdict
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
    return measured(truth, score, {"race": race, "sex": data.choice(("male", "female"), 900)})


def measured(truth: np.ndarray, score: np.ndarray, groups: dict[str, np.ndarray]) -> Report:
    """What the checks say of predictions by score."""
    n = len(truth)
    found = Predictions(truth, (score > 0.5).astype(int), np.column_stack([1 - score, score]), ("deny", "approve"), 1)
    evidence = {
        Predictions: found,
        Groups: Groups(groups, ()),
        Tally: Tally.of(truth, found.decision, groups, found.classes, 1),
        Moments: Moments.of({"score": score, "outcome": truth, "error": score - truth}, groups),
        Scores: Scores.of(score, truth == 1, groups, None),
        Baseline: Baseline({"majority": np.ones(n, dtype=int)}, {}),
    }
    task = tasks.read("mortgage")
    subject = Subject("0" * 64, "mortgage@1", task.sha256(), task.dataset, "1" * 64, n, {})
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


SHARES = {
    "accuracy.accuracy": ("tp tn", "tp fp fn tn"), "fairness.selection_rate": ("tp fp", "tp fp fn tn"),
    "data.base_rate": ("tp fn", "tp fp fn tn"), "accuracy.recall": ("tp", "tp fn"), "accuracy.precision": ("tp", "tp fp"),
    "accuracy.false_positive_rate": ("fp", "fp tn"), "accuracy.negative_predictive_value": ("tn", "tn fn"),
}  # fmt: skip
"""Which of the people decided right and wrong are a measure's numerator and denominator."""


@pytest.mark.parametrize("people", [
    {"white": (250, 60), "black": (150, 200)}, {"white": (250, 60), "black": (350, 200)}, {"white": (400, 300)},
], ids=["crossed", "nested", "one other"])  # fmt: skip
def test_of_a_group_with_few_of_one_class_no_other_rates_tell_the_rate_of_these(
    people: dict[str, tuple[int, int]],
) -> None:
    """The oracle: by all shares that are shown, of every group and of everybody, its false positives stay open."""
    data, people = np.random.default_rng(1), {**people, FEW: (40, 4)}
    race = np.repeat(list(people), [sum(of) for of in people.values()]).astype(object)
    truth = np.concatenate([np.repeat((1, 0), of) for of in people.values()])
    right = data.random(len(truth)) < 0.8
    shown = withheld.report(measured(truth, np.where(right == (truth == 1), 0.7, 0.3), {"race": race}))
    left = {one.name for one in shown.measures() if one.slice_text == f"race={FEW}" and one.value is not None}
    assert left >= {"accuracy.accuracy", "fairness.selection_rate"}
    parts = [f"{part} {group}" for group in people for part in ("tp", "fp", "fn", "tn")]
    known: list[list[float]] = [[float(part.endswith(f" {group}")) for part in parts] for group in people]
    known += [equation for one in (*shown.measures(), *observed(shown)) for equation in equations(one, parts)]
    few = [float(part == f"fp {FEW}") for part in parts]
    assert np.linalg.matrix_rank([*known, few]) > np.linalg.matrix_rank(known)


def observed(shown: Report) -> Iterator[Measure]:
    """What the mean score less its distance from the truth says: the base rate, where both are shown."""
    plain = [one for one in shown.measures() if not one.setting]
    scores = {one.slice_text: one.value for one in plain if one.name == "fairness.mean_score"}
    for one in plain:
        score = scores.get(one.slice_text)
        if one.name == "calibration.in_the_large" and one.value is not None and score is not None:
            yield one.model_copy(update={"name": "data.base_rate", "value": score - one.value})


def equations(one: Measure, parts: list[str]) -> Iterator[list[float]]:
    """What a share that is shown says of the people decided right and wrong: numerator = share x denominator, and n."""
    about = one.slice_text.removeprefix("race=")
    if one.value is None or one.name not in SHARES or dict(one.setting).get("class", "approve") != "approve":
        return
    if set(dict(one.setting)) - {"class"} or (
        not one.slice and one.name in ("accuracy.recall", "accuracy.precision") and not one.setting
    ):
        return
    above, below = (
        np.array([part.split()[0] in names.split() and about in ("", part.split()[1]) for part in parts], dtype=float)
        for names in SHARES[one.name]
    )
    yield list(above - one.value * below)
    yield list(below)


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


def test_a_change_from_a_cell_of_few_is_not_told_though_it_grew() -> None:
    few, grown = (
        report_of(
            proportion("accuracy.accuracy", k, n, slice=where(race=FEW)),
            of=tasks.read("mortgage"),
            title=f"loans@{version}",
        )
        for version, (k, n) in enumerate([(3, 4), (12, 15)], 1)
    )
    (measure,) = grown.measures()
    rule = Rule(
        measure="accuracy.accuracy",
        slice=f"race={FEW}",
        against="parent",
        at_least=-0.1,
        rationale="no worse than before",
    )
    changed = Verdict(
        id="v-1", rule=rule, outcome="pass", measure=difference_id(few.key, grown.key, measure), value=0.05, low=-0.02,
        high=0.12, n=15, reason="it got better",
    )  # fmt: skip
    judged = judge(grown, policy.read("default"), tasks.read("mortgage")).model_copy(
        update={
            "parent_report": few.key,
            "verdicts": (changed, changed.model_copy(update={"measure": measure.id(grown.key)})),
        }
    )
    shown = withheld.report(grown)
    told, kept = withheld.judgement(judged, shown, few).verdicts
    assert (told.value, told.low, told.high, told.n, told.reason) == (None, None, None, None, small_cells.FEW)
    assert (told.outcome, kept.value) == ("pass", 0.05)
    assert withheld.judgement(judged, shown, grown).verdicts[0].value == 0.05


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
