"""ROB003 where the right answer is known: linear models in closed form, flaws that were planted, and the gradient's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_models import Case

from audit.attacks.projected_gradient import resisting as resisting_gradients
from audit.attacks.square import changed, resisting
from audit.black_box import black_box
from audit.catalogue import select
from audit.checks.projected_gradient import IMAGE_RADII, TABLE_RADII
from audit.evidence import BlackBox, Network
from audit.measure import Measure
from audit.run import ask
from models.served.answer import VersionChanged

Score = Callable[[pd.DataFrame], np.ndarray]


def two(chance: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - chance, chance])


def largest(score: np.ndarray) -> np.ndarray:
    return np.asarray(score.argmax(axis=1))


def table(n: int = 150, width: int = 4) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        draw.normal(0, np.arange(1, width + 1), (n, width)), columns=[f"x{one}" for one in range(width)]
    )


def boxed(frame: pd.DataFrame, score: Score, truth: np.ndarray | None = None, most: int | None = None) -> BlackBox:
    """A model of all rows; it is always right where no truth is given."""
    came = largest(score(frame)) if truth is None else truth
    return black_box(frame, came, np.arange(len(frame)), score, largest, most=most)


def measured(box: BlackBox, seed: int = 0) -> dict[float, Measure]:
    (check,) = select(["ROB003"])
    answer = ask(check, {BlackBox: box}, seed)
    assert answer.status == "measured", answer.reason
    return {float(dict(one.setting)["epsilon"]): one for one in answer.measures}


class TestFound:
    def test_it_comes_close_to_what_breaks_a_linear_model_and_never_below(self) -> None:
        """The margin holds against a radius where it exceeds the weights' absolute sum, as far as the range lets it."""
        frame, draw = table(), np.random.default_rng(1)
        weights = np.array([1.6, -0.7, 0.3, 0.4])
        truth = (frame.to_numpy() @ weights + draw.normal(0, 1, len(frame)) > 0).astype(int)
        box = boxed(frame, lambda rows: two(1 / (1 + np.exp(-(rows.to_numpy() @ weights)))), truth)
        side = (2 * truth - 1)[:, None]
        found = measured(box)
        assert list(found) == list(TABLE_RADII)
        for radius, one in found.items():
            worst = np.clip(box.inputs - radius * box.spread * np.sign(weights) * side, box.low, box.high)
            exact = ((worst @ weights > 0) == truth).mean()
            assert exact <= one.value <= exact + 0.02  # type: ignore[operator]
            assert (one.bound, one.n, one.setting_text) == ("upper", 150, f"epsilon={radius:g} norm=linf queries=100")
            assert [each.method for each in one.intervals] == ["mid-P", "Clopper-Pearson"]

    @pytest.mark.parametrize(("name", "radii"), [("plants", TABLE_RADII), ("shapes", IMAGE_RADII)])
    def test_it_finds_no_more_than_the_gradient_and_not_much_less(
        self, name: str, radii: tuple[float, ...], request: pytest.FixtureRequest
    ) -> None:
        of: Case = request.getfixturevalue(name)
        box, network = of.subject.evidence[BlackBox], of.subject.evidence[Network]
        np.testing.assert_array_equal(box.rows, network.rows)
        right = box.decide(box.probabilities(box.inputs, np.arange(len(box.rows)))) == box.truth
        asked = [alive.mean() for _, alive, _ in resisting(box, right, radii, queries=300, seed=0)]
        known = [alive.mean() for _, alive in resisting_gradients(network, radii, steps=40, restarts=1, seed=0)]
        assert right.mean() > asked[-1]
        np.testing.assert_array_less(np.array(known) - 0.02, asked)
        np.testing.assert_allclose(asked, known, atol=0.1)

    def test_a_decision_that_hangs_on_a_tiny_threshold_breaks_and_its_clean_twin_does_not(self) -> None:
        frame = table()
        frame["x0"] = np.where(frame["x0"] > 0, 1.0, -1.0) + np.random.default_rng(2).uniform(-0.01, 0.01, len(frame))
        truth = (frame["x0"] > 0).to_numpy().astype(int)
        brittle = measured(
            boxed(frame, lambda rows: two((rows["x0"] * 1e-3 + rows["x1"] * 0.2 > 0) * 0.8 + 0.1), truth)
        )
        robust = measured(boxed(frame, lambda rows: two((rows["x0"] > 0) * 0.8 + 0.1), truth))
        assert {one.value for one in robust.values()} == {1.0}
        assert brittle[0.5].value < 0.5  # type: ignore[operator]

    def test_what_breaks_only_inside_the_ball_is_found_too(self) -> None:
        """A narrow window beside each value, which no corner of the ball reaches."""
        frame = pd.DataFrame({"x": np.random.default_rng(3).normal(0, 1, 100)})
        held = frame["x"].to_numpy()
        box = boxed(frame, lambda rows: two(np.full(len(rows), 0.9)))
        offset = box.spread * 0.2

        def window(inputs: np.ndarray, places: np.ndarray) -> np.ndarray:
            return two(np.where(np.abs(inputs[:, 0] - held[places] - offset) < 0.05, 0.1, 0.9))

        found = measured(replace(box, probabilities=window))
        assert found[0.05].value == found[0.1].value == 1.0
        assert found[0.5].value < 0.1  # type: ignore[operator]

    def test_decisions_alone_are_enough_and_said_to_be_all_there_is(self) -> None:
        frame = table()
        labels = measured(boxed(frame, lambda rows: two((rows.sum(axis=1) > 0).to_numpy().astype(float))))
        assert labels[0.5].value < 0.9  # type: ignore[operator]
        assert all("decisions only" in one.note for one in labels.values())
        certain = measured(boxed(frame, lambda rows: two(np.full(len(rows), 0.7))))
        assert not any("decisions only" in one.note for one in certain.values())


