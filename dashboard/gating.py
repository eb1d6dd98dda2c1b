"""What a pipeline finds after the gate: files that say why, also where nothing could be judged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from audit.policy import Judgement
from audit.report import Report


class Files(NamedTuple):
    """Where a pipeline looks; what was not asked for is ``None``."""

    junit: Path | None = None
    sarif: Path | None = None
    summary: Path | None = None


def write(report: Report, judgement: Judgement, files: Files) -> None:
    """The verdicts in each form that was asked for."""
    from dashboard.formats import junit, sarif, text
    from dashboard.formats.summary import summary

    _put(files, junit(report, judgement), text.as_json(sarif(report, judgement)), summary(report, judgement))


@contextmanager
def failing_closed(model: str, files: Files) -> Iterator[None]:
    """Where judging fails, for whatever reason, the files say so: none of an earlier run is left to be read as a pass."""
    from dashboard.formats import text
    from dashboard.formats.junit import unjudged as as_junit
    from dashboard.formats.sarif import unjudged as as_sarif
    from dashboard.formats.summary import unjudged as as_summary

    def unjudged(said: str, summary: Path | None) -> None:
        _put(files._replace(summary=summary), as_junit(said), text.as_json(as_sarif(said)), as_summary(model, said))

    unjudged("judging did not end", None)  # for who kills it
    try:
        yield
    except BaseException as why:
        said = str(why) or type(why).__name__
        unjudged(said, files.summary)
        raise


def _put(files: Files, junit: str, sarif: str, summary: str) -> None:
    """JUnit and SARIF replace what is there; the summary is added, as a CI hands one file to every step."""
    for path, written in ((files.junit, junit), (files.sarif, sarif)):
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written, encoding="utf-8")
    if files.summary:
        files.summary.parent.mkdir(parents=True, exist_ok=True)
        with files.summary.open("a", encoding="utf-8") as file:
            file.write(summary)
