"""Do what a job asks for, step by step: for the terminal and for a worker alike."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.catalogue import select
from audit.check import Check
from audit.policy import read as read_policy
from audit.report import Answer
from audit.rows import Rows
from dashboard.access import permitted
from models import task as tasks
from models.card import Card
from models.record import sha256
from storage import ledger
from storage.archive import Archive
from storage.jobs import Job, Jobs, LostLease
from storage.splitcard import SplitCard

if TYPE_CHECKING:
    import numpy as np

    from audit.run import Subject
    from models.load import Model

Tell = Callable[[str, int, int], None]
"""What is being done, how many steps are done, how many there are."""
PACE = 0.2
"""Seconds between two reports of progress at least."""
THREADS = 2
"""That ask of predictions alone."""
LEASE = 20.0
"""Seconds after which a silent worker's job may be taken by another."""


class Cancelled(Exception):
    """Someone asked for the job to stop; what is finished stays finished."""


@dataclass(frozen=True)
class Place:
    """Where things are kept: the archive, its queue, and the folder of model files."""

    archive: Archive
    home: Path

    @property
    def jobs(self) -> Jobs:
        return Jobs(self.archive.database)


@dataclass
class Lease:
    """A claimed job, kept alive from a thread of its own while steps run."""

    place: Place
    job: Job
    seconds: float
    tell: Tell
    _over: threading.Event = field(default_factory=threading.Event)
    _stop: str = ""
    _next: float = 0.0

    def step(self, text: str, done: int, total: int) -> None:
        """Report progress; raises ``Cancelled`` or ``LostLease`` where the job should go no further."""
        if self._stop == "cancel":
            raise Cancelled(f"Job {self.job.id} was cancelled; what is finished is kept. Ask again to go on.")
        if self._stop:
            raise LostLease(self._stop)
        if time.monotonic() < self._next and done < total:
            return
        self._next = time.monotonic() + PACE
        self.tell(text, done, total)
        if self.place.jobs.heartbeat(self.job, self.seconds, text, total).cancel:
            self._stop = "cancel"

    def _beat(self) -> None:
        while not self._over.wait(self.seconds / 4):
            try:
                if self.place.jobs.heartbeat(self.job, self.seconds).cancel:
                    self._stop = "cancel"
            except LostLease as why:
                self._stop = str(why)
                return

    def __enter__(self) -> Lease:
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()


def worker_name() -> str:
    """This process, as the queue names it."""
    return f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True)
class Prepared:
    """A version on its data, with all evidence, ready to be asked."""

    subject: Subject
    split: SplitCard
    ids: np.ndarray
    """(n,) ids of the examples in the data set."""
    alone: bool = False
    """Whether the model is asked by one at a time, in this process."""


def perform(
    place: Place, job: Job, tell: Tell, *, lease: float = LEASE, workers: int = 1, prepared: Prepared | None = None
) -> str:
    """Carry out a claimed job to its end and return the id of what it made.

    prepared: what an audit asks about, where that is at hand already: predictions are not kept, so nobody else has it.

    A job that cannot be done is marked failed with the sentence that says why; one that is cancelled, is interrupted or
    loses its lease keeps its finished steps.
    """
    import json

    parameters: dict[str, Any] = json.loads(job.parameters)
    with Lease(place, job, lease, tell) as held:
        try:
            _still_allowed(place, job, parameters)
            if job.kind == "train":
                made = _train(held, **parameters)
            else:
                made = _audit(held, workers=workers, prepared=prepared, **parameters)
        except Cancelled:
            place.jobs.stop(job)
            raise
        except KeyboardInterrupt:
            if prepared is None:  # else another worker would take it and have no rows: it waits out its lease
                with suppress(LostLease):
                    place.jobs.give_back(job)
            raise
        except LostLease:
            raise
        except Exception as why:
            place.jobs.fail(job, str(why) or type(why).__name__)
            raise
    place.jobs.finish(job, made)
    return made


def _still_allowed(place: Place, job: Job, parameters: dict[str, Any]) -> None:
    """Raises ``Refused`` where who asked for a job may not have it done any more."""
    about = parameters["task"] if job.kind == "train" else place.archive.model(parameters["model"]).name
    permitted(place.archive, "train" if job.kind == "train" else "audit", asker(job), about)


def claim(place: Place, job: Job, tell: Tell, *, lease: float = LEASE) -> Job | None:
    """Take a job, waiting while another worker's lease runs; ``None`` where that worker has finished it."""
    while True:
        claimed = place.jobs.claim(worker_name(), lease, job.id)
        if claimed:
            return claimed
        now = place.jobs.job(job.id)
        if now.state in ("done", "failed", "cancelled"):
            return None
        tell(
            f"waiting: worker {now.worker} has this job and will be replaced when it falls silent",
            now.done,
            now.total or 0,
        )
        time.sleep(min(0.5, lease / 4))


def folder_of(place: Place, card: Card) -> Path:
    """The folder of a version's files, fetched from the vault where this machine does not have them."""
    folder = place.home / "models" / card.recipe[:16]
    path = folder / "card.json"
    if not path.exists():
        place.archive.fetch_model(card, folder)
        path.write_bytes(card.model_dump_json().encode())
    return folder


