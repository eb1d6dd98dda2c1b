"""Policies checked, compared and tried: what a draft would change is what judging by it in full would change."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import stores
from typer.testing import CliRunner, Result

from audit import policy as policies
from audit.compare import Comparison
from audit.judge import judge
from audit.policy import Judgement, Policy, Verdict
from audit.report import Report
from audit.trial import as_judged, attempt
from dashboard import policies as shown
from dashboard import verbs, views
from dashboard.cli import app
from dashboard.work import Place
from storage import judged, queries
from storage.excerpt import excerpt

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HEAD = 'extends = "default"\nname = "draft"\nversion = "1"\npurpose = "A draft."\n'
RULE = '[[rules]]\nmeasure = "{}"\n{} = {}\n{}\nrationale = "Because it is so."\n'
WAIVER = (
    '[[waivers]]\nmeasure = "accuracy.accuracy"\nmodel = "mortgage"\nowner = "ann"\nreason = "Accepted for a month."\n'
    'compensating_control = "A person looks at each."\nexpires = {}\n'
)
COMPARED: dict[str, Comparison] = {}
GROUP, PARENT, NOTE = 'per = "group"', 'against = "parent"', 'severity = "note"'
DRAFTS = {
    "as it is": "",
    "wider gap": RULE.format("fairness.demographic_parity_difference", "at_most", 0.6, GROUP),
    "narrow gap": RULE.format("fairness.demographic_parity_difference", "at_most", 0.01, GROUP),
    "narrow gap, a note": RULE.format("fairness.performance_gap", "at_most", 0.001, GROUP + "\n" + NOTE),
    "new measure": RULE.format("accuracy.recall", "at_least", 0.5, ""),
    "what nobody measures": RULE.format("privacy.mia_auc", "at_most", 0.6, ""),
    "stricter on the parent": RULE.format("accuracy.accuracy", "at_least", 0.05, PARENT),
    "looser on the parent": RULE.format("accuracy.accuracy", "at_least", -0.5, PARENT),
    "waived": WAIVER.format("2099-01-01").replace("accuracy.accuracy", "fairness.demographic_parity_difference"),
    "was waived": WAIVER.format("2020-01-01").replace("accuracy.accuracy", "fairness.demographic_parity_difference"),
}


@pytest.fixture
def where(populated: Path) -> Place:
    return verbs.place(populated)


def draft(folder: Path, text: str) -> str:
    path = folder / "draft.toml"
    path.write_text(HEAD + text)
    return str(path)


def in_full(where: Place, report: Report, by: Policy) -> Judgement:
    """The report judged as ``answerable judge`` does it, and not kept."""
    card = where.archive.model(report.model)
    versus = against_parent(where, report, card.parent)
    return judge(report, by, card.purpose, versus, has_parent=card.parent is not None, now=NOW)


def against_parent(where: Place, report: Report, parent: str | None) -> Comparison | None:
    """Made once: the limits of a policy change no difference, only what is called worse."""
    if parent is not None and report.key not in COMPARED:
        before = where.archive.latest_report(parent, report.split)
        assert before
        COMPARED[report.key] = views.comparison(where.archive, before, report)
    return COMPARED.get(report.key)


def typed(*words: str) -> Result:
    return CliRunner().invoke(app, ["policy", *words], env={"COLUMNS": "200"})


def told(verdicts: tuple[Verdict, ...]) -> dict[tuple[object, str, int], str]:
    found: dict[tuple[object, str, int], str] = {}
    for one in verdicts:
        number = sum(key[:2] == (one.rule.target, one.setting) for key in found)
        found[one.rule.target, one.setting, number] = one.outcome
    return found


class TestTried:
    @pytest.mark.parametrize("name", DRAFTS)
    def test_a_draft_changes_what_judging_by_it_in_full_would_change(
        self, where: Place, tmp_path: Path, name: str
    ) -> None:
        path = draft(tmp_path, DRAFTS[name])
        by = policies.read(path)
        found = {one.report: one for one in shown.attempts(where.archive, policies.read(path))}
        assert len(found) == 4
        for stored in judged.judged(where.archive.database):
            assert stored.judgement
            full = in_full(where, where.archive.report(stored.id), by)
            old, new = told(stored.judgement.verdicts), told(full.verdicts)
            wanted = {key: (old.get(key), new.get(key)) for key in old | new if old.get(key) != new.get(key)}
            one = found[stored.id]
            assert (one.before, one.after, one.not_tried) == (stored.judgement.passed, full.passed, ())
            assert sorted(map(str, wanted.values())) == sorted(str((each.before, each.after)) for each in one.changes)
            assert {str(key[0]) for key in wanted} == {each.about for each in one.changes}

    def test_the_policy_in_force_changes_nothing_and_nothing_is_kept(self, where: Place) -> None:
        last = queries.last_entry(where.archive.database)
        found = shown.attempts(where.archive, policies.read("default"))
        assert [(one.changes, one.not_tried) for one in found] == [((), ())] * 4
        assert queries.last_entry(where.archive.database) == last

    def test_what_was_never_compared_is_not_tried_unless_it_is_asked_for(self, where: Place, tmp_path: Path) -> None:
        path = draft(tmp_path, RULE.format("accuracy.balanced_accuracy", "at_least", -0.9, PARENT))
        found = {one.title: one for one in shown.attempts(where.archive, policies.read(path))}
        assert [bool(found[one].not_tried) for one in ("mortgage@1", "mortgage@2")] == [False, True]
        assert "the last judgement compared nothing of the kind" in found["mortgage@2"].not_tried[0]
        compared = {one.title: one for one in shown.attempts(where.archive, policies.read(path), compare=True)}
        assert not compared["mortgage@2"].not_tried
        change = next(one for one in compared["mortgage@2"].changes if one.measure == "accuracy.balanced_accuracy")
        assert (change.before, change.after) == (None, "pass")

    def test_a_gate_that_rests_on_what_was_not_tried_is_not_told(self, where: Place, tmp_path: Path) -> None:
        text = 'name = "draft"\nversion = "1"\npurpose = "A draft."\n'
        open_ = RULE.format("accuracy.recall", "at_least", 0.0, "")
        untried = RULE.format("accuracy.balanced_accuracy", "at_least", -0.9, PARENT)
        path = tmp_path / "draft.toml"
        path.write_text(text + open_ + untried)
        found = {one.title: one.after for one in shown.attempts(where.archive, policies.read(str(path)))}
        assert (found["mortgage@1"], found["mortgage@2"]) == (True, None)
        path.write_text(text + open_.replace("0.0", "1.1") + untried)
        assert {one.title: one.after for one in shown.attempts(where.archive, policies.read(str(path)))}[
            "mortgage@2"
        ] is False

    def test_a_report_that_was_never_judged_is_tried_and_all_reports_where_asked(self, where: Place) -> None:
        stored = next(judged.judged(where.archive.database))
        first = where.archive.report(stored.id)
        again = first.model_copy(update={"key": "f" * 64, "run": 1, "rows": None, "created": NOW})
        where.archive.put_report(again, None, stores.ADA)
        found = shown.attempts(where.archive, policies.read("default"))
        assert [one.before for one in found if one.report == again.id] == [None]
        assert len(shown.attempts(where.archive, policies.read("default"), every=True)) == len(found) + 1 == 5

    def test_a_note_beside_a_block_is_judged_once_each(self, where: Place) -> None:
        report = where.archive.report(next(judged.judged(where.archive.database)).id)
        task, rules = where.archive.model(report.model).purpose, policies.read("default").rules
        both = tuple(each for one in rules for each in (one, one.model_copy(update={"severity": "note"})))
        double = policies.read("default").model_copy(update={"rules": both})
        last = in_full(where, report, double)
        card = where.archive.model(report.model)
        found = attempt(double, report, task, last, has_parent=card.parent is not None, today=NOW.date())
        assert (found.changes, found.after, found.not_tried) == ((), last.passed, ())

    def test_a_task_that_changed_since_is_not_tried(self, where: Place) -> None:
        stored = next(judged.judged(where.archive.database))
        other = where.archive.report(stored.id).model_copy(
            update={"key": "e" * 64, "rows": None, "task": "0" * 64, "created": NOW}
        )
        where.archive.put_report(other, None, stores.ADA)
        found = next(one for one in shown.attempts(where.archive, policies.read("default")) if one.report == other.id)
        assert found.after is None
        assert "changed since; type: answerable audit" in found.not_tried[0]

    @pytest.mark.parametrize("name", policies.names())
    def test_every_shipped_policy_can_be_tried(self, where: Place, name: str) -> None:
        assert len(shown.attempts(where.archive, policies.read(name))) == 4

    def test_what_holm_and_waivers_did_is_taken_back_before_they_speak_again(self, where: Place) -> None:
        report = where.archive.report(next(judged.judged(where.archive.database)).id)
        by = policies.read("default")
        whole = {"reason": "Accepted for a month.", "expires": date(2099, 1, 1), "owner": "ann"}
        waivers = tuple(
            policies.Waiver.model_validate({"measure": one, "model": report.title.partition("@")[0], **whole})
            for one in {rule.measure for rule in by.rules}
        )
        plain, waived = in_full(where, report, by), in_full(where, report, by.model_copy(update={"waivers": waivers}))
        assert "waived" in {one.outcome for one in waived.verdicts}
        back = attempt(
            by, report, where.archive.model(report.model).purpose, waived, has_parent=False, today=NOW.date()
        )
        assert back.after == plain.passed
        for old, new in zip(plain.verdicts, waived.verdicts, strict=True):
            assert as_judged(new, new.rule).outcome == as_judged(old, old.rule).outcome


class TestExcerpt:
    def test_what_is_read_in_part_is_what_is_read_whole(self, where: Place) -> None:
        for stored in judged.judged(where.archive.database, every=True):
            whole = Report.model_validate_json(stored.document)
            part = excerpt(stored.document, {one.name for one in whole.measures()})
            assert part.measures() == whole.measures()
            assert [(a.question.code, a.question.dimension, a.status, a.reason) for a in part.answers] == [
                (a.question.code, a.question.dimension, a.status, a.reason) for a in whole.answers
            ]
            few = excerpt(stored.document, {"accuracy.recall"})
            assert few.measures() == tuple(one for one in whole.measures() if one.name == "accuracy.recall")
            unmeasured = [(a.question.code, a.reason) for a in whole.answers if a.status != "measured"]
            assert [(a.question.code, a.reason) for a in few.answers if a.status != "measured"] == unmeasured
            none = excerpt(stored.document, ())
            assert (none.key, none.task, none.answers) == (whole.key, whole.task, ())

    def test_names_inside_texts_are_no_measures(self, where: Place) -> None:
        stored = next(judged.judged(where.archive.database))
        whole = Report.model_validate_json(stored.document)
        trap = '],"code":"x" {"better":"higher","name":"accuracy.recall"} ],"question":{"code":"Z" \u00e9 '
        answers = tuple(
            one.model_copy(
                update={
                    "question": one.question.model_copy(update={"doc": trap}), "reason": trap,
                    "measures": tuple(each.model_copy(update={"note": trap}) for each in one.measures),
                }
            )
            for one in whole.answers
        )  # fmt: skip
        trapped = whole.model_copy(update={"answers": answers, "title": trap})
        part = excerpt(trapped.canonical(), {"accuracy.recall"})
        assert part.measures() == tuple(one for one in trapped.measures() if one.name == "accuracy.recall")
        assert {one.reason for one in part.answers} == {trap}
        assert part.title == trap


class TestTerminal:
    def test_check_says_what_a_tier_changes_and_what_is_wrong(self, populated: Path, tmp_path: Path) -> None:
        ran = typed("check", "credit")
        assert (ran.exit_code, "extends default" in ran.stdout, "Nothing is wrong" in ran.stdout) == (0, True, True)
        ended = typed("check", draft(tmp_path, WAIVER.format("2026-01-31")))
        assert ended.exit_code == 1
        assert "The waiver of ann for accuracy.accuracy of mortgage ended on 2026-01-31" in ended.stdout
        nothing = draft(tmp_path, WAIVER.format("2099-01-31").replace("accuracy.accuracy", "privacy.mia_auc"))
        assert "covers nothing: no rule limits privacy.mia_auc" in typed("check", nothing).stdout

    @pytest.mark.parametrize("verb", [("check",), ("try",), ("diff", "default")])
    def test_what_cannot_be_read_is_one_sentence(self, populated: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
        ran = typed(*verb, draft(tmp_path, RULE.format("accuracy.recall", "at_lest", 1, "")))
        assert ran.exit_code == 2
        assert ran.stderr.count("\n") == 1
        assert "rule 1 (accuracy.recall): there is no key 'at_lest'; did you mean 'at_least'?" in ran.stderr

    def test_diff_ends_with_1_where_less_is_asked(self, populated: Path, tmp_path: Path) -> None:
        ran = typed("diff", "credit", "default")
        assert (ran.exit_code, "fairness.group_inputs: removed: at most 0 (weaker)" in ran.stdout) == (1, True)
        assert typed("diff", "default", "credit").exit_code == 0

    def test_try_says_which_gates_and_verdicts_would_change(self, populated: Path, tmp_path: Path) -> None:
        path = draft(tmp_path, DRAFTS["narrow gap"])
        ran = typed("try", path)
        assert ran.exit_code == 0, ran.stderr
        assert "on 4 reports; nothing was kept." in ran.stdout
        assert "fairness.demographic_parity_difference for each group" in ran.stdout
        assert '"not_tried": []' in typed("try", path, "--json").stdout

    def test_schema_is_the_shipped_file(self, populated: Path) -> None:
        assert typed("schema").stdout == (policies.FOLDER / "schema.json").read_text()
