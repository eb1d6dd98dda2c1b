"""CycloneDX 1.6: a version as a machine-learning bill of materials, with its data, its numbers and what it cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audit.measure import Measure
from dashboard.formats import text
from dashboard.formats.considerations import considerations
from dashboard.paper.dossier import Dossier
from models.card import Card
from models.record import canonical

Json = dict[str, Any]


def mlbom(dossier: Dossier) -> Json:
    """The bill of materials: the model with its card, its files, and each part of its data by digest."""
    card, report = dossier.card, dossier.report
    data = list(_data(dossier))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{text.derived('mlbom', report.key, dossier.judgement.policy)}",
        "version": 1,
        "metadata": {
            "timestamp": text.instant(report.created),
            "tools": {"components": [{"type": "application", "name": text.line(dossier.generated_by)}]},
            "component": _model(dossier),
        },
        "components": data,
        "dependencies": [{"ref": _reference(card), "dependsOn": [one["bom-ref"] for one in data]}],
    }


def _reference(card: Card) -> str:
    return f"model-{card.digest}"


def _hashes(digest: str) -> list[Json]:
    return [{"alg": "SHA-256", "content": digest}]


def _model(dossier: Dossier) -> Json:
    card = dossier.card
    made: Json = {
        "type": "machine-learning-model",
        "bom-ref": _reference(card),
        "name": card.name,
        "version": str(card.version),
        "description": dossier.task.title,
        "hashes": _hashes(card.digest),
        "components": [
            {"type": "file", "bom-ref": f"file-{card.digest}-{number}", "name": one.name, "hashes": _hashes(one.digest)}
            for number, one in enumerate(card.identity.files)
        ],
        "modelCard": {
            "modelParameters": _parameters(dossier),
            "quantitativeAnalysis": {"performanceMetrics": [_metric(one, dossier) for one in _numbers(dossier)]},
            "considerations": considerations(dossier),
        },
        "properties": [{"name": f"answerable:{name}", "value": value} for name, value in _properties(dossier)],
    }
    if card.parent:
        name = dossier.comparison.first if dossier.comparison else f"parent of {card.title}"
        ancestor = {"type": "machine-learning-model", "name": name, "hashes": _hashes(card.parent)}
        made["pedigree"] = {"ancestors": [ancestor], **({"notes": f"remedy: {card.remedy}"} if card.remedy else {})}
    return made


def _numbers(dossier: Dossier) -> list[Measure]:
    return [one for one in dossier.report.measures() if one.value is not None]


def _parameters(dossier: Dossier) -> Json:
    card, task = dossier.card, dossier.task
    made: Json = {
        "task": "classification" if task.kind in ("binary", "multiclass") else task.kind,
        "modelArchitecture": card.identity.architecture,
        "datasets": [{"ref": one["bom-ref"]} for one in _data(dossier)],
        "inputs": [{"format": f"{task.modality}: {column}"} for column in card.identity.columns],
        "outputs": [{"format": one} for one in card.identity.classes or ("number",)],
    }
    return made if card.origin else {"approach": {"type": "supervised"}, **made}


def _metric(one: Measure, dossier: Dossier) -> Json:
    setting = one.setting_text if one.bound == "exact" else f"{one.setting_text} bound={one.bound}".strip()
    made: Json = {
        "type": text.about(one.name, setting, ""),
        "value": text.number(float(one.value or 0)),
        "slice": " & ".join(filter(None, (text.part(dossier), one.slice_text))),
    }
    shown = one.shown()
    ends = {"lowerBound": shown.low, "upperBound": shown.high} if shown else {}
    known = {name: text.number(float(end)) for name, end in ends.items() if end is not None}
    return made | ({"confidenceInterval": known} if known else {})


def _properties(dossier: Dossier) -> Iterator[tuple[str, str]]:
    """What the model card has no place for: the origin of every number, in the order of the metrics."""
    report, judgement = dossier.report, dossier.judgement
    yield "hashes", "the model's digest is the SHA-256 of its canonical identity, which names the digests of its files"
    yield "report", report.id
    yield "report:sha256", dossier.digest
    yield "code:sha256", report.code
    yield "recipe:sha256", dossier.card.recipe
    yield "policy", judgement.policy_title
    yield "policy:sha256", judgement.policy
    yield "gate", "opens" if judgement.passed else "stays shut"
    for one in judgement.verdicts:
        yield f"verdict:{one.id}", f"{one.outcome}: {text.line(text.judged(one))}; {text.found(one)}"
    for measure in _numbers(dossier):
        yield f"measure:{measure.id(report.key)}", canonical(_origin(measure)).decode()


def _origin(one: Measure) -> Json:
    shown = one.shown()
    how = {"level": shown.level, "method": shown.method} if shown else {}
    return {
        "name": one.name, "setting": one.setting_text, "slice": one.slice_text, "n": one.n, "bound": one.bound, **how,
    }  # fmt: skip


def _data(dossier: Dossier) -> Iterator[Json]:
    """Each part of the data by its digest; the split that was audited too where the card does not name it."""
    parts = dict(dossier.card.split_digests)
    if dossier.report.split not in parts.values():
        parts["audit"] = dossier.report.split
    for name, digest in parts.items():
        dataset = dossier.report.dataset if name == "audit" else dossier.card.dataset
        yield {
            "type": "data",
            "bom-ref": f"data-{name}-{digest}",
            "name": f"{dataset}: {name}",
            "hashes": _hashes(digest),
            "data": [_about_data(name, digest, dossier)],
        } | _licence(dossier)


def _about_data(name: str, digest: str, dossier: Dossier) -> Json:
    sheet, report, task = dossier.datasheet, dossier.report, dossier.task
    size = f"{report.n} examples. " if digest == report.split else ""
    said = f"{sheet.title}. {sheet.origin} {' '.join(sheet.known_problems)}" if sheet else "Its origin is unknown."
    made: Json = {"type": "dataset", "name": name, "description": f"{size}{said}"}
    return made | ({"sensitiveData": list(task.groups)} if task.concerns_people and task.groups else {})


def _licence(dossier: Dossier) -> Json:
    return {"licenses": [{"license": {"name": dossier.datasheet.licence}}]} if dossier.datasheet else {}
