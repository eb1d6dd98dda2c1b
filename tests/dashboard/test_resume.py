"""Killed at any moment, an audit leaves a readable store and ends as if nothing had happened."""

import random
import shutil
import subprocess
import sys
import time

import pytest

from audit.catalogue import catalogue
from dashboard import verbs, work
from dashboard.request import audit_request
from storage.ledger import me
from storage.verify import verify
from tests.dashboard.homes import QUICK, environment

pytestmark = pytest.mark.realdata

DRIVER = """
import os, sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from audit.catalogue import select
from dashboard import verbs
select(None)
import sklearn.linear_model, models.data.mortgage, models.load
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        where = verbs.place(Path(sys.argv[1]))
        report = verbs.audit(where, "mortgage@1", checks=sys.argv[2].split(","), seed=11, lease=0.4)
        print("made", report.id, flush=True)
        os._exit(0)
    time.sleep(float(line))
    os.kill(child, 9)
    _, status = os.waitpid(child, 0)
    print("ended", status, flush=True)
"""


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    disturbed = tmp_path_factory.mktemp("disturbed")
    where = verbs.place(disturbed)
    verbs.train(where, "mortgage")
    where.archive.close()
    undisturbed = tmp_path_factory.mktemp("undisturbed") / "home"
    shutil.copytree(disturbed, undisturbed)
    return disturbed, undisturbed


def test_twenty_kills_change_nothing(homes):
    disturbed, undisturbed = homes
    expected = verbs.audit(verbs.place(undisturbed), "mortgage@1", checks=QUICK, seed=11)
    moments = random.Random(4)
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(disturbed), ",".join(QUICK)],
        env=environment(disturbed), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    seen, kills = {}, 0
    while kills < 20:
        driver.stdin.write(f"{moments.uniform(0.05, 1.4)}\n")
        driver.stdin.flush()
        said = driver.stdout.readline()
        while not said.startswith("ended"):
            said = driver.stdout.readline()
        kills += 1
        where = verbs.place(disturbed)
        assert not [one for one in verify(where.archive) if one.broken]
        steps, over = written(where), {one.id for one in where.jobs.jobs("done")}
        left = {key: one for key, one in seen.items() if key[0] not in over}
        assert steps.items() >= left.items(), "a finished step was done again"
        seen = steps
        where.archive.close()
    driver.communicate()
    found = verbs.audit(verbs.place(disturbed), "mortgage@1", checks=QUICK, seed=11, lease=0.4)
    assert found.equal(expected)
    assert found.id == expected.id


def written(where):
    """(job, step) with the attempt that wrote it and the bytes it wrote."""
    from sqlalchemy import select

    from storage.schema import Step

    with where.archive.database.reading() as connection:
        rows = connection.execute(select(Step.job, Step.name, Step.attempt, Step.result))
        return {(row.job, row.name): (row.attempt, row.result) for row in rows}


def test_workers_and_this_process_give_equal_answers(homes):
    where = verbs.place(homes[1])
    alone = verbs.audit(where, "mortgage@1", seed=21)
    assert [one.question.code for one in alone.answers] == sorted(catalogue())
    assert not [one.reason for one in alone.answers if one.status == "failed"]
    where.archive.close()
    other = homes[1].parent / "pool"
    shutil.copytree(homes[0], other)
    pooled = verbs.audit(verbs.place(other), "mortgage@1", seed=21, workers=2)
    assert pooled.equal(alone)


@pytest.mark.parametrize(("at_hand", "state"), [(False, "queued"), (True, "running")])
def test_an_interrupted_audit_is_given_back_where_any_worker_can_do_it(homes, at_hand, state):
    def interrupted(*_):
        raise KeyboardInterrupt

    where = verbs.place(homes[1])
    card = where.archive.model("mortgage@1")
    asked = where.jobs.submit("audit", audit_request(card.digest, ["ACC001"], seed=41), me())
    prepared = work.prepare(where, card, 41) if at_hand else None
    job = work.claim(where, asked, verbs.silent, lease=0.4)
    with pytest.raises(KeyboardInterrupt):
        work.perform(where, job, interrupted, lease=0.4, prepared=prepared)
    assert where.jobs.job(asked.id).state == state
    time.sleep(0.5)
    assert where.jobs.request_cancel(asked.id).state == "cancelled", "no thread renews the lease"
    where.archive.close()


def test_a_screen_asks_and_a_worker_does(homes):
    where = verbs.place(homes[0])
    card = where.archive.model("mortgage@1")
    job = where.jobs.submit("audit", audit_request(card.digest, ["ACC001"], seed=31), me())
    assert verbs.wait_for_work(where, verbs.silent, once=True) >= 1  # a killed process may have left another job
    over = where.jobs.job(job.id)
    assert over.state == "done"
    assert where.archive.report(over.result).seed == 31
    assert where.archive.judgements(over.result)[0].passed is False


def test_a_job_that_breaks_is_failed_and_the_worker_goes_on(homes):
    where = verbs.place(homes[0])
    broken = where.jobs.submit("train", {"task": "mortgage"}, me())
    card = where.archive.model("mortgage@1")
    sound = where.jobs.submit("audit", audit_request(card.digest, ["ACC001"], seed=33), me())
    assert verbs.wait_for_work(where, verbs.silent, once=True) >= 1  # a killed process may have left another job
    assert where.jobs.job(broken.id).state == "failed"
    assert "version" in where.jobs.job(broken.id).error
    assert where.jobs.job(sound.id).state == "done"


def test_a_cancelled_job_stops_at_the_next_step_and_keeps_what_it_has(homes):
    from dashboard import work

    where = verbs.place(homes[0])
    done = []

    def cancel(text, finished, total):
        done.append(finished)
        if finished >= 2:
            running = next(job for job in where.jobs.jobs("running"))
            where.jobs.request_cancel(running.id)
            time.sleep(0.3)

    with pytest.raises(work.Cancelled, match="what is finished is kept"):
        verbs.audit(where, "mortgage@1", checks=QUICK, seed=41, tell=cancel, lease=0.4)
    (job,) = [job for job in where.jobs.jobs("cancelled") if '"seed":41' in job.parameters]
    assert 2 <= len(where.jobs.finished_steps(job.id)) < len(QUICK)
