"""An audit in a notebook: what scikit-learn and fairlearn say, of anything that predicts; and bad input in one sentence."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from fairlearn import metrics as fair
from sklearn import metrics as sk
from sklearn.linear_model import LinearRegression, LogisticRegression

import audit
from audit.acts.person import Grant
from storage.archive import Archive
from storage.ledger import me
from storage.verify import verify

QUICK = ["ACC001", "FAI001"]
NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


@pytest.fixture(scope="module")
def people():
    """A frame of 900 people with an index of its own, and who was hired."""
    g = np.random.default_rng(0)
    X = pd.DataFrame({"skill": g.normal(size=900), "years": g.normal(size=900)}, index=range(5000, 5900))
    X["sex"] = g.choice(["woman", "man"], 900)
    chance = 1 / (1 + np.exp(-(1.5 * X["skill"] + X["years"] + 0.5 * (X["sex"] == "man"))))
    return X, (g.random(900) < chance).to_numpy().astype(int)


@pytest.fixture(scope="module")
def model(people):
    X, y = people
    return LogisticRegression().fit(numbers(X), y)


@pytest.fixture(scope="module")
def asked(people, model):
    """The audit of all questions."""
    X, y = people
    return audit.audit(model, numbers(X), y, groups={"sex": X["sex"]}, favourable=1)


def numbers(X):
    return X[["skill", "years"]].to_numpy()


def value(found, name, **setting):
    """The one number of all rows with this name and at least this setting."""
    wanted = set(setting.items())
    (one,) = [m for m in found.measures() if m.name == name and not m.slice and wanted <= set(m.setting)]
    return one.value


def quick(model, X, y=None, **options):
    return audit.audit(model, X, y, checks=QUICK, **options)


def accuracy(found):
    return next(m.value for m in found.measures() if m.name == "accuracy.accuracy" and not m.setting and not m.slice)


def gap(found, by="sex"):
    return value(found, "fairness.demographic_parity_difference", by=by)


def test_the_numbers_are_those_of_scikit_learn_and_fairlearn(people, model, asked):
    X, y = people
    said, score = model.predict(numbers(X)), model.predict_proba(numbers(X))[:, 1]
    assert accuracy(asked) == pytest.approx(sk.accuracy_score(y, said))
    first = next(m for m in asked.measures() if m.name == "accuracy.roc_auc" and not m.setting and not m.slice)
    assert first.value == pytest.approx(sk.roc_auc_score(y, score))
    same = fair.demographic_parity_difference(y, said, sensitive_features=X["sex"])
    assert gap(asked) == pytest.approx(same)
    odds = fair.equal_opportunity_difference(y, said, sensitive_features=X["sex"])
    assert value(asked, "fairness.equal_opportunity_difference", by="sex") == pytest.approx(odds)


def test_groups_may_be_given_in_any_form(people, model):
    X, y = people
    sex = X["sex"]
    for groups in ({"sex": sex}, {"sex": list(sex)}, sex, sex.to_frame()):
        assert gap(quick(model, numbers(X), y, groups=groups, favourable=1)) > 0
    of_columns = [
        quick(lambda rows: model.predict_proba(numbers(rows)), X, y, groups=one, favourable=1)
        for one in ("sex", ["sex"])
    ]
    assert {gap(one) for one in of_columns} == {gap(quick(model, numbers(X), y, groups=sex, favourable=1))}
    assert {dict(m.setting)["by"] for m in of_columns[0].measures() if "by" in dict(m.setting)} == {"sex"}


def test_values_that_are_given_for_a_group_win_over_a_column_of_that_name(people, model):
    X, y = people
    other = np.where(np.arange(len(y)) % 2, "odd", "even")
    found = quick(lambda rows: model.predict_proba(numbers(rows)), X, y, groups={"sex": other}, favourable=1)
    same = fair.demographic_parity_difference(y, model.predict(numbers(X)), sensitive_features=other)
    assert gap(found) == pytest.approx(same)
    assert set(X["sex"]) == {"woman", "man"}


def test_without_a_favourable_outcome_nobody_is_selected(people, model):
    X, y = people
    found = quick(model, numbers(X), y, groups=X["sex"])
    assert not [m for m in found.measures() if m.name == "fairness.demographic_parity_difference"]


def test_a_function_of_probabilities_and_one_of_labels_are_asked_alike(people, model, asked):
    X, y = people
    for function in (
        lambda rows: model.predict_proba(rows),
        lambda rows: model.predict_proba(rows)[:, 1],
        lambda rows: model.predict(rows),
    ):
        found = quick(function, numbers(X), y, groups=X["sex"], favourable=1)
        assert accuracy(found) == accuracy(asked)
        assert gap(found) == gap(asked)


def test_labels_may_be_words(people, model):
    X, y = people
    words = np.array(["no", "yes"])
    found = quick(
        lambda rows: words[model.predict(rows)], numbers(X), words[y], groups={"sex": X["sex"]}, favourable="yes"
    )
    assert accuracy(found) == pytest.approx(sk.accuracy_score(y, model.predict(numbers(X))))


def test_a_regressor_and_a_function_of_numbers_are_asked_how_far_off_they_are(people):
    X, _ = people
    truth = X["skill"].to_numpy() * 2 + X["years"].to_numpy() ** 2
    line = LinearRegression().fit(numbers(X), truth)
    for one in (line, lambda rows: line.predict(rows), lambda rows: line.predict(rows)[:, None]):
        found = audit.audit(one, numbers(X), truth, kind="regression", groups={"sex": X["sex"]})
        said = line.predict(numbers(X))
        for kind, same in (
            ("rmse", sk.root_mean_squared_error(truth, said)),
            ("mae", sk.mean_absolute_error(truth, said)),
        ):
            assert value(found, "accuracy.regression_error", kind=kind) == pytest.approx(same)
        assert "RMSE" in repr(found)
        told = audit.audit(one, numbers(X), truth, groups={"sex": X["sex"]})
        assert told.report.task == found.report.task, "nobody has to say it"
        assert "a regression" in repr(told)
        assert "a regression" in told._repr_html_()


def test_a_network_answers_with_logits_and_is_left_as_it_was(people, model, asked):
    X, y = people
    net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Dropout(0.9))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor(model.coef_))
        net[0].bias.copy_(torch.tensor(model.intercept_))
    net.train()
    found = quick(net, numbers(X), y, favourable=1)
    assert accuracy(found) == pytest.approx(accuracy(asked), abs=2e-3)
    assert net.training
    number = audit.audit(net, numbers(X), y * 1.5, kind="regression")
    said = model.decision_function(numbers(X))
    assert value(number, "accuracy.regression_error", kind="mae") == pytest.approx(
        sk.mean_absolute_error(y * 1.5, said), rel=1e-5
    )


def test_a_network_knows_classes_that_the_truth_does_not_hold(people):
    X, y = people
    found = quick(torch.nn.Linear(2, 3), numbers(X), y)
    assert found.report.n == 900
    assert found.brought.card.identity.classes == ("0", "1", "2")


def test_rows_without_truth_are_left_out_and_no_truth_at_all_still_tells_who_is_selected(people, model):
    X, y = people
    some = y.astype(float)
    some[:100] = np.nan
    found = quick(lambda rows: model.predict_proba(numbers(rows)), X, some, groups="sex", favourable=1)
    rest = quick(lambda rows: model.predict_proba(numbers(rows)), X[100:], y[100:], groups="sex", favourable=1)
    assert found.report.n == 800
    assert (accuracy(found), gap(found)) == (accuracy(rest), gap(rest))
    assert found.report.split == rest.report.split
    without = audit.audit(model, numbers(X), groups=X["sex"], favourable=1)
    said = model.predict(numbers(X))
    assert gap(without) == pytest.approx(fair.demographic_parity_difference(said, said, sensitive_features=X["sex"]))
    assert not [m for m in without.measures() if m.name == "accuracy.accuracy"]


def test_a_threshold_and_weights_are_heeded(people, model):
    X, y = people
    score, weight = model.predict_proba(numbers(X))[:, 1], np.random.default_rng(1).random(900)
    strict = quick(model, numbers(X), y, threshold=0.8, favourable=1)
    assert accuracy(strict) == pytest.approx(sk.accuracy_score(y, score >= 0.8))
    weighed = quick(model, numbers(X), y, weight=weight)
    same = sk.accuracy_score(y, model.predict(numbers(X)), sample_weight=weight)
    assert accuracy(weighed) == pytest.approx(same)


def test_a_clearly_better_model_is_called_better_and_other_data_refused(people, model, asked):
    X, y = people
    g = np.random.default_rng(2)
    blind = LogisticRegression().fit(g.normal(size=(900, 2)), y)
    worse = audit.audit(blind, numbers(X), y, groups={"sex": X["sex"]}, favourable=1)
    outcomes = {d.name: d.outcome for d in worse.compare(asked).differences if not d.setting and not d.slice}
    assert outcomes["accuracy.accuracy"] == "better"
    assert {d.name: d.outcome for d in asked.compare(worse).differences if not d.setting and not d.slice}[
        "accuracy.accuracy"
    ] == "worse"
    with pytest.raises(ValueError, match=r"lacks them"):
        asked.compare(quick(model, numbers(X), favourable=1))
    with pytest.raises(ValueError, match=r".+") as why:
        asked.compare(quick(model, numbers(X)[:500], y[:500], groups={"sex": X["sex"][:500]}, favourable=1))
    assert in_one_sentence(why)


def test_what_is_saved_is_read_back_and_verifies(people, model, asked, tmp_path):
    X, y = people
    with Archive(f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "vault") as archive:
        kept = asked.save(archive)
        assert asked.save(archive) == kept
        (card,) = archive.models()
        assert card.title == "LogisticRegression@1"
        assert (card.origin.format, card.origin.source) == ("in memory", "LogisticRegression")
        again = archive.report(kept)
        assert again.measures() == asked.report.measures()
        other = audit.audit(
            lambda rows: model.predict_proba(rows)[:, ::-1], numbers(X), y, groups={"sex": X["sex"]}, favourable=1,
            name="LogisticRegression",
        )  # fmt: skip
        other.save(archive)
        assert [one.title for one in archive.models()] == ["LogisticRegression@2", "LogisticRegression@1"]
        assert not [one for one in verify(archive) if one.broken]


def test_nothing_is_saved_in_a_teams_store_by_nobody(asked, tmp_path):
    with Archive(f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "vault") as archive:
        admin = Grant(issuer="https://login.example.org", subject="1", name="Ada", roles=("admin",))
        archive.put_act(admin.person, admin, me())
        with pytest.raises(ValueError, match="belongs to a team") as why:
            asked.save(archive)
        assert in_one_sentence(why)
        assert not archive.models()


def test_a_name_cannot_write_html(people, model):
    X, y = people
    hostile = "<script>alert(1)<b>"
    found = quick(model, numbers(X), y, groups={hostile: X["sex"].replace("man", hostile)}, favourable=1, name=hostile)
    shown = found._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert set(re.findall(r"<(\w+)", shown)) <= {
        "p", "b", "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
    }  # fmt: skip


def test_an_audit_shows_itself_with_intervals(asked):
    assert re.search(r"Share correct: \d\d\.\d % \[\d\d\.\d, \d\d\.\d\]", repr(asked))
    shown = asked._repr_html_()
    assert "900 rows" in shown
    assert "Not measured, and why" in shown


class Silent:
    """Predicts nothing."""


def in_one_sentence(why) -> bool:
    return "\n" not in str(why.value) and str(why.value).rstrip().endswith((".", "?"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"y": [1, 0]}, r"y needs one value for each of the 900 rows, got shape \(2,\)"),
        ({"weight": [1.0]}, "weight needs one value"),
        ({"groups": {"sex": ["man"]}}, r"groups\['sex'\] needs one value"),
        ({"groups": "race"}, "X has no column 'race' to group by"),
        ({"ids": [7] * 900}, "ids holds 899 ids more than once"),
        ({"favourable": "maybe"}, "no class 'maybe'"),
        ({"kind": "sorting"}, "kind: Input should be"),
        ({"kind": "regression", "y": None}, "nothing can be told without the truth; give y"),
        ({"X": np.empty((0, 2)), "y": []}, "X has no rows"),
        ({"X": None}, "X has no rows"),
        ({"model": Silent()}, "Silent has neither predict_proba nor predict, and is no function"),
        ({"model": lambda rows: np.full((len(rows), 2), np.nan)}, "no probabilities"),
        ({"model": lambda rows: np.full((len(rows), 2), 0.7)}, "no probabilities"),
        ({"model": lambda rows: [0.5] * 7}, "answers 2 rows with shape"),
        ({"model": lambda rows: np.zeros(len(rows), dtype=int), "threshold": 0.5}, "a threshold decides on prob"),
        ({"model": lambda rows: np.zeros((len(rows), 2)), "kind": "regression"}, "one number of each row"),
        ({"model": lambda rows: np.full((len(rows), 3), 1 / 3), "y": ["a", "b"] * 450}, "must be the same classes"),
    ],
)
def test_bad_input_is_one_sentence(people, model, options, said):
    X, y = people
    given = {"model": model, "X": numbers(X), "y": y} | options
    with pytest.raises(ValueError, match=said) as why:
        audit.audit(**given)
    assert in_one_sentence(why)


def test_the_notebook_of_the_docs_runs(tmp_path):
    book = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (book["nbformat"], set(book)) == (4, {"cells", "metadata", "nbformat", "nbformat_minor"})
    cells = [one for one in book["cells"] if one["cell_type"] == "code"]
    assert all(one["outputs"] == [] and one["execution_count"] is None and one["id"] for one in cells)
    code = "\n\n".join("".join(one["source"]) for one in cells)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env={**os.environ, "ANSWERABLE_HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert not list(tmp_path.iterdir()), "it keeps its archive elsewhere"
