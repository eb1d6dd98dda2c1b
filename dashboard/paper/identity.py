"""Who the model is: the section of a printed report that says what was audited, made how, out of what, at what cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from dashboard import figures
from dashboard.paper import block
from dashboard.paper.block import Block, Cell
from dashboard.paper.dossier import Dossier
from dashboard.paper.wording import label
from dashboard.texts import say
from models.card import Card, Environment
from models.data.datasheet import Datasheet


def identity(dossier: Dossier) -> Iterator[Block]:
    """The model, its making, its cost, its data and the digests that hold it all in place."""
    yield block.heading(say("identity.model"))
    yield block.terms(_purpose(dossier))
    yield block.heading(say("identity.making"))
    yield block.terms(_making(dossier.card))
    yield block.heading(say("identity.cost"))
    yield block.terms(_cost(dossier.card))
    if dossier.datasheet is not None:
        yield block.heading(say("identity.data"))
        yield block.terms(_data(dossier.datasheet))
    yield block.heading(say("identity.digests"))
    yield block.terms((label, block.cell(value, code=True)) for label, value in _digests(dossier))


def _purpose(dossier: Dossier) -> Iterator[tuple[str, str]]:
    task, card = dossier.task, dossier.card
    yield say("identity.task"), say("identity.task_is", title=task.title, name=task.name)
    yield say("identity.use"), task.intended_use
    yield say("identity.concerns"), task.concerns
    yield say("identity.unit"), task.unit
    if task.favourable is not None:
        yield say("identity.favourable"), task.favourable
    yield say("identity.groups"), ", ".join(task.groups) or say("identity.undeclared")
    inputs = ", ".join(card.group_inputs)
    yield say("identity.inputs"), say("identity.told", inputs=inputs) if inputs else say("identity.none")
    for margin in task.margins:
        most = figures.number(margin.limit, rate=figures.rate_of(margin.measure))
        yield (
            say("identity.margin"),
            say("identity.margin_is", measure=label(margin.measure), most=most, reason=margin.reason),
        )


def _making(card: Card) -> Iterator[tuple[str, str]]:
    architecture = card.identity
    arguments = ", ".join(f"{key} {value}" for key, value in architecture.arguments)
    yield say("identity.architecture"), architecture.architecture + (f" ({arguments})" if arguments else "")
    decision = architecture.decision
    rule = say({"given": "identity.given", "number": "identity.number"}.get(decision.kind, "identity.probable"))
    if decision.kind == "threshold" and decision.threshold is not None:
        threshold = figures.number(decision.threshold, rate=True)
        rule = say("identity.threshold", positive=decision.positive, threshold=threshold)
    yield say("identity.decision"), rule
    if len(architecture.members) > 1:
        yield say("identity.members"), say("identity.averaged", n=len(architecture.members))
    yield say("identity.classes"), ", ".join(architecture.classes)
    yield say("identity.columns"), ", ".join(architecture.columns)
    yield say("identity.remedy"), card.remedy or say("identity.none")
    yield say("identity.parent"), figures.short(card.parent) if card.parent else say("identity.none")
    yield say("identity.dataset"), card.dataset
    if card.origin:
        yield say("identity.brought_from"), f"{card.origin.source} ({card.origin.format})"
        yield say("identity.brought"), figures.moment(card.created, UTC)
        if card.origin.isolation:
            yield say("identity.asked_in"), card.origin.isolation
        yield say("identity.unknown"), ", ".join(card.origin.unknown)
    else:
        yield say("identity.seed"), str(card.seed)
        yield say("identity.trained"), figures.moment(card.created, UTC)
    if card.environment:
        yield say("identity.where"), _where(card.environment)


def _where(environment: Environment) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in environment.packages)
    threads = say("identity.threads" if environment.threads > 1 else "identity.one_thread", n=environment.threads)
    revision = say("identity.revision", revision=figures.short(environment.revision)) if environment.revision else ""
    return f"{environment.device}, {threads}, Python {environment.python}, {environment.platform}{revision}; {packages}"


def _cost(card: Card) -> Iterator[tuple[str, Cell]]:
    cost, made = card.cost, card.digest
    if cost is None:
        yield say("identity.training"), block.cell(say("identity.cost_unknown"), id=made)
        return
    yield say("identity.took"), block.cell(figures.duration(cost.seconds), id=made)
    yield say("identity.parameters"), block.cell(figures.count(cost.parameters), id=made)
    yield (
        say("identity.prediction"),
        block.cell(say("identity.operations", n=figures.count(cost.flops_per_example)), id=made),
    )
    size = sum(file.bytes for file in card.identity.files)
    yield say("identity.files"), block.cell(f"{figures.number(size / 1e6)} MB", id=made)
    energy = say("identity.estimate", energy=figures.number(cost.energy_wh))
    yield say("identity.energy"), block.cell(energy, id=made, under=cost.energy_method)


def _data(sheet: Datasheet) -> Iterator[tuple[str, str]]:
    yield say("identity.title"), sheet.title
    yield say("identity.origin"), sheet.origin
    yield say("identity.licence"), sheet.licence
    yield say("identity.collected"), sheet.collected
    for name, meaning in sheet.groups:
        yield say("identity.group", name=name), meaning
    for column, why in sheet.left_out:
        yield say("identity.left_out"), f"{column}: {why}"
    for problem in sheet.known_problems:
        yield say("identity.problem"), problem
    yield say("identity.citation"), sheet.citation


def _digests(dossier: Dossier) -> Iterator[tuple[str, str]]:
    card, report, judgement = dossier.card, dossier.report, dossier.judgement
    yield say("identity.digest_model"), card.digest
    if card.parent:
        yield say("identity.parent"), card.parent
    for part, digest in card.split_digests:
        yield say("identity.digest_data", part=part), digest
    if report.split not in dict(card.split_digests).values():
        yield say("identity.digest_audit"), report.split
    yield say("identity.recipe"), card.recipe
    yield say("identity.task"), report.task
    yield say("identity.code"), report.code
    yield say("identity.report"), report.id
    yield say("identity.key"), report.key
    yield say("identity.policy"), judgement.policy
    yield say("identity.judgement"), dossier.gate
    if report.rows:
        yield say("identity.rows"), report.rows
    yield say("identity.signing_key"), dossier.signing_key or say("identity.unsigned")
    yield say("identity.audit_seed"), say("identity.audit_run", seed=report.seed, run=report.run)
