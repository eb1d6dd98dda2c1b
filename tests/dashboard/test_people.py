"""Who may do what: people and tokens, groups of a provider, and every deed in every role."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from audit.acts.act import of
from audit.acts.change import Change
from audit.acts.person import ROLES, Grant, Role, compared, people, person_id
from audit.acts.signoff import Approval, Refusal, Signed
from dashboard import access, filing, governing, granting, groups, registering, signing_off, verbs
from dashboard.access import DEEDS, EVERYBODY, Deed, Refused
from dashboard.groups import Groups
from dashboard.request import audit_request
from dashboard.work import Place
from storage.archive import Archive
from storage.ledger import Actor, me
from storage.standalone import SOURCE
from storage.verify import verify
from tests.dashboard.teams import DUE, ENTRY, FINDING, ISSUER, acting, team, typed


@pytest.fixture
def archive(populated: Path) -> Archive:
    """A single user's store."""
    return verbs.place().archive


def test_a_store_is_a_single_users_until_its_first_admin_is_let_in(archive: Archive, populated: Path) -> None:
    assert access.actor(archive) == me()
    assert access.denied(archive, "release", me()) is None
    with pytest.raises(ValueError, match="first person must be an admin"):
        granting.add(archive, "Ada", ISSUER, "1", ["engineer"])
    said = typed("people", "add", "Ada", "--issuer", ISSUER, "--subject", "1", "--role", "admin", "--role", "reviewer")
    assert said.exit_code == 0, said.output
    (secret,) = re.findall(r"ANSWERABLE_TOKEN=(\S+)", said.output)
    finding = (
        "finding", "open", "mortgage@2", "--title", "wrong for the young", "--severity", "high", "--owner", "ada",
        "--due", "2030-01-01",
    )  # fmt: skip
    refused = typed(*finding)
    assert refused.exit_code == 2
    assert "belongs to a team" in refused.stderr
    assert "ANSWERABLE_TOKEN=" in refused.stderr
    (kept,) = [content for _, content in of(archive.acts("mortgage"), Refusal)]
    assert kept.tried == "finding"
    done = typed(*finding, token=secret)
    assert done.exit_code == 0, done.output
    assert "by Ada (token)" in done.output
    assert secret not in "".join(one.model_dump_json() for one in archive.acts())
    assert not [one for one in verify(archive) if one.broken]
    alone = subprocess.run(
        [sys.executable, "-I", str(SOURCE), str(populated / "store.db")], check=False, capture_output=True
    )
    assert alone.returncode == 0, alone.stdout


def test_a_token_counts_until_its_last_day_or_its_end(archive: Archive) -> None:
    secret = team(archive)
    assert access.bearer(archive, secret) == Actor("admin", "token")
    made, other = granting.new_token(archive, "laptop", DUE, by=acting("viewer"))
    assert access.bearer(archive, other) == Actor("viewer", "token")
    with pytest.raises(Refused, match="may not grant roles"):
        granting.end_token(archive, made.id, "not mine", acting("engineer"))
    granting.end_token(archive, made.id, "lost", acting("viewer"))
    with pytest.raises(Refused, match="not known here, or was ended"):
        access.bearer(archive, other)
    with pytest.raises(ValueError, match="would be over already"):
        granting.new_token(archive, "late", date(2020, 1, 1), by=acting("viewer"))
    for bad in ("answerable_guess", " ", "x" * 10_000):
        with pytest.raises(Refused):
            access.bearer(archive, bad)
    assert typed("release", "mortgage@2", "--stage", "staging", token="answerable_guess").exit_code == 2


def test_a_role_that_was_taken_away_does_not_count_and_the_last_admin_stays(archive: Archive) -> None:
    team(archive)
    granting.change(archive, "engineer", [], "left", acting("admin"))
    with pytest.raises(Refused, match="engineer has no role"):
        governing.classify(archive, "mortgage@2", True, "another training set", acting("engineer"))
    with pytest.raises(ValueError, match="the only admin"):
        granting.change(archive, "admin", ["viewer"], "tired", acting("admin"))
    with pytest.raises(LookupError, match="There is no role"):
        granting.change(archive, "viewer", ["boss"], "promoted", acting("admin"))
    with pytest.raises(Refused, match="may not grant roles"):
        granting.change(archive, "viewer", ["admin"], "me too", acting("viewer"))


def test_a_role_that_is_taken_away_while_somebody_acts_does_not_count(archive: Archive) -> None:
    team(archive)
    granting.change(archive, "engineer", [], "left", acting("admin"))
    change = Change(version="0" * 64, material=True, reason="it was permitted a moment ago")
    with pytest.raises(Refused, match="engineer has no role"):
        access.keep(archive, "classify", "mortgage", change, acting("engineer"))
    assert not archive.acts("mortgage", "change")
    (kept,) = of(archive.acts("mortgage", "refusal"), Refusal)
    assert (kept[0].actor, kept[1].tried) == ("engineer", "classify")


