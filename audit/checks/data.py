"""DAT001: are the data whole, without overlap, and who is in them?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from audit.check import check
from audit.estimate import difference, number, proportion, undefined
from audit.evidence import Decisions, Groups, Training
from audit.measure import Measure, setting, where
from models.data.split import Split


@check("DAT001", dimension="data")
def data(
    decisions: Decisions, training: Training | None, groups: Groups | None, *, level: float = 0.95
) -> Iterator[Measure]:
    """Are the data whole, is the test kept apart from the training, and who is in them?

    Measures: rows; missing values and duplicates of each part; the share of test examples whose inputs also stand in
    the training part; share and base rate of every group in the test part, and the largest gap of base rates.
    Read it: an overlap above 0 means that the test partly asks what the model has seen. A gap of base rates is a
    property of the record, before any model.
    Limits: duplicates are exact; near copies are not searched. That outcomes were recorded justly cannot be measured.
    Source: Gebru et al. 2021 (datasheets); Kapoor and Narayanan 2023 (leakage).
    """
    if training is not None:
        yield from _parts(training)
    else:
        n = len(decisions.truth)
        yield number("data.row_count", n, setting=setting(part="test"), n=n, unit="rows")
        reason = "nobody gave the data the model was trained on, so nobody can say whether it has seen the test"
        yield undefined("data.train_test_overlap", reason, n=n)
    if groups is not None:
        yield from _people(decisions, groups, level)


def _parts(training: Training) -> Iterator[Measure]:
    parts = {"train": training.split, "test": training.test}
    hashes = {part: _hashes(split) for part, split in parts.items()}
    for part, split in parts.items():
        at = setting(part=part)
        yield number("data.row_count", len(split), setting=at, n=len(split), unit="rows")
        yield number("data.missing_rate", _missing(split), setting=at, n=len(split))
        copies = int(pd.Series(hashes[part]).duplicated().sum())
        yield number("data.duplicate_rate", copies / len(split), setting=at, n=len(split), note=f"{copies} rows")
    shared = int(np.isin(hashes["test"], hashes["train"]).sum())
    yield number(
        "data.train_test_overlap", shared / len(training.test), n=len(training.test),
        note=f"{shared} of {len(training.test)} test examples stand in the training part",
    )  # fmt: skip


def _people(decisions: Decisions, groups: Groups, level: float) -> Iterator[Measure]:
    outcome = decisions.positive
    for by, labels in groups.labels.items():
        names, code = np.unique(labels.astype(str), return_inverse=True)
        sizes = np.bincount(code)
        for name, size in zip(names.tolist(), sizes.tolist(), strict=True):
            yield number("data.share", size / len(code), slice=where(**{by: name}), n=len(code), note=f"{size} rows")
        if outcome is None:
            continue
        positives = np.bincount(code, weights=decisions.truth == outcome).astype(int)
        for name, k, n in zip(names.tolist(), positives, sizes, strict=True):
            yield proportion("data.base_rate", int(k), int(n), slice=where(**{by: name}), level=level)
        yield difference(
            "data.label_bias_by_group", positives, sizes, names.tolist(), setting=setting(by=by), level=level
        )


def _missing(split: Split) -> float:
    inputs = split.inputs
    return float(pd.isna(inputs).to_numpy().mean() if isinstance(inputs, pd.DataFrame) else np.isnan(inputs).mean())


def _hashes(split: Split) -> np.ndarray:
    """(n,) one 64-bit hash per example's inputs; the same number is the same whatever the column's type."""
    frame = split.inputs
    if not isinstance(frame, pd.DataFrame):
        flat = np.ascontiguousarray(frame.reshape(len(frame), -1), dtype=np.float32)
        view = flat.view(np.dtype((np.void, flat.itemsize * flat.shape[1]))).ravel()
        frame = pd.DataFrame({"image": [one.tobytes() for one in view]})
    numbers = frame.select_dtypes(["number", "bool"]).columns
    frame = frame.copy()
    for name in numbers:
        frame[name] = frame[name].astype(float) + 0.0
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()
