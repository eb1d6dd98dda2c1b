"""The terminal as its users meet it: what is printed, the exit codes, and bad input in one sentence."""

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from dashboard import verbs
from storage.verify import verify
from tests.dashboard import searches, stores
from tests.dashboard.homes import QUICK, answerable, command, environment, trained, typed

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    trained(folder).archive.close()
    return folder


@pytest.fixture
def copy(home, tmp_path):
    shutil.copytree(home, tmp_path / "home")
    return tmp_path / "home"


def sentence(result):
    """The one line a user reads after bad input."""
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("answerable: ")]
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_help_names_every_verb(home):
    printed = answerable(home, "--help")
    assert printed.returncode == 0
    for verb in [
        "demo",
        "train",
        "audit",
        "judge",
        "compare",
        "fairness",
        "slices",
        "report",
        "models",
        "reports",
        "checks",
        "show",
        "reproduce",
        "verify",
        "forget",
        "worker",
        "dashboard",
    ]:
        assert f"  {verb} " in printed.stdout


def test_a_gate_that_stays_shut_exits_with_1(home):
    judged = typed(home, "judge", "mortgage@1")
    assert judged.exit_code == 1
    assert "The gate stays shut" in judged.stdout
    assert "Demographic parity difference (by=race)" in judged.stdout


def test_json_is_printed_alone(home):
    judgement = json.loads(answerable(home, "judge", "mortgage@2", "--json").stdout)
    assert judgement["passed"] is False
    assert {verdict["outcome"] for verdict in judgement["verdicts"]} <= {"pass", "fail", "unsure", "missing", "exempt"}
    assert len(json.loads(answerable(home, "models", "--json").stdout)) == 2
    assert len(json.loads(answerable(home, "reports", "--json").stdout)) >= 2
    assert json.loads(answerable(home, "checks", "--json").stdout)[0]["code"] == "ACC001"
    assert json.loads(answerable(home, "verify", "--json").stdout) == []


def test_versions_are_compared_on_the_same_examples(home):
    found = json.loads(typed(home, "compare", "mortgage@1", "mortgage@2", "--json").stdout)
    assert found["n"] == 994
    accuracy = next(d for d in found["differences"] if d["name"] == "accuracy.accuracy" and not d["slice"])
    assert accuracy["method"].startswith("exact McNemar")
    assert accuracy["difference"] == pytest.approx(accuracy["second"] - accuracy["first"])


def test_what_is_of_the_whole_or_decided_is_printed_and_the_rest_on_demand(home):
    short = typed(home, "compare", "mortgage@1", "mortgage@2").stdout
    assert "race=black" not in short
    assert "Type: answerable compare mortgage@1 mortgage@2 --all" in " ".join(short.split())
    full = typed(home, "compare", "mortgage@1", "mortgage@2", "--all").stdout
    assert "race=black" in full
    assert "--all" not in full


def test_every_id_resolves(home):
    where = verbs.place(home)
    report = where.archive.newest_report("mortgage@2")
    measure = report.measures()[0]
    comparison = verbs.compare(where, "mortgage@1", "mortgage@2")
    judgement = verbs.judge(where, report.id)
    asked = [measure.id(report.key), report.id, report.model, report.split, report.rows, judgement.policy]
    asked += [comparison.differences[0].id(comparison), judgement.verdicts[0].id, where.jobs.jobs()[0].id]
    for one in asked:
        shown = typed(home, "show", one[:14], "--json")
        assert shown.exit_code == 0, shown.stderr
        assert json.loads(shown.stdout)


def test_fairness_is_printed_with_sizes_limits_and_ids(home):
    printed = typed(home, "fairness", "mortgage@1")
    assert printed.exit_code == 0, printed.stderr
    assert printed.stdout.count("The largest gap by ") == 3
    assert "at most 10\u202fpoints" in printed.stdout
    one = typed(home, "fairness", "mortgage@1", "--by", "race").stdout
    assert one.count("The largest gap by ") == 1
    assert "Selection rate" in one
    assert "a gap under" in one
    first, *_ = re.findall(r"m-[a-z2-7]{10}", one)
    assert typed(home, "show", first).exit_code == 0


