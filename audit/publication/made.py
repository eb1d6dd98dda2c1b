"""A publication made from a report: the tables of FAI010 with the digits they are printed with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

from audit.checks.ll144 import about
from audit.grouping import UNKNOWN
from audit.impact import SMALL
from audit.publication.form import Publication
from audit.report import Answer, Exhibit, Report

CODE, NAME = "FAI010", "fairness.ll144_table"
DIGITS = 3
"""After the point of a rate and of an impact ratio."""
SMALLER = f"It holds under {SMALL:.0%} of the data, too few people for a ratio that says anything (6 RCNY 5-301(d))."


def publication(report: Report, distributed: date | None, source: str, justification: str = "") -> Publication:
    """All tables that the report has. Raises ``ValueError`` where FAI010 has not answered in it."""
    answer = next((one for one in report.answers if one.question.code == CODE), None)
    shown = dict(_tables(answer)) if answer is not None else {}
    if answer is None or not shown:
        why = "was not asked" if answer is None else answer.reason or "has no table: sex and race are not recorded"
        raise ValueError(f"Report {report.id} of {report.title} has no table of Local Law 144: {CODE} {why}.")
    given = {
        "audit_date": report.created.date().isoformat(),
        "distribution_date": distributed.isoformat() if distributed else None,
        "data_source": source,
        "unknown": _unknown(shown),
        "tables": [_table(one, *key, justification) for key, one in shown.items()],
    }
    return Publication.model_validate(given)


def _tables(answer: Answer) -> Iterator[tuple[tuple[str, str, str], Exhibit]]:
    """(table, rate, outcome) of each exhibit, in the order in which they were made."""
    settings = [dict(one.setting) for one in answer.measures]
    classes = dict.fromkeys(str(one.get("class", "")) for one in settings)
    keys = {about(rate, table, outcome): (table, rate, outcome)
            for outcome, rate, table in product(classes, ("selection", "scoring"), ("sex", "race", "intersection"))}  # fmt: skip
    for one in answer.exhibits:
        found = [key for head, key in keys.items() if one.name == NAME and one.title.startswith(f"{head}:")]
        if found:
            yield found[0], one


def _unknown(shown: dict[tuple[str, str, str], Exhibit]) -> dict[str, Any]:
    """How many people of unknown sex, race or either; the same in every rate."""
    found: dict[str, Any] = {}
    for (table, *_), one in shown.items():
        found["union" if table == "intersection" else table] = one.rows[-1][1]
    return found


def _table(one: Exhibit, table: str, rate: str, outcome: str, justification: str) -> dict[str, Any]:
    rows = [dict(zip(one.columns, row, strict=True)) for row in one.rows]
    highest = next((row["category"] for row in rows if row["note"] == "the benchmark"), None)
    return {
        "table": table,
        "kind": rate,
        "outcome": outcome,
        "rows": [_row(row, row["category"] == highest, justification) for row in rows if row["category"] != UNKNOWN],
    }


def _row(row: dict[str, Any], benchmark: bool, justification: str) -> dict[str, Any]:
    small = row["share"] < SMALL
    ratio = None if small else row["impact ratio"]
    return {
        "group": row["category"],
        "n": row["n"],
        "rate": _printed(row["rate"]),
        "published_ratio": _printed(ratio),
        "excluded": "yes" if ratio is None else "no",
        "benchmark": "yes" if benchmark else "no",
        "justification": (justification or SMALLER) if small else "",
    }


def _printed(value: float | None) -> str | None:
    return None if value is None else f"{value:.{DIGITS}f}"
