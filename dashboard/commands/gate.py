"""``answerable gate``: ``judge`` for a pipeline. The same verdicts, written where a CI looks for them; it fails closed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands import NOT_PASSED, PASSED, Home, Json, PolicyName, place_of, plainly


@plainly
def gate(
    model: Annotated[str, typer.Argument(help="A version (its newest report) or a report (r-...).")],
    policy: PolicyName = "default",
    junit: Annotated[Path | None, typer.Option(help="Write the verdicts as JUnit XML.")] = None,
    sarif: Annotated[Path | None, typer.Option(help="Write what keeps the gate shut as SARIF 2.1.0.")] = None,
    summary: Annotated[Path | None, typer.Option(help="Add a Markdown summary to this file.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Judge a version for a pipeline: exit code 0 open, 1 shut, 2 cannot be judged."""
    from dashboard import gating, seen, terminal, verbs

    files = gating.Files(junit, sarif, summary)
    with gating.failing_closed(model, files):
        where = place_of(home)
        report = where.archive.newest_report(model)
        judgement = verbs.judge(where, report.id, policy)
        shown = verbs.seen_judgement(where, judgement)
        gating.write(seen.report(where.archive, report), shown, files)
    terminal.judgement(shown, json)
    raise typer.Exit(PASSED if shown.passed else NOT_PASSED)
