"""What is put in comes out the same, once; what does not belong is refused."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from storage_samples import ANN, NOON, ROWS, card, judgement, policy, report, split, write_files

from models.card import Card
from models.record import sha256
from models.task import UnknownName
from storage import queries, schema
from storage.archive import Archive
from storage.errors import Ambiguous, Conflict, Erased
from storage.rows import rows


def count(archive: Archive, table: type[schema.Table]) -> int:
    with archive.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def put_version(archive: Archive, folder: Path, name: str, version: int, parent: str | None = None) -> Card:
    return archive.put_model(card(name, version, parent), write_files(folder / f"{name}{version}", name, version), ANN)


def test_everything_comes_out_as_it_went_in(full: Archive, tmp_path: Path) -> None:
    asked = report()
    assert full.model("mortgage") == card()
    assert full.split(split().digest) == split()
    assert full.policy(policy().sha256()) == policy()
    assert full.report(asked.id) == asked
    assert full.latest_report(card().digest) == full.latest_report(card().digest, split().digest) == asked
    assert full.judgements(asked.id) == [judgement(asked)]
    assert full.blob(sha256(ROWS)) == ROWS
    fetched = full.fetch_model(card(), tmp_path / "fetched")
    assert (fetched / "weights.safetensors").read_bytes() == (tmp_path / "model/weights.safetensors").read_bytes()


def test_documents_are_the_very_bytes_that_were_hashed(full: Archive) -> None:
    with full.database.reading() as connection:
        kept = connection.execute(select(schema.Report.document, schema.Report.sha256)).one()
    assert tuple(kept) == (report().canonical(), report().sha256())


def test_put_twice_is_put_once(full: Archive, tmp_path: Path) -> None:
    before = [count(full, table) for table in schema.Table.__subclasses__()]
    full.put_split(split(), ANN)
    full.put_policy(policy(), ANN)
    later = card().model_copy(update={"created": NOON + timedelta(days=1), "version": 2})
    assert full.put_model(later, tmp_path / "model", ANN) == card()
    assert full.put_report(report(created=NOON + timedelta(days=1)), ROWS, ANN) == report().id
    again = judgement(report(), created=NOON + timedelta(days=1))
    assert full.judgement(full.put_judgement(again, ANN)) == judgement(report())
    assert [count(full, table) for table in schema.Table.__subclasses__()] == before


def test_a_changed_judgement_is_a_new_one_and_the_newest(full: Archive) -> None:
    first = judgement(report())
    second = judgement(report(), passed=False, created=NOON + timedelta(days=1))
    third = judgement(report(), created=NOON + timedelta(days=2))
    full.put_judgement(second, ANN)
    full.put_judgement(third, ANN)
    assert full.judgements(report().id) == [third, second, first]
    assert full.verdict(first.verdicts[0].id) == (third, third.verdicts[0])


def test_a_taken_title_names_the_next_free_version(full: Archive, tmp_path: Path) -> None:
    put_version(full, tmp_path, "mortgage", 2)
    other = card("mortgage", 1, content=9)
    with pytest.raises(Conflict, match="next free version is mortgage@3"):
        full.put_model(other, write_files(tmp_path / "other", "mortgage", 9), ANN)
    with pytest.raises(Conflict, match="kept as mortgage@1 already"):
        full.put_model(card().model_copy(update={"name": "loans"}), tmp_path / "model", ANN)
    assert [one.title for one in full.models()] == ["mortgage@2", "mortgage@1"]


def test_a_changed_policy_needs_a_new_version(full: Archive) -> None:
    with pytest.raises(Conflict, match="new version"):
        full.put_policy(policy(limit=0.9), ANN)
    full.put_policy(policy(version="2", limit=0.9), ANN)


def test_a_file_that_is_not_what_the_card_says_is_refused(archive: Archive, tmp_path: Path) -> None:
    folder = write_files(tmp_path / "model")
    (folder / "weights.safetensors").write_bytes(b"other weights")
    with pytest.raises(ValueError, match="changed or damaged"):
        archive.put_model(card(), folder, ANN)
    (folder / "weights.safetensors").unlink()
    with pytest.raises(ValueError, match=r"names the file weights\.safetensors, which is not in"):
        archive.put_model(card(), folder, ANN)
    assert archive.models() == []
    assert count(archive, schema.Ledger) == count(archive, schema.Blob) == 0


def test_a_file_outside_of_the_folder_is_refused(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    outside = card().identity.files[0].model_copy(update={"name": "../secret", "digest": sha256(b"secret")})
    identity = card().identity.model_copy(update={"files": (outside,)})
    sly = card().model_copy(update={"identity": identity, "digest": identity.sha256()})
    with pytest.raises(ValueError, match="lies outside"):
        archive.put_model(sly, write_files(tmp_path / "model"), ANN)


def test_a_report_needs_its_model_its_split_and_its_evidence(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="put the model first"):
        archive.put_report(report(), ROWS, ANN)
    put_version(archive, tmp_path, "mortgage", 1)
    with pytest.raises(ValueError, match="put the split first"):
        archive.put_report(report(), ROWS, ANN)
    archive.put_split(split(), ANN)
    with pytest.raises(ValueError, match="row evidence has digest"):
        archive.put_report(report(), b"other rows", ANN)
    with pytest.raises(ValueError, match="put the report first"):
        archive.put_judgement(judgement(report()), ANN)
    archive.put_report(report(), ROWS, ANN)
    with pytest.raises(ValueError, match="put the policy first"):
        archive.put_judgement(judgement(report()), ANN)


def test_what_stands_twice_in_a_report_is_named(full: Archive) -> None:
    first, *others = report(run=1).answers
    twice = first.model_copy(update={"measures": (*first.measures, first.measures[0])})
    with pytest.raises(ValueError, match=r"the measure accuracy\.accuracy more than once"):
        full.put_report(report(run=1).model_copy(update={"answers": (twice, *others)}), ROWS, ANN)
    with pytest.raises(ValueError, match="the check ACC001 more than once"):
        full.put_report(report(run=1).model_copy(update={"answers": (first, first)}), ROWS, ANN)


def test_ids_resolve_like_git_prefixes(full: Archive) -> None:
    asked, judged = report(), judgement(report())
    measure = asked.measures()[3]
    short = measure.id(asked.key)[:12]
    assert full.find(short) == ("measure", measure.id(asked.key))
    assert full.measure(short) == (measure, asked, "ROB002")
    assert full.find(asked.id[:6].upper()) == ("report", asked.id)
    assert full.find(judged.verdicts[1].id[:8]) == ("verdict", judged.verdicts[1].id)
    assert full.find("mortgage@1") == full.find(card().digest[:8]) == ("model", card().digest)
    assert full.find(split().digest[:8]) == ("split", split().digest)
    assert full.find(policy().sha256()) == ("policy", policy().sha256())
    assert full.find(sha256(ROWS)[:8]) == ("blob", sha256(ROWS))


def test_an_ambiguous_id_lists_what_it_could_be(full: Archive) -> None:
    runs = [report(run=run) for run in range(1, 40)]
    for one in runs:
        full.put_report(one, ROWS, ANN)
    letters = [one.id[2] for one in runs]
    shared = next(letter for letter in letters if letters.count(letter) > 1)
    with pytest.raises(Ambiguous, match=f"is the beginning of .* r-{shared}"):
        full.find(f"r-{shared}")


@pytest.mark.parametrize(("asked", "said"), [
    ("mortgag", "Did you mean 'mortgage@1'"),
    ("mortgage@9", "Did you mean 'mortgage@1'"),
    ("mortgage@x", "There is no"),
    ("r-aaaaaa", "There is no report 'r-aaaaaa'"),
    ("m-aaaaaa", "There is no measure"),
    ("%", "There is no"),
    ("", "There is no"),
    ("0000", "There is no"),
])  # fmt: skip
def test_an_unknown_id_is_answered_in_a_sentence(full: Archive, asked: str, said: str) -> None:
    with pytest.raises(UnknownName, match=said):
        full.find(asked)


def test_the_newest_version_is_what_a_name_means(full: Archive, tmp_path: Path) -> None:
    for version in (2, 10):
        put_version(full, tmp_path, "mortgage", version, card().digest)
    assert full.model("mortgage").version == 10
    assert full.model("mortgage@2").parent == card().digest
    with pytest.raises(UnknownName, match="no model 'beefbeef'"):
        full.model("beefbeef")


def test_reports_come_in_pages_from_the_newest(full: Archive, tmp_path: Path) -> None:
    second = put_version(full, tmp_path, "mortgage", 2)
    for run in range(1, 8):
        moment = NOON + timedelta(hours=run // 2)
        full.put_report(report(second if run == 5 else card(), run, created=moment), ROWS, ANN)
    whole = full.reports()
    pages, page = [], full.reports(limit=3)
    while page:
        pages += page
        page = full.reports(after=page[-1], limit=3)
    assert pages == whole
    assert [one.created for one in whole] == sorted((one.created for one in whole), reverse=True)
    assert [one.title for one in full.reports(model=second.digest)] == ["mortgage@2"]


def test_how_often_a_split_has_judged_before(full: Archive, tmp_path: Path) -> None:
    second = put_version(full, tmp_path, "mortgage", 2)
    full.put_report(report(run=1, created=NOON + timedelta(hours=1)), ROWS, ANN)
    assert full.judged_before(split().digest, NOON + timedelta(hours=2), second.digest) == 1
    assert full.judged_before(split().digest, NOON, second.digest) == 0
    assert full.judged_before(split().digest, NOON + timedelta(hours=2), card().digest) == 0


def test_what_was_declared_before(full: Archive) -> None:
    with full.database.reading() as connection:
        declared = connection.execute(select(schema.Ledger.at).where(schema.Ledger.kind == "policy")).scalar_one()
    assert full.declared_before(policy().sha256(), declared)
    assert not full.declared_before(policy().sha256(), declared - timedelta(microseconds=1))
    assert not full.declared_before(policy("2").sha256(), declared)


def test_erasing_leaves_the_digest_and_the_reason(full: Archive) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        full.erase(sha256(ROWS), " ", ANN)
    full.erase(sha256(ROWS), "the applicants asked", ANN)
    full.erase(sha256(ROWS), "the applicants asked", ANN)
    with pytest.raises(Erased, match="erased on"):
        full.blob(sha256(ROWS))
    full.put_report(report(run=1), ROWS, ANN)
    with pytest.raises(Erased):
        full.blob(sha256(ROWS))
    erasures = [one for one in queries.entries(full.database) if one.kind == "erase"]
    assert [(one.subject, one.note) for one in erasures] == [(sha256(ROWS), "the applicants asked")]
    with pytest.raises(UnknownName, match="no blob"):
        full.erase("0" * 64, "whatever", ANN)


def test_a_time_without_a_zone_is_refused(full: Archive) -> None:
    naive = report(run=1).model_copy(update={"created": datetime(2026, 1, 1)})  # noqa: DTZ001
    with pytest.raises(Exception, match="has no zone"):
        full.put_report(naive, ROWS, ANN)
    assert count(full, schema.Report) == 1


def test_a_thousand_reports_are_listed_at_once(archive: Archive, tmp_path: Path) -> None:
    archive.put_split(split(), ANN)
    archive.put_policy(policy(), ANN)
    for number in range(20):
        put_version(archive, tmp_path, f"model{number:02}", 1)
    _multiply(archive, [archive.model(f"model{number:02}") for number in range(20)], 50)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        lines = queries.newest_versions(archive.database, limit=20)
        counts = queries.verdict_counts(archive.database, [one.judgement for one in lines if one.judgement])
        page = archive.reports(limit=50)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.1
    assert len(lines) == 20
    assert len(counts) == 40
    assert len(page) == 50
    assert {one.audited for one in lines} == {NOON + timedelta(hours=49)}


def _multiply(archive: Archive, cards: list[Card], runs: int) -> None:
    """Many reports with their judgements, inserted table by table."""
    lines: dict[type[schema.Table], list[dict[str, Any]]] = defaultdict(list)
    for one in cards:
        for run in range(runs):
            made = report(one, run, created=NOON + timedelta(hours=run))
            for record in (made, judgement(made, created=made.created)):
                for table, found in rows(record).items():
                    lines[table] += found
    with archive.writing() as connection:
        archive.keep(connection, ROWS, "application/vnd.apache.parquet", "rows")
        for table, found in lines.items():
            connection.execute(insert(table), found)


@pytest.mark.parametrize("text", ["mortgage@99999999999999999999", "mort\0gage", "\udcff", "", "@1", "mortgage@-1"])
def test_what_no_database_takes_is_no_name(full: Archive, text: str) -> None:
    for ask in (full.model, full.find):
        with pytest.raises(UnknownName):
            ask(text)
