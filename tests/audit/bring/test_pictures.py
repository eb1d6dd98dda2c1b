"""Pictures in the four forms people have them give the same pixels; what is no picture is a sentence."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from audit.bring.pictures import is_pictures, open_pictures
from audit.bring.unreadable import Unreadable

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 8), dtype=np.uint8)
LABELS = np.array(["cat", "cat", "cat", "dog", "dog", "dog"])


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def folder(where: Path) -> Path:
    path = where / "pictures"
    for at, name in enumerate(LABELS):
        (path / name).mkdir(parents=True, exist_ok=True)
        (path / name / f"{at}.png").write_bytes(png(PIXELS[at]))
    return path


def idx(where: Path) -> Path:
    path = where / "idx"
    path.mkdir()
    head = bytes([0, 0, 8, 3]) + struct.pack(">3I", *PIXELS.shape)
    (path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + PIXELS.tobytes()))
    coded = (LABELS == "dog").astype(np.uint8)
    (path / "t10k-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1]) + struct.pack(">I", 6) + coded.tobytes())
    return path


def npz(where: Path) -> Path:
    np.savez(where / "pictures.npz", images=PIXELS, labels=LABELS)
    return where / "pictures.npz"


def parquet(where: Path) -> Path:
    cells = [{"bytes": png(one), "path": None} for one in PIXELS]
    pd.DataFrame({"image": cells, "truth": LABELS, "sex": list("fmfmfm")}).to_parquet(where / "pictures.parquet")
    return where / "pictures.parquet"


@pytest.mark.parametrize("form", [folder, idx, npz, parquet])
def test_every_form_gives_the_same_pixels_and_classes(form: Callable[[Path], Path], tmp_path: Path) -> None:
    path = form(tmp_path)
    assert is_pictures(path)
    found = open_pictures(path)
    np.testing.assert_allclose(found.pixels, PIXELS / np.float32(255), atol=1e-7)
    classes = [{0: "cat", 1: "dog"}.get(one, one) for one in found.frame["truth"]]
    assert classes == LABELS.tolist()


def test_colours_come_first(tmp_path: Path) -> None:
    colours = np.random.default_rng(1).integers(0, 256, (2, 5, 4, 3), dtype=np.uint8)
    np.savez(tmp_path / "colours.npz", x=colours, y=[0, 1])
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.png").write_bytes(png(colours[0]))
    assert open_pictures(tmp_path / "colours.npz").pixels.shape == (2, 3, 5, 4)
    np.testing.assert_allclose(
        open_pictures(tmp_path).pixels[0], colours[0].transpose(2, 0, 1) / np.float32(255), atol=1e-7
    )


def test_a_table_is_no_picture(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "table.parquet")
    assert not is_pictures(tmp_path / "table.parquet")
    assert not is_pictures(tmp_path)


def bad(where: Path) -> dict[str, tuple[Path, str]]:
    one, other, broken, outside = (where / name for name in ("one", "other", "broken", "outside"))
    for path in (one, other, broken, outside):
        (path / "a").mkdir(parents=True)
    (one / "a" / "x.png").write_bytes(b"no picture")
    (other / "a" / "x.png").write_bytes(png(PIXELS[0]))
    (other / "a" / "y.png").write_bytes(png(PIXELS[0][:4]))
    (outside / "a" / "x.png").symlink_to(one / "a" / "x.png")
    (broken / "images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**31, 2**31, 2**31))
    (broken / "labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0\0\0")
    np.savez(where / "named.npz", weights=PIXELS)
    np.savez(where / "large.npz", images=PIXELS.astype(float) * 2)
    np.savez(where / "few.npz", images=PIXELS, labels=LABELS[:2])
    np.savez(where / "objects.npz", images=np.array([{}], dtype=object))
    return {
        "no picture": (one, "no picture that can be read"),
        "two sizes": (other, "bring all in one size"),
        "outside": (outside, "points outside that folder"),
        "a bomb": (broken, "claims"),
        "other names": (where / "named.npz", "call the pictures 'images'"),
        "too bright": (where / "large.npz", "outside 0..1"),
        "few labels": (where / "few.npz", "one each is needed"),
        "objects": (where / "objects.npz", "cannot be read"),
    }


@pytest.mark.parametrize(
    "case", ["no picture", "two sizes", "outside", "a bomb", "other names", "too bright", "few labels", "objects"]
)
def test_bad_input_is_one_sentence(case: str, tmp_path: Path) -> None:
    path, words = bad(tmp_path)[case]
    with pytest.raises(Unreadable, match=words) as why:
        open_pictures(path)
    assert "\n" not in str(why.value)
