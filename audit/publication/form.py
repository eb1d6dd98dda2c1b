"""A published bias audit as a file: what is printed, digit by digit."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from audit.publication import printed
from audit.publication.printed import Printed
from models.record import Record

LARGEST = 500_000
"""Bytes. A published audit is a few pages."""
MOST = 500
"""Categories of a table."""
LISTED = ("table", "kind", "outcome", "group", "n", "rate", "published_ratio", "excluded", "benchmark", "justification")
"""Columns of a CSV file."""
WRONG = {
    "extra_forbidden": "there is no such field", "missing": "it is missing", "too_short": "it is empty",
    "too_long": f"a table has at most {MOST} categories",
    "string_type": "it is blank", "model_type": "it is no mapping of fields", "tuple_type": "it is no list",
}  # fmt: skip
"""In our words, what a record says of a field."""

Rate = Annotated[Printed | None, BeforeValidator(printed.rate)]
Ratio = Annotated[Printed | None, BeforeValidator(printed.ratio)]
Number = Annotated[int | None, BeforeValidator(printed.count)]
Day = Annotated[date | None, BeforeValidator(printed.day)]
Flag = Annotated[bool | None, BeforeValidator(printed.flag)]
Words = Annotated[str, BeforeValidator(lambda given: printed.words(given) or "")]


def _first_twice(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    return next((name for name in names if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]


class Row(Record):
    """One category of a table."""

    group: Annotated[str, BeforeValidator(printed.words)] = Field(min_length=1)
    n: Number = None
    rate: Rate = None
    published_ratio: Ratio = None
    excluded: Flag = None
    """Whether it is left out of the ratios; not said, a category without a ratio is."""
    benchmark: Flag = None
    """Whether the audit states that the others are divided by this one."""
    justification: Words = ""

    @property
    def left_out(self) -> bool:
        return bool(self.excluded) if self.excluded is not None else self.published_ratio is None and not self.benchmark

    @property
    def unknown(self) -> bool:
        return "unknown" in self.group.casefold()


class Table(Record):
    """One table as it is printed."""

    table: Literal["sex", "race", "intersection"]
    kind: Literal["selection", "scoring"] = "selection"
    outcome: Words = ""
    """The class, where the tool sorts people into several."""
    justification: Words = ""
    """Why small categories are left out, where it is said once for all."""
    rows: tuple[Row, ...] = Field(min_length=1, max_length=MOST)

    @model_validator(mode="after")
    def _names_nobody_twice(self) -> Self:
        twice = _first_twice(row.group for row in self.rows)
        if twice:
            raise ValueError(f"category {twice!r} stands in it twice")
        if sum(bool(row.benchmark) for row in self.rows) > 1:
            raise ValueError("two categories are stated as the benchmark; there is one")
        return self

    @property
    def title(self) -> str:
        """``race``; with what it counts where that is not selection."""
        more = ", ".join(filter(None, ("scoring" if self.kind == "scoring" else "", self.outcome)))
        return f"{self.table} ({more})" if more else self.table


class Unknown(Record):
    """People whose category is not recorded."""

    sex: Number = None
    race: Number = None
    union: Number = None
    """Of unknown sex, or race, or both."""


class Publication(Record):
    """A published audit: what Local Law 144 wants published, as far as it is."""

    audit_date: Day = None
    distribution_date: Day = None
    """When the tool was first used."""
    data_source: Words = ""
    """Where the data come from, in the audit's words."""
    unknown: Unknown = Unknown()
    tables: tuple[Table, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_each_table_once(self) -> Self:
        twice = _first_twice(table.title for table in self.tables)
        if twice:
            raise ValueError(f"the table of {twice} stands in it twice; name the outcome of each")
        return self


def read(path: Path) -> Publication:
    """The audit in a YAML, JSON or CSV file; raises ``ValueError`` that says in one sentence why there is none."""
    try:
        return Publication.model_validate(_content(path))
    except ValidationError as why:
        raise ValueError(f"{path.name} cannot be read as an audit: {_sentence(why)}.") from None
    except (yaml.YAMLError, json.JSONDecodeError, csv.Error, _Malformed, RecursionError) as why:
        told = "it is nested too deeply" if isinstance(why, RecursionError) else " ".join(str(why).split())
        raise ValueError(f"{path.name} cannot be read: {told}.") from None


def _content(path: Path) -> Any:
    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    size = path.stat().st_size
    if size > LARGEST:
        raise ValueError(f"{path.name} has {size / 1e6:,.1f} MB; a published audit has at most {LARGEST / 1e6:g} MB.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is no text in UTF-8.") from None
    if not text.strip():
        raise ValueError(f"{path.name} is empty.")
    readers = {".yaml": _yaml, ".yml": _yaml, ".json": _json, ".csv": _csv}
    if path.suffix.lower() not in readers:
        raise ValueError(f"{path.name} is of a kind that is not read; give a .yaml, .json or .csv file.")
    return readers[path.suffix.lower()](text)


class _Malformed(ValueError):
    """What a reader of this kind of file does not take; the message is the end of a sentence."""


class _AsPrinted(yaml.BaseLoader):
    """Keeps numbers as they are written, and takes no reference, which could unfold without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _Malformed("it holds a reference (*), which an audit does not need")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        return _once([(str(key.value), self.construct_object(value, deep=deep)) for key, value in node.value])


def _once(pairs: list[tuple[str, Any]]) -> dict[Any, Any]:
    """A mapping in which nothing stands twice: the second would silently replace the first."""
    found: dict[Any, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Malformed(f"the field {name!r} stands twice in one place")
        found[name] = value
    return found


def _yaml(text: str) -> Any:
    return yaml.load(text, Loader=_AsPrinted)


def _json(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_once)


def _csv(text: str) -> dict[str, Any]:
    """Lines that begin with # hold what is said of the whole audit, as YAML; the others are rows of the tables."""
    lines = text.splitlines()
    head = _yaml("\n".join(line.lstrip("#").removeprefix(" ") for line in lines if line.startswith("#"))) or {}
    rows = csv.DictReader(StringIO("\n".join(line for line in lines if not line.startswith("#"))), strict=True)
    strange = sorted({*(rows.fieldnames or ())} - {*LISTED})
    if strange or "table" not in (rows.fieldnames or ()):
        raise _Malformed(f"its columns are {list(rows.fieldnames or ())}; known are {', '.join(LISTED)}")
    if not isinstance(head, dict):
        raise _Malformed("the lines that begin with # are no fields such as audit_date: 2024-03-01")
    tables: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        if None in row:
            raise _Malformed(f"row {rows.line_num - 1} has more cells than there are columns")
        about = {name: printed.words(row.pop(name, None)) or "" for name in LISTED[:3]}
        said = {name: text for name, text in about.items() if text}
        tables.setdefault(tuple(about.values()), {**said, "rows": []})["rows"].append(row)
    return {**head, "tables": list(tables.values())}


def _sentence(why: ValidationError) -> str:
    """The first of what is wrong, and where: ``table 1, row 2, rate: 79.8 is above 1``."""
    first = why.errors()[0]
    place, names = [], [*first["loc"]]
    while names:
        part = str(names.pop(0))
        name = part if part.isidentifier() else repr(part)
        place.append(
            f"{name.removesuffix('s')} {int(names.pop(0)) + 1}" if names and isinstance(names[0], int) else name
        )
    said = WRONG.get(first["type"]) or first["msg"].removeprefix("Value error, ").replace(
        "Input should be", "it should be"
    ).rstrip(".")
    return ": ".join(filter(None, (", ".join(place), said)))
