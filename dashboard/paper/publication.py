"""The page that New York City's Local Law 144 wants posted, and its tables for machines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

from audit.complement import MINIMUM_CELL
from audit.impact import SMALL
from audit.publication.form import LISTED, Publication, Row, Table
from audit.report import Report
from dashboard import figures, templates

HEADS = {"selection": "Selection rate", "scoring": "Scoring rate"}
BEST = {"selection": "most selected", "scoring": "highest scoring"}
ASSESSED = "Applicants or candidates"
TABLES = {"sex": "Sex", "race": "Race or ethnicity", "intersection": "Sex and race or ethnicity together"}
WITHHELD = "withheld"
DRAFT = "DRAFT, not to be posted."
"""What a table of a draft says for machines, in the one field that is free text."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a program of spreadsheets would run at the beginning of a cell."""
SPREAD = re.compile(r"[,;](?=\s*[=+@-])|[\x85\u2028\u2029]")
"""In a line that is said of the whole audit: what would begin such a cell, or another line."""


def page(made: Publication, report: Report, auditor: str = "", *, draft: bool) -> str:
    """One file: style inside, no request to anywhere; a draft says so on every page."""
    task = report.purpose
    told: dict[str, Any] = figures.printable({
        "tool": report.title,
        "about": task.intended_use if task else "",
        "terms": [list(one) for one in _terms(made, report, auditor)],
        "reading": list(_reading(made)),
        "tables": [_table(one, draft=draft) for one in made.tables],
        "foot": f"Made from report {report.id}, key {report.key}.",
    })  # fmt: skip
    return templates.html("publication.html", **told, draft=draft, fewest=MINIMUM_CELL)


def as_json(made: Publication, *, draft: bool) -> str:
    """The tables as ``answerable lint`` reads them."""
    return json.dumps(_plain(made, draft), indent=2, ensure_ascii=False) + "\n"


def as_csv(made: Publication, *, draft: bool) -> str:
    """The same as rows; lines that begin with # hold what is said of the whole audit."""
    said = _plain(made, draft)
    written = StringIO()
    for name in ("audit_date", "distribution_date", "data_source", "unknown"):
        if said.get(name):
            written.write(f"# {name}: {SPREAD.sub(_coded, json.dumps(said[name], ensure_ascii=False))}\n")
    rows = csv.DictWriter(written, LISTED, lineterminator="\n")
    rows.writeheader()
    for table in said["tables"]:
        about = {name: table.get(name, "") for name in LISTED[:3]}
        rows.writerows({name: _harmless(value) for name, value in {**about, **row}.items()} for row in table["rows"])
    return written.getvalue()


def _coded(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _harmless(value: Any) -> Any:
    """A cell that no program of spreadsheets takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _plain(made: Publication, draft: bool) -> dict[str, Any]:
    """What the form reads: numbers as they are printed, and nothing of what is not said."""
    tables = []
    for table in made.tables:
        head = {"table": table.table, "kind": table.kind, **({"outcome": table.outcome} if table.outcome else {})}
        tables.append({**head, "rows": [_row(row) for row in table.rows]})
    return {
        "audit_date": str(made.audit_date) if made.audit_date else None,
        "distribution_date": str(made.distribution_date) if made.distribution_date else None,
        "data_source": f"{DRAFT} {made.data_source}".strip() if draft else made.data_source,
        "unknown": {name: n for name, n in made.unknown if n is not None},
        "tables": tables,
    }


def _row(row: Row) -> dict[str, Any]:
    said = {
        "group": row.group,
        "n": row.n,
        "rate": row.rate.text if row.rate else None,
        "published_ratio": row.published_ratio.text if row.published_ratio else None,
        "excluded": "yes" if row.excluded else "no",
        "benchmark": "yes" if row.benchmark else "no",
        "justification": row.justification,
    }
    return {name: value for name, value in said.items() if value not in (None, "")}


def _terms(made: Publication, report: Report, auditor: str) -> Iterator[tuple[str, str]]:
    yield "Date of the audit", str(made.audit_date)
    yield "First used on", str(made.distribution_date) if made.distribution_date else "not given"
    yield "Independent auditor", auditor or "not named"
    yield "Source of the data", made.data_source or "not given"
    yield "People assessed", figures.count(report.n)
    unknown = {"sex": "unknown sex", "race": "unknown race or ethnicity", "union": "either"}
    said = [f"{WITHHELD if n is None else figures.count(n)} of {unknown[name]}" for name, n in made.unknown]
    yield "Of unknown category", f"{', '.join(said)}; they are counted, and in no rate"


def _reading(made: Publication) -> Iterator[str]:
    kinds = {one.kind for one in made.tables}
    if "selection" in kinds:
        yield "The selection rate of a category is the share of its people whom the tool selects."
    if "scoring" in kinds:
        yield "The scoring rate of a category is the share of its people whose score lies above the median of everybody's."
    best = " or ".join(f"{BEST[one]} category" for one in HEADS if one in kinds)
    yield f"An impact ratio is the rate of a category divided by that of the {best}, whose own is 1."
    yield (
        f"A category with less than {SMALL:.0%} of the people is shown with its count and its rate, and has no impact ratio. "
        "The law sets no pass mark."
    )


def _table(table: Table, *, draft: bool) -> dict[str, Any]:
    outcome = f" of {table.outcome}" if table.outcome else ""
    return {
        "id": f"{table.kind}-{table.table}" + (f"-{table.outcome}" if table.outcome else ""),
        "title": f"{HEADS[table.kind]}s{outcome}: {TABLES[table.table]}",
        "heads": [ASSESSED, HEADS[table.kind], "Impact ratio"],
        "rows": [_shown(row, BEST[table.kind], draft=draft) for row in table.rows],
    }


def _shown(row: Row, best: str, *, draft: bool) -> dict[str, Any]:
    gone = WITHHELD if draft and row.n is None else figures.DASH
    rate, ratio = (one.text if one else gone for one in (row.rate, row.published_ratio))
    note = f"The {best} category: the others are divided by its rate." if row.benchmark else row.justification
    return {
        "group": row.group,
        "note": "" if gone == WITHHELD else note,
        "cells": [gone if row.n is None else figures.count(row.n), rate, ratio],
    }
