"""A file that cannot be read, said in one sentence."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa


class Unreadable(ValueError):
    """What was brought is not what it should be; the message says what is wrong and what would be right."""


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Whatever a reader says of a bad file becomes one sentence that names it."""
    try:
        yield
    except Unreadable:
        raise
    except UnicodeError:
        raise Unreadable(f"{path.name} holds bytes that are no text; save it as UTF-8.") from None
    except (pa.ArrowException, OSError, EOFError, zlib.error, ValueError, TypeError, OverflowError) as why:
        first = (str(why).strip().splitlines() or [type(why).__name__])[0][:200]
        raise Unreadable(f"{path.name} cannot be read: {first.rstrip('.')}.") from None
