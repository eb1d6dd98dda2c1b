"""What can go wrong with a store, in one sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, NoSuchModuleError

REASONS = {
    "disk is full": "the disk is full; make room and try again",
    "no space left": "the disk is full; make room and try again",
    "could not extend file": "the disk is full; make room and try again",
    "disk i/o error": "the disk does not take what is written (full, or failing); look at the disk and try again",
    "readonly database": "it is read-only; choose a place you may write to",
    "read-only file system": "it is read-only; choose a place you may write to",
    "permission denied": "this user may not write there; choose a place you may write to",
    "unable to open database file": "its folder is read-only or no folder; choose a place you may write to",
    "database is locked": "another process has been writing to it for half a minute; try again",
    "not a database": "the file is not a SQLite database; name another store",
    "malformed": "the file is damaged; restore it from a copy",
    "connection refused": "no PostgreSQL answers there; start it or correct the address",
    "authentication failed": "PostgreSQL does not let us in; correct the user or password",
    "no pg_hba.conf entry": "PostgreSQL does not let us in from here; correct the address or its pg_hba.conf",
    "connection timeout": "no PostgreSQL answers there in time; start it or correct the address",
}
"""What databases and disks say, and what it means."""


class StoreError(Exception):
    """The store cannot be used, and is as it was; the message says why and what to do, in one sentence."""


class Conflict(ValueError):
    """Something else is already kept under this name; the message names what would be free."""


class Erased(LookupError):
    """What is asked for was erased; its digest and the ledger's entries stay."""


class Ambiguous(LookupError):
    """A short id that more than one thing has; the message lists them."""

    def __init__(self, text: str, candidates: list[str]) -> None:
        listed = ", ".join(candidates[:5]) + (" ..." if len(candidates) > 5 else "")
        super().__init__(f"{text!r} is the beginning of {len(candidates)} ids: {listed}. Type more of it.")


@contextmanager
def in_one_sentence(place: str) -> Iterator[None]:
    """Turn what a database or a disk says into a ``StoreError`` about the place."""
    try:
        yield
    except DBAPIError as why:
        raise StoreError(_sentence(place, str(why.orig))) from why
    except OSError as why:
        raise StoreError(_sentence(place, str(why))) from why
    except NoSuchModuleError:
        raise StoreError(f"{place} is of a kind this program does not know; use sqlite:/// or postgresql://.") from None
    except ModuleNotFoundError as why:
        raise StoreError(f"{place} needs the package {why.name}; pip install 'answerable[postgres]'.") from None


def _sentence(place: str, said: str) -> str:
    meaning = next((meaning for words, meaning in REASONS.items() if words in said.lower()), None)
    return f"{place} cannot be used: {meaning or said.strip().splitlines()[0]}."
