"""ACC003: planted slices and clean twins, on halves that do not see each other; and what the data may be sliced by."""

from __future__ import annotations

from copy import deepcopy
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy
from small_models import Case, shapes, task, trained
from statsmodels.stats.multitest import multipletests

from audit.attributes import BINS, Attributes, Column, members
from audit.check import NotApplicable
from audit.checks.slices import COLUMNS, slices
from audit.confirmation import Contrast, Errors, adjusted, contrasted, halves, proposed
from audit.contrast import pair_difference
from audit.describe import CLUSTER, attributes
from audit.embeddings import embeddings
from audit.evidence import Predictions, Seed
from audit.measure import Condition, Measure, where
from audit.report import Exhibit
from models.mixture import Mixture


def named(codes: np.ndarray, *names: str) -> Attributes:
    """Columns whose levels are called by their positions."""
    levels = (tuple(map(str, range(int(column.max()) + 1))) for column in codes.T)
    return Attributes(tuple(map(Column, names, levels)), codes.astype(np.int16))


def drawn(seed: int, n: int = 1200, columns: int = 4, levels: int = 4) -> Attributes:
    codes = np.random.default_rng(seed).integers(0, levels, (n, columns))
    return named(codes, *"abcdefgh"[:columns])


def predictions(wrong: np.ndarray, weight: np.ndarray | None = None, unit: np.ndarray | None = None) -> Predictions:
    truth = np.arange(len(wrong)) % 2
    score = np.full((len(wrong), 2), 0.2)
    decision = np.where(wrong, 1 - truth, truth)
    score[np.arange(len(wrong)), decision] = 0.8
    return Predictions(truth, decision, score, ("no", "yes"), 1, weight, unit)


def planted(seed: int = 0, n: int = 1200) -> tuple[Predictions, Attributes]:
    """One in ten is wrong; six of ten where a=0 and b=0."""
    draw, given = np.random.default_rng(100 + seed), drawn(seed, n)
    inside = (given.codes[:, :2] == 0).all(axis=1)
    return predictions(draw.random(n) < np.where(inside, 0.6, 0.1)), given


def clean(seed: int = 0, n: int = 1200) -> tuple[Predictions, Attributes]:
    return predictions(np.random.default_rng(200 + seed).random(n) < 0.12), drawn(seed, n)


def asked(
    given: tuple[Predictions, Attributes], seed: int = 0, **options: object
) -> tuple[list[Measure], Exhibit | None]:
    found = list(slices(*given, Seed(seed), given[0], **options))  # type: ignore[arg-type]
    shown = [one for one in found if isinstance(one, Exhibit)]
    return [one for one in found if isinstance(one, Measure)], (shown[0] if shown else None)


def worse(shown: Exhibit | None) -> list[str]:
    return [str(row[0]) for row in shown.rows if row[-1] == "worse"] if shown else []


