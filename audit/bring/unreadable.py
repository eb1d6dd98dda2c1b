"""A file that cannot be read, said in one sentence."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

RAGGED = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)")


class Unreadable(ValueError):
    """What was brought is not what it should be; the message says what is wrong and what would be right."""


ARROW = (pa.ArrowException, zlib.error)


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Whatever a reader says of a bad file becomes one sentence that names it."""
    try:
        yield
    except Unreadable:
        raise
    except UnicodeError:
        raise Unreadable(f"{path.name} holds bytes that are no text; save it as UTF-8.") from None
    except MemoryError:
        raise Unreadable(f"{path.name} claims more than fits into the memory of this machine.") from None
    except (
        *ARROW,
        csv.Error,
        EOFError,
        LookupError,
        OSError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ) as why:
        raise Unreadable(f"{path.name} cannot be read: {in_words(why)}.") from None


def in_words(why: BaseException) -> str:
    """The first line of what a library says, without the row that it quotes."""
    if found := RAGGED.search(str(why)):
        row, named, given = found.groups()
        place = f"row {row}" if row else "a row"
        return (
            f"{place} has {given} values and the first line names {named} columns; quote values that hold the delimiter"
        )
    return (str(why).strip().splitlines() or [type(why).__name__])[0][:200].strip().rstrip(".")
