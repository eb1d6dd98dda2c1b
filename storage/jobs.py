"""What was asked for and how far it is: a lease, a heartbeat, and steps that are never done twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, tuple_, update

from audit.measure import identifier
from models.record import Scalar, canonical, sha256
from models.task import UnknownName
from storage import schema
from storage.database import Database, lock
from storage.ledger import Actor
from storage.schema import Step

State = Literal["queued", "running", "done", "failed", "cancelled"]


class LostLease(Exception):
    """Another worker has the job by now, or it is over: what this one found is not written."""


class Job(NamedTuple):
    """A job as its row was when read. Where a worker claimed it, ``attempt`` is its right to write."""

    id: str
    kind: str
    parameters: str
    """Canonical JSON."""
    actor: str
    known_by: str
    state: State
    attempt: int
    worker: str | None
    lease_until: datetime | None
    heartbeat: datetime | None
    cancel: bool
    """Whether someone asked the worker to stop."""
    done: int
    """Finished steps."""
    total: int | None
    progress: str
    result: str | None
    """Id of what the job made."""
    error: str | None
    created: datetime
    finished: datetime | None


COLUMNS = tuple(getattr(schema.Job, name) for name in Job._fields)


class Jobs:
    """The queue. A job is taken by one worker at a time; when its lease ends, by the next."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def submit(self, kind: str, parameters: Mapping[str, Scalar | None], actor: Actor) -> Job:
        """Ask for a job; while the same one is unfinished, asking again gives that one."""
        text = canonical(dict(parameters)).decode()
        request = sha256(canonical([kind, text]))
        now = datetime.now(UTC)
        row = {
            "id": identifier("j", [request, now.isoformat()]), "kind": kind, "parameters": text, "request": request,
            "actor": actor.name, "known_by": actor.known_by, "state": "queued", "attempt": 0, "cancel": False,
            "done": 0, "progress": "", "created": now,
        }  # fmt: skip
        with self.database.writing() as connection:
            lock(connection, "job")
            unfinished = schema.Job.request == request, schema.Job.state.in_(("queued", "running"))
            known = connection.execute(select(*COLUMNS).where(*unfinished)).first()
            return Job(*(known or connection.execute(insert(schema.Job).values(**row).returning(*COLUMNS)).one()))

    def claim(self, worker: str, seconds: float, job: str | None = None) -> Job | None:
        """Take the oldest job (or the given one) that waits or whose worker has gone silent; ``None`` where there is none."""
        now = datetime.now(UTC)
        free = select(schema.Job.id).where(_claimable(now)).order_by(schema.Job.created, schema.Job.id).limit(1)
        if job is not None:
            free = free.where(schema.Job.id == job)
        chosen = free.with_for_update(skip_locked=True).scalar_subquery()
        taking = {
            "state": "running", "worker": worker, "attempt": schema.Job.attempt + 1, "heartbeat": now,
            "lease_until": now + timedelta(seconds=seconds),
        }  # fmt: skip
        with self.database.writing() as connection:
            query = update(schema.Job).where(schema.Job.id == chosen).values(taking).returning(*COLUMNS)
            row = connection.execute(query).first()
        return Job(*row) if row else None

    def heartbeat(self, job: Job, seconds: float, progress: str | None = None, total: int | None = None) -> Job:
        """Say that the worker lives, and renew its lease; the job returned says whether to ``cancel``."""
        now = datetime.now(UTC)
        told = {"progress": progress, "total": total}
        alive = {"heartbeat": now, "lease_until": now + timedelta(seconds=seconds)}
        with self.database.writing() as connection:
            return _change(connection, job, alive | {name: one for name, one in told.items() if one is not None})

    def finished_steps(self, job: str) -> dict[str, bytes]:
        """Result of every finished step by name."""
        with self.database.reading() as connection:
            return {
                row.name: row.result
                for row in connection.execute(select(Step.name, Step.result).where(Step.job == job))
            }

    def finish_step(self, job: Job, name: str, result: bytes, seconds: float = 0.0) -> None:
        """Write a step's result and then the job's progress, both or neither. The first result of a step stays.

        Raises ``LostLease`` where another worker has the job.
        """
        with self.database.writing() as connection:
            _change(connection, job, {"heartbeat": datetime.now(UTC)})
            if connection.execute(select(Step.name).where(Step.job == job.id, Step.name == name)).first():
                return
            row = {"job": job.id, "name": name, "attempt": job.attempt, "result": result, "seconds": seconds}
            connection.execute(insert(Step).values(**row, at=datetime.now(UTC)))
            _change(connection, job, {"done": schema.Job.done + 1})

    def finish(self, job: Job, result: str | None = None) -> Job:
        """The job is done; ``result`` is the id of what it made. Its steps, which hold what each example adds to numbers,
        are not kept: what is to stay of them lies in the report and in the vault, where it can be erased."""
        with self.database.writing() as connection:
            connection.execute(delete(Step).where(Step.job == job.id))
            return _change(connection, job, {"state": "done", "finished": datetime.now(UTC), "result": result})

    def fail(self, job: Job, error: str) -> Job:
        """The job cannot be done; ``error`` is the sentence that says why."""
        return self._end(job, "failed", {"error": error})

    def stop(self, job: Job) -> Job:
        """The worker has stopped because someone asked it to."""
        return self._end(job, "cancelled", {})

    def give_back(self, job: Job) -> Job:
        """The worker was interrupted: the job waits for the next one, with the steps that are finished."""
        with self.database.writing() as connection:
            return _change(connection, job, {"state": "queued", "worker": None, "lease_until": None})

    def request_cancel(self, job: str) -> Job:
        """Ask for a job to stop: at once where no worker has it, else at the worker's next step."""
        now = datetime.now(UTC)
        at_once = {"state": "cancelled", "finished": now}
        with self.database.writing() as connection:
            here = update(schema.Job).where(schema.Job.id == job)
            connection.execute(here.where(schema.Job.state == "running").values(cancel=True))
            connection.execute(here.where(_claimable(now)).values(at_once))
        return self.job(job)

    def job(self, name: str) -> Job:
        """A job by its full id."""
        with self.database.reading() as connection:
            row = connection.execute(select(*COLUMNS).where(schema.Job.id == name)).first()
        if row is None:
            raise UnknownName("job", name, [])
        return Job(*row)

    def jobs(self, state: State | None = None, after: Job | None = None, limit: int = 50) -> list[Job]:
        """Jobs from the newest back; ``after`` is the last one of the page before."""
        query = select(*COLUMNS).order_by(schema.Job.created.desc(), schema.Job.id.desc()).limit(limit)
        if state is not None:
            query = query.where(schema.Job.state == state)
        if after is not None:
            query = query.where(tuple_(schema.Job.created, schema.Job.id) < tuple_(after.created, after.id))
        with self.database.reading() as connection:
            return [Job(*row) for row in connection.execute(query)]

    def _end(self, job: Job, state: State, values: dict[str, Any]) -> Job:
        with self.database.writing() as connection:
            return _change(connection, job, {"state": state, "finished": datetime.now(UTC), **values})


def _claimable(now: datetime) -> ColumnElement[bool]:
    silent = (schema.Job.state == "running") & (schema.Job.lease_until < now)
    return or_(schema.Job.state == "queued", silent)


def _change(connection: Connection, job: Job, values: dict[str, Any]) -> Job:
    """Change a job that this worker still has; raises ``LostLease``."""
    mine = schema.Job.id == job.id, schema.Job.attempt == job.attempt, schema.Job.state == "running"
    row = connection.execute(update(schema.Job).where(*mine).values(values).returning(*COLUMNS)).first()
    if row is None:
        raise LostLease(f"Job {job.id} was taken from worker {job.worker}: another has it, or it is over.")
    return Job(*row)
