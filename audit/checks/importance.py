"""EXP002: which columns does the model rest on?"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from audit.check import NotApplicable, check
from audit.estimate import mean, ranking
from audit.evidence import Network, Predictions, Seed, Table
from audit.measure import Measure, setting
from audit.report import Exhibit


@check("EXP002", dimension="explainability")
def importance(
    network: Network, predictions: Predictions, table: Table, seed: Seed, *, examples: int = 100, background: int = 50,
    level: float = 0.95,
) -> Iterator[Measure | Exhibit]:  # fmt: skip
    """Which columns does the model rest on over all?

    Measures: for each raw column the mean absolute Shapley value: how far, on average, knowing the column moves the
    probability of the outcome looked at.
    Read it: in points of probability; larger is more. No direction: a model may well rest on one column.
    Limits: importance is not cause; columns that go together share or swap it; the background is a sample of the same
    examples.
    Source: Lundberg and Lee 2017; shap `PermutationExplainer`.
    """
    spans = network.model.spans()
    if not spans:
        raise NotApplicable("the inputs are not the columns of a table")
    outcome = 1 if predictions.positive is None else predictions.positive
    generator = np.random.default_rng(seed.value)
    rows = generator.permutation(len(network.inputs))
    behind, asked = network.inputs[rows[:background]], network.inputs[rows[-examples:]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        explainer = shap.PermutationExplainer(
            lambda encoded: _probability(network, encoded, outcome),
            shap.maskers.Independent(behind, max_samples=len(behind)),
            seed=seed.value % 2**31,
        )
        found = explainer(asked, max_evals=2 * asked.shape[1] + 1, silent=True).values
    values = np.column_stack([np.abs(found[:, start:stop].sum(axis=1)) for _, start, stop in spans])
    columns = [column for column, _, _ in spans]
    measures = {
        column: mean("explainability.importance", values[:, i], level=level, setting=setting(column=column), floor=0.0)
        for i, column in enumerate(columns)
    }
    yield from measures.values()
    yield ranking(
        "explainability.global_importance", "The model rests most on {}", measures, "mean |Shapley value|", "probability",
        len(asked),
    )  # fmt: skip


def _probability(network: Network, encoded: np.ndarray, outcome: int) -> np.ndarray:
    import torch

    with torch.no_grad():
        scores = network.model.net(torch.as_tensor(encoded, dtype=torch.float32))
    return np.asarray(scores.double().softmax(dim=1)[:, outcome].numpy())
