"""Where a model stands follows from what people did, and from nothing else: each flaw beside its clean twin."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from act_samples import EVIDENCE, JUDGED, REPORT, SIGNED, START, TODAY, approval, by, entry, one_of_each, request
from pydantic import ValidationError

from audit.acts.act import NOUNS, Act
from audit.acts.change import Change
from audit.acts.evidence import Evidence
from audit.acts.finding import Closing, Finding
from audit.acts.signoff import Release, Withdrawal
from audit.acts.state import ModelState, state_of
from audit.acts.waiver import Waiver, shut
from audit.acts.waivers import covering, granted, uncovered
from audit.policy import Judgement, Rule, Verdict
from models.record import canonical

GOLDEN = Path(__file__).parent / "golden" / "acts.jsonl"
ASKED = request()


def stands(*acts: Act, evidence: Evidence = EVIDENCE, today: date = TODAY) -> ModelState:
    return state_of("loans", acts, evidence, today)


def approved(evidence: Evidence = EVIDENCE, today: date = TODAY, **said: object) -> tuple[str, str]:
    """What has become of val's approval."""
    (found,) = stands(ASKED, by("val", approval(ASKED, **said), 2), evidence=evidence, today=today).approvals
    return found.standing, found.reason


class TestRecords:
    def test_every_kind_is_read_and_written_back_byte_for_byte(self) -> None:
        acts = one_of_each()
        assert {one.kind for one in acts} == set(NOUNS)
        for one in acts:
            again = Act.model_validate_json(one.canonical())
            assert again == one
            assert type(again.content) is NOUNS[one.kind]
            assert again.canonical() == one.canonical()
            assert again.id == one.id

    def test_what_schema_1_stored_is_read_for_ever(self) -> None:
        stored = GOLDEN.read_bytes().splitlines()
        assert {json.loads(line)["kind"] for line in stored} == set(NOUNS)
        for line in stored:
            assert Act.model_validate_json(line).canonical() == line
            assert canonical(json.loads(line)) == line

    def test_an_act_holds_what_its_kind_says(self) -> None:
        told = json.loads(ASKED.canonical()) | {"kind": "finding"}
        with pytest.raises(ValidationError):
            Act.model_validate(told)
        with pytest.raises(ValidationError, match="holds a Request"):
            Act(kind="finding", subject="loans", actor="a", known_by="oidc", created=START, content=ASKED.content)

    def test_ids_differ_where_anything_does(self) -> None:
        content = entry()
        acts = [by("a", content), by("b", content), by("a", content, 2), by("a", content, known_by="token")]
        assert len({one.id for one in acts}) == 4
        assert by("a", content).id == acts[0].id


class TestInventory:
    @pytest.mark.parametrize(("exposure", "purpose", "tier"), [
        ("high", "high", 1), ("high", "medium", 1), ("medium", "high", 1), ("medium", "medium", 2), ("high", "low", 2),
        ("low", "high", 2), ("medium", "low", 3), ("low", "low", 3),
    ])  # fmt: skip
    def test_the_tier_is_exposure_by_purpose(self, exposure: str, purpose: str, tier: int) -> None:
        assert entry(exposure=exposure, purpose=purpose).tier == tier

    def test_a_new_entry_replaces_the_one_before(self) -> None:
        found = stands(by("a", entry(owner="first")), by("a", entry(owner="second"), 2))
        assert found.entry is not None
        assert found.entry.owner == "second"
        assert stands().phase == "not registered"

    def test_a_review_is_overdue_the_day_after(self) -> None:
        late = stands(by("a", entry(next_review=TODAY - timedelta(days=1))))
        assert late.review_overdue
        assert late.attention == (f"The review of loans was due on {TODAY - timedelta(days=1)}, 1 day ago.",)
        assert not stands(by("a", entry(next_review=TODAY))).review_overdue
        assert not stands(by("a", entry(next_review=date(2020, 1, 1), phase="retired"))).review_overdue

    def test_approved_follows_from_approvals_and_is_never_said(self) -> None:
        entered = by("olga", entry())
        with pytest.raises(ValidationError):
            entry(phase="approved")
        assert stands(entered).phase == "developing"
        assert stands(entered, ASKED).phase == "in validation"
        given = by("val", approval(ASKED), 2)
        assert stands(entered, ASKED, given).phase == "approved"
        limited = by("val", approval(ASKED, conditions=("no minors",)), 2)
        assert stands(entered, ASKED, limited).phase == "approved with conditions"
        assert stands(entered, ASKED, given, today=date(2027, 1, 1)).phase == "in validation"
        assert stands(by("olga", entry(phase="retired")), ASKED, given).phase == "retired"

    def test_acts_about_another_model_do_not_count(self) -> None:
        assert stands(by("a", entry(), subject="cards")).entry is None

    def test_a_change_is_classed_and_may_be_classed_anew(self) -> None:
        first = by("a", Change(version="m2", material=False, reason="only the seed differs"))
        second = by("b", Change(version="m2", material=True, reason="the data differ as well"), 2)
        assert [one.material for one in stands(first, second).changes] == [True]
        with pytest.raises(ValidationError):
            Change(version="m2", material=True, reason="")


