"""How results are printed on the terminal: as tables for people, as JSON for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from audit.compare import Comparison, Difference
from audit.measure import Measure, definitions, setting_text
from audit.policy import Judgement, Verdict
from audit.report import Question, Report
from audit.spread import Key, Spread
from dashboard import figures
from models.card import Card
from models.record import Record
from models.task import Purpose, UnknownName

if TYPE_CHECKING:
    from audit.look import Look
    from audit.publication.finding import Linted
    from dashboard.paper.proof import Proof
    from dashboard.views import Rate
    from storage.archive import ReportLine
    from storage.verify import Finding

STYLES = {
    "pass": "cyan", "fail": "bold red", "unsure": "yellow", "missing": "dim", "waived": "magenta", "exempt": "dim",
    "better": "cyan", "no worse": "cyan", "worse": "bold red", "cannot tell": "yellow",
    "clean": "dim",
}  # fmt: skip


def card(one: Card, as_json: bool) -> None:
    if as_json:
        return _json(one)
    pairs(
        {
            "version": one.title,
            "model digest": one.digest,
            "made from": one.parent or "nothing: a first version",
            "remedy": one.remedy or "none",
            "data": f"{one.dataset}, test split {dict(one.split_digests)['test'][:12]}"
            if one.split_digests
            else "unknown",
            **_making(one),
        },
        as_json,
    )


def _making(one: Card) -> dict[str, str]:
    if one.cost is None or one.environment is None:
        origin = one.origin
        return {"brought from": f"{origin.source} ({origin.format})" if origin else "unknown"}
    return {
        "parameters": figures.count(one.cost.parameters),
        "training": f"{figures.duration(one.cost.seconds)} on {one.environment.device}",
    }


def spread(cards: Sequence[Card], found: Mapping[Key, Spread], as_json: bool) -> None:
    """How much the seed alone moves every measure that is about all examples; JSON has those of slices too."""
    if as_json:
        versions = [one.title for one in cards]
        return _json_of({"versions": versions, "spread": [one.model_dump(mode="json") for one in found.values()]})
    table = _table(
        f"{', '.join(one.title for one in cards)}: one recipe, {len(cards)} seeds", "measure", "mean",
        "standard deviation", "two runs lie within",
    )  # fmt: skip
    for one in found.values():
        if one.slice or one.deviation == 0 or definitions()[one.name].direction not in ("higher", "lower"):
            continue
        rate = figures.rate_of(one.name)
        table.add_row(
            _named(one.name, setting_text(one.setting)),
            figures.number(one.mean, rate=rate),
            figures.with_interval(one.deviation, one.low, one.high, rate="points" if rate else ""),
            figures.number(one.reach, rate="points" if rate else ""),
        )
    _console().print(table)
    _print("Compare says of each difference whether it exceeds this: answerable compare A B")


def report(one: Report, judged: Judgement, as_json: bool) -> None:
    if as_json:
        return _json_of({"report": one.model_dump(mode="json"), "judgement": judged.model_dump(mode="json")})
    judgement(judged, as_json, f"{one.title} on {one.dataset}, {figures.count(one.n)} held-out examples")
    for answer in one.answers:
        if answer.status != "measured":
            _print(f"{answer.question.code} {answer.status.replace('_', ' ')}: {answer.reason}", "dim")
    _print(f"report {one.id}, {len(one.measures())} measures. All of them: answerable report {one.title}")


HEADLINES = (
    "accuracy.accuracy", "accuracy.balanced_accuracy", "accuracy.roc_auc", "accuracy.regression_error",
    "accuracy.mean_error", "calibration.ece", "fairness.demographic_parity_difference",
    "fairness.demographic_parity_ratio", "fairness.equal_opportunity_difference", "fairness.performance_gap",
    "fairness.mean_error_difference", "fairness.pairwise_accuracy_difference", "data.drift_psi",
)  # fmt: skip


def found(one: Report) -> None:
    """The numbers that a table of predictions is first read by, with what they say of groups."""
    from dashboard import views

    table = _table("What was found", "measure", "value", "about", "id")
    for measure in one.measures():
        if measure.name in HEADLINES and (not views.detail(measure) or "by" in dict(measure.setting)):
            if " & " in measure.setting_text or "class=" in measure.setting_text or measure.slice:
                continue
            table.add_row(
                _named(measure.name, measure.setting_text), figures.measured(measure),
                measure.note or measure.reason, figures.short(measure.id(one.key)),
            )  # fmt: skip
    _console().print(table)


def notes(said: Sequence[str]) -> None:
    """What was taken for granted in reading a file: on the error stream, so that JSON stays alone."""
    for one in said:
        typer.echo(f"note: {one}", err=True)


def looked(one: Look, written: Path | None, as_json: bool) -> None:
    """What a table looks like, column by column, and what to think about before it is audited."""
    if as_json:
        return _json(one)
    table = _table(one.sentence, "column", "kind", "missing", "distinct", "what it holds")
    for column in one.columns:
        table.add_row(
            column.name,
            column.kind,
            figures.count(column.missing),
            figures.count(column.distinct),
            column.sentence.partition(": ")[2],
        )
    _console().print(table)
    for sentence in one.sentences[1:]:
        _print(f"- {sentence}")
    if written:
        _print(f"Written: {written}. Read what it says and correct it, then type: answerable audit {written}", "bold")


def judgement(one: Judgement, as_json: bool, title: str = "") -> None:
    """Dimension, measure, value with interval, limit, verdict."""
    if as_json:
        return _json(one)
    table = _table(title or f"Judged by policy {one.policy_title}", "dimension", "measure", "value", "limit", "verdict")
    for verdict in one.verdicts:
        table.add_row(
            verdict.dimension,
            _named(verdict.rule.measure, verdict.setting),
            figures.found(verdict),
            _limit(verdict),
            Text(figures.verdict(verdict.outcome), STYLES[verdict.outcome]),
        )
    _console().print(table)
    for verdict in one.verdicts:
        if verdict.outcome in ("fail", "unsure", "missing"):
            more = f"; about n = {figures.count(verdict.settles_at)} would settle it" if verdict.settles_at else ""
            _print(
                f"{figures.verdict(verdict.outcome)}: {_named(verdict.rule.measure, verdict.setting)}: {verdict.reason}{more}"
            )
    gate = "opens" if one.passed else "stays shut"
    late = " The policy was declared after the fact." if one.after_the_fact else ""
    _print(f"The gate {gate} under policy {one.policy_title}.{late}", "bold cyan" if one.passed else "bold")


def comparison(one: Comparison, as_json: bool, *, everything: bool = False) -> None:
    """What is better or worse and every number of the whole; with ``everything`` those of groups and classes too."""
    if as_json:
        return _json(one)
    from dashboard import views

    title = f"{one.second} against {one.first}: {one.sentence}"
    table = _table(title, "measure", one.first, one.second, "difference", "verdict", "what would settle it")
    told = [d for d in one.differences if d.method]
    shown = [d for d in told if everything or d.outcome in ("better", "worse") or not views.detail(d)]
    for difference in sorted(shown, key=_by_outcome):
        rate = figures.rate_of(difference.name)
        table.add_row(
            _named(difference.name, " ".join(filter(None, (difference.setting_text, difference.slice_text)))),
            figures.number(difference.first, rate=rate),
            figures.number(difference.second, rate=rate),
            figures.change(difference.name, difference.difference, difference.low, difference.high),
            Text(figures.verdict(difference.outcome), STYLES[difference.outcome]),
            f"about n = {figures.count(difference.settles_at)}" if difference.settles_at else "",
        )
    _console().print(table)
    if rest := len(told) - len(shown):
        _print(
            f"{rest} more, of one group, class or part, are no worse or cannot be told. "
            f"Type: answerable compare {one.first} {one.second} --all"
        )
    for said in _beside(one):
        _print(said)
    for difference in shown:
        if difference.outcome in ("better", "worse") and (seed := views.seed_alone(difference)):
            _print(f"{figures.verdict(difference.outcome)}: {_named(difference.name, difference.setting_text)}: {seed}")


def _beside(one: Comparison) -> Iterator[str]:
    """What a comparison says apart from its table."""
    from dashboard import views

    if one.flips:
        yield (
            f"{one.negative_flips} of {figures.count(one.n)} examples were right and are now wrong; {one.positive_flips} "
            "were wrong and are now right."
        )
    for reason, times in Counter(d.reason for d in one.differences if not d.method).most_common():
        yield f"{times} more cannot be told: {reason}."
    if said := views.seed_sentence(one):
        yield said


def fairness(one: Report, judged: Judgement | None, task: Purpose | None, by: str | None, as_json: bool) -> None:
    """Gaps by every way of grouping, or by one with every rate group by group."""
    from dashboard import views

    known = views.groupings(one)
    if by is not None and by not in known:
        raise UnknownName("way of grouping", by, known)
    asked = [by] if by else known
    if as_json:
        found = [m for m in one.measures() if views.grouped_by(m, known) in asked]
        rows = [{"id": m.id(one.key), "by": views.grouped_by(m, known), **m.model_dump(mode="json")} for m in found]
        return _json_of({"report": one.id, "groupings": asked, "measures": rows})
    if not known:
        return _print("\n".join([f"The report of {one.title} compares no groups.", *views.no_groups(one)]))
    for name in asked:
        gaps = views.gaps(one, name, judged, task)
        table = _table(views.largest_gap(gaps, name), "gap", "value", "limit", "between", "id")
        for gap in gaps.to_dict("records"):
            about = gap["note"].removeprefix("between ") or gap["reason"]
            table.add_row(gap["label"], gap["text"], gap["limit_text"], about, figures.short(gap["id"]))
        _console().print(table)
    for rate in views.rates(one, by) if by else []:
        _by_group(one, str(by), rate)


def _by_group(one: Report, by: str, rate: Rate) -> None:
    from dashboard import views

    table = _table("", "group", "value", "n", "id")
    for group in views.by_group(one, by, rate).to_dict("records"):
        table.add_row(group["group"], group["text"], figures.count(group["n"]), figures.short(group["id"]))
    _print(f"\n{rate.label}", "bold")
    _print(views.power(one, by, rate), "dim")
    _console().print(table)


def slices(one: Report, as_json: bool) -> None:
    """What was tested, the largest excess first."""
    from dashboard import views

    asked, found = views.search(one), views.slices(one)
    if as_json:
        return _json_of(
            {"report": one.id, "slices": found.astype(object).where(found.notna(), None).to_dict("records")}
        )
    if asked is None:
        return _print(f"The report of {one.title} searched no slices. Type: answerable audit {one.title}")
    if asked.status != "measured":
        return _print(f"No part of the data was tested. {asked.question.code}: {asked.reason}")
    table = _table(
        views.slices_sentence(found), "verdict", "where", "n", "wrong there", "elsewhere", "excess", "p adjusted", "id"
    )
    for part in views.tabled_slices(found).to_dict("records"):
        verdict = Text(figures.verdict(part["verdict"]), STYLES[part["verdict"]])
        where = (part["slice"], part["n"], part["inside"], part["outside"], part["excess"], part["p"])
        table.add_row(verdict, *where, figures.short(part["id"]) if isinstance(part["id"], str) else figures.DASH)
    _console().print(table)


def models(cards: Sequence[Card], as_json: bool) -> None:
    if as_json:
        return _json_of([one.model_dump(mode="json") for one in cards])
    if not cards:
        return _print("No model is kept yet. Type: answerable demo, or answerable train mortgage")
    table = _table("", "version", "task", "remedy", "parameters", "made", "digest")
    for one in cards:
        table.add_row(
            one.title, one.task, one.remedy or "",
            figures.count(one.cost.parameters) if one.cost else "unknown", figures.moment(one.created),
            one.digest[:12],
        )  # fmt: skip
    _console().print(table)


def reports(lines: Sequence[ReportLine], as_json: bool) -> None:
    if as_json:
        return _json_of([{**one._asdict(), "created": one.created.isoformat()} for one in lines])
    if not lines:
        return _print("No report is kept yet. Type: answerable audit mortgage")
    table = _table("", "report", "version", "data", "n", "made")
    for one in lines:
        table.add_row(figures.short(one.id), one.title, one.dataset, figures.count(one.n), figures.moment(one.created))
    _console().print(table)


def checks(questions: Sequence[Question], as_json: bool, *, full: bool) -> None:
    if as_json:
        return _json_of([one.model_dump(mode="json") for one in questions])
    if full:
        return _print(f"{questions[0].code} ({questions[0].dimension})\n\n{questions[0].doc}")
    table = _table("", "code", "dimension", "question")
    for one in questions:
        table.add_row(one.code, one.dimension, one.title)
    _console().print(table)


def anything(kind: str, record: Record | dict[str, str], *, json: bool) -> None:
    if isinstance(record, dict):
        return pairs(record, json)
    if json:
        return _json(record)
    if isinstance(record, Measure):
        rows = {"measure": record.name, "setting": record.setting_text, "slice": record.slice_text or "all examples"}
        rows |= {"value": figures.measured(record), "n": figures.count(record.n), "bound": record.bound}
        rows |= {
            f"interval {i.level:g}": f"{i.method}: {figures.with_interval(record.value, i.low, i.high)}"
            for i in record.intervals[:2]
        }
        return pairs({**rows, "note": record.note or record.reason}, json)
    if isinstance(record, Difference):
        rows = {"difference": record.name, "setting": record.setting_text, "slice": record.slice_text or "all examples"}
        value = figures.change(record.name, record.difference, record.low, record.high)
        return pairs(
            {**rows, "value": value, "verdict": record.outcome, "reason": record.reason, "method": record.method}, json
        )
    if isinstance(record, Card):
        return card(record, json)
    if isinstance(record, Judgement):
        return judgement(record, json)
    _print(f"{kind}")
    return _json(record)


def findings(found: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        return _json_of([one._asdict() for one in found])
    for one in found:
        _print(f"{'BROKEN' if one.broken else 'note'} {one.kind} {figures.short(one.subject)}: {one.message}")
    if not any(one.broken for one in found):
        _print("Verified: the ledger's chain, every document, every flat row and every blob.")


def linted(found: Linted, as_json: bool) -> None:
    """What does not add up in a published audit, rule by rule; first what could not be checked."""
    if as_json:
        return _json(found)
    for text in found.unchecked:
        _print(f"Not checked: {text}", "dim")
    if not found.findings:
        return _print("No finding: what is printed agrees with itself under every rule that could be checked.")
    table = _table(f"Findings: {len(found.findings)}", "rule", "table", "categories", "printed", "it follows")
    for one in found.findings:
        about = (one.table, ", ".join(one.rows), one.printed, one.arithmetic)
        table.add_row(str(one.rule), *(Text(figures.printable(cell)) for cell in about))
    _console().print(table)
    for one in found.findings:
        _print(f"Rule {one.rule}: {one.sentence}")


def proof(found: Proof, file: Path, as_json: bool) -> None:
    """What a page says and the store does not."""
    if as_json:
        return _json_of({"flaws": [one._asdict() for one in found.flaws], "by_page": found.by_page})
    for one in found.flaws:
        _print(one.message)
    flawed = len(found.flaws)
    _print(f"{file}: {f'{flawed} figures are not' if flawed else 'every figure is'} the store's.")
    if found.by_page:
        _print(
            f"The copy's layout tore {found.by_page} figures from their id: each stands on its id's page. "
            "The PDF or HTML itself also shows which is whose."
        )


def paths(files: Iterable[Path], as_json: bool) -> None:
    listed = [str(one.absolute()) for one in files]
    if as_json:
        return _json_of(listed)
    for one in listed:
        _print(one)


def pairs(rows: dict[str, str], as_json: bool) -> None:
    if as_json:
        return _json_of(rows)
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in rows.items():
        if value:
            table.add_row(Text(name, "dim"), value)
    _console().print(table)


def _limit(verdict: Verdict) -> str:
    sign = "≥" if verdict.rule.side == "at_least" else "≤"
    return "" if verdict.limit is None else f"{sign} {figures.number(verdict.limit, rate=figures.unit_of(verdict))}"


def _named(name: str, more: str) -> str:
    return figures.title(name) + (f" ({more})" if more else "")


def _by_outcome(difference: Difference) -> tuple[int, str]:
    return ("worse", "better", "no worse", "cannot tell").index(difference.outcome), difference.name


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim"
    )
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _console() -> Console:
    return Console(highlight=False, soft_wrap=False)


def _print(text: str, style: str = "") -> None:
    _console().print(Text(figures.printable(text), style))


def _json(record: Record) -> None:
    _json_of(record.model_dump(mode="json"))


def _json_of(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201 -- machines read it
