"""What the governance of an archive is worth and costs: ``python -m benchmarks.governance [TRIALS]``.

Prints one JSON object as its last line. Figures that end in ``_of_1000`` take the number of trials (1000) as argument.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from rich.console import Console

from benchmarks import ledger_speed, ledger_tampering, policy_try, report_proof

say = Console(stderr=True).print
TRIALS = 1000
FIGURES: dict[str, Callable[[int], float]] = {
    "report_s": lambda _: report_proof.seconds(),
    "report_pages": lambda _: report_proof.pages(),
    "long_report_s": lambda _: report_proof.long_seconds(),
    "long_report_pages": lambda _: report_proof.long_pages(),
    "report_mb": lambda _: report_proof.megabytes(),
    "identical": lambda _: report_proof.identical(),
    "edits_found_of_100": lambda _: report_proof.edits_found(),
    "copy_flaws": lambda _: report_proof.copy_flaws(),
    "copy_edits_found_of_99": lambda _: report_proof.copy_edits_found(),
    "requirements_without_state": lambda _: report_proof.without_state(),
    "tamperings_found_of_1000": ledger_tampering.found,
    "false_alarms_of_1000": ledger_tampering.false_alarms,
    "appends_per_s": lambda _: ledger_speed.single(),
    "bulk_appends_per_s": lambda _: ledger_speed.bulk(),
    "policy_try_s": lambda _: policy_try.seconds(),
}
"""What is measured, in this order. Each is given the number of trials."""


def main(words: list[str]) -> None:
    trials = int(words[0]) if words else TRIALS
    figures = {}
    for name, measure in FIGURES.items():
        started = time.perf_counter()
        figures[name] = round(measure(trials), 3)
        say(f"{name} {figures[name]} ({time.perf_counter() - started:.0f} s)")
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