class TestApprovals:
    def test_one_on_current_evidence_by_another_person_is_in_force(self) -> None:
        assert approved() == ("in force", "")

    def test_it_ends(self) -> None:
        assert approved(today=date(2026, 12, 31)) == ("in force", "")
        assert approved(today=date(2027, 1, 1)) == ("expired", "it ended on 2026-12-31")

    def test_a_newer_report_of_the_version_makes_it_stale(self) -> None:
        newer = REPORT._replace(key="k2", id="r-2", created=START + timedelta(days=1))
        standing, why = approved(replace(EVIDENCE, reports=(REPORT, newer)))
        assert (standing, "r-2 on the same split" in why) == ("stale", True)
        elsewhere = newer._replace(split="s2")
        assert "another split" in approved(replace(EVIDENCE, reports=(REPORT, elsewhere)))[1]
        for harmless in (newer._replace(model="m3"), newer._replace(created=START - timedelta(days=1))):
            assert approved(replace(EVIDENCE, reports=(REPORT, harmless))) == ("in force", "")

    def test_another_policy_of_the_same_name_makes_it_stale(self) -> None:
        standing, why = approved(replace(EVIDENCE, in_force={"default": "p2"}))
        assert (standing, "policy default changed" in why) == ("stale", True)
        assert approved(replace(EVIDENCE, in_force={"default": "p1", "strict": "p9"})) == ("in force", "")
        later = JUDGED._replace(id="g-2", policy="p2", created=START + timedelta(days=1))
        assert approved(replace(EVIDENCE, judgements=(JUDGED, later)))[0] == "stale"
        look = later._replace(policy_name="strict")
        assert approved(replace(EVIDENCE, judgements=(JUDGED, look))) == ("in force", "")

    def test_judged_again_makes_it_stale_where_a_rule_no_longer_holds(self) -> None:
        later = JUDGED._replace(id="g-2", shut_by=("accuracy.auc",), created=START + timedelta(days=1))
        standing, why = approved(replace(EVIDENCE, judgements=(JUDGED, later)))
        assert (standing, "shuts the gate: accuracy.auc" in why) == ("stale", True)
        same = later._replace(shut_by=())
        assert approved(replace(EVIDENCE, judgements=(JUDGED, same))) == ("in force", "")

    def test_an_expired_waiver_makes_it_stale(self) -> None:
        assert approved(waived=(("accuracy.auc", TODAY),)) == ("in force", "")
        yesterday = TODAY - timedelta(days=1)
        assert (
            approved(waived=(("accuracy.auc", yesterday),))[1] == f"the waiver of accuracy.auc expired on {yesterday}"
        )

    def test_evidence_that_is_gone_is_stale(self) -> None:
        assert approved(replace(EVIDENCE, reports=()))[0] == "stale"
        assert approved(replace(EVIDENCE, judgements=()))[0] == "stale"

    def test_it_may_be_withdrawn(self) -> None:
        given = by("val", approval(ASKED), 2)
        back = by("olga", Withdrawal(approval=given.id, reason="a customer complained"), 3)
        (found,) = stands(ASKED, given, back).approvals
        assert found.standing == "withdrawn"
        assert "olga" in found.reason
        other = by("olga", Withdrawal(approval="a-other", reason="a customer complained"), 3)
        assert stands(ASKED, given, other).approvals[0].standing == "in force"

    @pytest.mark.parametrize("author", ["olga", "dev", " DEV ", "Olga", "\uff24\uff25\uff36"])
    def test_its_author_does_not_count_where_four_eyes_are_demanded(self, author: str) -> None:
        given = by(author, approval(ASKED), 2)
        (found,) = stands(ASKED, given).approvals
        assert (found.standing, found.by_author) == ("does not count", True)
        (alone,) = stands(ASKED, given, evidence=replace(EVIDENCE, four_eyes={"p1": False})).approvals
        assert alone.standing == "in force"
        assert alone.sentence.startswith(f"approved by its author {author}")
        assert "author" not in stands(ASKED, by("val", approval(ASKED), 2)).approvals[0].sentence

    @pytest.mark.parametrize(("known_by", "standing"), [
        ("oidc", "in force"), ("token", "in force"), ("os-user", "does not count"),
    ])  # fmt: skip
    def test_only_who_logged_in_counts_where_four_eyes_are_demanded(self, known_by: str, standing: str) -> None:
        given = by("val", approval(ASKED), 2, known_by=known_by)  # type: ignore[arg-type]
        assert stands(ASKED, given).approvals[0].standing == standing
        relaxed = replace(EVIDENCE, four_eyes={"p1": False})
        assert stands(ASKED, given, evidence=relaxed).approvals[0].standing == "in force"

    def test_what_is_not_known_is_demanded(self) -> None:
        given = by("olga", approval(ASKED), 2)
        for unknown in (replace(EVIDENCE, four_eyes={}), replace(EVIDENCE, made_by={})):
            assert stands(ASKED, given, evidence=unknown).approvals[0].standing == "does not count"

    def test_it_must_be_of_what_was_asked_for(self) -> None:
        for wrong in (
            {"request": "a-none"},
            {"stage": "staging"},
            {"signed": SIGNED.model_copy(update={"split": "s9"})},
        ):
            assert approved(**wrong) == ("does not count", "nobody asked for it on this evidence")

    def test_two_people_at_once_are_two_and_one_person_twice_is_one(self) -> None:
        val, vic = by("val", approval(ASKED), 2), by("vic", approval(ASKED), 2)
        assert [one.by for one in stands(ASKED, val, vic).in_force("m2", "production")] == ["val", "vic"]
        again = by("val", approval(ASKED, conditions=("no minors",)), 3)
        found = stands(ASKED, val, vic, again).in_force("m2", "production")
        assert [(one.by, one.conditions) for one in found] == [("vic", ()), ("val", ("no minors",))]

    def test_what_does_not_count_takes_nothing_away(self) -> None:
        val, again = by("val", approval(ASKED), 2), by("val", approval(ASKED), 3, known_by="os-user")
        (found,) = stands(ASKED, val, again).approvals
        assert (found.id, found.standing) == (val.id, "in force")

    def test_one_person_taking_one_back_takes_all_back_that_were_given_before(self) -> None:
        first, second = by("val", approval(ASKED), 2), by("val", approval(ASKED), 3)
        for one in (first, second):
            back = by("val", Withdrawal(approval=one.id, reason="a customer complained"), 4)
            assert [each.standing for each in stands(ASKED, first, second, back).approvals] == ["withdrawn"]
            anew = by("val", approval(ASKED), 5)
            assert stands(ASKED, first, second, back, anew).in_force("m2", "production")
        assert stands(ASKED, first, second).in_force("m2", "production")

    def test_a_release_after_its_approval_was_taken_back_does_not_count(self) -> None:
        given = by("val", approval(ASKED), 2)
        back = by("val", Withdrawal(approval=given.id, reason="a customer complained"), 3)
        out = by("olga", Release(stage="production", version="m2", approvals=(given.id,)), 3)
        assert stands(ASKED, given, back, out).released == ()
        assert [one.id for one in stands(ASKED, given, out, back).released] == [out.id]

    def test_a_release_on_an_earlier_approval_of_who_took_one_back_does_not_count(self) -> None:
        first, second = by("val", approval(ASKED), 2), by("val", approval(ASKED, conditions=("no minors",)), 3)
        other = by("vic", approval(ASKED), 3)
        back = by("val", Withdrawal(approval=second.id, reason="a customer complained"), 4)

        def released(*rests_on: Act) -> int:
            ids = tuple(one.id for one in rests_on)
            out = by("olga", Release(stage="production", version="m2", approvals=ids), 5)
            return len(stands(ASKED, first, second, other, back, out).released)

        assert released(first) == 0
        assert released(first, other) == 1

    def test_a_later_one_of_the_same_person_counts_also_once_it_ended(self) -> None:
        long = by("val", approval(ASKED), 2)
        short = by("val", approval(ASKED, ends=date(2026, 6, 1), conditions=("only under supervision",)), 3)
        on, after = stands(ASKED, long, short), stands(ASKED, long, short, today=date(2026, 6, 2))
        assert [one.conditions for one in on.in_force("m2", "production")] == [("only under supervision",)]
        assert after.in_force("m2", "production") == ()
        assert after.phase == "not registered"
        assert "is expired: it ended on 2026-06-01" in after.attention[0]

    def test_it_is_of_one_version_and_one_stage(self) -> None:
        found = stands(ASKED, by("val", approval(ASKED), 2))
        assert found.in_force("m2", "production")
        assert not found.in_force("m2", "staging")
        assert not found.in_force("m1", "production")

    def test_what_lapsed_leads_until_another_approval_makes_up_for_it(self) -> None:
        old = by("val", approval(ASKED, ends=date(2026, 5, 1)), 2)
        assert "is expired: it ended on 2026-05-01" in stands(ASKED, old).attention[0]
        assert stands(ASKED, old, by("vic", approval(ASKED), 3)).attention == ()

    @pytest.mark.parametrize("how", ["expired", "withdrawn", "stale"])
    def test_what_is_released_needs_attention_also_when_another_version_was_approved_since(self, how: str) -> None:
        given = by("val", approval(ASKED, ends=date(2026, 5, 1) if how == "expired" else date(2026, 12, 31)), 2)
        out = by("olga", Release(stage="production", version="m2", approvals=(given.id,)), 3)
        back = by("val", Withdrawal(approval=given.id, reason="a customer complained"), 4)
        newer = REPORT._replace(key="k9", id="r-9", created=START + timedelta(days=1))
        next_ = SIGNED.model_copy(update={"model": "m3", "report": "k3", "judgement": "g-3"})
        known = replace(
            EVIDENCE, made_by={"m2": "dev", "m3": "dev"}, judgements=(JUDGED, JUDGED._replace(id="g-3", report="r-3", model="m3")),
            reports=(REPORT, REPORT._replace(key="k3", id="r-3", model="m3"), *([newer] if how == "stale" else [])),
        )  # fmt: skip
        asked = request(next_, hours=5)
        done = [
            ASKED,
            given,
            out,
            *([back] if how == "withdrawn" else []),
            asked,
            by("val", approval(asked, signed=next_), 6),
        ]
        found = stands(*done, evidence=known)
        assert found.in_force("m3", "production")
        assert [one.version for one in found.released] == ["m2"]
        (said,) = found.attention
        assert said.startswith(f"The approval by val for production is {how}: ")
        again = by("vic", approval(ASKED), 7)
        assert how == "stale" or stands(*done, again, evidence=known).attention == ()
        instead = by("olga", Release(stage="production", version="m3", approvals=(done[-1].id,)), 8)
        assert stands(*done, instead, evidence=known).attention == ()

    def test_a_release_is_kept_with_who_did_it(self) -> None:
        given = by("val", approval(ASKED), 2)
        out = by("olga", Release(stage="production", version="m2", approvals=(given.id,)), 3)
        (found,) = stands(ASKED, given, out).released
        assert (found.version, found.stage, found.by) == ("m2", "production", "olga")


