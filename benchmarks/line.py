"""How long the whole line takes: ``python -m benchmarks.line``.

Prints one JSON object as its last line. Times are the median of three, in seconds, beside a yardstick of the same run
(a fixed torch loop), so that runs on different machines can be set side by side.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

say = Console(stderr=True).print
TIMES = 3
GRADIENT_FREE = ["ACC001", "CAL001", "COS001", "DAT001", "FAI001", "FAI002", "FAI003", "ROB001", "ROB002"]


def main() -> None:
    found = {
        "yardstick_s": median(yardstick),
        "help_cpu_s": statistics.median(cpu("--help") for _ in range(TIMES)),
        "checks_cpu_s": statistics.median(cpu("checks") for _ in range(TIMES)),
        "train_overhead_ratio": train_overhead(),
    }
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        found["demo_s"] = clock(lambda: demo(home / "demo", home))
        found["demo_again_s"] = clock(lambda: demo(home / "demo", home))
        found |= audits(home / "demo")
    found["first_screen_s"] = first_screen()
    print(json.dumps({name: round(value, 3) for name, value in found.items()}))


def clock(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def median(action: Callable[[], object]) -> float:
    return statistics.median(clock(action) for _ in range(TIMES))


def yardstick() -> None:
    """A fixed amount of work: 200 products of 512 x 512 matrices on one thread."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    matrix = torch.eye(512) * 0.5
    for _ in range(200):
        matrix = matrix @ matrix.T + 0.1
        matrix = matrix / matrix.norm()
    torch.set_num_threads(threads)


def cpu(*words: str) -> float:
    """Processor seconds of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "dashboard.cli", *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def demo(home: Path, folder: Path) -> None:
    environment = {**os.environ, "ANSWERABLE_HOME": str(home)}
    command = [sys.executable, "-m", "dashboard.cli", "demo", "--folder", str(folder)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def audits(home: Path) -> dict[str, float]:
    """Audits of stored versions, each under a new repetition number so that nothing is found."""
    from dashboard import verbs

    where = verbs.place(home)
    times: dict[str, float] = {}
    for name, model, checks in (
        ("mortgage_audit_s", "mortgage@1", GRADIENT_FREE),
        ("digits_audit_s", "digits@1", None),
    ):
        runs = iter(range(1, TIMES + 1))
        times[name] = median(lambda: verbs.audit(where, model, checks=checks, run=next(runs)))  # noqa: B023
        say(f"{name} {times[name]:.2f}")
    return times


def train_overhead() -> float:
    """Training digits through the product against a bare loop of the same steps, in turn, medians."""
    import torch

    from benchmarks.bare import bare_loop
    from models import task as tasks
    from models.train import train

    task = tasks.read("digits")
    ours, bare = [], []
    torch.set_num_threads(os.cpu_count() or 1)
    for turn in range(TIMES):
        bare.append(bare_loop(task))
        with tempfile.TemporaryDirectory() as folder:
            ours.append(clock(partial(train, task, Path(folder) / str(turn))))
        say(f"bare {bare[-1]:.2f} s, ours {ours[-1]:.2f} s")
    return statistics.median(ours) / statistics.median(bare)


def first_screen() -> float:
    """The Fleet with 1,000 stored reports, warm, in headless Chromium: from asking for the page until it is done."""
    from benchmarks.screen import fleet_seconds

    return statistics.median(fleet_seconds(reports=1000, times=TIMES))


if __name__ == "__main__":
    main()
