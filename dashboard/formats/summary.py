"""The gate in Markdown: one sentence, what keeps it shut, and what was not measured. For a pull request or a CI run."""

from __future__ import annotations

from audit.policy import ORDER, Judgement, Verdict
from audit.report import Report
from dashboard import figures, views
from dashboard.formats.markdown import plain, table
from dashboard.paper.contents import gate


def summary(report: Report, judgement: Judgement) -> str:
    """What a reviewer reads first."""
    verdicts = sorted(judgement.verdicts, key=lambda one: ORDER.index(one.outcome))
    deciding = [one for one in verdicts if one.rule.severity == "block" and one.outcome != "exempt"]
    exempt = sum(one.outcome == "exempt" for one in verdicts)
    parts = [
        f"## {plain(report.title)}: the gate {'opens' if judgement.passed else 'stays shut'}",
        plain(
            f"{gate(judgement)} Policy {judgement.policy_title}, on {figures.count(report.n)} examples of {report.dataset}."
        ),
    ]
    if judgement.after_the_fact:
        parts.append("The policy was declared after the first measure.")
    if deciding:
        parts.append(table(["verdict", "on", "limit", "found", "n"], map(_row, deciding), [False] * 3 + [True] * 2))
    if exempt:
        parts.append(
            "One rule does not concern this version." if exempt == 1 else f"{exempt} rules do not concern this version."
        )
    silent = [one for one in report.answers if one.status != "measured"]
    if silent:
        parts.append(
            f"### Not measured\n\n{chr(10).join(_silent(one.question.code, one.status, one.reason) for one in silent)}"
        )
    parts.append(
        f"Evidence: report `{report.id}`, policy sha256 `{judgement.policy[:12]}`. It does not say that any law is met."
    )
    return "\n\n".join(parts) + "\n\n"


def unjudged(model: str, why: str) -> str:
    """What is said where nothing could be judged."""
    return f"## {plain(model)}: the gate stays shut\n\nIt cannot be judged: {plain(why)}\n\n"


def _silent(code: str, status: str, reason: str) -> str:
    return f"- {code} {status.replace('_', ' ')}: {plain(reason)}"


def _row(one: Verdict) -> list[str]:
    rule = one.rule
    why = "" if one.outcome == "pass" and not rule.accept_bound else f"<br>{plain(views.why(one))}"
    return [
        figures.verdict(one.outcome),
        plain(views.label(rule.measure, one.setting, rule.slice)) + why,
        plain(views.limit_of(one)),
        f"{plain(figures.found(one))} `{figures.short(one.measure or one.id)}`",
        figures.count(one.n),
    ]
