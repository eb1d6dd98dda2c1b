"""Acts of governance as people type them: who lets which version go where, and what is refused in a sentence."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audit import framework, policy
from audit.acts.signoff import Approval, Refusal
from audit.acts.waivers import granted
from audit.interview import interview
from audit.judge import judge
from dashboard import filing, governing, policies, signing_off, verbs
from dashboard.cli import app
from dashboard.governing import Refused
from dashboard.work import Place
from models.record import sha256
from storage.ledger import Actor, me
from storage.verify import verify
from tests.dashboard import stores

VAL, OLGA = Actor("val", "oidc"), Actor("olga", "oidc")
DUE = date(2030, 1, 1)
LOANS = """
name = "loans"
version = "{version}"
purpose = "lets loans out"

[[rules]]
measure = "accuracy.accuracy"
at_least = {limit}
rationale = "better than a coin, as the board asked for"
"""
ENTRY = {
    "owner": "olga", "developer": "ada", "validator": "val", "use": "decides who gets a mortgage", "exposure": "high",
    "purpose": "medium", "next_review": DUE,
}  # fmt: skip


@pytest.fixture
def where(populated: Path) -> Place:
    return verbs.place()


def judged(
    where: Place, folder: Path, version: str = "mortgage@2", limit: float = 0.5, number: str = "1", alone: bool = False
) -> None:
    """A version under a policy with one limit on accuracy. alone: its author may approve it."""
    file = folder / f"loans{number}.toml"
    file.write_text(("four_eyes = false\n" if alone else "") + LOANS.format(version=number, limit=limit))
    assert policy.read(str(file)).name == "loans"
    verbs.judge(where, version, str(file))


def requested(where: Place, folder: Path, limit: float = 0.5, actor: Actor = OLGA, alone: bool = False) -> None:
    judged(where, folder, limit=limit, alone=alone)
    signing_off.request(where.archive, "mortgage@2", "production", actor, policy="loans")


def refusals(where: Place) -> list[Refusal]:
    return [one.content for one in where.archive.acts("mortgage", "refusal") if isinstance(one.content, Refusal)]


def typed(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words], input=given)


def sentence(result: Result) -> str:
    """What is said of bad input: one line on the error stream, exit code 2."""
    assert result.exit_code == 2, result.output
    said = [line for line in result.stderr.splitlines() if line.startswith("answerable: ")]
    assert len(said) == 1, result.stderr
    assert "Traceback" not in result.output
    return said[0]


class TestInventory:
    def test_a_model_is_entered_and_parts_of_its_entry_changed(self, where: Place) -> None:
        governing.register(where.archive, "mortgage@1", ENTRY, OLGA)
        governing.register(where.archive, "mortgage", {"owner": "oscar", "use": None}, VAL)
        found = governing.state(where.archive, "mortgage@2")
        assert found.entry is not None
        assert (found.entry.owner, found.entry.use, found.entry.tier) == ("oscar", ENTRY["use"], 1)
        assert verify(where.archive) == []

    def test_a_first_entry_must_say_all(self, where: Place) -> None:
        with pytest.raises(ValueError, match=r"lacks --developer, .*--next-review; give these too"):
            governing.register(where.archive, "mortgage", {"owner": "olga"})
        with pytest.raises(ValueError, match=r"--exposure: .*given: 'enormous'"):
            governing.register(where.archive, "mortgage", ENTRY | {"exposure": "enormous"})
        assert where.archive.acts() == []

    def test_what_needs_attention_leads(self, where: Place) -> None:
        assert [one.model for one in governing.states(where.archive)] == ["breast_cancer", "digits", "mortgage"]
        governing.register(where.archive, "mortgage", ENTRY | {"next_review": date(2020, 1, 1)})
        found = governing.states(where.archive)
        assert [one.model for one in found] == ["mortgage", "breast_cancer", "digits"]
        assert "was due on 2020-01-01" in found[0].attention[0]

    def test_a_change_is_classed(self, where: Place) -> None:
        governing.classify(where.archive, "mortgage@2", True, "trained by reductions instead")
        (change,) = governing.state(where.archive, "mortgage").changes
        assert (change.version, change.material) == (where.archive.model("mortgage@2").digest, True)


class TestSignOff:
    def test_a_version_is_asked_for_approved_and_released(self, where: Place, tmp_path: Path) -> None:
        requested(where, tmp_path)
        approved = signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL, ("watch drift",))
        done = signing_off.release(where.archive, "mortgage@2", "production", OLGA)
        found = governing.state(where.archive, "mortgage")
        assert found.released[0].version == where.archive.model("mortgage@2").digest
        assert found.approvals[0].sentence.startswith("approved by val (oidc) for production on ")
        assert "on condition: watch drift" in found.approvals[0].sentence
        assert done.content.approvals == (approved.id,)  # type: ignore[union-attr]
        assert refusals(where) == []
        assert verify(where.archive) == []

    def test_it_is_bound_to_model_split_policy_report_and_judgement(self, where: Place, tmp_path: Path) -> None:
        requested(where, tmp_path)
        content = signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL).content
        assert isinstance(content, Approval)
        report = where.archive.newest_report("mortgage@2")
        bound = content.signed
        assert (bound.model, bound.split, bound.report) == (report.model, report.split, report.key)
        assert where.archive.policy(bound.policy).name == bound.policy_name == "loans"
        assert where.archive.judgement(bound.judgement).report == report.key

    def test_release_is_refused_without_and_the_refusal_is_kept(self, where: Place) -> None:
        with pytest.raises(Refused, match=r"no approval in force for production: nobody has approved it\. Type: answ"):
            signing_off.release(where.archive, "mortgage@2", "production", OLGA)
        (found,) = refusals(where)
        assert (found.tried, found.stage) == ("release", "production")
        assert found.version == where.archive.model("mortgage@2").digest
        assert governing.state(where.archive, "mortgage").released == ()

    def test_release_is_of_the_stage_and_version_that_were_approved(self, where: Place, tmp_path: Path) -> None:
        requested(where, tmp_path)
        signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL)
        for version, stage in (("mortgage@2", "staging"), ("mortgage@1", "production")):
            with pytest.raises(Refused, match="no approval in force"):
                signing_off.release(where.archive, version, stage, OLGA)  # type: ignore[arg-type]
        with pytest.raises(Refused, match="is expired: it ended on 2030-01-01"):
            signing_off.release(where.archive, "mortgage@2", "production", OLGA, DUE + timedelta(days=1))

    def test_release_is_refused_once_withdrawn(self, where: Place, tmp_path: Path) -> None:
        requested(where, tmp_path)
        given = signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL)
        signing_off.withdraw(where.archive, given.id[:12], "a customer complained", OLGA)
        with pytest.raises(Refused, match="is withdrawn: by olga"):
            signing_off.release(where.archive, "mortgage@2", "production", OLGA)

    def test_a_retired_model_is_not_released_until_it_is_developed_again(self, where: Place, tmp_path: Path) -> None:
        governing.register(where.archive, "mortgage", ENTRY, OLGA)
        requested(where, tmp_path, actor=me(), alone=True)
        signing_off.approve(where.archive, "mortgage@2", "production", DUE, me())
        assert typed("inventory", "set", "mortgage", "--phase", "retired").exit_code == 0
        said = sentence(typed("release", "mortgage@2", "--stage", "production"))
        assert said.startswith("answerable: mortgage is retired. Type: ")
        assert [(one.tried, one.stage) for one in refusals(where)] == [("release", "production")]
        assert governing.state(where.archive, "mortgage").released == ()
        program, *words = said.partition("Type: ")[2].split()
        assert program == "answerable"
        assert typed(*words).exit_code == 0
        assert typed("release", "mortgage@2", "--stage", "production").exit_code == 0
        assert len(governing.state(where.archive, "mortgage").released) == 1

    def test_an_approval_taken_back_at_the_same_moment_releases_nothing(
        self, where: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        requested(where, tmp_path)
        given = signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL)
        seen = signing_off.state

        def then_withdrawn(*words: object) -> object:
            found = seen(*words)  # type: ignore[arg-type]
            monkeypatch.setattr(signing_off, "state", seen)
            signing_off.withdraw(where.archive, given.id, "a customer complained", VAL)
            return found

        monkeypatch.setattr(signing_off, "state", then_withdrawn)
        with pytest.raises(Refused, match="taken back at the same moment"):
            signing_off.release(where.archive, "mortgage@2", "production", OLGA)
        assert governing.state(where.archive, "mortgage").released == ()
        assert [one.tried for one in refusals(where)] == ["release"]

    def test_new_evidence_makes_an_approval_stale_by_itself(self, where: Place, tmp_path: Path) -> None:
        requested(where, tmp_path)
        signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL)
        judged(where, tmp_path, limit=0.6, number="2")
        with pytest.raises(Refused, match="is stale: the policy loans changed"):
            signing_off.release(where.archive, "mortgage@2", "production", OLGA)

    def test_an_approval_of_outdated_evidence_is_refused(self, where: Place, tmp_path: Path) -> None:
        requested(where, tmp_path)
        judged(where, tmp_path, limit=0.6, number="2")
        with pytest.raises(Refused, match=r"no longer what is known: .* Type: answerable signoff request mortgage@2"):
            signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL)

    @pytest.mark.parametrize(("actor", "said"), [
        (Actor("ada", "oidc"), "ada made the version"), (OLGA, "olga asked for the approval"),
        (Actor("val", "os-user"), "known by the operating system alone"),
    ])  # fmt: skip
    def test_four_eyes_are_demanded(self, where: Place, tmp_path: Path, actor: Actor, said: str) -> None:
        requested(where, tmp_path)
        with pytest.raises(Refused, match=said):
            signing_off.approve(where.archive, "mortgage@2", "production", DUE, actor)
        assert [one.tried for one in refusals(where)] == ["approval"]
        assert governing.state(where.archive, "mortgage").approvals == ()

    def test_a_single_user_may_where_the_policy_says_so(self, where: Place, tmp_path: Path) -> None:
        requested(where, tmp_path, actor=me(), alone=True)
        signing_off.approve(where.archive, "mortgage@2", "production", DUE, me())
        signing_off.release(where.archive, "mortgage@2", "production", me())
        (found,) = governing.state(where.archive, "mortgage").approvals
        assert found.sentence.startswith(f"approved by its author {me().name} (os-user)")

    def test_nobody_approves_what_nobody_asked_for(self, where: Place, tmp_path: Path) -> None:
        with pytest.raises(Refused, match="Nobody has asked for mortgage@2 to be approved for staging"):
            signing_off.approve(where.archive, "mortgage@2", "staging", DUE, VAL)
        with pytest.raises(ValueError, match="was not judged on its newest report"):
            signing_off.request(where.archive, "mortgage@2", "staging", OLGA, policy="loans")
        with pytest.raises(LookupError, match="has no report yet"):
            signing_off.request(where.archive, "breast_cancer@1", "staging", OLGA)

    def test_an_end_that_is_over_is_refused(self, where: Place, tmp_path: Path) -> None:
        requested(where, tmp_path)
        with pytest.raises(ValueError, match="would be over already"):
            signing_off.approve(where.archive, "mortgage@2", "production", date(2020, 1, 1), VAL)


class TestWaivers:
    def test_a_shut_gate_is_not_approved_unless_every_rule_is_waived(self, where: Place, tmp_path: Path) -> None:
        requested(where, tmp_path, limit=0.999)
        with pytest.raises(Refused, match=r"is shut under loans 1 by 2 verdicts.*answerable waive mortgage accuracy"):
            signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL)
        until = governing.today() + timedelta(days=5)
        said = {"reason": "until the next version", "expires": until}
        governing.waive(where.archive, "mortgage", "accuracy.accuracy", said, OLGA)
        given = signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL)
        assert given.content.waived == (("accuracy.accuracy", until),)  # type: ignore[union-attr]
        signing_off.release(where.archive, "mortgage@2", "production", OLGA)
        later = until + timedelta(days=1)
        with pytest.raises(Refused, match=f"the waiver of accuracy.accuracy expired on {until}"):
            signing_off.release(where.archive, "mortgage@2", "production", OLGA, later)
        with pytest.raises(Refused, match="is shut under loans 1"):
            signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL, on=later)

    def test_judging_takes_it_names_it_and_can_be_done_again(self, where: Place, tmp_path: Path) -> None:
        judged(where, tmp_path, limit=0.999)
        said = {"reason": "until the next version", "expires": governing.today() + timedelta(days=5)}
        act = governing.waive(where.archive, "mortgage", "accuracy.accuracy", said, OLGA)
        found = verbs.judge(where, "mortgage@2", str(tmp_path / "loans1.toml"))
        assert found.passed
        assert {one.outcome for one in found.verdicts} == {"waived"}
        assert all(one.waivers == (act.id,) and act.id in one.reason for one in found.verdicts)
        report, by = where.archive.newest_report("mortgage@2"), where.archive.policy(found.policy)
        again = judge(
            report, by, where.archive.model("mortgage@2").purpose, has_parent=True,
            declared=not found.after_the_fact, judged_before=found.judged_before,
            waivers=granted([where.archive.act(act.id)]), now=found.created,
        )  # fmt: skip
        assert again.model_copy(update={"parent_report": found.parent_report}) == found
        later = judge(
            report, by, where.archive.model("mortgage@2").purpose, waivers=granted([act]),
            now=found.created + timedelta(days=7),
        )  # fmt: skip
        assert not later.passed
        assert f"; the waiver of olga ({act.id}) ended on {said['expires']}" in later.verdicts[0].reason
        assert verify(where.archive) == []

    def test_trying_a_draft_takes_it(self, where: Place, tmp_path: Path) -> None:
        judged(where, tmp_path, limit=0.999)
        said = {"reason": "until the next version", "expires": governing.today() + timedelta(days=5)}
        governing.waive(where.archive, "mortgage", "accuracy.accuracy", said, OLGA)
        found = policies.attempts(where.archive, policies.read(str(tmp_path / "loans1.toml")))
        (tried,) = [one for one in found if one.title == "mortgage@2"]
        assert (tried.before, tried.after) == (False, True)
        assert {(one.before, one.after) for one in tried.changes} == {("fail", "waived")}

    def test_what_makes_no_sense_is_refused(self, where: Place) -> None:
        with pytest.raises(LookupError, match=r"Did you mean 'accuracy.accuracy'\?"):
            governing.waive(where.archive, "mortgage", "accuracy.acuracy", {"reason": "because we can", "expires": DUE})
        old = {"reason": "because we can", "expires": date(2020, 1, 1)}
        with pytest.raises(ValueError, match="would be over already"):
            governing.waive(where.archive, "mortgage", "accuracy.accuracy", old)
        with pytest.raises(ValueError, match="--reason: "):
            governing.waive(where.archive, "mortgage", "accuracy.accuracy", {"reason": "", "expires": DUE})


class TestFindings:
    said = {"title": "wrong for the young", "severity": "high", "owner": "ada", "due": date(2020, 1, 1)}  # noqa: RUF012

    def test_it_closes_only_with_a_newer_report(self, where: Place) -> None:
        opened = governing.open_finding(where.archive, "mortgage@2", self.said, VAL)
        assert governing.state(where.archive, "mortgage").open_findings[0].overdue
        with pytest.raises(Refused, match=r"closes only with new evidence, and report r-.* was made before"):
            governing.close_finding(where.archive, opened.id, "mortgage@2", "it is fine now", OLGA)
        assert [one.tried for one in refusals(where)] == ["closing"]
        old = where.archive.newest_report("mortgage@2")
        newer = old.model_copy(update={"key": "f" * 64, "created": datetime.now(UTC), "rows": None})
        where.archive.put_report(newer, None, OLGA)
        governing.close_finding(where.archive, opened.id[:10], "mortgage@2", "the new audit shows it", OLGA)
        assert governing.state(where.archive, "mortgage").open_findings == ()
        with pytest.raises(ValueError, match="was closed on"):
            governing.close_finding(where.archive, opened.id, "mortgage@2", "once more to be sure", OLGA)

    def test_a_report_of_another_model_is_no_evidence(self, where: Place) -> None:
        opened = governing.open_finding(where.archive, "mortgage", self.said, VAL)
        assert opened.content.version is None  # type: ignore[union-attr]
        with pytest.raises(Refused, match="no report of a version of mortgage has the key"):
            governing.close_finding(where.archive, opened.id, "digits@1", "another model is fine", OLGA)
        asked = governing.register(where.archive, "mortgage", ENTRY)
        with pytest.raises(ValueError, match="is no finding but of kind inventory"):
            governing.close_finding(where.archive, asked.id, "mortgage@2", "it is fine now", OLGA)


class TestFiling:
    def test_documents_are_versioned_by_digest(self, where: Place, tmp_path: Path) -> None:
        file = tmp_path / "card.md"
        file.write_text("# Mortgage\n")
        first = filing.add_document(where.archive, "mortgage@2", "model_card", file, actor=OLGA)
        assert filing.add_document(where.archive, "mortgage@2", "model_card", file, actor=VAL) == first
        file.write_text("# Mortgage, again\n")
        filing.add_document(where.archive, "mortgage@2", "model_card", file, actor=VAL)
        found = filing.documents(where.archive, "mortgage")
        assert len({one.digest for _, one in found}) == 2
        with pytest.raises(LookupError, match="Did you mean 'model_card'"):
            filing.add_document(where.archive, "mortgage@2", "model-card", file)
        file.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ValueError, match="is no text in UTF-8"):
            filing.add_document(where.archive, "mortgage@2", "model_card", file)
        with pytest.raises(ValueError, match="There is no file"):
            filing.add_document(where.archive, "mortgage@2", "model_card", tmp_path / "none.md")

    @pytest.mark.parametrize("about", ["mortgage@2", "mortgage"])
    def test_of_two_documents_of_one_day_the_later_counts(self, where: Place, about: str) -> None:
        filing.answer(where.archive, "mortgage", {"voluntary": "doc_datasheet"}, OLGA)
        for text, until in (("first", DUE), ("second", governing.today())):
            filing.file_text(where.archive, "mortgage@2", "datasheet", text, text, until, OLGA)
        filing.file_text(where.archive, about, "datasheet", "third", "third", DUE, VAL)
        found = json.loads(typed("requirements", "mortgage@2", "doc_datasheet", "--json").stdout)
        assert {one["state"] for one in found} == {"document present"}
        assert {one["evidence"][0] for one in found} == {sha256(b"third")}

    def test_answers_add_up(self, where: Place) -> None:
        many = next(one for one in interview().questions if one.kind == "many" and not one.when)
        first = filing.open_of(where.archive, "mortgage")
        filing.answer(where.archive, "mortgage", {many.id: ", ".join(one.id for one in many.options[:2])}, OLGA)
        filing.answer(where.archive, "mortgage@1", {"profiling": "no"}, VAL)
        scope = filing.scope_of(where.archive, "mortgage")
        assert scope.said(many.id) == tuple(sorted(one.id for one in many.options[:2]))
        assert scope.said("profiling") == ("no",)
        assert many.id in {one.id for one in first}
        assert many.id not in {one.id for one in filing.open_of(where.archive, "mortgage")}

    def test_requirements_are_derived_from_what_is_kept(self, where: Place, tmp_path: Path) -> None:
        judged(where, tmp_path)
        pack = framework.read("doc_model_card")
        before = filing.requirements(where.archive, "mortgage@2", "doc_model_card", rows=True)
        assert len(before) == len(pack.requirements)
        file = tmp_path / "card.md"
        file.write_text("# Mortgage\n")
        filing.add_document(where.archive, "mortgage@2", "model_card", file, actor=OLGA)
        facts = filing.facts_of(where.archive, where.archive.model("mortgage@2"), governing.today(), rows=True)
        assert [one.kind for one in facts.documents] == ["model_card"]
        assert facts.report is not None
        assert facts.judgement is not None
        assert facts.policy == facts.judgement.policy
        found = {one.measure: one.holds for one in facts.found}
        assert found["process.signoff_present"] is False
        assert found["process.gate_result"] is True

    def test_an_approval_is_found_and_an_authors_is_no_independent_review(self, where: Place, tmp_path: Path) -> None:
        def found() -> dict[str, bool | None]:
            facts = filing.facts_of(where.archive, where.archive.model("mortgage@2"), governing.today(), rows=True)
            return {one.measure: one.holds for one in facts.found}

        requested(where, tmp_path, alone=True)
        signing_off.approve(where.archive, "mortgage@2", "production", DUE, OLGA)
        assert found()["process.signoff_present"] is True
        assert found()["process.independent_review"] is False
        signing_off.approve(where.archive, "mortgage@2", "production", DUE, VAL)
        assert found()["process.independent_review"] is True

    def test_bound_evidence_is_stale_for_another_version(self, where: Place) -> None:
        filing.bind(where.archive, "mortgage@1", "nist_ai_rmf", DUE, OLGA)

        def stale(version: str) -> list[str]:
            found = filing.requirements(where.archive, version, "nist_ai_rmf", rows=True)
            return [one.reason for one in found if one.state == "stale"]

        filing.answer(where.archive, "mortgage", {"voluntary": "nist_ai_rmf"}, OLGA)
        assert not stale("mortgage@1")
        assert any("The model changed since" in one for one in stale("mortgage@2"))
        filing.bind(where.archive, "mortgage@2", "nist_ai_rmf", DUE, OLGA)
        assert not stale("mortgage@2")
        assert not stale("mortgage@1")
        with pytest.raises(ValueError, match="--until a later day"):
            filing.bind(where.archive, "mortgage@1", "eu_ai_act", date(2020, 1, 1), OLGA)
        with pytest.raises(LookupError, match="Did you mean 'eu_ai_act'"):
            filing.bind(where.archive, "mortgage@1", "eu_ai_ac", DUE, OLGA)

    def test_a_person_attests(self, where: Place) -> None:
        one = framework.read("eu_ai_act").requirements[0]
        report = where.archive.newest_report("mortgage@2")
        done = filing.attest(
            where.archive,
            "mortgage@2",
            "eu_ai_act",
            one.id,
            "staff were trained in it",
            (report.id[:12],),
            DUE,
            "Olga O.",
            OLGA,
        )
        (attestation,) = filing.facts_of(
            where.archive, where.archive.model("mortgage@2"), governing.today(), rows=True
        ).attestations
        assert (attestation.person, attestation.evidence) == ("Olga O.", (report.id,))
        assert (done.actor, done.known_by) == ("olga", "oidc")
        with pytest.raises(LookupError, match="There is no requirement of eu_ai_act"):
            filing.attest(where.archive, "mortgage@2", "eu_ai_act", "AIA-none", "staff were trained in it")
        with pytest.raises(ValueError, match="--statement: "):
            filing.attest(where.archive, "mortgage@2", "eu_ai_act", one.id, "yes")
        with pytest.raises(ValueError, match="before it was made"):
            filing.attest(
                where.archive, "mortgage@2", "eu_ai_act", one.id, "staff were trained", expires=date(2020, 1, 1)
            )


class TestTerminal:
    def test_from_entry_to_release(self, populated: Path, tmp_path: Path) -> None:
        given = [
            "--owner",
            "olga",
            "--developer",
            "ada",
            "--validator",
            "val",
            "--exposure",
            "low",
            "--purpose",
            "high",
        ]
        said = typed("inventory", "set", "mortgage", *given, "--use", "decides on loans", "--next-review", "2020-01-01")
        assert said.exit_code == 0, said.output
        assert "inventory of mortgage, by" in said.stdout
        (populated / "loans.toml").write_text("four_eyes = false\n" + LOANS.format(version="1", limit=0.5))
        assert typed("judge", "mortgage@2", "--policy", str(populated / "loans.toml")).exit_code == 0
        paper = ("report", "mortgage@2", "--format", "html", "--policy", str(populated / "loans.toml"), "--folder")
        assert typed(*paper, str(tmp_path / "before")).exit_code == 0
        for words in (
            ("signoff", "request", "mortgage@2", "--stage", "staging"),
            (
                "signoff",
                "approve",
                "mortgage@2",
                "--stage",
                "staging",
                "--until",
                "2030-01-01",
                "--condition",
                "watch it",
            ),
            ("release", "mortgage@2", "--stage", "staging"),
            ("inventory", "change", "mortgage@2", "--not-material", "--reason", "only the seed differs"),
        ):
            done = typed(*words, "--json")
            assert done.exit_code == 0, done.output
            act = json.loads(done.stdout)
            assert typed("show", act["id"][:12]).exit_code == 0
        listed = typed("inventory", "--json")
        first = json.loads(listed.stdout)[0]
        assert (first["model"], first["phase"], first["review_overdue"]) == (
            "mortgage",
            "approved with conditions",
            True,
        )
        shown = typed("inventory", "show", "mortgage").stdout
        assert "approved by its author" in shown
        assert "staging: " in shown
        assert "approved by its author" in typed("signoff", "list", "mortgage").stdout
        assert typed(*paper, str(tmp_path / "after")).exit_code == 0
        pages = [(tmp_path / when / "mortgage-2.html").read_text() for when in ("before", "after")]
        assert ["approved by its author" in page for page in pages] == [False, True]
        for when in ("before", "after"):
            said = typed("report", "check", str(tmp_path / when / "mortgage-2.html"))
            assert said.exit_code == 0, said.output
        (tmp_path / "edited.html").write_text(pages[1].replace("until 2030-01-01", "until 2037-01-01"))
        assert typed("report", "check", str(tmp_path / "edited.html")).exit_code == 1
        approval = json.loads(typed("signoff", "list", "--json").stdout)[0]["id"]
        assert typed("signoff", "withdraw", approval, "--reason", "a customer complained").exit_code == 0
        assert "withdrawn" in sentence(typed("release", "mortgage@2", "--stage", "staging"))
        assert typed("verify").exit_code == 0

    def test_findings_and_documents(self, populated: Path, tmp_path: Path) -> None:
        assert "There is no finding." in typed("finding", "list").stdout
        words = ["--title", "wrong for the young", "--severity", "low", "--owner", "ada", "--due", "2020-01-01"]
        opened = json.loads(typed("finding", "open", "mortgage@2", *words, "--json").stdout)["id"]
        assert "overdue" in typed("finding", "list", "mortgage").stdout
        refused = typed("finding", "close", opened, "--evidence", "mortgage@2", "--reason", "it is fine now")
        assert "closes only with new evidence" in sentence(refused)
        (tmp_path / "card.md").write_text("# Mortgage \x1b[31m\n")
        added = typed("document", "add", "mortgage", "model_card", str(tmp_path / "card.md"), "--title", "\x1b[2Jcard")
        assert added.exit_code == 0, added.output
        listed = typed("document", "list", "mortgage")
        assert "\x1b" not in listed.stdout
        shown = typed("document", "show", added.stdout.partition(":")[0])
        assert shown.stdout == "# Mortgage \x1b[31m\n"
        assert "is no document" in sentence(typed("document", "show", opened))

    def test_scope_is_asked_and_answered(self, populated: Path) -> None:
        assert "Open: " in typed("scope", "show", "mortgage").stdout
        asked = typed("scope", "ask", "mortgage", given="Mortgage scoring\nnonsense of a very odd kind\n")
        assert asked.exit_code == 0, asked.output
        assert "scope of mortgage" in asked.stdout
        before = json.loads(typed("scope", "show", "mortgage", "--json").stdout)
        assert before["answers"]
        assert typed("scope", "answer", "mortgage", "profiling=no").exit_code == 0
        after = json.loads(typed("scope", "show", "mortgage", "--json").stdout)
        assert after["answers"] == before["answers"] | {"profiling": ["no"]}
        assert typed("scope", "ask", "mortgage", given="").exit_code == 0
        assert json.loads(typed("scope", "show", "mortgage", "--json").stdout) == after

    def test_requirements_and_attestations(self, populated: Path) -> None:
        found = json.loads(typed("requirements", "mortgage@2", "nyc_ll144", "--json").stdout)
        assert {one["state"] for one in found} == {"scope not answered"}
        printed = typed("requirements", "mortgage@2", "nyc_ll144")
        assert "scope not answered" in printed.stdout
        assert "As of " in printed.stdout
        one = framework.read("eu_ai_act").requirements[0].id
        words = ("attest", "mortgage@2", "eu_ai_act", one, "--statement", "staff were trained in it")
        assert typed(*words, "--until", "2030-01-01").exit_code == 0

    @pytest.mark.parametrize(("words", "said"), [
        (["inventory", "show", "morgage"], "Did you mean"),
        (["inventory", "set", "mortgage"], "is not in the inventory yet"),
        (["inventory", "show", "mortgage@99999999999999999999"], "There is no model"),
        (["signoff", "list", "\udcff"], "There is no model"),
        (["release", "mortgage@2", "--stage", "production"], "has no approval in force"),
        (["signoff", "approve", "mortgage@2", "--stage", "staging", "--until", "2030-01-01"], "Nobody has asked"),
        (["signoff", "withdraw", "a-aaaa", "--reason", "a customer complained"], "There is no act 'a-aaaa'"),
        (["finding", "close", "r-aaaa", "--evidence", "mortgage", "--reason", "it is fine"], "There is no act"),
        (["finding", "open", "mortgage", "--title", "x", "--severity", "low", "--owner", "a", "--due", "2030-01-01"], "--title"),
        (["waive", "mortgage", "accuracy", "--reason", "because we can", "--until", "2030-01-01"], "There is no measure"),
        (["document", "add", "mortgage", "model_card", "absent.md"], "There is no file absent.md"),
        (["document", "list", "absent"], "There is no model"),
        (["attest", "mortgage", "eu_ai_akt", "x", "--statement", "it is so"], "Did you mean 'eu_ai_act'"),
        (["scope", "answer", "mortgage", "profiling"], "write QUESTION=ANSWER"),
        (["scope", "answer", "mortgage", "profiling=maybe"], "There is no answer to 'profiling' 'maybe'"),
        (["scope", "answer", "mortgage", "profilin=no"], "Did you mean 'profiling'"),
        (["requirements", "mortgage@2", "nyc"], "There is no framework 'nyc'"),
    ])  # fmt: skip
    def test_bad_input_is_one_sentence_and_costs_nothing(self, populated: Path, words: list[str], said: str) -> None:
        assert said in sentence(typed(*words))
        where = verbs.place()
        assert {one.kind for one in where.archive.acts()} <= {"refusal"}
        assert verify(where.archive) == []

    @pytest.mark.parametrize("words", [
        ["release", "mortgage@2", "--stage", "mars"],
        ["signoff", "approve", "mortgage@2", "--stage", "staging", "--until", "tomorrow"],
        ["inventory", "set", "mortgage", "--exposure", "enormous"],
    ])  # fmt: skip
    def test_wrong_words_are_refused(self, populated: Path, words: list[str]) -> None:
        said = typed(*words)
        assert said.exit_code == 2
        assert "Traceback" not in said.output

    def test_an_empty_archive_says_what_to_type(self, empty: Path) -> None:
        assert "Type: answerable demo" in typed("inventory").stdout


def test_the_ledger_screen_links_an_act_to_its_model(populated: Path) -> None:
    from dashboard import source

    where = verbs.place()
    act = governing.open_finding(where.archive, "mortgage", TestFindings.said, VAL)
    assert source.asked(act.id).card.name == "mortgage"
    assert stores.ADA.name == "ada"
