"""The examples of docs/ci.md, tried as the shell scripts they are."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from junitparser import JUnitXml
from sarif_pydantic import Sarif

pytestmark = pytest.mark.realdata
PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text()
FENCED = dict(re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
"""Every file that the page shows, by its name."""
SHELL = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
"""As GitHub runs a step, and stricter: a pipe fails where any of its parts does."""


def predictions(path, skill):
    """Loans that were paid or not, and scores that say so the better the skill."""
    draw = np.random.default_rng(0)
    paid = draw.integers(0, 2, 600)
    score = 1 / (1 + np.exp(-(draw.normal(0, 1, 600) + skill * (2 * paid - 1))))
    pd.DataFrame({"paid": paid, "score": score, "sex": draw.choice(["female", "male"], 600)}).to_csv(path, index=False)


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """Two checkouts in which the page's audit and gate have run: of good predictions and of predictions by chance."""
    made = {}
    for name, skill in (("good", 1.2), ("chance", 0.0)):
        made[name] = tmp_path_factory.mktemp(name)
        predictions(made[name] / "predictions.csv", skill)
        (made[name] / "policy.toml").write_text(FENCED["policy.toml"])
        done = shell(steps()["Audit"], made[name])
        assert done.returncode == 0, done.stderr
        (made[name] / "code").write_text(str(shell(steps()["Gate"], made[name]).returncode))
    return made


@pytest.fixture
def checkout(audited, tmp_path, request):
    shutil.copytree(audited[request.param], tmp_path / "checkout")
    return tmp_path / "checkout"


def steps():
    (job,) = yaml.safe_load(FENCED[".github/workflows/gate.yml"])["jobs"].values()
    return {one["name"]: one["run"] for one in job["steps"] if "run" in one}


def shell(script, folder):
    """A step, with ``answerable`` found first in the path and a file for its summary."""
    bin = folder / "bin"
    if not bin.exists():
        bin.mkdir()
        (bin / "answerable").write_text(f'#!/bin/sh\nexec {sys.executable} -m dashboard.cli "$@"\n')
        (bin / "answerable").chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{bin}:{os.environ['PATH']}", "ANSWERABLE_HOME": str(folder / "audits"), "COLUMNS": "200",
        "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONWARNINGS": "ignore",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }  # fmt: skip
    return subprocess.run(
        [*SHELL, script], cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.parametrize("checkout", ["good"], indirect=True)
def test_the_github_gate_opens_for_a_good_version(checkout):
    assert (checkout / "code").read_text() == "0"
    suites = JUnitXml.fromfile(str(checkout / "gate" / "junit.xml"))
    assert (suites.tests, suites.failures, suites.errors) == (2, 0, 0)
    assert Sarif.model_validate_json((checkout / "gate" / "gate.sarif").read_text()).runs[0].results == []
    summary = (checkout / "summary.md").read_text()
    assert "credit@1: the gate opens" in summary
    assert "declared after the first measure" not in summary


@pytest.mark.parametrize("checkout", ["chance"], indirect=True)
def test_the_github_gate_stays_shut_for_chance(checkout):
    assert (checkout / "code").read_text() == "1"
    assert JUnitXml.fromfile(str(checkout / "gate" / "junit.xml")).failures
    (result, *_) = Sarif.model_validate_json((checkout / "gate" / "gate.sarif").read_text()).runs[0].results
    assert result.rule_id == "accuracy.accuracy/EU AI Act Art. 15(1)"
    assert "the gate stays shut" in (checkout / "summary.md").read_text()


@pytest.mark.parametrize("checkout", ["good"], indirect=True)
def test_the_github_evidence_is_written(checkout):
    done = shell(steps()["Evidence"], checkout)
    assert done.returncode == 0, done.stderr
    written = {one.name for one in (checkout / "gate").iterdir()} - {"junit.xml", "gate.sarif"}
    assert sorted(written) == ["credit-1.card.md", "credit-1.cdx.json", "credit-1.html", "credit-1.oscal.json"]


@pytest.mark.parametrize(("checkout", "code"), [("good", 0), ("chance", 1)], indirect=["checkout"])
def test_the_gitlab_job(checkout, code):
    job = yaml.safe_load(FENCED[".gitlab-ci.yml"])["gate"]
    done = shell("\n".join(job["script"]), checkout)
    assert done.returncode == code, done.stderr
    for path in (job["artifacts"]["reports"]["junit"], *job["artifacts"]["paths"]):
        assert (checkout / path).stat().st_size


@pytest.mark.parametrize(("checkout", "code"), [("good", 0), ("chance", 1)], indirect=["checkout"])
def test_the_pre_commit_hook(checkout, code):
    (hook,) = yaml.safe_load(FENCED[".pre-commit-config.yaml"])["repos"][0]["hooks"]
    assert re.search(hook["files"], "policy.toml")
    assert shell(hook["entry"], checkout).returncode == code


@pytest.mark.parametrize("checkout", ["good"], indirect=True)
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda at: (at / "policy.toml").write_text("name = "), "cannot be read"),
        (lambda at: (at / "policy.toml").unlink(), "There is no policy"),
        (lambda at: shutil.rmtree(at / "audits"), "There is no model"),
        (lambda at: (at / "audits" / "store.db").write_bytes(b"not a database" * 100), ""),
    ],
    ids=["bad policy", "no policy", "no version", "no store"],
)
def test_what_cannot_be_judged_overwrites_what_passed_before(checkout, spoil, why):
    spoil(checkout)
    done = shell(steps()["Gate"], checkout)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert why in done.stderr
    assert JUnitXml.fromfile(str(checkout / "gate" / "junit.xml")).errors == 1
    (run,) = Sarif.model_validate_json((checkout / "gate" / "gate.sarif").read_text()).runs
    assert run.invocations[0].execution_successful is False
    opened, stays_shut = re.findall(r"^## (.+)$", (checkout / "summary.md").read_text(), re.MULTILINE)
    assert opened.endswith("opens")
    assert stays_shut.endswith("stays shut")


KILLED = """
import os, pathlib, signal
from dashboard import gating
at = pathlib.Path("gate")
with gating.failing_closed("credit@1", gating.Files(at / "junit.xml", at / "gate.sarif", pathlib.Path("summary.md"))):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("checkout", ["good"], indirect=True)
def test_a_gate_that_is_killed_leaves_no_old_pass_and_the_next_one_says_what_it_judged(checkout):
    told = (checkout / "summary.md").read_text()
    done = shell(f"{sys.executable} -c '{KILLED}'", checkout)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (suite,) = JUnitXml.fromfile(str(checkout / "gate" / "junit.xml"))
    assert suite.errors == 1
    assert "judging did not end" in (checkout / "gate" / "junit.xml").read_text()
    (run,) = Sarif.model_validate_json((checkout / "gate" / "gate.sarif").read_text()).runs
    assert run.invocations[0].execution_successful is False
    assert "judging did not end" in (checkout / "gate" / "gate.sarif").read_text()
    assert (checkout / "summary.md").read_text() == told, "a summary is only added to, by who lives"
    assert shell(steps()["Gate"], checkout).returncode == 0
    suites = JUnitXml.fromfile(str(checkout / "gate" / "junit.xml"))
    assert (suites.tests, suites.failures, suites.errors) == (2, 0, 0)
    (run,) = Sarif.model_validate_json((checkout / "gate" / "gate.sarif").read_text()).runs
    assert run.results == []
    assert "judging did not end" not in (checkout / "gate" / "gate.sarif").read_text()
    assert "did not end" not in (checkout / "summary.md").read_text()
