"""What it takes to audit what somebody brings: ``python -m benchmarks.bring``.

Prints one JSON object as its last line. Times are from typing the command to its printed verdict, in seconds; memory is the
peak of that process. Where evidently and deepchecks are installed they report on the same rows, scores and decisions;
EVIDENTLY_PYTHON and DEEPCHECKS_PYTHON name their interpreters where they cannot live beside ours.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console

say = Console(stderr=True).print
TIMES = 3
ROWS = 30_000
SHARDS, SHARD = 10, 1_000_000
ROLES = ("--truth", "hired", "--score", "score", "--threshold", "0.5", "--favourable", "1", "--positive", "1")
VERDICT = "The gate "


class Run(NamedTuple):
    """What one command took."""

    seconds: float
    peak_mb: float


def main() -> None:
    from benchmarks.isolation import overhead, start_seconds
    from benchmarks.personal import scored

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        found: dict[str, float | None] = {**csv(place), **ten_million(place)}
    found |= {"isolation_overhead": overhead(), "guest_start_s": start_seconds()}
    found["pii_precision"], found["pii_recall"] = scored()
    found |= {"evidently_s": beside("evidently"), "deepchecks_s": beside("deepchecks")}
    print(json.dumps({name: None if value is None else round(value, 3) for name, value in found.items()}))


def applicants(rows: int, seed: int, *, others: bool = True) -> pd.DataFrame:
    """Scores that are calibrated and lower for one group, of people in two or three ways of grouping."""
    g = np.random.default_rng(seed)
    sex, race = g.choice(["female", "male"], rows), g.choice(["a", "b", "c", "d"], rows, p=[0.5, 0.25, 0.15, 0.1])
    score = 1 / (1 + np.exp(-(g.normal(0, 1.2, rows) + 0.2 * (sex == "male") - 0.1 * (race == "d"))))
    table = {"hired": (g.random(rows) < score).astype(int), "score": score.round(6), "sex": sex, "race": race}
    if others:
        table |= {
            "experience": g.gamma(2, 4, rows).round(1),
            "region": g.choice(["north", "south", "east", "west"], rows),
            "tests": g.integers(0, 100, rows),
        }
    else:
        table["age"] = g.choice(["under 30", "30 to 49", "50 and over"], rows)
    return pd.DataFrame(table)


def csv(folder: Path) -> dict[str, float | None]:
    """The audit of a file of predictions, each time in a home of its own."""
    path = folder / "applicants.csv"
    applicants(ROWS, 0).to_csv(path, index=False)
    runs = [audited(folder / f"home {turn}", path, "sex,race") for turn in range(TIMES)]
    for one in runs:
        say(f"csv {one.seconds:.1f} s, {one.peak_mb:.0f} MB")
    return {
        "csv_s": statistics.median(one.seconds for one in runs),
        "csv_peak_mb": statistics.median(one.peak_mb for one in runs),
    }


def ten_million(folder: Path) -> dict[str, float | None]:
    """The audit of ten shards of a million rows."""
    shards = folder / "shards"
    shards.mkdir()
    for at in range(SHARDS):
        applicants(SHARD, at, others=False).to_parquet(shards / f"{at}.parquet", index=False)
    one = audited(folder / "home of shards", shards, "sex,race,age")
    say(f"ten million {one.seconds:.1f} s, {one.peak_mb:.0f} MB")
    return {"ten_million_s": one.seconds, "ten_million_peak_mb": one.peak_mb}


def audited(home: Path, table: Path, groups: str) -> Run:
    """The real command in a process of its own. Raises ``RuntimeError`` where it comes to no verdict."""
    command = [sys.executable, "-m", "dashboard.cli", "audit", str(table), *ROLES, "--groups", groups]
    environment = {**os.environ, "ANSWERABLE_HOME": str(home)}
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        printed = child.stdout.read() if child.stdout else ""
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
    if VERDICT not in printed:
        raise RuntimeError(f"The audit of {table.name} ended with {child.returncode}.")
    return Run(seconds, used.ru_maxrss / 1024)


def beside(package: str) -> float | None:
    """Median seconds of another package's report on the same rows; ``None`` where it is not installed.

    The package may live in an interpreter of its own: EVIDENTLY_PYTHON or DEEPCHECKS_PYTHON says which. Raises
    ``CalledProcessError`` where it is there and cannot report.
    """
    python = os.environ.get(f"{package.upper()}_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "applicants.csv"
        applicants(ROWS, 0).assign(decided=lambda one: (one["score"] >= 0.5).astype(int)).to_csv(table, index=False)
        asked = [python, "-m", "benchmarks.beside", package, str(table), str(TIMES)]
        printed = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: float | None = json.loads(printed.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
