"""Seconds of another package's report: ``python -m benchmarks.beside evidently applicants.csv 3``.

Runs in that package's own interpreter, which needs nothing of ours. Prints the median as JSON, null where the package is
not installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def main(package: str, path: str, times: int) -> None:
    if importlib.util.find_spec(package) is None:
        print(json.dumps(None))
        return
    table, report = pd.read_csv(path), {"evidently": evidently, "deepchecks": deepchecks}[package]
    print(json.dumps(statistics.median(taken(report, table) for _ in range(times))))


def taken(report: Any, table: pd.DataFrame) -> float:
    started = time.perf_counter()
    report(table)
    return time.perf_counter() - started


def evidently(table: pd.DataFrame) -> None:
    """Summary of the data and quality of the classification, written as a page."""
    made: Any = importlib.import_module("evidently")
    presets: Any = importlib.import_module("evidently.presets")
    asked = made.BinaryClassification(
        target="hired", prediction_labels="decided", prediction_probas="score", pos_label=1
    )
    definition = made.DataDefinition(
        classification=[asked], numerical_columns=["experience", "tests"], categorical_columns=["sex", "race", "region"]
    )
    data = made.Dataset.from_pandas(table, data_definition=definition)
    found = made.Report([presets.DataSummaryPreset(), presets.ClassificationPreset()]).run(data, None)
    with tempfile.TemporaryDirectory() as folder:
        found.save_html(str(Path(folder) / "report.html"))


def deepchecks(table: pd.DataFrame) -> None:
    """The suites of data integrity and of model evaluation; the first half of the rows stands for the training part."""
    tabular: Any = importlib.import_module("deepchecks.tabular")
    suites: Any = importlib.import_module("deepchecks.tabular.suites")
    features = ["sex", "race", "experience", "region", "tests"]
    half = len(table) // 2
    parts = (table.iloc[:half], table.iloc[half:])
    train, test = (
        tabular.Dataset(one[[*features, "hired"]], label="hired", cat_features=["sex", "race", "region"])
        for one in parts
    )
    chances = [np.column_stack([1 - one["score"], one["score"]]) for one in parts]
    suites.data_integrity().run(test)
    suites.model_evaluation().run(
        train, test, y_pred_train=parts[0]["decided"].to_numpy(), y_pred_test=parts[1]["decided"].to_numpy(),
        y_proba_train=chances[0], y_proba_test=chances[1],
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
