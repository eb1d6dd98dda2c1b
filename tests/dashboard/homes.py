"""Real archives for the tests of verbs and of the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from dashboard import verbs
from dashboard.cli import app

QUICK = ["ACC001", "CAL001", "DAT001", "FAI001", "FAI002", "FAI003", "ROB001"]
"""Checks that need no gradients: about a second on mortgage."""


def answerable(home: Path, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """The command as a user types it, in a process of its own."""
    return subprocess.run(
        command(*words), env=environment(home), capture_output=True, text=True, timeout=timeout, check=False
    )


def typed(home: Path, *words: str) -> Result:
    """The same in this process, which has imported already what a new one imports for seconds."""
    return CliRunner().invoke(app, words, env={"ANSWERABLE_HOME": str(home), "COLUMNS": "200"})


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "dashboard.cli", *words]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "ANSWERABLE_HOME": str(home), "COLUMNS": "200", "PYTHONWARNINGS": "ignore"}


def trained(home: Path) -> verbs.Place:
    """A home with mortgage@1 and mortgage@2, both audited by the quick checks."""
    where = verbs.place(home)
    first = verbs.train(where, "mortgage")
    second = verbs.train(where, "mortgage", remedy="reductions", parent=first.title)
    for card in (first, second):
        verbs.audit(where, card.title, checks=QUICK)
    return where
