"""Where a requirement stands: every state with its reason, and never more than the evidence says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from small_models import report_of, task

from audit.attestation import Attestation, Binding, DocumentFact, Found
from audit.estimate import number, proportion, undefined
from audit.facts import Bound, Facts
from audit.framework import Framework, names, parse, read
from audit.interview import interview
from audit.judge import judge
from audit.measure import Measure
from audit.part import ORDER
from audit.policy import Judgement, Policy, Rule, Waiver
from audit.report import Answer, Exhibit, Question, Report
from audit.scope import YES, Applicability, answered
from audit.standing import RequirementState, documents_for, standing, standings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = date(2026, 3, 2)
PACK = """
schema_version: 1
as_of: '2026-01-01'
framework: {id: small, name: Small law, version: '1', jurisdiction: Here}
disclaimer: Own words.
kinds: {measurable: computed, document: written, attestation: stated}
sources: {text: {what: The text, opened: true, grade: text copy}}
requirements:
"""
ROW = (
    "- {{id: {id}, title: One, kind: {kind}, also: [{also}], measurements: [{measures}], verified: true, "
    "source: {{id: text, locator: Art. 1}}{more}}}\n"
)
TASK = task(groups=())
RIGHT, WRONG, FEW = (
    proportion("accuracy.accuracy", 900, 1000),
    proportion("accuracy.accuracy", 100, 1000),
    proportion("accuracy.accuracy", 505, 1000),
)
NUMBER = number("data.row_count", 50.0, n=50)


def pack(kind: str = "measurable", measures: str = "accuracy.accuracy", also: str = "", more: str = "") -> Framework:
    return parse(PACK + ROW.format(id="S-1", kind=kind, measures=measures, also=also, more=more), "small.yaml")


def report(*measures: Measure, title: str = "loans@1", answers: tuple[Answer, ...] = ()) -> Report:
    return report_of(*measures, of=TASK, title=title, answers=answers).model_copy(update={"created": NOON})


def judgement(of: Report, *, waivers: tuple[Waiver, ...] = (), **given: Any) -> Judgement:
    rule = Rule.model_validate({"measure": "accuracy.accuracy", "at_least": 0.5, "rationale": "For the test.", **given})
    policy = Policy(name="test", version="1", purpose="Tests.", rules=(rule,), waivers=waivers)
    return judge(of, policy, TASK, now=NOON)


def facts(*measures: Measure, judged: bool = True, answers: tuple[Answer, ...] = (), **given: Any) -> Facts:
    made = report(*measures, answers=answers)
    said = judgement(made) if judged else None
    return Facts(today=TODAY, model=made.model, split=made.split, report=made, judgement=said, **given)


def stands(law: Framework, known: Facts, applies: Applicability = YES) -> RequirementState:
    return standing(law.requirements[0], law, applies, known)


def attestation(law: Framework, known: Facts, **given: Any) -> Attestation:
    return Attestation.model_validate(
        {
            "framework": law.id, "requirement": "S-1", "pack": law.digest, "model": known.model, "person": "Ada Byron",
            "statement": "I have read the review and it is so.", "dated": date(2026, 2, 1), **given,
        }
    )  # fmt: skip


def document(kind: str = "risk_register", **given: Any) -> DocumentFact:
    return DocumentFact.model_validate(
        {"kind": kind, "digest": "d" * 64, "dated": date(2026, 2, 1), "author": "Ada Byron", **given}
    )


def bound(law: Framework, known: Facts, **given: Any) -> Bound:
    assert known.report is not None
    judged = known.judged()
    now = {
        "framework": law.id, "pack": law.digest, "report": known.report.key, "model": known.report.model,
        "split": known.report.split, "policy": judged.policy if judged else None, "dated": TODAY,
    }  # fmt: skip
    return Bound(Binding.model_validate({**now, **given}), known.report, known.judgement)


class TestMeasured:
    @pytest.mark.parametrize(
        ("measure", "state", "said"),
        [
            (RIGHT, "within policy", "right side"),
            (WRONG, "outside policy", "wrong side"),
            (FEW, "undecided", "straddles"),
        ],
    )
    def test_the_verdict_speaks_with_its_evidence(self, measure: Measure, state: str, said: str) -> None:
        known = facts(measure)
        found = stands(pack(), known)
        assert found.state == state
        assert said in found.reason
        assert known.report is not None
        assert known.judgement is not None
        assert set(found.evidence) == {measure.id(known.report.key), known.judgement.verdicts[0].id}

    def test_a_measure_without_a_rule_is_not_within_policy(self) -> None:
        found = stands(pack(measures="data.row_count"), facts(RIGHT, NUMBER))
        assert (found.state, "no rule" in found.reason) == ("measured without limit", True)

    def test_without_a_judgement_nothing_is_within_policy(self) -> None:
        assert stands(pack(), facts(RIGHT, judged=False)).state == "measured without limit"

    def test_a_judgement_of_another_report_says_nothing(self) -> None:
        other = judgement(report(RIGHT, title="loans@7"))
        assert stands(pack(), replace(facts(RIGHT), judgement=other)).state == "measured without limit"

    def test_what_is_not_measured_tells_why(self) -> None:
        assert stands(pack(), Facts(today=TODAY, model="m" * 64)).reason == (
            "accuracy.accuracy: this version has no report."
        )
        question = Question(code="ROB001", title="Is it robust?", dimension="robustness", doc="Is it?")
        silent = Answer(question=question, status="not_applicable", reason="it has no gradients")
        found = stands(pack(measures="robustness.seed_stability"), facts(RIGHT, answers=(silent,)))
        assert found.state == "not measured"
        assert "ROB001 not applicable: it has no gradients" in found.reason
        failed = silent.model_copy(update={"status": "failed", "reason": "out of memory"})
        found = stands(pack(measures="robustness.seed_stability"), facts(RIGHT, answers=(failed,)))
        assert "ROB001 failed: out of memory" in found.reason
        nobody = stands(pack(measures="privacy.canary_exposure"), facts(RIGHT))
        assert "no check that measures it was asked" in nobody.reason

    def test_a_measure_without_a_value_is_not_measured(self) -> None:
        found = stands(pack(), facts(undefined("accuracy.accuracy", "no examples")))
        assert (found.state, "no examples" in found.reason) == ("not measured", True)

    def test_the_weakest_measure_speaks_and_the_others_are_counted(self) -> None:
        found = stands(pack(measures="accuracy.accuracy, privacy.canary_exposure"), facts(RIGHT))
        assert found.state == "not measured"
        assert found.reason.startswith("1 of 2 are there")
        assert len(found.evidence) == 2

    def test_a_waiver_does_not_bring_it_within_policy(self) -> None:
        made = report(WRONG)
        waiver = Waiver(
            measure="accuracy.accuracy", model="loans", owner="Ada Byron", reason="Until the next version.",
            expires=date(2027, 1, 1),
        )  # fmt: skip
        found = stands(pack(), replace(facts(WRONG), judgement=judgement(made, waivers=(waiver,))))
        assert (found.state, "Ada Byron" in found.reason) == ("outside policy", True)

    def test_an_exempt_rule_sets_no_limit(self) -> None:
        made = report(RIGHT)
        exempt = judgement(made, when={"modality": "text"})
        assert stands(pack(), replace(facts(RIGHT), judgement=exempt)).state == "measured without limit"

    def test_a_form_that_is_needed_must_be_there(self) -> None:
        per_group = pack(measures="{measure: accuracy.accuracy, per: group}")
        assert stands(per_group, facts(RIGHT)).state == "not measured"
        with_interval = pack(measures="{measure: data.row_count, needs: interval}")
        assert stands(with_interval, facts(NUMBER)).state == "not measured"

    def test_a_rule_that_cites_the_requirement_bears_on_it(self) -> None:
        made = report(WRONG, NUMBER)
        citing = judgement(made, clauses=("S-1",))
        found = stands(pack(measures="data.row_count"), replace(facts(WRONG, NUMBER), judgement=citing))
        assert found.state == "outside policy"

    def test_an_exhibit_is_evidence_without_limit(self) -> None:
        question = Question(code="ACC002", title="What is confused?", dimension="accuracy", doc="What?")
        shown = Exhibit(name="accuracy.confusion_matrix", title="Confused.", columns=("a",), rows=((1,),))
        answer = Answer(question=question, status="measured", exhibits=(shown,))
        found = stands(pack(measures="accuracy.confusion_matrix"), facts(answers=(answer,)))
        assert found.state == "measured without limit"
        assert found.evidence[0].endswith("/accuracy.confusion_matrix")

    def test_the_headline_is_the_tasks_own(self) -> None:
        law = pack(measures="accuracy.headline")
        assert stands(law, facts(RIGHT)).state == "not measured"
        assert stands(law, facts(RIGHT, headline="accuracy.accuracy")).state == "within policy"

    @pytest.mark.parametrize(
        ("holds", "state"), [(True, "within policy"), (False, "outside policy"), (None, "undecided")]
    )
    def test_what_is_known_without_a_check_counts(self, holds: bool | None, state: str) -> None:
        known = Found(measure="process.signoff_present", holds=holds, reason="asked the ledger", digest="e" * 64)
        found = stands(pack(measures="process.signoff_present"), facts(RIGHT, found=(known,)))
        assert (found.state, found.evidence) == (state, ("e" * 64,))

    @pytest.mark.parametrize(("holds", "state"), [(True, "measured without limit"), (False, "not measured")])
    def test_an_exhibit_that_is_there_has_no_limit(self, holds: bool, state: str) -> None:
        known = Found(measure="process.version_diff", holds=holds, reason="compared", digest="e" * 64)
        assert stands(pack(measures="process.version_diff"), facts(RIGHT, found=(known,))).state == state

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({"measure": "accuracy.accuracy", "digest": "e"}, "comes from a report"),
            ({"measure": "process.signoff_present"}, "rests on nothing"),
            ({"measure": "process.signoff_present", "holds": False}, "say why"),
        ],
    )
    def test_a_number_or_a_groundless_yes_is_not_taken_on_word(self, given: dict[str, Any], why: str) -> None:
        with pytest.raises(ValidationError, match=why):
            Found.model_validate({"holds": True, "reason": "", **given})


class TestStale:
    def test_evidence_as_it_was_bound_is_current(self) -> None:
        law, known = pack(), facts(RIGHT)
        assert stands(law, replace(known, bound=(bound(law, known),))).state == "within policy"

    @pytest.mark.parametrize("what", ["model", "split", "policy"])
    def test_a_digest_that_changed_since_makes_it_stale(self, what: str) -> None:
        law, known = pack(), facts(RIGHT)
        for then in (known, replace(known, bound=(bound(law, known),))):
            found = stands(law, replace(then, **{what: "9" * 64}))
            assert found.state == "stale"
            assert f"The {what} changed since" in found.reason
            assert "within policy" in found.reason
            assert found.evidence

    def test_a_pack_that_changed_since_makes_it_stale(self) -> None:
        law, known = pack(), facts(RIGHT)
        found = stands(law, replace(known, bound=(bound(law, known, pack="0" * 64),)))
        assert (found.state, "framework pack changed" in found.reason) == ("stale", True)

    def test_evidence_expires(self) -> None:
        law, known = pack(), facts(RIGHT)
        found = stands(law, replace(known, bound=(bound(law, known, expires=date(2026, 3, 1)),)))
        assert (found.state, "expired on 2026-03-01" in found.reason) == ("stale", True)
        aged = pack(more=", max_age_days: 365")
        assert stands(aged, replace(known, today=NOON.date() + timedelta(365))).state == "within policy"
        old = stands(aged, replace(known, today=NOON.date() + timedelta(366)))
        assert (old.state, "allows 365 days" in old.reason) == ("stale", True)

    @pytest.mark.parametrize(("measure", "state"), [(WRONG, "stale"), (FEW, "stale"), (RIGHT, "within policy")])
    def test_a_newer_report_that_judges_worse_makes_it_stale(self, measure: Measure, state: str) -> None:
        law, known = pack(), facts(RIGHT)
        later = report(measure).model_copy(update={"key": "f" * 64, "created": NOON + timedelta(hours=1)})
        now = replace(known, bound=(bound(law, known),), report=later, judgement=judgement(later))
        found = stands(law, now)
        assert found.state == state
        assert ("judges worse" in found.reason) == (state == "stale")

    def test_nothing_measured_is_not_called_stale(self) -> None:
        assert (
            stands(pack(measures="privacy.canary_exposure"), replace(facts(), model="9" * 64)).state == "not measured"
        )


class TestDocument:
    LAW = pack(kind="document", measures="process.risk_register_coverage")

    def test_it_is_missing_until_it_is_filed(self) -> None:
        missing = stands(self.LAW, facts())
        assert missing.state == "document missing"
        assert missing.reason == "There is no risk register, nor a document filed for S-1."
        found = stands(self.LAW, facts(documents=(document(),)))
        assert (found.state, found.evidence) == ("document present", ("d" * 64,))
        assert "Ada Byron" in found.reason

    def test_one_filed_under_the_requirement_will_do(self) -> None:
        assert stands(self.LAW, facts(documents=(document("S-1"),))).state == "document present"

    def test_all_that_are_asked_for_must_be_there(self) -> None:
        law = pack(kind="document", measures="process.risk_register_coverage, data.datasheet_completeness")
        found = stands(law, facts(documents=(document(),)))
        assert (found.state, "datasheet" in found.reason) == ("document missing", True)

    def test_a_document_of_no_kind_is_called_by_what_it_is_filed_for(self) -> None:
        missing = stands(pack(kind="document", measures=""), facts())
        assert (missing.state, missing.reason) == ("document missing", "There is no document filed for S-1.")

    def test_one_about_another_version_or_expired_is_stale(self) -> None:
        other = stands(self.LAW, facts(documents=(document(model="9" * 64),)))
        assert (other.state, "model changed" in other.reason) == ("stale", True)
        expired = stands(self.LAW, facts(documents=(document(expires=date(2026, 3, 1)),)))
        assert (expired.state, "expired on 2026-03-01" in expired.reason) == ("stale", True)

    def test_one_dated_tomorrow_is_not_there(self) -> None:
        assert stands(self.LAW, facts(documents=(document(dated=date(2026, 3, 3)),))).state == "document missing"

    def test_a_framework_that_is_one_document_asks_for_it(self) -> None:
        law = read("doc_model_card")
        assert {documents_for(one, law) for one in law.requirements} == {("model_card",)}


class TestAttestation:
    LAW = pack(kind="attestation", measures="")

    def said(self, **given: Any) -> RequirementState:
        known = facts()
        return stands(self.LAW, replace(known, attestations=(attestation(self.LAW, known, **given),)))

    def test_it_is_missing_until_a_person_states_it(self) -> None:
        assert stands(self.LAW, facts()).state == "attestation missing"
        found = self.said(evidence=("e" * 64,))
        assert found.state == "attested"
        assert "Ada Byron on 2026-02-01" in found.reason
        assert "e" * 64 in found.evidence

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({"model": "9" * 64}, "model changed"),
            ({"pack": "9" * 64}, "framework pack changed"),
            ({"expires": date(2026, 3, 1)}, "expired on 2026-03-01"),
        ],
    )
    def test_it_goes_stale(self, given: dict[str, Any], why: str) -> None:
        found = self.said(**given)
        assert (found.state, why in found.reason) == ("stale", True)

    @pytest.mark.parametrize("given", [{"requirement": "S-2"}, {"framework": "other"}, {"dated": date(2026, 3, 3)}])
    def test_one_of_something_else_does_not_count(self, given: dict[str, Any]) -> None:
        assert self.said(**given).state == "attestation missing"

    def test_a_current_one_counts_beside_a_stale_one(self) -> None:
        known = facts()
        both = (attestation(self.LAW, known), attestation(self.LAW, known, pack="0" * 64, dated=date(2026, 2, 3)))
        assert stands(self.LAW, replace(known, attestations=both)).state == "attested"

    def test_one_that_expires_before_it_was_made_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="give a later date"):
            self.said(expires=date(2026, 1, 1))


class TestWhole:
    def test_everything_that_is_asked_for_must_be_there(self) -> None:
        law = pack(also="document", measures="accuracy.accuracy")
        found = stands(law, facts(RIGHT))
        assert found.state == "document missing"
        assert "besides, within policy" in found.reason
        assert stands(law, facts(RIGHT, documents=(document("S-1"),))).state == "within policy"
        assert stands(law, facts(WRONG, documents=(document("S-1"),))).state == "outside policy"

    def test_scope_comes_first(self) -> None:
        no = Applicability(applies="no", reason="it is a duty of the deployer")
        found = stands(pack(), facts(RIGHT), no)
        assert (found.state, found.reason) == ("not applicable", "It is a duty of the deployer.")
        open = Applicability(applies="undecided", reason="scope not answered: roles")
        assert stands(pack(), facts(RIGHT), open).state == "scope not answered"

    def test_a_duty_that_begins_later_says_when_and_shows_its_evidence(self) -> None:
        law = pack(more=", applies_from: '2027-12-02'")
        found = stands(law, facts(RIGHT))
        assert (found.state, found.applies_from) == ("within policy", date(2027, 12, 2))
        assert stands(law, replace(facts(RIGHT), today=date(2027, 12, 2))).applies_from is None

    def test_it_says_which_pack_was_read(self) -> None:
        law = pack()
        found = stands(law, facts(RIGHT))
        assert (found.framework, found.requirement, found.pack, found.as_of) == ("small", "S-1", law.digest, law.as_of)


MEASURES = [RIGHT, WRONG, FEW, NUMBER, number("data.train_test_overlap", 0.0, n=50)]
EVERYWHERE = {
    one.id: [option.id for option in one.options if option.id != "none"] if one.kind == "many" else one.options[0].id
    for one in interview().questions
    if one.options and one.id != "prohibited"
} | {"prohibited": "none", "gpai": "systemic_risk"}
SCOPES = [answered({}), answered({"jurisdictions": "none", "roles": "none", "voluntary": "none"}), answered(EVERYWHERE)]


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    measures = draw(st.lists(st.sampled_from(MEASURES), max_size=3, unique_by=lambda one: one.key))
    known = facts(*measures, judged=draw(st.booleans()))
    every = [one for name in names() for one in [read(name)] if one.requirements]
    law = draw(st.sampled_from(every))
    asked = draw(st.sampled_from(law.requirements))
    if draw(st.booleans()):
        known = replace(known, bound=(bound(law, known, expires=draw(st.dates() | st.none())),))
    if draw(st.booleans()):
        kinds = st.sampled_from([*documents_for(asked, law), asked.id, "model_card"])
        made = draw(st.lists(st.builds(document, kinds, dated=st.dates()), max_size=3))
        known = replace(known, documents=tuple(made))
    if draw(st.booleans()):
        said = attestation(law, known, requirement=asked.id, model=draw(st.sampled_from([known.model, "9" * 64])))
        known = replace(known, attestations=(said,))
    today = draw(st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 1, 1)))
    return replace(known, today=today, policy=draw(st.sampled_from([None, "9" * 64])))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)
@given(any_facts(), st.sampled_from(SCOPES))
def test_every_requirement_of_every_pack_has_exactly_one_state_with_a_reason(known: Facts, scope: Any) -> None:
    for name in names():
        law = read(name)
        found = standings(law, scope, known)
        assert [one.requirement for one in found] == [one.id for one in law.requirements]
        for one in found:
            assert one.state in ORDER
            assert len(one.reason) > 10
            assert one.reason.endswith(".")
            assert "compliant" not in one.canonical().decode().lower()
            if one.state in ("within policy", "outside policy", "undecided", "document present", "attested", "stale"):
                assert one.evidence, one
        assert standings(law, scope, known) == found


def test_nothing_known_is_nowhere_within_policy() -> None:
    known = Facts(today=TODAY, model="m" * 64)
    found = Counter(one.state for name in names() for one in standings(read(name), SCOPES[2], known))
    assert set(found) == {"not applicable", "not measured", "document missing", "attestation missing"}


@pytest.mark.parametrize("scope", SCOPES[:2])
def test_scope_decides_before_evidence(scope: Any) -> None:
    found = {one.state for name in names() for one in standings(read(name), scope, facts(RIGHT))}
    assert found <= {"not applicable", "scope not answered"}
