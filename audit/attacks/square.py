"""Random search by probabilities alone, over growing radii: who is still decided right?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.evidence import BlackBox

SHARE = 0.8
"""Of an input that the first proposal changes (Andriushchenko et al. 2020)."""
HALVINGS = np.array([10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000]) / 10_000
"""When the share is halved, in parts of all queries."""


def resisting(
    box: BlackBox, right: np.ndarray, radii: tuple[float, ...], *, queries: int, seed: int
) -> Iterator[tuple[float, np.ndarray, int]]:
    """For each radius, in rising order: (m,) whether each example is still decided right, and rows asked about so far.

    right: (m,) whether it is decided right unchanged. Radii are in units of the spread of each input, norm L-infinity;
    ``queries`` are asked about each example at each radius at most. What broke at a smaller radius stays broken at a
    larger one, whose ball contains it; what resists is searched on from the direction that came closest. Raises what the model raises.

    Source: Andriushchenko et al., *Square Attack: a query-efficient black-box adversarial attack via random search*,
    ECCV 2020. A table has no squares: random columns take their place, and values inside the ball are tried beside its
    corners, because a model of steps may break between them; a proposal that is no worse is taken, so that it wanders
    on plateaus.
    """
    draw = np.random.default_rng(seed)
    alive, asked = right.copy(), 0
    direction = _start(box.inputs.shape, draw)
    for radius in sorted(radii):
        places = np.flatnonzero(alive)
        alive[places], direction[places], more = _search(box, places, radius, direction[places], queries, draw)
        asked += more
        yield radius, alive.copy(), asked


def changed(box: BlackBox, places: np.ndarray, radius: float, direction: np.ndarray) -> np.ndarray:
    """(k, ...) the inputs at ``places`` moved by ``direction`` (k, ...) in -1..1 times the radius, within their range.

    Whole numbers stay whole, what is missing stays missing, and what lies outside the range may stay where it is.
    """
    origin = box.inputs[places]
    step = radius * np.asarray(box.spread) * direction
    step = np.where(box.whole, np.trunc(step), step)
    return np.clip(origin + step, np.minimum(box.low, origin), np.maximum(box.high, origin))


def _search(
    box: BlackBox, places: np.ndarray, radius: float, direction: np.ndarray, queries: int, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, int]:
    """(k,) whether the examples at ``places`` still stand after all queries, the directions (k, ...) that came closest
    to breaking them, from those given on, and how many rows were asked about.
    """
    stands, asked = np.ones(len(places), dtype=bool), 0
    lowest = np.full(len(places), np.inf)
    for query in range(queries):
        (left,) = np.nonzero(stands)
        if not len(left):
            break
        tried = _proposal(direction[left], _share(query / queries), draw) if query else direction
        score = box.probabilities(changed(box, places[left], radius, tried), places[left])
        asked += len(left)
        margin = _margin(score, box.truth[places[left]])
        closer = margin <= lowest[left]
        direction[left[closer]], lowest[left[closer]] = tried[closer], margin[closer]
        stands[left] = box.decide(score) == box.truth[places[left]]
    return stands, direction, asked


def _margin(score: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(k,) by how much the probability of the truth exceeds the largest other; the 0/1 loss where only labels are known."""
    own = score[np.arange(len(score)), truth]
    others = score.copy()
    others[np.arange(len(score)), truth] = -np.inf
    return np.asarray(own - others.max(axis=1))


def _share(passed: float) -> float:
    """Of an input that a proposal changes, after this part of all queries."""
    return float(SHARE / 2 ** np.searchsorted(HALVINGS, passed))


def _start(shape: tuple[int, ...], draw: np.random.Generator) -> np.ndarray:
    """Corners of the ball at random; of pictures vertical stripes."""
    if len(shape) == 2:
        return draw.choice([-1.0, 1.0], shape)
    stripes = draw.choice([-1.0, 1.0], (*shape[:-2], 1, shape[-1]))
    return np.broadcast_to(stripes, shape).copy()


def _proposal(direction: np.ndarray, share: float, draw: np.random.Generator) -> np.ndarray:
    """The directions with some columns, or a square of each picture, drawn again."""
    if direction.ndim == 2:
        return _columns(direction, share, draw)
    return _squares(direction, share, draw)


def _columns(direction: np.ndarray, share: float, draw: np.random.Generator) -> np.ndarray:
    """Random columns of each row at one end of their range, or, half the time, anywhere in it."""
    k, width = direction.shape
    order = draw.random((k, width)).argsort(axis=1).argsort(axis=1)
    value = np.clip(draw.uniform(-2, 2, (k, width)), -1, 1)
    return np.where(order < max(1, round(share * width)), value, direction)


def _squares(direction: np.ndarray, share: float, draw: np.random.Generator) -> np.ndarray:
    """A square at a random place of each picture, every channel at one end of its range."""
    k, height, width = len(direction), *direction.shape[-2:]
    side = min(max(1, round(np.sqrt(share * height * width))), height, width)
    top, left = draw.integers(0, height - side + 1, k), draw.integers(0, width - side + 1, k)
    inside = _within(top, side, height)[:, :, None] & _within(left, side, width)[:, None, :]
    sign = draw.choice([-1.0, 1.0], (*direction.shape[:-2], 1, 1))
    return np.where(inside if direction.ndim == 3 else inside[:, None], sign, direction)


def _within(first: np.ndarray, side: int, size: int) -> np.ndarray:
    """(k, size) which positions lie in a span of this length."""
    place = np.arange(size)
    return np.asarray((place >= first[:, None]) & (place < first[:, None] + side))
