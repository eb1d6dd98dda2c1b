"""What people see of a report who may not see small cells: no number of a group of few, nor one that gives it away."""

from __future__ import annotations

from collections.abc import Mapping

from audit.compare import Comparison, Difference, difference_id
from audit.complement import MINIMUM_CELL, complemented, small
from audit.flips import Flip
from audit.grouping import JOINT
from audit.measure import Measure
from audit.policy import Judgement, Verdict
from audit.report import Answer, Exhibit, Report
from audit.small_cells import FEW, REASONS, Columns, Hidden, hidden, labels_of, names_any, text

NAMING = ("category", "slice")
"""Columns of exhibits that name a group."""


def report(one: Report) -> Report:
    """The same report, ids and all, without the numbers of small cells."""
    gone = hidden(one)
    answers = tuple(_answer(answer, gone) for answer in one.answers)
    return one.model_copy(update={"answers": answers})


def judgement(one: Judgement, shown: Report, parent: Report | None = None) -> Judgement:
    """A judgement without the values that its report, as ``report`` gives it, does not show; outcomes stay.

    ``parent`` is the report that changes are judged against: what it withholds a change would give away.
    """
    before = hidden(parent).keys if parent else {}
    reasons = {}
    for measure in shown.measures():
        if is_withheld(measure):
            reasons[measure.id(shown.key)] = measure.reason
        if one.parent_report and (gone := measure.reason if is_withheld(measure) else before.get(measure.key)):
            reasons[difference_id(one.parent_report, shown.key, measure)] = gone
    return one.model_copy(update={"verdicts": tuple(_verdict(verdict, reasons) for verdict in one.verdicts)})


def comparison(one: Comparison, first: Report, second: Report) -> Comparison:
    """A comparison of two reports without what either withholds."""
    before, after = hidden(first), hidden(second)
    keys = {**before.keys, **after.keys}
    texts = {text(cell) for cell in before.whole | after.whole}
    return one.model_copy(
        update={
            "differences": tuple(_difference(each, keys) for each in one.differences),
            "flips": tuple(each for each in one.flips if not _small_flip(each, texts)),
        }
    )


def is_withheld(one: Measure) -> bool:
    """Whether a measure's value is there and not shown."""
    return one.reason in REASONS


def _answer(one: Answer, gone: Hidden) -> Answer:
    exhibits = (_exhibit(each, gone.labels) for each in one.exhibits)
    return one.model_copy(
        update={
            "measures": tuple(_measure(each, gone) for each in one.measures),
            "exhibits": tuple(each for each in exhibits if each is not None),
        }
    )


def _measure(one: Measure, gone: Hidden) -> Measure:
    reason = gone.keys.get(one.key)
    if reason:
        bare = {
            "value": None,
            "reason": reason,
            "n": None,
            "counts": (),
            "estimator": None,
            "intervals": (),
            "note": "",
        }
        return one.model_copy(update=bare)
    if {count.label for count in one.counts} & labels_of(one, gone.labels):
        return one.model_copy(update={"counts": (), "estimator": None})
    return one


def _exhibit(one: Exhibit, by: Mapping[Columns, frozenset[str]]) -> Exhibit | None:
    """The same without rows of few people and of withheld groups; ``None`` where that leaves nothing, or where its title
    or every row is about them."""
    labels = frozenset().union(*by.values())
    if one.columns[0] in NAMING and names_any(one.title, labels):
        return None
    if one.columns[-1] == "by" and any(tuple(str(row[-1]).split(JOINT)) in by for row in one.rows):
        return None
    places = [(at,) for at in range(len(one.rows))]
    where = one.columns.index("n") if "n" in one.columns else None
    sizes = {
        (at,): int(row[where] or 0) if where is not None else 0 for (at,), row in zip(places, one.rows, strict=True)
    }
    named = {(at,) for (at,) in places if one.columns[0] in NAMING and _part(str(one.rows[at][0])) in labels}
    gone = complemented(named | small(sizes), sizes, [sizes.keys()])
    kept = tuple(row for at, row in zip(places, one.rows, strict=True) if at not in gone)
    return one.model_copy(update={"rows": kept}) if kept else None


def _part(text: str) -> str:
    """What a group is called, from its name or from the conditions of a slice."""
    return JOINT.join(part.partition("=")[2] or part for part in text.split(JOINT))


def _verdict(one: Verdict, reasons: Mapping[str, str]) -> Verdict:
    reason = reasons.get(one.measure or "")
    if reason is None:
        return one
    bare = dict.fromkeys(("value", "low", "high", "n", "p", "settles_at"))
    return one.model_copy(update={**bare, "reason": reason})


def _difference(one: Difference, keys: Mapping[tuple[str, str, str], str]) -> Difference:
    reason = keys.get((one.name, one.setting_text, one.slice_text))
    if reason is None and one.slice and 0 < (one.n or 0) < MINIMUM_CELL:
        reason = FEW
    if reason is None:
        return one
    bare = dict.fromkeys(("first", "second", "difference", "low", "high", "p", "p_adjusted", "n", "settles_at"))
    return one.model_copy(update={**bare, "method": "", "outcome": "cannot tell", "reason": reason})


def _small_flip(one: Flip, texts: set[str]) -> bool:
    return bool(one.slice) and (one.slice in texts or one.n < MINIMUM_CELL)
