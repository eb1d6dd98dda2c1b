"""JUnit XML: a test case for every verdict, red exactly where the gate is shut."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from audit.policy import Judgement, Verdict
from audit.report import Report
from dashboard import figures, views
from dashboard.formats import text

PLACE = {"fail": "failure", "unsure": "failure", "missing": "error", "exempt": "skipped", "waived": "skipped"}
"""Where a verdict that is no pass goes. A limit that is only noted is skipped: it does not decide."""


def junit(report: Report, judgement: Judgement) -> str:
    """One suite for the report under its policy."""
    suite = Element("testsuite", {"name": _plain(f"{report.title} under policy {judgement.policy_title}")})
    suite.set("timestamp", text.instant(report.created).removesuffix("Z"))
    told = {
        "report": report.id, "model": report.model, "policy": judgement.policy,
        "gate": "opens" if judgement.passed else "stays shut",
    }  # fmt: skip
    properties = SubElement(suite, "properties")
    for name, value in told.items():
        SubElement(properties, "property", {"name": name, "value": value})
    for one in judgement.verdicts:
        _case(suite, one)
    if not any(one.rule.severity == "block" for one in judgement.verdicts):
        _error(suite, "gate", "the policy holds no blocking rule, so the gate stays shut")
    return _written(suite)


def unjudged(why: str) -> str:
    """A suite with one error: nothing was judged, and why."""
    suite = Element("testsuite", {"name": "answerable gate"})
    _error(suite, "the version can be judged", why)
    return _written(suite)


def _case(suite: Element, one: Verdict) -> None:
    case = SubElement(suite, "testcase", {"classname": _plain(one.dimension), "name": _plain(text.judged(one))})
    said = f"{one.outcome}: {views.why(one)}"
    place = PLACE.get(one.outcome)
    if place in ("failure", "error") and one.rule.severity == "note":
        place, said = "skipped", f"noted, does not decide: {said}"
    if place:
        told = SubElement(case, place, {"message": _plain(said)})
        if place != "skipped":
            told.set("type", one.outcome)
        told.text = _plain(_detail(one))
    else:
        SubElement(case, "system-out").text = _plain(_detail(one))


def _detail(one: Verdict) -> str:
    clauses = f"\nEvidence for: {'; '.join(one.rule.clauses)}" if one.rule.clauses else ""
    return f"{text.found(one)}\nWhy it matters: {one.rule.rationale}{clauses}\nid: {one.measure or one.id}"


def _error(suite: Element, name: str, why: str) -> None:
    case = SubElement(suite, "testcase", {"classname": "answerable", "name": name})
    SubElement(case, "error", {"message": _plain(why), "type": "missing"}).text = _plain(why)


def _written(suite: Element) -> str:
    counts = {
        "tests": len(suite.findall("testcase")),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": len(suite.findall("testcase/skipped")),
    }
    suites = Element("testsuites")
    suites.append(suite)
    for element in (suites, suite):
        for name, count in counts.items():
            element.set(name, str(count))
    indent(suites, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def _plain(words: str) -> str:
    """XML holds no control characters: they are written out."""
    plain: str = figures.printable(words)
    return plain
