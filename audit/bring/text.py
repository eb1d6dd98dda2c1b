"""Text files of rows: which delimiter, which encoding, and how much comes out of a compressed one."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from audit.bring.unreadable import Unreadable, in_words

GZIP = b"\x1f\x8b"
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAMPLE = 1 << 20
BLOCK = 16 << 20
"""Bytes of a text file read at a time."""
HARMLESS, RICHEST = 256 << 20, 300
"""Bytes that may always come out of a compressed file, and how many for each of its own beyond that."""
MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "#N/A"]
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Style:
    """How a text file is written."""

    delimiter: str
    encoding: str
    notes: tuple[str, ...]


class Unpacked(io.RawIOBase):
    """A compressed file unpacked as it is read; refuses what grows out of all proportion."""

    def __init__(self, path: Path) -> None:
        self.path, self.size, self.out = path, path.stat().st_size, 0
        self.file = gzip.open(path)  # noqa: SIM115 -- closed with this object

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = self.file.read(len(view))
        view[: len(data)] = data
        self.out += len(data)
        if self.out > HARMLESS and self.out > RICHEST * self.size:
            raise Unreadable(
                f"{self.path.name} has {self.size} bytes and unpacks to more than {self.out}; that is no table."
            )
        return len(data)

    def close(self) -> None:
        self.file.close()
        super().close()


def opened(path: Path) -> io.BufferedReader:
    """The bytes of a file, unpacked where it is gzipped."""
    file = path.open("rb")
    packed = file.peek(2).startswith(GZIP)
    if not packed:
        return file
    file.close()
    return io.BufferedReader(Unpacked(path), 1 << 20)


@lru_cache(maxsize=8)
def _head(path: Path, changed: int) -> bytes:
    with opened(path) as file:
        return file.read(SAMPLE)


def head(path: Path) -> bytes:
    """The first million bytes, unpacked."""
    return _head(path, path.stat().st_mtime_ns)


def is_json(path: Path) -> bool:
    return head(path).removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[")


def is_list(path: Path) -> bool:
    """Whether a JSON file is one list rather than a row in every line."""
    return head(path).removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"["


def style(path: Path) -> Style:
    """Delimiter and encoding of a text file. Raises ``Unreadable`` for a file of bytes."""
    sample = head(path)
    encoding = next((name for mark, name in MARKS.items() if sample.startswith(mark)), None)
    notes = []
    if encoding is None:
        if b"\0" in sample:
            raise Unreadable(
                f"{path.name} is no text, and no table that is known here (CSV, JSON lines, Parquet, Arrow)."
            )
        encoding = "utf-8" if _is_utf8(sample) else "cp1252"
        if encoding == "cp1252":
            notes.append("read as Windows-1252, for it is not UTF-8")
    first = next((one for one in sample.decode(encoding, "replace").lstrip("\ufeff").splitlines() if one.strip()), "")
    counts = {one: len(next(csv.reader([first], delimiter=one), [])) for one in DELIMITERS}
    delimiter = max(counts, key=lambda one: counts[one])
    if delimiter != "," and counts[delimiter] > 1:
        notes.append(f"columns are separated by {DELIMITERS[delimiter]}")
    return Style(delimiter if counts[delimiter] > 1 else ",", encoding, tuple(notes))


def columns(path: Path) -> list[str]:
    """Names in the first line."""
    with _reader(path, []) as reader:
        return [one.lstrip("\ufeff").strip() for one in reader.schema.names]


def batches(path: Path, wanted: list[str]) -> Iterator[pd.DataFrame]:
    """Frames of text, missing values missing."""
    names = columns(path)
    raw = [name for name in _raw_names(path)]
    chosen = [raw[names.index(one)] for one in wanted]
    with _reader(path, raw, chosen) as reader:
        for part in reader:
            if part.num_rows:
                yield part.to_pandas().set_axis(wanted, axis=1)


def _raw_names(path: Path) -> list[str]:
    with _reader(path, []) as reader:
        return list(reader.schema.names)


@contextmanager
def _reader(path: Path, names: list[str], chosen: list[str] | None = None) -> Iterator[pa.csv.CSVStreamingReader]:
    known = style(path)
    with opened(path) as file:
        try:
            reader = pa.csv.open_csv(
                file,
                read_options=pa.csv.ReadOptions(block_size=BLOCK, encoding=known.encoding, use_threads=False),
                parse_options=pa.csv.ParseOptions(delimiter=known.delimiter, newlines_in_values=True),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=chosen or [],
                    null_values=MISSING,
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as why:
            raise Unreadable(f"{path.name} cannot be read: {in_words(why)}.") from None
        with reader:
            yield reader


def _is_utf8(sample: bytes) -> bool:
    """Whether the sample is UTF-8, but for a letter that its end cuts."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True
