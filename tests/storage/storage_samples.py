"""Realistic records for the storage tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from audit.acts.inventory import InventoryEntry
from audit.measure import Count, Interval, Measure, identifier, setting, where
from audit.policy import Judgement, Policy, Rule, Verdict
from audit.report import Answer, Exhibit, Question, Report, report_key
from models.card import Card, Cost, Decision, Environment, File, Identity
from models.record import sha256
from storage.ledger import Actor
from storage.splitcard import SplitCard

ANN = Actor("ann", "os-user")
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
HERE = Environment(python="3.11", platform="linux", threads=2, packages=(("torch", "2.13.0"),), device="cpu")
ROWS = b"PAR1 keyed ids, truth, decision, score, groups PAR1"
COST = Cost(
    seconds=3.2, parameters=2210, flops_per_example=4420, training_flops=1e9, energy_wh=0.04, energy_method="estimate"
)


def weights(name: str, version: int) -> bytes:
    return f"weights of {name} {version}".encode()


def write_files(folder: Path, name: str = "mortgage", version: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.safetensors").write_bytes(weights(name, version))
    return folder


def card(name: str = "mortgage", version: int = 1, parent: str | None = None, content: int | None = None) -> Card:
    data = weights(name, version if content is None else content)
    identity = Identity(
        architecture="mlp",
        arguments=(("hidden", 32),),
        files=(File(name="weights.safetensors", digest=sha256(data), bytes=len(data)),),
        columns=("income", "loan"),
        classes=("denied", "approved"),
        decision=Decision(kind="threshold", threshold=0.5, positive="approved"),
    )
    return Card(
        name=name, version=version, task=name, identity=identity, digest=identity.sha256(), parent=parent,
        dataset="mortgage", split_digests=(("test", split().digest),), seed=7, recipe=sha256(data), environment=HERE,
        cost=COST, created=NOON + timedelta(minutes=version),
    )  # fmt: skip


def split(part: str = "test") -> SplitCard:
    return SplitCard.model_validate({
        "digest": sha256(f"rows of {part}".encode()), "dataset": "mortgage", "part": part, "n": 1190,
        "classes": ("denied", "approved"), "columns": ("income", "loan"), "groups": ("race", "sex"),
        "edges": (("age", (18.0, 25.0, 35.0)),),
    })  # fmt: skip


def measures(value: float = 0.834) -> tuple[Measure, ...]:
    interval = Interval(low=value - 0.02, high=value + 0.02, level=0.95, method="mid-P")
    exact = Interval(low=value - 0.03, high=value + 0.03, level=0.95, method="Clopper-Pearson", guaranteed=True)
    whole = Measure(
        name="accuracy.accuracy", value=value, better="higher", n=1190, intervals=(exact, interval), unit="proportion",
        estimator="proportion", counts=(Count(k=int(value * 1190), n=1190),),
    )  # fmt: skip
    women = Measure(name="accuracy.accuracy", value=value / 3, better="higher", slice=where(sex="F"), n=220)
    absent = Measure(name="accuracy.auc", value=None, reason="only one class occurs", better="higher")
    attacked = Measure(
        name="robustness.accuracy", value=value / 2, better="higher", setting=setting(epsilon=0.1, norm="linf"),
        bound="upper", n=200,
    )  # fmt: skip
    return whole, women, absent, attacked


def report(of: Card | None = None, run: int = 0, value: float = 0.834, created: datetime = NOON) -> Report:
    of = of or card()
    accuracy = Question(code="ACC001", title="Is it right?", dimension="accuracy", doc="Is it right?\n\nRead it: ...")
    privacy = Question(code="PRI001", title="Does it leak?", dimension="privacy", doc="Does it leak?")
    curve = Exhibit(name="calibration", title="Where it is overconfident", columns=("p", "share"), rows=((0.1, 0.2),))
    whole, women, absent, attacked = measures(value)
    robust = Question(
        code="ROB002", title="Can it be fooled?", dimension="robustness", doc="?", options=(("steps", 40),)
    )
    return Report(
        key=report_key(of.digest, split().digest, "c0de", (accuracy, privacy, robust), 7, run),
        model=of.digest, title=of.title, task=sha256(b"task"), dataset="mortgage", split=split().digest, n=1190,
        code="c0de", seed=7, run=run, environment=HERE, rows=sha256(ROWS), created=created,
        answers=(
            Answer(question=accuracy, status="measured", measures=(whole, women, absent), exhibits=(curve,), seconds=0.1),
            Answer(question=privacy, status="not_applicable", reason="there is no training part"),
            Answer(question=robust, status="measured", measures=(attacked,), seconds=2.5),
        ),
    )  # fmt: skip


def policy(version: str = "1", limit: float = 0.8) -> Policy:
    rule = Rule(measure="accuracy.accuracy", at_least=limit, rationale="better than what was there before")
    return Policy(name="default", version=version, purpose="try it", rules=(rule,))


def judgement(of: Report, by: Policy | None = None, passed: bool = True, created: datetime = NOON) -> Judgement:
    by = by or policy()
    rule = by.rules[0]
    outcomes = ("pass", "unsure") if passed else ("fail", "missing")
    verdicts = tuple(
        Verdict.model_validate({
            "id": identifier("v", [of.key, rule.sha256(), outcome]), "rule": rule, "outcome": outcome,
            "measure": of.measures()[0].id(of.key), "dimension": dimension, "reason": "so it is",
        })
        for outcome, dimension in zip(outcomes, ("accuracy", "fairness"), strict=True)
    )  # fmt: skip
    return Judgement(
        report=of.key, policy=by.sha256(), policy_title=f"{by.name} {by.version}", task="mortgage",
        after_the_fact=False, judged_before=0, verdicts=verdicts, passed=passed, created=created,
    )  # fmt: skip


def inventory(owner: str = "olga") -> InventoryEntry:
    return InventoryEntry(
        owner=owner, developer="ann", validator="val", use="decides who gets a loan", exposure="high",
        purpose="medium", dependencies=("bureau",), next_review=date(2027, 3, 1),
    )  # fmt: skip
