"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)
UNFINISHED = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("retention", sa.Text(), nullable=False),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("erased", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("blob_key")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("known_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("heartbeat", INSTANT, nullable=True),
        sa.Column("cancel", sa.Boolean(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("finished", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("job_key")),
    )
    op.create_index("job_newest", "job", [sa.text("created DESC"), sa.text("id DESC")])
    op.create_index(
        "job_unfinished", "job", ["request"], unique=True, sqlite_where=UNFINISHED, postgresql_where=UNFINISHED
    )

    op.create_table(
        "ledger",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("known_by", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("ledger_key")),
    )
    op.create_index(op.f("ledger_by_subject"), "ledger", ["subject"])

    op.create_table(
        "model_version",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("model_version_key")),
        sa.UniqueConstraint("name", "version", name="model_version_title"),
    )
    op.create_index(op.f("model_version_by_parent"), "model_version", ["parent"])

    op.create_table(
        "policy",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("policy_key")),
        sa.UniqueConstraint("name", "version", name="policy_title"),
    )
    op.create_table(
        "split",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("split_key")),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=True),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["model_version.digest"], name=op.f("report_refers_model")),
        sa.ForeignKeyConstraint(["rows"], ["blob.digest"], name=op.f("report_refers_rows")),
        sa.ForeignKeyConstraint(["split"], ["split.digest"], name=op.f("report_refers_split")),
        sa.PrimaryKeyConstraint("id", name=op.f("report_key")),
        sa.UniqueConstraint("key", name=op.f("report_one_key")),
    )
    op.create_index(op.f("report_by_rows"), "report", ["rows"])
    op.create_index(op.f("report_by_split"), "report", ["split"])
    op.create_index("report_newest", "report", [sa.text("created DESC"), sa.text("id DESC")])
    op.create_index("report_newest_of_model", "report", ["model", sa.text("created DESC"), sa.text("id DESC")])

    op.create_table(
        "step",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["job"], ["job.id"], name=op.f("step_refers_job")),
        sa.PrimaryKeyConstraint("job", "name", name=op.f("step_key")),
    )
    op.create_table(
        "answer",
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name=op.f("answer_refers_report")),
        sa.PrimaryKeyConstraint("report", "code", name=op.f("answer_key")),
    )
    op.create_table(
        "exhibit",
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("chart", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name=op.f("exhibit_refers_report")),
        sa.PrimaryKeyConstraint("report", "position", name=op.f("exhibit_key")),
    )
    op.create_table(
        "judgement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("after_the_fact", sa.Boolean(), nullable=False),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["policy"], ["policy.digest"], name=op.f("judgement_refers_policy")),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name=op.f("judgement_refers_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("judgement_key")),
    )
    op.create_index(op.f("judgement_by_policy"), "judgement", ["policy"])
    op.create_index("judgement_newest_of_report", "judgement", ["report", sa.text("created DESC"), sa.text("id DESC")])

    op.create_table(
        "measure",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("setting", sa.Text(), nullable=False),
        sa.Column("slice", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("level", sa.Double(), nullable=True),
        sa.Column("n", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("better", sa.Text(), nullable=False),
        sa.Column("bound", sa.Text(), nullable=False),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["report.id"], name=op.f("measure_refers_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("measure_key")),
    )
    op.create_index("measure_by_name", "measure", ["name", "slice", "report"])
    op.create_index(op.f("measure_by_report"), "measure", ["report"])

    op.create_table(
        "verdict",
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["judgement"], ["judgement.id"], name=op.f("verdict_refers_judgement")),
        sa.PrimaryKeyConstraint("judgement", "position", name=op.f("verdict_key")),
    )
    op.create_index(op.f("verdict_by_id"), "verdict", ["id"])
    op.create_index(op.f("verdict_by_measure"), "verdict", ["measure"])
