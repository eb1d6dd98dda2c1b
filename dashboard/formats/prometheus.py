"""Prometheus' text exposition: the numbers of a report as gauges, for a file collector or a push gateway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.measure import Measure
from dashboard import figures
from dashboard.formats import text
from dashboard.paper.dossier import Dossier

Sample = tuple[dict[str, str], float]
ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n"}


def prometheus(dossier: Dossier) -> str:
    """Gauges of value, low end, high end and n of every number, of every verdict, and of the gate."""
    report, judgement = dossier.report, dossier.judgement
    who = {"model": dossier.card.name, "version": str(dossier.card.version)}
    known = [one for one in report.measures() if one.value is not None]
    shown = [(one, one.shown()) for one in known]
    policy = {**who, "policy": judgement.policy_title}
    families: tuple[tuple[str, str, Iterable[Sample]], ...] = (
        ("measure", "A measured number.", [(_labels(who, one), float(one.value or 0)) for one in known]),
        ("measure_low", "Low end of its interval.", [(_labels(who, m), i.low) for m, i in shown if i and i.low is not None]),
        ("measure_high", "High end of its interval.", [(_labels(who, m), i.high) for m, i in shown if i and i.high is not None]),
        ("measure_n", "Examples it rests on.", [(_labels(who, one), float(one.n)) for one in known if one.n is not None]),
        ("verdict", "1 for what a limit's verdict is.", _verdicts(dossier, policy)),
        ("gate_open", "1 where every blocking limit holds.", [(policy, float(judgement.passed))]),
        ("report_time_seconds", "When the report was made.", [(who, report.created.timestamp())]),
    )  # fmt: skip
    return "".join(line for name, help, samples in families for line in family(f"answerable_{name}", help, samples))


def _labels(who: dict[str, str], one: Measure) -> dict[str, str]:
    labels = {**who, "measure": one.name, "setting": one.setting_text, "slice": one.slice_text}
    return labels if one.bound == "exact" else labels | {"bound": one.bound}


def _verdicts(dossier: Dossier, policy: dict[str, str]) -> Iterator[Sample]:
    for one in dossier.judgement.verdicts:
        about = {"measure": one.rule.measure, "setting": one.setting, "slice": one.rule.slice, "verdict": one.id}
        yield {**policy, **about, "severity": one.rule.severity, "outcome": one.outcome}, 1.0


def family(name: str, help: str, samples: Iterable[Sample]) -> Iterator[str]:
    """The lines of one gauge."""
    yield f"# HELP {name} {help}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        written = ",".join(f'{key}="{_escaped(one)}"' for key, one in labels.items())
        yield f"{name}{{{written}}} {text.number(value)}\n"


def _escaped(value: str) -> str:
    return "".join(ESCAPES.get(one, one) for one in figures.printable(value))
