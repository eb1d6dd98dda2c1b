"""From what people type to what they mean: names, and ids cut short as git allows it."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select

from models.task import UnknownName
from storage.documents import key
from storage.errors import Ambiguous
from storage.schema import Act, Blob, Job, Judgement, Measure, ModelVersion, Policy, Report, Split, Table, Verdict

Kind = Literal["model", "split", "policy", "blob", "report", "measure", "verdict", "judgement", "act", "job"]
BY_PREFIX: dict[str, tuple[Kind, type[Table]]] = {
    "r": ("report", Report),
    "m": ("measure", Measure),
    "v": ("verdict", Verdict),
    "g": ("judgement", Judgement),
    "a": ("act", Act),
    "j": ("job", Job),
}
BY_DIGEST: dict[Kind, type[Table]] = {"model": ModelVersion, "split": Split, "policy": Policy, "blob": Blob}
ID = re.compile(r"([rmvgaj])-[a-z2-7]+")
LONGEST = 18
"""Digits of a version that fit into a column."""
DIGEST = re.compile(r"[0-9a-f]{4,64}")


class Found(NamedTuple):
    """What an id stands for, and the id in full."""

    kind: Kind
    id: str


def anything(connection: Connection, text: str) -> Found:
    """What a name, an id, a digest or the beginning of one stands for. Raises ``UnknownName`` or ``Ambiguous``."""
    asked = text.strip().lower()
    if named := ID.fullmatch(asked):
        kind, _ = BY_PREFIX[named[1]]
        return Found(kind, prefixed(connection, kind, asked))
    if titled := _by_title(connection, text.strip()):
        return Found("model", titled)
    found = _by_digest(connection, asked)
    if len(found) > 1:
        raise Ambiguous(text, [f"{one.kind} {one.id[:16]}" for one in found])
    if not found:
        raise UnknownName("id or model", text, _titles(connection))
    return found[0]


def prefixed(connection: Connection, kind: Kind, text: str) -> str:
    """The one id of this kind that begins with the text. Raises ``UnknownName`` or ``Ambiguous``."""
    asked = text.strip().lower()
    table = next(table for named, table in BY_PREFIX.values() if named == kind)
    named = ID.fullmatch(asked)
    found = _beginning(connection, table, asked) if named and BY_PREFIX[named[1]][0] == kind else []
    if len(found) > 1:
        raise Ambiguous(text, found)
    if not found:
        raise UnknownName(kind, text, _newest(connection, table))
    return found[0]


def model(connection: Connection, text: str) -> str:
    """The digest of ``name@version``, of the newest version of ``name``, or of the one beginning with ``text``."""
    if titled := _by_title(connection, text.strip()):
        return titled
    asked = text.strip().lower()
    found = _beginning(connection, ModelVersion, asked) if DIGEST.fullmatch(asked) else []
    if len(found) > 1:
        raise Ambiguous(text, found)
    if not found:
        raise UnknownName("model", text, _titles(connection))
    return found[0]


def _by_title(connection: Connection, text: str) -> str | None:
    if not _can_be_stored(text):
        return None
    name, at, version = text.partition("@")
    query = select(ModelVersion.digest).where(ModelVersion.name == name)
    if at:
        if not version.isdecimal() or len(version) > LONGEST:
            return None
        query = query.where(ModelVersion.version == int(version))
    return connection.execute(query.order_by(ModelVersion.version.desc()).limit(1)).scalar()


def _can_be_stored(text: str) -> bool:
    """Whether a database takes the text at all: no zero byte, and nothing that UTF-8 cannot say."""
    try:
        return "\0" not in text and bool(text.encode())
    except UnicodeEncodeError:
        return False


def _by_digest(connection: Connection, asked: str) -> list[Found]:
    if not DIGEST.fullmatch(asked):
        return []
    return [Found(kind, one) for kind, table in BY_DIGEST.items() for one in _beginning(connection, table, asked)]


def _beginning(connection: Connection, table: type[Table], asked: str) -> list[str]:
    """Ids from the text to the text and z's: a range, which an index answers and every collation orders alike."""
    column = Verdict.id if table is Verdict else key(table)
    query = select(column).where(column.between(asked, asked.ljust(64, "z"))).distinct().order_by(column).limit(6)
    return list(connection.execute(query).scalars())


def _newest(connection: Connection, table: type[Table]) -> list[str]:
    """A few ids to offer, where the table has a time."""
    created = getattr(table, "created", None)
    if created is None:
        return []
    return list(connection.execute(select(key(table)).order_by(created.desc()).limit(5)).scalars())


def _titles(connection: Connection) -> list[str]:
    query = select(ModelVersion.name, ModelVersion.version).order_by(ModelVersion.name, ModelVersion.version).limit(200)
    return [f"{name}@{version}" for name, version in connection.execute(query)]
