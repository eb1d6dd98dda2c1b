"""From a task to a version: weights in one file, and the card that says who it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.torch import save

from models import code, encode, engine, file, mixture, remedies
from models.bench import Bench, Fitted
from models.card import Card, Decision, Identity
from models.checkpoint import Checkpoint
from models.cost import cost
from models.data import source
from models.engine import Choice
from models.fit import Cancelled as Cancelled
from models.fit import Progress as Progress
from models.fit import fit
from models.load import CARD, WEIGHTS, Model, read_card
from models.mixture import Mixture
from models.record import canonical, sha256
from models.task import Task

CHECKPOINT = "checkpoint.safetensors"


def train(
    task: Task,
    folder: Path,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
    remedy: str | None = None,
    parent: Model | None = None,
    version: int = 1,
    data_seed: int | None = None,
) -> Card:
    """Train a version into ``folder`` (``weights.safetensors``, ``card.json``) and return its card.

    Killed and called again, it goes on at the last epoch and ends with bit-equal weights. A folder that holds the
    version asked for already is left as it is. ``progress`` may raise ``Cancelled``; what was reached stays. The seed
    draws the parts of the data too, unless ``data_seed`` does: so versions that differ in the seed share a test part.

    Raises ``UnknownName`` for data set, architecture or remedy, ``Unfit`` for a remedy that does not suit the task,
    ``FileExistsError`` where the folder holds another version, and ``OSError`` where it cannot be written.
    """
    make = remedies.find(remedy) if remedy else plain
    splits = source.splits(task.dataset, seed if data_seed is None else data_seed)
    with engine.start(seed) as running:
        origin = parent.card.digest if parent else None
        asked = _recipe(task, splits, seed, remedy, origin, running.choice)
        if (folder / CARD).exists():
            return _existing(folder, asked)
        folder.mkdir(parents=True, exist_ok=True)
        inputs = splits.train.inputs
        fields = encode.fit(inputs) if isinstance(inputs, pd.DataFrame) else ()
        kept = Checkpoint(folder / CHECKPOINT, asked)
        bench = Bench(task, splits, fields, seed, running, kept, parent, progress)
        fitted = make(bench)
        if running.writes:
            family = _recipe(task, splits, None, remedy, origin, running.choice)
            _write(bench, fitted, folder, remedy, version, data_seed if data_seed != seed else None, family)
            kept.remove()
        running.wait()
    return read_card(folder)


def recipe(
    task: Task,
    seed: int = 0,
    remedy: str | None = None,
    parent_digest: str | None = None,
    data_seed: int | None = None,
) -> str:
    """SHA-256 of all that ``train`` would be asked for here: look for a version that has it before training one."""
    splits = source.splits(task.dataset, seed if data_seed is None else data_seed)
    return _recipe(task, splits, seed, remedy, parent_digest, engine.choose())


def plain(bench: Bench) -> Fitted:
    """Training as the task declares it, from fresh weights; the most probable class is the decision."""
    network = bench.network()
    standing = fit(
        bench.engine,
        network,
        bench.examples(bench.splits.train),
        bench.task.training,
        bench.seed,
        validation=bench.examples(bench.splits.validation),
        checkpoint=bench.checkpoint,
        tell=bench.tell,
    )
    return Fitted((network,), Decision(kind="argmax"), standing.seen, standing.seconds)


def _recipe(
    task: Task, splits: source.Splits, seed: int | None, remedy: str | None, parent_digest: str | None, choice: Choice
) -> str:
    asked = {
        "task": task.model_dump(mode="json"),
        "splits": [list(pair) for pair in splits.digests()],
        "seed": seed,
        "remedy": remedy,
        "parent": parent_digest,
        "engine": asdict(choice),
        "code": code.digest("models"),
    }
    return sha256(canonical(asked))


def _existing(folder: Path, asked: str) -> Card:
    card = read_card(folder)
    if card.recipe != asked:
        raise FileExistsError(f"{folder} holds {card.title}, made from another recipe. Give an empty folder.")
    return card


def _write(
    bench: Bench,
    fitted: Fitted,
    folder: Path,
    remedy: str | None,
    version: int,
    data_seed: int | None,
    family: str,
) -> None:
    """Weights first, the card last: a version is there when its card is."""
    train_part = bench.splits.train
    identity = Identity(
        architecture=bench.task.architecture,
        arguments=tuple(sorted(bench.arguments.items())),
        files=(),
        columns=tuple(map(str, train_part.inputs.columns))
        if isinstance(train_part.inputs, pd.DataFrame)
        else ("image",),
        encoding=bench.fields,
        classes=train_part.classes,
        decision=fitted.decision,
        members=fitted.members,
    )
    metadata = {"identity": identity.canonical().decode()}
    weights = file.write(folder / WEIGHTS, save(mixture.join(fitted.networks), metadata))
    identity = identity.model_copy(update={"files": (weights,)})
    choice = bench.engine.choice
    whole = fitted.networks[0] if len(fitted.networks) == 1 else Mixture(list(fitted.networks), fitted.members)
    card = Card(
        name=bench.task.name,
        version=version,
        task=bench.task.name,
        identity=identity,
        digest=identity.sha256(),
        parent=bench.parent.card.digest if bench.parent else None,
        remedy=remedy,
        dataset=bench.task.dataset,
        split_digests=bench.splits.digests(),
        group_inputs=tuple(name for name in train_part.groups.columns if name in identity.columns),
        seed=bench.seed,
        data_seed=data_seed,
        recipe=bench.checkpoint.recipe,
        family=family,
        environment=code.environment(str(choice)),
        cost=cost(whole, bench.examples(train_part.take(np.arange(1))).inputs, choice, fitted.seconds, fitted.seen),
        created=datetime.now(UTC),
    )
    file.write(folder / CARD, card.canonical())