class TestChanged:
    @pytest.mark.parametrize("shape", [(40, 5), (40, 9, 7), (40, 3, 8, 8)])
    def test_every_changed_input_lies_within_the_radius_and_the_range(self, shape: tuple[int, ...]) -> None:
        inputs = np.random.default_rng(0).random(shape)
        seen: list[tuple[np.ndarray, np.ndarray]] = []
        box = black_box(inputs, np.ones(40, dtype=int), np.arange(40), lambda _: np.empty(0), largest)

        def spied(moved: np.ndarray, places: np.ndarray) -> np.ndarray:
            seen.append((moved, places))
            return two(np.full(len(moved), 0.6))

        for radius, alive, asked in resisting(
            replace(box, probabilities=spied), np.ones(40, dtype=bool), (0.1,), queries=30, seed=0
        ):
            assert alive.all()
            assert (radius, asked) == (0.1, 1200)
        assert len(seen) == 30, "all examples at once, never one by one"
        for moved, places in seen:
            assert (np.abs(moved - inputs[places]) <= 0.1 * np.asarray(box.spread) + 1e-12).all()
            assert ((moved >= box.low) & (moved <= box.high)).all()

    def test_types_missing_values_and_other_columns_stay_as_they_are(self) -> None:
        frame = table(60).assign(
            age=np.arange(60) % 40, flag=np.arange(60) % 2, job="nurse", known=np.arange(60) % 3 > 0,
            some=pd.array([*range(58), None, None], dtype="Int64"),
        )  # fmt: skip
        frame.loc[3, "x1"] = np.nan
        seen: list[pd.DataFrame] = []

        def score(rows: pd.DataFrame) -> np.ndarray:
            seen.append(rows)
            return two(np.full(len(rows), 0.6))

        box = boxed(frame, score)
        assert box.inputs.shape == (60, 6)
        measured(box)
        for rows in seen:
            assert (rows.dtypes == frame.dtypes).all()
            assert rows[["flag", "job", "known"]].equals(frame.loc[rows.index, ["flag", "job", "known"]])
            assert rows.isna().equals(frame.loc[rows.index].isna())
            assert ((rows["age"] - frame.loc[rows.index, "age"]).abs() <= 0.5 * frame["age"].std()).all()
        assert any((rows["age"] != frame.loc[rows.index, "age"]).any() for rows in seen)

    def test_pictures_that_leave_0_to_1_keep_to_what_was_seen(self) -> None:
        inputs = np.random.default_rng(0).integers(0, 256, (10, 4, 4)).astype(np.uint8)
        box = black_box(inputs, np.zeros(10, dtype=int), np.arange(10), lambda _: np.empty(0), largest)
        moved = changed(box, np.arange(10), 0.3, np.ones(inputs.shape))
        assert moved.max() <= inputs.max()
        assert (moved == np.trunc(moved)).all()


