"""Small models that are real: networks on small data, written as versions, loaded and gathered like any other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save

from audit.evidence import Groups, Predictions
from audit.gather import gather
from audit.measure import Measure
from audit.predicted import predicted
from audit.report import Answer, Question, Report, report_key
from audit.rows import Rows
from audit.run import Subject, one_thread
from models import encode, file, mixture, zoo
from models.card import Card, Cost, Decision, Environment, Identity
from models.data.split import Split
from models.load import CARD, WEIGHTS, Model, load
from models.record import Scalar, sha256
from models.task import Task, Training

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = Environment(python="3.11", platform="linux", threads=1, packages=(("torch", "2.13.0"),), device="cpu")


@dataclass(frozen=True)
class Case:
    """A task, a model of it, its data, and the evidence gathered about it."""

    task: Task
    model: Model
    train: Split
    test: Split
    subject: Subject


def task(**changes: object) -> Task:
    """A decision about people from a table, without margins; ``changes`` overrule."""
    given = {
        "name": "loans", "title": "Loans", "dataset": "loans", "architecture": "mlp", "kind": "binary",
        "modality": "table", "favourable": "approve", "unit": "applicant", "intended_use": "Tests.",
        "concerns_people": True, "concerns": "Nobody: the people are made up.", "groups": ("sex", "region"),
        "headline": "accuracy.accuracy", "training": Training(epochs=1, batch=32, rate=0.01),
    }  # fmt: skip
    return Task.model_validate({**given, **changes})


def version(
    folder: Path, network: torch.nn.Module, arguments: dict[str, Scalar], train: Split, of: Task,
    decision: Decision | None = None,
) -> Model:  # fmt: skip
    """The network written into ``folder`` with its card, and loaded from there."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = encode.fit(train.inputs) if isinstance(train.inputs, pd.DataFrame) else ()
    columns = tuple(one.column for one in fields) or ("image",)
    identity = Identity(
        architecture=of.architecture,
        arguments=tuple(sorted(arguments.items())),
        files=(file.write(folder / WEIGHTS, save(mixture.join((network,)))),),
        columns=columns,
        encoding=fields,
        classes=train.classes,
        decision=decision or Decision(kind="argmax"),
    )
    parameters = sum(one.numel() for one in network.parameters())
    card = Card(
        name=of.name, version=1, task=of.name, identity=identity, digest=identity.sha256(), dataset=of.dataset,
        split_digests=(("train", train.digest),), seed=0, recipe=sha256(of.canonical()), environment=HERE, created=NOON,
        group_inputs=tuple(name for name in train.groups.columns if name in columns),
        cost=Cost(
            seconds=1.5, parameters=parameters, flops_per_example=2 * parameters, training_flops=6e5, energy_wh=0.25,
            energy_method="estimated, constant power",
        ),
    )  # fmt: skip
    file.write(folder / CARD, card.canonical())
    return load(folder)


def linear(folder: Path, weights: list[float], train: Split, of: Task, bias: float = 0.0) -> Model:
    """A logistic regression with these weights on the encoded inputs: its logits are 0 and bias + weights . inputs."""
    network = zoo.build("mlp", {"inputs": len(weights), "layers": 0}, 2)
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[0.0] * len(weights), weights]))
        network[0].bias.copy_(torch.tensor([0.0, bias]))
    return version(folder, network, {"inputs": len(weights), "layers": 0}, train, of)


def trained(
    folder: Path, arguments: dict[str, Scalar], train: Split, of: Task, decision: Decision | None = None
) -> Model:
    """A network of the task's architecture after a few steps on the whole training part."""
    fields = encode.fit(train.inputs) if isinstance(train.inputs, pd.DataFrame) else ()
    inputs = torch.as_tensor(encode.encode(train.inputs, fields) if fields else train.inputs, dtype=torch.float32)
    arguments = {"inputs": inputs.shape[1], **arguments}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = zoo.build(of.architecture, arguments, len(train.classes))
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    with one_thread():
        for _ in range(30):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(network(inputs), torch.as_tensor(train.truth)).backward()
            optimiser.step()
    return version(folder, network, arguments, train, of, decision)


def loans(n: int, seed: int, part: str = "test") -> Split:
    """Numbers, a category, missing values; groups of people, one of which is not recorded for everybody."""
    draw = np.random.default_rng(seed)
    income, debt = draw.normal(3, 1, n), draw.normal(1, 0.5, n)
    job = draw.choice(["baker", "nurse", "smith"], n)
    sex = draw.choice(["female", "male", "unknown"], n, p=[0.45, 0.45, 0.1])
    chance = 1 / (1 + np.exp(-(1.5 * (income - 3) - 2 * (debt - 1) + 0.8 * (sex == "male"))))
    inputs = pd.DataFrame({"income": np.where(draw.random(n) < 0.05, np.nan, income), "debt": debt, "job": job})
    groups = pd.DataFrame({"sex": sex, "region": draw.choice(["east", "north", "south"], n)})
    truth = (draw.random(n) < chance).astype(int)
    return Split("loans", part, inputs, truth, ("deny", "approve"), groups, np.arange(n) + 10_000 * seed)


