"""OSCAL 1.2 assessment results: each number an observation, each verdict a finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audit.measure import Measure, definitions
from audit.policy import Verdict
from dashboard.formats import text
from dashboard.paper.dossier import Dossier

Json = dict[str, Any]
VERSION = "1.2.1"
NAMESPACE = "urn:answerable:oscal"
REASONS = {"pass": "pass", "fail": "fail"}
"""What OSCAL has a word for; the other outcomes are ``other``, with ours in the remarks."""


def oscal(dossier: Dossier) -> Json:
    """Assessment results with one result for the report. The same records give the same UUIDs."""
    report, judgement = dossier.report, dossier.judgement
    return {
        "assessment-results": {
            "uuid": text.derived("oscal", report.key, judgement.policy),
            "metadata": {
                "title": text.line(f"Audit of {report.title}: evidence for a decision"),
                "last-modified": text.instant(report.created),
                "version": report.id,
                "oscal-version": VERSION,
            },
            "import-ap": {"href": f"#{_policy(dossier)}"},
            "results": [_result(dossier)],
            "back-matter": {"resources": list(_resources(dossier))},
        }
    }


def _policy(dossier: Dossier) -> str:
    return text.derived("policy", dossier.judgement.policy)


def _component(dossier: Dossier) -> str:
    return text.derived("model", dossier.report.model)


def _resources(dossier: Dossier) -> Iterator[Json]:
    report, judgement = dossier.report, dossier.judgement
    named = (
        (_policy(dossier), f"Policy {judgement.policy_title}", f"urn:answerable:policy:{judgement.policy}", judgement.policy),
        (text.derived("report", report.key), f"Report {report.id}", f"urn:answerable:report:{report.id}", dossier.digest),
    )  # fmt: skip
    for uuid, title, href, digest in named:
        hashes = [{"algorithm": "SHA-256", "value": digest}]
        yield {"uuid": uuid, "title": text.line(title), "rlinks": [{"href": href, "hashes": hashes}]}


def _result(dossier: Dossier) -> Json:
    report, judgement = dossier.report, dossier.judgement
    exempt = [f"{text.line(text.judged(one))}: {one.reason}" for one in judgement.verdicts if one.outcome == "exempt"]
    made: Json = {
        "uuid": text.derived("result", report.key, judgement.policy),
        "title": text.line(f"{report.title} under policy {judgement.policy_title}"),
        "description": f"The gate {'opens' if judgement.passed else 'stays shut'}.",
        "start": text.instant(report.created),
        "local-definitions": {"components": [_subject(dossier)]},
        "reviewed-controls": {"control-selections": [_selected(judgement.verdicts)]},
        "observations": [*_observations(dossier)],
    }
    findings = [_finding(one, dossier) for one in judgement.verdicts if one.outcome != "exempt"]
    return (
        made
        | ({"findings": findings} if findings else {})
        | ({"remarks": "Rules that do not concern this version: " + "; ".join(exempt)} if exempt else {})
    )


def _subject(dossier: Dossier) -> Json:
    card = dossier.card
    return {
        "uuid": _component(dossier),
        "type": "software",
        "title": text.line(card.title),
        "description": dossier.task.intended_use or dossier.task.title,
        "props": [*_properties(digest=card.digest, split=dossier.report.split, parent=card.parent or "")],
        "status": {"state": "other", "remarks": "Answerable does not know where the version runs."},
    }


def _selected(verdicts: tuple[Verdict, ...]) -> Json:
    """The measures that the policy limits; every rule has one."""
    names = sorted({one.rule.measure for one in verdicts})
    return {"include-controls": [{"control-id": one} for one in names]} if names else {"include-all": {}}


def _observations(dossier: Dossier) -> Iterator[Json]:
    """One for every number, and one for every question without an answer: nothing vanishes."""
    report = dossier.report
    shared = {
        "subjects": [{"subject-uuid": _component(dossier), "type": "component"}],
        "relevant-evidence": [
            {"href": f"#{text.derived('report', report.key)}", "description": f"Report {report.id}"},
        ],
        "collected": text.instant(report.created),
    }
    for one in report.measures():
        yield {"uuid": _observed(one.id(report.key)), **_about(one), "methods": ["TEST"], **shared}
    for answer in report.answers:
        if answer.status != "measured":
            code = answer.question.code
            title = f"{code} {answer.status.replace('_', ' ')}: {answer.question.title}"
            told = {"title": text.line(title), "description": answer.reason}
            yield {"uuid": text.derived("silence", report.key, code), **told, "methods": ["UNKNOWN"], **shared}


def _observed(measure: str) -> str:
    return text.derived("observation", measure)


def _about(one: Measure) -> Json:
    shown = one.shown()
    known: Json = {
        "measure": one.name, "setting": one.setting_text, "slice": one.slice_text, "bound": one.bound,
        "value": None if one.value is None else text.number(one.value), "n": one.n, "unit": one.unit,
    }  # fmt: skip
    if shown:
        known |= {"low": shown.low, "high": shown.high, "level": shown.level, "method": shown.method}
    meaning = definitions().get(one.name)
    told = one.reason or one.note or (meaning.description if meaning else "")
    return {
        "title": text.line(text.measured(one)),
        "description": told or text.line(text.measured(one)),
        "props": [*_properties(**known)],
    }


def _properties(**known: object) -> Iterator[Json]:
    """Name-value pairs; what is not known has none."""
    for name, value in known.items():
        if value not in (None, ""):
            said = text.number(value) if isinstance(value, float) else text.line(str(value))
            yield {"name": name, "ns": NAMESPACE, "value": said}


def _finding(one: Verdict, dossier: Dossier) -> Json:
    state = "satisfied" if one.outcome == "pass" else "not-satisfied"
    made: Json = {
        "uuid": text.derived("finding", one.id),
        "title": text.line(f"{one.outcome}: {text.judged(one)}"),
        "description": f"{text.found(one)}: {one.reason}",
        "props": [*_properties(verdict=one.id, outcome=one.outcome, severity=one.rule.severity)],
        "target": {
            "type": "objective-id",
            "target-id": one.rule.measure,
            "description": one.rule.rationale,
            "status": {"state": state, "reason": REASONS.get(one.outcome, "other"), "remarks": one.outcome},
        },
    }
    if one.rule.clauses:
        made["remarks"] = f"Evidence for: {'; '.join(one.rule.clauses)}"
    measured = {m.id(dossier.report.key) for m in dossier.report.measures()}
    if one.measure in measured:
        made["related-observations"] = [{"observation-uuid": _observed(str(one.measure))}]
    return made
