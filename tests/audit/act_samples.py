"""Acts about one model as people do them, and the evidence they rest on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from audit.acts.act import Act, Content, KnownBy, act
from audit.acts.change import Change
from audit.acts.document import Document
from audit.acts.evidence import Evidence, Judged, Reported
from audit.acts.finding import Closing, Finding
from audit.acts.incident import Incident
from audit.acts.inventory import InventoryEntry
from audit.acts.person import Grant, Token, TokenEnd
from audit.acts.publication import Publication
from audit.acts.risk import Risk
from audit.acts.signoff import Approval, Refusal, Release, Request, Signed, Withdrawal
from audit.acts.waiver import Waiver
from audit.attestation import Attestation, Binding
from audit.scope import Scope

TODAY = date(2026, 6, 1)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIGNED = Signed(model="m2", split="s1", policy="p1", policy_name="default", report="k1", judgement="g-1")
REPORT = Reported("k1", "r-1", "m2", "s1", START)
JUDGED = Judged("g-1", "r-1", "m2", "p1", "default", (), START + timedelta(minutes=1))
EVIDENCE = Evidence(
    reports=(REPORT,), judgements=(JUDGED,), made_by={"m2": "dev"}, four_eyes={"p1": True}, in_force={"default": "p1"}
)


def by(actor: str, content: Content, hours: float = 1, known_by: KnownBy = "oidc", subject: str = "loans") -> Act:
    """Somebody does something, so many hours after the report."""
    return act(subject, content, actor, known_by, START + timedelta(hours=hours))


def entry(**said: object) -> InventoryEntry:
    given = {
        "owner": "olga", "developer": "dev", "validator": "val", "use": "decides who gets a loan", "exposure": "high",
        "purpose": "medium", "next_review": TODAY,
    }  # fmt: skip
    return InventoryEntry.model_validate(given | said)


def request(signed: Signed = SIGNED, actor: str = "olga", hours: float = 1) -> Act:
    return by(actor, Request(stage="production", signed=signed), hours)


def approval(asked: Act, **said: object) -> Approval:
    given = {"request": asked.id, "stage": "production", "signed": SIGNED, "ends": date(2026, 12, 31)}
    return Approval.model_validate(given | said)


def risk(**said: object) -> Risk:
    given = {
        "key": "young-denied", "title": "Young people are denied", "harm": "applicants under 25 pay more elsewhere",
        "severity": "high", "likelihood": "medium", "residual_severity": "medium", "residual_likelihood": "low",
        "controls": ("a person reads every denial",), "owner": "olga", "next_review": TODAY,
    }  # fmt: skip
    return Risk.model_validate(given | said)


def incident(**said: object) -> Incident:
    given = {
        "key": "wrong-letters", "what": "denials were sent to approved people", "happened": date(2026, 5, 1),
        "noticed": date(2026, 5, 2), "affected": "some hundred applicants", "serious": "fundamental rights",
        "reason": "people were refused credit without reason",
    }  # fmt: skip
    return Incident.model_validate(given | said)


def by_admin() -> list[Act]:
    """What an admin does about a person."""
    grant = Grant(issuer="https://login.example.org", subject="1", name="Val", roles=("reviewer", "approver"))
    token = by("val", Token(hash="0" * 64, label="laptop", expires=TODAY), subject=grant.person)
    ended = by("val", TokenEnd(token=token.id, reason="lost"), subject=grant.person)
    return [by("root", grant, subject=grant.person), token, ended]


def one_of_each() -> list[Act]:
    """An act of every kind."""
    asked = request()
    approved = by("val", approval(asked, conditions=("watch drift",), waived=(("accuracy.accuracy", TODAY),)), 2)
    opened = by("val", Finding(version="m2", title="wrong for the young", severity="high", owner="dev", due=TODAY), 3)
    return [
        by("olga", entry(dependencies=("bureau",))),
        by("dev", Change(version="m2", material=True, reason="another training set")),
        by("dev", Document(kind="model_card", version="m2", title="Card", text="# Loans\n\nWhat it is for: ä ✓")),
        by("olga", Attestation(
            framework="eu_ai_act", requirement="AIA-4", pack="f" * 64, model="m2", person="Olga O.",
            statement="staff were trained", evidence=("k1",), dated=TODAY, expires=date(2027, 6, 1),
        )),
        by("olga", Scope(interview=1, answers=(("jurisdictions", ("eu", "us")),))),
        opened,
        by("val", Closing(finding=opened.id, evidence="k1", reason="the new report shows it")),
        by("olga", Waiver(measure="accuracy.accuracy", setting="by=age", owner="olga", reason="few people", expires=TODAY)),
        asked,
        approved,
        by("val", Withdrawal(approval=approved.id, reason="a customer complained")),
        by("olga", Release(stage="production", version="m2", approvals=(approved.id,))),
        by("dev", Refusal(tried="release", version="m2", stage="production", reason="nobody has approved it")),
        *by_admin(),
        by("olga", risk(evidence=("m-1",), about=(opened.id,))),
        by("olga", incident(version="m2", action="switched off", reported_to="the authority", reported=TODAY)),
        by("val", Publication(law="ll144", version="m2", report="k1", digest="a" * 64, distributed=TODAY)),
        by("olga", Binding(
            framework="eu_ai_act", pack="f" * 64, report="k1", model="m2", split="s1", policy="p1", dated=TODAY,
            expires=date(2027, 6, 1),
        )),
    ]  # fmt: skip
