"""The eight rules that a published audit is held against."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path

import yaml

from audit.publication.finding import Finding, Linted
from audit.publication.form import Publication, Table, Unknown
from audit.publication.margins import margins
from audit.publication.ratios import ratios

FRAMEWORK = Path(__file__).parent.parent / "frameworks" / "nyc_ll144.yaml"
VALID = 365
"""Days for which an audit may be used: Administrative Code 20-871(a)."""


@cache
def rules() -> tuple[str, ...]:
    """The rules' texts; the first is rule 1."""
    return tuple(yaml.safe_load(FRAMEWORK.read_text())["lint_rules"])


def lint(publication: Publication, today: date) -> Linted:
    """Every rule on everything that is printed."""
    said: list[Finding | str] = []
    for table in publication.tables:
        said += ratios(table, _unknown_of(table, publication.unknown))
    ordered = sorted(publication.tables, key=_about)
    for _, together in groupby(ordered, key=_about):
        said += _crossed(list(together))
    said += _unknown(publication.unknown)
    said += _published(publication, today)
    findings = [one for one in said if isinstance(one, Finding)]
    return Linted(
        findings=tuple(sorted(findings, key=lambda one: one.rule)),
        unchecked=tuple(one for one in said if isinstance(one, str)),
    )


def _about(table: Table) -> tuple[str, str]:
    return table.kind, table.outcome


def _unknown_of(table: Table, unknown: Unknown) -> int | None:
    if table.table != "intersection":
        return unknown.sex if table.table == "sex" else unknown.race
    return unknown.union if unknown.union is not None else (unknown.sex or 0) + (unknown.race or 0)


def _crossed(tables: list[Table]) -> Iterator[Finding | str]:
    alone = [table for table in tables if table.table != "intersection"]
    crossed = next((table for table in tables if table.table == "intersection"), None)
    if crossed is None or not alone:
        lacks = "the intersection" if crossed is None else "sex or of race"
        yield f"Rules 5 and 6: there is no table of {lacks} beside {tables[0].title}."
    else:
        yield from margins(alone, crossed)


def _unknown(unknown: Unknown) -> Iterator[Finding | str]:
    if unknown.sex is None or unknown.race is None or unknown.union is None:
        yield "Rule 7: the counts of unknown sex, unknown race and of either (union) are not all given."
        return
    low, high = max(unknown.sex, unknown.race), unknown.sex + unknown.race
    if not low <= unknown.union <= high:
        follows = f"from {low:,} to {high:,}"
        told = (
            f"{unknown.union:,} people are printed as of unknown sex or race; with {unknown.sex:,} of unknown sex and "
            f"{unknown.race:,} of unknown race they must be {follows}."
        )
        yield _of_all(7, f"{unknown.union:,}", follows, told)


def _published(publication: Publication, today: date) -> Iterator[Finding]:
    made, unknown = publication.audit_date, publication.unknown
    if made is None:
        yield _of_all(8, "", "a date", "The date of the audit is not given.")
    elif made > today:
        yield _of_all(8, str(made), f"at most {today}", f"The audit is dated {made}, after {today}.")
    elif (today - made).days > VALID:
        age = f"{(today - made).days} days before {today}"
        yield _of_all(8, str(made), age, f"The audit is dated {made}, {age}; it may be used for {VALID}.")
    there = {
        "source of the data": bool(publication.data_source),
        "distribution date of the tool": publication.distribution_date is not None,
        "number of people of unknown category": any(
            one is not None for one in (unknown.sex, unknown.race, unknown.union)
        ),
    }
    for what, given in there.items():
        if not given:
            yield _of_all(8, "", f"the {what}", f"The {what} is not given.")


def _of_all(rule: int, printed: str, arithmetic: str, sentence: str) -> Finding:
    return Finding(rule=rule, table="", rows=(), printed=printed, arithmetic=arithmetic, sentence=sentence)
