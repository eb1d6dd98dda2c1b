"""What a comparison of two versions is worth: ``python -m benchmarks.compare``.

Simulates release pairs on the same test examples and lets the product's own pairing and decision say better, no worse,
worse or cannot tell of some forty measures of each pair (accuracy overall and for every group and intersection, recall,
precision, F1, ROC-AUC, Brier score, gaps between groups). Under equality both versions make mistakes of the same kind at
the same rate, so any better or worse is an error; otherwise the second errs less. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from rich.console import Console
from rich.progress import track

from audit.compare import decide
from audit.estimate import LEVELS, banded
from audit.measure import Measure, setting, where
from audit.paired import Paired, paired_differences
from audit.rows import Rows

console = Console(stderr=True)
N, DRAWS = 400, 500
"""Examples of a pair; replicates of its counts (the product takes 10,000)."""
SEXES, RACES = np.array(["f", "m"], dtype=object), np.array(["a", "b", "c"], dtype=object)
ERRORS, BETTER = 0.2, 0.13
"""Share of mistakes of both versions under equality, and of the second where it is better."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    asked = parser.parse_args()
    started = time.perf_counter()
    powered = max(1, asked.pairs // 10)
    with ProcessPoolExecutor(2) as pool:
        null = list(
            track(
                pool.map(partial(one_pair, better=False), range(asked.pairs), chunksize=20),
                "equal",
                asked.pairs,
                console=console,
            )
        )
        real = list(
            track(
                pool.map(partial(one_pair, better=True), range(powered), chunksize=20),
                "better",
                powered,
                console=console,
            )
        )
    result = {
        "fwer": np.mean([one["any"] for one in null]),
        "power": np.mean([one["accuracy"] for one in real]),
        "power_uncorrected": np.mean([one["accuracy_alone"] for one in real]),
        "pairs": asked.pairs,
        "examples": N,
        "measures": float(np.mean([one["tested"] for one in null])),
        "fwer_uncorrected": np.mean([one["any_alone"] for one in null]),
        "share_found": np.mean([one["found"] for one in real]),
        "monte_carlo_error": (0.05 * 0.95 / asked.pairs) ** 0.5,
        "seconds": time.perf_counter() - started,
    }
    print(json.dumps({name: round(float(value), 4) for name, value in result.items()}))


def one_pair(seed: int, *, better: bool) -> dict[str, float]:
    draw = np.random.default_rng([seed, int(better)])
    truth = draw.integers(0, 2, N)
    groups = {"sex": draw.choice(SEXES, N), "race": draw.choice(RACES, N, p=[0.6, 0.3, 0.1])}
    shared = draw.normal(0, 1, N)
    first, second = (_version(draw, truth, groups, shared, rate) for rate in (ERRORS, BETTER if better else ERRORS))
    pairs = [(one, one) for one in measures(groups)]
    found = paired_differences([one for one, _ in pairs], first, second, 1, 0.95, seed, draws=DRAWS)
    said = {(one.name, one.slice_text): one for one in decide(pairs, found, {}) if one.method}
    told = [one.outcome in ("better", "worse") for one in said.values()]
    accuracy = found["accuracy.accuracy", "", ""]
    return {
        "tested": len(found),
        "any": float(any(told)),
        "any_alone": float(any(one.p <= 0.05 for one in found.values())),
        "accuracy": float(said["accuracy.accuracy", ""].outcome == "better"),
        "accuracy_alone": float(_better(accuracy)),
        "found": float(np.mean([one.outcome == "better" for one in said.values()])),
    }


def _better(one: Paired) -> bool:
    return one.p <= 0.05 and one.difference > 0


def _version(
    draw: np.random.Generator, truth: np.ndarray, groups: dict[str, np.ndarray], shared: np.ndarray, errors: float
) -> Rows:
    """Half of what moves its scores is the example, so that both versions tend to err on the same ones."""
    from scipy.stats import norm

    noise = np.sqrt(0.5) * shared + np.sqrt(0.5) * draw.normal(0, 1, N)
    strength = float(norm.isf(errors))
    positive = norm.cdf((2 * truth - 1) * strength + noise)
    score = np.column_stack([1 - positive, positive])
    return Rows(np.arange(N).astype(str).astype(object), truth, score.argmax(axis=1), score, ("no", "yes"), groups)


def measures(groups: dict[str, np.ndarray]) -> list[Measure]:
    """As an audit would have them; only names, settings and slices count here."""
    places = [where(sex=sex) for sex in SEXES] + [where(race=race) for race in RACES]
    places += [where(sex=sex, race=race) for sex in SEXES for race in RACES]
    whole = (
        "accuracy.accuracy",
        "accuracy.balanced_accuracy",
        "accuracy.f1_macro",
        "accuracy.roc_auc",
        "calibration.brier",
    )
    made = [_known(name) for name in whole]
    made += [_known("accuracy.accuracy", slice=place) for place in places]
    made += [_known(f"accuracy.{name}", **{"class": "yes"}) for name in ("recall", "precision", "f1")]
    made += [_known("accuracy.recall", slice=place, **{"class": "yes"}) for place in places[:5]]
    gaps = ("performance_gap", "demographic_parity_difference", "equal_opportunity_difference", "fpr_difference")
    return made + [_known(f"fairness.{name}", by=by) for name in gaps for by in ("race", "sex", "race & sex")]


def _known(name: str, slice=(), **at: str) -> Measure:  # type: ignore[no-untyped-def]
    return banded(name, 0.5, {one: (0.0, 1.0) for one in LEVELS}, "simulated", setting=setting(**at), slice=slice, n=N)


if __name__ == "__main__":
    main()
