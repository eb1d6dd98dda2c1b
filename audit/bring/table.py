"""Tables as people have them: CSV, TSV, Parquet, Arrow, JSON lines, gzipped, in shards, or from standard input."""

from __future__ import annotations

import atexit
import io
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal, cast

import pandas as pd
import pyarrow as pa

from audit.bring import text, unpacked
from audit.bring.columns import shown
from audit.bring.unreadable import Unreadable, refusing
from models.task import UnknownName

Format = Literal["csv", "parquet", "arrow", "json lines"]
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".arrow", ".feather", ".ipc", ".jsonl", ".ndjson", ".json")
MAGIC: dict[bytes, Format] = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\xff\xff\xff\xff": "arrow"}
ROWS = 250_000
"""Rows read at a time."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LARGEST = 1 << 30
"""Bytes of text that a batch of a Parquet file may always hold."""
RICHEST = 2_000
"""Rows for every byte beyond which a Parquet file is taken for a bomb."""


@dataclass(frozen=True)
class Table:
    """One table, in one file or several."""

    name: str
    """File name without folders and suffix."""
    paths: tuple[Path, ...]
    format: Format
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What was taken for granted in reading it."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Frames of at most some 250,000 rows with the given columns (all where left out).

        The index of each says which rows of the table it holds, from 0, over all shards.
        Values of text formats are text; a missing one is missing. Raises ``UnknownName`` for a column that does not
        exist, and ``Unreadable`` in one sentence for a file that breaks off.
        """
        wanted = list(self.columns if columns is None else dict.fromkeys(columns))
        absent = next((one for one in wanted if one not in self.columns), None)
        if absent is not None:
            raise UnknownName("column", absent, list(self.columns))
        rows = 0
        for path in self.paths:
            with refusing(path):
                for part in READERS[self.format](path, wanted):
                    yield part.set_axis(pd.RangeIndex(rows, rows + len(part)))
                    rows += len(part)

    def frame(self, columns: Sequence[str] | None = None, most: int | None = None) -> pd.DataFrame:
        """The rows as one frame; with ``most`` reading stops when there are more."""
        parts, rows = [], 0
        for part in self.batches(columns):
            parts.append(part)
            rows += len(part)
            if most is not None and rows > most:
                break
        if not parts:
            return pd.DataFrame({one: pd.Series(dtype=object) for one in columns or self.columns})
        return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def open_table(where: str | Path) -> Table:
    """The table in a file, in a folder of shards, or on standard input (``-``).

    Raises ``FileNotFoundError``, or ``Unreadable`` in one sentence for what is no table.
    """
    if str(where) == "-":
        return _opened(_standard_input(), "standard input")
    path = Path(where)
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {path}.")
    if path.is_dir():
        return _shards(path)
    return _opened(path, path.name.removesuffix(".gz").rpartition(".")[0] or path.name)


def _standard_input() -> Path:
    with tempfile.NamedTemporaryFile(delete=False, prefix="standard-input-") as kept:
        atexit.register(Path(kept.name).unlink, missing_ok=True)
        for part in iter(lambda: sys.stdin.buffer.read(1 << 20), b""):
            kept.write(part)
    return Path(kept.name)


def _shards(folder: Path) -> Table:
    found = sorted(one for one in folder.iterdir() if one.name.removesuffix(".gz").lower().endswith(SUFFIXES))
    inside = folder.resolve()
    for path in found:
        if not _place(path).is_relative_to(inside):
            raise Unreadable(f"{path.name} in {folder.name} points outside that folder; put the file itself there.")
    if not found:
        raise Unreadable(f"The folder {folder} holds no table. Known endings: {', '.join(SUFFIXES)}, also with .gz.")
    first, *rest = (_opened(one, folder.name) for one in found)
    for one in rest:
        if one.format != first.format or set(one.columns) != set(first.columns):
            raise Unreadable(
                f"{one.paths[0].name} is {one.format} with {len(one.columns)} columns and {first.paths[0].name} is "
                f"{first.format} with {len(first.columns)}: shards of one table have the same columns."
            )
    return replace(first, paths=tuple(found))


