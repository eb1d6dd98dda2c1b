"""Reasons on the terminal: of rows of the test part and of a file; nothing about a row is kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_models import linear
from typer.testing import CliRunner

from dashboard.cli import app
from models import encode
from models import task as tasks
from models.data import source
from storage import queries
from tests.dashboard import stores


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds one version: it denies by ``obrat``, the share of income that goes to debts, alone."""
    folder = tmp_path_factory.mktemp("denials")
    train = source.splits("mortgage", 0).train
    spans = encode.spans(encode.fit(train.inputs))
    weights = [0.0] * spans[-1][2]
    weights[next(start for name, start, _ in spans if name == "obrat")] = -4.0
    model = linear(folder / "made", weights, train, tasks.read("mortgage"))
    with stores.archive(folder / "home") as archive:
        archive.put_model(model.card, model.folder, stores.ADA)
    return folder / "home"


@pytest.fixture
def home(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "home")
    monkeypatch.setenv("ANSWERABLE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ANSWERABLE_STORE", raising=False)
    return tmp_path / "home"


def typed(*words: object) -> Any:
    return CliRunner().invoke(app, ["reasons", "mortgage@1", *map(str, words)], env={"COLUMNS": "200"})


def test_rows_are_explained_and_nothing_of_them_is_kept(home: Path, tmp_path: Path) -> None:
    test = source.splits("mortgage", 0).test
    high, low = test.inputs["obrat"].to_numpy().argmax(), test.inputs["obrat"].to_numpy().argmin()
    with stores.archive(home) as archive:
        before = queries.last_entry(archive.database)
    said = typed("--id", test.ids[high], "--id", test.ids[low], "--json")
    assert said.exit_code == 0, said.output
    denied, approved = json.loads(said.output)
    assert [one["column"] for one in denied["reasons"]] == ["obrat"]
    assert denied["reasons"][0]["words"].startswith("obrat too high: ")
    assert approved["reasons"] == []
    rows = tmp_path / "rows.csv"
    test.inputs.iloc[[high]].assign(id="applicant 7").to_csv(rows, index=False)
    told = typed("--rows", rows)
    assert told.exit_code == 0, told.output
    assert "Row applicant 7: deny" in told.output
    assert "1. obrat too high: " in told.output
    with stores.archive(home) as archive:
        assert queries.last_entry(archive.database) == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--id 17, or --rows FILE"),
        (("--id", "no such row"), "has no row 'no such row'"),
        (("--rows", "nowhere.csv"), "There is no file or folder nowhere.csv"),
    ],
)
def test_what_cannot_be_explained_is_one_sentence(home: Path, words: tuple[str, ...], says: str) -> None:
    said = typed(*words)
    assert said.exit_code == 2
    assert says in said.output
    assert "Traceback" not in said.output


def test_words_in_a_column_of_numbers_are_one_sentence(home: Path, tmp_path: Path) -> None:
    rows = source.splits("mortgage", 0).test.inputs.iloc[:2].astype(object)
    rows.iloc[0, list(rows.columns).index("obrat")] = "very much"
    rows.to_csv(tmp_path / "rows.csv", index=False)
    said = typed("--rows", tmp_path / "rows.csv")
    assert said.exit_code == 2
    assert "Column 'obrat' holds numbers, but got 'very much'" in said.output
