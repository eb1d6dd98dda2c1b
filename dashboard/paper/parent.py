"""Against its parent: the section of a printed report that says what a new version bought and what it cost."""

from __future__ import annotations

from collections.abc import Iterator

from audit.compare import Comparison, Difference
from dashboard import charts, figures, views
from dashboard.paper import block
from dashboard.paper.block import Block, Cell
from dashboard.paper.dossier import Dossier

DRAWN = 12
"""Rows of a plot of differences; the table has them all."""
ORDER = ("worse", "cannot tell", "no worse", "better")
DECIDED = ("worse", "better")


def against_parent(dossier: Dossier) -> Iterator[Block]:
    """One sentence, who was right before and is wrong now, the plot and the table."""
    comparison = dossier.comparison
    if comparison is None:
        known = "its parent was not audited on the same examples" if dossier.card.parent else "it has no parent"
        yield block.text(f"This version was not compared: {known}.")
        return
    size = f"{figures.count(comparison.n)} examples"
    yield block.terms(
        [
            (
                "Compared",
                block.cell(f"{comparison.second} with {comparison.first} on the same {size}", id=dossier.report.id),
            ),
            ("Found", block.cell(f"{comparison.sentence}.", id=dossier.report.id)),
        ]
    )
    yield block.text(
        f"The chance of any wrong “better” or “worse” here is held at {figures.number(1 - comparison.level, rate=True)} "
        "over all that was compared (Holm). Differences are this version minus its parent."
    )
    if said := views.seed_sentence(comparison):
        yield block.text(said)
    yield from _plots(comparison, dossier.report.id)
    if comparison.flips:
        yield from _flips(comparison, dossier.report.id)
    ordered = sorted(comparison.differences, key=lambda one: ORDER.index(one.outcome))
    columns = [
        ("Outcome", 1.3, False),
        ("Measure", 3.2, False),
        ("Parent", 1.0, True),
        ("Now", 1.0, True),
        ("Difference", 2.3, True),
    ]
    whole, parts = ([one for one in ordered if views.detail(one) is detail] for detail in (False, True))
    yield block.table(columns, [_row(one, comparison, views.reason(one)) for one in whole], "All examples together")
    decided = [one for one in parts if one.outcome in DECIDED]
    if decided:
        rows = [_row(one, comparison, "") for one in decided]
        yield block.table(columns, rows, "By group, intersection and class: what is better or worse", dense=True)
    if rest := len(parts) - len(decided):
        yield block.text(
            f"{figures.count(rest)} more, about single groups, intersections and classes, are no worse or cannot be told; "
            f"“answerable compare {comparison.first} {comparison.second} --all” lists them.",
            quiet=True,
        )


def printed(comparison: Comparison) -> list[Difference]:
    """The differences that the tables hold: of the whole, and of groups and classes what is decided."""
    return [one for one in comparison.differences if one.outcome in DECIDED or not views.detail(one)]


def _plots(comparison: Comparison, id: str) -> Iterator[Block]:
    """Differences of shares on one axis; other units stand in the table alone, for they have no axis in common."""
    frame = views.differences(comparison)
    if frame.empty:
        return
    frame = frame[~frame["detail"]]
    drawable = frame[frame["value"].notna() & frame["low"].notna() & frame["high"].notna()]
    telling = drawable.assign(told=drawable["outcome"].isin(["worse", "better"]), size=drawable["value"].abs())
    telling = telling.sort_values(["told", "size"], ascending=False, kind="stable")
    rows = telling[telling["rate"]]
    if rows.empty:
        return
    better, worse = ((rows["outcome"] == one).sum() for one in ("better", "worse"))
    part = "" if len(rows) <= DRAWN else f"; here are the {DRAWN} that tell most"
    title = f"Of {len(rows)} differences of shares {better} better and {worse} worse{part}"
    chart = charts.differences(rows.head(DRAWN), title, rate=True, n=comparison.n)
    yield block.figure(chart, f"{comparison.second} minus {comparison.first}", id)


def _flips(comparison: Comparison, id: str) -> Iterator[Block]:
    """Who was decided rightly and is not now: the shares with their intervals, then the counts."""
    frame = views.flips(comparison)
    everybody = comparison.negative_flips / comparison.n
    if not frame.empty and frame["broken"].any():
        said = f"everybody, {figures.number(everybody, rate=True)}"
        chart = charts.intervals(frame.head(DRAWN), views.flips_title(frame), rate=True, reference=everybody, said=said)
        yield block.figure(chart, "Share of decisions that were right before and are wrong now", id)
    columns = [
        ("Who", 2.6, False),
        ("Right before, wrong now", 1.5, True),
        ("Share", 1.5, True),
        ("Wrong before, right now", 1.5, True),
        ("n", 0.8, True),
    ]
    whole = (
        "all",
        comparison.negative_flips,
        figures.number(everybody, rate=True),
        comparison.positive_flips,
        comparison.n,
    )
    groups = frame[["group", "broken", "share", "mended", "n"]].itertuples(index=False, name=None)
    rows = [
        [
            block.cell(who),
            block.cell(figures.count(lost), id=id),
            block.cell(share),
            block.cell(figures.count(won), id=id),
            block.cell(figures.count(n)),
        ]
        for who, lost, share, won, n in (whole, *groups)
    ]
    yield block.table(columns, rows, "What broke, and what was mended, for whom")


def _row(one: Difference, comparison: Comparison, under: str) -> list[Cell]:
    rate = figures.rate_of(one.name)
    return [
        block.verdict(one.outcome),
        block.cell(views.label(one.name, one.setting_text, one.slice_text), under=under),
        block.cell(figures.number(one.first, rate=rate)),
        block.cell(figures.number(one.second, rate=rate)),
        block.cell(figures.change(one.name, one.difference, one.low, one.high), id=one.id(comparison)),
    ]