def shapes(n: int, seed: int, part: str = "test") -> Split:
    """Noisy 8 x 8 pictures of a bar, a pole and a cross."""
    draw = np.random.default_rng(seed)
    bar, pole = np.zeros((8, 8)), np.zeros((8, 8))
    bar[3:5], pole[:, 3:5] = 1, 1
    truth = draw.integers(0, 3, n)
    ink = draw.uniform(0.3, 1, n)
    pixels = np.stack([bar, pole, np.maximum(bar, pole)])[truth] * ink[:, None, None]
    pixels = np.clip(pixels + draw.normal(0, 0.3, pixels.shape), 0, 1).astype(np.float32)
    groups = pd.DataFrame({"ink": np.where(ink > 0.6, "strong", "faint")})
    return Split("shapes", part, pixels, truth, ("bar", "pole", "cross"), groups, np.arange(n) + 10_000 * seed)


def plants(n: int, seed: int, part: str = "test") -> Split:
    """Three classes from a table of numbers, without any grouping."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 3, n)
    inputs = pd.DataFrame({"petal": truth + draw.normal(0, 0.7, n), "sepal": truth % 2 + draw.normal(0, 0.7, n)})
    return Split("plants", part, inputs, truth, ("iris", "lily", "rose"), pd.DataFrame(index=range(n)), np.arange(n))


def case(of: Task, model: Model, train: Split, test: Split, sample: int = 60) -> Case:
    return Case(of, model, train, test, gather(model, train, test, of, sample=sample))


def loans_case(folder: Path) -> Case:
    of, train, test = task(), loans(300, 1, "train"), loans(300, 2)
    rule = Decision(kind="threshold", threshold=0.55, positive="approve")
    return case(of, trained(folder, {"hidden": 8, "layers": 1}, train, of, rule), train, test)


def shapes_case(folder: Path) -> Case:
    of = task(
        name="shapes", dataset="shapes", architecture="cnn", kind="multiclass", modality="image", favourable=None,
        groups=("ink",), concerns_people=False,
    )  # fmt: skip
    train, test = shapes(120, 1, "train"), shapes(150, 2)
    return case(of, trained(folder, {}, train, of), train, test)


def plants_case(folder: Path) -> Case:
    of = task(name="plants", dataset="plants", kind="multiclass", favourable=None, groups=(), concerns_people=False)
    train, test = plants(200, 1, "train"), plants(200, 2)
    return case(of, trained(folder, {"hidden": 8, "layers": 1}, train, of), train, test)


def predictions(
    truth: np.ndarray, score: np.ndarray, classes: Iterable[str], positive: int | None = None
) -> Predictions:
    """Predictions that decide for the most probable class."""
    return Predictions(truth, score.argmax(axis=1), score, tuple(classes), positive)


def evidence(
    truth: np.ndarray, score: np.ndarray, classes: Iterable[str], groups: dict[str, np.ndarray] | None = None,
    favourable: int | None = None,
) -> dict[type, object]:  # fmt: skip
    """What can be known from scores and groups alone."""
    return predicted(predictions(truth, score, classes, favourable), groups or {}, favourable)


def report_of(
    *measures: Measure, of: Task | None = None, title: str = "loans@1", answers: Iterable[Answer] = ()
) -> Report:
    """A report that holds these measures and answers, written by hand."""
    asked = Question(code="HND001", title="By hand?", dimension="accuracy", doc="By hand?")
    found = (Answer(question=asked, status="measured", measures=measures), *answers)
    questions = tuple(one.question for one in found)
    return Report(
        key=report_key(sha256(title.encode()), "5" * 64, "c0de", questions, 0, 0), model=sha256(title.encode()),
        title=title, task=(of or task()).sha256(), dataset="loans", split="5" * 64, n=100, code="c0de", seed=0, run=0,
        answers=found, environment=HERE, created=NOON,
    )  # fmt: skip


def rows_of(case_or_evidence: dict[type, object], ids: np.ndarray | None = None) -> Rows:
    """The row evidence of predictions and groups."""
    said = case_or_evidence[Predictions]
    assert isinstance(said, Predictions)
    ids = np.arange(len(said.truth)).astype(str).astype(object) if ids is None else ids
    return Rows.of(ids, said, case_or_evidence.get(Groups))  # type: ignore[arg-type]