def _place(path: Path) -> Path:
    """Where a path leads. Raises ``Unreadable`` for a link that leads to itself."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise Unreadable(f"{path.name} in {path.parent.name} is a link that leads nowhere.") from None


def _opened(path: Path, name: str) -> Table:
    with refusing(path):
        if not path.is_file():
            raise Unreadable(f"{path} is neither a file nor a folder.")
        with path.open("rb") as file:
            head = file.read(8)
        if not head:
            raise Unreadable(f"{path.name} is empty.")
        kind = next((found for magic, found in MAGIC.items() if head.startswith(magic)), None)
        if kind is None and head.startswith(b"PK"):
            raise Unreadable(f"{path.name} is a zip archive (or a spreadsheet); unpack it, or save the sheet as CSV.")
        notes: tuple[str, ...] = ()
        if kind is None:
            kind = "json lines" if text.is_json(path) else "csv"
            notes = text.style(path).notes if kind == "csv" else ()
        columns = COLUMNS[kind](path)
    odd = next((one for one in columns if CONTROL.search(one)), None)
    if odd is not None:
        raise Unreadable(
            f"{path.name} has a column {shown(odd)}; names of columns hold no line breaks or control characters."
        )
    repeated = next((one for one, times in Counter(columns).items() if times > 1), None)
    if repeated is not None:
        raise Unreadable(f"{path.name} has two columns {repeated!r}; give every column a name of its own.")
    if not columns:
        raise Unreadable(f"{path.name} has no columns.")
    return Table(name or path.name, (path,), kind, tuple(columns), notes)


def _parquet(path: Path) -> Any:
    from pyarrow.parquet import ParquetFile

    file = ParquetFile(path)
    rows, size = file.metadata.num_rows, path.stat().st_size
    if rows > RICHEST * size:
        raise Unreadable(f"{path.name} claims {rows} rows in {size} bytes; that is no table of predictions.")
    leaves = (file.schema.column(at) for at in range(len(file.schema)))
    texts = [one.path for one in leaves if one.physical_type == "BYTE_ARRAY" and one.logical_type.type != "DECIMAL"]
    return ParquetFile(path, read_dictionary=texts)


def _checked(part: pa.RecordBatch, path: Path) -> pa.RecordBatch:
    """The batch; refuses one whose texts, a few long ones many times over, would not fit into memory."""
    part.validate(full=True)
    told = sum(map(_letters, part.columns))
    if told > LARGEST and told > text.RICHEST * path.stat().st_size:
        raise Unreadable(f"{path.name} unpacks to {told} bytes of text; that is no table of predictions.")
    return pa.RecordBatch.from_arrays([one.cast(_plain(one.type)) for one in part.columns], names=part.schema.names)


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type with texts themselves instead of positions in distinct ones, at any depth."""
    if _is_text(kind):
        return pa.large_string() if _is_words(kind.value_type) else pa.large_binary()
    if pa.types.is_struct(kind):
        return pa.struct([one.with_type(_plain(one.type)) for one in kind])
    if pa.types.is_map(kind):
        return pa.map_(_plain(kind.key_type), kind.item_field.with_type(_plain(kind.item_type)))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)))
    return kind


def _letters(column: pa.Array) -> int:
    """Bytes of the texts, at any depth, of a column that keeps them as positions in its distinct values."""
    import pyarrow.compute as compute

    if pa.types.is_struct(column.type):
        return sum(map(_letters, column.flatten()))
    if pa.types.is_map(column.type):
        return _letters(column.keys) + _letters(column.items)
    if pa.types.is_list(column.type):
        return _letters(column.flatten())
    if not _is_text(column.type):
        return 0
    return int(compute.sum(compute.binary_length(column.dictionary).cast(pa.int64()).take(column.indices)).as_py() or 0)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_dictionary(kind) and (
        _is_words(kind.value_type) or pa.types.is_binary(kind.value_type) or pa.types.is_large_binary(kind.value_type)
    )


def _is_words(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _parquet_columns(path: Path) -> list[str]:
    return list(_parquet(path).schema_arrow.names)


def _parquet_batches(path: Path, columns: list[str]) -> Iterator[pd.DataFrame]:
    file = _parquet(path)
    unpacked.check_parquet(path, file, columns, ROWS)
    for part in file.iter_batches(ROWS, columns=columns):
        if part.num_rows:
            yield _checked(part, path).to_pandas()[columns]


def _arrow(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(path)) as source:
        try:
            file = pa.ipc.open_file(source)
        except pa.ArrowInvalid:
            yield from pa.ipc.open_stream(source)
            return
        for at in range(file.num_record_batches):
            yield file.get_batch(at)


def _arrow_columns(path: Path) -> list[str]:
    with pa.memory_map(str(path)) as source:
        try:
            return list(pa.ipc.open_file(source).schema.names)
        except pa.ArrowInvalid:
            return list(pa.ipc.open_stream(source).schema.names)


def _arrow_batches(path: Path, columns: list[str]) -> Iterator[pd.DataFrame]:
    unpacked.check_arrow(path)
    for part in _arrow(path):
        part.validate(full=True)
        for start in range(0, part.num_rows, ROWS):
            chosen = part.slice(start, ROWS).select(columns)
            yield chosen.replace_schema_metadata(None).to_pandas()


def _json_columns(path: Path) -> list[str]:
    found: dict[str, None] = {}
    for part in _json(path):
        found.update(dict.fromkeys(map(str, part.columns)))
        break
    return list(found)


def _json_batches(path: Path, columns: list[str]) -> Iterator[pd.DataFrame]:
    known: set[str] = set()
    rows = 0
    for part in _json(path):
        part = part.rename(columns=str)
        known = known or set(part.columns)
        late = next((one for one in part.columns if one not in known), None)
        if late is not None:
            raise Unreadable(
                f"{path.name} names the column {shown(late)} for the first time after {rows} rows; name it in the first of "
                "them too, with null where it is empty."
            )
        rows += len(part)
        yield part.reindex(columns=columns)


def _json(path: Path) -> Iterator[pd.DataFrame]:
    with text.opened(path) as file:
        lines = cast(IO[str], io.TextIOWrapper(file, encoding="utf-8-sig"))
        if text.is_list(path):
            yield pd.read_json(lines, dtype=False, precise_float=True, orient="records")
            return
        yield from pd.read_json(lines, lines=True, chunksize=ROWS, dtype=False, precise_float=True)  # type: ignore[call-overload]


COLUMNS = {
    "csv": text.columns, "parquet": _parquet_columns, "arrow": _arrow_columns, "json lines": _json_columns,
}  # fmt: skip
READERS = {
    "csv": text.batches, "parquet": _parquet_batches, "arrow": _arrow_batches, "json lines": _json_batches,
}  # fmt: skip
