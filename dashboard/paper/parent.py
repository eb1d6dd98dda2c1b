"""Against its parent: the section of a printed report that says what a new version bought and what it cost."""

from __future__ import annotations

from collections.abc import Iterator

from audit.compare import Comparison, Difference
from dashboard import charts, figures, texts, views
from dashboard.paper import block
from dashboard.paper.block import Block, Cell
from dashboard.paper.dossier import Dossier
from dashboard.paper.wording import label, sentence, why
from dashboard.texts import say

DRAWN = 12
"""Rows of a plot of differences; the table has them all."""
ORDER = ("worse", "cannot tell", "no worse", "better")
DECIDED = ("worse", "better")


def against_parent(dossier: Dossier) -> Iterator[Block]:
    """One sentence, who was right before and is wrong now, the plot and the table."""
    comparison = dossier.comparison
    if comparison is None:
        yield block.text(say("parent.not_compared" if dossier.card.parent else "parent.orphan"))
        return
    compared = say("parent.with", second=comparison.second, first=comparison.first, n=figures.count(comparison.n))
    yield block.terms(
        [
            (say("parent.compared"), block.cell(compared, id=dossier.report.id)),
            (say("parent.found"), block.cell(sentence(counts(comparison)), id=dossier.report.id)),
        ]
    )
    yield block.text(say("parent.chance", chance=figures.number(1 - comparison.level, rate=True)))
    if said := views.seed_sentence(comparison):
        yield block.text(texts.english(said))
    yield from plots(comparison, dossier.report.id)
    if comparison.flips:
        yield from flips(comparison, dossier.report.id)
    yield from tables(comparison, say("column.parent"), say("column.now"))


def counts(comparison: Comparison) -> str:
    """``3 better, 7 no worse, 1 worse, 2 cannot tell``."""
    better, worse = comparison.count("better"), comparison.count("worse")
    same, untold = comparison.count("no worse"), comparison.count("cannot tell")
    return say("parent.counts", better=better, same=same, worse=worse, untold=untold)


def tables(comparison: Comparison, first: str, second: str) -> Iterator[Block]:
    """Every difference of the whole, and of groups and classes what is decided; the two versions head their columns."""
    ordered = sorted(comparison.differences, key=lambda one: ORDER.index(one.outcome))
    columns = [
        (say("column.outcome"), 1.3, False),
        (say("column.measure"), 3.2, False),
        (first, 1.0, True),
        (second, 1.0, True),
        (say("column.difference"), 2.3, True),
    ]
    whole, parts = ([one for one in ordered if views.detail(one) is detail] for detail in (False, True))
    yield block.table(columns, [_row(one, comparison, _reason(one)) for one in whole], say("parent.whole"))
    decided = [one for one in parts if one.outcome in DECIDED]
    if decided:
        rows = [_row(one, comparison, "") for one in decided]
        yield block.table(columns, rows, say("parent.parts"), dense=True)
    if rest := len(parts) - len(decided):
        yield block.text(
            say("parent.rest", n=figures.count(rest), first=comparison.first, second=comparison.second),
            quiet=True,
        )


def printed(comparison: Comparison) -> list[Difference]:
    """The differences that the tables hold: of the whole, and of groups and classes what is decided."""
    return [one for one in comparison.differences if one.outcome in DECIDED or not views.detail(one)]


def plots(comparison: Comparison, id: str) -> Iterator[Block]:
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
    chart = charts.printed.differences(rows.head(DRAWN), texts.english(title), rate="points", n=comparison.n)
    yield block.figure(chart, say("parent.minus", second=comparison.second, first=comparison.first), id)


def flips(comparison: Comparison, id: str) -> Iterator[Block]:
    """Who was decided rightly and is not now: the shares with their intervals, then the counts."""
    frame = views.flips(comparison)
    everybody = comparison.negative_flips / comparison.n
    if not frame.empty and frame["broken"].any():
        said = say("parent.everybody", share=figures.number(everybody, rate=True))
        chart = charts.printed.intervals(
            frame.head(DRAWN), texts.english(views.flips_title(frame)), rate=True, reference=everybody, said=said
        )
        yield block.figure(chart, say("parent.broken"), id)
    columns = [
        (say("column.who"), 2.6, False),
        (say("column.lost"), 1.5, True),
        (say("column.share"), 1.5, True),
        (say("column.won"), 1.5, True),
        (say("column.n"), 0.8, True),
    ]
    whole = (
        say("evidence.all"),
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
    yield block.table(columns, rows, say("parent.flips"))


def _row(one: Difference, comparison: Comparison, under: str) -> list[Cell]:
    rate = figures.rate_of(one.name)
    return [
        block.verdict(one.outcome),
        block.cell(label(one.name, one.setting_text, one.slice_text), under=under),
        block.cell(figures.number(one.first, rate=rate)),
        block.cell(figures.number(one.second, rate=rate)),
        block.cell(figures.change(one.name, one.difference, one.low, one.high), id=one.id(comparison)),
    ]


def _reason(one: Difference) -> str:
    """Why a difference is what it is said to be."""
    beside = texts.english(views.seed_alone(one))
    return say("front.join").join(filter(None, (why(one), beside)))