class TestAsked:
    def test_the_same_seed_asks_the_same(self) -> None:
        frame = table(width=12)
        weights = np.random.default_rng(5).normal(0, 1, 12)
        box = boxed(frame, lambda rows: two(1 / (1 + np.exp(-(rows.to_numpy() @ weights)))))
        once, again, other = measured(box, 4), measured(box, 4), measured(box, 5)
        assert once == again
        assert [one.note for one in once.values()] != [one.note for one in other.values()]

    def test_more_freedom_never_helps_the_model(self) -> None:
        box = boxed(table(), lambda rows: two((rows["x0"] + rows["x3"] > 0) * 0.8 + 0.1))
        curve = [one.value for one in measured(box).values()]
        assert curve == sorted(curve, reverse=True)  # type: ignore[type-var]
        assert curve[-1] < 1  # type: ignore[operator]

    def test_a_model_behind_a_network_is_asked_a_bounded_number_of_times(self) -> None:
        times: list[int] = []

        def score(rows: pd.DataFrame) -> np.ndarray:
            times.append(len(rows))
            return two(np.full(len(rows), 0.6))

        found = measured(boxed(table(), score, np.ones(150, dtype=int), most=100))
        assert len(times) == 1 + 100
        assert {dict(one.setting)["queries"] for one in found.values()} == {25}
        assert f"{100 * 150} changed rows" in found[0.5].note

    def test_a_model_that_refuses_changed_inputs_is_a_reason(self) -> None:
        frame = table()

        def score(rows: pd.DataFrame) -> np.ndarray:
            if not rows.equals(frame):
                raise ValueError("x0 should be one of those that are known")
            return two(np.full(len(rows), 0.6))

        (check,) = select(["ROB003"])
        answer = ask(check, {BlackBox: boxed(frame, score)}, 0)
        assert answer.status == "not_applicable"
        assert "does not answer for changed inputs: x0 should be" in answer.reason

    def test_a_version_that_changes_meanwhile_is_a_failure(self) -> None:
        def score(inputs: np.ndarray, places: np.ndarray) -> np.ndarray:
            raise VersionChanged("the version changed from 1 to 2")

        (check,) = select(["ROB003"])
        box = boxed(table(), lambda rows: two(np.full(len(rows), 0.6)))
        answer = ask(check, {BlackBox: replace(box, probabilities=score)}, 0)
        assert (answer.status, "VersionChanged" in answer.reason) == ("failed", True)

    def test_what_has_gradients_or_no_numbers_or_cannot_be_asked_says_so(self, loans: Case) -> None:
        (check,) = select(["ROB003"])
        assert "ROB002" in ask(check, loans.subject.evidence, 0).reason
        words = pd.DataFrame({"job": ["baker", "nurse"] * 10, "flag": [0, 1] * 10})
        box = boxed(words, lambda rows: two(np.full(len(rows), 0.6)))
        assert "no column holds numbers" in ask(check, {BlackBox: box}, 0).reason
        assert "(BlackBox)" in ask(check, {}, 0).reason
