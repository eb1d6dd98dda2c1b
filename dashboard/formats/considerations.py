"""What to consider before a version is used: its purpose, what was not measured, whom it may harm, what it took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard import views
from dashboard.formats import text
from dashboard.paper.dossier import Dossier
from models.card import Cost

Json = dict[str, Any]


def considerations(dossier: Dossier) -> Json:
    """CycloneDX's ``considerations``; what nobody said has no entry."""
    task, comparison = dossier.task, dossier.comparison
    worse = [one for one in comparison.differences if one.outcome == "worse"] if comparison else []
    made: Json = {
        "useCases": [task.intended_use],
        "technicalLimitations": list(limitations(dossier)),
        "performanceTradeoffs": [
            f"worse than {comparison.first}: {text.about(one.name, one.setting_text, one.slice_text)}"
            for one in worse
            if comparison
        ],
        "ethicalConsiderations": [{"name": f"Whom it concerns: {task.concerns}"}],
        "fairnessAssessments": list(_fairness(dossier)),
    }
    if dossier.card.cost:
        made["environmentalConsiderations"] = {"energyConsumptions": [_energy(dossier.card.cost)]}
    return {name: value for name, value in made.items() if value}


def limitations(dossier: Dossier) -> Iterator[str]:
    """What the report cannot say, one sentence each: questions without an answer, numbers that do not exist."""
    for answer in dossier.report.answers:
        if answer.status != "measured":
            yield f"{answer.question.code} {answer.status.replace('_', ' ')}: {answer.reason}"
    for code, one, more in views.absent(dossier.report):
        others = f"; and {more} more of this kind" if more else ""
        yield f"{code} has no value for {text.measured(one)}: {one.reason}{others}"
    for unknown in dossier.card.origin.unknown if dossier.card.origin else ():
        yield f"unknown: {unknown}"


def _fairness(dossier: Dossier) -> Iterator[Json]:
    remedy = dossier.card.remedy
    for one in dossier.judgement.verdicts:
        if one.dimension == "fairness" and one.outcome != "exempt":
            said = f"{one.outcome}: {text.judged(one)}; {text.found(one)}; {one.reason}"
            strategy = {"mitigationStrategy": f"remedy: {remedy}"} if remedy else {}
            yield {"groupAtRisk": one.setting.removeprefix("by=") or "all groups", "harms": said, **strategy}


def _energy(cost: Cost) -> Json:
    energy = {"value": cost.energy_wh / 1000, "unit": "kWh"}
    provider = {"organization": {"name": "unknown"}, "energySource": "unknown", "energyProvided": energy}
    return {
        "activity": "training",
        "energyProviders": [provider],
        "activityEnergyCost": energy,
        "properties": [{"name": "answerable:method", "value": cost.energy_method}],
    }
