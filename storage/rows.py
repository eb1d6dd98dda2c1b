"""From a document to the flat rows beside it: written once by the archive, derived again to verify it."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from audit.acts.act import Act
from audit.measure import identifier
from audit.policy import Judgement, Policy
from audit.report import Report
from models.card import Card
from models.record import Record, sha256
from storage import schema
from storage.splitcard import SplitCard

Rows = dict[type[schema.Table], list[dict[str, Any]]]
"""Rows by table, the document's own table first, in an order that keeps foreign keys."""


@singledispatch
def rows(record: Record) -> Rows:
    """The rows that stand for a record."""
    raise TypeError(f"A {type(record).__name__} has no table.")


@rows.register
def _(card: Card) -> Rows:
    row = {
        "digest": card.digest, "name": card.name, "version": card.version, "task": card.task, "parent": card.parent,
        "created": card.created,
    }  # fmt: skip
    return {schema.ModelVersion: [row | _document(card)]}


@rows.register
def _(split: SplitCard) -> Rows:
    row = {"digest": split.digest, "dataset": split.dataset, "part": split.part, "n": split.n}
    return {schema.Split: [row | _document(split)]}


@rows.register
def _(policy: Policy) -> Rows:
    row = {"digest": policy.sha256(), "name": policy.name, "version": policy.version}
    return {schema.Policy: [row | _document(policy)]}


@rows.register
def _(report: Report) -> Rows:
    row = {
        "id": report.id, "key": report.key, "model": report.model, "split": report.split, "title": report.title,
        "dataset": report.dataset, "n": report.n, "code": report.code, "seed": report.seed, "run": report.run,
        "rows": report.rows, "created": report.created,
    }  # fmt: skip
    return {
        schema.Report: [row | _document(report)],
        schema.Answer: _answers(report),
        schema.Measure: _measures(report),
        schema.Exhibit: _exhibits(report),
    }


@rows.register
def _(judgement: Judgement) -> Rows:
    name = identifier("g", [judgement.sha256()])
    row = {
        "id": name, "report": identifier("r", [judgement.report]), "policy": judgement.policy,
        "passed": judgement.passed, "after_the_fact": judgement.after_the_fact, "created": judgement.created,
    }  # fmt: skip
    verdicts = [
        {
            "judgement": name, "position": position, "id": one.id, "rule": one.rule.measure,
            "dimension": one.dimension, "severity": one.rule.severity, "outcome": one.outcome, "measure": one.measure,
        }
        for position, one in enumerate(judgement.verdicts)
    ]  # fmt: skip
    return {schema.Judgement: [row | _document(judgement)], schema.Verdict: verdicts}


@rows.register
def _(act: Act) -> Rows:
    row = {
        "id": act.id, "kind": act.kind, "subject": act.subject, "actor": act.actor, "known_by": act.known_by,
        "created": act.created,
    }  # fmt: skip
    return {schema.Act: [row | _document(act)]}


def _document(record: Record) -> dict[str, Any]:
    document = record.canonical()
    return {"document": document, "sha256": sha256(document)}


def _answers(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "report": report.id, "code": one.question.code, "position": position,
            "dimension": one.question.dimension, "status": one.status, "reason": one.reason, "seconds": one.seconds,
        }
        for position, one in enumerate(report.answers)
    ]  # fmt: skip


def _measures(report: Report) -> list[dict[str, Any]]:
    asked = [(answer.question, measure) for answer in report.answers for measure in answer.measures]
    found = []
    for position, (question, one) in enumerate(asked):
        shown = one.shown()
        found.append({
            "id": one.id(report.key), "report": report.id, "position": position, "code": question.code,
            "dimension": question.dimension, "name": one.name, "setting": one.setting_text, "slice": one.slice_text,
            "value": one.value, "reason": one.reason, "low": shown and shown.low, "high": shown and shown.high,
            "level": shown and shown.level, "n": one.n, "unit": one.unit, "better": one.better, "bound": one.bound,
            "sampled": one.sampled,
        })  # fmt: skip
    return found


def _exhibits(report: Report) -> list[dict[str, Any]]:
    shown = [(answer.question.code, exhibit) for answer in report.answers for exhibit in answer.exhibits]
    return [
        {
            "report": report.id, "position": position, "code": code, "name": one.name, "title": one.title,
            "chart": one.chart, "n": one.n,
        }
        for position, (code, one) in enumerate(shown)
    ]  # fmt: skip
