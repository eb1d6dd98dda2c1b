"""How long it takes to try a draft of a policy on many stored reports: ``python -m benchmarks.policy_try [REPORTS]``."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from rich.console import Console
from sqlalchemy import insert

from audit import policy
from audit.judge import judge
from audit.report import Report
from dashboard.policies import attempts
from dashboard.work import Place
from models import task as tasks
from models.record import sha256
from storage import documents, schema
from storage.archive import Archive
from tests.dashboard import stores

say = Console(stderr=True).print
RUNS = 3
DRAFT = """
extends = "default"
name = "draft"
version = "1"
purpose = "One limit is another one, and one rule is new."

[[rules]]
measure = "fairness.demographic_parity_difference"
per = "group"
at_most = 0.05
rationale = "A number where the task's owner used to declare one."

[[rules]]
measure = "accuracy.balanced_accuracy"
at_least = 0.7
rationale = "A rule that no stored verdict answers."
"""


def seconds(reports: int = 1000) -> float:
    """Median of some runs over the newest report of that many versions, each with all that was measured of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draft.toml"
        path.write_text(DRAFT)
        with filled(Path(folder), reports) as store:
            os.sync()  # or the disk still writes the store while the clock runs
            taken = [_once(Place(store, Path(folder)), path, reports) for _ in range(RUNS)]
    say(f"{reports} reports: {', '.join(f'{one:.2f} s' for one in taken)}")
    return median(taken)


def filled(folder: Path, reports: int) -> Archive:
    """An archive with so many judged reports, each of a version of its own; the answers are those of eight draws.

    The rows of single measures, which trying never reads, are those of the eight alone.
    """
    store, task, rules = stores.archive(folder), tasks.read("mortgage"), policy.read("default")
    drawn = [stores.draw("mortgage", 1.2 + 0.1 * k, 1.0 - 0.1 * k, n=500) for k in range(8)]
    cards = [stores.card("mortgage", k + 1, name="seed") for k in range(8)]
    kept = [stores.keep(store, card, one, stores.START) for card, one in zip(cards, drawn, strict=True)]
    written = [one.canonical() for one in kept]
    with store.writing() as connection:
        for number in range(len(kept), reports):
            about = stores.card("mortgage", 1, name=f"model-{number:04d}")
            documents.put(connection, "model", about, stores.ADA)
            old = kept[number % len(kept)]
            new = stores.retitled(old, about, stores.START)
            connection.execute(insert(schema.Report), _row(old, new, written[number % len(kept)]))
            documents.put(connection, "judgement", judge(new, rules, task, now=new.created), stores.ADA)
    return store


def _row(old: Report, new: Report, document: bytes) -> dict[str, object]:
    """The row of a report that differs from a stored one in its version alone."""
    for was, now in ((old.key, new.key), (old.model, new.model), (old.title, new.title)):
        document = document.replace(was.encode(), now.encode())
    head = {name: getattr(new, name) for name in ("id", "key", "model", "split", "title", "dataset", "n", "code")}
    more = {"seed": new.seed, "run": new.run, "rows": None, "created": new.created}
    return {**head, **more, "document": document, "sha256": sha256(document)}


def _once(where: Place, path: Path, reports: int) -> float:
    started = time.perf_counter()
    found = attempts(where.archive, policy.read(str(path)))
    taken = time.perf_counter() - started
    untried = sum(bool(one.not_tried) for one in found)
    if len(found) != reports or untried:
        raise ValueError(f"{len(found)} of {reports} reports were tried, {untried} of them not in full.")
    return taken


if __name__ == "__main__":
    print(round(seconds(*map(int, sys.argv[1:2])), 2))
