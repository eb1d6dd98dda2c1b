"""Ask every applicable question, on any executor; one failing check never stops the rest."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from audit.check import Check, NotApplicable
from audit.contribution import Contribution
from audit.evidence import Seed, implied, lacking
from audit.measure import Measure
from audit.report import Answer, Exhibit, Report, report_key
from models import code
from models.record import Record
from models.task import Purpose

Evidence = Mapping[type, Any]


@dataclass(frozen=True)
class Subject:
    """A model version on a split, with the evidence gathered about it."""

    model: str
    """Model digest."""
    title: str
    task: str
    """Task digest."""
    dataset: str
    split: str
    """Split digest."""
    n: int
    evidence: Evidence
    device: str = "cpu"
    purpose: Purpose | None = None
    """Of a model that was brought, what it is audited for."""


def ask(check: Check, evidence: Evidence, seed: int) -> Answer:
    """One question, on one torch thread so that every executor gives the same answer.

    A check whose evidence is absent is not applicable; one that raises has failed; neither is ever a pass.
    """
    started = time.perf_counter()
    supplied = {**implied(evidence), Seed: Seed(check_seed(seed, check.code))}
    missing = [need.kind for need in check.needs if not need.optional and need.kind not in supplied]
    if missing:
        reason = lacking(missing)
        return Answer(question=check.question(), status="not_applicable", reason=reason)
    try:
        with one_thread():
            given = {need.parameter: supplied.get(need.kind) for need in check.needs}
            found = list(check.function(**given, **dict(check.options)))
        measures, exhibits, contributions = _sorted(found)
    except NotApplicable as why:
        return Answer(question=check.question(), status="not_applicable", reason=str(why))
    except Exception as why:  # noqa: BLE001 -- a report must survive any check, and says what went wrong
        return Answer(question=check.question(), status="failed", reason=f"{type(why).__name__}: {why}"[:2000])
    seconds = time.perf_counter() - started
    return Answer(
        question=check.question(), status="measured", measures=measures, exhibits=exhibits, seconds=seconds,
        contributions=contributions or None,
    )  # fmt: skip


def run(
    evidence: Evidence, checks: Iterable[Check], seed: int = 0, executor: Executor | None = None
) -> Iterator[Answer]:
    """Yields each answer as it is ready.

    With an executor, its workers must have been started with ``initializer=hold, initargs=(evidence,)``: the evidence
    goes to each worker once.
    """
    if executor is None:
        yield from (ask(one, evidence, seed) for one in checks)
        return
    futures = {executor.submit(_ask_held, one, seed): one for one in checks}
    for future in as_completed(futures):
        why = future.exception()
        reason = f"the worker died: {type(why).__name__}: {why}"
        yield Answer(question=futures[future].question(), status="failed", reason=reason) if why else future.result()


def report(
    subject: Subject, answers: Iterable[Answer], *, seed: int = 0, number: int = 0, rows: str | None = None
) -> Report:
    """Put answers, in whatever order they came, into the one report they belong to."""
    from datetime import UTC, datetime

    bare = (one.model_copy(update={"contributions": None}) for one in answers)
    ordered = tuple(sorted(bare, key=lambda answer: answer.question.code))
    digest = code.digest("models", "audit")
    return Report(
        key=report_key(subject.model, subject.split, digest, tuple(a.question for a in ordered), seed, number),
        model=subject.model,
        title=subject.title,
        task=subject.task,
        dataset=subject.dataset,
        split=subject.split,
        n=subject.n,
        code=digest,
        seed=seed,
        run=number,
        answers=tuple(_without_repetition(ordered)),
        environment=code.environment(subject.device),
        rows=rows,
        purpose=subject.purpose,
        created=datetime.now(UTC),
    )


def check_seed(seed: int, check_code: str) -> int:
    """A check's own seed: 32 bits of the SHA-256 of report seed and check code."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{check_code}".encode()).digest()[:4], "big")


def hold(evidence: Evidence) -> None:
    """Keep the evidence in a worker process (its initializer)."""
    _held.clear()
    _held.update(evidence)


_held: dict[type, Any] = {}


def _ask_held(check: Check, seed: int) -> Answer:
    return ask(check, _held, seed)


@contextmanager
def one_thread() -> Iterator[None]:
    """One torch thread inside: sums are then made in one order, wherever the step runs."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _sorted(found: Sequence[Record]) -> tuple[tuple[Measure, ...], tuple[Exhibit, ...], tuple[Contribution, ...]]:
    strange = next((one for one in found if not isinstance(one, Measure | Exhibit | Contribution)), None)
    if strange is not None:
        raise TypeError(f"a check yields Measure, Exhibit and Contribution; this one yielded {type(strange).__name__}")
    measures = tuple(one for one in found if isinstance(one, Measure))
    keys = [one.key for one in measures]
    if len(set(keys)) < len(keys):
        raise ValueError(f"the same measure was given twice: {next(key for key in keys if keys.count(key) > 1)}")
    exhibits = tuple(one for one in found if isinstance(one, Exhibit))
    return measures, exhibits, tuple(one for one in found if isinstance(one, Contribution))


def _without_repetition(answers: tuple[Answer, ...]) -> Iterator[Answer]:
    """A later check that gives a measure again has failed: a report holds every number once."""
    seen: dict[tuple[str, str, str], str] = {}
    for answer in answers:
        again = next((one.key for one in answer.measures if one.key in seen), None)
        if again:
            reason = f"gives {' '.join(again).strip()} again, which {seen[again]} has measured"
            answer = Answer(question=answer.question, status="failed", reason=reason)
        seen |= {one.key: answer.question.code for one in answer.measures}
        yield answer