class TestFindings:
    opened = by("val", Finding(version="m2", title="wrong for the young", severity="high", owner="dev", due=TODAY), 3)
    newer = REPORT._replace(key="k2", id="r-2", created=START + timedelta(hours=4))

    def closing(self, evidence: str = "k2") -> Act:
        return by("val", Closing(finding=self.opened.id, evidence=evidence, reason="the report shows it"), 5)

    def test_it_is_open_then_overdue(self) -> None:
        (found,) = stands(self.opened).open_findings
        assert not found.overdue
        assert "is due on" in stands(self.opened).attention[0]
        late = stands(self.opened, today=TODAY + timedelta(days=1))
        assert late.open_findings[0].overdue
        assert "was due on" in late.attention[0]

    def test_it_closes_with_evidence_that_is_newer(self) -> None:
        with_newer = replace(EVIDENCE, reports=(REPORT, self.newer))
        found = stands(self.opened, self.closing(), evidence=with_newer, today=date(2030, 1, 1))
        assert found.open_findings == ()
        assert found.findings[0].evidence == "k2"
        assert not found.findings[0].overdue

    @pytest.mark.parametrize("evidence", ["k1", "k2", "unknown"])
    def test_it_stays_open_without(self, evidence: str) -> None:
        assert stands(self.opened, self.closing(evidence)).open_findings

    def test_the_overdue_come_first(self) -> None:
        later = by("val", Finding(title="slow on Mondays", severity="low", owner="dev", due=date(2026, 9, 1)), 1)
        assert [one.due for one in stands(later, self.opened).open_findings] == [TODAY, date(2026, 9, 1)]


