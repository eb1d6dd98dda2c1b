"""House rules: what every file here keeps to."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from audit import policy
from audit.catalogue import catalogue
from audit.measure import definitions
from models import task as tasks

ROOT = Path(__file__).parent.parent
ROOMS = ("models", "audit", "storage", "dashboard")
HEAVY = ("torch", "captum", "shap", "fairlearn", "sklearn", "ray", "matplotlib")
CODE = re.compile(r"^[A-Z]{3}\d{3}$")


def test_facts_flow_one_way():
    found = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("words", [["--help"], ["checks"], ["models"]])
def test_the_terminal_answers_without_heavy_libraries(words, tmp_path):
    script = (
        "import sys\nfrom dashboard.cli import app\n"
        f"try:\n    app({words!r})\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"loaded = [one for one in {HEAVY!r} if one in sys.modules]\n"
        "assert not loaded, loaded"
    )
    environment = {**os.environ, "ANSWERABLE_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("one", catalogue().values(), ids=lambda one: one.code)
def test_a_check_asks_a_question_and_is_documented(one):
    assert CODE.match(one.code)
    assert one.title.endswith("?")
    for part in ("Measures:", "Read it:", "Limits:", "Source:"):
        assert part in one.doc, f"{one.code} lacks {part}"
    page = (ROOT / "docs" / "checks.md").read_text()
    _, _, section = page.partition(f"## {one.code}\n")
    words = section.partition("\n## ")[0].replace("\n- ", "\n").split()
    assert " ".join(one.doc.split()[len(one.title.split()) :]) in " ".join(words), (
        f"docs/checks.md lags behind {one.code}"
    )


def test_every_verb_is_documented():
    from dashboard.cli import app

    page = (ROOT / "docs" / "terminal.md").read_text()
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"answerable {name}" in page, name


@pytest.mark.parametrize("name", policy.names())
def test_every_rule_has_a_reason_and_a_known_measure(name):
    rules = policy.read(name).rules
    assert any(rule.severity == "block" for rule in rules)
    for rule in rules:
        assert len(rule.rationale) > 20
        assert rule.measure in definitions()


@pytest.mark.parametrize("name", tasks.names())
def test_every_task_declares_margins_of_known_measures_with_a_reason(name):
    for margin in tasks.read(name).margins:
        assert margin.measure in definitions()
        assert len(margin.reason) > 20


def test_the_changelog_is_of_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == version


def test_no_file_of_the_dashboard_is_named_like_a_room():
    assert not [one for one in (ROOT / "dashboard").iterdir() if one.stem in ROOMS]
    assert not (ROOT / "dashboard" / "pages").exists()


def test_every_page_of_the_documentation_that_is_linked_is_there():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if not link.startswith(("http", "mailto:")):
                assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_every_room_has_a_page():
    for room in ROOMS:
        assert (ROOT / "docs" / f"{room}.md").exists()
