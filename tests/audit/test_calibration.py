"""The algorithms of calibration: against relplot, a sum over mirror images, plain loops, and identities."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import optimize, stats
from small_models import predictions

from audit.calibration import Binned, brier_parts, p_value, perfect, smooth_ece
from audit.calibration_parts import Parts

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import relplot


def said_and_came(seed: int, n: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    score = {"even": draw.random(n), "steep": draw.random(n) ** 3, "tied": np.round(draw.random(n), 1)}[kind]
    return score, (draw.random(n) < np.clip(score + 0.1 * (seed % 2), 0, 1)).astype(float)


def mirrored(score: np.ndarray, residual: np.ndarray) -> float:
    """The width that equals its error, with a Gaussian at every row and at its images behind both walls."""
    at = (np.arange(800) + 0.5) / 800

    def error(width: float) -> float:
        images = [sign * score + 2 * k for k in (-1, 0, 1) for sign in (1, -1)]
        kernel = sum(stats.norm.pdf(at[:, None], one[None], width) for one in images)
        return float(np.abs(kernel @ residual / len(score)).mean())

    return float(optimize.brentq(lambda width: error(width) - width, 5e-3, 1.0, xtol=1e-7))


@pytest.mark.parametrize("kind", ["even", "steep", "tied"])
@pytest.mark.parametrize("seed", range(4))
def test_the_smooth_error_is_the_fixed_point_of_its_definition(kind: str, seed: int) -> None:
    for n in (10, 60):
        score, came = said_and_came(seed, n, kind)
        assert smooth_ece(score, score - came)[0] == pytest.approx(mirrored(score, score - came), abs=1e-4)


@pytest.mark.parametrize("n", [100, 1000, 3000])
@pytest.mark.parametrize("seed", range(6))
def test_the_smooth_error_is_that_of_relplot(n: int, seed: int) -> None:
    """Scores without ties: relplot counts a score of exactly 0 or 1 once in its mirror, the definition twice."""
    score, came = said_and_came(seed, n, "even")
    assert smooth_ece(score, score - came)[0] == pytest.approx(relplot.smECE(f=score, y=came), abs=1e-3)


def test_residuals_of_one_sign_are_averaged_wherever_they_lie() -> None:
    score = np.array([0.0, 0.3, 1.0, 1.0])
    for residual in (np.array([0.0, 0.3, 1.0, 1.0]), np.full(4, 0.2), -np.full(4, 0.2), np.zeros(4)):
        assert smooth_ece(score, residual)[0] == pytest.approx(abs(residual.mean()), abs=1e-9)


def test_many_draws_are_smoothed_as_each_alone() -> None:
    score, _ = said_and_came(0, 200, "even")
    residual = score - (np.random.default_rng(1).random((5, 200)) < score)
    np.testing.assert_allclose(smooth_ece(score, residual), [smooth_ece(score, one)[0] for one in residual])


@pytest.mark.parametrize("bins", [1, 7, 15])
@pytest.mark.parametrize("classes", [2, 5])
def test_the_parts_of_the_brier_score_add_up_to_it(bins: int, classes: int) -> None:
    draw = np.random.default_rng(bins)
    score, right = draw.dirichlet(np.ones(classes), 300), np.eye(classes)[draw.integers(0, classes, 300)]
    binned = Binned.of(score, bins)
    sums = np.stack([binned.sums(one) for one in (np.ones_like(score), score, right, score**2, score * right)])
    reliability, resolution, uncertainty = brier_parts(sums)
    assert reliability - resolution + uncertainty == pytest.approx(((score - right) ** 2).sum(axis=1).mean(), abs=1e-12)
    assert uncertainty == pytest.approx(1 - (right.mean(axis=0) ** 2).sum(), abs=1e-12)


def test_the_parts_are_those_of_murphy_where_a_bin_holds_one_score() -> None:
    score = np.repeat([0.1, 0.5, 0.9], 40)
    came = (np.random.default_rng(0).random(120) < score).astype(float)
    binned = Binned.of(score[:, None], 15)
    rows = (np.ones(120), score, came, score**2, score * came)
    found = brier_parts(np.stack([binned.sums(one[:, None]) for one in rows]))
    share = np.array([came[score == one].mean() for one in (0.1, 0.5, 0.9)])
    expected = (
        np.mean((share - [0.1, 0.5, 0.9]) ** 2),
        np.mean((share - came.mean()) ** 2),
        came.mean() * came.std() ** 2,
    )
    assert found[:2] == pytest.approx(expected[:2], abs=1e-12)
    assert found[2] == pytest.approx(came.var(), abs=1e-12)


def test_perfect_classes_occur_as_often_as_they_should_row_by_row() -> None:
    score = np.random.default_rng(0).dirichlet([1, 2, 3], 20)
    label = np.concatenate(list(perfect(score, 20_000, 1)))
    assert label.shape == (20_000, 20)
    for one in range(3):
        expected = 20_000 * score[:, one]
        assert (np.abs((label == one).sum(axis=0) - expected) <= 5 * np.sqrt(expected + 1)).all()


def test_a_certain_class_always_occurs() -> None:
    certain = np.eye(3)[np.array([2, 0, 1])]
    assert (np.concatenate(list(perfect(certain, 50, 0))) == [2, 0, 1]).all()


def test_the_data_count_as_one_more_draw() -> None:
    assert p_value(0.5, np.array([0.1, 0.5, 0.7])) == pytest.approx(3 / 4)
    assert p_value(1.0, np.zeros(99)) == pytest.approx(1 / 100)


@pytest.mark.parametrize("weighted", [False, True])
def test_errors_within_groups_and_their_null_are_those_of_each_group_alone(weighted: bool) -> None:
    draw = np.random.default_rng(3)
    score, truth = draw.dirichlet([1, 1], 300), draw.integers(0, 2, 300)
    weight = draw.integers(1, 4, 300).astype(float) if weighted else None
    groups = {"race": draw.choice(list("abc"), 300), "sex": draw.choice(["f", "m"], 300)}
    one = predictions(truth, score, "ny", 1)
    one = type(one)(one.truth, one.decision, one.score, one.classes, one.positive, weight)
    parts, ways = Parts.of_groups(one, np.ones(300, dtype=int), groups, 10)
    assert [way.by for way in ways] == ["", "race", "sex", "race & sex"]
    found, null, again = parts.found(), parts.null(20, 7), parts.again(20, 7)
    label = np.concatenate(list(perfect(score, 20, 7)))
    counts = np.ones(300) if weight is None else weight
    at = 0
    for way in ways:
        for values in way.parts:
            inside = np.all(
                [np.ones(300, dtype=bool), *(groups[by] == one for by, one in zip(way.columns, values, strict=True))],
                axis=0,
            )
            for outcome, value in ((truth == 1, found[at]), *zip(label == 1, null[:, at], strict=True)):
                cell = np.minimum((score[inside, 1] * 10).astype(int), 9)
                apart = [
                    (counts[inside] * (score[inside, 1] - outcome[inside]))[cell == number].sum()
                    for number in range(10)
                ]
                assert value == pytest.approx(np.abs(apart).sum() / counts[inside].sum(), abs=1e-12)
            assert parts.rows[at] == inside.sum()
            assert again[:, at].std() > 0
            at += 1
    assert at == len(found)
