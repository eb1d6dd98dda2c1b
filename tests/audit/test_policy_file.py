"""Policies as people write them: what is refused, in which sentence, and what a tier makes of its base."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from audit import policy as policies
from audit import policy_file
from audit.policy import Policy
from audit.policy_file import PolicyFile
from models.task import UnknownName

HEAD = 'name = "mine"\nversion = "1"\npurpose = "Tests."\n'
RULE = '[[rules]]\nmeasure = "accuracy.accuracy"\nat_least = 0.5\nrationale = "Because it is so."\n'
WAIVER = (
    '[[waivers]]\nmeasure = "accuracy.accuracy"\nmodel = "loans"\nowner = "ann"\nreason = "Accepted for a month."\n'
    'compensating_control = "A person looks at each."\nexpires = 2026-03-01\n'
)


def write(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(text if "name =" in text else HEAD + text)
    return str(path)


def refusal(folder: Path, text: str) -> str:
    """The one sentence with which a file is refused."""
    path = write(folder, text)
    with pytest.raises(ValueError, match="cannot be read") as why:
        policies.read(path)
    said = str(why.value)
    assert said.startswith(f"Policy {path} cannot be read: ")
    assert "\n" not in said
    return said.removeprefix(f"Policy {path} cannot be read: ")


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                RULE + RULE.replace("at_least", "at_lest").replace("accuracy.accuracy", "accuracy.recall"),
                "rule 2 (accuracy.recall): there is no key 'at_lest'; did you mean 'at_least'?",
            ),
            ("extend = 'default'\n" + RULE, "the policy: there is no key 'extend'; did you mean 'extends'?"),
            (
                RULE + "when = { knd = 'binary' }\n",
                "rule 1 (accuracy.accuracy): when: there is no key 'knd'; did you mean 'kind'?",
            ),
            (WAIVER.replace("owner", "ownr") + RULE, "waiver 1: there is no key 'ownr'; did you mean 'owner'?"),
            (
                RULE.replace("accuracy.accuracy", "accuracy.acuracy"),
                "rule 1: there is no measure 'accuracy.acuracy'; did you mean 'accuracy.accuracy'",
            ),
            (
                RULE + WAIVER.replace("accuracy.accuracy", "accuracy.acuracy"),
                "waiver 1: there is no measure 'accuracy.acuracy'; did you mean 'accuracy.accuracy'",
            ),
            (
                RULE.replace('rationale = "Because it is so."\n', ""),
                'rule 1 (accuracy.accuracy): a limit has no reason; type: rationale = "Why this limit, in a sentence."',
            ),
            (RULE.replace("Because it is so.", "so"), "rule 1 (accuracy.accuracy): rationale is too short"),
            (RULE.replace("at_least = 0.5\n", ""), "give exactly one of at_least and at_most"),
            (RULE + "at_most = 0.6\n", "give exactly one of at_least and at_most"),
            (RULE.replace("0.5", "nan"), "finite"),
            (RULE + "level = 95\n", "level: Input should be less than or equal to 0.999"),
            (RULE + 'severity = "note"\n', 'no rule blocks, so the gate could never open; type severity = "block"'),
            ("rules = []", "it has no rules; type [[rules]]"),
            ("rules = [", "it is no TOML"),
            (RULE + RULE.replace("0.5", "0.6"), "rules 1 and 2 (accuracy.accuracy) contradict each other: at_least is 0.5"),
            (RULE + RULE, "rules 1 and 2 (accuracy.accuracy) contradict each other: at_least is 0.5 in one and 0.5"),
            (
                RULE + RULE.replace("at_least = 0.5", "at_most = 0.4"),
                "at_least 0.5 lies above at_most 0.4; lower the one or raise the other",
            ),
            (
                RULE.replace("at_least = 0.5", "at_most = 0.4") + RULE,
                "at_least 0.5 lies above at_most 0.4; lower the one or raise the other",
            ),
            (
                RULE + WAIVER.replace('compensating_control = "A person looks at each."\n', ""),
                "waiver 1 (ann): compensating_control is not given; type: compensating_control =",
            ),
            (RULE + WAIVER.replace("2026-03-01", '"soon"'), "waiver 1 (ann): expires: "),
            ("extends = 'defalt'\n", "it extends 'defalt', which is not there; type one of credit, default"),
            ("extends = 'absent.toml'\n", "it extends 'absent.toml', which is not there"),
        ],
    )  # fmt: skip
    def test_bad_input_is_one_sentence_with_file_rule_and_what_to_type(
        self, tmp_path: Path, text: str, said: str
    ) -> None:
        assert said in refusal(tmp_path, text)

    def test_what_is_not_utf_8_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.toml"
        path.write_bytes(b'name = "\xff"')
        with pytest.raises(ValueError, match="it is no TOML"):
            policies.read(str(path))

    def test_what_is_not_there_is_answered_with_the_nearest(self) -> None:
        with pytest.raises(UnknownName, match="Did you mean 'default'"):
            policies.read("defalt")
        with pytest.raises(UnknownName, match=r"There is no policy 'absent\.toml'"):
            policies.read("absent.toml")


class TestNotRefused:
    @pytest.mark.parametrize(
        "more",
        [
            RULE.replace("0.5", "0.9") + 'severity = "note"\n',
            RULE.replace("0.5", "0.9") + 'setting = "baseline=majority"\n',
            RULE.replace("0.5", "0.9") + 'slice = "sex=F"\n',
            RULE.replace("at_least = 0.5", "at_most = 0.5"),
            RULE.replace("0.5", '"declared"') + 'against = "parent"\n',
        ],
    )
    def test_a_second_limit_that_does_not_contradict_the_first(self, tmp_path: Path, more: str) -> None:
        assert len(policies.read(write(tmp_path, RULE + more)).rules) == 2

    def test_limits_that_no_task_meets_together_may_differ(self, tmp_path: Path) -> None:
        apart = RULE + 'when = { kind = "binary" }\n' + RULE.replace("0.5", "0.6") + 'when = { kind = "multiclass" }\n'
        assert len(policies.read(write(tmp_path, apart)).rules) == 2
        together = apart.replace('"multiclass"', '["multiclass", "binary"]')
        assert "contradict each other" in refusal(tmp_path, together)


class TestTiers:
    def test_the_base_comes_first_and_its_rule_is_replaced_in_its_place(self, tmp_path: Path) -> None:
        own = RULE.replace("accuracy.accuracy", "data.train_test_overlap").replace("at_least = 0.5", "at_most = 0.01")
        found = policies.read(write(tmp_path, 'extends = "default"\n' + own + RULE))
        base = policies.read("default")
        at = [one.measure for one in base.rules].index("data.train_test_overlap")
        assert [one.target for one in found.rules[:-1]] == [one.target for one in base.rules]
        assert found.rules[at].at_most == 0.01
        assert found.rules[-1].at_least == 0.5
        assert found.bases == (base.title,)

    def test_a_rule_of_another_setting_side_or_against_the_parent_replaces_nothing(self, tmp_path: Path) -> None:
        write(tmp_path, RULE, "base.toml")
        for more in ('setting = "k=1"', 'slice = "sex=F"', 'per = "group"', 'against = "parent"'):
            found = policies.read(write(tmp_path, 'extends = "base.toml"\n' + RULE + more + "\n"))
            assert len(found.rules) == 2, more
        upper = RULE.replace("at_least = 0.5", "at_most = 0.9")
        assert len(policies.read(write(tmp_path, 'extends = "base.toml"\n' + upper)).rules) == 2

    def test_the_resolved_policy_is_what_is_hashed(self, tmp_path: Path) -> None:
        tier = write(tmp_path, 'extends = "base.toml"\n' + WAIVER)
        write(tmp_path, RULE, "base.toml")
        first = policies.read(tier)
        assert Policy.model_validate_json(first.canonical()).sha256() == first.sha256()
        assert first.waivers[0].owner == "ann"
        write(tmp_path, RULE.replace("0.5", "0.6"), "base.toml")
        assert policies.read(tier).sha256() != first.sha256()
        write(tmp_path, RULE + "# the same again\n", "base.toml")
        assert policies.read(tier) == first

    def test_a_tier_of_a_tier_and_a_base_in_another_folder(self, tmp_path: Path) -> None:
        (tmp_path / "bases").mkdir()
        write(tmp_path / "bases", RULE, "far.toml")
        write(
            tmp_path,
            HEAD.replace("mine", "near") + 'extends = "bases/far.toml"\n' + RULE.replace("0.5", "0.6"),
            "near.toml",
        )
        found = policies.read(write(tmp_path, 'extends = "near.toml"\n'))
        assert [one.at_least for one in found.rules] == [0.6]
        assert found.bases == ("near 1", "mine 1")

    def test_a_circle_is_a_sentence(self, tmp_path: Path) -> None:
        write(tmp_path, 'extends = "mine.toml"\n' + RULE, "other.toml")
        path = write(tmp_path, 'extends = "other.toml"\n' + RULE)
        with pytest.raises(ValueError, match=r"mine\.toml -> other\.toml -> mine\.toml; take one extends away") as why:
            policies.read(path)
        assert "\n" not in str(why.value)

    def test_a_base_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        write(tmp_path, RULE.replace("at_least", "at_lest"), "base.toml")
        with pytest.raises(ValueError, match=r"base\.toml cannot be read: rule 1"):
            policies.read(write(tmp_path, 'extends = "base.toml"\n'))

    def test_a_tier_that_contradicts_its_base_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, RULE, "base.toml")
        said = refusal(tmp_path, 'extends = "base.toml"\n' + RULE.replace("at_least = 0.5", "at_most = 0.4"))
        assert said.startswith("counting the rules of mine first, rules 1 and 2 (accuracy.accuracy) contradict")

    def test_a_tier_that_leaves_nothing_blocking_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, RULE, "base.toml")
        assert "no rule blocks" in refusal(tmp_path, 'extends = "base.toml"\n' + RULE + 'severity = "note"\n')

    def test_a_policy_without_a_base_has_the_digest_it_had_before_there_were_bases(self) -> None:
        old = json.loads((Path(__file__).parent / "golden" / "policy.json").read_bytes())
        found = Policy.model_validate(old)
        assert found.bases is None
        assert "bases" not in json.loads(found.canonical())


class TestSchema:
    def test_the_shipped_schema_is_that_of_the_form(self) -> None:
        shipped = (policies.FOLDER / "schema.json").read_text()
        why = "type: answerable policy schema > audit/policies/schema.json"
        assert shipped == policy_file.schema(), why

    @pytest.mark.parametrize("name", policies.names())
    def test_every_shipped_policy_names_it_and_uses_only_its_keys(self, name: str) -> None:
        text = (policies.FOLDER / f"{name}.toml").read_text()
        assert text.startswith("#:schema ./schema.json\n")
        schema = json.loads(policy_file.schema())
        given = tomllib.loads(text)
        assert set(given) <= set(schema["properties"])
        for rule in given["rules"]:
            assert set(rule) <= set(schema["$defs"]["Rule"]["properties"])
            assert set(schema["$defs"]["Rule"]["required"]) <= set(rule)

    def test_every_key_is_explained(self) -> None:
        schema = json.loads(policy_file.schema())
        explained = [one for one in PolicyFile.model_fields if "description" in schema["properties"][one]]
        assert {"extends", "version", "rules", "waivers"} <= set(explained)
        assert not schema["additionalProperties"]
