"""Two versions on the same examples: what changed, for whom, and at what cost."""

from __future__ import annotations

import pandas as pd

from audit import compare
from audit.compare import Comparison
from audit.report import Report
from audit.rows import Rows
from dashboard import figures
from dashboard.views.report import DETAIL
from dashboard.views.wording import label
from models import task as tasks
from models.card import Card
from storage.archive import Archive


def comparison(archive: Archive, first: Report, second: Report) -> Comparison:
    """Two reports on the same examples, from their row evidence. Raises ``ValueError`` where they cannot be paired."""
    task = tasks.read(archive.model(second.model).task)
    return compare.compare(first, evidence(archive, first), second, evidence(archive, second), task)


def evidence(archive: Archive, report: Report) -> Rows:
    """The row evidence of a report. Raises ``ValueError`` where none was kept, ``Erased`` where it was erased."""
    if report.rows is None:
        raise ValueError(f"Report {figures.short(report.id)} kept no row evidence; audit {report.title} again.")
    return Rows.from_bytes(archive.blob(report.rows))


def differences(found: Comparison) -> pd.DataFrame:
    """One row per measure of both versions, worse first; ``detail`` marks what is about a class or group."""
    order = ["worse", "better", "cannot tell", "no worse"]
    rows = [
        {
            "id": one.id(found),
            "dimension": one.name.partition(".")[0],
            "rate": bool(figures.rate_of(one.name)),
            "better": one.better,
            "n": found.n,
            "label": label(one.name, one.setting_text, one.slice_text),
            "values": " → ".join(figures.number(v, rate=figures.rate_of(one.name)) for v in (one.first, one.second)),
            "value": one.difference,
            "low": one.low,
            "high": one.high,
            "text": figures.change(one.name, one.difference, one.low, one.high),
            "margin": one.margin,
            "outcome": one.outcome,
            "reason": one.reason,
            "detail": bool(one.slice) or not DETAIL.isdisjoint(dict(one.setting)),
        }
        for one in sorted(found.differences, key=lambda one: (order.index(one.outcome), one.name))
    ]
    return pd.DataFrame(rows)


def flips(found: Comparison) -> pd.DataFrame:
    """Who is decided wrongly now and was not before, by group, the largest share first."""
    rows = [
        {"group": group.replace("=", ": "), "n": n, "broken": lost, "mended": won, "share": lost / n if n else 0.0}
        for group, n, lost, won in ((one.slice, one.n, one.lost, one.won) for one in found.flips if one.slice)
    ]
    frame = pd.DataFrame(rows, columns=["group", "n", "broken", "mended", "share"])
    frame = frame.sort_values("share", ascending=False, ignore_index=True)
    return frame.assign(share=[figures.number(one, rate=True) for one in frame["share"]])


def costs(first: Card, second: Card) -> pd.DataFrame:
    """What each version took and takes, side by side."""
    lines = {
        "Training time": [figures.duration(one.cost.seconds) for one in (first, second)],
        "Training energy (estimate)": [f"{figures.number(one.cost.energy_wh)} Wh" for one in (first, second)],
        "Parameters": [figures.count(one.cost.parameters) for one in (first, second)],
        "Operations for one example": [
            f"{figures.number(one.cost.flops_per_example)} FLOPs" for one in (first, second)
        ],
    }
    return pd.DataFrame.from_dict(lines, orient="index", columns=[first.title, second.title])
