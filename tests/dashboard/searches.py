"""What a search for slices answers: one part of the data that errs more, and three that were tested and found clean."""

from __future__ import annotations

from audit.estimate import banded, number, undefined
from audit.measure import Condition, Measure
from audit.report import Answer, Exhibit, Question, Report

CODE = "ACC003"
COLUMNS = (
    "slice", "n", "error", "low", "high", "error outside", "excess", "excess low", "excess high", "p adjusted", "verdict",
)  # fmt: skip
PARTS: tuple[tuple[tuple[Condition, ...], int, float, float, float], ...] = (
    ((Condition(column="debt", operator="in", value="[0.4,inf)"), Condition(column="self", value="yes")), 61, 0.41, 0.17, 0.0004),
    ((Condition(column="income", operator="in", value="[-inf,2.1)"),), 140, 0.21, 0.19, 0.42),
    ((Condition(column="race", value="black"), Condition(column="term", value="360")), 88, 0.25, 0.18, 0.09),
    ((Condition(column="married", value="no"),), 301, 0.17, 0.19, 1.0),
)  # fmt: skip
"""Conditions, n, error inside, error outside, adjusted p of every part."""


def searched(worse: bool = True) -> Answer:
    """The answer; without ``worse`` everything was clean."""
    parts = PARTS if worse else PARTS[1:]
    found = sum(p < 0.05 for *_, p in parts)
    measures: list[Measure] = [number("accuracy.slices_found", found, n=450)]
    rows = []
    for where, n, inside, outside, p in parts:
        excess, reach = inside - outside, 1.96 * (inside * (1 - inside) / n) ** 0.5
        low, high = max(0.0, inside - reach), inside + reach
        measures += [
            banded("accuracy.slice_error", inside, {0.95: (low, high)}, "mid-P", slice=where, n=n),
            banded(
                "accuracy.slice_excess", excess, {0.95: (excess - reach, excess + reach)}, "Welch", slice=where, n=n
            ),
            number("accuracy.slice_p_value", p, slice=where, n=n, unit="p-value"),
        ]
        text = " & ".join(map(str, where))
        rows.append(
            (
                text,
                n,
                inside,
                low,
                high,
                outside,
                excess,
                excess - reach,
                excess + reach,
                p,
                "worse" if p < 0.05 else "clean",
            )
        )
    shown = Exhibit(
        name="accuracy.slices_tested",
        title="Parts of the data that were tested",
        columns=COLUMNS,
        rows=tuple(rows),
        n=450,
    )
    doc = (
        "Where in the data does the model err more?\n\nMeasures: errors.\nRead it: look.\nLimits: some.\nSource: ours."
    )
    asked = Question(code=CODE, title="Where in the data does the model err more?", dimension="accuracy", doc=doc)
    return Answer(question=asked, status="measured", measures=tuple(measures), exhibits=(shown,), seconds=0.4)


def untold(report: Report, *which: int) -> Report:
    """The same where the half that tests has no rows of these parts of the data."""
    texts = [" & ".join(map(str, where)) for where, *_ in (PARTS[at] for at in which)]

    def without(one: Exhibit) -> Exhibit:
        rows = tuple((row[0], 0, *[None] * 8, "cannot tell") if row[0] in texts else row for row in one.rows)
        return one.model_copy(update={"rows": rows})

    def silent(one: Measure) -> Measure:
        if one.slice_text not in texts:
            return one
        return undefined(one.name, "every row of the half that tests lies outside", slice=one.slice, n=0)

    def asked(one: Answer) -> Answer:
        measures, exhibits = tuple(map(silent, one.measures)), tuple(map(without, one.exhibits))
        return one.model_copy(update={"measures": measures, "exhibits": exhibits}) if one.question.code == CODE else one

    return report.model_copy(update={"answers": tuple(map(asked, report.answers))})
