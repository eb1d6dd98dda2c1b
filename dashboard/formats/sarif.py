"""SARIF 2.1.0: a result for every blocking limit that does not hold, for code scanning."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from audit.measure import definitions, identifier
from audit.policy import Judgement, Verdict
from audit.report import Report
from dashboard import figures, views
from dashboard.formats import text

Json = dict[str, Any]
SHUT = ("fail", "unsure", "missing")
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(report: Report, judgement: Judgement) -> Json:
    """One run: its rules are measures with the clauses they are evidence for, its results what keeps the gate shut."""
    shut = [one for one in judgement.verdicts if one.rule.severity == "block" and one.outcome in SHUT]
    rules = list(dict.fromkeys(map(rule_id, shut)))
    first = {rule: next(one for one in shut if rule_id(one) == rule) for rule in rules}
    return _log(
        [_rule(first[rule]) for rule in rules],
        [_result(one, report, rules.index(rule_id(one))) for one in shut],
        {"executionSuccessful": True, "endTimeUtc": text.instant(report.created), **_empty(judgement, shut)},
        {
            "report": report.id, "model": report.model, "policy": judgement.policy,
            "policyTitle": judgement.policy_title, "gate": "opens" if judgement.passed else "stays shut",
        },
    )  # fmt: skip


def _empty(judgement: Judgement, shut: list[Verdict]) -> Json:
    """A gate that is shut although no limit is broken says so."""
    if judgement.passed or shut:
        return {}
    return {"toolExecutionNotifications": [_notified("The policy holds no blocking rule, so the gate stays shut.")]}


def unjudged(why: str) -> Json:
    """A run that could not judge: no result, and the reason, so that nobody reads an empty log as a pass."""
    failed = {"executionSuccessful": False, "toolExecutionNotifications": [_notified(why)]}
    return _log([], [], failed, {"gate": "not judged"})


def _notified(why: str) -> Json:
    return {"level": "error", "message": {"text": text.line(why)}}


def rule_id(one: Verdict) -> str:
    """``fairness.performance_gap/EU AI Act Art. 10(2)(f)``."""
    return "/".join((one.rule.measure, *one.rule.clauses))


def _log(rules: list[Json], results: list[Json], invocation: Json, properties: Json) -> Json:
    run = {
        "tool": {"driver": {"name": "answerable", "rules": rules}},
        "invocations": [invocation],
        "results": results,
        "properties": properties,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(one: Verdict) -> Json:
    name = one.rule.measure
    clauses = f" Evidence for: {'; '.join(one.rule.clauses)}." if one.rule.clauses else ""
    return {
        "id": rule_id(one),
        "name": "".join(word.capitalize() for word in name.replace(".", "_").split("_")),
        "shortDescription": {"text": figures.title(name)},
        "fullDescription": {"text": f"{definitions()[name].description}{clauses}"},
        "help": {"text": one.rule.rationale},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": [name.partition(".")[0], *one.rule.clauses]},
    }


def _result(one: Verdict, report: Report, index: int) -> Json:
    name = report.title.partition("@")[0]
    said = (
        f"{one.outcome}: {text.judged(one)}; {text.found(one)}. {views.why(one)}. Why it matters: {one.rule.rationale}"
    )
    return {
        "ruleId": rule_id(one),
        "ruleIndex": index,
        "level": "error",
        "message": {"text": text.line(said)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": quote(report.title, safe="@")}, "region": {"startLine": 1}},
                "logicalLocations": [{"name": report.title, "fullyQualifiedName": text.judged(one), "kind": "model"}],
            }
        ],
        "partialFingerprints": {"answerable/v1": identifier("f", [name, one.rule.sha256(), one.setting])},
        "properties": {
            "outcome": one.outcome, "verdict": one.id, "measure": one.measure, "value": one.value, "low": one.low,
            "high": one.high, "limit": one.limit, "n": one.n, "settlesAt": one.settles_at,
        },
    }  # fmt: skip
