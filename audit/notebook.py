"""An audit in a notebook: anything that predicts, asked every question that can be asked of it there."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import pandas as pd
from pydantic import ValidationError
from scipy.special import softmax

from audit.bring import answers, columns
from audit.bring.asked import Source, asked_frame
from audit.bring.brought import Brought, of_frame
from audit.bring.kind import Says, settled
from audit.bring.roles import Roles, told
from audit.bring.unreadable import Unreadable
from audit.catalogue import select
from audit.compare import Comparison, compare
from audit.measure import Measure, definitions
from audit.report import Answer, Report
from audit.rows import Rows
from audit.run import report, run

if TYPE_CHECKING:
    from models.card import Card

TRUTH, DECISION, MEMORY = "(truth)", "(decision)", "in memory"
SAID = {"decision": DECISION}
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
    answers: tuple[Answer, ...] = field(repr=False)
    """With what each example adds to their numbers, which is no part of a report."""

    @cached_property
    def rows(self) -> Rows | None:
        """What comparisons need of every example; ``None`` where there is no truth or no decision."""
        evidence = self.brought.subject.evidence
        if not Rows.possible(evidence):
            return None
        ids = np.array([str(one) for one in self.brought.ids], dtype=object)
        return Rows.of_audit(ids, evidence, self.answers, self.report.seed)

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
            [
                f"{self.report.title}: {len(self.measures())} numbers, {silent} questions do not apply",
                *self.brought.notes,
                *lines,
            ]
        )

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._shown()
        )
        notes = "".join(f"<p>{html.escape(one)}</p>" for one in self.brought.notes)
        silent = "; ".join(f"{a.question.code} {a.reason}" for a in self.report.answers if a.status != "measured")
        head = "".join(
            f"<th style='text-align:left'>{one}</th>" for one in ("measure", "value [interval]", "n", "about")
        )
        return (
            f"<p><b>{html.escape(self.report.title)}</b> on {html.escape(self.report.dataset)}, {self.report.n} rows, "
            f"{len(self.measures())} numbers</p>{notes}<table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>"
            f"<details><summary>Not measured, and why</summary>{html.escape(silent)}</details>"
        )


def ask(
    model: Any, X: Any, y: Any = None, *, groups: Groups = None, favourable: object = None, threshold: float | None = None,
    weight: Any = None, unit: Any = None, ids: Any = None, name: str | None = None, kind: str = "classes", seed: int = 0,
    checks: list[str] | None = None,
) -> Audit:  # fmt: skip
    """See ``audit.audit``."""
    given = X.reset_index(drop=True) if isinstance(X, pd.DataFrame) else np.asarray(X)
    if given.ndim == 0 or len(given) == 0:
        raise Unreadable("X has no rows.")
    n = len(given)
    table = given.rename(columns=str) if isinstance(given, pd.DataFrame) else pd.DataFrame(index=pd.RangeIndex(n))
    roles: dict[str, Any] = {"kind": kind, "threshold": threshold, "name": name or type(model).__name__}
    roles |= {"favourable": None if favourable is None else columns.names(pd.Series([favourable]))[0]}
    if y is not None:
        table[TRUTH], roles["truth"] = _column(y, n, "y"), TRUTH
    for role, values in (("weight", weight), ("unit", unit), ("id", None if ids is None else _once(ids))):
        if values is not None:
            table[f"({role})"], roles[role] = _column(values, n, role), f"({role})"
    named = dict(_groups(groups, table, n))
    table = table.assign(**named)
    roles["groups"] = tuple(named)
    found = _brought(model, given, table, roles)
    evidence = found.subject.evidence
    answered = tuple(run(evidence, select(checks), seed))
    return Audit(found, report(found.subject, answered, seed=seed), answered)


def _brought(model: Any, given: Any, table: pd.DataFrame, roles: dict[str, Any]) -> Brought:
    facts = (("type", f"{type(model).__module__}.{type(model).__qualname__}"),)
    source = Source(MEMORY, roles["name"], facts=facts)
    truth = table[TRUTH] if TRUTH in table and not hasattr(model, "predict_proba") else None
    asked, why = settled(_says(model), source.name, _roles(roles), truth)
    if asked.kind != "classes":
        said = {DECISION: _numbers(model, given, asked)}
        found = of_frame(table.assign(**said), asked.model_copy(update=SAID), MEMORY)
        return replace(found, notes=(*why, *found.notes))
    few = _asked(model, given[:2])
    if few.ndim == 2:
        spoken = _Spoken(lambda rows: _asked(model, rows), _classes(model, table, asked, few.shape[1]))
        return asked_frame(spoken, source, table, asked, MEMORY, inputs=given)
    if asked.threshold is not None:
        raise Unreadable("The model answers with decisions, and a threshold decides on probabilities; leave it out.")
    return of_frame(table.assign(**{DECISION: _asked(model, given)}), _roles(roles | SAID), MEMORY)


def _says(model: Any) -> Says:
    """What a model of scikit-learn, or one that follows it, says that it answers; ``None`` of anything else."""
    if not hasattr(model, "__sklearn_tags__"):
        return None
    from sklearn.base import is_regressor

    return "numbers" if is_regressor(model) else None


def _classes(model: Any, table: pd.DataFrame, roles: Roles, width: int) -> tuple[str, ...] | None:
    """The names that the model has, else 0, 1, ... where all that is known of the truth is one of these."""
    known = getattr(model, "classes_", None)
    if known is not None:
        return tuple(columns.names(pd.Series(np.asarray(known))))
    numbered = tuple(map(str, range(width)))
    came = set() if roles.truth is None else set(columns.names(table[roles.truth])) - {None}
    said = came | {one for one in (roles.favourable,) if one is not None}
    return numbered if said <= set(numbered) else None


@dataclass(frozen=True)
class _Spoken:
    """An object of the user's, as something that answers with probabilities."""

    probabilities: Callable[[Any], np.ndarray]
    classes: tuple[str, ...] | None
    says: Says = "classes"

    def predict_numbers(self, inputs: Any) -> np.ndarray:
        """Never asked: it says that it decides between classes."""
        raise Unreadable("The model decides between classes.")


