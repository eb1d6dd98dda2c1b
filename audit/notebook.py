"""An audit in a notebook: anything that predicts, asked every question that can be asked of it there."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import pandas as pd
from pydantic import ValidationError

from audit.bring import answers, columns
from audit.bring.asked import Source, asked_frame
from audit.bring.brought import Brought, of_frame
from audit.bring.roles import Roles, told
from audit.bring.unreadable import Unreadable
from audit.catalogue import select
from audit.compare import Comparison, compare
from audit.measure import Measure, definitions
from audit.report import Report
from audit.rows import Rows
from audit.run import report, run

if TYPE_CHECKING:
    from models.card import Card

TRUTH, DECISION = "(truth)", "(decision)"
FIRST = (
    "accuracy.accuracy", "accuracy.balanced_accuracy", "accuracy.roc_auc", "accuracy.mean_error",
    "accuracy.regression_error", "calibration.ece", "fairness.demographic_parity_difference",
    "fairness.demographic_parity_ratio", "fairness.equal_opportunity_difference", "fairness.performance_gap",
    "fairness.mean_error_difference",
)  # fmt: skip
"""What is shown first."""
Groups = Mapping[str, Any] | pd.DataFrame | pd.Series | Sequence[str] | str | None


class Keeper(Protocol):
    """An archive."""

    def put_audit(
        self, card: Card, split: Mapping[str, Any], report: Report, ids: np.ndarray, rows: Rows | None
    ) -> str:
        """Keep a version, its data's card, its report and the row evidence; returns the report's id."""
        ...


@dataclass(frozen=True)
class Audit:
    """A report in memory. It shows itself as a table with intervals."""

    brought: Brought
    report: Report

    @cached_property
    def rows(self) -> Rows | None:
        """What comparisons need of every example; ``None`` where there is no truth or no decision."""
        evidence = self.brought.subject.evidence
        if not Rows.possible(evidence):
            return None
        ids = np.array([str(one) for one in self.brought.ids], dtype=object)
        return Rows.of_audit(ids, evidence, self.report.answers, self.report.seed)

    def measures(self) -> tuple[Measure, ...]:
        """Every number of the report."""
        return tuple(self.report.measures())

    def compare(self, other: Self) -> Comparison:
        """Is the other better, no worse, worse, or can nobody tell? Raises ``ValueError`` for other data."""
        if self.rows is None or other.rows is None:
            raise ValueError("Versions are compared by their decisions and the truth, and one of the two lacks them.")
        purpose = self.brought.card.purpose
        return compare(self.report, self.rows, other.report, other.rows, purpose)

    def save(self, archive: Keeper) -> str:
        """Keep version and report in an archive; returns the report's id.

        ``from storage.location import open_default; a.save(open_default())``.
        """
        return archive.put_audit(self.brought.card, self.brought.split, self.report, self.brought.ids, self.rows)

    def _shown(self) -> Iterator[tuple[str, str, str, str]]:
        for one in self.measures():
            if (
                one.name in FIRST
                and not one.slice
                and "class" not in dict(one.setting)
                and " & " not in one.setting_text
            ):
                name = f"{definitions()[one.name].description} {f'({one.setting_text})' if one.setting else ''}".strip()
                yield name, _written(one), "" if one.n is None else str(one.n), one.note or one.reason

    def __repr__(self) -> str:
        lines = [f"{name}: {value}" for name, value, _, _ in self._shown()]
        silent = sum(one.status != "measured" for one in self.report.answers)
        return "\n".join(
            [f"{self.report.title}: {len(self.measures())} numbers, {silent} questions do not apply", *lines]
        )

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._shown()
        )
        silent = "; ".join(f"{a.question.code} {a.reason}" for a in self.report.answers if a.status != "measured")
        head = "".join(
            f"<th style='text-align:left'>{one}</th>" for one in ("measure", "value [interval]", "n", "about")
        )
        return (
            f"<p><b>{html.escape(self.report.title)}</b> on {html.escape(self.report.dataset)}, {self.report.n} rows, "
            f"{len(self.measures())} numbers</p><table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>"
            f"<details><summary>Not measured, and why</summary>{html.escape(silent)}</details>"
        )


def ask(
    model: Any, X: Any, y: Any = None, *, groups: Groups = None, favourable: object = None, threshold: float | None = None,
    weight: Any = None, unit: Any = None, ids: Any = None, name: str | None = None, kind: str = "classes", seed: int = 0,
    checks: list[str] | None = None,
) -> Audit:  # fmt: skip
    """See ``audit.audit``."""
    given = X.reset_index(drop=True) if isinstance(X, pd.DataFrame) else np.asarray(X)
    n = len(given)
    table = given.rename(columns=str) if isinstance(given, pd.DataFrame) else pd.DataFrame(index=pd.RangeIndex(n))
    roles: dict[str, Any] = {"kind": kind, "threshold": threshold, "name": name or type(model).__name__}
    roles |= {"favourable": None if favourable is None else columns.names(pd.Series([favourable]))[0]}
    if y is not None:
        table[TRUTH], roles["truth"] = _column(y, n, "y"), TRUTH
    for role, values in (("weight", weight), ("unit", unit), ("id", ids)):
        if values is not None:
            table[f"({role})"], roles[role] = _column(values, n, role), f"({role})"
    named = dict(_groups(groups, table, n))
    table = table.assign(**{by: values for by, values in named.items() if by not in table.columns})
    roles["groups"] = tuple(named)
    found = _brought(model, given, table, roles)
    evidence = found.subject.evidence
    return Audit(found, report(found.subject, run(evidence, select(checks), seed), seed=seed))


def _brought(model: Any, given: Any, table: pd.DataFrame, roles: dict[str, Any]) -> Brought:
    facts = (("type", f"{type(model).__module__}.{type(model).__qualname__}"),)
    source = Source("in memory", roles["name"], facts=facts)
    if len(given) == 0:
        raise Unreadable("X has no rows.")
    few, known = _asked(model, given[:2])
    if roles["kind"] == "classes" and few.ndim == 2:
        spoken = _Spoken(lambda rows: _asked(model, rows)[0], known)
        return asked_frame(spoken, source, table, _roles(roles), roles["name"], inputs=given)
    table = table.assign(**{DECISION: _asked(model, given)[0]})
    return of_frame(table, _roles(roles | {"decision": DECISION}), roles["name"])


@dataclass(frozen=True)
class _Spoken:
    """An object of the user's, as something that answers with probabilities."""

    probabilities: Callable[[Any], np.ndarray]
    classes: tuple[str, ...] | None


