"""From a model and a split to evidence; and what happens where the split is hardly one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from small_models import Case, case, linear, plants, task, trained

from audit.catalogue import catalogue, select
from audit.evidence import Baseline, Groups, Images, Network, Predictions, Table, Tally
from audit.gather import gather, stratified
from audit.run import ask, run
from models.data.split import Split
from models.load import Model

UNTIMED = [one for one in catalogue().values() if one.dimension != "cost"]


def failures(of: Case, test: Split) -> list[str]:
    """Why checks failed on another split of the same model."""
    subject = gather(of.model, of.train, test, of.task, sample=20)
    asked = list(run(subject.evidence, UNTIMED))
    assert all(one.reason for each in asked for one in each.measures if one.value is None)
    return [f"{one.question.code}: {one.reason}" for one in asked if one.status == "failed"]


class TestEvidence:
    def test_the_model_is_asked_as_its_card_says(self, loans: Case) -> None:
        said: Predictions = loans.subject.evidence[Predictions]
        np.testing.assert_allclose(said.score.sum(axis=1), 1, atol=1e-12)
        assert loans.model.card.identity.decision.threshold == 0.55
        np.testing.assert_array_equal(said.decision, (said.score[:, 1] >= 0.55).astype(int))
        assert said.positive == 1

    def test_tables_and_images_bring_what_they_are(self, loans: Case, shapes: Case, plants: Case) -> None:
        held = {one.task.name: set(one.subject.evidence) for one in (loans, shapes, plants)}
        assert Table in held["loans"] & held["plants"]
        assert Images not in held["loans"] | held["plants"]
        assert Images in held["shapes"]
        assert Table not in held["shapes"]
        assert Groups in held["loans"] & held["shapes"]
        assert Groups not in held["plants"]

    def test_the_outcome_looked_at_is_the_favourable_one_or_none(self, loans: Case, shapes: Case) -> None:
        def tally(of: Case) -> Tally:
            return of.subject.evidence[Tally]

        assert tally(loans).favourable == 1
        assert tally(shapes).favourable is None
        denied = loans.task.model_copy(update={"favourable": "deny"})
        other = gather(loans.model, loans.train, loans.test, denied).evidence
        assert (other[Tally].favourable, other[Predictions].positive) == (0, 0)

    def test_a_changed_table_is_decided_like_the_original(self, loans: Case) -> None:
        table: Table = loans.subject.evidence[Table]
        np.testing.assert_array_equal(table.decide(table.frame), loans.subject.evidence[Predictions].decision)

    def test_the_sample_holds_every_class_in_its_share_and_stays_in_range(self, loans: Case, shapes: Case) -> None:
        for of in (loans, shapes):
            network: Network = of.subject.evidence[Network]
            assert len(network.rows) == 60
            share = np.bincount(of.test.truth) / len(of.test)
            np.testing.assert_allclose(np.bincount(network.truth) / 60, share, atol=1 / 60)
            np.testing.assert_array_equal(network.truth, of.test.truth[network.rows])
            assert ((network.inputs >= network.low) & (network.inputs <= network.high)).all()

    def test_only_numbers_can_be_moved_by_an_attacker(self, loans: Case) -> None:
        network: Network = loans.subject.evidence[Network]
        movable = {
            column
            for column, start, stop in loans.model.spans()
            if np.asarray(network.spread)[start:stop].any()
        }  # fmt: skip
        assert movable == {"income", "debt"}

    @pytest.mark.parametrize("size", [1, 2, 7, 50, 99, 100, 1000])
    def test_a_stratified_sample_has_its_size_no_repetition_and_the_seeds_draw(self, size: int) -> None:
        truth = np.repeat([0, 1, 2], [70, 27, 3])
        rows = stratified(truth, size, 0)
        assert len(rows) == min(size, 100) == len(set(rows.tolist()))
        assert (np.diff(rows) > 0).all()
        exact = np.array([0.7, 0.27, 0.03]) * len(rows)
        assert (np.abs(np.bincount(truth[rows], minlength=3) - exact) < 1).all()
        np.testing.assert_array_equal(rows, stratified(truth, size, 0))


class TestRefused:
    @pytest.mark.parametrize("rows", [0, 1])
    def test_a_split_of_none_or_one_row(self, loans: Case, rows: int) -> None:
        with pytest.raises(ValueError, match=f"holds {rows} examples; an audit needs at least 2"):
            gather(loans.model, loans.train, loans.test.take(np.arange(rows)), loans.task)

    def test_a_grouping_that_the_data_lack(self, loans: Case) -> None:
        wanting = loans.task.model_copy(update={"groups": ("sex", "age")})
        with pytest.raises(ValueError, match="wants groups age, which loans lacks; it has: sex, region"):
            gather(loans.model, loans.train, loans.test, wanting)

    def test_a_model_that_answers_nan(self, loans: Case) -> None:
        network = torch.nn.Linear(loans.model.encode(loans.test.inputs).shape[1], 2)
        with torch.no_grad():
            network.weight.fill_(float("nan"))
        with pytest.raises(ValueError, match="answers with NaN or infinity"):
            gather(Model(loans.model.card, network, Path()), loans.train, loans.test, loans.task)

    def test_infinity_in_a_table_and_nan_in_a_picture(self, loans: Case, shapes: Case) -> None:
        assert isinstance(loans.test.inputs, pd.DataFrame)
        endless = replace(loans.test, inputs=loans.test.inputs.assign(debt=np.inf))
        with pytest.raises(ValueError, match="'debt' holds an infinite"):
            gather(loans.model, loans.train, endless, loans.task)
        pixels = np.array(shapes.test.inputs)
        pixels[3, 2, 1] = np.nan
        with pytest.raises(ValueError, match="missing or infinite"):
            gather(shapes.model, shapes.train, replace(shapes.test, inputs=pixels), shapes.task)

    def test_scores_with_nan_are_failed_answers_never_numbers(self, loans: Case) -> None:
        said: Predictions = loans.subject.evidence[Predictions]
        score = said.score.copy()
        score[5] = np.nan
        (check,) = select(["ACC001"])
        answer = ask(check, {**loans.subject.evidence, Predictions: replace(said, score=score)}, 0)
        assert (answer.status, answer.measures) == ("failed", ())


class TestHardlyASplit:
    """Every check answers, or says in one sentence why it does not."""

    @pytest.mark.parametrize("name", ["loans", "shapes", "plants"])
    def test_two_rows(self, name: str, request: pytest.FixtureRequest) -> None:
        of: Case = request.getfixturevalue(name)
        pair = np.array([int(np.flatnonzero(of.test.truth == k)[0]) for k in (0, 1)])
        assert failures(of, of.test.take(pair)) == []

    @pytest.mark.parametrize("name", ["loans", "shapes", "plants"])
    def test_one_outcome_only(self, name: str, request: pytest.FixtureRequest) -> None:
        of: Case = request.getfixturevalue(name)
        assert failures(of, of.test.take(of.test.truth == 0)) == []

    def test_one_value_in_every_grouping(self, loans: Case) -> None:
        everyone = pd.DataFrame({"sex": ["f"] * 300, "region": ["east"] * 300})
        assert failures(loans, replace(loans.test, groups=everyone)) == []

    def test_a_label_never_decided(self, tmp_path: Path, loans: Case) -> None:
        train, test = (replace(one, inputs=pd.DataFrame(one.inputs)[["debt"]]) for one in (loans.train, loans.test))
        never = case(task(), linear(tmp_path, [0.0], train, task(), bias=5.0), train, test, sample=20)
        assert set(never.subject.evidence[Predictions].decision) == {1}
        assert failures(never, test) == []

    def test_a_class_that_training_never_saw(self, tmp_path: Path) -> None:
        of = task(name="plants", dataset="plants", kind="multiclass", favourable=None, groups=())
        whole, test = plants(150, 1, "train"), plants(90, 2)
        train = whole.take(whole.truth != 1)
        model = trained(tmp_path, {"hidden": 4, "layers": 1}, train, of)
        made = case(of, model, train, test, sample=20)
        baseline: Baseline = made.subject.evidence[Baseline]
        assert set(baseline.decisions["logistic"].tolist()) == {0, 2}
        assert baseline.scores["logistic"].shape == (90, 3)
        assert (baseline.scores["logistic"][:, 1] == 0).all()
        assert failures(made, test) == []

    def test_training_on_one_class_leaves_the_majority_alone_as_baseline(self, tmp_path: Path) -> None:
        of = task(name="plants", dataset="plants", kind="multiclass", favourable=None, groups=())
        whole, test = plants(150, 1, "train"), plants(90, 2)
        train = whole.take(whole.truth == 1)
        made = case(of, trained(tmp_path, {"hidden": 4, "layers": 1}, train, of), train, test, sample=20)
        assert set(made.subject.evidence[Baseline].decisions) == {"majority"}
        assert failures(made, test) == []
