"""Who the model is: the section of a printed report that says what was audited, made how, out of what, at what cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from dashboard import figures
from dashboard.paper import block
from dashboard.paper.block import Block, Cell
from dashboard.paper.dossier import Dossier
from models.card import Card, Environment
from models.data.datasheet import Datasheet


def identity(dossier: Dossier) -> Iterator[Block]:
    """The model, its making, its cost, its data and the digests that hold it all in place."""
    yield block.heading("The model")
    yield block.terms(_purpose(dossier))
    yield block.heading("How it was made")
    yield block.terms(_making(dossier.card))
    yield block.heading("What it cost")
    yield block.terms(_cost(dossier.card))
    if dossier.datasheet is not None:
        yield block.heading("The data")
        yield block.terms(_data(dossier.datasheet))
    yield block.heading("Digests")
    yield block.terms((label, block.cell(value, code=True)) for label, value in _digests(dossier))


def _purpose(dossier: Dossier) -> Iterator[tuple[str, str]]:
    task, card = dossier.task, dossier.card
    yield "Task", f"{task.title} ({task.name})"
    yield "Intended use", task.intended_use
    yield "Whom it concerns", task.concerns
    yield "One example is", task.unit
    if task.favourable is not None:
        yield "Favourable outcome", task.favourable
    yield "Groups looked at", ", ".join(task.groups) or "none declared"
    inputs = ", ".join(card.group_inputs)
    yield "Groups as inputs", f"{inputs}: the model is told who people are" if inputs else "none"
    for margin in task.margins:
        most = figures.number(margin.limit, rate=figures.rate_of(margin.measure))
        yield "Declared margin", f"{figures.title(margin.measure)}: {most}. {margin.reason}"


def _making(card: Card) -> Iterator[tuple[str, str]]:
    architecture = card.identity
    arguments = ", ".join(f"{key} {value}" for key, value in architecture.arguments)
    yield "Architecture", architecture.architecture + (f" ({arguments})" if arguments else "")
    decision = architecture.decision
    rule = {"given": "as given with the predictions", "number": "none: a number is predicted"}.get(
        decision.kind, "the most probable class"
    )
    if decision.kind == "threshold" and decision.threshold is not None:
        rule = f"{decision.positive} from a probability of {figures.number(decision.threshold, rate=True)}"
    yield "Decision", rule
    if len(architecture.members) > 1:
        yield "Members", f"{len(architecture.members)} networks, averaged by weight"
    yield "Classes", ", ".join(architecture.classes)
    yield "Inputs", ", ".join(architecture.columns)
    yield "Remedy", card.remedy or "none"
    yield "Parent", figures.short(card.parent) if card.parent else "none"
    yield "Data set", card.dataset
    if card.origin:
        yield "Brought from", f"{card.origin.source} ({card.origin.format})"
        yield "Brought", figures.moment(card.created, UTC)
        if card.origin.isolation:
            yield "Asked in", card.origin.isolation
        yield "Unknown", ", ".join(card.origin.unknown)
    else:
        yield "Seed", str(card.seed)
        yield "Trained", figures.moment(card.created, UTC)
    if card.environment:
        yield "Where", _where(card.environment)


def _where(environment: Environment) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in environment.packages)
    threads = f"{environment.threads} thread{'s' if environment.threads > 1 else ''}"
    revision = f", source revision {figures.short(environment.revision)}" if environment.revision else ""
    return f"{environment.device}, {threads}, Python {environment.python}, {environment.platform}{revision}; {packages}"


def _cost(card: Card) -> Iterator[tuple[str, Cell]]:
    cost, made = card.cost, card.digest
    if cost is None:
        yield "Training", block.cell("unknown: the version was not trained here, and nobody said", id=made)
        return
    yield "Training took", block.cell(figures.duration(cost.seconds), id=made)
    yield "Parameters", block.cell(figures.count(cost.parameters), id=made)
    yield "One prediction", block.cell(f"{figures.count(cost.flops_per_example)} floating point operations", id=made)
    size = sum(file.bytes for file in card.identity.files)
    yield "Files", block.cell(f"{figures.number(size / 1e6)} MB", id=made)
    energy = f"{figures.number(cost.energy_wh)} Wh (estimate)"
    yield "Energy of training", block.cell(energy, id=made, under=cost.energy_method)


def _data(sheet: Datasheet) -> Iterator[tuple[str, str]]:
    yield "Title", sheet.title
    yield "Origin", sheet.origin
    yield "Licence", sheet.licence
    yield "Collected", sheet.collected
    for name, meaning in sheet.groups:
        yield f"Group: {name}", meaning
    for column, why in sheet.left_out:
        yield "Left out", f"{column}: {why}"
    for problem in sheet.known_problems:
        yield "Known problem", problem
    yield "Citation", sheet.citation


def _digests(dossier: Dossier) -> Iterator[tuple[str, str]]:
    card, report, judgement = dossier.card, dossier.report, dossier.judgement
    yield "Model", card.digest
    if card.parent:
        yield "Parent", card.parent
    for part, digest in card.split_digests:
        yield f"Data, {part}", digest
    if report.split not in dict(card.split_digests).values():
        yield "Data of the audit", report.split
    yield "Recipe", card.recipe
    yield "Task", report.task
    yield "Code that measured", report.code
    yield "Report", report.id
    yield "Report key", report.key
    yield "Policy", judgement.policy
    yield "Judgement", dossier.gate
    if report.rows:
        yield "Row evidence", report.rows
    yield "Seed of the audit", f"{report.seed} (run {report.run})"
