"""``answerable report``: on paper and for machines: a version, two, all, or a version under one law; and a proof of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands import NOT_PASSED, PASSED, Home, Json, PolicyName, place_of, plainly

PRINTED = ("pdf", "html")


@plainly
def report(
    version: Annotated[
        str | None, typer.Argument(help="A version or a report (r-...); or the word check.", show_default=False)
    ] = None,
    second: Annotated[
        str | None,
        typer.Argument(
            help="A version to compare it with; after check the file whose figures are held against the store.",
            show_default=False,
        ),
    ] = None,
    portfolio: Annotated[bool, typer.Option("--portfolio", help="Of all models.")] = False,
    law: Annotated[
        str | None, typer.Option(help="Of one law or standard: eu_ai_act, nyc_ll144 ...", show_default=False)
    ] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            help="pdf, html, docx, json, md; of one version also card, mlbom, oscal, sarif, junit, prometheus or schema; "
            "several with commas."
        ),
    ] = None,
    language: Annotated[str, typer.Option(help="What is for people: en or zh.")] = "en",
    folder: Annotated[Path, typer.Option(help="Where the files are written.")] = Path(),
    policy: PolicyName = "default",
    home: Home = None,
    json: Json = False,
) -> None:
    """Write a report as PDF and HTML, or for machines; or hold one that was written against the store."""
    from audit.policy import read as read_policy
    from dashboard import reporting, seen, terminal, verbs

    if version == "check":
        _check(second, home, json)
    _refuse_unclear(version, second, portfolio, law)
    formats = tuple(name.strip() for one in format or PRINTED for name in one.split(","))
    where, one = place_of(home), str(version)
    if portfolio:
        made, name = reporting.portfolio(where.archive, language=language), "portfolio"
    elif second is not None:
        rows = seen.rows(where.archive)
        made = reporting.comparison(where.archive, one, second, read_policy(policy), language=language, rows=rows)
        name = f"{one} and {second}"
    elif law is not None:
        made = reporting.law(where.archive, one, law, language=language, rows=seen.rows(where.archive))
        name = f"{one} {law}"
    else:
        terminal.paths(verbs.document(where, one, folder, formats, policy, language), json)
        return
    terminal.paths(reporting.write(made, folder, name, formats), json)


def _check(file: str | None, home: Path | None, json: bool) -> None:
    from dashboard import terminal, verbs

    if file is None:
        raise ValueError("Name one report to hold against the store. Type: answerable report check FILE")
    path = Path(file)
    if not path.is_file():
        raise ValueError(f"There is no file {file}. Type: answerable report check FILE")
    found = verbs.proof_of(place_of(home), path)
    terminal.proof(found, path, json)
    raise typer.Exit(NOT_PASSED if found.flaws else PASSED)


def _refuse_unclear(version: str | None, second: str | None, portfolio: bool, law: str | None) -> None:
    """One report is about one thing."""
    if portfolio and (version or law):
        raise ValueError(
            "A portfolio is of all models: name none with --portfolio. Type: answerable report --portfolio"
        )
    if not portfolio and version is None:
        raise ValueError(
            "Name a version, or all models. Type: answerable report mortgage@2, or: answerable report --portfolio"
        )
    if second is not None and law is not None:
        raise ValueError(f"A law is about one version. Type: answerable report {version} --law {law}")
