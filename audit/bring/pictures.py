"""Pictures as people have them: a folder for each class, IDX, npz, or a Parquet column of image files."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audit.bring import text
from audit.bring.unreadable import Unreadable, refusing

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
PIXELS, MOST = 16_000_000, 200_000
"""Pixels of one picture, and pictures, at most."""
BYTES = 4 << 30
"""Of all pictures together, as numbers."""
IDX = {0x08: np.uint8, 0x0D: np.float32, 0x0E: np.float64}
PICTURES, TRUTH = ("images", "image", "x", "pixels", "data"), ("labels", "label", "y", "target", "class")


@dataclass(frozen=True)
class Pictures:
    """Pictures with what is known of each."""

    name: str
    pixels: np.ndarray
    """(n, height, width) or (n, channels, height, width) float32 in 0..1."""
    frame: pd.DataFrame
    """(n,) rows: the column ``truth`` where it is known, the columns beside the pictures of a Parquet file."""


def is_pictures(path: Path) -> bool:
    """Whether a path holds pictures rather than a table."""
    if path.is_dir():
        return any(one.is_dir() and any(_images(one)) for one in path.iterdir()) or bool(_pair(path))
    if path.suffix == ".npz":
        return True
    return path.suffix in (".parquet", ".pq") and _picture_column(path) is not None


def open_pictures(path: Path) -> Pictures:
    """The pictures of a folder with a folder for each class, of a pair of IDX files, of npz, or of Parquet.

    All of one size; whole numbers are taken as 0..255. Raises ``Unreadable`` in one sentence for anything else.
    """
    with refusing(path):
        if path.is_dir() and _pair(path):
            return _idx(path)
        if path.is_dir():
            return _folders(path)
        return _npz(path) if path.suffix == ".npz" else _parquet(path)


def _images(folder: Path) -> Iterator[Path]:
    inside = folder.resolve()
    for one in sorted(folder.iterdir()):
        if one.suffix.lower() in SUFFIXES:
            if not one.resolve().is_relative_to(inside):
                raise Unreadable(f"{one.name} in {folder.name} points outside that folder; put the file itself there.")
            yield one


def _folders(path: Path) -> Pictures:
    named = [(folder.name, one) for folder in sorted(path.iterdir()) if folder.is_dir() for one in _images(folder)]
    pixels = _stacked((one.name, one.read_bytes()) for _, one in named)
    return Pictures(path.name, pixels, pd.DataFrame({"truth": [name for name, _ in named]}))


def _pair(folder: Path) -> list[Path]:
    """Pictures and labels of a folder with just one of each in IDX."""
    found = [sorted(one for one in folder.iterdir() if mark in one.name) for mark in ("idx3", "idx1")]
    return [one[0] for one in found] if all(len(one) == 1 for one in found) else []


def _idx(folder: Path) -> Pictures:
    pictures, labels = (_array(one) for one in _pair(folder))
    return _made(folder.name, pictures, labels)


def _array(path: Path) -> np.ndarray:
    with text.opened(path) as file:
        head = file.read(4)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in IDX:
            raise Unreadable(f"{path.name} is no IDX file of bytes or floats.")
        shape = struct.unpack(f">{head[3]}I", file.read(4 * head[3]))
        kind = np.dtype(IDX[head[2]]).newbyteorder(">")
        size = math.prod(shape) * kind.itemsize
        if size > BYTES:
            raise Unreadable(f"{path.name} claims {size} bytes of pictures; at most {BYTES} are read.")
        data = file.read(size + 1)
    if len(data) != size:
        raise Unreadable(f"{path.name} should hold {size} bytes of data and holds {len(data)}.")
    return np.frombuffer(data, dtype=kind).reshape(shape)


def _npz(path: Path) -> Pictures:
    with np.load(path, allow_pickle=False) as file:
        names = {one.lower(): one for one in file.files}
        pictures = next((names[one] for one in PICTURES if one in names), None)
        labels = next((names[one] for one in TRUTH if one in names), None)
        if pictures is None:
            raise Unreadable(
                f"{path.name} has the arrays {', '.join(file.files)}; call the pictures 'images' and their classes 'labels'."
            )
        size = sum(info.file_size for info in file.zip.infolist()) if file.zip else 0
        if size > BYTES:
            raise Unreadable(f"{path.name} unpacks to {size} bytes; at most {BYTES} are read.")
        return _made(path.stem, file[pictures], None if labels is None else file[labels])


def _picture_column(path: Path) -> str | None:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        schema = parquet.read_schema(path)
    except (pa.ArrowException, OSError):
        return None
    for field in schema:
        held = (
            field.type.field("bytes").type
            if pa.types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0
            else field.type
        )
        if pa.types.is_binary(held) or pa.types.is_large_binary(held):
            return str(field.name)
    return None


def _parquet(path: Path) -> Pictures:
    column = _picture_column(path)
    frame = pd.read_parquet(path)
    if len(frame) > MOST:
        raise Unreadable(f"{path.name} holds {len(frame)} pictures; at most {MOST} are asked about at once.")
    cells = [one["bytes"] if isinstance(one, dict) else one for one in frame[column]]
    pixels = _stacked((f"picture {at + 1}", one) for at, one in enumerate(cells))
    return Pictures(path.stem, pixels, frame.drop(columns=[column]))


def _stacked(files: Iterable[tuple[str, Any]]) -> np.ndarray:
    """Decoded pictures of one size, as numbers in 0..1."""
    from PIL import Image, UnidentifiedImageError

    made: list[np.ndarray] = []
    for name, data in files:
        if not isinstance(data, bytes):
            raise Unreadable(f"{name} holds no picture.")
        try:
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > PIXELS:
                    raise Unreadable(f"{name} has {image.width} x {image.height} pixels; at most {PIXELS} are read.")
                made.append(np.asarray(image.convert("L" if image.mode in ("1", "L", "I;16") else "RGB")))
        except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError) as why:
            raise Unreadable(f"{name} is no picture that can be read: {why}.") from None
        if made[-1].shape != made[0].shape:
            raise Unreadable(
                f"{name} has the shape {made[-1].shape} and the first picture {made[0].shape}; bring all in one size."
            )
        if len(made) * made[0].size * 4 > BYTES:
            raise Unreadable(f"The pictures are more than {BYTES} bytes together; bring fewer.")
    if not made:
        raise Unreadable("There are no pictures.")
    stack = np.stack(made).astype(np.float32) / 255
    return stack.transpose(0, 3, 1, 2) if stack.ndim == 4 else stack


def _made(name: str, pictures: np.ndarray, labels: np.ndarray | None) -> Pictures:
    if pictures.ndim not in (3, 4) or not len(pictures):
        raise Unreadable(
            f"The pictures of {name} have the shape {pictures.shape}; (n, height, width) is needed, or with channels."
        )
    if len(pictures) > MOST:
        raise Unreadable(f"{name} holds {len(pictures)} pictures; at most {MOST} are asked about at once.")
    whole = pictures.dtype.kind in "iu"
    pixels = pictures.astype(np.float32) / (255 if whole else 1)
    if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > 1:
        raise Unreadable(f"The pictures of {name} hold values outside 0..1; whole numbers go from 0 to 255.")
    if pixels.ndim == 4 and pixels.shape[-1] in (1, 3):
        pixels = pixels.transpose(0, 3, 1, 2)
    if labels is not None and np.shape(labels) != (len(pictures),):
        raise Unreadable(
            f"{name} holds {len(pictures)} pictures and labels of shape {np.shape(labels)}; one each is needed."
        )
    return Pictures(name, pixels, pd.DataFrame({} if labels is None else {"truth": labels}, index=range(len(pictures))))
