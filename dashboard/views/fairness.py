"""What a report says of groups: how far apart they lie, each one's rate, and what the data could have shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pandas as pd

from audit.grouping import JOINT
from audit.measure import Measure
from audit.policy import Judgement
from audit.report import Exhibit, Report
from audit.small_cells import REASONS
from audit.withheld import is_withheld
from dashboard import figures
from dashboard.views.wording import limit_text
from models.task import Purpose

RATES = {
    "fairness.selection_rate": "Selection rate",
    "accuracy.accuracy": "Accuracy",
    "accuracy.recall": "True positive rate",
    "accuracy.false_positive_rate": "False positive rate",
    "accuracy.precision": "Positive predictive value",
    "accuracy.negative_predictive_value": "Negative predictive value",
    "accuracy.roc_auc": "ROC-AUC",
    "calibration.ece": "Calibration error (ECE)",
    "fairness.mean_score": "Mean score",
    "uncertainty.conformal_coverage": "Coverage of conformal sets",
}
"""What is looked at group by group, first things first; whatever else a report has by group follows."""
OF = {
    "fairness.selection_rate": "selection_rate", "accuracy.recall": "true_positive_rate",
    "accuracy.false_positive_rate": "false_positive_rate", "accuracy.precision": "precision",
    "accuracy.negative_predictive_value": "negative_predictive_value", "accuracy.accuracy": "accuracy",
    "fairness.mean_score": "mean_score",
}  # fmt: skip
"""How tests about a rate name it in their setting."""
DETECTABLE, DIFFER, POOLED = "fairness.min_detectable_gap", "fairness.rates_differ_p_value", "fairness.pooled_rate"
ALTERNATIVE = "fairness.alternative_impact_ratio"
ABOUT = {DETECTABLE, DIFFER, POOLED, ALTERNATIVE}
"""What is about a gap and is none itself."""
DRAWN = 12
"""Gaps in one plot; the table has them all."""
LAW = "law"
"""In the setting of what stands in the tables of a law."""
SEARCHED = "accuracy.slice_"
_COLUMNS = ["id", "name", "label", "kind", "value", "low", "high", "n", "text", "note", "reason", "limit", "side", "outcome",
    "limit_text"]  # fmt: skip


class Rate(NamedTuple):
    """One number that every group has: a measure's name, its setting and how people call it."""

    name: str
    setting: str
    label: str

    @property
    def share(self) -> bool:
        return bool(figures.rate_of(self.name))


def groupings(report: Report) -> list[str]:
    """The ways of grouping a report compares: single columns first, then their intersections."""
    found = dict.fromkeys(str(dict(one.setting)["by"]) for one in report.measures() if "by" in dict(one.setting))
    return sorted(found, key=lambda by: by.count(JOINT))


def grouped_by(one: Measure, known: Iterable[str]) -> str | None:
    """Which of these ways of grouping a measure is about: that of its setting, else that of its group's columns."""
    by = dict(one.setting).get("by")
    if by is not None or not one.slice or one.name.startswith(SEARCHED):
        return None if by is None else str(by)
    return next((name for name in known if _group(one, tuple(name.split(JOINT)))), None)


def details(report: Report) -> dict[str, list[Measure]]:
    """By way of grouping, what is about one group, an intersection, or one of several classes: too much for a text."""
    known = groupings(report)
    classes: dict[str, set[str]] = {}
    for one in report.measures():
        classes.setdefault(one.name, set()).update(str(value) for key, value in one.setting if key == "class")
    found: dict[str, list[Measure]] = {by: [] for by in known}
    for one in report.measures():
        by = grouped_by(one, known)
        if by and (one.slice or JOINT in by or len(classes[one.name]) > 1):
            found[by].append(one)
    return found


