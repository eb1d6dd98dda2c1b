"""What a table says: roles named, guessed or refused; every value that cannot be what it should is said in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.bring import answers, roles
from audit.bring.answers import Answers
from audit.bring.brought import brought, of_frame
from audit.bring.roles import Roles, guessed
from audit.bring.table import open_table
from audit.bring.unreadable import Unreadable
from audit.evidence import Outputs, Tally


def frame(n: int = 40) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    score = draw.random(n).round(3)
    truth = (draw.random(n) < score).astype(int)
    return pd.DataFrame(
        {
            "row": [f"r{at}" for at in range(n)],
            "hired": truth,
            "score": score,
            "sex": draw.choice(["f", "m"], n),
            "weight": 1.5,
        }
    )


def understood(table: pd.DataFrame, **given: Any) -> Answers:
    asked = Roles.model_validate(given)
    return answers.understood(table, asked, answers.classes(answers.outcomes(table, asked), asked))


SCORED = {"truth": "hired", "score": "score", "threshold": 0.5}


# ------------------------------------------------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one,
        lambda one: one.astype(str),
        lambda one: one.astype(bool),
        lambda one: one.astype(float),
        lambda one: one.map({1: "True", 0: "false"}),
        lambda one: one.astype(object),
    ],
)
def test_labels_as_numbers_texts_and_booleans_are_the_same(change: Any) -> None:
    table = frame()
    found = understood(table.assign(hired=change(table["hired"])), **SCORED)
    assert found.classes == ("0", "1")
    assert found.truth is not None
    assert np.array_equal(found.truth, table["hired"])


def test_scores_are_decided_at_the_threshold_and_not_below_it() -> None:
    table = pd.DataFrame({"hired": [0, 1, 1], "score": [0.29, 0.3, 0.31]})
    found = understood(table, truth="hired", score="score", threshold=0.3)
    assert found.decision is not None
    assert found.decision.tolist() == [0, 1, 1]
    assert found.score is not None
    assert found.score.tolist() == [[0.71, 0.29], [0.7, 0.3], [0.69, 0.31]]


def test_the_score_is_of_the_class_that_was_said() -> None:
    table = pd.DataFrame({"paid": ["good", "bad", "good"], "score": [0.2, 0.9, 0.4]})
    bad = understood(table, truth="paid", score="score", threshold=0.5, positive="bad", favourable="good")
    assert bad.classes == ("bad", "good")
    assert bad.decision is not None
    assert bad.decision.tolist() == [1, 0, 1]
    assert bad.positive == 1
    guessed_from_favourable = understood(table, truth="paid", score="score", threshold=0.5, favourable="good")
    assert guessed_from_favourable.score is not None
    assert guessed_from_favourable.score[:, 1].tolist() == [0.2, 0.9, 0.4]
    with pytest.raises(
        Unreadable, match=r"Of which class is 'score' the probability: 'bad' or 'good'\? Type --positive"
    ):
        understood(table, truth="paid", score="score", threshold=0.5)


@pytest.mark.parametrize("favourable", ["1", "1.0", "True", True, 1])
def test_the_favourable_outcome_may_be_written_as_the_column_writes_it(favourable: object) -> None:
    found = understood(frame(), **SCORED, favourable=favourable)
    assert found.positive == 1


@pytest.mark.parametrize("score", [("cat=p1", "dog=p2", "eel=p3"), ("p_cat", "p_dog", "p_eel"), ("cat", "dog", "eel")])
def test_a_column_of_scores_for_every_class(score: tuple[str, ...]) -> None:
    names = [one.rpartition("=")[2] for one in score]
    shares = np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2], [0.1, 0.1, 0.8]])
    table = pd.DataFrame(shares, columns=names).assign(truth=["dog", "cat", "dog"])
    found = understood(table, truth="truth", score=score)
    assert found.classes == ("cat", "dog", "eel")
    assert found.decision is not None
    assert found.decision.tolist() == [1, 0, 2]


def test_classes_are_in_the_order_of_numbers() -> None:
    table = pd.DataFrame({"truth": [10, 9, 2, 1], "said": ["10", "2", "2", "9"]})
    assert understood(table, truth="truth", decision="said").classes == ("1", "2", "9", "10")


def test_rows_without_a_truth_are_counted_and_left_out(tmp_path: Path) -> None:
    table = frame()
    table["hired"] = table["hired"].astype(object)
    table.loc[[3, 5], "hired"] = None
    table.loc[7, "hired"] = " "
    for path, write in [(tmp_path / "a.csv", table.to_csv), (tmp_path / "a.jsonl", None)]:
        write(path, index=False) if write else table.to_json(path, orient="records", lines=True)
        found = brought(open_table(path), Roles.model_validate(SCORED | {"groups": ("sex",)}))
        assert found.subject.n == 37
        assert any("3 rows have no truth and are left out" in one for one in found.notes)
        assert found.subject.evidence[Tally].total.sum() == 37


def test_without_truth_only_decisions_are_known() -> None:
    table = frame().drop(columns="hired")
    found = of_frame(table, Roles(score=("score",), threshold=0.5, groups=("sex",), favourable="1"), "a")
    assert Tally not in found.subject.evidence
    assert np.array_equal(found.subject.evidence[Outputs].decision, (table["score"] >= 0.5).astype(int))


def test_a_missing_group_is_unknown() -> None:
    table = frame()
    table["sex"] = table["sex"].astype(object)
    table.loc[[0, 2], "sex"] = [None, "  "]
    found = understood(table, **SCORED, groups=("sex",))
    assert found.groups["sex"][[0, 2]].tolist() == ["unknown", "unknown"]


# ---------------------------------------------------------------------------------------------------------- roles


def test_truth_and_prediction_are_guessed_by_name_with_the_reason() -> None:
    found, why = guessed(Roles(), ["Y_True", "y_pred", "sex", "race"])
    assert (found.truth, found.decision, found.groups) == ("Y_True", "y_pred", ())
    assert len(why) == 2
    assert all("by its name; say --" in one for one in why)
    assert found.favourable is None


def test_what_was_said_is_not_guessed() -> None:
    said = Roles(truth="a", decision="b")
    assert guessed(said, ["a", "b", "truth", "prediction"]) == (said, ())


def test_groups_and_a_threshold_are_never_guessed() -> None:
    with pytest.raises(Unreadable, match=r"needs a threshold or a column of decisions; type --threshold 0.5"):
        guessed(Roles(), ["label", "score", "sex"])
    found, _ = guessed(Roles(threshold=0.4), ["label", "score", "sex"])
    assert (found.score, found.groups) == (("score",), ())


TOML = """file = "a.csv"
[roles]
truth = "hired"
score = "score"
threshold = 0.5
favourable = 1
groups = ["sex"]
id = "row"
[roles.probabilities]
race = ["p_a", "p_b"]
"""


def test_a_task_file_names_the_table_and_its_roles(tmp_path: Path) -> None:
    (tmp_path / "task.toml").write_text(TOML)
    path, found = roles.read(tmp_path / "task.toml")
    assert path == tmp_path / "a.csv"
    assert found == Roles(
        truth="hired", score=("score",), threshold=0.5, favourable="1", groups=("sex",), id="row",
        probabilities=(("race", ("p_a", "p_b")),),
    )  # fmt: skip
    assert Roles.model_validate(found.model_dump()) == found


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("file = ", "is not TOML"),
        ('file = "a.csv"', "roles"),
        (TOML.replace("truth", "truht"), "roles.truht"),
        (TOML.replace("0.5", '"half"'), "roles.threshold"),
        (TOML.replace("threshold = 0.5\n", ""), "needs a threshold"),
        (TOML.replace('["sex"]', "3"), "roles.groups"),
        (TOML.replace('["p_a", "p_b"]', "3"), "roles.probabilities"),
    ],
)
def test_a_task_file_that_cannot_be_used_names_the_bad_entry(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "task.toml").write_text(content)
    with pytest.raises(Unreadable) as caught:
        roles.read(tmp_path / "task.toml")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


# ----------------------------------------------------------------------------------------------------------- bad input


def put(column: str, value: object, rows: Any = slice(3, 4)) -> pd.DataFrame:
    table = frame().astype(object)
    for at in range(len(table))[rows]:
        table.at[at, column] = value
    return table


BAD = [
    (put("score", "1,000"), {}, r"'score' is '1,000' in row 4 \(1 such rows\).*without thousands separators"),
    (put("score", "50%"), {}, r"'score' is '50%' in row 4.*from 0 to 1"),
    (put("score", "high"), {}, r"'score' is 'high' in row 4 \(1 such rows\); a number is needed"),
    (put("score", 1.2), {}, r"1 scores outside 0..1, the first is 1.2 in row 4"),
    (put("score", -3, slice(0, 9)), {}, r"9 scores outside 0..1, the first is -3 in row 1"),
    (put("score", None), {}, r"'score' has no number in 1 of 40 rows"),
    (put("score", float("inf")), {}, r"'score' holds 1 infinite values"),
    (put("score", "-inf"), {}, r"'score' holds 1 infinite values"),
    (put("score", [1]), {}, r"'score'.*number is needed"),
    (put("hired", [1]), {}, r"'hired' holds lists; give one value in each row"),
    (put("sex", {"a": 1}), {"groups": ("sex",)}, r"'sex' holds mappings"),
    (put("row", "r0"), {"id": "row"}, r"'row' holds 1 ids more than once, the first 'r0'.*--unit row"),
    (put("row", None), {"id": "row"}, r"'row' lacks an id in 1 rows"),
    (put("weight", -1), {"weight": "weight"}, r"'weight' holds 1 weights below 0, the first in row 4"),
    (put("weight", 0, slice(None)), {"weight": "weight"}, r"All 40 weights are 0"),
    (put("weight", 1e308), {"weight": "weight"}, r"'weight' holds 1e\+308; numbers go to 1e\+100"),
    (put("weight", None), {"weight": "weight"}, r"'weight' has no number in 1 of 40"),
    (put("sex", None), {"unit": "sex"}, r"'sex' \(unit\) is empty in 1 of 40 rows"),
    (put("sex", None), {"time": "sex"}, r"'sex' \(time\) is empty in 1 of 40 rows"),
    (put("hired", "yes", slice(None)), {"decision": "sex"}, r"they share no value. Write both in the same words"),
    (put("hired", "maybe"), {}, r"needs two classes, there are 3 \(0, 1, maybe\)"),
    (put("hired", "yes", slice(None)), {}, r"There is only one outcome: yes; two are needed"),
    (put("hired", None, slice(None)), {}, r"no rows with a truth"),
    (frame(), {"favourable": "yes"}, r"There is no favourable outcome 'yes'.*Known: 0, 1"),
    (frame(), {"positive": "2"}, r"There is no positive outcome '2'.*Known: 0, 1"),
    (frame().iloc[:0], {}, r"The table has no rows"),
    (frame(), {"score": ("0=score", "1=weight"), "threshold": None}, r"'weight' holds 40 scores outside 0..1"),
    (frame(), {"score": ("0=score", "1=score"), "threshold": None}, r"of 40 rows do not sum to 1"),
    (frame(), {"score": ("0=score", "cat=score"), "threshold": None}, r"no score of class '1'; there are 0, cat"),
    (frame(), {"probabilities": {"race": ("score", "weight")}}, r"probabilities by race \(score, weight\) .* in 40 of 40 rows"),
    (frame(), {"truth": "row", "score": (), "decision": "row", "threshold": None}, None),
]  # fmt: skip


@pytest.mark.parametrize(("table", "given", "words"), BAD)
def test_bad_values_are_refused_in_one_sentence(table: pd.DataFrame, given: dict[str, Any], words: str | None) -> None:
    if words is None:
        table = pd.concat([table] * 300, ignore_index=True).assign(row=lambda one: one.index.astype(str))
        words = r"12000 different values; that is no set of classes.*--kind regression"
    with pytest.raises((ValueError, LookupError), match=words) as caught:
        of_frame(table, Roles.model_validate(SCORED | given), "a")
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, KeyError | IndexError)


def test_neither_decision_nor_score() -> None:
    with pytest.raises(Unreadable, match="What did the model say"):
        of_frame(frame(), Roles(truth="hired"), "a")


@pytest.mark.parametrize("kind", ["regression", "ranking"])
def test_numbers_need_a_truth_and_a_prediction(kind: str) -> None:
    with pytest.raises(Unreadable, match=r"Type --(decision|score)"):
        understood(frame(), kind=kind, truth="hired")
    with pytest.raises(Unreadable, match="nothing can be told without the truth"):
        understood(frame(), kind=kind, score="score")