def load(place: Place, card: Card) -> Model:
    """The version, verified file by file."""
    from models.load import load as read

    return read(folder_of(place, card))


def _train(
    held: Lease,
    task: str,
    seed: int,
    remedy: str | None,
    parent: str | None,
    version: int,
    recipe: str,
    data_seed: int | None = None,
) -> str:
    from models.fit import Progress
    from models.train import train

    place = held.place

    def progress(now: Progress) -> None:
        loss = "" if now.loss is None else f", loss {now.loss:.3f}"
        held.step(f"{now.stage}{loss}", now.done, now.total)

    origin = load(place, place.archive.model(parent)) if parent else None
    card = train(
        tasks.read(task),
        place.home / "models" / recipe[:16],
        seed,
        progress,
        remedy=remedy,
        parent=origin,
        version=version,
        data_seed=data_seed,
    )
    return place.archive.put_model(card, place.home / "models" / recipe[:16], asker(held.job)).title


def _audit(
    held: Lease,
    model: str,
    seed: int,
    run: int,
    checks: str | None,
    policy: str,
    code: str,
    workers: int = 1,
    prepared: Prepared | None = None,
) -> str:
    """Policy and split go to the ledger before the first measure."""
    from audit.run import report
    from audit.run import run as ask_all

    place = held.place
    asked = select(checks.split(",") if checks else None)
    finished = {name: Answer.model_validate_json(data) for name, data in place.jobs.finished_steps(held.job.id).items()}
    left = [check for check in asked if check.code not in finished]
    if prepared is not None and not prepared.alone:
        left.sort(key=lambda check: "draws" not in dict(check.options))  # what draws again takes longest: it goes first
    place.archive.put_policy(read_policy(policy), asker(held.job))
    held.step("running the model", len(finished), len(asked))
    ready = prepared or prepare(place, place.archive.model(model), seed)
    subject = ready.subject
    place.archive.put_split(ready.split, asker(held.job))
    threads = prepared is not None and not prepared.alone
    with _executor(subject, 1 if ready.alone or len(left) < 2 else workers, threads=threads) as executor:
        held.step(_coming(left, 0), len(finished), len(asked))
        for answer in ask_all(subject.evidence, left, seed, executor):
            place.jobs.finish_step(held.job, answer.question.code, answer.model_dump_json().encode(), answer.seconds)
            finished[answer.question.code] = answer
            held.step(_coming(left, len(finished) - (len(asked) - len(left))), len(finished), len(asked))
    evidence = row_evidence(place, ready, finished.values(), seed)
    made = report(subject, finished.values(), seed=seed, number=run, rows=sha256(evidence) if evidence else None)
    return place.archive.put_report(made, evidence, asker(held.job))


def prepare(place: Place, card: Card, seed: int) -> Prepared:
    """The version on its held-out data, with all evidence.

    Raises ``ValueError`` where the data changed since, or where only predictions were brought, which are not kept.
    """
    from audit.gather import gather
    from models.data import source

    if card.origin:
        raise ValueError(
            f"{card.title} was brought as {card.origin.source}, whose rows are not kept here. Type: answerable audit and "
            "that file."
        )
    splits = source.splits(card.dataset, card.parts_seed)
    recorded = dict(card.split_digests)["test"]
    if splits.test.digest != recorded:
        raise ValueError(
            f"The test part of {card.dataset} is {splits.test.digest[:12]} here, but {card.title} was kept apart from "
            f"{recorded[:12]}: the data changed. Install the data package named in the datasheet, or train again."
        )
    subject = gather(load(place, card), splits.train, splits.test, card.purpose, seed=seed)
    return Prepared(subject, SplitCard.of(splits.test), splits.test.ids)


def row_evidence(place: Place, ready: Prepared, answers: Iterable[Answer], seed: int) -> bytes | None:
    """Parquet bytes of what comparisons need of every example; ``None`` where there is no truth or no decision."""
    import numpy as np

    if not Rows.possible(ready.subject.evidence):
        return None
    ids = np.array(place.archive.vault.hashed_ids(ready.ids.tolist()), dtype=object)
    return Rows.of_audit(ids, ready.subject.evidence, answers, seed).to_bytes()


def _coming(left: list[Check], done: int) -> str:
    return f"{left[done].code}: {left[done].title}" if done < len(left) else "writing the report"


@contextmanager
def _executor(subject: Subject, workers: int, *, threads: bool) -> Iterator[Executor | None]:
    """Processes for several workers. Predictions alone are asked by two threads of this one: no model runs, and numpy
    lets go of the interpreter while it counts."""
    from audit.run import hold

    pool: AbstractContextManager[Executor | None] = nullcontext()
    if workers > 1:
        pool = ProcessPoolExecutor(workers, get_context("spawn"), hold, (subject.evidence,))
    elif threads and (os.cpu_count() or 1) > 1:
        hold(subject.evidence)
        pool = ThreadPoolExecutor(THREADS)
    with pool as executor:
        yield executor


def asker(job: Job) -> ledger.Actor:
    """Who asked for a job, and answers for what it makes."""
    return ledger.Actor(job.actor, job.known_by)  # type: ignore[arg-type]