class TestWaivers:
    def verdict(self, outcome: str = "fail", severity: str = "block", setting: str = "by=age") -> Verdict:
        rule = Rule.model_validate({
            "measure": "accuracy.accuracy", "at_least": 0.8, "rationale": "better than before", "severity": severity,
        })  # fmt: skip
        return Verdict.model_validate(
            {"id": "v-1", "rule": rule, "outcome": outcome, "setting": setting, "reason": "so it is"}
        )

    def judgement(self, *verdicts: Verdict) -> Judgement:
        return Judgement(
            report="k1", policy="p1", policy_title="default 1", task="loans", after_the_fact=False, judged_before=0,
            verdicts=verdicts, passed=False, created=START,
        )  # fmt: skip

    def test_it_covers_its_measure_and_setting_until_its_day(self) -> None:
        waiver = Waiver(measure="accuracy.accuracy", owner="olga", reason="few people", expires=TODAY)
        narrow = waiver.model_copy(update={"setting": "by=sex"})
        other = waiver.model_copy(update={"measure": "accuracy.auc"})
        assert self.covered(waiver) == [("accuracy.accuracy", TODAY)]
        assert self.covered(waiver, on=TODAY + timedelta(days=1)) == []
        assert self.covered(narrow) == self.covered(other) == self.covered(waiver, title="other@1") == []
        assert self.covered(narrow, setting="by=sex") == [("accuracy.accuracy", TODAY)]

    def covered(self, given: Waiver, *, on: date = TODAY, title: str = "loans@2", setting: str = "by=age") -> object:
        """What the waiver accepts of a verdict that shuts the gate, which is then open for it."""
        judgement = self.judgement(self.verdict(setting=setting))
        waivers = granted([by("olga", given)]).values()
        found = list(covering(judgement, waivers, title, on))
        assert bool(uncovered(judgement, waivers, title, on)) is not bool(found)
        return found

    def test_the_last_one_of_a_measure_and_setting_counts(self) -> None:
        long = Waiver(measure="accuracy.accuracy", owner="olga", reason="few people", expires=date(2099, 1, 1))
        acts = [by("olga", long), by("val", long.model_copy(update={"expires": TODAY}), 2)]
        assert {one.expires for one in granted(acts).values()} == {TODAY}
        assert len(granted([*acts, by("val", long.model_copy(update={"setting": "by=sex"}), 3)])) == 2

    def test_only_what_blocks_and_does_not_hold_shuts_the_gate(self) -> None:
        verdicts = [self.verdict(one) for one in ("fail", "unsure", "missing", "pass", "exempt", "waived")]
        judgement = self.judgement(*verdicts, self.verdict(severity="note"))
        assert [one.outcome for one in shut(judgement)] == ["fail", "unsure", "missing"]
        assert [one.outcome for one in uncovered(judgement, (), "loans@2", TODAY)] == [
            "fail", "unsure", "missing", "waived",
        ]  # fmt: skip

    def test_an_expired_one_needs_attention_until_it_is_renewed(self) -> None:
        old = Waiver(measure="accuracy.accuracy", owner="olga", reason="few people", expires=date(2026, 5, 1))
        assert stands(by("olga", old)).attention == ("The waiver of accuracy.accuracy expired on 2026-05-01.",)
        renewed = old.model_copy(update={"expires": TODAY})
        assert stands(by("olga", old), by("olga", renewed, 2)).attention == ()


def test_the_same_in_gives_the_same_out() -> None:
    assert stands(*one_of_each()) == stands(*one_of_each())
    assert ModelState.model_validate_json(stands(*one_of_each()).canonical()) == stands(*one_of_each())