def test_fairness_as_json_holds_the_measures_of_one_grouping(home):
    found = json.loads(typed(home, "fairness", "mortgage@1", "--by", "race", "--json").stdout)
    assert found["groupings"] == ["race"]
    assert {one["by"] for one in found["measures"]} == {"race"}
    names = {one["name"] for one in found["measures"]}
    assert {"fairness.selection_rate", "fairness.demographic_parity_difference"} <= names
    report = verbs.place(home).archive.newest_report("mortgage@1")
    assert {one["id"] for one in found["measures"]} <= {one.id(report.key) for one in report.measures()}


def test_slices_are_printed_or_it_is_said_what_to_type(home, tmp_path):
    printed = typed(home, "slices", "mortgage@1")
    assert printed.exit_code == 0
    assert "searched no slices. Type: answerable audit mortgage@1" in printed.stdout
    assert json.loads(typed(home, "slices", "mortgage@1", "--json").stdout)["slices"] == []
    with stores.archive(tmp_path) as archive:
        drawn = stores.draw("mortgage", 1.5, 1.0)
        stores.keep(archive, stores.card("mortgage", 1), drawn, stores.START, more=searches.searched())
    found = typed(tmp_path, "slices", "mortgage@1").stdout
    assert found.startswith("Where debt from 0.4 and self is yes (n = 61), the version errs in 41")
    assert found.count("✓ clean") == 3
    assert "▼ worse" in found
    rows = json.loads(typed(tmp_path, "slices", "mortgage@1", "--json").stdout)["slices"]
    assert [one["verdict"] for one in rows] == ["worse", "clean", "clean", "clean"]


def test_an_archive_that_is_whole_verifies(home):
    assert answerable(home, "verify").returncode == 0


def test_a_report_reproduces_itself(home):
    assert "identical" in answerable(home, "reproduce", "mortgage@1").stdout