def test_a_job_of_somebody_whose_role_was_taken_away_is_not_done(archive: Archive, populated: Path) -> None:
    team(archive)
    place = Place(archive, populated)
    job = place.jobs.submit("audit", audit_request(archive.model("mortgage@2").digest), acting("engineer"))
    granting.change(archive, "engineer", ["viewer"], "moved to another team", acting("admin"))
    assert verbs.wait_for_work(place, verbs.silent, once=True) == 0
    over = place.jobs.job(job.id)
    assert (over.state, "engineer may not audit" in (over.error or "")) == ("failed", True)


def test_no_two_people_have_one_name_and_nobody_gets_a_second(archive: Archive) -> None:
    team(archive)
    with pytest.raises(ValueError, match="tells the two apart"):
        granting.add(archive, " Viewer ".strip(), ISSUER, "other", ["viewer"], by=acting("admin"))
    with pytest.raises(ValueError, match="is here already"):
        granting.add(archive, "somebody new", ISSUER, "viewer", ["approver"], by=acting("admin"))
    with pytest.raises(ValueError, match="printable"):
        granting.add(archive, "ad\u200bmin", ISSUER, "other", ["viewer"], by=acting("admin"))
    grants = [Grant(issuer=ISSUER, subject=str(n), name=name, roles=()) for n, name in enumerate(("Ada", "ada"))]
    first, second = people([*grants, grants[0].model_copy(update={"name": "Bob"})])
    assert (first.name, second.name) == ("Ada", f"ada ({second.id})")
    sly = Grant(issuer=ISSUER, subject="sly", name=second.name, roles=())
    assert len({one.name for one in people([grants[0], sly, grants[1]])}) == 3, (
        "nobody takes a name that another will get"
    )


def test_nobody_is_out_of_an_admins_reach_by_what_a_provider_calls_them(archive: Archive) -> None:
    team(archive)
    mapping = Groups(roles={"all": "viewer"})
    victim = granting.find(archive, "viewer")
    for sub, name in (("long", "x" * 100), ("longer", "x" * 100), ("id", victim.id), ("log", "Login")):
        groups.follow(archive, {"iss": ISSUER, "sub": sub, "name": name, "groups": ["all"], "iat": 0}, mapping)
        one = granting.find(archive, person_id(ISSUER, sub))
        assert one.roles == ("viewer",)
        assert compared(one.name) != access.LOGIN.name, "acts of a login are told from those of people"
        granting.change(archive, one.id, [], "left", acting("admin"))
        assert granting.find(archive, one.id) == one.model_copy(update={"roles": ()})
    granting.change(archive, victim.id, ["auditor"], "found by id", acting("admin"))
    assert granting.find(archive, "viewer").roles == ("auditor",)


def test_a_login_does_not_take_the_last_admin_away(archive: Archive) -> None:
    team(archive)
    mapping = Groups(roles={"admins": "admin", "all": "viewer"})
    login = {"iss": ISSUER, "sub": "admin", "groups": ["all"], "iat": time.time() + 5}
    groups.follow(archive, login, mapping)
    assert granting.find(archive, "admin").roles == ("viewer", "admin")
    granting.change(archive, "engineer", ["admin"], "the second one", acting("admin"))
    groups.follow(archive, login, mapping)
    assert granting.find(archive, "admin").roles == ("viewer",)


LINES = '[roles]\n"ml-approvers" = "approver"\n"ml-risk" = ["reviewer", "auditor"]\n'


def test_groups_give_the_roles_that_the_file_names_and_no_others(archive: Archive, populated: Path) -> None:
    assert groups.read(populated) is None
    (populated / "access.toml").write_text(LINES)
    mapping = groups.read(populated)
    login = {"iss": ISSUER, "sub": "7", "name": "Eve\n# Admin", "groups": ["ml-risk", "unknown", "admin"]}

    def follow(*names: str, after: int = 5) -> tuple[Role, ...]:
        said = login | {"groups": list(names), "iat": time.time() + after}
        groups.follow(archive, said, mapping)
        one = groups.person(archive, said)
        return one.roles if one else ()

    team(archive)
    assert follow("unknown", "admin") == ()
    assert groups.person(archive, login) is None, "no role, no grant"
    assert follow("ml-risk") == ("reviewer", "auditor")
    assert granting.find(archive, "Eve # Admin").roles == ("reviewer", "auditor")
    assert archive.acts(kind="grant")[-1].actor == "login"
    granting.change(archive, "Eve # Admin", ["engineer", "auditor"], "by hand", acting("admin"))
    assert follow("ml-risk", after=-5) == ("engineer", "auditor"), "an admin spoke after that login"
    assert follow("ml-approvers") == ("engineer", "approver"), "engineer is no group's"
    before = len(archive.acts(kind="grant"))
    assert follow("ml-approvers") == ("engineer", "approver")
    assert len(archive.acts(kind="grant")) == before
    (populated / "access.toml").write_text('[roles]\n"a" = "boss"\n')
    with pytest.raises(ValueError, match=r"access.toml is not understood.*the roles are viewer"):
        groups.read(populated)


