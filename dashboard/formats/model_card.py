"""A model card: README.md as Hugging Face reads it, in the sections of Mitchell et al. 2019."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC

from audit.measure import Measure
from dashboard import figures, views
from dashboard.formats import text
from dashboard.formats.considerations import limitations
from dashboard.formats.markdown import code, plain, table
from dashboard.formats.model_index import front_matter, grouped
from dashboard.paper.contents import gate
from dashboard.paper.dossier import Dossier

UNKNOWN = "Unknown: nobody said."
OVERVIEW = 40
"""Numbers about the whole that a card holds; the report has them all."""


def model_card(dossier: Dossier) -> str:
    """The card; what nobody said is said to be unknown."""
    sections = (
        ("Model details", _details(dossier)),
        ("Intended use", _use(dossier)),
        ("Factors", _factors(dossier)),
        ("Metrics", _metrics(dossier)),
        ("Evaluation data", _evaluation(dossier)),
        ("Training data", _training(dossier)),
        ("Quantitative analyses", _analyses(dossier)),
        ("Ethical considerations", _ethics(dossier)),
        ("Caveats and recommendations", _caveats(dossier)),
    )
    body = "\n\n".join(f"## {title}\n\n{chr(10).join(lines)}" for title, lines in sections)
    return (
        f"---\n{front_matter(dossier)}---\n\n# {plain(dossier.card.title)}\n\n{plain(dossier.task.title)}\n\n{body}\n"
    )


def _items(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, words in pairs:
        yield f"- **{name}:** {words or UNKNOWN}"


def _details(dossier: Dossier) -> Iterator[str]:
    card = dossier.card
    arguments = ", ".join(f"{name} {value}" for name, value in card.identity.arguments)
    cost = card.cost
    yield from _items(
        (
            ("Version", plain(str(card.version))),
            ("Digest", code(card.digest)),
            ("Parent", code(card.parent) if card.parent else "none known"),
            ("Remedy", plain(card.remedy or "none")),
            ("Architecture", plain(card.identity.architecture + (f" ({arguments})" if arguments else ""))),
            ("Made", plain(figures.moment(card.created, UTC)) if card.origin is None else UNKNOWN),
            ("Brought from", plain(f"{card.origin.source} ({card.origin.format})") if card.origin else "trained here"),
            ("Seed", UNKNOWN if card.seed is None else str(card.seed)),
            ("Parameters", figures.count(cost.parameters) if cost else ""),
            ("Energy of training", plain(f"{cost.energy_wh:g} Wh ({cost.energy_method})") if cost else ""),
            ("Licence", ""),
            ("Contact", ""),
        )
    )


def _use(dossier: Dossier) -> Iterator[str]:
    task = dossier.task
    yield from _items(
        (
            ("Intended use", plain(task.intended_use)),
            ("One example is", plain(task.unit)),
            ("Favourable outcome", plain(task.favourable or "none declared")),
            ("Out of scope", ""),
        )
    )


def _factors(dossier: Dossier) -> Iterator[str]:
    card, task = dossier.card, dossier.task
    yield from _items(
        (
            ("Groups looked at", plain(", ".join(task.groups) or "none declared")),
            ("Groups as inputs", plain(", ".join(card.group_inputs) or "none known")),
        )
    )


def _metrics(dossier: Dossier) -> Iterator[str]:
    decision = dossier.card.identity.decision
    rule: str = decision.kind
    if decision.threshold is not None:
        rule = f"{decision.positive} from a probability of {decision.threshold:g}"
    yield f"- **First judged by:** {code(dossier.task.headline)}"
    yield f"- **Decision:** {plain(rule)}"
    yield f"- **Limits:** {plain(dossier.judgement.policy_title)}, sha256 {code(dossier.judgement.policy)}"
    for one in dossier.task.margins:
        yield f"- **Declared margin:** {code(one.measure)} {one.limit:g}. {plain(one.reason)}"


def _evaluation(dossier: Dossier) -> Iterator[str]:
    report = dossier.report
    yield from _items(
        (
            ("Data set", plain(report.dataset)),
            ("Part", f"{plain(text.part(dossier))}, {figures.count(report.n)} examples"),
            ("Digest", code(report.split)),
            ("Versions judged before on it", str(dossier.judgement.judged_before)),
        )
    )


def _training(dossier: Dossier) -> Iterator[str]:
    sheet, parts = dossier.datasheet, dict(dossier.card.split_digests)
    if sheet is None:
        yield from _items((("Data", ""), ("Origin", ""), ("Licence", "")))
        return
    yield from _items(
        (
            ("Data", plain(sheet.title)),
            ("Digest", code(parts["train"]) if "train" in parts else ""),
            ("Origin", plain(sheet.origin)),
            ("Collected", plain(sheet.collected)),
            ("Licence", plain(sheet.licence)),
            ("Citation", plain(sheet.citation)),
        )
    )
    yield from (f"- **Known problem:** {plain(one)}" for one in sheet.known_problems)


def _analyses(dossier: Dossier) -> Iterator[str]:
    known = [one for one in dossier.report.measures() if one.value is not None]
    whole = [one for one in known if not views.detail(one)]
    groups = grouped(dossier)
    yield f"### All examples together\n\n{_numbers(whole[:OVERVIEW], dossier) if whole else 'Not measured.'}"
    if len(whole) > OVERVIEW:
        yield f"\n{len(whole) - OVERVIEW} more stand in the report."
    for title, crossed in (("Unitary results", False), ("Intersectional results", True)):
        rows = [one for one in groups if (len(one.slice) > 1) is crossed]
        yield f"\n### {title}\n\n{_numbers(rows, dossier) if rows else 'Not measured.'}"


def _numbers(measures: Iterable[Measure], dossier: Dossier) -> str:
    rows = [
        [
            plain(views.label(*one.key)) + ("" if one.bound == "exact" else f" ({one.bound} bound)"),
            f"{plain(figures.measured(one))} {code(figures.short(one.id(dossier.report.key)))}",
            figures.count(one.n),
        ]
        for one in measures
    ]
    return table(["measure", "value [interval] and id", "n"], rows, [False, True, True])


def _ethics(dossier: Dossier) -> Iterator[str]:
    task = dossier.task
    yield f"- **Decides about people:** {'yes' if task.concerns_people else 'no'}"
    yield f"- **Whom it concerns:** {plain(task.concerns) or UNKNOWN}"
    for one in dossier.judgement.verdicts:
        if one.dimension == "fairness" and one.outcome != "exempt":
            yield f"- {figures.verdict(one.outcome)}: {plain(text.judged(one))}: {plain(figures.found(one))}, n = {figures.count(one.n)}. {plain(views.why(one))}"


def _caveats(dossier: Dossier) -> Iterator[str]:
    yield f"{plain(gate(dossier.judgement))} This card is evidence for a decision; it does not say that any law is met."
    yield "\nWhat was not measured:\n"
    told = [f"- {plain(one)}" for one in limitations(dossier)]
    yield from told or ["- Every question that was asked has been answered."]
    yield f"\nReport {code(dossier.report.id)}, sha256 {code(dossier.digest)}."
