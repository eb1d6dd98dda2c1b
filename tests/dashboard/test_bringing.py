"""What somebody brings — a file of predictions, a model file, an address — from the command to the screens."""

import json
import re
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from dashboard import server
from dashboard.cli import app
from dashboard.verbs import place
from models.foreign import open_foreign
from storage.verify import verify
from tests.dashboard.homes import answerable, environment

CHECKS = [f"--check={one}" for one in ("ACC001", "ACC003", "FAI001", "FAI002")]
ONE = ["--check=ACC001"]
TRUTH = ("--truth", "hired")
ROLES = (
    *TRUTH, "--score", "score", "--threshold", "0.5", "--groups", "sex,race", "--favourable", "1", "--id", "applicant",
)  # fmt: skip
SERVED = Path(__file__).parents[1] / "models" / "served_models.py"


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line that a user reads after bad input."""
        assert self.code == 2, (self.out, self.err)
        assert "Traceback" not in self.err
        (line,) = [one for one in self.err.splitlines() if one.startswith("answerable: ")]
        return line


def typed(home: Path, *words: object, given: bytes | None = None) -> Said:
    """The command in this process; a mistake of ours is raised."""
    runner = CliRunner(env={"ANSWERABLE_HOME": str(home), "COLUMNS": "200"})
    found = runner.invoke(app, [str(one) for one in words], input=given)
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    return Said(found.exit_code, found.stdout, found.stderr)


def audited(home: Path, *words: object, given: bytes | None = None) -> Said:
    """An audit that came to a verdict."""
    said = typed(home, "audit", *words, given=given)
    assert said.code in (0, 1), said.err
    return said


def kept(home: Path) -> tuple[list[str], int, int]:
    """Titles of the versions that are kept, and how many reports and jobs there are; nothing in there is broken."""
    where = place(home)
    with where.archive as archive:
        assert not [one for one in verify(archive) if one.broken]
        return [one.title for one in archive.models()], len(archive.reports()), len(where.jobs.jobs())


def applicants(skill: float = 1.0, seed: int = 0, rows: int = 400) -> pd.DataFrame:
    """Who applied and was hired (the same whatever the seed and skill), and scores that know the more the better."""
    fixed = np.random.default_rng(7)
    merit = fixed.normal(size=rows)
    table = pd.DataFrame({"applicant": [f"a{one:04d}" for one in range(rows)]})
    table["hired"] = (fixed.random(rows) < 1 / (1 + np.exp(-2 * merit))).astype(int)
    table["sex"] = fixed.choice(["woman", "man"], rows)
    table["race"] = fixed.choice(["a", "b", "c"], rows)
    table["years"] = fixed.integers(0, 30, rows)
    table["skill"] = merit.round(3)
    noise = np.random.default_rng(seed).normal(size=rows)
    table["score"] = (1 / (1 + np.exp(-(skill * 2 * merit + (1 - skill) * noise)))).round(6)
    return table


def written(folder: Path, name: str = "predictions.csv", table: pd.DataFrame | None = None) -> Path:
    path = folder / name
    (applicants() if table is None else table).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """Two versions of predictions that were brought together, and a model file. Read it; never write to it."""
    folder = tmp_path_factory.mktemp("brought")
    assert typed(folder / "home", "import", perceptron(folder / "net.onnx")).code == 0
    new, old = written(folder), written(folder, "old.csv", applicants(skill=0.2))
    audited(folder / "home", new, *ROLES, *CHECKS, "--before", old)
    return folder / "home"


# ------------------------------------------------------------------------------------------------------- predictions


def test_a_file_is_audited_and_judged_and_found_again(tmp_path):
    first = audited(tmp_path / "home", written(tmp_path), *ROLES, *ONE)
    assert re.search(r"Share correct|Accuracy", first.out)
    assert "The gate " in first.out
    assert kept(tmp_path / "home") == (["predictions@1"], 1, 1)
    again = audited(tmp_path / "home", written(tmp_path), *ROLES, *ONE)
    assert "already has these answers" in again.err
    assert re.findall(r"r-\w+", again.out) == re.findall(r"r-\w+", first.out)
    assert kept(tmp_path / "home") == (["predictions@1"], 1, 1)
    shuffled = applicants().sample(frac=1, random_state=1)
    audited(tmp_path / "home", written(tmp_path, table=shuffled), *ROLES, *ONE)
    assert kept(tmp_path / "home") == (["predictions@1"], 1, 1), "with ids the order of rows says nothing"
    audited(tmp_path / "home", written(tmp_path, table=applicants(0.5)), *ROLES, *ONE)
    assert kept(tmp_path / "home")[0] == ["predictions@2", "predictions@1"]


def test_the_real_command_prints_json_alone(tmp_path):
    printed = answerable(tmp_path / "home", "audit", str(written(tmp_path)), *TRUTH, *ONE, "--decision=hired", "--json")
    assert printed.returncode in (0, 1), printed.stderr
    found = json.loads(printed.stdout)
    assert set(found) == {"report", "judgement"}
    accuracy = next(
        one
        for answer in found["report"]["answers"]
        for one in answer["measures"]
        if (one["name"], one["setting"], one["slice"]) == ("accuracy.accuracy", [], [])
    )
    assert accuracy["value"] == 1


def test_every_verb_shows_a_version_that_was_brought(home):
    assert "predictions@2" in typed(home, "models").out
    assert typed(home, "reports").out.count("predictions@") == 2
    assert "predictions" in typed(home, "reports", "predictions@1").out
    shown = json.loads(typed(home, "show", "predictions@2", "--json").out)
    assert shown["origin"]["format"] == "predictions"
    assert "predictions" in typed(home, "show", "predictions@2").out
    fairness = typed(home, "fairness", "predictions@2")
    assert fairness.code == 0
    assert "sex" in fairness.out
    assert "woman" in typed(home, "fairness", "predictions@2", "--by", "sex").out
    assert typed(home, "slices", "predictions@2").code == 0
    compared = typed(home, "compare", "predictions@1", "predictions@2")
    assert (compared.code, "better" in compared.out) == (0, True)
    assert typed(home, "judge", "predictions@2").code == 1
    assert typed(home, "verify").code == 0


def test_a_printed_report_says_where_a_version_came_from_and_what_nobody_knows(home, tmp_path):
    assert typed(home, "report", "predictions@2", "--format", "html", "--folder", tmp_path).code == 0
    page = (tmp_path / "predictions-2.html").read_text(encoding="utf-8").lower()
    assert "brought" in page
    assert "predictions.csv" in page
    assert "unknown" in page
    assert "training data" in page
    assert not re.search(r"\bnan\b", page)


@pytest.mark.parametrize(
    ("screen", "address", "says"),
    [
        ("fleet", {}, "not audited"),
        ("report", {"id": "predictions@2"}, "predictions, 400 held out"),
        ("report", {"id": "net@1"}, "net@1"),
        ("fairness", {"id": "predictions@2"}, "The largest gap by"),
        ("fairness", {"id": "net@1"}, "net@1"),
        ("slices", {"id": "predictions@2"}, "parts of the data were tested"),
        ("compare", {"first": "predictions@1", "second": "predictions@2"}, "better"),
        ("ledger", {}, "entries, each carrying the hash"),
    ],
)
def test_every_screen_shows_a_version_that_was_brought(home, screen, address, says, monkeypatch):
    monkeypatch.setenv("ANSWERABLE_HOME", str(home))
    monkeypatch.delenv("ANSWERABLE_STORE", raising=False)
    shown = AppTest.from_file(str(server.APP), default_timeout=30)
    shown.query_params.update(address)
    shown = shown.switch_page(f"screens/{screen}.py").run()
    assert not shown.exception, shown.exception
    parts = (*shown.title, *shown.header, *shown.markdown, *shown.caption, *shown.error, *shown.code, *shown.table)
    texts = "\n".join(str(one.value) for one in parts)
    assert says in texts, texts
    assert not re.search(r"\bnan\b|\bNone\b|Traceback", texts)


def test_a_version_before_is_joined_by_id_whatever_the_order(home, tmp_path):
    new = written(tmp_path, "predictions.csv", applicants().sample(frac=1, random_state=0))
    old = written(tmp_path, "old.csv", applicants(skill=0.2).sample(frac=1, random_state=5))
    said = audited(tmp_path / "home", new, *ROLES, *CHECKS, "--before", old)
    assert "better" in said.out
    assert kept(tmp_path / "home") == (["predictions@2", "predictions@1"], 2, 2)
    mine, theirs = (
        json.loads(typed(one, "compare", "predictions@1", "predictions@2", "--json").out)["differences"]
        for one in (tmp_path / "home", home)
    )
    values = [{(d["name"], str(d["setting"]), str(d["slice"])): d["difference"] for d in one} for one in (mine, theirs)]
    assert values[0] == values[1]


def other_ids() -> pd.DataFrame:
    table = applicants()
    table.loc[0, "applicant"] = "someone"
    return table


def other_truth() -> pd.DataFrame:
    table = applicants()
    table.loc[0, "hired"] = 1 - table.loc[0, "hired"]
    return table


@pytest.mark.parametrize(
    ("old", "says"),
    [
        (other_ids, "1 ids are in the new one only and 1 in the one before"),
        (lambda: applicants()[:300], "100 ids are in the new one only and 0 in the one before"),
        (other_truth, "differ between the two files"),
        (lambda: applicants().drop(columns="score"), "score"),
    ],
)
def test_a_version_before_with_other_people_or_another_truth_is_refused(tmp_path, old, says):
    said = typed(
        tmp_path / "home", "audit", written(tmp_path), *ROLES, *ONE, "--before", written(tmp_path, "old.csv", old())
    )
    assert says in said.sentence
    assert not (tmp_path / "home").exists() or kept(tmp_path / "home") == ([], 0, 0)


def test_a_version_before_that_cannot_be_compared_is_refused_before_anything_is_kept(tmp_path):
    path = written(tmp_path)
    same = typed(tmp_path / "home", "audit", path, *ROLES, *ONE, "--before", path)
    assert "nothing to compare" in same.sentence
    selected = applicants().assign(hired=lambda one: one["hired"][::-1].to_numpy())
    words = ("--decision=hired", "--favourable=1", "--id=applicant", "--before", written(tmp_path, "1.csv", selected))
    assert "leave --before out" in typed(tmp_path / "home", "audit", path, *words).sentence
    assert not (tmp_path / "home").exists() or kept(tmp_path / "home") == ([], 0, 0)


def test_a_version_that_predicts_numbers_is_compared_with_the_one_before(tmp_path):
    close, far = (
        written(
            tmp_path,
            f"{by}.csv",
            applicants().assign(guess=lambda one, by=by: one["years"] + by * np.arange(len(one)) % 7),
        )
        for by in (1, 5)
    )
    words = ("--kind=regression", "--truth=years", "--decision=guess", "--id=applicant", "--before", far)
    said = typed(tmp_path / "home", "audit", close, *words)
    assert "against" in said.out
    assert "better" in said.out
    assert "were right" not in said.out


def test_a_version_before_needs_ids(tmp_path):
    path = written(tmp_path)
    said = typed(tmp_path / "home", "audit", path, *TRUTH, "--decision", "hired", *ONE, "--before", path)
    assert "--id" in said.sentence


@pytest.mark.parametrize(
    ("changed", "words", "says"),
    [
        ({}, ("--truth", "hird"), "hird"),
        ({}, ("--threshold", "half"), ""),
        ({}, ("--groups", "sex,rase"), "rase"),
        ({}, ("--favourable", "yes"), "yes"),
        ({}, ("--policy", "nowhere"), "nowhere"),
        ({}, ("--name", "../evil"), "cannot be called"),
        ({}, ("--name", "a@2"), "cannot be called"),
        ({}, ("--group-probabilities", "race"), "race=COLUMN"),
        ({}, ("--check", "ACC999"), "ACC999"),
        ({"score": 1.5}, (), "outside 0..1"),
        ({"score": "high"}, (), "a number is needed"),
        ({"score": np.nan}, (), "no number"),
        ({"applicant": "a"}, (), "more than once"),
        ({"hired": np.nan}, (), ""),
    ],
)
def test_after_bad_input_nothing_is_kept(tmp_path, changed, words, says):
    path = written(tmp_path, table=applicants().assign(**changed))
    said = typed(tmp_path / "home", "audit", path, *ROLES, *ONE, *words)
    assert said.code == 2
    assert says in (said.sentence if says else said.err)
    assert not (tmp_path / "home").exists() or kept(tmp_path / "home") == ([], 0, 0)


@pytest.mark.parametrize("content", [b"", b"hired,score\n", b"\x00\x01\x02", b"hired,score\n1,0.5,3,4\n0\n"])
def test_a_file_that_is_no_table_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    assert typed(tmp_path / "home", "audit", path, *TRUTH, "--score=score", "--threshold=0.5").sentence
    assert not (tmp_path / "home").exists() or kept(tmp_path / "home") == ([], 0, 0)


def test_words_about_a_table_that_is_not_there_are_refused(tmp_path):
    assert "look TABLE --write" in typed(tmp_path, "audit", tmp_path / "nowhere.toml").sentence
    assert "nowhere.csv" in typed(tmp_path, "audit", tmp_path / "nowhere.csv", *TRUTH).sentence
    assert "--truth is for a file of predictions" in typed(tmp_path, "audit", "mortgage@1", *TRUTH).sentence
    model = perceptron(tmp_path / "net.onnx")
    assert "--data" in typed(tmp_path, "audit", model, *TRUTH).sentence
    assert "--data" in typed(tmp_path, "audit", "http://127.0.0.1:1/", "--protocol", "credit", *TRUTH).sentence


def test_a_version_can_be_asked_for_by_the_name_of_its_file_whatever_that_is(tmp_path):
    audited(tmp_path / "home", written(tmp_path, "a@b.csv"), *ROLES, *ONE)
    assert kept(tmp_path / "home")[0] == ["a-b@1"]
    assert typed(tmp_path / "home", "show", "a-b@1").code == 0


def test_standard_input_is_a_file_of_predictions(tmp_path):
    content = applicants().to_csv(index=False).encode()
    audited(tmp_path, "-", *ROLES, *ONE, "--name", "piped", given=content)
    assert kept(tmp_path)[0] == ["piped@1"]


def test_roles_that_are_guessed_are_said(tmp_path):
    table = applicants().rename(columns={"hired": "y_true"}).assign(y_pred=1)
    said = audited(tmp_path / "home", written(tmp_path, table=table), *ONE)
    assert "column 'y_true' is taken as truth" in said.err
    assert "column 'y_pred' is taken as decision" in said.err


def test_numbers_are_compared_with_the_truth(tmp_path):
    table = applicants().assign(guess=lambda one: one["years"] + 1.0)
    said = audited(
        tmp_path / "home", written(tmp_path, table=table), "--kind=regression", "--truth=years", "--decision=guess",
        "--groups=sex", "--json",
    )  # fmt: skip
    numbers = {
        (one["name"], str(one["setting"])): one["value"]
        for answer in json.loads(said.out)["report"]["answers"]
        for one in answer["measures"]
        if not one["slice"]
    }
    assert next(value for (name, _), value in numbers.items() if name == "accuracy.mean_error") == pytest.approx(1)


# --------------------------------------------------------------------------------------------------------- task.toml


def test_a_drafted_task_asks_a_person_and_then_repeats_the_audit(tmp_path):
    path = written(tmp_path, table=applicants().rename(columns={"hired": "label"}))
    task = tmp_path / "task.toml"
    looked = typed(tmp_path / "home", "look", path, "--write", task)
    assert looked.code == 0
    assert "task.toml" in looked.out
    assert "threshold" in typed(tmp_path / "home", "audit", task).sentence
    assert "is there already" in typed(tmp_path / "home", "look", path, "--write", task).sentence
    text = task.read_text(encoding="utf-8")
    assert not re.search(r"^(groups|favourable|threshold)", text, re.MULTILINE)
    task.write_text(
        re.sub(r"^# (threshold = 0\.5|favourable = \"1\")", r"\1", text, flags=re.MULTILINE).replace(
            "# groups = ", "groups = "
        ),
        encoding="utf-8",
    )
    said = audited(tmp_path / "home", task, *ONE)
    assert kept(tmp_path / "home")[:2] == (["predictions@1"], 1)
    again = audited(tmp_path / "home", task, *ONE)
    assert "already has these answers" in again.err
    assert "The gate " in said.out


def test_a_look_says_what_a_table_holds_and_shares(tmp_path):
    path = written(tmp_path, table=applicants().assign(mail="ada@example.com"))
    found = json.loads(typed(tmp_path, "look", path, "--train", path, "--json").out)
    assert found["rows"] == 400
    assert found["shared"]["rows"] == 400
    assert [one["column"] for one in found["personal"]] == ["mail"]
    assert "ada@example.com" not in typed(tmp_path, "look", path).out


# -------------------------------------------------------------------------------------------------------- model files


def perceptron(path: Path) -> Path:
    """An ONNX file: the logistic of the first of two numbers."""
    weights = [
        numpy_helper.from_array(np.array([[0, 2], [0, 0]], np.float32), "w"),
        numpy_helper.from_array(np.zeros(2, np.float32), "b"),
    ]
    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["y"]), helper.make_node("Softmax", ["y"], ["p"], axis=1)]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])
    made = helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, 2])
    graph = helper.make_graph(nodes, "logistic", [given], [made], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    return path


INPUTS = ["skill", "years"]


def forest(folder: Path) -> Path:
    from sklearn.ensemble import RandomForestClassifier
    from skops.io import dump

    table = applicants(rows=300)
    path = folder / "forest.skops"
    dump(RandomForestClassifier(5, max_depth=3, random_state=0).fit(table[INPUTS], table["hired"]), path)
    return path


def boosted(folder: Path) -> Path:
    from xgboost import XGBClassifier

    table = applicants(rows=300)
    path = folder / "boosted.json"
    XGBClassifier(n_estimators=5, max_depth=2, n_jobs=1).fit(table[INPUTS], table["hired"]).save_model(path)
    return path


@pytest.mark.parametrize(
    ("made", "format", "checks"),
    [
        (lambda folder: perceptron(folder / "net.onnx"), "onnx", ONE),
        (forest, "skops", [*ONE, "--check=ROB001", "--check=ROB003"]),
        (boosted, "xgboost", [*ONE, "--check=ROB001", "--check=ROB003"]),
    ],
)
def test_a_model_file_is_asked_about_a_table(tmp_path, made, format, checks):
    model = made(tmp_path)
    table = applicants()[[*INPUTS, "hired", "sex"]]
    data = written(tmp_path, "test.csv", table)
    words = (model, "--data", data, *TRUTH, "--groups", "sex", "--favourable", "1", *checks, "--json")
    said = audited(tmp_path / "home", *words)
    answers = {one["question"]["code"]: one for one in json.loads(said.out)["report"]["answers"]}
    assert {one["status"] for one in answers.values()} == {"measured"}, "also when its inputs change"
    attacked = [one["value"] for one in answers.get("ROB003", {"measures": ()})["measures"]]
    assert len(attacked) == (4 if "--check=ROB003" in checks else 0)
    assert attacked == sorted(attacked, reverse=True)
    accuracy = next(one for one in answers["ACC001"]["measures"] if one["name"] == "accuracy.accuracy")
    assert accuracy["value"] > 0.7
    card = json.loads(typed(tmp_path / "home", "show", model.name.partition(".")[0], "--json").out)
    assert card["origin"]["format"] == format
    assert card["origin"]["isolation"]
    assert [one["name"] for one in card["identity"]["files"]] == [model.name]
    assert str(tmp_path) not in json.dumps(card)
    audited(tmp_path / "home", *words)
    assert kept(tmp_path / "home")[:2] == ([f"{model.name.partition('.')[0]}@1"], 1)


def payments(folder: Path) -> Path:
    """Who is paid how much: by age and skill."""
    table = applicants(rows=300).assign(pay=lambda one: (20 + 5 * one["skill"] + one["years"] / 3).round(2))
    return written(folder, "pay.csv", table[[*INPUTS, "pay", "sex", "applicant"]])


def line(path: Path) -> Path:
    """An ONNX file that ends in a linear layer: it cannot say whether it answers with a logit or a number."""
    weights = [
        numpy_helper.from_array(np.array([[5], [1 / 3]], np.float32), "w"),
        numpy_helper.from_array(np.array([21], np.float32), "b"),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])
    graph = helper.make_graph([helper.make_node("Gemm", ["x", "w", "b"], ["y"])], "line", [given], [made], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    return path


def exported(path: Path) -> Path:
    import torch

    net = torch.nn.Linear(2, 1)
    with torch.no_grad():
        net.weight[:], net.bias[:] = torch.tensor([[5.0, 1 / 3]]), 21
    shapes = ({0: torch.export.Dim("n", min=1)},)
    torch.export.save(torch.export.export(net, (torch.rand(4, 2),), dynamic_shapes=shapes), path)
    return path


def fitted(path: Path, table: Path) -> Path:
    """A regressor in the format of the ending, fitted to the table."""
    rows = pd.read_csv(table)
    if path.suffix == ".ubj":
        from xgboost import XGBRegressor

        XGBRegressor(n_estimators=20, n_jobs=1).fit(rows[INPUTS], rows["pay"]).save_model(path)
    elif path.suffix == ".txt":
        import lightgbm

        options = {"objective": "regression", "verbosity": -1, "num_threads": 1}
        lightgbm.train(options, lightgbm.Dataset(rows[INPUTS], rows["pay"]), 20).save_model(path)
    elif path.is_dir():
        (path / "MLmodel").write_text("flavors:\n  xgboost:\n    data: model.ubj\n", encoding="utf-8")
        fitted(path / "model.ubj", table)
    else:
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from skops.io import dump

        forest = RandomForestRegressor(5, random_state=0)
        model = make_pipeline(StandardScaler(), forest) if path.stem == "steps" else forest
        dump(model.fit(rows[INPUTS], rows["pay"]), path)
    return path


def error_of(said: Said) -> float:
    """The mean absolute error of a report."""
    return next(
        one["value"]
        for answer in json.loads(said.out)["report"]["answers"]
        for one in answer["measures"]
        if (one["name"], one["setting"], one["slice"]) == ("accuracy.regression_error", [["kind", "mae"]], [])
    )


@pytest.mark.parametrize("name", ["forest.skops", "steps.skops", "boosted.ubj", "light.txt", "folder"])
def test_a_file_that_says_that_it_predicts_numbers_is_asked_how_far_off_it_is(tmp_path, name):
    data, path = payments(tmp_path), tmp_path / name
    if name == "folder":
        path.mkdir()
    words = (fitted(path, data), "--data", data, "--truth", "pay", "--groups", "sex", "--id", "applicant")
    said = audited(tmp_path / "home", *words, "--check=FAI011", "--json")
    assert 0 < error_of(said) < 5
    assert "says that it predicts numbers, so this is a regression" in said.err
    verdicts = {one["rule"]["measure"]: one["outcome"] for one in json.loads(said.out)["judgement"]["verdicts"]}
    assert verdicts["accuracy.accuracy"] == verdicts["calibration.ece_p_value"] == "exempt"
    assert verdicts["fairness.mean_error_difference"] == "missing", "nobody declared a margin"
    again = audited(tmp_path / "home", *words, "--kind=regression", "--check=FAI011", "--json")
    assert json.loads(again.out)["report"]["key"] == json.loads(said.out)["report"]["key"]
    assert kept(tmp_path / "home")[:2] == ([f"{Path(name).stem}@1"], 1)


@pytest.mark.parametrize("made", [lambda one: line(one / "line.onnx"), lambda one: exported(one / "line.pt2")])
def test_of_a_file_that_cannot_say_the_truth_decides_or_the_words(tmp_path, made):
    data, model = payments(tmp_path), made(tmp_path)
    words = (model, "--data", data, "--groups", "sex", "--id", "applicant", "--check=FAI011", "--json")
    said = audited(tmp_path / "home", *words, "--truth=pay")
    assert error_of(said) == pytest.approx(1, abs=0.01)
    assert "different numbers, so line" in said.err
    whole = pd.read_csv(data).assign(pay=lambda one: one["pay"].round(-1))
    few = (model, "--data", written(tmp_path, "few.csv", whole), *words[3:], "--truth=pay", "--kind=regression")
    assert error_of(audited(tmp_path / "other", *few)) < 10
    assert [kept(tmp_path / one)[0] for one in ("home", "other")] == [["line@1"], ["line@1"]]


def test_what_does_not_fit_numbers_is_refused_in_a_sentence(tmp_path):
    data, home = payments(tmp_path), tmp_path / "home"
    model = fitted(tmp_path / "forest.skops", data)
    words = ("--data", data, "--groups", "sex", "--id", "applicant", "--truth=pay")
    assert "favourable is for classes" in typed(home, "audit", model, *words, "--favourable=20").sentence
    assert "threshold is for classes" in typed(home, "audit", model, *words, "--threshold=20").sentence
    worded = written(tmp_path, "words.csv", pd.read_csv(data).assign(pay="much"))
    said = typed(home, "audit", model, "--data", worded, *words[2:])
    assert "'pay' is 'much' in row 1" in said.sentence
    decides = typed(home, "audit", boosted(tmp_path), *words, "--kind=regression")
    assert "boosted.json decides between classes" in decides.sentence
    two = typed(home, "audit", perceptron(tmp_path / "two.onnx"), *words, "--kind=regression")
    assert "two.onnx decides between classes" in two.sentence
    assert not home.exists() or kept(home) == ([], 0, 0)


def test_a_model_of_texts_is_asked_about_a_column_of_texts(tmp_path):
    sonar = pytest.importorskip("hatesonar")
    model = Path(sonar.__file__).parent / "model" / "model.onnx"
    texts = ["I hate you so much", "good morning, what a day", "shut up you idiot", "see you tomorrow"] * 10
    table = pd.DataFrame({"text": texts, "label": [0, 2, 1, 2] * 10, "place": ["north", "south"] * 20})
    words = ("--data", written(tmp_path, "texts.csv", table), "--truth", "label", "--text", "text", "--groups", "place")
    audited(tmp_path / "home", model, *words, *ONE, "--name", "sonar")
    assert kept(tmp_path / "home")[:2] == (["sonar@1"], 1)
    wrong = typed(tmp_path / "home", "audit", model, *words, *ONE, "--text", "words")
    assert "words" in wrong.sentence


def bert(folder: Path) -> Path:
    """A small classifier of texts, as it was made: with weights that nobody trained."""
    import torch
    import transformers

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "day", "night", "sun", "rain"]
    (folder / "vocab.txt").write_text("\n".join(words))
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=16, num_labels=2, id2label={0: "no", 1: "yes"},
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    transformers.BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("planted", [True, False])
def test_texts_that_a_model_sees_alike_are_searched_for_errors(tmp_path, planted):
    model, draw = bert(tmp_path / "bert"), np.random.default_rng(0)
    kinds = np.array([["good", "day", "sun"], ["bad", "night", "rain"]])
    kind = draw.integers(0, 2, 800)
    texts = [" ".join(draw.choice(kinds[one], draw.integers(2, 5))) for one in kind]
    with open_foreign(model) as opened:
        decided = opened.probabilities(texts).argmax(axis=1)
    wrong = draw.random(800) < (np.where(kind == 1, 0.5, 0.05) if planted else 0.2)
    truth = np.where(np.where(wrong, 1 - decided, decided) == 1, "yes", "no")
    table = written(tmp_path, "texts.csv", pd.DataFrame({"text": texts, "label": truth}))
    words = ("--data", table, "--truth", "label", "--text", "text", "--check=ACC003", "--name", "bert")
    audited(tmp_path / "home", model, *words)
    with place(tmp_path / "home").archive as archive:
        report = archive.report(archive.reports()[0].id)
    rows = [row for answer in report.answers for one in answer.exhibits for row in one.rows]
    clusters = [str(row[0]) for row in rows if "cluster=" in str(row[0])]
    assert clusters
    worse = [str(row[0]) for row in rows if row[-1] == "worse"]
    assert bool(worse) == planted
    assert all("cluster=" in one for one in worse)


def test_a_model_without_the_table_it_needs_is_refused_with_nothing_kept(tmp_path):
    model = perceptron(tmp_path / "net.onnx")
    table = applicants()[["hired", "skill"]]
    words = (model, "--data", written(tmp_path, "test.csv", table))
    assert typed(tmp_path / "home", "audit", *words, *TRUTH).sentence
    assert "--truth" in typed(tmp_path / "home", "audit", *words).sentence
    assert not (tmp_path / "home").exists() or kept(tmp_path / "home") == ([], 0, 0)


def test_a_column_that_looks_like_predictions_is_an_input_of_a_model_that_is_asked(tmp_path):
    model = perceptron(tmp_path / "net.onnx")
    table = applicants()[["skill", "score", "hired"]].rename(columns={"hired": "label"})
    data = written(tmp_path, "test.csv", table)
    said = audited(tmp_path / "home", model, "--data", data, *ONE)
    assert "column 'label' is taken as truth" in said.err
    card = json.loads(typed(tmp_path / "home", "show", "net", "--json").out)
    assert card["identity"]["columns"] == ["skill", "score"]
    refused = typed(tmp_path / "home", "audit", model, "--data", data, "--score", "score", "--threshold", "0.5")
    assert "Leave it out" in refused.sentence


def test_importing_twice_is_one_version_and_may_have_a_parent(tmp_path):
    home, model = tmp_path / "home", perceptron(tmp_path / "net.onnx")
    audited(home, written(tmp_path), *ROLES, *ONE)
    first = json.loads(typed(home, "import", model, "--parent", "predictions", "--json").out)
    assert first["parent"] == json.loads(typed(home, "show", "predictions", "--json").out)["digest"]
    again = json.loads(typed(home, "import", model, "--parent", "predictions", "--json").out)
    assert again == first
    assert kept(home)[0] == ["net@1", "predictions@1"]
    printed = typed(home, "import", model).out
    assert "net@1" in printed
    assert "brought from" in printed
    assert "net.onnx" in printed
    assert "nobody" in typed(home, "import", model, "--parent", "nobody").sentence
    pickled = tmp_path / "model.pkl"
    pickled.write_bytes(b"\x80\x04N.")
    assert "skops" in typed(home, "import", pickled).sentence
    assert kept(home)[0] == ["net@1", "predictions@1"]


def test_a_file_that_names_nothing_is_one_version_where_import_is_told_what_the_audit_asks(tmp_path):
    pay, data = payments(tmp_path), written(tmp_path, "test.csv", applicants()[[*INPUTS, "hired"]])
    net, number, named = perceptron(tmp_path / "net.onnx"), line(tmp_path / "line.onnx"), tmp_path / "forest.skops"
    fitted(named, pay)
    asked = ("--data", pay, "--truth", "pay", "--id", "applicant", "--groups", "sex", "--check=FAI011")
    columns = ("--columns", ",".join(INPUTS))
    for model, said, words in (
        (net, (*columns, "--classes", "0,1"), ("--data", data, *TRUTH, "--classes", "0,1", *ONE)),
        (number, (*columns, "--kind=regression"), asked),
        (named, (), asked),
    ):
        imported = json.loads(typed(tmp_path / "imported", "import", model, *said, "--json").out)
        audited(tmp_path / "audited", model, *words)
        shown = json.loads(typed(tmp_path / "audited", "show", model.stem, "--json").out)
        assert shown["digest"] == imported["digest"]
    assert "names its columns itself" in typed(tmp_path / "other", "import", named, "--columns", "a,b").sentence
    assert "classes is for classes" in typed(tmp_path / "other", "import", named, "--classes", "a,b").sentence


def test_a_version_that_was_imported_is_audited_and_then_on_another_table_with_other_groups(tmp_path):
    home, model, pay = tmp_path / "home", tmp_path / "forest.skops", payments(tmp_path)
    fitted(model, pay)
    typed(home, "import", model)
    asked = ("--data", pay, "--truth", "pay", "--id", "applicant", "--check=FAI011")
    for more in ((), ("--groups", "sex")):
        audited(home, model, *asked, *more)
    versions, reports, _ = kept(home)
    assert (versions, reports) == (["forest@1"], 2)


def test_a_folder_called_like_a_room_is_said_in_one_sentence(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").touch()
    ran = subprocess.run(
        [sys.executable, "-c", "import audit"], cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "A folder called 'models' hides Answerable's package of that name" in ran.stderr.splitlines()[-1]
    assert "During handling" not in ran.stderr


# ------------------------------------------------------------------------------------------------------- an address


@pytest.fixture(scope="module")
def address():
    """A server in another process, with models of many manners."""
    httpx = pytest.importorskip("httpx")
    with subprocess.Popen(
        [sys.executable, str(SERVED)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        found = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        try:
            for _ in range(200):
                try:
                    httpx.get(f"{found}/alive", trust_env=False)
                    break
                except httpx.ConnectError:
                    time.sleep(0.05)
            yield found
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture
def borrowers(tmp_path, monkeypatch) -> Path:
    """A table that the served model of loans understands."""
    monkeypatch.setenv("NO_PROXY", "*")
    g = np.random.default_rng(0)
    rows = 700
    table = pd.DataFrame({"age": g.integers(18, 80, rows), "income": g.normal(2, 1, rows).round(2)})
    table["job"], table["member"] = g.choice(["baker", "nurse"], rows), g.choice([True, False], rows)
    table["paid"] = np.where(table["age"] / 20 > table["income"], "yes", "no")
    table["sex"] = g.choice(["woman", "man"], rows)
    return written(tmp_path, "borrowers.csv", table)


def loans(address: str, case: str, data: Path) -> tuple[object, ...]:
    where = f"{address}/{case}/{uuid.uuid4().hex}/"
    return where, "--protocol", "credit", "--data", data, "--truth", "paid", "--groups", "sex", "--favourable", "yes"


def test_an_address_is_asked_and_what_it_took_is_recorded(tmp_path, address, borrowers, monkeypatch):
    monkeypatch.setenv("MODEL_TOKEN", "s3cret-Tok.en/42")
    said = audited(
        tmp_path / "home", *loans(address, "good", borrowers), *ONE, "--check=COS002", "--check=ROB003", "--token",
        "MODEL_TOKEN", "--classes", "no,yes", "--json",
    )  # fmt: skip
    answers = {one["question"]["code"]: one for one in json.loads(said.out)["report"]["answers"]}
    assert answers["COS002"]["status"] == "measured"
    assert any("latency" in one["name"] for one in answers["COS002"]["measures"])
    attacked = answers["ROB003"]["measures"]
    assert [one["n"] for one in attacked] == [50] * 4
    assert {dict(one["setting"])["queries"] for one in attacked} == {25}, "few, because each goes over the network"
    card = json.loads(typed(tmp_path / "home", "show", "credit", "--json").out)
    assert card["origin"]["format"] == "endpoint"
    everything = b"".join(one.read_bytes() for one in (tmp_path / "home").rglob("*") if one.is_file())
    assert b"s3cret" not in everything
    assert kept(tmp_path / "home")[:2] == (["credit@1"], 1)


def test_an_address_that_answers_with_numbers_is_asked_how_far_off_they_are(tmp_path, address, borrowers):
    table = pd.read_csv(borrowers).assign(owed=lambda one: one["age"] * 3.7 - 100)
    data = written(tmp_path, "owed.csv", table.drop(columns="paid"))
    where = f"{address}/amounts/{uuid.uuid4().hex}/"
    words = (where, "--protocol", "credit", "--data", data, "--truth", "owed", "--groups", "sex", "--json")
    said = audited(tmp_path / "home", *words, "--check=FAI011", "--check=COS002")
    assert error_of(said) > 0
    assert "different numbers, so credit is asked for a number" in said.err
    two = (f"{address}/good/{uuid.uuid4().hex}/", *words[1:])
    assert "holds 2 numbers a row" in typed(tmp_path / "other", "audit", *two).sentence


def test_a_version_that_changes_while_it_is_asked_fails_the_audit_with_nothing_kept(tmp_path, address, borrowers):
    said = typed(tmp_path / "home", "audit", *loans(address, "changing", borrowers), *ONE, "--classes", "no,yes")
    assert "version" in said.sentence
    assert not (tmp_path / "home").exists() or kept(tmp_path / "home") == ([], 0, 0)


def test_an_address_without_a_protocol_or_that_answers_nothing_is_a_sentence(tmp_path, address, borrowers):
    words = ("--data", borrowers, "--truth", "paid")
    assert "--protocol" in typed(tmp_path / "home", "audit", f"{address}/good/1/", *words).sentence
    template = tmp_path / "template.json"
    for content in ("{", "[]", '{"answer": 1}'):
        template.write_text(content, encoding="utf-8")
        assert (
            "template.json"
            in typed(tmp_path / "home", "audit", f"{address}/good/1/score", "--protocol", template, *words).sentence
        )
    absent = tmp_path / "absent.json"
    assert "absent.json" in typed(tmp_path / "home", "audit", f"{address}/x/", "--protocol", absent, *words).sentence
    assert typed(tmp_path / "home", "audit", *loans(address, "forbidden", borrowers), *ONE).sentence
    assert not (tmp_path / "home").exists() or kept(tmp_path / "home") == ([], 0, 0)
