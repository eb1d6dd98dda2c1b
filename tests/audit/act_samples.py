"""Acts about one model as people do them, and the evidence they rest on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from audit.acts.act import Act, Content, KnownBy, act
from audit.acts.change import Change
from audit.acts.document import Document
from audit.acts.evidence import Evidence, Judged, Reported
from audit.acts.finding import Closing, Finding
from audit.acts.inventory import InventoryEntry
from audit.acts.signoff import Approval, Refusal, Release, Request, Signed, Withdrawal
from audit.acts.waiver import Waiver
from audit.attestation import Attestation
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
    ]  # fmt: skip