def naming(measures: Iterable[Measure], apart: str = "by") -> Callable[[Measure], str]:
    """How to call measures among others: by name, and by the parts of the setting in which those of that name differ.

    ``apart`` is the part that is named elsewhere.
    """
    among = list(measures)
    values: dict[tuple[str, str], set[str]] = {}
    for one in among:
        for key, value in one.setting:
            values.setdefault((one.name, key), set()).add(str(value))
    sizes = Counter(one.name for one in among)
    given = Counter((one.name, key) for one in among for key, _ in one.setting)

    def called(one: Measure) -> str:
        if LAW in dict(one.setting):
            return f"{figures.title(one.name)}, {_by_law(one)}"
        differ = (
            f"{key} {value}".replace("_", " ")
            for key, value in one.setting
            if key not in ("by", apart) and (len(values[one.name, key]) > 1 or given[one.name, key] < sizes[one.name])
        )
        return ", ".join([RATES.get(one.name) or figures.title(one.name), *differ])

    return called


def _by_law(one: Measure) -> str:
    """``LL144 scoring``: the table of the law that a measure stands in."""
    at = dict(one.setting)
    return " ".join(["LL144", *(str(at[key]) for key in ("rate", "class", "test") if key in at)])


def group_name(one: Measure) -> str:
    """``black & female``."""
    return JOINT.join(condition.value for condition in one.slice)


