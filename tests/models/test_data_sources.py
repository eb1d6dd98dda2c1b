"""The shipped data sets: what they hold, that parts never overlap, and that only the seed decides."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.data import digits, source
from models.task import UnknownName

pytestmark = pytest.mark.realdata


def test_an_unknown_data_set_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'mortgage'"):
        source.splits("morgage", 0)
    with pytest.raises(UnknownName, match=r"Known: .*digits"):
        source.datasheet("source")
    with pytest.raises(ValueError, match="got -1"):
        source.splits("mortgage", -1)


@pytest.mark.parametrize("name", source.names())
def test_parts_hold_every_row_once_and_keep_the_class_shares(name: str) -> None:
    parts = source.splits(name, 3)
    ids = np.concatenate([parts.train.ids, parts.validation.ids, parts.test.ids])
    assert sorted(ids) == list(range(len(ids)))
    truth = np.concatenate([parts.train.truth, parts.validation.truth, parts.test.truth])
    share = np.bincount(truth) / len(truth)
    for part, split in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        assert split.part == part
        assert np.abs(np.bincount(split.truth) / len(split) - share).max() < 1.5 / len(split)
        assert len(split.groups) == len(split)
        assert not split.groups.isna().any(axis=None)


@pytest.mark.parametrize("name", source.names())
def test_the_seed_decides_and_nothing_else(name: str) -> None:
    again = source.splits(name, 3).digests()
    assert source.splits(name, 3).digests() == again
    assert set(source.splits(name, 4).digests()).isdisjoint(again)


@pytest.mark.parametrize("name", source.names())
def test_every_datasheet_says_where_the_data_is_from_and_what_is_wrong_with_it(name: str) -> None:
    sheet = source.datasheet(name)
    assert all((sheet.title, sheet.origin, sheet.licence, sheet.collected, sheet.citation, sheet.known_problems))
    recorded = set(source.splits(name, 0).test.groups.columns)
    assert recorded <= {group for group, _ in sheet.groups}


def test_mortgage_is_the_published_file_without_outcome_and_groups() -> None:
    parts = source.splits("mortgage", 0)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (796, 199, 994)
    inputs = set(parts.train.inputs.columns)
    left_out = {column for names, _ in source.datasheet("mortgage").left_out for column in names.split(", ")}
    assert {"gdlin", "approve", "reject", "action", "black", "hispan", "white", "male", "married"} <= left_out
    assert inputs.isdisjoint(left_out)
    assert len(inputs) + len(left_out) == 59
    race = pd.concat([part.groups["race"] for part in (parts.train, parts.validation, parts.test)])
    truth = np.concatenate([part.truth for part in (parts.train, parts.validation, parts.test)])
    assert race.value_counts().to_dict() == {"white": 1681, "black": 197, "hispanic": 111}
    approved = pd.Series(truth).groupby(race.to_numpy()).mean().round(3).to_dict()
    assert approved == {"white": 0.908, "black": 0.675, "hispanic": 0.766}
    sex = pd.concat([part.groups["sex"] for part in (parts.train, parts.validation, parts.test)])
    assert (sex == "unknown").sum() == 15


def test_no_single_mortgage_column_gives_the_answer_away() -> None:
    from sklearn.metrics import roc_auc_score

    train = source.splits("mortgage", 0).train
    coded = train.inputs.apply(lambda column: pd.to_numeric(column).fillna(0.0))
    aucs = coded.apply(lambda column: roc_auc_score(train.truth, column))
    assert np.abs(aucs - 0.5).max() < 0.25


def test_digits_are_pictures_in_0_to_1_with_quartiles_made_on_the_training_part() -> None:
    parts = source.splits("digits", 0)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (3500, 500, 1000)
    assert parts.test.inputs.shape == (1000, 28, 28)
    assert parts.test.inputs.dtype == np.float32
    assert (parts.test.inputs.min(), parts.test.inputs.max()) == (0.0, 1.0)
    assert set(parts.train.groups["slant"].value_counts()) == {875}
    assert parts.test.edges == parts.train.edges
    cuts = dict(parts.train.edges)["ink"]
    darkest = parts.test.inputs.mean(axis=(1, 2), dtype=np.float64) >= cuts[2]
    assert (parts.test.groups["ink"] == "q4 (darkest)").to_numpy().tolist() == darkest.tolist()


def test_slant_tells_a_stroke_that_leans_right_from_one_that_leans_left() -> None:
    right = np.eye(28, dtype=np.float32)[:, ::-1]
    upright = np.zeros((28, 28), np.float32)
    upright[:, 14] = 1
    np.testing.assert_allclose(digits._slant(np.stack([right, upright, np.eye(28)])), [1, 0, -1], atol=1e-12)


def test_writers_come_from_the_users_own_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label file of the published form: column 0 the digit, column 1 the series, column 2 the writer."""
    labels = pd.DataFrame({0: np.tile(np.arange(10), 501), 1: np.repeat([0, 4, 7], 1670), 2: np.arange(5010) // 50})
    path = tmp_path / "labels.tsv.gz"
    labels.to_csv(path, sep="\t", header=False, index=False)
    without = source.splits("digits", 0)
    monkeypatch.setenv(digits.LABELS, str(path))
    parts = source.splits("digits", 0)
    everyone = pd.concat([part.groups["writer"] for part in (parts.train, parts.validation, parts.test)])
    assert everyone.value_counts().to_dict() == {"census employee": 1670, "student": 1670, "unknown": 1660}
    assert parts.test.digest != without.test.digest
    first = np.flatnonzero(parts.train.ids == parts.train.ids[0])[0]
    assert parts.train.groups["writer"][first] == "census employee"
    assert without.test.unit is None
    assert parts.test.unit is not None
    assert len(parts.test.unit) == len(parts.test)
    assert len(np.unique(np.concatenate([part.unit for part in (parts.train, parts.validation, parts.test)]))) == 100


def test_labels_that_do_not_fit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(digits.LABELS, str(tmp_path / "nowhere.tsv"))
    with pytest.raises(ValueError, match="where no file is"):
        source.splits("digits", 0)
    path = tmp_path / "few.tsv"
    path.write_text("1\t0\n2\t4\n")
    monkeypatch.setenv(digits.LABELS, str(path))
    with pytest.raises(ValueError, match="does not fit"):
        source.splits("digits", 0)


def test_a_carried_file_with_other_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "carrier").mkdir()
    (tmp_path / "carrier" / "data.csv").write_text("1,2\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="not the file that was reviewed"):
        source.carried("carrier", "1.0", "data.csv", "00" * 32)
    with pytest.raises(FileNotFoundError, match=r"pip install nobody==1\.0"):
        source.carried("nobody", "1.0", "data.csv", "00" * 32)