def test_what_was_made_is_found_again(home):
    again = answerable(home, "train", "mortgage", "--json")
    assert json.loads(again.stdout)["version"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["audit", "morgage"], "Did you mean 'mortgage@"),
        (["train", "morgage"], "Did you mean 'mortgage'?"),
        (["audit", "mortgage", "--check", "ACC01"], "Did you mean 'ACC001'?"),
        (["checks", "FAI9"], "There is no check 'FAI9'"),
        (["train", "mortgage", "--remedy", "reduction"], "Did you mean 'reductions'?"),
        (["judge", "mortgage", "--policy", "defualt"], "Did you mean 'default'?"),
        (["judge", "mortgage", "--policy", "absent.toml"], "There is no policy 'absent.toml'"),
        (["report", "mortgage", "--format", "pfd"], "Did you mean 'pdf'?"),
        (["fairness", "mortgage", "--by", "rce"], "Did you mean 'race'?"),
        (["fairness", "mortgag"], "Did you mean 'mortgage"),
        (["slices", "mortgag"], "Did you mean 'mortgage"),
        (["show", "m-aaaaaaaa"], "m-aaaaaaaa"),
        (["forget", "0123456789", "--reason", "asked"], "0123456789"),
        (["audit", "absent.safetensors"], "absent.safetensors"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(home, words, said):
    result = typed(home, *words)
    assert result.exit_code == 2
    assert said in sentence(result)


def test_wrong_use_exits_with_2(home):
    assert typed(home, "audit").exit_code == 2
    assert typed(home, "no-such-verb").exit_code == 2


def test_a_model_without_a_report_says_what_to_type(tmp_path):
    verbs.train(verbs.place(tmp_path), "breast_cancer")
    assert "Type: answerable audit breast_cancer@1" in sentence(typed(tmp_path, "judge", "breast_cancer"))


class Payload:
    """A pickle that leaves a mark when it is opened."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (Path.touch, (self.mark,))


@pytest.mark.parametrize("suffix", [".pkl", ".pt", ".pt2", ".joblib"])
def test_a_file_that_could_run_code_is_not_opened(home, tmp_path, suffix):
    mark = tmp_path / "ran"
    planted = tmp_path / f"model{suffix}"
    planted.write_bytes(pickle.dumps(Payload(mark)))
    result = answerable(home, "audit", str(planted))
    assert result.returncode == 2
    assert "was not opened" in sentence(result)
    assert not mark.exists()


def test_weights_that_were_changed_are_refused(copy):
    (weights,) = {path.parent: path for path in sorted((copy / "models").glob("*/weights.safetensors"))[:1]}.values()
    card = json.loads((weights.parent / "card.json").read_text())
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    result = typed(copy, "audit", f"mortgage@{card['version']}", "--check", "ACC001", "--seed", "7")
    assert result.exit_code == 2
    assert "digest" in sentence(result) or "changed" in sentence(result)


def test_erased_evidence_stays_proved_and_cannot_be_compared(copy):
    where = verbs.place(copy)
    rows = where.archive.newest_report("mortgage@1").rows
    assert typed(copy, "forget", rows, "--reason", "an applicant asked").exit_code == 0
    assert typed(copy, "verify").exit_code == 0
    refused = typed(copy, "compare", "mortgage@1", "mortgage@2")
    assert refused.exit_code == 2
    assert "erased" in sentence(refused)


def test_a_read_only_folder_is_one_sentence(copy):
    bound = subprocess.run(["mount", "--bind", "-o", "ro", copy, copy], capture_output=True, text=True, check=False)
    if bound.returncode:
        pytest.skip(f"a read-only folder needs the right to mount: {bound.stderr.strip()}")
    subprocess.run(["mount", "-o", "remount,ro,bind", copy], check=True)
    try:
        result = answerable(copy, "audit", "mortgage@1", "--check", "ACC001", "--seed", "3")
    finally:
        subprocess.run(["umount", copy], check=True)
    assert result.returncode == 2
    assert "read-only" in sentence(result)
    assert answerable(copy, "verify").returncode == 0


def test_a_store_of_a_newer_version_is_refused(copy):
    import sqlite3

    with sqlite3.connect(copy / "store.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    result = typed(copy, "models")
    assert result.exit_code == 2
    assert "9999" in sentence(result)


def test_ctrl_c_exits_with_130_and_typing_it_again_goes_on(copy):
    checks = sorted([*QUICK, "EXP001", "EXP002"])
    audit = ("audit", "mortgage@1", "--seed", "5", *(word for code in checks for word in ("--check", code)))
    started = subprocess.Popen(command(*audit), env=environment(copy), stderr=subprocess.PIPE, text=True)
    for line in started.stderr:
        if "EXP" in line:
            break
    os.kill(started.pid, signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert started.returncode == 130, said
    assert "Traceback" not in said
    where = verbs.place(copy)
    assert not [one for one in verify(where.archive) if one.broken]
    (waiting,) = where.jobs.jobs("queued")  # given back, so that nothing waits for a lease to end
    assert "ACC001" in where.jobs.finished_steps(waiting.id)
    where.archive.close()
    began = time.monotonic()
    again = answerable(copy, *audit, "--json")
    assert again.returncode == 1, again.stderr
    answers = json.loads(again.stdout)["report"]["answers"]
    assert [answer["question"]["code"] for answer in answers] == checks
    assert not [answer["reason"] for answer in answers if answer["status"] == "failed"]
    assert time.monotonic() - began < 60


def test_an_audit_may_be_of_some_checks_only_and_the_gate_then_stays_shut(copy):
    assert QUICK
    some = typed(copy, "audit", "mortgage@1", "--check", "ACC001", "--json")
    assert some.exit_code == 1
    outcomes = {v["rule"]["measure"]: v["outcome"] for v in json.loads(some.stdout)["judgement"]["verdicts"]}
    assert outcomes["fairness.performance_gap"] == "missing"
