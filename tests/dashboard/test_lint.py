"""The verb `lint`: exit codes, what is printed, and bad input in one sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from audit.publication.lint import FRAMEWORK
from dashboard.cli import app

DOCS = Path(__file__).parent.parent.parent / "docs" / "ll144.md"
HEAD = {
    "audit_date": "2024-03-01", "distribution_date": "2024-01-15", "data_source": "The records of 2023.",
    "unknown": {"sex": 10, "race": 20, "union": 25},
}  # fmt: skip


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, ["lint", *map(str, words)], env={"COLUMNS": "200"})


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The published audit of the framework's test vectors."""
    vectors = yaml.safe_load(FRAMEWORK.read_text())["test_vectors"]
    names = ("sex", "race", "intersection")
    tables = [
        {"table": name, "rows": one["rows"], "justification": "Under 2 %."}
        for name, one in zip(names, vectors, strict=True)
    ]
    path = tmp_path / "audit.yaml"
    path.write_text(yaml.safe_dump({**HEAD, "tables": tables}))
    return path


def test_findings_are_printed_with_their_arithmetic_and_exit_1(published: Path) -> None:
    printed = typed(published, "--today", "2024-06-01")
    assert printed.exit_code == 1
    assert "Findings: 6" in printed.stdout
    assert "0.762 / 0.86 = 0.886" in printed.stdout
    told = " ".join(printed.stdout.split())
    assert "Rule 5: Race, Asian: its cells hold 1,621 people (924 + 697), more than the 1,184 it has itself" in told


def test_json_is_printed_alone(published: Path) -> None:
    printed = typed(published, "--today", "2024-06-01", "--json")
    found = json.loads(printed.stdout)
    assert [one["rule"] for one in found["findings"]] == [1, 5, 5, 5, 6, 6]
    assert found["unchecked"] == []
    assert found["findings"][0]["rows"] == ["Black or African American"]


def test_an_old_audit_is_found_today(published: Path) -> None:
    assert "dated 2024-03-01" in " ".join(typed(published).stdout.split())


def test_a_clean_audit_exits_0_and_says_what_was_not_checked(tmp_path: Path) -> None:
    rows = "race,a,500,0.500,1.000\nrace,b,500,0.450,0.900\n"
    head = "".join(f"# {line}\n" for line in yaml.safe_dump(HEAD).splitlines())
    path = tmp_path / "audit.csv"
    path.write_text(f"{head}table,group,n,rate,published_ratio\n{rows}")
    printed = typed(path, "--today", "2024-06-01")
    assert printed.exit_code == 0
    assert "No finding" in printed.stdout
    assert "Not checked: Rules 5 and 6: there is no table of the intersection beside race." in printed.stdout


def test_the_form_in_the_docs_is_read(tmp_path: Path) -> None:
    page = DOCS.read_text()
    (form,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (listed,) = re.findall(r"```\n(# audit_date.*?)```", page, re.DOTALL)
    for name, text in (("audit.yaml", form), ("audit.csv", listed)):
        path = tmp_path / name
        path.write_text(text)
        assert typed(path, "--today", "2024-06-01").exit_code in (0, 1)
    assert typed(tmp_path / "audit.yaml", "--today", "2024-06-01").exit_code == 0


@pytest.mark.parametrize(
    ("name", "text", "words", "told"),
    [
        ("a.yaml", "", [], "a.yaml is empty."),
        ("a.yaml", "tables: [{table: sex, rows: [{group: M, rate: 79.8}]}]", [], "79.8 is above 1"),
        ("a.pdf", "%PDF", [], "give a .yaml, .json or .csv file"),
        (
            "a.yaml",
            "tables: [{table: sex, rows: [{group: M}]}]",
            ["--today", "June"],
            "'June' is no date; write it as 2024-03-01",
        ),
        ("a.json", '{"tables": [{"table": "sex", "rows": [{"group": "M", "\\u001b[31m": 1}]}]}', [], "\\x1b[31m"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence_and_exit_2(
    name: str, text: str, words: list[str], told: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    printed = typed(tmp_path / name, *words)
    assert printed.exit_code == 2
    assert printed.stderr.count("\n") == 1
    assert printed.stderr.startswith("answerable: ")
    assert told in printed.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    printed = typed(tmp_path / "none.yaml")
    assert (printed.exit_code, printed.stdout) == (2, "")
    assert "There is no file" in printed.stderr


def test_names_that_steer_a_terminal_are_written_out(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    rows = [{"group": "\u001b[31mred", "n": 9, "rate": 0.5, "published_ratio": 0.7}]
    path.write_text(json.dumps({"tables": [{"table": "sex", "rows": rows}]}))
    printed = typed(path)
    assert "\u001b" not in printed.stdout
    assert "‹U+001B›[31mred" in printed.stdout