def gaps(report: Report, by: str, judgement: Judgement | None, task: Purpose | None) -> pd.DataFrame:
    """One row per gap or ratio between groups, with its limit: the rule's, else the one the task's owner declared."""
    said = judgement.by_measure if judgement else {}
    rows = []
    found = [one for one in report.measures() if _gap(one, by)]
    called = naming(found)
    for one in found:
        verdict, margin, shown = said.get(one.id(report.key)), task.margin(one.name) if task else None, one.shown()
        low, high = (verdict.low, verdict.high) if verdict else (shown and shown.low, shown and shown.high)
        side = verdict.rule.side if verdict else ("at_least" if one.better == "higher" else "at_most")
        limit = verdict.limit if verdict else (margin.limit if margin else None)
        rows.append(
            [
                one.id(report.key), one.name, called(one), _kind(one.name), one.value, low, high, one.n,
                figures.measured(one), one.note, one.reason, limit, side, verdict.outcome if verdict else "",
                limit_text(one.name, limit, side),
            ]
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.astype({"value": float, "low": float, "high": float, "limit": float})


def largest_gap(frame: pd.DataFrame, by: str) -> str:
    """The size of the largest gap, between whom, and only then whether chance could have made it."""
    known = frame[(frame["kind"] == "points") & frame["value"].notna()].sort_values(
        "value", ascending=False, kind="stable"
    )
    hidden = frame.loc[frame["reason"].isin(REASONS), "reason"]
    if known.empty:
        return f"No gap by {by} could be measured." if hidden.empty else f"No gap by {by} is shown: {hidden.iloc[0]}."
    top, shown = known.iloc[0], known[known["low"] > 0]
    text = f"The largest gap by {by}{'' if hidden.empty else ' that is shown'} is {_told(top)}"
    if shown.empty:
        return f"{text}; chance could explain it{', and every other gap' if len(known) > 1 else ''}."
    many = f"{len(shown)} of {len(known)} gaps {'is' if len(shown) == 1 else 'are'} more than chance explains"
    if top["low"] > 0:
        return (
            f"{text}; more than chance explains. {many}." if len(known) > 1 else f"{text}; more than chance explains."
        )
    return f"{text}; chance could explain it. {many}, the largest {_told(shown.iloc[0])}."


def telling(frame: pd.DataFrame) -> pd.DataFrame:
    """The gaps of one kind that are drawn: those with a limit, then those furthest beyond chance; at most ``DRAWN``."""
    sign = -1.0 if (frame["kind"] == "ratio").all() else 1.0
    near = frame["high"] if sign < 0 else frame["low"]
    order = frame.assign(free=frame["limit"].isna(), near=-sign * near, far=-sign * frame["value"])
    return frame.loc[order.sort_values(["free", "near", "far"], kind="stable").index[:DRAWN]]


def rates(report: Report, by: str) -> list[Rate]:
    """What the report has of every group, by name; a class is named where there are several."""
    columns = tuple(by.split(JOINT))
    found: dict[str, dict[str, Measure]] = {}
    for one in report.measures():
        aside = one.name.startswith(SEARCHED) or one.name in ABOUT or LAW in dict(one.setting)
        if _group(one, columns) and not aside:
            found.setdefault(one.name, {}).setdefault(one.setting_text, one)
    names = sorted(found, key=lambda name: list(RATES).index(name) if name in RATES else len(RATES))
    called = naming(one for settings in found.values() for one in settings.values())
    return [Rate(name, text, called(one)) for name in names for text, one in found[name].items()]


def by_group(report: Report, by: str, rate: Rate) -> pd.DataFrame:
    """One row per group: its rate with interval, n and id, and what partial pooling makes of it."""
    columns = tuple(by.split(JOINT))
    pooled = _pooled(report, by, rate)
    rows = []
    for one in report.measures():
        group = _group(one, columns)
        if group and (one.name, one.setting_text) == (rate.name, rate.setting):
            shown = one.shown()
            rows.append(
                [
                    one.id(report.key), JOINT.join(group), group, one.value, shown and shown.low, shown and shown.high,
                    one.n, figures.measured(one), one.reason, pooled.get(group, figures.DASH),
                ]
            )  # fmt: skip
    names = ["id", "group", "parts", "value", "low", "high", "n", "text", "reason", "pooled"]
    frame = pd.DataFrame(rows, columns=names).astype({"value": float, "low": float, "high": float})
    sizes = [figures.count(n) for n in frame["n"]]
    return frame.assign(label=frame["group"] + ", n = " + pd.Series(sizes, frame.index, dtype=str))


def overall(report: Report, by: str, rate: Rate) -> float | None:
    """The same rate over everybody: as measured, else from the counts of all groups together."""
    same = [one for one in report.measures() if (one.name, one.setting_text) == (rate.name, rate.setting)]
    whole = next((one.value for one in same if not one.slice), None)
    if whole is not None:
        return whole
    columns = tuple(by.split(JOINT))
    groups = [one for one in same if _group(one, columns)]
    if any(map(is_withheld, groups)):
        return None
    counts = [count for one in groups for count in one.counts if one.estimator == "proportion"]
    n = sum(one.n for one in counts)
    return sum(one.k for one in counts) / n if n else None


def crossed(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """The groups of two columns as rows and columns of a table, the column with fewer groups across; else empty."""
    if by.count(JOINT) != 1 or frame.empty:
        return pd.DataFrame()
    first, second = (frame["parts"].str[at] for at in (0, 1))
    if first.nunique() < second.nunique():
        first, second = second, first
    return frame.assign(row=first, column=second)[["row", "column", "value", "n", "text"]]


def gaps_title(rows: pd.DataFrame, by: str, kind: str) -> str:
    """What to see in a plot of gaps or ratios."""
    if kind == "ratio":
        low = rows.sort_values("value", kind="stable").iloc[0]
        return f"Smallest ratio by {by}: {_lower(low['label'])}{_between(low['note'])}"
    shown = int((rows["low"] > 0).sum())
    said = f"{shown} of {len(rows)} gaps by {by} are more than chance explains"
    return said if shown else f"Chance could explain every gap by {by}"


def rate_title(frame: pd.DataFrame, rate: Rate) -> str:
    """For whom a rate is highest and for whom it is lowest."""
    known = frame[frame["value"].notna()]
    high = known.sort_values(["value", "n"], kind="stable").iloc[-1]
    low = known.sort_values(["value", "n"], ascending=[True, False], kind="stable").iloc[0]
    if high["value"] == low["value"]:
        return f"{rate.label}: the same for all groups"
    return f"{rate.label}: highest for {high['group']}, lowest for {low['group']}"


def crossing_title(grid: pd.DataFrame, rate: Rate) -> str:
    """Where two ways of grouping meet at the lowest rate."""
    low = grid.sort_values(["value", "n"], ascending=[True, False], kind="stable").iloc[0]
    return f"{rate.label} is lowest where {low['row']} and {low['column']} meet"


def power(report: Report, by: str, rate: Rate) -> str:
    """Whether chance alone makes rates this unequal, and which gap so few people could have hidden; in words."""
    p, least = (_about(report, name, by, rate) for name in (DIFFER, DETECTABLE))
    said = []
    if p is not None and p.value is not None:
        rare = "would be rare" if p.value < 0.05 else "would not be rare"
        said.append(f"If all groups had the same, values this unequal {rare} ({figures.p_value(p.value)}).")
    if least is not None and least.value is not None:
        gap = figures.number(least.value, rate="points", width=1.0)
        said.append(f"With these group sizes a gap under {gap} would probably not have been seen.")
    return " ".join(said)


def exhibits(report: Report, name: str) -> list[Exhibit]:
    """The exhibits of a report that bear a name."""
    return [shown for answer in report.answers for shown in answer.exhibits if shown.name == name]


def alternative(report: Report, by: str) -> str:
    """What the best alternative that is about as accurate would do, beside the decision as it is."""
    found = (one for one in report.measures() if one.name == ALTERNATIVE and dict(one.setting).get("by") == by)
    one = next(found, None)
    if one is None:
        return ""
    if one.value is None:
        return f"No alternative can be stated: {one.reason}."
    return f"The best alternative that is about as accurate has an impact ratio of {figures.measured(one)}: {one.note}."


def law_table(one: Exhibit) -> list[dict[str, str]]:
    """A table of Local Law 144 as people read it: each category with what is to be said of it, rates with intervals."""
    return [_law_row(dict(zip(one.columns, row, strict=True))) for row in one.rows]


def _law_row(known: dict[str, Any]) -> dict[str, str]:
    band = [known[name] for name in ("rate", "low", "high")]
    impact = [known[name] for name in ("impact ratio", "ratio low", "ratio high")]
    return {
        "Category": str(known["category"]),
        "note": known["note"] or "",
        "n": f"{figures.count(known['n'])} ({figures.number(known['share'], rate=True)})",
        "Rate": figures.with_interval(*band, rate=True),
        "Impact ratio": figures.with_interval(*impact),
        "By chance": figures.p_value(known["p exact"]),
    }


def no_groups(report: Report) -> list[str]:
    """Why a report compares no groups: what its questions about fairness say."""
    return [
        f"{one.question.code}: {one.reason}"
        for one in report.answers
        if one.question.dimension == "fairness" and one.reason
    ]


def _group(one: Measure, columns: tuple[str, ...]) -> tuple[str, ...] | None:
    """The group a measure is about, one value per column; ``None`` where it is about none of this grouping."""
    if len(one.slice) != len(columns) or any(condition.operator != "=" for condition in one.slice):
        return None
    values = {condition.column: condition.value for condition in one.slice}
    return tuple(values[column] for column in columns) if values.keys() == set(columns) else None


def _about(report: Report, name: str, by: str, rate: Rate) -> Measure | None:
    """The test of this name about this rate."""
    found = (one for one in report.measures() if one.name == name and dict(one.setting).get("by") == by)
    return next((one for one in found if _of(one, rate)), None)


def _pooled(report: Report, by: str, rate: Rate) -> dict[tuple[str, ...], str]:
    """What partial pooling makes of a rate, by group."""
    columns = tuple(by.split(JOINT))
    found = ((one, _group(one, columns)) for one in report.measures() if one.name == POOLED)
    return {group: figures.measured(one) for one, group in found if group and _of(one, rate)}


def _of(one: Measure, rate: Rate) -> bool:
    """Whether a measure is about this rate, and about the same class where it names one."""
    at = dict(one.setting)
    alike = "class" not in at or "class=" not in rate.setting or f"class={at['class']}" in rate.setting
    return alike and at.get("of") == OF.get(rate.name, "")


def _gap(one: Measure, by: str) -> bool:
    """Whether a measure says how far the groups of a grouping lie apart."""
    about = dict(one.setting).get("by") == by and not one.slice and not one.name.startswith("data.")
    return about and one.better != "none" and one.name not in ABOUT


def _kind(name: str) -> str:
    """``points`` for a difference of shares, ``ratio``, or ``other`` for a difference in its own unit."""
    if name.endswith("_ratio"):
        return "ratio"
    return "points" if figures.rate_of(name) == "points" else "other"


def _told(gap: pd.Series[Any]) -> str:
    return f"{gap['text']}: {_lower(gap['label'])}{_between(gap['note'])}"


def _between(note: str) -> str:
    """The pair of groups that a gap's note names."""
    first = note.partition(";")[0]
    return f", {first}" if first.startswith("between") else ""


def _lower(title: str) -> str:
    """A title inside a sentence: abbreviations stay."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
