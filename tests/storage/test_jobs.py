"""A job is done by one worker at a time, survives the worker's death, and does no step twice."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from storage_samples import ANN

from models.task import UnknownName
from storage.archive import Archive
from storage.jobs import Jobs, LostLease


@pytest.fixture
def jobs(archive: Archive) -> Jobs:
    return Jobs(archive.database)


def test_asking_again_gives_the_unfinished_job(jobs: Jobs) -> None:
    first = jobs.submit("audit", {"model": "mortgage@1", "seed": 7}, ANN)
    assert (first.state, first.attempt, first.actor, first.known_by) == ("queued", 0, "ann", "os-user")
    assert first.parameters == '{"model":"mortgage@1","seed":7}'
    assert jobs.submit("audit", {"seed": 7, "model": "mortgage@1"}, ANN) == first
    assert jobs.submit("audit", {"model": "mortgage@1", "seed": 8}, ANN).id != first.id
    claimed = jobs.claim("w", 60, first.id)
    assert claimed is not None
    jobs.finish(claimed, "r-abc")
    assert jobs.submit("audit", {"model": "mortgage@1", "seed": 7}, ANN).id != first.id
    assert (jobs.job(first.id).state, jobs.job(first.id).result) == ("done", "r-abc")


def test_the_oldest_is_taken_first_and_by_one_worker(jobs: Jobs) -> None:
    asked = [jobs.submit("audit", {"seed": seed}, ANN).id for seed in range(3)]
    taken = [jobs.claim(f"w{number}", 60) for number in range(4)]
    assert [one.id if one else None for one in taken] == [*asked, None]
    assert [one.attempt for one in taken if one] == [1, 1, 1]


def test_workers_at_once_never_take_the_same(jobs: Jobs) -> None:
    asked = {jobs.submit("audit", {"seed": seed}, ANN).id for seed in range(12)}
    with ThreadPoolExecutor(4) as pool:
        taken = [one.id for one in pool.map(lambda number: jobs.claim(f"w{number}", 60), range(12)) if one]
    assert len(taken) == len(set(taken))
    rest = [one.id for one in iter(lambda: jobs.claim("last", 60), None)]
    assert set(taken) | set(rest) == asked
    assert len(taken) + len(rest) == 12


def test_the_same_job_asked_by_many_at_once_is_one(jobs: Jobs) -> None:
    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(lambda _: jobs.submit("audit", {"seed": 1}, ANN).id, range(8)))
    assert len(ids) == 1


def test_a_dead_workers_job_goes_on_where_it_stopped(jobs: Jobs) -> None:
    name = jobs.submit("audit", {"seed": 1}, ANN).id
    dead = jobs.claim("dead", 0.3)
    assert dead is not None
    jobs.finish_step(dead, "ACC001", b"0.9", 1.5)
    assert jobs.claim("next", 60) is None
    time.sleep(0.35)
    heir = jobs.claim("next", 60)
    assert heir is not None
    assert (heir.id, heir.attempt, heir.done) == (name, 2, 1)
    assert jobs.finished_steps(name) == {"ACC001": b"0.9"}
    with pytest.raises(LostLease, match="taken from worker dead"):
        jobs.finish_step(dead, "FAI001", b"stale")
    with pytest.raises(LostLease):
        jobs.heartbeat(dead, 60)
    with pytest.raises(LostLease):
        jobs.finish(dead)
    jobs.finish_step(heir, "FAI001", b"0.1")
    assert jobs.finished_steps(name) == {"ACC001": b"0.9", "FAI001": b"0.1"}
    assert jobs.finish(heir).done == 2
    assert jobs.finished_steps(name) == {}, "what each example adds to a number stays where it cannot be erased"


def test_an_interrupted_worker_gives_its_job_back_with_what_is_finished(jobs: Jobs) -> None:
    name = jobs.submit("audit", {"seed": 1}, ANN).id
    mine = jobs.claim("interrupted", 60)
    assert mine is not None
    jobs.finish_step(mine, "ACC001", b"0.9")
    jobs.give_back(mine)
    waiting = jobs.job(name)
    assert (waiting.state, waiting.worker, waiting.done) == ("queued", None, 1)
    with pytest.raises(LostLease):
        jobs.finish_step(mine, "FAI001", b"too late")
    heir = jobs.claim("next", 60)
    assert heir is not None
    assert (heir.id, heir.attempt) == (name, 2)
    assert jobs.finished_steps(name) == {"ACC001": b"0.9"}


def test_a_heartbeat_keeps_the_lease_and_tells_of_progress(jobs: Jobs) -> None:
    jobs.submit("audit", {"seed": 1}, ANN)
    mine = jobs.claim("w", 0.3)
    assert mine is not None
    beaten = jobs.heartbeat(mine, 60, "ROB002", total=8)
    assert (beaten.progress, beaten.total, beaten.cancel) == ("ROB002", 8, False)
    assert jobs.heartbeat(mine, 60).progress == "ROB002"
    time.sleep(0.35)
    assert jobs.claim("other", 60) is None
    assert beaten.lease_until is not None
    assert mine.lease_until is not None
    assert beaten.lease_until > mine.lease_until + timedelta(seconds=30)


def test_a_step_is_kept_once(jobs: Jobs) -> None:
    jobs.submit("audit", {"seed": 1}, ANN)
    mine = jobs.claim("w", 60)
    assert mine is not None
    jobs.finish_step(mine, "ACC001", b"first")
    jobs.finish_step(mine, "ACC001", b"second")
    assert jobs.finished_steps(mine.id) == {"ACC001": b"first"}
    assert jobs.job(mine.id).done == 1


def test_a_waiting_job_is_cancelled_at_once(jobs: Jobs) -> None:
    name = jobs.submit("audit", {"seed": 1}, ANN).id
    assert jobs.request_cancel(name).state == "cancelled"
    assert jobs.claim("w", 60) is None


def test_a_running_job_is_asked_to_stop(jobs: Jobs) -> None:
    jobs.submit("audit", {"seed": 1}, ANN)
    mine = jobs.claim("w", 60)
    assert mine is not None
    assert jobs.request_cancel(mine.id).state == "running"
    assert jobs.heartbeat(mine, 60).cancel
    assert jobs.stop(mine).state == "cancelled"
    assert jobs.request_cancel(mine.id).state == "cancelled"


def test_a_job_whose_worker_died_is_cancelled_at_once(jobs: Jobs) -> None:
    jobs.submit("audit", {"seed": 1}, ANN)
    dead = jobs.claim("dead", 0.05)
    assert dead is not None
    time.sleep(0.1)
    assert jobs.request_cancel(dead.id).state == "cancelled"
    with pytest.raises(LostLease):
        jobs.finish(dead)


def test_a_failed_job_says_why_and_the_list_is_paged(jobs: Jobs) -> None:
    for seed in range(5):
        jobs.submit("audit", {"seed": seed}, ANN)
    mine = jobs.claim("w", 60)
    assert mine is not None
    jobs.fail(mine, "the disk is full")
    assert [(one.id, one.error) for one in jobs.jobs("failed")] == [(mine.id, "the disk is full")]
    whole = jobs.jobs()
    assert jobs.jobs(limit=2) + jobs.jobs(after=whole[1], limit=10) == whole
    assert len(whole) == 5
    with pytest.raises(UnknownName, match="no job 'j-none'"):
        jobs.job("j-none")
