"""Where answers lead: the tiers of the classification, and which frameworks and duties concern a system."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.framework import names, read
from audit.interview import NONE, annex_iii, exemptions, interview
from audit.scope import Scope, answered, applicable, applicable_to, open_questions
from audit.tier import tier
from models.task import UnknownName

MINIMAL: dict[str, str | list[str]] = {
    "prohibited": NONE, "annex_i_product": "no", "annex_iii": NONE, "transparency": NONE, "gpai": "no",
}  # fmt: skip
CLASSIFICATION = read("eu_ai_act_classification")
PRACTICES = [
    one.id for question in interview().questions if question.id == "prohibited" for one in question.options[:-1]
]


def scope(**given: str | list[str]) -> Scope:
    return answered({**MINIMAL, **given})


def test_every_use_of_annex_iii_is_an_answer() -> None:
    uses = [use for area in CLASSIFICATION.annex_iii for use in area.uses]
    assert len(annex_iii()) == len(uses)
    assert {point[0] for point in annex_iii()} == {area.point for area in CLASSIFICATION.annex_iii}


@pytest.mark.parametrize("use", annex_iii())
def test_every_use_of_annex_iii_leads_to_its_tier(use: str) -> None:
    for profiling, exemption in (("yes", None), ("no", NONE)):
        more = {"exemption": exemption} if exemption else {}
        found = tier(scope(annex_iii=[use], profiling=profiling, **more))
        assert found.main == "high_risk_annex_iii"
        assert found.open == ()
        (placed,) = found.tiers
        assert f"point {use}" in placed.reason
        assert placed.applies_from == date(2027, 12, 2)


@pytest.mark.parametrize("condition", exemptions())
@pytest.mark.parametrize("use", annex_iii())
def test_an_exemption_counts_only_without_profiling_and_with_its_document(use: str, condition: str) -> None:
    claimed = {"annex_iii": [use], "exemption": [condition]}
    assert tier(scope(**claimed, profiling="no", exemption_documented="yes")).main == "minimal"
    undocumented = tier(scope(**claimed, profiling="no", exemption_documented="no"))
    assert undocumented.main == "high_risk_annex_iii"
    assert "Art. 6(4)" in undocumented.exemption
    profiling = tier(scope(**claimed, profiling="yes", exemption_documented="yes"))
    assert profiling.main == "high_risk_annex_iii"
    assert "profiles" in profiling.exemption
    unsaid = tier(scope(**claimed, profiling="no"))
    assert unsaid.main == "high_risk_annex_iii"
    assert unsaid.open == ("exemption_documented",)


def test_every_condition_of_the_exemption_is_an_answer() -> None:
    assert CLASSIFICATION.article_6_3_exemption is not None
    assert tuple(exemptions().values()) == CLASSIFICATION.article_6_3_exemption.conditions


@pytest.mark.parametrize("practice", PRACTICES)
def test_a_prohibited_practice_comes_before_every_other_tier(practice: str) -> None:
    found = tier(scope(prohibited=[practice], annex_iii=["5(b)"], profiling="yes", annex_i_product="yes"))
    assert [one.id for one in found.tiers] == ["prohibited"]
    assert practice in found.tiers[0].reason
    later = practice in ("5(1)(ba)", "5(1)(bb)")
    assert found.tiers[0].applies_from == (date(2026, 12, 2) if later else date(2025, 2, 2))


def test_a_product_is_high_risk_only_if_a_third_party_assesses_it() -> None:
    assert tier(scope(annex_i_product="yes", annex_i_third_party="yes")).main == "high_risk_annex_i"
    assert tier(scope(annex_i_product="yes", annex_i_third_party="no")).main == "minimal"
    assert tier(scope(annex_i_product="yes")).main is None


def test_both_ways_to_high_risk_are_told() -> None:
    found = tier(scope(annex_iii=["5(d)"], profiling="yes", annex_i_product="yes", annex_i_third_party="yes"))
    assert [one.id for one in found.tiers] == ["high_risk_annex_iii", "high_risk_annex_i"]


@pytest.mark.parametrize("use", [NONE, "4(a)"])
def test_transparency_and_general_purpose_stack_on_any_tier(use: str) -> None:
    found = tier(scope(annex_iii=use, profiling="yes", transparency=["50(1)", "50(2)"], gpai="systemic_risk"))
    main = "minimal" if use == NONE else "high_risk_annex_iii"
    assert [one.id for one in found.tiers] == [main, "transparency", "gpai"]


def test_every_tier_of_the_classification_is_reached() -> None:
    vectors = [
        scope(prohibited=["5(1)(a)"]),
        scope(annex_iii=["1(a)"], profiling="yes"),
        scope(annex_i_product="yes", annex_i_third_party="yes"),
        scope(transparency=["50(4)"]),
        scope(gpai="general_purpose"),
        scope(),
    ]
    reached = {one.id for vector in vectors for one in tier(vector).tiers}
    assert reached == {one.id for one in CLASSIFICATION.tiers}


@pytest.mark.parametrize("question", ["prohibited", "annex_i_product", "annex_iii"])
def test_nothing_is_minimal_while_a_question_is_open(question: str) -> None:
    found = tier(answered({name: value for name, value in MINIMAL.items() if name != question}))
    assert found.main is None
    assert found.open == (question,)


def test_follow_up_questions_come_only_where_they_matter() -> None:
    def asked(one: Scope) -> set[str]:
        return {each.id for each in open_questions(one)}

    assert not asked(scope()) & {"profiling", "exemption", "exemption_documented", "annex_i_third_party"}
    used = scope(annex_iii=["4(a)"])
    assert "profiling" in asked(used)
    assert "exemption" not in asked(used)
    not_profiling = answered({"profiling": "no"}, used)
    assert "exemption" in asked(not_profiling)
    assert "exemption_documented" in asked(answered({"exemption": ["6(3)(a)"]}, not_profiling))


def test_every_question_cites_an_article_and_says_what_can_be_answered() -> None:
    for one in interview().questions:
        assert any(letter.isdigit() for letter in one.cites), one.id
        assert one.text.endswith("?")
        assert bool(one.options) == (one.kind != "text"), one.id


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"purpos": "x"}, "Did you mean 'purpose'"),
        ({"annex_iii": ["5(z)"]}, "5\\(z\\)"),
        ({"gpai": ["no", "systemic_risk"]}, "choose one"),
        ({"prohibited": [NONE, "5(1)(a)"]}, "none and with others"),
        ({"purpose": " "}, "is empty"),
        ({"jurisdictions": []}, "is empty"),
    ],
)
def test_an_answer_the_interview_does_not_know_is_refused(answers: dict[str, list[str]], said: str) -> None:
    with pytest.raises((UnknownName, ValueError), match=said):
        answered(answers)


def test_answers_are_added_and_say_their_version() -> None:
    first = answered({"system": "mortgage@2"})
    second = answered({"purpose": "lend"}, first)
    assert second.said("system") == ("mortgage@2",)
    assert second.interview == interview().version
    assert Scope.model_validate_json(second.canonical()) == second


def test_every_pack_is_in_the_interview() -> None:
    assert {one.framework for one in interview().frameworks} == set(names())
    ids = {question.id: {one.id for one in question.options} for question in interview().questions}
    ids["tier"] = {one.id for one in CLASSIFICATION.tiers}
    for concern in (*interview().frameworks, *interview().requirements):
        for condition in concern.conditions:
            for question, values in condition.answers:
                assert set(values) <= ids[question], (concern.framework, question)


@pytest.mark.parametrize("name", names())
def test_nothing_answered_is_undecided_never_not_applicable(name: str) -> None:
    pack, empty = read(name), answered({})
    assert applicable(empty, pack).applies == "undecided"
    for one in pack.requirements:
        assert applicable_to(empty, pack, one).applies == ("no" if one.actor == ("regulator",) else "undecided")


EVERYWHERE: dict[str, str | list[str]] = {
    "jurisdictions": ["european_union", "new_york_city", "colorado", "united_states", "china"],
    "roles": ["provider", "deployer", "gpai_provider"], "annex_iii": ["1(a)", "5(b)"], "profiling": "yes",
    "annex_i_product": "yes", "annex_i_third_party": "yes", "transparency": ["50(1)", "50(2)", "50(3)", "50(4)"],
    "gpai": "systemic_risk", "employment_decision": "yes", "bank_model": "yes", "consequential_decision": "yes",
    "public_generative": "yes", "public_body": "yes",
    "voluntary": ["nist_ai_rmf", "nist_ai_600_1", "iso_42001_annex_a", "iso_supporting", "singapore_ai_verify",
                  "doc_model_card", "doc_datasheet"],
}  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_every_requirement_can_apply_and_can_not_apply(name: str) -> None:
    pack = read(name)
    every, nowhere = scope(**EVERYWHERE), scope(jurisdictions=NONE, roles=NONE, voluntary=NONE)
    assert applicable(every, pack).applies == "yes"
    assert applicable(nowhere, pack).applies == "no"
    for one in pack.requirements:
        never = one.actor == ("regulator",) or one.id == "AIA-6-4"
        assert applicable_to(every, pack, one).applies == ("no" if never else "yes"), one.id
        refused = applicable_to(nowhere, pack, one)
        assert refused.applies == "no"
        assert refused.reason


@pytest.mark.parametrize(
    ("name", "answers", "applies"),
    [
        ("nyc_ll144", {"jurisdictions": ["new_york_city"], "employment_decision": "yes"}, "yes"),
        ("nyc_ll144", {"jurisdictions": ["new_york_city"], "employment_decision": "no"}, "no"),
        ("nyc_ll144", {"jurisdictions": ["colorado"]}, "no"),
        ("nyc_ll144", {"employment_decision": "yes"}, "undecided"),
        ("us_mrm_sr_26_2", {"jurisdictions": ["united_states"], "bank_model": "no"}, "no"),
        ("eu_ai_act_gpai", {"jurisdictions": ["european_union"], "gpai": "no"}, "no"),
        ("eu_ai_act_annex_iv", {"jurisdictions": ["european_union"], **MINIMAL}, "no"),
        ("eu_ai_act_annex_iv", {"jurisdictions": ["european_union"]}, "undecided"),
        ("nist_ai_rmf", {"voluntary": ["doc_model_card"]}, "no"),
    ],
)
def test_where_a_framework_applies(name: str, answers: dict[str, str | list[str]], applies: str) -> None:
    assert applicable(answered(answers), read(name)).applies == applies


@pytest.mark.parametrize(
    ("id", "given", "applies"),
    [
        ("AIA-9-1", {"roles": ["deployer"]}, "no"),
        ("AIA-9-1", {"roles": ["provider"]}, "yes"),
        ("AIA-26-1", {"roles": ["deployer"]}, "yes"),
        ("AIA-27-1A", {"roles": ["deployer"], "public_body": "no"}, "no"),
        ("AIA-27-1A", {"roles": ["deployer"], "public_body": "no", "annex_iii": ["5(b)"]}, "yes"),
        ("AIA-27-1A", {"roles": ["deployer"]}, "undecided"),
        ("AIA-50-1", {"roles": ["provider"]}, "no"),
        ("AIA-50-1", {"roles": ["provider"], "transparency": ["50(1)"]}, "yes"),
        ("AIA-14-5", {"roles": ["provider"]}, "no"),
        ("AIA-6-4", {"roles": ["provider"]}, "no"),
        ("AIA-6-4", {"roles": ["provider"], "profiling": "no", "exemption": ["6(3)(d)"]}, "yes"),
        ("AIA-6-4", {"roles": ["provider"], "profiling": "no"}, "undecided"),
        ("AIA-4", {"roles": ["provider"], "annex_iii": NONE}, "yes"),
        ("AIA-9-1", {"roles": ["provider"], "annex_iii": NONE}, "no"),
    ],
)
def test_which_duties_concern_whom(id: str, given: dict[str, str | list[str]], applies: str) -> None:
    hiring = {"jurisdictions": ["european_union"], "annex_iii": ["4(a)"], "profiling": "yes"}
    pack = read("eu_ai_act")
    assert applicable_to(scope(**{**hiring, **given}), pack, pack.requirement(id)).applies == applies


def test_an_answer_that_no_longer_matters_does_not_count() -> None:
    """The exemption was claimed for a use that was taken back."""
    found = scope(jurisdictions=["european_union"], roles=["provider"], profiling="no", exemption=["6(3)(a)"])
    pack = read("eu_ai_act")
    assert applicable_to(found, pack, pack.requirement("AIA-6-4")).applies == "no"


def choices() -> st.SearchStrategy[dict[str, str | list[str]]]:
    """Any answers that the interview takes, to any of its questions."""
    each = {}
    for one in interview().questions:
        options = [option.id for option in one.options]
        if one.kind == "many":
            plain = st.lists(st.sampled_from([id for id in options if id != NONE]), min_size=1, unique=True)
            each[one.id] = plain | st.just([NONE])
        else:
            each[one.id] = st.sampled_from(options or ["something"])
    return st.fixed_dictionaries({}, optional=each)


@given(choices())
def test_a_system_is_in_at_most_one_kind_of_main_tier(answers: dict[str, str | list[str]]) -> None:
    found = tier(answered(answers))
    mains = {one.id for one in found.tiers} - {"transparency", "gpai"}
    assert not ({"prohibited", "minimal"} & mains and len(mains) > 1)
    assert mains or found.deciding
    assert not ("minimal" in mains and found.deciding)


@given(choices(), choices())
def test_more_answers_never_make_open_what_was_decided_by_country(
    first: dict[str, str | list[str]], more: dict[str, str | list[str]]
) -> None:
    both = {**more, **first}
    before, after = answered(first), answered(both)
    for name in ("nyc_ll144", "eeoc_ugesp", "us_mrm_sr_26_2", "colorado_sb26_189", "china_genai"):
        then = applicable(before, read(name)).applies
        assert then == "undecided" or applicable(after, read(name)).applies == then
