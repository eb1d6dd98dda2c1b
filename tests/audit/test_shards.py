"""Counted from files, batch by batch, it is what counting all rows at once gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit.evidence import Moments, Scores, Tally
from audit.shards import Roles, counted

ROLES = Roles(truth="hired", score="score", groups=("sex", "race"))


def table(n: int, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    score = draw.random(n)
    return pd.DataFrame(
        {
            "hired": (draw.random(n) < score).astype(int),
            "score": score,
            "sex": draw.choice(np.array(["f", "m", None], dtype=object), n),
            "race": draw.choice(["a", "b", "c"], n),
            "weight": draw.random(n),
        }
    )


def written(folder: Path, *frames: pd.DataFrame) -> list[Path]:
    paths = [folder / f"part-{at}.parquet" for at in range(len(frames))]
    for path, frame in zip(paths, frames, strict=True):
        frame.to_parquet(path, index=False)
    return paths


def test_batches_of_files_add_up_to_the_whole(tmp_path: Path) -> None:
    frame = table(1000)
    found = counted(written(tmp_path, frame[:130], frame[130:]), ROLES, batch=77)
    decided = (frame["score"] >= 0.5).to_numpy()
    whole = Tally.of(frame["hired"], decided, {"sex": frame["sex"], "race": frame["race"]}, ("0", "1"), 1)
    assert found[Tally].names == whole.names
    assert found[Tally].names["sex"] == ("f", "m", "unknown")
    assert all(np.array_equal(found[Tally].counts[by], whole.counts[by]) for by in whole.counts)
    assert found[Moments].means("score").value[0] == pytest.approx(frame["score"].mean(), rel=1e-13)
    assert found[Scores].counts[""].sum() == 1000


def test_weights_are_read(tmp_path: Path) -> None:
    frame = table(400)
    roles = Roles(truth="hired", score="score", groups=("sex",), weight="weight")
    found = counted(written(tmp_path, frame), roles, batch=90)
    assert found[Tally].total.sum() == pytest.approx(frame["weight"].sum())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="race"), "has no column race"),
        (lambda f: f.assign(hired=2), "values other than 0 and 1"),
        (lambda f: f.assign(score=1.5), "missing or outside"),
        (lambda f: f[:0], "hold no rows"),
    ],
)
def test_what_cannot_be_counted_is_said(change: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        counted(written(tmp_path, change(table(20))), ROLES)  # type: ignore[operator]
