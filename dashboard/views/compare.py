"""Two versions on the same examples: what changed, for whom, and at what cost."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from audit import compare
from audit.compare import Comparison, Difference
from audit.policy import Policy
from audit.report import Report
from audit.rows import Rows
from audit.spread import spreads
from dashboard import figures
from dashboard.views.report import detail
from dashboard.views.wording import label, label_of
from models.card import Card, Cost
from storage.archive import Archive


def comparison(archive: Archive, first: Report, second: Report, policy: Policy | None = None) -> Comparison:
    """Two reports on the same examples, from their row evidence, with the margins of a policy.

    Where either version has siblings that differ in the seed only, each difference says whether it exceeds what the
    seed alone does. Raises ``ValueError`` where they cannot be paired, ``Erased`` where the evidence was erased.
    """
    task = second.purpose or archive.model(second.model).purpose
    siblings = max((archive.siblings(one) for one in (first, second)), key=len)
    rows = evidence(archive, first), evidence(archive, second)
    return compare.compare(first, rows[0], second, rows[1], task, policy=policy, spread=spreads(siblings))


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
            "n": one.n or found.n,
            "label": label(one.name, one.setting_text, one.slice_text),
            "values": " → ".join(figures.number(v, rate=figures.rate_of(one.name)) for v in (one.first, one.second)),
            "value": one.difference,
            "low": one.low,
            "high": one.high,
            "text": figures.change(one.name, one.difference, one.low, one.high),
            "margin": one.margin,
            "outcome": one.outcome,
            "reason": reason(one),
            "detail": detail(one),
        }
        for one in sorted(found.differences, key=lambda one: (order.index(one.outcome), one.name))
    ]
    return pd.DataFrame(rows)


def reason(one: Difference) -> str:
    """The reason of an outcome, the n that would settle it, and what the seed alone does."""
    return "; ".join(filter(None, (one.reason, settling(one), seed_alone(one))))


def settling(one: Difference) -> str:
    """How many examples would settle what cannot be told; empty where that is not known."""
    return f"about {figures.count(one.settles_at)} examples would settle it" if one.settles_at else ""


def seed_alone(one: Difference) -> str:
    """Whether a difference exceeds what another seed of the recipe would do; empty where that is not known."""
    if one.beyond_seed is None or one.seed_reach is None:
        return ""
    rate = "points" if figures.rate_of(one.name) else ""
    reach = figures.number(one.seed_reach, rate=rate, width=one.seed_reach)
    than = "more than" if one.beyond_seed else "no more than"
    return f"{than} another seed of the recipe would do (up to {reach}, known from {one.seed_runs} versions)"


def seed_sentence(found: Comparison) -> str:
    """How many differences exceed what the seed alone does; empty where no spread of the recipe is known."""
    known = [one for one in found.differences if one.beyond_seed is not None]
    if not known:
        return ""
    beyond = sum(bool(one.beyond_seed) for one in known)
    verb = "is" if beyond == 1 else "are"
    return f"{beyond} of {len(known)} differences {verb} larger than what another seed of the recipe would do."


def flips(found: Comparison) -> pd.DataFrame:
    """Who is decided wrongly now and was not before, by group and tested part, the largest share first.

    ``value``, ``low`` and ``high`` are of the share of right decisions lost, of all in the slice.
    """
    rows = [
        {
            "group": label_of(one.slice), "n": one.n, "broken": one.lost, "mended": one.won, "value": one.rate,
            "low": one.low, "high": one.high,
        }
        for one in found.flips
        if one.slice
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["group", "n", "broken", "mended", "value", "low", "high"])
    frame = frame.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    bands = frame[["value", "low", "high"]].itertuples(index=False, name=None)
    sizes = [figures.count(n) for n in frame["n"]]
    return frame.assign(
        share=[figures.with_interval(*band, rate=True) for band in bands],
        label=frame["group"] + ", n = " + pd.Series(sizes, frame.index, dtype=str),
    )


def flips_title(frame: pd.DataFrame) -> str:
    """Who lost most."""
    top = frame.iloc[0]
    if not top["broken"]:
        return "Nobody who was decided rightly is decided wrongly now"
    return f"Most was broken for {top['group']}: {top['share']}"


def costs(first: Card, second: Card) -> pd.DataFrame:
    """What each version took and takes, side by side."""
    lines: dict[str, Callable[[Cost], str]] = {
        "Training time": lambda cost: figures.duration(cost.seconds),
        "Training energy (estimate)": lambda cost: f"{figures.number(cost.energy_wh)} Wh",
        "Parameters": lambda cost: figures.count(cost.parameters),
        "Operations for one example": lambda cost: f"{figures.number(cost.flops_per_example)} FLOPs",
    }
    said = {
        line: ["unknown" if one.cost is None else told(one.cost) for one in (first, second)]
        for line, told in lines.items()
    }
    return pd.DataFrame.from_dict(said, orient="index", columns=[first.title, second.title])
