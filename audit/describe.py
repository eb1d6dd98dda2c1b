"""What the examples of a split are like: their columns and groups, and for what is no table the cluster they fall into."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.attributes import Attributes, Column
from models.data.split import Split

if TYPE_CHECKING:
    from models.load import Model

CLUSTER = "cluster"
CLUSTERS, CLUSTERED, STEPS = 10, 1000, 20
"""Clusters of embeddings, training examples that they are made of, and steps of k-means."""


def attributes(model: Model, train: Split, test: Split, seed: int = 0) -> Attributes:
    """The input columns of a table, the groups of any split, and for what is no table the cluster of its embedding.

    A column that is both an input and a way of grouping counts once, as the group.
    """
    seen = _frame(train)
    given = _frame(test).reindex(columns=seen.columns)
    columns = [Column.of(str(name), seen[name]) for name in seen.columns]
    codes = [column.code(given[column.name]) for column in columns]
    if not test.is_table and CLUSTER not in seen.columns:
        named, nearest = _clusters(model, train, test, seed)
        columns.append(Column(CLUSTER, named))
        codes.append(nearest)
    return Attributes(tuple(columns), np.column_stack(codes) if codes else np.empty((len(test), 0), dtype=np.int16))


def _frame(split: Split) -> pd.DataFrame:
    """Groups, then inputs that are none."""
    groups = split.groups.rename(columns=str).reset_index(drop=True)
    if not isinstance(split.inputs, pd.DataFrame):
        return groups
    inputs = split.inputs.rename(columns=str).reset_index(drop=True)
    return pd.concat([groups, inputs[[name for name in inputs.columns if name not in groups.columns]]], axis=1)


def _clusters(model: Model, train: Split, test: Split, seed: int) -> tuple[tuple[str, ...], NDArray[np.int16]]:
    """The clusters of the training part's embeddings, and (n,) the nearest one of every example of the test part."""
    from audit.embeddings import embeddings

    generator = np.random.default_rng(seed)
    drawn = train.take(np.sort(generator.permutation(len(train))[:CLUSTERED]))
    seen, every = embeddings(model, drawn.inputs), embeddings(model, test.inputs)
    return nearest_cluster(seen, drawn.truth, train.classes, every, generator)


def nearest_cluster(
    seen: np.ndarray, truth: np.ndarray, classes: tuple[str, ...], every: np.ndarray, generator: np.random.Generator
) -> tuple[tuple[str, ...], NDArray[np.int16]]:
    """What the clusters of some (m, width) embeddings mostly hold, and (n,) the nearest one of every example."""
    from scipy.cluster.vq import kmeans2, vq

    apart = min(CLUSTERS, len(np.unique(seen, axis=0)))
    with warnings.catch_warnings():  # of a cluster that stays empty: nobody is in it
        warnings.simplefilter("ignore")
        centres, label = kmeans2(seen, apart, iter=STEPS, minit="++", rng=generator)
    held = np.zeros((apart, len(classes)), dtype=int)
    np.add.at(held, (label, truth), 1)
    named = tuple(f"{at + 1} (mostly {classes[most]})" for at, most in enumerate(held.argmax(axis=1)))
    return named, vq(every, centres)[0].astype(np.int16)
