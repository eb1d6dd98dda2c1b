"""What one policy changes in another, in words, and whether it asks for less."""

from __future__ import annotations

from datetime import date

import pytest

from audit import policy as policies
from audit.policy import Policy, Rule, Waiver
from audit.policy_diff import amendments


def rule(**given: object) -> Rule:
    limit = {} if {"at_least", "at_most"} & set(given) else {"at_least": 0.5}
    return Rule.model_validate({"measure": "accuracy.accuracy", "rationale": "For the test.", **limit, **given})


def policy(*rules: Rule, waivers: tuple[Waiver, ...] = ()) -> Policy:
    return Policy(name="test", version="1", purpose="Tests.", rules=rules, waivers=waivers)


def waiver(**given: object) -> Waiver:
    made = {"measure": "accuracy.accuracy", "model": "loans", "owner": "ann", "reason": "Accepted for a month."}
    return Waiver.model_validate({**made, "expires": date(2026, 3, 1), **given})


def said(old: Policy, new: Policy) -> list[str]:
    return [one.sentence for one in amendments(old, new)]


@pytest.mark.parametrize("name", policies.names())
def test_a_policy_changes_nothing_in_itself(name: str) -> None:
    assert said(policies.read(name), policies.read(name)) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ({"at_least": 0.8}, {"at_least": 0.7}, "the limit was at least 0.8 and is at least 0.7 (weaker)"),
        ({"at_least": 0.7}, {"at_least": 0.8}, "the limit was at least 0.7 and is at least 0.8 (stricter)"),
        ({"at_most": 0.1}, {"at_most": 0.2}, "the limit was at most 0.1 and is at most 0.2 (weaker)"),
        ({"at_most": 0.2}, {"at_most": 0.1}, "the limit was at most 0.2 and is at most 0.1 (stricter)"),
        (
            {"at_most": "declared"}, {"at_most": 0.1},
            "the limit was at most what the task's owner declared and is at most 0.1",
        ),
        ({"level": 0.99}, {}, "the level was 0.99 and is 0.95 (weaker)"),
        ({}, {"minimum_n": 50}, "the smallest n was 1 and is 50 (stricter)"),
        ({}, {"severity": "note"}, "severity was block and is note (weaker)"),
        ({}, {"statistic": "value"}, "what is judged was interval and is value (weaker)"),
        ({"accept_bound": True}, {}, "whether a bound is accepted was True and is False (stricter)"),
        ({}, {"when": {"kind": "binary"}}, "whom it concerns was every task and is kind = binary (weaker)"),
        ({"when": {"kind": "binary"}}, {}, "whom it concerns was kind = binary and is every task (stricter)"),
        ({}, {"rationale": "For another test."}, "rationale now says: For another test"),
        ({"clauses": ("AIA-15-1",)}, {}, "clauses now says: nothing"),
    ],
)  # fmt: skip
def test_a_rule_is_compared_limit_by_limit(old: dict[str, object], new: dict[str, object], sentence: str) -> None:
    assert said(policy(rule(**old)), policy(rule(**new))) == [f"accuracy.accuracy: {sentence}"]


def test_rules_are_added_and_removed() -> None:
    more = rule(measure="accuracy.recall", against="parent", at_least="declared")
    noted = rule(measure="accuracy.precision", severity="note")
    assert said(policy(rule()), policy(rule(), more, noted)) == [
        "accuracy.recall against the parent: added: at least what the task's owner declared (stricter)",
        "accuracy.precision: added: at least 0.5, a note",
    ]
    assert said(policy(rule(), more), policy(rule())) == [
        "accuracy.recall against the parent: removed: at least what the task's owner declared (weaker)"
    ]


def test_the_other_side_is_another_rule() -> None:
    assert [one.kind for one in amendments(policy(rule()), policy(rule(at_most=0.5)))] == ["added", "removed"]


def test_a_note_beside_a_block_is_held_against_its_own() -> None:
    strict, stricter = rule(at_least=0.9, severity="note"), rule(at_least=0.95, severity="note")
    found = list(amendments(policy(rule(), strict), policy(rule(), stricter)))
    assert [(one.old, one.new) for one in found] == [("at least 0.9", "at least 0.95")]


def test_a_waiver_makes_weaker_and_its_end_stricter() -> None:
    about = "waiver of ann for accuracy.accuracy of loans"
    without, given = policy(rule()), policy(rule(), waivers=(waiver(),))
    longer = policy(rule(), waivers=(waiver(expires=date(2026, 4, 1)),))
    assert said(without, given) == [f"{about}: added: until 2026-03-01: Accepted for a month. (weaker)"]
    assert said(given, without) == [f"{about}: removed: until 2026-03-01: Accepted for a month. (stricter)"]
    assert said(given, longer) == [f"{about}: its end was 2026-03-01 and is 2026-04-01 (weaker)"]
    assert said(longer, given) == [f"{about}: its end was 2026-04-01 and is 2026-03-01 (stricter)"]


def test_a_tier_is_never_weaker_in_silence() -> None:
    base = policies.read("default")
    weak = [one.model_copy(update={"severity": "note"}) for one in base.rules]
    found = list(amendments(base, base.model_copy(update={"rules": tuple(weak)})))
    assert [one.effect for one in found] == ["weaker"] * len(base.rules)