class TestFound:
    def test_the_planted_slice_comes_first_and_nothing_that_is_apart_from_it(self) -> None:
        measures, shown = asked(planted())
        first, *others = worse(shown)
        assert first == "a=0 & b=0"
        assert all("a=0" in one or "b=0" in one for one in others)
        (found,) = [one for one in measures if one.name == "accuracy.slices_found"]
        assert found.value == 1 + len(others)
        (excess,) = [one for one in measures if one.key == ("accuracy.slice_excess", "score=error", "a=0 & b=0")]
        assert excess.slice == where(a="0", b="0")
        low, high = excess.intervals[0].low, excess.intervals[0].high
        assert low is not None
        assert high is not None
        assert 0 < low < 0.5 < high

    def test_the_clean_twin_is_clean_and_says_what_was_tested(self) -> None:
        measures, shown = asked(clean())
        assert worse(shown) == []
        assert measures[0].value == 0
        assert shown is not None
        assert shown.columns == COLUMNS
        assert len(shown.rows) == 10
        assert {row[-1] for row in shown.rows} == {"clean"}
        assert len([one for one in measures if one.name == "accuracy.slice_p_value"]) == 10

    def test_a_slice_without_rows_in_the_half_that_tests_is_neither_worse_nor_clean(self) -> None:
        """Rows of one unit stay in one half: the only hospital that errs is searched, or tested, and never both."""
        hospital = np.repeat(np.arange(4), 60)
        wrong = (hospital == 0) & (np.random.default_rng(0).random(240) < 0.5)
        given = predictions(wrong, unit=hospital), named(hospital[:, None], "hospital")
        rows = [row for seed in range(6) if (shown := asked(given, seed)[1]) for row in shown.rows]
        assert 0 in [row[1] for row in rows]
        assert {row[2:] for row in rows if row[1] in (0, 120)} == {(*[None] * 8, "cannot tell")}

    def test_errors_that_depend_on_nothing_are_seldom_an_alarm(self) -> None:
        alarms = sum(bool(worse(asked(clean(seed, 300), seed, conditions=2, draws=200)[1])) for seed in range(40))
        assert alarms <= scipy.stats.binom.ppf(0.999, 40, 0.05)

    def test_the_effect_is_that_of_rows_that_were_not_searched(self) -> None:
        """On pure noise the searched half shows an excess, the half that tests none on average."""
        searched, tested = [], []
        for seed in range(40):
            said, given = clean(seed, 400)
            whole = Errors(given, (said.decision != said.truth).astype(float))
            half = halves(whole.error, seed)
            for one in proposed(whole.take(half), candidates=1, deepest=3, support=20):
                searched.append(contrasted(whole.take(half), one).excess()[0])
                tested.append(contrasted(whole.take(~half), one).excess()[0])
        assert np.mean(searched) > 0.08
        assert abs(np.mean(tested)) < 4 * scipy.stats.sem(tested)

    def test_brier_terms_and_weights_and_units_find_it_too(self) -> None:
        said, given = planted(n=3000)
        draw = np.random.default_rng(0)
        weight, unit = draw.uniform(0.5, 1.5, 3000), np.arange(3000) // 2
        for one in ({"score": "brier"}, {}):
            for rows in ((None, None), (weight, None), (None, unit), (weight, unit)):
                changed = Predictions(said.truth, said.decision, said.score, said.classes, 1, *rows)
                measures, shown = asked((changed, given), **one)
                assert "a=0 & b=0" in worse(shown)
                for each in measures:
                    for interval in each.intervals:
                        assert interval.low - 1e-12 <= each.value <= interval.high + 1e-12

    def test_the_same_seed_asks_the_same(self) -> None:
        assert asked(planted()) == asked(planted())
        assert asked(planted())[1] != asked(planted(), seed=1)[1]


class TestExact:
    def test_a_single_p_value_is_fishers(self) -> None:
        for k, n, other, rest in ((5, 20, 30, 400), (0, 10, 4, 50), (10, 10, 0, 50), (3, 3, 1, 1)):
            one = Contrast(np.array([k, other], float), np.array([n, rest], float), (n, rest))
            table = [[k, n - k], [other, rest - other]]
            assert one.p_value() == pytest.approx(scipy.stats.fisher_exact(table, "greater").pvalue, rel=1e-9)

    def test_the_excess_is_the_interval_of_a_pair_chosen_beforehand(self) -> None:
        given = drawn(0, 300)
        error = (np.random.default_rng(1).random(300) < 0.3).astype(float)
        inside = members(given, where(a="1"))
        found = contrasted(Errors(given, error), where(a="1"))
        k, other = error[inside].sum(), error[~inside].sum()
        expected = pair_difference(k, inside.sum(), other, (~inside).sum(), 0.9)
        np.testing.assert_allclose(found.excess(0.9), np.array(expected).ravel(), atol=1e-12)

    def test_adjusted_p_values_are_those_of_permuted_errors(self) -> None:
        given = drawn(3, 200, 3, 3)
        error = (np.random.default_rng(5).random(200) < 0.2).astype(float)
        asked_of = [where(a="0"), where(a="0", b="1"), where(b="1"), where(c="2")]
        rows = Errors(given, error)
        found = adjusted(rows, asked_of, [contrasted(rows, one) for one in asked_of], 4000, 0)
        single = np.array([contrasted(rows, one).p_value() for one in asked_of])
        draw = np.random.default_rng(9)
        least = []
        for _ in range(1000):
            again = Errors(given, draw.permutation(error))
            least.append(min(contrasted(again, one).p_value() for one in asked_of))
        shares = (np.array(least)[:, None] <= single + 1e-12).mean(axis=0)
        np.testing.assert_allclose(found, shares, atol=4 * np.sqrt(0.25 / 1000))
        assert (found >= single).all()

    def test_where_rows_are_weighted_the_adjustment_is_benjamini_and_yekutielis(self) -> None:
        given = drawn(3, 400)
        draw = np.random.default_rng(5)
        rows = Errors(given, (draw.random(400) < 0.2).astype(float), weight=draw.uniform(1, 2, 400))
        asked_of = [where(a=str(at)) for at in range(4)]
        found = [contrasted(rows, one) for one in asked_of]
        expected = multipletests([one.p_value() for one in found], method="fdr_by")[1]
        np.testing.assert_allclose(adjusted(rows, asked_of, found, 10, 0), expected, atol=1e-12)

    def test_a_slice_within_a_named_one_is_not_named_again(self) -> None:
        draw, given = np.random.default_rng(4), drawn(4, 4000)
        error = (draw.random(4000) < np.where(given.codes[:, 0] == 0, 0.5, 0.1)).astype(float)
        (first, *others) = proposed(Errors(given, error), candidates=10, deepest=3, support=20)
        assert first == where(a="0")
        rows = Errors(given, error)
        assert all(abs(contrasted(rows, one).excess()[0]) < 0.3 for one in others)

    def test_halves_have_the_same_errors_and_keep_units_together(self) -> None:
        error = (np.random.default_rng(0).random(1001) < 0.1).astype(float)
        half = halves(error, 0)
        assert abs(int(half.sum()) - 500.5) < 1
        assert abs(error[half].sum() - error[~half].sum()) <= 1
        unit = np.repeat(np.arange(143), 7)
        half = halves(error, 0, unit)
        assert {len(set(half[unit == one])) for one in range(143)} == {1}
        np.testing.assert_array_equal(half, halves(error, 0, unit))
        assert (half != halves(error, 1, unit)).any()


