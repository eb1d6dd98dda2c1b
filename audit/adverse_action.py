"""Why somebody was denied: up to four principal reasons, from attributions that are held against the decision itself.

Source: 12 CFR 1002.9(b)(2) and its official interpretation (specific, principal, at most four in most cases); FCRA
615(a); Sundararajan et al. 2017 (Integrated Gradients); Erion et al. 2021 (expectation over references).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.heading import GROUP_WORDS, spoken
from models.card import Field
from models.record import Record
from models.task import Purpose

if TYPE_CHECKING:
    from models.load import Model

MOST = 4
"""Principal reasons: more are of no help to the applicant, says the official interpretation."""
REFERENCES, FEWEST = 64, 30
"""Approved people an applicant is set against; with fewer there is no typical one."""
DRAWS = 500
"""Times that the references are drawn again."""
STEPS = 32
TOLERANCE = 0.05
"""Share of the change of the score that attributions may miss and still be said to add up to it."""
PRINCIPAL = 0.05
"""Share of all that speaks against an applicant from which on a reason is principal."""
Array = NDArray[np.float64]


class Reason(Record):
    """One principal reason for a denial."""

    column: str
    words: str
    """``debt_to_income too high: 0.52; approved applicants are typically 0.31``."""
    weight: float
    """Share of all that speaks against the applicant."""
    stability: float
    """How often it is among the principal ones when the reference people are drawn again."""


class Reasons(Record):
    """What can be said of one decision. It holds the applicant's values and is never kept."""

    row: str
    decision: str
    probability: float
    """Of the favourable outcome."""
    reasons: tuple[Reason, ...] = ()
    none: str = ""
    """Why there is no reason."""
    barred: tuple[str, ...] = ()
    """Columns that speak against the applicant as much as a principal reason, and may not be one: each with why."""


@dataclass(frozen=True)
class Approved:
    """Who the reference is: people of the training part whom the version approves, and what is typical of them."""

    model: Model
    favourable: int
    """Position of the favourable outcome."""
    people: pd.DataFrame
    seed: int

    @classmethod
    def of(cls, model: Model, purpose: Purpose, seen: pd.DataFrame, seed: int = 0) -> Approved:
        """Raises ``ValueError`` where no reasons can be given: no table, no favourable outcome, or too few approved."""
        classes = model.card.identity.classes
        if not model.is_table or len(classes) != 2 or purpose.favourable not in classes:
            raise ValueError(
                f"{model.card.title} does not decide between two outcomes of which one is favourable, from a table: there "
                "are no principal reasons of a denial."
            )
        favourable = classes.index(purpose.favourable)
        approved = seen[model.decide(model.probabilities(seen)) == favourable]
        if len(approved) < FEWEST:
            raise ValueError(
                f"{model.card.title} approves {len(approved)} of {len(seen)} people of its training part; {FEWEST} are "
                "needed to know what is typical."
            )
        return cls(model, favourable, approved.reset_index(drop=True), seed)

    @cached_property
    def typical(self) -> dict[str, Any]:
        """The median of a number, the most frequent of categories, by column."""
        found = {}
        for field in self.model.card.identity.encoding:
            values = self.people[field.column].dropna()
            found[field.column] = values.median() if field.kind == "number" else values.mode().iloc[0]
        return found

    @cached_property
    def references(self) -> pd.DataFrame:
        drawn = np.random.default_rng(self.seed).permutation(len(self.people))[:REFERENCES]
        return self.people.iloc[np.sort(drawn)]

    def probability(self, rows: pd.DataFrame) -> Array:
        """(n,) of the favourable outcome."""
        return np.asarray(self.model.probabilities(rows)[:, self.favourable])


def reasons(
    approved: Approved, rows: pd.DataFrame, barred: Mapping[str, str], names: Iterable[object] | None = None
) -> list[Reasons]:
    """The principal reasons of each denied applicant, or why there are none. ``barred``: columns that may be none."""
    model = approved.model
    probabilities = model.probabilities(rows)
    decided = model.decide(probabilities)
    named = list(names) if names is not None else list(rows.index)
    found = []
    for at, name in enumerate(named):
        told = {
            "row": str(name),
            "decision": model.card.identity.classes[decided[at]],
            "probability": float(probabilities[at, approved.favourable]),
        }
        said = (
            {"none": "The application was not denied, so there is no reason to give."}
            if decided[at] == approved.favourable
            else _denied(approved, rows.iloc[[at]], barred)
        )
        found.append(Reasons.model_validate({**told, **said}))
    return found


def may_not_be(purpose: Purpose, model: Model, groups: Iterable[str] = ()) -> dict[str, str]:
    """Columns of a version that may never be a reason, each with why."""
    declared = {*purpose.groups, *groups, *model.card.group_inputs}
    found = {}
    for field in model.card.identity.encoding:
        known = next((kind for kind, words in GROUP_WORDS.items() if words.search(spoken(field.column))), None)
        if field.column in declared:
            found[field.column] = "it says which group a person belongs to"
        elif known:
            found[field.column] = f"its name says that it holds {known}"
    return found


