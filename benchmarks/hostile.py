"""What malformed files and requests do: ``python -m benchmarks.hostile [SEED]``.

Every case is made from a seed: a valid file is damaged and given to the reader of its kind. Right is an answer, or a
refusal in one line that the terminal prints as it is. Anything else is a traceback, and more than ten seconds a hang.
The cases run in processes of their own, so that one that ends its process is counted too. A store that was opened before
must hold as much as before. Prints the seeds of the cases that failed and, as its last line, one JSON object.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import numpy as np

from benchmarks import hostile_readers as readers
from benchmarks.hostile_files import ROLES, write_seeds

SECONDS = 10
"""That one case may take; one that starts a process has as long for each of its few starts."""
SLOW = 30
CASES = {
    "table": 1500, "task": 120, "publication": 160, "version": 100, "served": 300, "foreign": 60, "terminal": 40,
}  # fmt: skip
STARTS = {"foreign", "terminal"}
"""Kinds whose cases start processes."""
THEIRS = (ValueError, LookupError, OSError)
OURS = (KeyError, IndexError, UnicodeError)
"""Of these, what the terminal shows whole, for it can only be a mistake of ours."""


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_seeds(place / "seeds")
        open_store(place)
        before = held(place / "home")
        failed = [one for kind in CASES for one in cases_of(kind, seed, place)]
        grew = held(place / "home") != before
    for one in failed:
        print(json.dumps(one))
    hangs = sum(one["why"].startswith("hang") for one in failed)
    cases = sum(CASES.values())
    print(json.dumps({"cases": cases, "tracebacks": len(failed) - hangs, "hangs": hangs, "store_grew": grew}))


def open_store(place: Path) -> None:
    """A store with one audited file of predictions."""
    home = place / "home"
    asked = [sys.executable, "-m", "dashboard.cli", "audit", str(place / "seeds/table/good.csv"), *ROLES]
    done = subprocess.run([*asked, "--check", "ACC001", "--home", str(home)], capture_output=True, text=True)
    if done.returncode not in (0, 1) or "Traceback" in done.stderr:
        raise SystemExit(f"The valid file was not audited: {done.stderr}")


def held(home: Path) -> dict[str, int]:
    """Rows of every table, and blobs."""
    with sqlite3.connect(home / "store.db") as store:
        tables = [name for (name,) in store.execute("select name from sqlite_master where type = 'table'")]
        rows = {one: store.execute(f'select count(*) from "{one}"').fetchone()[0] for one in tables}
    return {**rows, "blobs": sum(one.is_file() for one in (home / "vault").rglob("*"))}


# ------------------------------------------------------------------------------------------- one process for many cases


def cases_of(kind: str, seed: int, place: Path) -> Iterator[dict[str, object]]:
    """The cases that failed. A process that ends or hangs costs the case it was at, and another goes on with the next."""
    at, started = 0, time.monotonic()
    while at < CASES[kind]:
        for case, why in worked(kind, seed, at, place):
            if why:
                yield {"kind": kind, "seed": seed, "case": case, "why": why}
            at = case + 1
    print(f"{kind}: {CASES[kind]} cases in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def worked(kind: str, seed: int, start: int, place: Path) -> Iterator[tuple[int, str]]:
    """(case, why it failed) of the cases from ``start``, as far as one process comes."""
    given = [sys.executable, "-m", "benchmarks.hostile", "--work", kind, str(seed), str(start), str(place)]
    patience, at = 60 + (SLOW if kind in STARTS else SECONDS), start
    with subprocess.Popen(given, stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        assert process.stdout is not None
        while select.select([process.stdout], [], [], patience)[0]:
            line = process.stdout.readline()
            if not line:
                break
            case, why = json.loads(line)
            yield case, why
            at, patience = case + 1, 20 + (SLOW if kind in STARTS else SECONDS)
        else:
            process.kill()
            yield at, "hang: not even the alarm ended it"
            return
        code = process.wait()
    if code or at < CASES[kind]:
        yield at, f"the process ended with {code}"


def work(kind: str, seed: int, start: int, place: Path) -> None:
    """Answer the cases one by one, a line each."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for case in range(start, CASES[kind]):
        print(json.dumps([case, tried(kind, seed, case, place)]), file=answers, flush=True)


def tried(kind: str, seed: int, case: int, place: Path) -> str:
    """Why the case failed; empty where it was answered or refused in a line."""
    draw = np.random.default_rng([seed, list(CASES).index(kind), case])
    try:
        with tempfile.TemporaryDirectory() as own, limited(SLOW if kind in STARTS else SECONDS):
            readers.KINDS[kind](draw, place, Path(own))
    except TimeoutError as why:
        return f"hang: {why}" if str(why) == "too long" else unsaid(why)
    except BaseException as why:  # noqa: BLE001 -- whatever it is, it is what the case showed
        return unsaid(why)
    return ""


def unsaid(why: BaseException) -> str:
    """What is wrong with a refusal; empty where it is one line that the terminal can print."""
    said = str(why)
    if isinstance(why, THEIRS) and not isinstance(why, OURS) and said and "\n" not in said:
        return ""
    frame = traceback.extract_tb(why.__traceback__)[-1]
    return f"{type(why).__name__} at {Path(frame.filename).name}:{frame.lineno}: {said[:300]!r}"


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError("too long")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", ResourceWarning)
            yield
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
    else:
        main()
