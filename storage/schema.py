"""The tables. Documents are kept as the very bytes that were hashed; flat rows beside them can be derived again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, LargeBinary, MetaData, Text, UniqueConstraint, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond. A time without a zone is refused, not guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"The time {value.isoformat()} has no zone; give an instant, such as datetime.now(UTC).")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_by_%(column_0_name)s",
            "uq": "%(table_name)s_one_%(column_0_name)s",
            "fk": "%(table_name)s_refers_%(column_0_name)s",
            "pk": "%(table_name)s_key",
        }
    )
    type_annotation_map = {str: Text, bytes: LargeBinary, datetime: Instant, int: BigInteger}  # noqa: RUF012


Key = Annotated[str, mapped_column(primary_key=True)]
Position = Annotated[int, mapped_column(primary_key=True, autoincrement=False)]


def _refers(column: str, **options: Any) -> Any:
    """A foreign key. ``index`` is given where no primary key begins with the column."""
    return mapped_column(ForeignKey(column), **options)


class ModelVersion(Table):
    """A model version and its card."""

    __tablename__ = "model_version"
    __table_args__ = (UniqueConstraint("name", "version", name="model_version_title"),)
    digest: Mapped[Key]
    name: Mapped[str]
    version: Mapped[int]
    task: Mapped[str]
    parent: Mapped[str | None] = mapped_column(index=True)
    """Model digest; no foreign key, because a parent may live in another archive."""
    created: Mapped[datetime]
    document: Mapped[bytes]
    sha256: Mapped[str]


class Split(Table):
    """One part of a data set, without its rows."""

    __tablename__ = "split"
    digest: Mapped[Key]
    dataset: Mapped[str]
    part: Mapped[str]
    n: Mapped[int]
    document: Mapped[bytes]
    sha256: Mapped[str]


class Policy(Table):
    """A resolved policy; its digest is that of its document."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("name", "version", name="policy_title"),)
    digest: Mapped[Key]
    name: Mapped[str]
    version: Mapped[str]
    document: Mapped[bytes]
    sha256: Mapped[str]


class Blob(Table):
    """A large thing in the vault. The only change a row allows is the mark that it was erased."""

    __tablename__ = "blob"
    digest: Mapped[Key]
    media_type: Mapped[str]
    size: Mapped[int]
    retention: Mapped[str]
    created: Mapped[datetime]
    erased: Mapped[datetime | None]


class Report(Table):
    """Every answer of one version on one split."""

    __tablename__ = "report"
    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)
    model: Mapped[str] = _refers("model_version.digest")
    split: Mapped[str] = _refers("split.digest", index=True)
    title: Mapped[str]
    dataset: Mapped[str]
    n: Mapped[int]
    code: Mapped[str]
    seed: Mapped[int]
    run: Mapped[int]
    rows: Mapped[str | None] = _refers("blob.digest", index=True)
    created: Mapped[datetime]
    document: Mapped[bytes]
    sha256: Mapped[str]


Index("report_newest_of_model", Report.model, Report.created.desc(), Report.id.desc())
Index("report_newest", Report.created.desc(), Report.id.desc())


class Answer(Table):
    """One question of a report and what became of it."""

    __tablename__ = "answer"
    report: Mapped[str] = _refers("report.id", primary_key=True)
    code: Mapped[Key]
    position: Mapped[int]
    dimension: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    seconds: Mapped[float]


class Measure(Table):
    """One number of a report, with the interval people see."""

    __tablename__ = "measure"
    id: Mapped[Key]
    report: Mapped[str] = _refers("report.id", index=True)
    position: Mapped[int]
    code: Mapped[str]
    dimension: Mapped[str]
    name: Mapped[str]
    setting: Mapped[str]
    slice: Mapped[str]
    value: Mapped[float | None]
    reason: Mapped[str]
    low: Mapped[float | None]
    high: Mapped[float | None]
    level: Mapped[float | None]
    n: Mapped[int | None]
    unit: Mapped[str]
    better: Mapped[str]
    bound: Mapped[str]
    sampled: Mapped[bool]


Index("measure_by_name", Measure.name, Measure.slice, Measure.report)


class Exhibit(Table):
    """What a report shows rather than counts."""

    __tablename__ = "exhibit"
    report: Mapped[str] = _refers("report.id", primary_key=True)
    position: Mapped[Position]
    code: Mapped[str]
    name: Mapped[str]
    title: Mapped[str]
    chart: Mapped[str]
    n: Mapped[int | None]


class Judgement(Table):
    """One report under one policy."""

    __tablename__ = "judgement"
    id: Mapped[Key]
    report: Mapped[str] = _refers("report.id")
    policy: Mapped[str] = _refers("policy.digest", index=True)
    passed: Mapped[bool]
    after_the_fact: Mapped[bool]
    created: Mapped[datetime]
    document: Mapped[bytes]
    sha256: Mapped[str]


Index("judgement_newest_of_report", Judgement.report, Judgement.created.desc(), Judgement.id.desc())


class Verdict(Table):
    """What one rule said in a judgement."""

    __tablename__ = "verdict"
    judgement: Mapped[str] = _refers("judgement.id", primary_key=True)
    position: Mapped[Position]
    id: Mapped[str] = mapped_column(index=True)
    """The same in every judgement of the report by this rule."""
    rule: Mapped[str]
    """Name of the measure that the rule limits."""
    dimension: Mapped[str]
    severity: Mapped[str]
    outcome: Mapped[str]
    measure: Mapped[str | None] = mapped_column(index=True)
    """Id of what was judged: a measure of the report, or a difference to the parent, which has no row."""


class Act(Table):
    """What a person did about a model: an inventory entry, a finding, an approval ..."""

    __tablename__ = "act"
    id: Mapped[Key]
    kind: Mapped[str]
    subject: Mapped[str]
    """Name of the model; no foreign key, because a model may be registered before its first version."""
    actor: Mapped[str]
    known_by: Mapped[str]
    created: Mapped[datetime]
    document: Mapped[bytes]
    sha256: Mapped[str]


Index("act_of_subject", Act.subject, Act.kind)


class Ledger(Table):
    """What happened, who did it: each entry carries the hash of the one before."""

    __tablename__ = "ledger"
    seq: Mapped[Position]
    previous: Mapped[str]
    hash: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    known_by: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    body: Mapped[bytes]


class Job(Table):
    """What was asked for and how far it is."""

    __tablename__ = "job"
    id: Mapped[Key]
    kind: Mapped[str]
    parameters: Mapped[str]
    request: Mapped[str]
    """SHA-256 of kind and parameters: at most one unfinished job each."""
    actor: Mapped[str]
    known_by: Mapped[str]
    state: Mapped[str]
    attempt: Mapped[int]
    """Counts claims; a worker that holds an older number has lost the job."""
    worker: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    heartbeat: Mapped[datetime | None]
    cancel: Mapped[bool]
    done: Mapped[int]
    total: Mapped[int | None]
    progress: Mapped[str]
    result: Mapped[str | None]
    error: Mapped[str | None]
    created: Mapped[datetime]
    finished: Mapped[datetime | None]


_UNFINISHED = text("state IN ('queued', 'running')")
Index("job_unfinished", Job.request, unique=True, sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED)
Index("job_newest", Job.created.desc(), Job.id.desc())


class Step(Table):
    """A finished step of a job: its result, written before the job's progress."""

    __tablename__ = "step"
    job: Mapped[str] = _refers("job.id", primary_key=True)
    name: Mapped[Key]
    attempt: Mapped[int]
    result: Mapped[bytes]
    seconds: Mapped[float]
    at: Mapped[datetime]