class TestBadInput:
    @pytest.mark.parametrize("n", [1, 2, 39])
    def test_too_few_rows_for_two_halves(self, n: int) -> None:
        with pytest.raises(NotApplicable, match=f"{n} rows are too few .* 40 are needed"):
            asked((predictions(np.zeros(n, bool)), drawn(0, n)))

    @pytest.mark.parametrize("wrong", [False, True])
    def test_no_error_and_nothing_but_errors(self, wrong: bool) -> None:
        (found,), shown = asked((predictions(np.full(100, wrong)), drawn(0, 100)))
        assert (found.value, shown) == (0, None)
        assert ("no error" in found.note) == (not wrong)

    def test_one_error_no_columns_constant_columns_and_groups_of_one(self) -> None:
        once = np.arange(100) == 3
        for given in (
            named(np.empty((100, 0), int)),
            named(np.zeros((100, 2), int), "a", "b"),
            named(np.arange(100)[:, None], "id"),
        ):
            (found, *_), _ = asked((predictions(once), given))
            assert found.value == 0

    def test_a_slice_without_rows_on_the_half_that_tests_says_so(self) -> None:
        rows = Errors(named(np.zeros((50, 1), int), "a"), np.ones(50))
        empty = contrasted(rows, ())
        assert not empty.known
        assert adjusted(rows, [()], [empty], 10, 0).tolist() == [1.0]

    def test_a_score_that_nobody_knows(self) -> None:
        with pytest.raises(ValueError, match=r"'brier'.*got 'loss'"):
            asked(clean(), score="loss")

    @pytest.mark.parametrize("weight", [-1.0, 0.0])
    def test_weights_that_are_none(self, weight: float) -> None:
        said, given = clean()
        changed = Predictions(said.truth, said.decision, said.score, said.classes, 1, np.full(1200, weight))
        with pytest.raises(ValueError, match=r"[Ww]eight"):
            asked((changed, given))