def _roles(given: dict[str, Any]) -> Roles:
    try:
        return Roles.model_validate(given)
    except ValidationError as why:
        raise Unreadable(f"{told(why)}.") from None


def _once(ids: Any) -> Any:
    repeated = int(pd.Series(np.asarray(ids).ravel()).duplicated().sum())
    if repeated:
        raise Unreadable(
            f"ids holds {repeated} ids more than once; where several rows belong to one person give unit=."
        )
    return ids


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


def _asked(model: Any, rows: Any) -> np.ndarray:
    """(n, classes) probabilities, or (n,) what was decided."""
    if hasattr(model, "predict_proba"):
        return _probabilities(_of_all(np.asarray(model.predict_proba(rows), dtype=float), rows))
    if _is_network(model):
        return _softmax(_of_all(_logits(model, rows), rows))
    said = _of_all(_said(model, rows), rows)
    if said.ndim == 2 or (said.dtype.kind == "f" and not hasattr(model, "predict")):
        return _probabilities(said.astype(float))
    return said


def _numbers(model: Any, rows: Any, roles: Roles) -> np.ndarray:
    """(n,) predicted numbers. Raises ``Unreadable`` without a truth, or for several numbers of a row."""
    if roles.truth is None:
        raise Unreadable(f"Of {roles.kind} nothing can be told without the truth; give y.")
    said = _of_all(_logits(model, rows) if _is_network(model) else _said(model, rows), rows)
    if said.size != len(said):
        raise Unreadable(f"Of {roles.kind} the model says one number of each row, got shape {said.shape}.")
    return said.ravel()


def _said(model: Any, rows: Any) -> np.ndarray:
    if not hasattr(model, "predict") and not callable(model):
        raise Unreadable(f"{type(model).__name__} has neither predict_proba nor predict, and is no function.")
    return np.asarray(model.predict(rows) if hasattr(model, "predict") else model(rows))


def _of_all(said: np.ndarray, rows: Any) -> np.ndarray:
    if said.ndim not in (1, 2) or len(said) != len(rows):
        raise Unreadable(f"The model answers {len(rows)} rows with shape {said.shape}; one answer for each is needed.")
    return said


def _probabilities(said: np.ndarray) -> np.ndarray:
    if said.ndim == 1 or said.shape[1] == 1:
        said = np.column_stack([1 - said.ravel(), said.ravel()])
    if not np.isfinite(said).all() or (said < 0).any() or (np.abs(said.sum(axis=1) - 1) > answers.OFF).any():
        raise Unreadable("The model answers with numbers that are no probabilities: rows must be from 0 and sum to 1.")
    return np.asarray(said / said.sum(axis=1, keepdims=True))


def _is_network(model: Any) -> bool:
    return hasattr(model, "parameters") and hasattr(model, "state_dict")


def _logits(model: Any, rows: Any) -> np.ndarray:
    """What a torch module answers, asked where its parameters lie and left in the mode it was in."""
    import torch

    first = next(iter(model.parameters()), None)
    given = torch.as_tensor(np.asarray(rows, dtype=np.float32), device=None if first is None else first.device)
    was = model.training
    model.eval()
    try:
        with torch.inference_mode():
            return np.asarray(model(given).double().cpu().numpy())
    finally:
        model.train(was)


def _softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of a network's logits; one logit is that of the second class."""
    if logits.ndim == 1 or logits.shape[1] == 1:
        logits = np.column_stack([np.zeros(len(logits)), logits.ravel()])
    return _probabilities(np.asarray(softmax(logits, axis=1)))


def _written(one: Measure) -> str:
    if one.value is None:
        return "–"
    share = definitions()[one.name].unit in ("ratio", "difference", "0..1") and abs(one.value) <= 1
    shown = one.shown()
    ends = () if shown is None else (shown.low, shown.high)
    text = [f"{100 * value:.1f}" if share else f"{value:.3g}" for value in (one.value, *ends)]
    interval = f" [{text[1]}, {text[2]}]" if ends else ""
    return f"{text[0]}{' %' if share else ''}{interval}"
