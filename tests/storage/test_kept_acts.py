"""Acts are kept in the order they were done, proved like every document, and carried over from older stores."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from storage_samples import ANN, NOON, ROWS, card, inventory, judgement, policy, report, split, weights, write_files
from tampering import ALONE, looked_at, recompute, same, tamper

from audit.acts.act import Act
from audit.acts.finding import Closing, Finding
from audit.acts.signoff import Approval, Request, Signed
from audit.acts.state import state_of
from audit.measure import Measure
from models.record import sha256
from models.task import UnknownName
from storage import export, queries, schema
from storage.archive import Archive
from storage.errors import StoreError
from storage.ledger import Actor
from storage.verify import verify

VAL, VIC = Actor("val", "oidc"), Actor("vic", "oidc")
STORES = Path(__file__).parent.parent / "stores"
FINDING = Finding(title="wrong for the young", severity="high", owner="dev", due=date(2026, 6, 1))


def signed(archive: Archive) -> Signed:
    (line,) = archive.reports()
    return Signed(
        model=card().digest, split=split().digest, policy=policy().sha256(), policy_name="default",
        report=report().key, judgement=str(queries.newest_judgement(archive.database, line.id)),
    )  # fmt: skip


def asked(archive: Archive) -> tuple[Act, Approval]:
    """A request that is kept, and the approval that would answer it."""
    said = signed(archive)
    act = archive.put_act("mortgage", Request(stage="production", signed=said), Actor("olga", "oidc"))
    return act, Approval(request=act.id, stage="production", signed=said, ends=date(2030, 1, 1))


def test_acts_are_read_as_they_were_done(full: Archive) -> None:
    done = [full.put_act("mortgage", inventory(f"owner {number}"), VAL) for number in range(5)]
    full.put_act("cards", FINDING, VIC)
    assert full.acts("mortgage")[1:] == done
    assert [one.subject for one in full.acts()] == ["mortgage"] * 6 + ["cards"]
    assert [one.content for one in full.acts("cards", "finding")] == [FINDING]
    assert full.acts("cards", "inventory") == full.acts("absent") == []
    assert full.act(done[0].id[:12]) == done[0]
    assert full.find(done[0].id).kind == "act"
    with pytest.raises(UnknownName, match="There is no act 'a-zzzz'"):
        full.act("a-zzzz")


def test_every_act_is_an_entry_that_says_who_and_how_they_were_known(full: Archive) -> None:
    act = full.put_act("mortgage", FINDING, VAL)
    entry = queries.entries(full.database)[0]
    assert (entry.kind, entry.subject, entry.actor, entry.known_by) == ("act", act.id, "val", "oidc")
    assert entry.digests == (("document", act.sha256()),)
    assert entry.note == "finding of mortgage"
    assert (act.actor, act.known_by) == ("val", "oidc")


def test_the_order_is_that_of_the_ledger_whatever_the_clock_says(
    full: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Back(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return NOON - timedelta(days=9)

    first = full.put_act("cards", inventory("first"), VAL)
    monkeypatch.setattr("storage.archive.datetime", Back)
    second = full.put_act("cards", inventory("second"), VAL)
    assert second.created < first.created
    assert full.acts("cards") == [first, second]


def test_two_people_sign_at_once_and_both_are_kept(full: Archive) -> None:
    _, approval = asked(full)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda actor: full.put_act("mortgage", approval, actor), [VAL, VIC, VAL, VIC]))
    assert len(full.acts("mortgage", "approval")) == 4
    found = state_of("mortgage", full.acts("mortgage"), full.evidence("mortgage"), date(2027, 1, 1))
    assert sorted(one.by for one in found.in_force(card().digest, "production")) == ["val", "vic"]
    assert verify(full) == []


def test_evidence_is_of_all_versions_of_one_model(full: Archive, tmp_path: Path) -> None:
    other = card("cards")
    full.put_model(other, write_files(tmp_path / "cards", "cards"), VIC)
    full.put_report(report(other), ROWS, VIC)
    newer = card(version=2)
    full.put_model(newer, write_files(tmp_path / "newer", version=2), VAL)
    full.put_report(report(newer, created=NOON + timedelta(days=1)), ROWS, VAL)
    full.put_judgement(judgement(report(), policy(), passed=False, created=NOON + timedelta(hours=1)), ANN)
    found = full.evidence("mortgage")
    assert [one.key for one in found.reports] == [report().key, report(newer).key]
    assert found.reports[0].created == NOON
    assert [one.shut_by for one in found.judgements] == [("accuracy.accuracy",), ("accuracy.accuracy",)]
    assert {one.policy_name for one in found.judgements} == {"default"}
    assert dict(found.made_by) == {card().digest: "ann", newer.digest: "val"}
    assert found.in_force == {"default": policy().sha256()}
    assert found.four_eyes == {policy().sha256(): True}
    full.put_policy(policy("2", 0.9), ANN)
    assert full.evidence("mortgage").in_force == {"default": policy("2", 0.9).sha256()}


def test_evidence_of_all_models_is_that_of_each_where_an_act_rests_on_it(full: Archive, tmp_path: Path) -> None:
    _, approval = asked(full)
    assert full.evidences() == {}
    other = card("cards")
    full.put_model(other, write_files(tmp_path / "cards", "cards"), VIC)
    full.put_report(report(other), ROWS, VIC)
    full.put_act("cards", FINDING, VIC)
    full.put_act("mortgage", approval, VAL)
    assert full.evidences() == {"mortgage": full.evidence("mortgage")}
    full.put_act("cards", Closing(finding="a-none", evidence="none", reason="a report shows it"), VIC)
    assert full.evidences() == {name: full.evidence(name) for name in ("cards", "mortgage")}


def test_acts_of_some_kinds_can_be_left_out(full: Archive) -> None:
    full.put_act("cards", FINDING, VIC)
    assert [one.kind for one in full.acts("cards")] == ["finding"]
    assert full.acts("cards", but=("finding",)) == []


def test_new_evidence_makes_a_kept_approval_stale(full: Archive) -> None:
    _, approval = asked(full)
    full.put_act("mortgage", approval, VAL)

    def standing() -> str:
        acts, evidence = full.acts("mortgage"), full.evidence("mortgage")
        return state_of("mortgage", acts, evidence, date(2027, 1, 1)).approvals[0].standing

    assert standing() == "in force"
    full.put_report(report(run=1, created=NOON + timedelta(days=1)), ROWS, ANN)
    assert standing() == "stale"


def test_an_approval_is_stale_where_judging_again_fails_by_another_group(full: Archive) -> None:
    whole, women, *_ = report().measures()

    def shut(*by: Measure, hour: int) -> None:
        passed = judgement(report(), created=NOON + timedelta(hours=hour))
        verdicts = tuple(
            one.model_copy(update={"outcome": "fail" if measure in by else "pass", "measure": measure.id(report().key)})
            for one, measure in zip(passed.verdicts, (whole, women), strict=True)
        )
        full.put_judgement(passed.model_copy(update={"verdicts": verdicts, "passed": False}), ANN)

    def standing() -> str:
        (found,) = state_of("mortgage", full.acts("mortgage"), full.evidence("mortgage"), date(2027, 1, 1)).approvals
        return found.standing

    shut(whole, hour=1)
    _, approval = asked(full)
    full.put_act("mortgage", approval, VAL)
    shut(whole, hour=2)
    assert standing() == "in force"
    shut(women, hour=3)
    assert standing() == "stale"


def test_a_changed_document_with_its_chain_is_no_traceback(full: Archive, tmp_path: Path) -> None:
    act = full.put_act("mortgage", FINDING, VAL)
    forged = act.model_copy(update={"actor": "eve"}).canonical()
    sqlite = full.database.engine.dialect.name == "sqlite"
    data = f"x'{forged.hex()}'" if sqlite else rf"'\x{forged.hex()}'::bytea"
    tamper(full, f"UPDATE act SET document = {data} WHERE id = '{act.id}'")
    assert same(looked_at(full, tmp_path)) == [("document", act.id)]
    recompute(full, 7, digests=(("document", sha256(forged)),))
    assert ("row", act.id) in same(looked_at(full, tmp_path))


def test_an_act_slipped_in_without_an_entry_says_nothing(full: Archive, tmp_path: Path) -> None:
    tamper(
        full, "INSERT INTO act SELECT 'a-slipped', kind, 'cards', actor, known_by, created, document, sha256 FROM act"
    )
    assert full.acts("cards") == []
    assert ("document", "a-slipped") in same(looked_at(full, tmp_path))


def test_acts_are_exported(full: Archive) -> None:
    assert sum('"table":"act"' in line for line in export.lines(full.database)) == 1


@pytest.mark.parametrize("dump", sorted(STORES.glob("*.sql")), ids=lambda path: path.stem)
def test_a_store_of_an_older_version_takes_acts(dump: Path, tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    raw = sqlite3.connect(file)
    raw.executescript(dump.read_text())
    raw.close()
    connection = ALONE.opened(file)
    assert [one for one in ALONE.verify(connection) if one.broken] == []
    connection.close()
    with Archive(f"sqlite:///{file}", tmp_path / "vault") as archive:
        archive.vault.put(ROWS)
        archive.vault.put(weights("mortgage", 1))
        before = len(archive.acts())
        act = archive.put_act("mortgage", inventory(), ANN)
        assert archive.acts()[before:] == [act]
        assert verify(archive) == []
        with pytest.raises(StoreError, match="act is append-only"), archive.database.writing() as writing:
            writing.execute(schema.Table.metadata.tables["act"].delete())
        assert same(looked_at(archive, tmp_path)) == []


def test_times_are_instants(full: Archive) -> None:
    act = full.put_act("mortgage", FINDING, VAL)
    assert act.created.tzinfo is not None
    assert abs((datetime.now(UTC) - full.act(act.id).created).total_seconds()) < 60
