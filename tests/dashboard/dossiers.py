"""A dossier as a real audit leaves it: real checks on drawn predictions, every kind of verdict, answers that failed."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np

from audit import compare, policy, run
from audit.catalogue import catalogue
from audit.estimate import banded, proportion
from audit.judge import judge
from audit.measure import setting
from audit.policy import Policy, Rule, Waiver, When
from audit.report import Answer, Exhibit, Report
from audit.rows import Rows
from dashboard.document import Dossier
from models import task as tasks
from models.card import Card
from models.data.mortgage import DATASHEET
from models.record import sha256
from tests.dashboard.searches import searched
from tests.dashboard.stores import START, Drawn, answers, card, draw

LATER = START + timedelta(days=3)
BEFORE, AFTER = (1.6, 1.2), (1.5, 0.1)
"""Skill and unfairness of the two versions, as ``draw`` takes them."""
COLUMNS = ("loanprc", "hrat", "obrat", "cosign", "atotinc", "netw", "unver", "pubrec", "sch", "rep")


SHORT = ("ACC001", "ROB002", "EXP002", "COS001")
"""Questions of a short dossier."""


def dossier(*, name: str = "mortgage", column: str = "unver", parent: bool = True, short: bool = False) -> Dossier:
    """``mortgage@2`` beside ``mortgage@1``; ``name`` and ``column`` are where a hostile string can stand.

    ``short`` asks a few questions only.
    """
    task = tasks.read("mortgage")
    first, second = draw("mortgage", *BEFORE), draw("mortgage", *AFTER)
    old = card("mortgage", 1, name=name)
    new = card("mortgage", 2, parent=old.digest, remedy="reductions", name=name)
    before, after = _report(old, BEFORE, column, short), _report(new, AFTER, column, short)
    versus = compare.compare(before, _rows(first), after, _rows(second), task) if parent else None
    judged = judge(after, _policy(name), task, versus, has_parent=parent, judged_before=1, now=LATER)
    return Dossier(
        card=new if parent else new.model_copy(update={"parent": None}),
        task=task,
        report=after,
        judgement=judged,
        comparison=versus,
        datasheet=DATASHEET,
        generated_by="answerable 0.1.0",
    )


def _report(about: Card, version: tuple[float, float], column: str, short: bool) -> Report:
    drawn = draw("mortgage", *version)
    task, n = tasks.read(about.task), len(drawn.predictions.truth)
    subject = run.Subject(about.digest, about.title, task.sha256(), task.dataset, sha256(b"mortgage"), n, {})
    asked = {one.question.code: one for one in _asked(*version)}
    asked["ROB002"], asked["EXP002"], asked["ACC003"] = _attacked(), _explained(column), searched()
    broken = "RuntimeError: the disk was full"
    asked["COS001"] = asked["COS001"].model_copy(update={"status": "failed", "reason": broken})
    told = [one for code, one in asked.items() if not short or code in SHORT]
    return run.report(subject, told).model_copy(update={"created": LATER})


@cache
def _asked(skill: float, unfair: float) -> list[Answer]:
    return answers(draw("mortgage", skill, unfair))


def _attacked() -> Answer:
    """Accuracy under attack, as ROB002 gives it."""
    radii = {0.05: 150, 0.1: 133, 0.25: 80, 0.5: 21}
    measures = tuple(
        proportion(
            "robustness.pgd_accuracy", k, 200, bound="upper",
            setting=setting(epsilon=radius, norm="linf", restarts=1, steps=40),
        )
        for radius, k in radii.items()
    )  # fmt: skip
    ends = [one.shown() for one in measures]
    rows = tuple((r, m.value, e.low, e.high) for r, m, e in zip(radii, measures, ends, strict=True))
    shown = Exhibit(
        name="robustness.pgd_curve", title="Accuracy falls as the attacker may change more",
        columns=("epsilon", "accuracy", "low", "high"), rows=rows, chart="curve", unit="share decided right", n=200,
    )  # fmt: skip
    return _measured("ROB002", measures, shown)


def _explained(column: str) -> Answer:
    """Importance of each column, as EXP002 gives it."""
    names = (*(one for one in COLUMNS if one != "unver"), column)
    values = np.linspace(0.09, 0.001, len(names))
    measures = tuple(
        banded(
            "explainability.importance", value, {0.95: (0.8 * value, 1.2 * value)}, "Student's t",
            setting=setting(column=one), n=100,
        )
        for one, value in zip(names, values, strict=True)
    )  # fmt: skip
    shown = Exhibit(
        name="explainability.global_importance", title=f"The model rests most on {names[0]}",
        columns=("column", "mean |Shapley value|", "low", "high"), chart="bars", unit="probability", n=100,
        rows=tuple((name, float(v), float(0.8 * v), float(1.2 * v)) for name, v in zip(names, values, strict=True)),
    )  # fmt: skip
    return _measured("EXP002", measures, shown)


def _measured(code: str, measures: tuple, exhibit: Exhibit) -> Answer:
    question = catalogue()[code].question()
    return Answer(question=question, status="measured", measures=measures, exhibits=(exhibit,), seconds=1.0)


def _rows(drawn: Drawn) -> Rows:
    return Rows.of(np.arange(len(drawn.predictions.truth)).astype(str).astype(object), drawn.predictions, drawn.groups)


def _policy(name: str) -> Policy:
    """The default policy and one rule for every outcome that it may not give."""
    shipped = policy.read("default")
    reason = "A limit that stands here so that every kind of verdict is printed once."
    attacked = "epsilon=0.1 norm=linf restarts=1 steps=40"
    more = (
        Rule(measure="accuracy.accuracy", at_least=0.97, rationale=reason),
        Rule(measure="accuracy.roc_auc", at_least=0.75, severity="note", rationale=reason),
        Rule(measure="accuracy.balanced_accuracy", at_least=0.95, rationale=reason),
        Rule(measure="privacy.mia_auc", at_most=0.6, rationale=reason),
        Rule(measure="accuracy.f1_macro", at_least=0.6, when=When(kind="multiclass"), rationale=reason),
        Rule(measure="robustness.pgd_accuracy", setting=attacked, at_least=0.5, accept_bound=True, rationale=reason),
        Rule(measure="fairness.equalized_odds_difference", setting="by=race", at_most=0.02, rationale=reason),
    )
    accepted = Waiver(
        measure="accuracy.balanced_accuracy", model=name, owner="Ada Lovelace", expires=date(2027, 1, 1),
        reason="The pilot runs under supervision of a person.",
    )  # fmt: skip
    return Policy.model_validate(shipped.model_dump() | {"rules": (*shipped.rules, *more), "waivers": (accepted,)})
