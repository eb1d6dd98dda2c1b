"""The risk register and the incident log, derived from acts: what is newest, what is overdue, what no risk covers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from act_samples import TODAY, by, incident, risk
from pydantic import ValidationError

from audit.acts import incidents, risks
from audit.acts.evidence import Evidence
from audit.acts.finding import Finding
from audit.acts.state import state_of
from audit.policy import Judgement, Rule, Verdict

DAY = timedelta(days=1)
BOUND = {"happened": date(2028, 5, 1), "noticed": date(2028, 5, 2)}
"""An incident after the day from which the law asks for a report."""


def verdict(outcome: str, measure: str = "fairness.performance_gap", severity: str = "block") -> Verdict:
    rule = Rule.model_validate(
        {"measure": measure, "at_most": 0.1, "severity": severity, "rationale": "as the board asked for"}
    )
    return Verdict.model_validate({
        "id": "v-1", "rule": rule, "outcome": outcome, "measure": "m-aaaaaaaaaa", "setting": "by=sex", "reason": "why",
    })  # fmt: skip


def judgement(*verdicts: Verdict) -> Judgement:
    return Judgement(
        report="k1", policy="p1", policy_title="default 1", task="t", after_the_fact=False, judged_before=0,
        verdicts=verdicts, passed=False, created=by("a", risk()).created,
    )  # fmt: skip


class TestRegister:
    def test_the_newest_word_on_a_key_replaces_and_the_open_and_severe_lead(self) -> None:
        acts = [
            by("a", risk(key="mild", severity="low"), 1), by("a", risk(key="grave", likelihood="high"), 2),
            by("a", risk(key="done", likelihood="high", status="closed"), 3), by("b", risk(key="mild", severity="medium"), 4),
            by("b", risk(key="taken", likelihood="high", status="accepted"), 5),
        ]  # fmt: skip
        found = risks.register(acts, TODAY)
        assert [one.risk.key for one in found] == ["grave", "mild", "taken", "done"]
        mild = found[1]
        assert (mild.by, mild.risk.severity, mild.states, mild.id) == ("b", "medium", 2, acts[3].id)

    def test_a_review_is_overdue_the_day_after_and_never_of_a_closed_risk(self) -> None:
        def overdue(today: date, status: str = "open") -> bool:
            return risks.register([by("a", risk(status=status))], today)[0].overdue

        assert not overdue(TODAY)
        assert overdue(TODAY + DAY)
        assert not overdue(TODAY + DAY, "closed")
        (said,) = state_of("loans", [by("a", risk())], Evidence(), TODAY + DAY).attention
        assert "The review of risk young-denied (olga) was due on" in said

    def test_a_key_is_a_slug_and_levels_are_three(self) -> None:
        for wrong in ({"key": "Young Denied"}, {"key": ""}, {"severity": "huge"}, {"harm": "bad"}):
            with pytest.raises(ValidationError):
                risk(**wrong)

    def test_it_counts_as_a_document_as_soon_as_it_holds_a_risk_and_until_the_first_review(self) -> None:
        assert risks.fact(()) is None
        kept = risks.register([by("a", risk()), by("b", risk(key="other", next_review=TODAY + DAY), 2)], TODAY)
        fact = risks.fact(kept)
        assert fact is not None
        assert (fact.kind, fact.author, fact.expires) == ("risk_register", "b", TODAY)
        assert fact.digest != getattr(risks.fact(kept[:1]), "digest", None)


class TestUncovered:
    def test_what_does_not_hold_is_uncovered_until_a_living_risk_names_it(self) -> None:
        judged = judgement(verdict("fail"))
        (one,) = risks.uncovered(judged, (), ())
        assert (one.about, one.evidence) == ("fairness.performance_gap by=sex", "m-aaaaaaaaaa")

        def left(**said: object) -> int:
            return len(risks.uncovered(judged, (), risks.register([by("a", risk(**said))], TODAY)))

        assert left() == 1
        assert left(about=("fairness.performance_gap by=sex",)) == 0
        assert left(about=("fairness.performance_gap",)) == 0
        assert left(evidence=("m-aaaaaaaaaa",)) == 0
        assert left(about=("fairness.performance_gap by=race",)) == 1
        assert left(about=("fairness.performance_gap",), status="closed") == 1

    @pytest.mark.parametrize(("outcome", "severity"), [("pass", "block"), ("waived", "block"), ("fail", "note")])
    def test_what_holds_or_does_not_decide_is_no_proposal(self, outcome: str, severity: str) -> None:
        assert risks.uncovered(judgement(verdict(outcome, severity=severity)), (), ()) == ()

    def test_open_findings_are_proposed_too(self) -> None:
        opened = by("val", Finding(title="wrong for the young", severity="high", owner="dev", due=TODAY))
        found = state_of("loans", [opened], Evidence(), TODAY).findings
        assert [one.about for one in risks.uncovered(None, found, ())] == [opened.id]
        named = risks.register([by("a", risk(about=(opened.id,)))], TODAY)
        assert risks.uncovered(None, found, named) == ()


class TestIncidents:
    @pytest.mark.parametrize(("serious", "days", "article"), [
        ("health", 15, "Art. 73(2)"), ("fundamental rights", 15, "Art. 73(2)"), ("property or environment", 15, "Art. 73(2)"),
        ("death", 10, "Art. 73(4)"), ("critical infrastructure", 2, "Art. 73(3)"), ("widespread infringement", 2, "Art. 73(3)"),
    ])  # fmt: skip
    def test_the_deadline_runs_from_the_day_it_was_noticed(self, serious: str, days: int, article: str) -> None:
        noticed = date(2028, 1, 10)
        said = incident(serious=serious, happened=noticed - 30 * DAY, noticed=noticed)
        (on,) = incidents.log([by("a", said)], noticed + days * DAY)
        (after,) = incidents.log([by("a", said)], noticed + (days + 1) * DAY)
        assert (on.due, on.state, after.state) == (noticed + days * DAY, "to be reported", "overdue")
        assert on.duty == f"{article} of the EU AI Act, {days} days after it was noticed"

    def test_one_that_is_not_serious_is_not_to_be_reported(self) -> None:
        (one,) = incidents.log([by("a", incident(serious="no"))], date(2030, 1, 1))
        assert (one.due, one.state) == (None, "not to be reported")

    def test_before_the_law_applies_that_is_said(self) -> None:
        (one,) = incidents.log([by("a", incident())], TODAY)
        assert one.duty.endswith("; it applies from 2027-12-02")

    def test_a_duty_that_had_not_begun_is_never_overdue_nor_kept_late(self) -> None:
        early, done = incident(), incident(reported_to="the authority", reported=TODAY)
        due = incidents.log([by("a", early)], TODAY)[0].due
        assert due is not None
        assert due < TODAY
        assert [incidents.log([by("a", one)], TODAY)[0].state for one in (early, done)] == [
            "to be reported",
            "reported",
        ]
        first = incident(happened=date(2027, 12, 1), noticed=date(2027, 12, 2))
        assert incidents.log([by("a", first)], date(2028, 1, 1))[0].state == "overdue"

    def test_an_overdue_report_leads_what_needs_attention_until_it_is_made(self) -> None:
        today = date(2028, 6, 1)
        late = by("a", incident(**BOUND))
        done = by("a", incident(**BOUND, reported_to="the authority", reported=today), 2)
        said = state_of("loans", [late, by("a", risk(next_review=date(2026, 1, 1)))], Evidence(), today).attention
        assert said[0].startswith("Incident wrong-letters had to be reported by 2028-05-17 (Art. 73(2)")
        assert state_of("loans", [late, done], Evidence(), today).attention == ()
        assert state_of("loans", [late, done], Evidence(), today).incidents[0].state == "reported late"

    def test_a_report_that_is_announced_is_none_before_its_day(self) -> None:
        today = date(2028, 6, 1)
        said = by("a", incident(**BOUND, reported_to="the authority", reported=today + DAY))
        (before,), (on,) = incidents.log([said], today), incidents.log([said], today + DAY)
        assert (before.state, on.state) == ("overdue", "reported late")

    @pytest.mark.parametrize(("said", "why"), [
        ({"noticed": date(2026, 4, 1)}, "before it happened"), ({"reported": TODAY}, "give both"),
        ({"reported_to": "them"}, "give both"), ({"reported_to": "them", "reported": date(2026, 5, 1)}, "before it was noticed"),
    ])  # fmt: skip
    def test_days_out_of_order_are_a_sentence(self, said: dict[str, object], why: str) -> None:
        with pytest.raises(ValidationError, match=why):
            incident(**said)
