"""How much memory a column file would take, told from its own description before anything of it is unpacked."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from audit.bring import text
from audit.bring.unreadable import Unreadable

LARGEST = 1 << 30
"""Bytes that a part of a file (a row group, a batch) may always unpack to."""
WIDEST = 16
"""Bytes of the widest number in a nested column, which stand for a text's place there too."""
LENGTH = struct.Struct("<q")
BUFFER = struct.Struct("<qq")


def check_parquet(path: Path, file: Any, columns: Sequence[str], rows: int) -> None:
    """Refuse a Parquet file whose wanted columns would unpack to far more than it holds.

    Of every row group counted are the bytes of its pages unpacked, the values of nested columns (a few bytes may stand
    for very many), and values of a fixed width for as many rows as are read at once.
    Raises ``Unreadable`` beyond 1 GiB where that is also more than 300 times the file.
    """
    wanted, metadata = set(columns), file.metadata
    for group in range(metadata.num_row_groups):
        about = metadata.row_group(group)
        chunks = [about.column(at) for at in range(about.num_columns)]
        told = [
            _of_chunk(chunk, metadata.schema.column(at), min(rows, about.num_rows))
            for at, chunk in enumerate(chunks)
            if chunk.path_in_schema.partition(".")[0] in wanted or chunk.path_in_schema in wanted
        ]
        refuse(path, sum(told))


def _of_chunk(chunk: Any, leaf: Any, rows: int) -> int:
    nested = leaf.max_repetition_level > 0 or "." in chunk.path_in_schema
    values = chunk.num_values * WIDEST if nested else 0
    wide = leaf.length * rows if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY" else 0
    return max(int(chunk.total_uncompressed_size), values, wide)


def refuse(path: Path, size: int) -> None:
    """Raise ``Unreadable`` for a part that unpacks to more than is in proportion."""
    if size > LARGEST and size > text.RICHEST * path.stat().st_size:
        raise Unreadable(
            f"{path.name} has {path.stat().st_size} bytes and a part of it unpacks to {size}; that is no table of predictions."
        )


def check_arrow(path: Path) -> None:
    """Refuse an Arrow file or stream of which a batch unpacks to far more than the file holds. Raises ``Unreadable``."""
    with pa.memory_map(str(path)) as source:
        if source.read(6) != b"ARROW1":
            source.seek(0)
        else:
            source.seek(8)
        reader = pa.ipc.MessageReader.open_stream(source)
        while (message := _next(reader)) is not None:
            if message.type in ("record batch", "dictionary"):
                refuse(path, _size(path, memoryview(message.metadata), memoryview(message.body)))


def _next(reader: Any) -> Any:
    """The next message; ``None`` at the end, or where what follows is none (the footer of a file)."""
    try:
        return reader.read_next_message()
    except (StopIteration, EOFError, pa.ArrowInvalid, OSError):
        return None


def _size(path: Path, metadata: memoryview, body: memoryview) -> int:
    try:
        return sum(_unpacked(metadata, body))
    except (struct.error, IndexError):
        raise Unreadable(f"{path.name} cannot be read: it names more bytes than it holds.") from None


def _unpacked(metadata: memoryview, body: memoryview) -> Iterator[int]:
    """Bytes of every buffer of a batch when it is unpacked: compressed ones begin with that number."""
    batch = _field(metadata, _root(metadata), 2)
    if batch is None:
        return
    table = _follow(metadata, batch)
    if (inner := _field(metadata, _root(metadata), 1)) is not None and metadata[inner] == 2:
        table = _follow(metadata, _field(metadata, table, 1) or 0)
    compressed = _field(metadata, table, 3) is not None
    buffers = _field(metadata, table, 2)
    if buffers is None:
        return
    start = _follow(metadata, buffers)
    for at in range(_uint(metadata, start)):
        offset, length = BUFFER.unpack_from(metadata, start + 4 + BUFFER.size * at)
        if compressed and length >= LENGTH.size:
            yield max(LENGTH.unpack_from(body, offset)[0], length)
        else:
            yield length


def _uint(data: memoryview, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _root(data: memoryview) -> int:
    return _uint(data, 0)


def _follow(data: memoryview, at: int) -> int:
    return at + _uint(data, at)


def _field(data: memoryview, table: int, number: int) -> int | None:
    """Where a field of a FlatBuffers table lies; ``None`` where it is left out."""
    places = table - int.from_bytes(data[table : table + 4], "little", signed=True)
    if 4 + 2 * number >= int.from_bytes(data[places : places + 2], "little"):
        return None
    at = int.from_bytes(data[places + 4 + 2 * number : places + 6 + 2 * number], "little")
    return table + at if at else None
