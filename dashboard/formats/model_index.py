"""The head of a Hugging Face card: YAML with ``model-index``, one result for each part of the data."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import yaml

from audit.measure import Measure
from dashboard import views
from dashboard.formats import text
from dashboard.paper.dossier import Dossier

TASKS = {
    ("table", "binary"): "tabular-classification", ("table", "multiclass"): "tabular-classification",
    ("table", "regression"): "tabular-regression", ("image", "binary"): "image-classification",
    ("image", "multiclass"): "image-classification", ("text", "binary"): "text-classification",
    ("text", "multiclass"): "text-classification", ("text", "ranking"): "text-ranking",
}  # fmt: skip
"""What Hugging Face calls a task, by modality and kind; it has no name for the others."""


BY_GROUP = ("accuracy.accuracy", "accuracy.regression_error", "accuracy.mean_error")
"""What is read group by group where the headline measure is not measured so."""


def grouped(dossier: Dossier) -> list[Measure]:
    """The headline measure on every group and intersection, or the first of ``BY_GROUP`` that is there."""
    known = [one for one in dossier.report.measures() if one.value is not None and one.slice]
    names = {one.name for one in known}
    name = next((one for one in (dossier.task.headline, *BY_GROUP) if one in names), "")
    declared = set(dossier.task.groups)
    return [one for one in known if one.name == name and not one.setting and {c.column for c in one.slice} <= declared]


def front_matter(dossier: Dossier) -> str:
    """The YAML between the two lines of dashes."""
    task = dossier.task
    kind = TASKS.get((task.modality, task.kind), "other")
    head = {
        "library_name": "answerable",
        "pipeline_tag": kind,
        "tags": ["answerable", text.line(task.name)],
        "datasets": [text.line(dossier.report.dataset)],
        "model-index": [{"name": text.line(dossier.card.title), "results": _results(dossier, kind)}],
    }
    written: str = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=2**20)
    return written


def _results(dossier: Dossier, kind: str) -> list[dict[str, Any]]:
    """What is about the version as a whole, and the measure that is read group by group."""
    whole = [one for one in dossier.report.measures() if one.value is not None and not views.detail(one)]
    told = [*whole, *grouped(dossier)]
    by_slice = groupby(sorted(told, key=lambda one: one.slice_text), key=lambda one: one.slice_text)
    return [
        {
            "task": {"type": kind, "name": text.line(dossier.task.title)},
            "dataset": _dataset(slice, dossier),
            "metrics": [_metric(one, dossier) for one in measures],
        }
        for slice, measures in by_slice
    ]


def _dataset(slice: str, dossier: Dossier) -> dict[str, str]:
    report = dossier.report
    whole = {
        "type": text.line(report.dataset),
        "name": text.line(report.dataset),
        "split": text.line(text.part(dossier)),
    }
    revision = {"revision": report.split}
    return whole | ({"config": text.line(slice)} if slice else {}) | revision


def _metric(one: Measure, dossier: Dossier) -> dict[str, Any]:
    shown = one.shown()
    interval = {"low": shown.low, "high": shown.high, "level": shown.level, "method": shown.method} if shown else {}
    about = {"setting": text.line(one.setting_text)} if one.setting else {}
    arguments = {"id": one.id(dossier.report.key), "n": one.n, "bound": one.bound, **about, **interval}
    return {"type": one.name, "name": text.line(text.measured(one)), "value": one.value, "args": arguments}
