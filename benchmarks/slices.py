"""How fast, and how honestly, bad slices are found: ``python -m benchmarks.slices``.

Three comparisons with sliceline, whose own benchmark gives the shapes (k = 10, two conditions, support 1 % or 10): the
same slices and scores, the time (processor seconds on one thread, so that other work on the machine does not count;
median of several runs from the same raw table, after a warm-up), and the memory (each in a process of its own: peak
resident size less what it was before the search). Then the check itself: on data
whose errors depend on nothing, how often it reports a slice; and how often it reports a planted one of 2 % of the rows,
whose error rate is twice that of the rest. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from statistics import median

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

console = Console(stderr=True)
say = console.print
SHAPES = {"small": (1_000, 10), "medium": (10_000, 20), "large": (50_000, 30)}
TIMES = {"small": 15, "medium": 5, "large": 3}
INSTALL = (
    "sliceline is not installed; it is needed for this comparison only: pip install sliceline==0.3.0 -c constraints.txt"
)
RATES = (0.02, 0.1, 0.3)
"""Error rates of the data without any bad slice."""
COLUMNS, LEVELS = 10, 5
PLANTED, BASE = (10, 5), 0.25
"""Levels of the two columns whose crossing is the planted slice (1 in 50 rows), and the error rate of the rest."""
Found = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["ours", "sliceline"], help="one search in this process alone")
    parser.add_argument("shape", nargs="?", choices=SHAPES)
    parser.add_argument("--nulls", type=int, default=2000)
    parser.add_argument("--plants", type=int, default=300)
    parser.add_argument("--base", type=float, default=BASE, help="error rate outside the planted slice")
    asked = parser.parse_args()
    if asked.part:
        print(json.dumps(alone({"ours": ours, "sliceline": theirs}[asked.part], asked.shape)))
        return
    result: dict[str, object] = {}
    compared = {shape: against_sliceline(shape) for shape in SHAPES}
    result["identical"] = all(one["identical"] for one in compared.values())
    result |= {f"speedup_{shape}": round(one["speedup"], 1) for shape, one in compared.items()}
    result["memory_ratio_large"] = round(compared["large"]["memory_ratio"], 1)
    with ProcessPoolExecutor(2) as pool:
        alarms = list(track(pool.map(null, range(asked.nulls), chunksize=20), "nulls", asked.nulls, console=console))
        hits = list(
            track(
                pool.map(partial(planted, base=asked.base), range(asked.plants), chunksize=10),
                "plants",
                asked.plants,
                console=console,
            )
        )
    result |= {
        "null_alarm_rate": round(float(np.mean(alarms)), 4),
        "planted_found_rate": round(float(np.mean(hits)), 4),
    }
    result |= {f"{kind}_{shape}": one[kind] for shape, one in compared.items() for kind in ("ours_ms", "sliceline_ms")}
    result |= {f"{kind}_large": compared["large"][kind] for kind in ("ours_mb", "sliceline_mb")}
    print(json.dumps(result))


def synthetic(shape: str) -> tuple[np.ndarray, np.ndarray]:
    """A table of ten levels a column and an error per row: half of the rows are bad and share their first two levels."""
    n, columns = SHAPES[shape]
    draw = np.random.RandomState(42)
    table = draw.randint(1, 11, size=(n, columns))
    half = n // 2
    table[:half, :2], table[half:, 0] = 1, 2
    table[half:, 1] = draw.randint(1, 11, size=n - half)
    error = np.ones(n)
    error[half:] = 0.2 * draw.random_sample(n - half)
    return table, error


def support(table: np.ndarray) -> int:
    return max(10, len(table) // 100)


def ours(table: np.ndarray, error: np.ndarray) -> dict[str, float]:
    from audit.slices import top_slices

    codes, values = zip(*(pd.factorize(column) for column in table.T), strict=True)
    levels = [len(one) for one in values]
    found = top_slices(np.column_stack(codes), levels, error, k=10, deepest=2, support=support(table))
    return {named((column, values[column][level]) for column, level in one.levels): one.score for one in found}


def theirs(table: np.ndarray, error: np.ndarray) -> dict[str, float]:
    try:
        from sliceline import Slicefinder
    except ImportError:
        raise SystemExit(INSTALL) from None
    finder = Slicefinder(k=10, max_l=2, min_sup=support(table), verbose=False).fit(table, error)
    slices = [[(at, value) for at, value in enumerate(row) if value is not None] for row in finder.top_slices_]
    return {
        named(one): told["slice_score"] for one, told in zip(slices, finder.top_slices_statistics_, strict=True)
    }  # fmt: skip


def named(levels) -> str:  # type: ignore[no-untyped-def]
    return " & ".join(f"{column}={value}" for column, value in levels)


def alone(search: Callable[[np.ndarray, np.ndarray], Found], shape: str) -> dict[str, object]:
    table, error = synthetic(shape)
    search(*synthetic("small"))  # imports, compiles
    before = peak()
    times = []
    for _ in range(TIMES[shape]):
        started = time.process_time()
        found = search(table, error)
        times.append(time.process_time() - started)
    return {"found": found, "ms": 1000 * median(times), "mb": peak() - before}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def against_sliceline(shape: str) -> dict[str, float]:
    found = {}
    for part in ("ours", "sliceline"):
        command = [sys.executable, "-m", "benchmarks.slices", part, shape]
        quiet = {**os.environ, **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)
        if done.returncode:
            raise SystemExit(done.stderr.strip().splitlines()[-1])
        found[part] = json.loads(done.stdout.splitlines()[-1])
        say(
            f"{shape} {part}: {found[part]['ms']:.1f} ms, {found[part]['mb']:.1f} MB, {len(found[part]['found'])} slices"
        )
    one, other = found["ours"], found["sliceline"]
    return {
        "identical": same(one["found"], other["found"]),
        "speedup": other["ms"] / one["ms"],
        "memory_ratio": other["mb"] / max(one["mb"], 0.1),
        **{f"{part}_{kind}": round(found[part][kind], 2) for part in found for kind in ("ms", "mb")},
    }


def same(one: Found, other: Found) -> bool:
    return set(one) == set(other) and all(abs(one[name] - other[name]) <= 1e-12 for name in one)


def attributes(draw: np.random.Generator, n: int, levels: tuple[int, ...]):  # type: ignore[no-untyped-def]
    """Columns of random levels; each but the first two repeats half of the rows of the one before: they go together."""
    from audit.attributes import Attributes, Column

    codes = np.column_stack([draw.integers(0, of, n) for of in levels]).astype(np.int16)
    for at in range(3, len(levels)):
        again = draw.random(n) < 0.5
        codes[again, at] = codes[again, at - 1] % levels[at]
    columns = tuple(Column(f"c{at}", tuple(map(str, range(of)))) for at, of in enumerate(levels))
    return Attributes(columns, codes)


def asked(error: np.ndarray, given, seed: int) -> list[str]:  # type: ignore[no-untyped-def]
    """The slices that the check reports as worse."""
    from audit.checks.slices import slices
    from audit.evidence import Decisions, Seed
    from audit.report import Exhibit

    truth = np.zeros(len(error), dtype=np.intp)
    said = Decisions(truth, error.astype(np.intp), ("no", "yes"), 1)
    shown = [one for one in slices(said, given, Seed(seed), None) if isinstance(one, Exhibit)]
    return [str(row[0]) for one in shown for row in one.rows if row[-1] == "worse"]


def null(seed: int) -> bool:
    """Whether a slice is reported although errors depend on nothing."""
    draw = np.random.default_rng([1, seed])
    given = attributes(draw, 1000, (LEVELS,) * COLUMNS)
    return bool(asked(draw.random(1000) < RATES[seed % len(RATES)], given, seed))


def planted(seed: int, base: float = BASE) -> bool:
    """Whether the very slice is reported whose error rate is twice that of the rest."""
    draw = np.random.default_rng([2, seed])
    given = attributes(draw, 10_000, (*PLANTED, *(LEVELS,) * (COLUMNS - 2)))
    inside = (given.codes[:, :2] == 0).all(axis=1)
    return "c0=0 & c1=0" in asked(draw.random(10_000) < np.where(inside, 2 * base, base), given, seed)


if __name__ == "__main__":
    main()
