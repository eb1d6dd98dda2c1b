"""Populated archives: real checks on drawn predictions, put in through the archive as the verbs do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from audit import compare, policy, run
from audit.catalogue import catalogue
from audit.evidence import Baseline, Groups, Predictions, Tally
from audit.judge import judge
from audit.report import Answer, Report, report_key
from audit.rows import Rows
from models import task as tasks
from models.card import Card, Cost, Decision, Environment, File, Identity
from models.record import sha256
from storage.archive import Archive
from storage.ledger import Actor
from storage.splitcard import SplitCard
from tests.dashboard.searches import searched

ADA = Actor("ada", "os-user")
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ENVIRONMENT = Environment(python="3.11", platform="Linux", threads=2, packages=(), device="cpu")
COST = Cost(
    seconds=74.2, parameters=1_250, flops_per_example=2_400, training_flops=2.1e9, energy_wh=0.9,
    energy_method="estimate: 45 W for the time it took",
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """What a version is said to have decided."""

    predictions: Predictions
    groups: Groups

    @property
    def tally(self) -> Tally:
        one = self.predictions
        return Tally.of(one.truth, one.decision, self.groups.labels, one.classes, one.positive)


def draw(task: str, skill: float, unfair: float, n: int = 900, seed: int = 0) -> Drawn:
    """Predictions of a model with this skill (logits towards the truth) that is harder on some groups."""
    about = tasks.read(task)
    classes = ("deny", "approve") if about.kind == "binary" else tuple("0123456789")
    data = np.random.default_rng(seed)
    truth = (data.random(n) < 0.8).astype(int) if about.kind == "binary" else data.integers(0, 10, n)
    names = {"race": ("white", "black", "hispanic"), "sex": ("male", "female", "unknown")}
    labels = {
        by: data.choice(names.get(by, ("quarter 1", "quarter 2", "quarter 3", "quarter 4")), n) for by in about.groups
    }
    logits = data.normal(0, 1, (n, len(classes)))
    logits[np.arange(n), truth] += skill
    first = about.groups[0]
    logits[labels[first] == np.unique(labels[first])[0], 0] += unfair
    score = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    positive = classes.index(about.favourable) if about.favourable else (1 if len(classes) == 2 else None)
    return Drawn(Predictions(truth, score.argmax(axis=1), score, classes, positive), Groups(labels, ()))


def card(
    task: str, version: int, parent: str | None = None, remedy: str | None = None, name: str | None = None
) -> Card:
    """A card whose one file is a few bytes."""
    weights = f"{name or task}{version}".encode()
    about = tasks.read(task)
    identity = Identity(
        architecture=about.architecture,
        arguments=about.arguments,
        files=(File(name="weights.safetensors", digest=sha256(weights), bytes=len(weights)),),
        columns=("image",) if about.modality == "image" else ("income", "debt"),
        classes=("deny", "approve") if about.kind == "binary" else tuple("0123456789"),
        decision=Decision(kind="argmax"),
    )
    return Card(
        name=name or task, version=version, task=task, identity=identity, digest=identity.sha256(), parent=parent,
        remedy=remedy, dataset=about.dataset, split_digests=(("test", sha256(task.encode())),), seed=7,
        recipe=sha256(weights + b"recipe"), environment=ENVIRONMENT, cost=COST, created=START,
    )  # fmt: skip


def answers(drawn: Drawn) -> list[Answer]:
    """What the checks say that need no model at hand; the others are not applicable, with the reason."""
    one = drawn.predictions
    majority = np.full(len(one.truth), np.bincount(one.truth).argmax())
    baseline = Baseline({"majority": majority}, {})
    evidence = {Predictions: one, Groups: drawn.groups, Tally: drawn.tally, Baseline: baseline}
    return list(run.run(evidence, catalogue().values()))


def keep(
    archive: Archive,
    about: Card,
    drawn: Drawn,
    when: datetime,
    before: Report | None = None,
    more: Answer | None = None,
) -> Report:
    """Model, split, policy, report and judgement, in this order; ``more`` is an answer that needs what is not drawn."""
    task = tasks.read(about.task)
    split = SplitCard(
        digest=sha256(about.task.encode()), dataset=task.dataset, part="test", n=len(drawn.predictions.truth),
        classes=drawn.predictions.classes, columns=about.identity.columns, groups=task.groups,
    )  # fmt: skip
    rows = Rows.of(np.arange(split.n).astype(str).astype(object), drawn.predictions, drawn.groups)
    evidence = rows.to_bytes()
    subject = run.Subject(about.digest, about.title, task.sha256(), task.dataset, split.digest, split.n, {})
    asked = {one.question.code: one for one in answers(drawn)} | ({more.question.code: more} if more else {})
    report = run.report(subject, asked.values(), rows=sha256(evidence)).model_copy(update={"created": when})
    rules = policy.read("default")
    put_model(archive, about)
    archive.put_split(split, ADA)
    archive.put_policy(rules, ADA)
    archive.put_report(report, evidence, ADA)
    versus = compare.compare(before, evidence_of(archive, before), report, rows, task) if before else None
    archive.put_judgement(judge(report, rules, task, versus, has_parent=before is not None, now=when), ADA)
    return report


def evidence_of(archive: Archive, report: Report) -> Rows:
    return Rows.from_bytes(archive.blob(str(report.rows)))


def put_model(archive: Archive, about: Card) -> None:
    """Keep a card and its one file."""
    folder = Path(archive.vault.root).parent / "made" / about.digest[:12]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.safetensors").write_bytes(f"{about.name}{about.version}".encode())
    archive.put_model(about, folder, ADA)


def archive(folder: Path) -> Archive:
    """An empty archive where ``ANSWERABLE_HOME`` would have it."""
    return Archive(f"sqlite:///{folder / 'store.db'}", folder / "vault")


def small(folder: Path) -> Archive:
    """mortgage@1 and @2, digits@1 and @2 as the demo leaves them, and a breast_cancer@1 that was never audited."""
    kept = archive(folder)
    for task, remedy, skills, unfair in (
        ("digits", "adversarial", (4.5, 4.3), (0.0, 0.0)),
        ("mortgage", "reductions", (1.6, 1.5), (1.2, 0.1)),
    ):
        first = card(task, 1)
        report = keep(kept, first, draw(task, skills[0], unfair[0]), START + timedelta(hours=len(task)))
        second = card(task, 2, parent=first.digest, remedy=remedy)
        when = START + timedelta(days=3, hours=len(task))
        keep(kept, second, draw(task, skills[1], unfair[1]), when, report, searched(worse=task == "mortgage"))
    put_model(kept, card("breast_cancer", 1))
    return kept


def large(folder: Path, reports: int = 1_000, versions: int = 10) -> Archive:
    """As many reports, of models with so many versions each; the answers are those of eight draws."""
    store = archive(folder)
    task, rules = tasks.read("mortgage"), policy.read("default")
    drawn = [draw("mortgage", 1.2 + 0.1 * k, 1.0 - 0.1 * k, n=500) for k in range(8)]
    kept = [keep(store, card("mortgage", k + 1, name="seed"), one, START) for k, one in enumerate(drawn)]
    for number in range(len(kept), reports):
        about = card("mortgage", number % versions + 1, name=f"model-{number // versions:04d}")
        put_model(store, about)
        report = retitled(kept[number % len(kept)], about, START + timedelta(hours=number))
        store.put_report(report, None, ADA)
        store.put_judgement(judge(report, rules, task, now=report.created), ADA)
    return store


def again(archive: Archive, version: str = "mortgage@2") -> str:
    """A version is audited once more, now, with the same answers; the id of the report."""
    now = {"run": 1, "key": sha256(version.encode()), "created": datetime.now(UTC), "rows": None}
    return archive.put_report(archive.newest_report(version).model_copy(update=now), None, ADA)


def retitled(report: Report, about: Card, when: datetime) -> Report:
    """The same answers as if another model had given them."""
    questions = tuple(one.question for one in report.answers)
    key = report_key(about.digest, report.split, report.code, questions, report.seed, report.run)
    return report.model_copy(
        update={"key": key, "model": about.digest, "title": about.title, "created": when, "rows": None}
    )