def _denied(approved: Approved, row: pd.DataFrame, barred: Mapping[str, str]) -> dict[str, Any]:
    """Reasons that are principal, differ from what is typical, and whose removal alone helps the applicant."""
    fields = approved.model.card.identity.encoding
    columns = [field.column for field in fields]
    each, change = _attributions(approved, row)
    mean = each.mean(axis=0)
    if change >= 0:
        return {
            "none": "The score does not lie below that of approved applicants, so attributions cannot explain a denial."
        }
    if abs(mean.sum() - change) > TOLERANCE * abs(change):
        missed = abs(mean.sum() - change) / abs(change)
        return {
            "none": f"Attributions do not agree with the decision: they miss {missed:.0%} of the change of the score."
        }
    against = -np.minimum(mean, 0.0)
    weight = against / against.sum()
    excluded = [
        f"{columns[i]}: {barred[columns[i]]}"
        for i in np.argsort(-weight)[:MOST]
        if columns[i] in barred and weight[i] >= PRINCIPAL
    ]
    allowed = np.array([column not in barred for column in columns])
    chosen = [i for i in _first(mean, allowed) if weight[i] >= PRINCIPAL and _helps(approved, row, fields[i])]
    if not chosen:
        why = "No column that may be a reason would, set to what is typical of approved applicants, help this one."
        return {
            "none": f"Attributions do not agree with the decision: {why[0].lower()}{why[1:]}",
            "barred": tuple(excluded),
        }
    stable = _stability(each, allowed, approved.seed)
    told = tuple(
        Reason(column=columns[i], words=_words(approved, row, fields[i]), weight=float(weight[i]), stability=float(stable[i]))
        for i in chosen
    )  # fmt: skip
    return {"reasons": told, "barred": tuple(excluded)}


def _attributions(approved: Approved, row: pd.DataFrame) -> tuple[Array, float]:
    """(references, columns) what each column adds to the log-odds of approval against each reference; and the whole."""
    import torch
    from captum.attr import IntegratedGradients

    model, favourable = approved.model, approved.favourable

    def margin(encoded: torch.Tensor) -> torch.Tensor:
        logits = model.net(encoded)
        return logits[:, favourable] - logits[:, 1 - favourable]

    baselines = model.encode(approved.references)
    inputs = model.encode(row).expand(len(baselines), -1).contiguous()
    with torch.no_grad():
        change = float(margin(inputs[:1]).double()[0] - margin(baselines).double().mean())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = IntegratedGradients(margin).attribute(inputs, baselines=baselines, n_steps=STEPS)
    encoded = found.detach().double().numpy()
    return np.column_stack([encoded[:, start:stop].sum(axis=1) for _, start, stop in model.spans()]), change


def _first(mean: Array, allowed: NDArray[np.bool_]) -> list[int]:
    """Positions of the columns that speak most against, at most four."""
    order = np.argsort(np.where(allowed, mean, np.inf), kind="stable")[:MOST]
    return [int(i) for i in order if allowed[i] and mean[i] < 0]


def _stability(each: Array, allowed: NDArray[np.bool_], seed: int) -> Array:
    """(columns,) how often a column is among the first when the references are drawn again, with replacement."""
    drawn = np.random.default_rng([seed, 1]).integers(0, len(each), (DRAWS, len(each)))
    times = np.zeros(each.shape[1])
    for some in drawn:
        times[_first(each[some].mean(axis=0), allowed)] += 1
    return np.asarray(times / DRAWS)


def _helps(approved: Approved, row: pd.DataFrame, field: Field) -> bool:
    """Whether the value differs from the typical one, and the applicant would score better with that."""
    typical, value = approved.typical[field.column], row[field.column].iloc[0]
    if not pd.isna(value) and value == typical:
        return False
    usual = row.copy()
    usual[field.column] = pd.Series([typical], index=row.index)
    return bool(approved.probability(usual)[0] > approved.probability(row)[0])


def _words(approved: Approved, row: pd.DataFrame, field: Field) -> str:
    value, typical = row[field.column].iloc[0], approved.typical[field.column]
    usual = f"approved applicants are typically {_written(typical)}"
    if pd.isna(value):
        return f"{field.column} is not given; {usual}"
    if field.kind == "category":
        return f"{field.column} is {_written(value)}; {usual}"
    return f"{field.column} too {'high' if value > typical else 'low'}: {_written(value)}; {usual}"


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    number = float(value)
    return f"{number:.0f}" if number.is_integer() else f"{number:.3g}" if abs(number) < 1000 else f"{number:.0f}"