class TestColumns:
    def test_numbers_are_cut_once_into_parts_of_about_equal_size(self) -> None:
        draw = np.random.default_rng(0)
        for values in (draw.normal(size=2000), draw.exponential(1e6, 2000), draw.integers(0, 100, 2000) / 7 + 1e4):
            column = Column.of("x", values)
            assert len(column.edges) == BINS - 1
            share = np.bincount(column.code(values), minlength=BINS) / 2000
            assert np.abs(share[:BINS] - 1 / BINS).max() < 0.06
            low, high = column.levels[2][1:-1].split(",")
            inside = (values >= float(low)) & (values < float(high))
            np.testing.assert_array_equal(column.code(values) == 2, inside)
            assert str(column.condition(2)) == f"x in [{low},{high})"

    def test_other_values_than_those_of_the_training_part(self) -> None:
        column = Column.of("x", np.arange(100.0))
        codes = column.code([-1e9, np.nan, 1e9, None])
        assert [column.levels[at] for at in codes] == ["[-inf,20)", "unknown", "[79,inf)", "unknown"]
        assert str(column.condition(int(codes[1]))) == "x=unknown"
        town = Column.of("town", pd.Series(["Rome"] * 60 + ["Oslo"] * 39 + ["Bern"] + [None] * 20))
        assert town.levels == ("Oslo", "Rome", "other", "unknown")
        assert [town.levels[at] for at in town.code(["Bern", "Paris", None, "Oslo"])] == ["other", "other", "unknown", "Oslo"]  # fmt: skip

    def test_few_numbers_keep_their_values_and_many_categories_their_commonest(self) -> None:
        assert Column.of("x", [0, 1, 1, 0, 2]).levels == ("0", "1", "2", "other", "unknown")
        assert Column.of("x", [True, False]).levels == ("False", "True", "other", "unknown")
        many = Column.of("x", np.repeat([f"t{at:03}" for at in range(300)], 2))
        assert many.levels == ("other", "unknown")

    def test_mostly_one_value_still_parts_the_rest(self) -> None:
        values = np.concatenate([np.zeros(900), np.arange(1, 101)])
        column = Column.of("x", values)
        assert column.levels == ("[-inf,1)", "[1,inf)", "unknown")

    def test_nothing_but_missing_values(self) -> None:
        column = Column.of("x", [np.nan, np.nan])
        assert column.levels == ("other", "unknown")
        assert column.code([np.nan, 3.0]).tolist() == [1, 0]

    def test_members_are_the_rows_that_meet_all_conditions(self, loans: Case) -> None:
        given: Attributes = loans.subject.evidence[Attributes]
        frame = loans.test.inputs
        assert isinstance(frame, pd.DataFrame)
        codes = {one.name: one for one in given.columns}
        low, high = codes["income"].edges[0], codes["income"].edges[1]
        bins = Condition(column="income", operator="in", value=codes["income"].levels[1])
        inside = members(given, (bins, *where(sex="female")))
        expected = frame["income"].between(low, high, inclusive="left") & (loans.test.groups["sex"] == "female")
        np.testing.assert_array_equal(inside, expected)
        np.testing.assert_array_equal(members(given, where(income="unknown")), frame["income"].isna())
        np.testing.assert_array_equal(members(given, where(sex="unknown")), loans.test.groups["sex"] == "unknown")
        assert members(given, ()).all()
        with pytest.raises(LookupError, match=r"no column 'age'.*there is: sex, region, income, debt, job"):
            members(given, where(age="9"))
        with pytest.raises(LookupError, match="'job' has no level 'cook'; it has: baker, nurse, smith"):
            members(given, where(job="cook"))

    def test_edges_are_those_of_the_training_part(self, loans: Case) -> None:
        one = attributes(loans.model, loans.train, loans.test)
        part = attributes(loans.model, loans.train, loans.test.take(np.arange(7)))
        assert part.columns == one.columns
        np.testing.assert_array_equal(part.codes, one.codes[:7])


class TestEmbeddings:
    def test_the_last_layer_makes_the_decision_from_them(self, shapes: Case, loans: Case) -> None:
        for of in (shapes, loans):
            found = embeddings(of.model, of.test.inputs, batch=64)
            last = [one for one in of.model.net.modules() if type(one).__name__ == "Linear"][-1]
            logits = found @ last.weight.detach().numpy().T + last.bias.detach().numpy()
            score = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            np.testing.assert_allclose(score, of.model.probabilities(of.test.inputs), atol=1e-5)

    def test_those_of_a_mixture_lie_side_by_side(self, shapes: Case) -> None:
        one = embeddings(shapes.model, shapes.test.inputs)
        twice = Mixture([deepcopy(shapes.model.net), deepcopy(shapes.model.net)], (0.5, 0.5))
        both = embeddings(type(shapes.model)(shapes.model.card, twice, shapes.model.folder), shapes.test.inputs)
        np.testing.assert_array_equal(both, np.hstack([one, one]))

    def test_images_are_sliced_by_metadata_and_clusters(self, shapes: Case) -> None:
        given: Attributes = shapes.subject.evidence[Attributes]
        assert [one.name for one in given.columns] == ["ink", CLUSTER]
        assert all("(mostly " in level for level in given.columns[1].levels)
        means = [shapes.test.truth[given.codes[:, 1] == at] for at in range(len(given.columns[1].levels))]
        purity = sum(np.bincount(one).max() for one in means if len(one)) / len(shapes.test)
        assert purity > 0.8
        again = attributes(shapes.model, shapes.train, shapes.test)
        np.testing.assert_array_equal(again.codes, given.codes)

    def test_pictures_that_are_all_alike_are_one_cluster(self, tmp_path: Path) -> None:
        train = shapes(40, 1, "train")
        train.inputs[:] = 0.5
        of = task(
            name="shapes", architecture="cnn", kind="multiclass", modality="image", favourable=None, groups=("ink",)
        )
        model = trained(tmp_path, {}, train, of)
        assert len(attributes(model, train, shapes(30, 2)).columns[1].levels) == 1


def test_no_two_measures_of_a_report_are_the_same(loans: Case) -> None:
    measures, _ = asked((loans.subject.evidence[Predictions], loans.subject.evidence[Attributes]))
    keys = [one.key for one in measures]
    assert len(keys) == len(set(keys))
    assert all(len(one.slice) <= 3 for one in measures)
    names = {one.slice_text for one in measures if one.slice}
    assert all(a != b for a, b in combinations(names, 2))
