"""Principal reasons: a planted column is named, its clean twin names another, and what may not be a reason never is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_models import linear, loans, plants, task, trained

from audit.adverse_action import Approved, Reasons, may_not_be, reasons
from models.load import Model

TRAIN, TEST = loans(400, 1, "train"), loans(40, 2)
WEIGHTS = {"income": [3.0, 0, 0, 0, 0, 0, 0], "debt": [0, 0, -3.0, 0, 0, 0, 0]}
"""On income and whether it is missing, debt, and the three jobs with what is unseen."""


def decides_by(column: str, folder: Path) -> Model:
    return linear(folder, WEIGHTS[column], TRAIN, task())


def explained(model: Model, rows: pd.DataFrame = TEST.inputs, **barred: str) -> list[Reasons]:
    approved = Approved.of(model, task(), TRAIN.inputs)
    return reasons(approved, rows, barred)


@pytest.mark.parametrize(("column", "words"), [("income", "income too low: "), ("debt", "debt too high: ")])
def test_the_column_that_decides_is_the_reason_and_no_other(column: str, words: str, tmp_path: Path) -> None:
    model = decides_by(column, tmp_path)
    found = [one for one in explained(model) if one.decision == "deny"]
    assert len(found) > 8
    given = [one for one in found if one.reasons]
    assert len(given) > 0.9 * len(found)  # whoever lies between the typical value and the limit has no reason
    for one in given:
        assert [reason.column for reason in one.reasons] == [column]
        (reason,) = one.reasons
        if "not given" not in reason.words:
            assert reason.words.startswith(words), reason.words
            assert "approved applicants are typically" in reason.words
        assert reason.weight == pytest.approx(1, abs=1e-6)
        assert reason.stability > 0.5


def test_who_is_approved_gets_no_reason(tmp_path: Path) -> None:
    approved = [one for one in explained(decides_by("debt", tmp_path)) if one.decision == "approve"]
    assert approved
    for one in approved:
        assert not one.reasons
        assert "not denied" in one.none


def test_a_barred_column_is_never_a_reason_and_that_it_decides_is_said(tmp_path: Path) -> None:
    found = [one for one in explained(decides_by("debt", tmp_path), debt="it is barred") if one.decision == "deny"]
    assert found
    for one in found:
        assert not one.reasons
        assert "do not agree" in one.none or "does not lie below" in one.none
    assert any(one.barred == ("debt: it is barred",) for one in found)


def test_groups_and_columns_called_like_them_may_not_be_reasons(tmp_path: Path) -> None:
    train = loans(200, 3, "train")
    inputs = train.inputs.assign(region=train.groups["region"], applicant_age=np.arange(200) % 60 + 18.0, pregnant="no")
    model = linear(tmp_path, [0.0] * 14, type(train)(**{**vars(train), "inputs": inputs}), task())
    barred = may_not_be(task(), model)
    assert set(barred) == {"region", "applicant_age", "pregnant"}
    assert barred["region"] == "it says which group a person belongs to"
    assert "age" in barred["applicant_age"]
    assert set(may_not_be(task(), model, ("income",))) == {*barred, "income"}


def test_a_network_has_at_most_four_reasons_each_of_which_would_help_alone(tmp_path: Path) -> None:
    model = trained(tmp_path, {"hidden": 8, "layers": 1}, TRAIN, task())
    approved = Approved.of(model, task(), TRAIN.inputs)
    rows = TEST.inputs[:20]
    before = approved.probability(rows)
    found = reasons(approved, rows, {})
    assert any(one.reasons for one in found)
    for at, one in enumerate(found):
        assert len(one.reasons) <= 4
        for reason in one.reasons:
            usual = rows.iloc[[at]].assign(**{reason.column: approved.typical[reason.column]})
            assert approved.probability(usual)[0] > before[at]


def test_the_same_seed_gives_the_same_words_and_another_much_the_same(tmp_path: Path) -> None:
    model = decides_by("income", tmp_path)
    rows = TEST.inputs[:10]
    first, again, other = (reasons(Approved.of(model, task(), TRAIN.inputs, seed), rows, {}) for seed in (0, 0, 1))
    assert first == again
    assert [[r.words for r in one.reasons] for one in first] == [[r.words for r in one.reasons] for one in other]


def test_a_missing_value_is_a_reason_in_words(tmp_path: Path) -> None:
    model = linear(tmp_path, [0, -5.0, 0, 0, 0, 0, 0], TRAIN, task(), bias=2.0)
    rows = TRAIN.inputs[TRAIN.inputs["income"].isna()][:3]
    (one, *_) = explained(model, rows)
    assert one.reasons[0].words.startswith("income is not given; approved applicants are typically ")


def test_what_cannot_have_reasons_is_one_sentence(tmp_path: Path) -> None:
    many = plants(200, 1, "train")
    of = task(name="plants", dataset="plants", kind="multiclass", favourable=None, groups=())
    with pytest.raises(ValueError, match="does not decide between two outcomes"):
        Approved.of(trained(tmp_path / "many", {"hidden": 4, "layers": 1}, many, of), of, many.inputs)
    nobody = linear(tmp_path / "nobody", [0.0] * 7, TRAIN, task(), bias=-3.0)
    with pytest.raises(ValueError, match="approves 0 of 400"):
        Approved.of(nobody, task(), TRAIN.inputs)