def _roles(given: dict[str, Any]) -> Roles:
    try:
        return Roles.model_validate(given)
    except ValidationError as why:
        raise Unreadable(f"{told(why)}.") from None


def _column(values: Any, n: int, what: str) -> np.ndarray:
    found = np.asarray(values)
    if found.shape != (n,):
        raise Unreadable(f"{what} needs one value for each of the {n} rows, got shape {found.shape}.")
    return found


def _groups(groups: Groups, table: pd.DataFrame, n: int) -> Iterator[tuple[str, np.ndarray]]:
    """Ways of grouping by name: given as columns of X, or with their values."""
    if groups is None:
        return
    if isinstance(groups, pd.Series):
        groups = {str(groups.name or "group"): groups}
    if isinstance(groups, str):
        groups = [groups]
    if isinstance(groups, Mapping | pd.DataFrame):
        for by, values in groups.items():
            yield str(by), _column(values, n, f"groups[{by!r}]")
        return
    for by in groups:
        if by not in table.columns:
            raise Unreadable(f"X has no column {by!r} to group by; give groups={{{by!r}: values}}.")
        yield str(by), table[by].to_numpy()


def _asked(model: Any, rows: Any) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """(n, classes) probabilities, or (n,) what was decided; and the names of the classes, where the model has them."""
    known = getattr(model, "classes_", None)
    names = None if known is None else tuple(columns.names(pd.Series(np.asarray(known))))
    if hasattr(model, "predict_proba"):
        return _probabilities(np.asarray(model.predict_proba(rows), dtype=float)), names
    if hasattr(model, "parameters") and hasattr(model, "state_dict"):
        return _of_network(model, rows), names
    if not hasattr(model, "predict") and not callable(model):
        raise Unreadable(f"{type(model).__name__} has neither predict_proba nor predict, and is no function.")
    said = np.asarray(model.predict(rows) if hasattr(model, "predict") else model(rows))
    if said.ndim == 2 or (said.dtype.kind == "f" and not hasattr(model, "predict")):
        return _probabilities(said.astype(float)), names
    return said, names


def _probabilities(said: np.ndarray) -> np.ndarray:
    if said.ndim == 1 or said.shape[1] == 1:
        said = np.column_stack([1 - said.ravel(), said.ravel()])
    if not np.isfinite(said).all() or (said < 0).any() or (np.abs(said.sum(axis=1) - 1) > answers.OFF).any():
        raise Unreadable("The model answers with numbers that are no probabilities: rows must be from 0 and sum to 1.")
    return np.asarray(said / said.sum(axis=1, keepdims=True))


def _of_network(model: Any, rows: Any) -> np.ndarray:
    """Softmax of a torch module's logits; one logit is that of the second class."""
    import torch

    given = torch.as_tensor(np.asarray(rows, dtype=np.float32))
    was = model.training
    model.eval()
    with torch.inference_mode():
        logits = model(given).double().cpu()
    model.train(was)
    if logits.ndim == 1 or logits.shape[1] == 1:
        logits = torch.stack([torch.zeros_like(logits.ravel()), logits.ravel()], dim=1)
    return np.asarray(logits.softmax(dim=1).numpy())


def _written(one: Measure) -> str:
    if one.value is None:
        return "–"
    share = definitions()[one.name].unit in ("ratio", "difference", "0..1") and abs(one.value) <= 1
    shown = one.shown()
    ends = () if shown is None else (shown.low, shown.high)
    text = [f"{100 * value:.1f}" if share else f"{value:.3g}" for value in (one.value, *ends)]
    interval = f" [{text[1]}, {text[2]}]" if ends else ""
    return f"{text[0]}{' %' if share else ''}{interval}"
