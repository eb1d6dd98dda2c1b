"""How long fairness takes: ``python -m benchmarks.fairness``.

Twenty measures (largest difference and smallest ratio of ten rates) with their intervals over the 40 intersections of
sex, race and age that 100,000 rows fall into, and 10,000 multinomial replicates of the label tally with the same twenty
on each; beside fairlearn's MetricFrame for the same ten rates in the same run; and ten million rows from Parquet shards.
Every part runs in a process of its own, so that its peak memory is its own. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console

say = Console(stderr=True).print
ROWS, SHARDS, SHARD = 100_000, 10, 1_000_000
DRAWS = 10_000
GROUPS = {"sex": ("female", "male"), "race": ("Asian", "Black", "other", "White"), "age": ("<25", "25-34", "35-44", "45-54", "55+")}  # fmt: skip
DEEPEST = "age & race & sex"
RATES = {
    "selection": ("p", "tf"), "base": ("t", "tf"), "accuracy": ("r", "tf"), "true positive": ("tp", "t"),
    "false positive": ("fp", "f"), "false negative": ("fn", "t"), "true negative": ("tn", "f"), "positive predictive": ("tp", "p"),
    "negative predictive": ("tn", "n"), "false discovery": ("fp", "p"),
}  # fmt: skip
CELLS = {"tn": [0], "fp": [1], "fn": [2], "tp": [3], "p": [1, 3], "n": [0, 2], "t": [2, 3], "f": [0, 1], "r": [0, 3], "tf": [0, 1, 2, 3]}  # fmt: skip
"""Positions in (truth, decision) flattened."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["ours", "fairlearn", "shards"])
    parser.add_argument("folder", nargs="?", type=Path)
    asked = parser.parse_args()
    if asked.part:
        print(json.dumps({"ours": ours, "fairlearn": theirs, "shards": shards}[asked.part](asked.folder)))
        return
    say("ours"), (found := alone("ours"))
    say("fairlearn"), (other := alone("fairlearn"))
    with tempfile.TemporaryDirectory() as folder:
        say("writing ten million rows"), write(Path(folder))
        say("counting them"), (many := alone("shards", folder))
    result = {
        "seconds": found["seconds"],
        "speedup_vs_fairlearn": other["per_replicate"] / found["per_replicate"],
        "peak_mb": found["peak_mb"],
        "ten_million_s": many["seconds"],
        "ten_million_peak_mb": many["peak_mb"],
        "ours_per_replicate_us": 1e6 * found["per_replicate"],
        "fairlearn_per_replicate_s": other["per_replicate"],
        "three_million_peak_mb": many["part_peak_mb"],
    }
    print(json.dumps({name: round(value, 3) for name, value in result.items()}))


def alone(part: str, folder: str | None = None) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.fairness", part, *([folder] if folder else [])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def rows(n: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {name: pd.Categorical.from_codes(draw.integers(0, len(of), n), list(of)) for name, of in GROUPS.items()}
    )
    score = draw.beta(2, 2, n)
    return frame.assign(score=score, truth=(draw.random(n) < score).astype(np.int8))


def ours(_: Path | None) -> dict[str, float]:
    from audit.bootstrap import multinomial_bootstrap
    from audit.tally import Tally

    frame = rows(ROWS, 0)
    warm = rows(1000, 1)
    measured(Tally.of(warm["truth"], warm["score"] >= 0.5, warm[list(GROUPS)], ("no", "yes"), 1))
    started = time.perf_counter()
    tally = Tally.of(frame["truth"], frame["score"] >= 0.5, frame[list(GROUPS)], ("no", "yes"), 1)
    found = measured(tally)
    before = time.perf_counter()
    drawn = multinomial_bootstrap(tally.counts[DEEPEST], twenty, DRAWS, 0)
    ended = time.perf_counter()
    assert len(found) == len(drawn) == 2 * len(RATES)
    assert len(tally.names[DEEPEST]) == 40
    for one, replicates in zip(found, drawn, strict=True):
        assert one.value is not None
        assert abs(one.value - replicates.value) < 1e-12
    return {"seconds": ended - started, "per_replicate": (ended - before) / DRAWS, "peak_mb": peak()}


def measured(tally):  # type: ignore[no-untyped-def]
    """The twenty measures as checks make them, each rate's difference and then its ratio."""
    from audit.estimate import difference, ratio

    made = []
    for hit, among in RATES.values():
        k, n = tally.rate(DEEPEST, mask(hit) & mask(among), mask(among))
        name = "fairness.demographic_parity"
        made += [
            one(f"{name}_{kind}", k, n, tally.names[DEEPEST])
            for one, kind in ((difference, "difference"), (ratio, "ratio"))
        ]
    return made


def twenty(counts: np.ndarray) -> np.ndarray:
    """(replicates, 20) the same of (replicates, groups, 2, 2) counts."""
    from audit import rates

    cells = counts.reshape(len(counts), -1, 4).astype(float)
    columns = []
    for hit, among in RATES.values():
        each = rates.over(cells @ (mask(hit) & mask(among)).astype(float), cells @ mask(among).astype(float))
        columns += [rates.gap(each), rates.smallest_ratio(each)]
    return np.column_stack(columns)


def mask(name: str) -> np.ndarray:
    found = np.zeros(4, dtype=bool)
    found[CELLS[name]] = True
    return found


def theirs(_: Path | None) -> dict[str, float]:
    import warnings

    from fairlearn import metrics
    from sklearn.metrics import accuracy_score, precision_score

    frame = rows(ROWS, 0)
    decided = (frame["score"] >= 0.5).astype(int)
    ten = {
        "selection": metrics.selection_rate, "base": lambda t, p: float(np.mean(t)), "accuracy": accuracy_score,
        "tpr": metrics.true_positive_rate, "fpr": metrics.false_positive_rate, "fnr": metrics.false_negative_rate,
        "tnr": metrics.true_negative_rate, "ppv": precision_score,
        "npv": lambda t, p: precision_score(1 - np.asarray(t), 1 - np.asarray(p)),
        "fdr": lambda t, p: 1 - precision_score(t, p),
    }  # fmt: skip
    given = {"metrics": ten, "y_true": frame["truth"], "y_pred": decided, "sensitive_features": frame[list(GROUPS)]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        times = []
        for replicates in (1, 3):
            started = time.perf_counter()
            metrics.MetricFrame(**given, n_boot=replicates, ci_quantiles=[0.025, 0.975], random_state=0)
            times.append(time.perf_counter() - started)
    return {"per_replicate": (times[1] - times[0]) / 2, "peak_mb": peak()}


def write(folder: Path) -> None:
    for at in range(SHARDS):
        rows(SHARD, at).to_parquet(folder / f"part-{at}.parquet", index=False)


def shards(folder: Path | None) -> dict[str, float]:
    from audit.bring.brought import brought
    from audit.bring.roles import Roles
    from audit.bring.table import open_table
    from audit.evidence import Tally

    assert folder is not None
    roles = Roles(truth="truth", score=("score",), threshold=0.5, favourable="1", groups=tuple(GROUPS))
    table = open_table(folder)
    brought(replace(table, paths=table.paths[:3]), roles)
    part = peak()
    started = time.perf_counter()
    found = brought(table, roles).subject.evidence[Tally]
    measured(found)
    seconds = time.perf_counter() - started
    assert found.total.sum() == SHARDS * SHARD
    return {"seconds": seconds, "peak_mb": peak(), "part_peak_mb": part}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
