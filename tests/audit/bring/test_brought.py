"""Predictions that are brought: the same whatever they were written in, in whatever order, and however many they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fair
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, ndcg_score, r2_score, roc_auc_score

from audit.bring import brought as module
from audit.bring.brought import Brought, brought, of_frame
from audit.bring.roles import Roles
from audit.bring.table import open_table
from audit.bring.unreadable import Unreadable
from audit.catalogue import select
from audit.evidence import (
    Attributes,
    Decisions,
    GroupProbabilities,
    Moments,
    Outputs,
    Predictions,
    Ranking,
    Regression,
    Scores,
    Selections,
    Tally,
    Times,
)
from audit.run import run
from models.task import UnknownName

ROLES = Roles(
    truth="hired", score=("score",), threshold=0.5, groups=("sex", "race"), favourable="1", weight="weight", id="row",
    time="when",
)  # fmt: skip
CODES = ("ACC001", "CAL001", "DAT002", "FAI001", "FAI002", "FAI003")


def people(n: int = 400, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    score = draw.random(n).round(6)
    return pd.DataFrame(
        {
            "row": [f"r{at:06d}" for at in draw.permutation(n)],
            "hired": (draw.random(n) < score).astype(int),
            "score": score,
            "sex": draw.choice(["f", "m"], n, p=[0.4, 0.6]),
            "race": draw.choice(np.array(["a", "b", "c", None], dtype=object), n),
            "weight": draw.integers(1, 4, n) / 2,
            "when": pd.date_range("2024-01-01", periods=n, freq="h").strftime("%Y-%m-%d %H:%M:%S"),
            "age": draw.integers(18, 70, n),
            "foreign": draw.random(n) < 0.3,
        }
    )


def measured(found: Brought, codes: tuple[str, ...] = CODES) -> dict[Any, Any]:
    """Every measure by name, setting and slice; a check that failed fails the test."""
    values = {}
    for one in run(found.subject.evidence, select(codes)):
        assert one.status != "failed", one.reason
        values |= {each.key: (each.value, each.n, each.intervals) for each in one.measures}
    return values


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "a.csv": lambda frame, path: frame.to_csv(path, index=False),
    "a.tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t", encoding="utf-16"),
    "a.csv.gz": lambda frame, path: frame.to_csv(path, index=False, sep=";"),
    "a.parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "a.arrow": lambda frame, path: frame.to_feather(path),
    "a.jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    "a.json": lambda frame, path: frame.to_json(path, orient="records"),
    "a": lambda frame, path: in_shards(frame, path),
}


def in_shards(frame: pd.DataFrame, path: Path) -> None:
    path.mkdir()
    for at in range(0, len(frame), 150):
        frame[at : at + 150].to_parquet(path / f"part-{at:04d}.parquet", index=False)


@pytest.fixture(scope="module")
def in_memory() -> Brought:
    return of_frame(people(), ROLES, "a")


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_is_the_same_data_the_same_version_and_the_same_measures(
    name: str, tmp_path: Path, in_memory: Brought
) -> None:
    WRITERS[name](people(), tmp_path / name)
    found = brought(open_table(tmp_path / name), ROLES)
    assert found.subject.split == in_memory.subject.split
    assert found.card.digest == in_memory.card.digest
    assert measured(found) == measured(in_memory)
    one, other = found.subject.evidence[Attributes], in_memory.subject.evidence[Attributes]
    assert [each.name for each in one.columns] == [each.name for each in other.columns]
    assert np.array_equal(one.codes, other.codes)


def test_with_ids_the_order_of_rows_does_not_matter(in_memory: Brought) -> None:
    shuffled = people().sample(frac=1, random_state=1).reset_index(drop=True)
    found = of_frame(shuffled, ROLES, "a")
    assert (found.subject.split, found.card.digest) == (in_memory.subject.split, in_memory.card.digest)
    assert measured(found) == measured(in_memory)
    without = ROLES.model_copy(update={"id": None})
    assert of_frame(shuffled, without, "a").subject.split != of_frame(people(), without, "a").subject.split


def test_other_data_and_other_predictions_are_told_apart(in_memory: Brought) -> None:
    other = of_frame(people().assign(score=lambda one: (one["score"] * 0.9).round(6)), ROLES, "a")
    assert other.subject.split == in_memory.subject.split
    assert other.card.digest != in_memory.card.digest
    data = of_frame(people().assign(sex="f"), ROLES, "a")
    assert data.subject.split != in_memory.subject.split


def test_days_are_the_same_as_dates_and_as_texts() -> None:
    days = pd.date_range("2024-01-01", periods=400)
    texts = of_frame(people().assign(when=days.strftime("%Y-%m-%d")), ROLES, "a")
    assert of_frame(people().assign(when=days), ROLES, "a").subject.split == texts.subject.split
    assert texts.subject.evidence[Times].first == "2024-01-01"


# ----------------------------------------------------------------------------------------------- against other libraries


def value(found: dict[Any, Any], name: str, *words: str) -> float:
    wanted = {"", *words}
    hits = [one[0] for key, one in found.items() if key[0] == name and {key[1], key[2]} == wanted]
    assert len(hits) == 1, [key for key in found if key[0] == name]
    return float(hits[0])


def test_values_are_those_of_scikit_learn_and_fairlearn() -> None:
    frame = people()
    found = measured(
        of_frame(frame, Roles(truth="hired", score=("score",), threshold=0.5, groups=("sex",), favourable="1"), "a")
    )
    truth, said = frame["hired"], (frame["score"] >= 0.5).astype(int)
    assert value(found, "accuracy.accuracy") == pytest.approx(accuracy_score(truth, said), abs=1e-12)
    assert value(found, "accuracy.roc_auc") == pytest.approx(roc_auc_score(truth, frame["score"]), abs=1e-12)
    apart = fair.demographic_parity_difference(truth, said, sensitive_features=frame["sex"])
    assert value(found, "fairness.demographic_parity_difference", "by=sex") == pytest.approx(apart, abs=1e-12)
    odds = fair.equalized_odds_difference(truth, said, sensitive_features=frame["sex"])
    assert value(found, "fairness.equalized_odds_difference", "by=sex") == pytest.approx(odds, abs=1e-12)


def test_weights_are_those_of_scikit_learn() -> None:
    frame = people()
    found = measured(of_frame(frame, ROLES, "a"), ("ACC001",))
    right = accuracy_score(frame["hired"], frame["score"] >= 0.5, sample_weight=frame["weight"])
    assert value(found, "accuracy.accuracy") == pytest.approx(right, abs=1e-12)


def test_regression() -> None:
    draw = np.random.default_rng(1)
    pay = draw.normal(100, 20, 200)
    frame = pd.DataFrame({"pay": pay, "said": pay + draw.normal(0, 5, 200), "sex": draw.choice(["f", "m"], 200)})
    found = of_frame(frame, Roles(kind="regression", truth="pay", decision="said", groups=("sex",)), "a")
    known = found.subject.evidence[Regression]
    assert r2_score(known.truth, known.prediction) == pytest.approx(r2_score(frame["pay"], frame["said"]))
    measures = measured(found, ("FAI011",))
    right = mean_absolute_error(frame["pay"], frame["said"])
    assert value(measures, "accuracy.regression_error", "kind=mae") == pytest.approx(right)
    assert found.card.identity.decision.kind == "number"


def test_ranking_within_queries() -> None:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"query": np.repeat(range(20), 5), "clicked": draw.integers(0, 2, 100), "score": draw.normal(0, 9, 100)}
    )
    found = of_frame(frame, Roles(kind="ranking", truth="clicked", score=("score",), query="query"), "a")
    known = found.subject.evidence[Ranking]
    assert known.relevant.tolist() == (frame["clicked"] > 0).tolist()
    assert len(set(known.query)) == 20
    assert ndcg_score([known.relevant], [known.score]) == pytest.approx(
        ndcg_score([frame["clicked"]], [frame["score"]])
    )


def test_classes_and_a_column_of_scores_for_each() -> None:
    draw = np.random.default_rng(2)
    shares = draw.dirichlet([1, 1, 1], 300)
    truth = np.array(["cat", "dog", "eel"])[draw.integers(0, 3, 300)]
    frame = pd.DataFrame(shares, columns=["p_eel", "p_cat", "p_dog"]).assign(truth=truth)
    found = of_frame(frame, Roles(truth="truth", score=("p_eel", "p_cat", "p_dog")), "a")
    one = found.subject.evidence[Predictions]
    assert log_loss(one.truth, one.score) == pytest.approx(log_loss(truth, frame[["p_cat", "p_dog", "p_eel"]]))
    assert found.subject.evidence[Tally].classes == ("cat", "dog", "eel")


def test_group_probabilities() -> None:
    frame = people().assign(p_a=0.25, p_b=0.75)
    found = of_frame(frame, ROLES.model_copy(update={"probabilities": (("race", ("p_a", "p_b")),)}), "a")
    known = found.subject.evidence[GroupProbabilities]
    assert np.allclose(known.shares["race"], [0.25, 0.75])


def test_units_are_taken_into_account() -> None:
    frame = people().assign(who=lambda one: one.index // 4)
    found = of_frame(frame, Roles(truth="hired", score=("score",), threshold=0.5, unit="who"), "a")
    alone = of_frame(frame, Roles(truth="hired", score=("score",), threshold=0.5), "a")
    one, other = (measured(each, ("ACC001",)) for each in (found, alone))
    assert value(one, "accuracy.accuracy") == value(other, "accuracy.accuracy")
    assert found.card.origin is not None
    assert found.card.origin.task.unit == "who"
    assert one != other


@pytest.mark.parametrize("has_score", [True, False])
def test_without_truth_what_needs_none_is_asked(has_score: bool) -> None:
    frame = people().drop(columns="hired").assign(decided=lambda one: (one["score"] >= 0.5).astype(int))
    given = {"score": ("score",), "threshold": 0.5} if has_score else {"decision": "decided"}
    found = of_frame(frame, Roles.model_validate({**given, "groups": ("sex",), "favourable": "1"}), "a")
    evidence = found.subject.evidence
    assert {Outputs, Selections} <= set(evidence)
    assert not {Tally, Predictions, Decisions} & set(evidence)
    selected = measured(found, ("FAI001",))
    apart = fair.demographic_parity_difference(frame["decided"], frame["decided"], sensitive_features=frame["sex"])
    assert value(selected, "fairness.demographic_parity_difference", "by=sex") == pytest.approx(apart, abs=1e-12)


# --------------------------------------------------------------------------------------------------------------- many


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 300)
    monkeypatch.setattr(module, "SAMPLED", 200)
    monkeypatch.setattr("audit.bring.table.ROWS", 170)


STREAMED = ROLES.model_copy(update={"weight": None, "time": None})


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("weighted", [False, True])
def test_many_rows_are_counted_like_few(tmp_path: Path, weighted: bool) -> None:
    frame = people(1000)
    frame.to_parquet(tmp_path / "a.parquet")
    asked = STREAMED.model_copy(update={"weight": "weight" if weighted else None})
    many, few = brought(open_table(tmp_path / "a.parquet"), asked), of_frame(frame, asked, "a")
    one, other = many.subject.evidence, few.subject.evidence
    assert many.subject.n == 1000
    assert all(np.array_equal(one[Tally].counts[by], other[Tally].counts[by]) for by in other[Tally].counts)
    for name in ("brier", "score", "error"):
        assert one[Moments].means(name, "sex").value == pytest.approx(
            other[Moments].means(name, "sex").value, rel=1e-12
        )
    by_rates = ("FAI001", "FAI002", "FAI003")
    found, whole = measured(many, by_rates), measured(few, by_rates)
    assert {key: each[:2] for key, each in found.items()} == {key: each[:2] for key, each in whole.items()}
    assert one[Scores].counts[""].sum() == pytest.approx(other[Scores].counts[""].sum())


@pytest.mark.usefixtures("small")
def test_what_needs_rows_is_asked_of_a_seeded_sample_and_that_is_said(tmp_path: Path) -> None:
    frame = people(1000)
    frame.to_parquet(tmp_path / "a.parquet")
    table = open_table(tmp_path / "a.parquet")
    first, again, other = (brought(table, STREAMED, seed=seed) for seed in (0, 0, 1))
    drawn = first.subject.evidence[Predictions]
    assert 60 < len(drawn.truth) <= 200
    assert np.array_equal(first.ids, again.ids)
    assert not np.array_equal(first.ids, other.ids)
    assert first.subject.split == again.subject.split == other.subject.split
    assert (
        f"counts are of all 1000 rows; what needs the rows is asked of {len(drawn.truth)} drawn by seed 0"
        in first.notes
    )
    rows = frame.set_index("row").loc[list(first.ids)]
    assert np.array_equal(drawn.truth, rows["hired"])
    assert np.allclose(drawn.score[:, 1], rows["score"])


@pytest.mark.usefixtures("small")
def test_many_rows_give_the_same_digest_in_every_format(tmp_path: Path) -> None:
    frame = people(1000).assign(p_a=0.25, p_b=0.75)
    asked = STREAMED.model_copy(update={"probabilities": (("race", ("p_a", "p_b")),)})
    digests = set()
    for name in ("a.csv", "a.parquet", "a.jsonl", "a"):
        WRITERS[name](frame, tmp_path / name)
        digests.add(brought(open_table(tmp_path / name), asked).subject.split)
    assert len(digests) == 1


@pytest.mark.usefixtures("small")
def test_of_many_rows_with_ids_the_order_does_not_matter(tmp_path: Path) -> None:
    frame = people(1000)
    moved = frame.assign(sex=np.roll(frame["sex"], 1))
    swapped = frame.assign(row=np.roll(frame["row"], 1))
    orders = {"a": frame, "b": frame.sample(frac=1, random_state=3), "c": moved, "d": swapped}
    found = {}
    for name, table in orders.items():
        table.to_parquet(tmp_path / f"{name}.parquet", index=False)
        found[name] = brought(open_table(tmp_path / f"{name}.parquet"), STREAMED)
    assert found["a"].subject.split == found["b"].subject.split
    assert found["a"].card.identity == found["b"].card.identity
    assert found["a"].ids.tolist() == found["b"].ids.tolist(), "the same rows are drawn"
    drawn, again = (found[name].subject.evidence[Predictions] for name in "ab")
    assert np.array_equal(drawn.score, again.score)
    assert len({one.subject.split for one in found.values()}) == 3, "values belong to their ids"
    without = STREAMED.model_copy(update={"id": None})
    splits = [brought(open_table(tmp_path / f"{name}.parquet"), without).subject.split for name in "ab"]
    assert splits[0] != splits[1]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl", "a"])
@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("score", 1.5, "outside 0..1, the first is 1.5 in row 778"),
        ("weight", -1.0, "weights below 0, the first in row 778"),
    ],
)
def test_a_bad_value_in_a_later_batch_is_named_by_its_row_in_the_file(
    tmp_path: Path, name: str, column: str, value: float, words: str
) -> None:
    frame = people(1000).astype({"hired": "float"})
    frame.loc[777, column], frame.loc[[3, 700], "hired"] = value, np.nan
    WRITERS[name](frame, tmp_path / name)
    with pytest.raises(Unreadable, match=words):
        brought(open_table(tmp_path / name), STREAMED.model_copy(update={"weight": "weight"}))


@pytest.mark.usefixtures("small")
def test_a_batch_in_which_no_truth_is_known_is_left_out(tmp_path: Path) -> None:
    frame = people(1000).astype({"hired": "float"})
    frame.loc[600:, "hired"] = np.nan
    frame.to_parquet(tmp_path / "a.parquet")
    found = brought(open_table(tmp_path / "a.parquet"), STREAMED)
    assert found.subject.n == 600
    assert any("400 rows have no truth and are left out" in one for one in found.notes)
    frame.assign(hired=np.nan).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(Unreadable, match=r"truth|outcome"):
        brought(open_table(tmp_path / "b.parquet"), STREAMED)


@pytest.mark.usefixtures("small")
def test_many_numbers(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({"pay": draw.normal(9, 2, 1000), "said": draw.normal(9, 2, 1000)})
    frame.to_parquet(tmp_path / "a.parquet")
    found = brought(open_table(tmp_path / "a.parquet"), Roles(kind="regression", truth="pay", decision="said"))
    assert found.subject.n == 1000
    assert len(found.subject.evidence[Regression].truth) <= 200


def test_five_thousand_columns_are_not_all_looked_at(tmp_path: Path) -> None:
    wide = pd.DataFrame(np.random.default_rng(0).random((100, 5000)), columns=[f"c{at}" for at in range(5000)])
    wide = wide.assign(truth=[0, 1] * 50, prediction=[0, 1, 1, 0] * 25)
    wide.to_parquet(tmp_path / "a.parquet")
    found = brought(open_table(tmp_path / "a.parquet"), Roles(truth="truth", decision="prediction"))
    assert any("4940 more columns were not looked at" in one for one in found.notes)
    assert len(found.subject.evidence[Attributes].columns) == 60


# ----------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hired,score\n", "has no rows"),
        ("hired score\n1 0.5\n0 0.4\n", "There is no column 'hired'"),
        ("hired,score\n1,0.5\n0,0.4,secret\n", "quote values that hold the delimiter"),
        ("hired,score\n1,\n0,0.4\n", "no number in 1 of 2 rows"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises((ValueError, LookupError)) as caught:
        brought(open_table(tmp_path / "a.csv"), Roles(truth="hired", score=("score",), threshold=0.5))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("role", ["truth", "weight", "id", "unit", "time", "query"])
def test_a_column_that_does_not_exist_offers_the_nearest(role: str, tmp_path: Path) -> None:
    people().to_csv(tmp_path / "a.csv", index=False)
    asked = Roles.model_validate({"truth": "hired", "score": "score", "threshold": 0.5, role: "scroe"})
    with pytest.raises(UnknownName, match=r"no column 'scroe'. Did you mean 'score'\?"):
        brought(open_table(tmp_path / "a.csv"), asked)


def test_dates_whose_order_cannot_be_told_are_refused() -> None:
    with pytest.raises(Unreadable, match="2024-03-31"):
        of_frame(people().assign(when="03/04/2024"), ROLES, "a")