def test_the_page_about_access_has_the_table_that_decides() -> None:
    text = (Path(__file__).parents[2] / "docs/access.md").read_text()
    for deed, (words, roles) in DEEDS.items():
        assert f"| {deed} | {words} | {'everybody' if roles == EVERYBODY else ', '.join(roles)} |" in text
    assert not set(DEEDS["approve"].roles) & {"admin", "auditor"}
    acting_deeds = set(DEEDS) - {"see", "rows", "verify", "export", "token"}
    assert not [one for one in acting_deeds if "auditor" in DEEDS[one].roles], "an auditor reads, and does nothing"


RISK = {"key": "unfair", "title": "unfair"}
SIGNED = Signed(model="m", split="s", policy="p", policy_name="default", report="k", judgement="g")
APPROVAL = Approval(request="a-none", stage="staging", signed=SIGNED, ends=DUE)
WAIVER = {"reason": "few people are concerned", "expires": DUE}
DONE: dict[Deed, Callable[[Archive, Actor, str], object]] = {
    "judge": lambda a, who, id: verbs.judge(Place(a, Path()), "mortgage@1", "text", who),
    "register": lambda a, who, id: governing.register(a, "mortgage", ENTRY, who),
    "classify": lambda a, who, id: governing.classify(a, "mortgage@2", True, "another training set", who),
    "finding": lambda a, who, id: governing.open_finding(a, "mortgage@2", FINDING, who),
    "close": lambda a, who, id: governing.close_finding(a, id, "mortgage@2", "mended", who),
    "risk": lambda a, who, id: registering.put_risk(a, "mortgage", RISK, who),
    "incident": lambda a, who, id: registering.put_incident(a, "mortgage@2", {}, who),
    "document": lambda a, who, id: filing.file_text(a, "mortgage@2", "model_card", "# Card", "Card", actor=who),
    "attest": lambda a, who, id: filing.attest(a, "mortgage@2", "eu_ai_act", "none", "it is so", actor=who),
    "scope": lambda a, who, id: filing.answer(a, "mortgage", {"jurisdictions": "european_union"}, who),
    "request": lambda a, who, id: signing_off.request(a, "mortgage@2", "staging", who),
    "approve": lambda a, who, id: signing_off.approve(a, "mortgage@2", "staging", DUE, who),
    "withdraw": lambda a, who, id: signing_off.withdraw(a, id, "a customer complained", who),
    "release": lambda a, who, id: signing_off.release(a, "mortgage@2", "staging", who),
    "waive": lambda a, who, id: governing.waive(a, "mortgage", "accuracy.accuracy", WAIVER, who),
    "token": lambda a, who, id: granting.new_token(a, "laptop", DUE, by=who),
    "people": lambda a, who, id: granting.change(a, "viewer", ["viewer"], "as it was", who),
}
"""How each deed is done by a person. What is wrong with it otherwise does not matter: the role is looked at first."""
TYPED: dict[Deed, tuple[str, ...]] = {
    "train": ("train", "mortgage"),
    "audit": ("audit", "breast_cancer@1"),
    "keys": ("ledger", "checkpoint"),
    "erase": ("forget", "0" * 64, "--reason", "asked for"),
    "export": ("ledger", "export", "kept.jsonl"),
    "backup": ("backup", "kept.zip"),
}
"""The same on the terminal, by a token."""
LONG: set[Deed] = {"train", "audit"}
"""Not done to its end by who may: other tests do."""
READ: set[Deed] = {"see", "rows", "verify"}
ELSEWHERE: set[Deed] = {"import", "publish"}
"""Done with files that tests/dashboard/test_bringing.py and test_reports.py have."""


def test_every_deed_is_looked_at() -> None:
    assert {*DONE, *TYPED, *READ, *ELSEWHERE} == set(DEEDS)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_does_what_the_table_says_and_nothing_else(
    role: Role, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    team(archive)
    _, secret = granting.new_token(archive, "all day", DUE, by=acting(role))
    opened = governing.open_finding(archive, "mortgage@2", FINDING, acting("engineer"))
    given = archive.put_act("mortgage", APPROVAL, acting("approver"))
    for deed, (_, roles) in DEEDS.items():
        before = len(archive.acts(kind="refusal"))
        said = ""
        if do := DONE.get(deed):
            try:
                do(archive, acting(role), {"close": opened.id, "withdraw": given.id}.get(deed, ""))
            except (ValueError, LookupError) as why:
                said = str(why)
        elif (words := TYPED.get(deed)) and not (deed in LONG and role in roles):
            said = typed(*words, token=secret).stderr
        else:
            said = access.denied(archive, deed, acting(role)) or ""
        assert (f"{role} may not " in said) == (role not in roles), f"{role}, {deed}: {said}"
        if role not in roles and deed not in (*READ, *ELSEWHERE):
            assert [one.content.tried for one in archive.acts(kind="refusal")[before:]] == [deed]  # type: ignore[union-attr]
