"""What laws and standards ask, as dated data: one pack, one file of ``frameworks/``, read by a closed schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from audit.appendix import Area, Categories, Exemption, FieldMap, Meaning, Penalty, PublishedTable, Section, Tier
from audit.measure import definitions
from audit.requirement import Cited, Needed, Requirement, Threshold
from audit.strict_yaml import load
from models.record import Record
from models.task import UnknownName

FOLDER = Path(__file__).parent / "frameworks"
FRESH = timedelta(days=365)
"""For how long what a pack says of a law is taken to be current."""


class Source(Record):
    """Where what a pack says was read, and how good that source is."""

    id: str
    what: str
    where: str = ""
    opened: bool
    grade: str
    note: str = ""


class TimelineEntry(Record):
    """A date from which something applies."""

    date: date
    what: str
    check: str
    """How the date is known."""


class Head(Record):
    """Which law or standard, in which version, and where it holds."""

    id: str
    name: str
    version: str
    jurisdiction: str
    timeline: tuple[TimelineEntry, ...] = ()


class Kinds(Record):
    """What the three kinds of requirement mean."""

    measurable: str
    document: str
    attestation: str


class Framework(Record):
    """One law or standard: what it asks, as of a date, and where that was read."""

    schema_version: Literal[1] = 1
    as_of: date
    framework: Head
    status: str = ""
    disclaimer: str
    verified_means: str = ""
    kinds: Kinds
    sources: tuple[Source, ...] = Field(min_length=1)
    notes: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    clauses: tuple[Section, ...] = ()
    groups: tuple[Section, ...] = ()
    categories: tuple[Section, ...] | Categories = ()
    tiers: tuple[Tier, ...] = ()
    annex_iii: tuple[Area, ...] = ()
    article_6_3_exemption: Exemption | None = None
    penalties_art_99: tuple[Penalty, ...] = ()
    definitions: tuple[Meaning, ...] = ()
    test_vectors: tuple[PublishedTable, ...] = ()
    test_vector_source: str = ""
    lint_rules: tuple[str, ...] = ()
    field_maps: tuple[FieldMap, ...] = ()

    @field_validator("sources", mode="before")
    @classmethod
    def _sources_by_id(cls, given: Any) -> Any:
        return _named(given, "id")

    @field_validator("definitions", mode="before")
    @classmethod
    def _terms_by_name(cls, given: Any) -> Any:
        return _named(given, "name")

    @field_validator("field_maps", mode="before")
    @classmethod
    def _fields_by_format(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return tuple({"format": name, "fields": fields} for name, fields in given.items() if name != "verified")

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for problem in _problems(self):
            raise ValueError(problem)
        return self

    @property
    def id(self) -> str:
        return self.framework.id

    @property
    def name(self) -> str:
        return self.framework.name

    @cached_property
    def digest(self) -> str:
        """The pack digest: SHA-256 of the canonical record."""
        return self.sha256()

    def requirement(self, id: str) -> Requirement:
        """The requirement of that id; raises ``UnknownName`` with the nearest one."""
        found = next((one for one in self.requirements if one.id == id), None)
        if found is None:
            raise UnknownName(f"requirement of {self.id}", id, [one.id for one in self.requirements])
        return found

    def source(self, requirement: Requirement) -> Source:
        """Where the requirement was read."""
        return next(one for one in self.sources if one.id == requirement.source.id)

    def outdated(self, today: date) -> str:
        """The sentence to show where the pack is older than a year; empty where it is not."""
        age = today - self.as_of
        if age <= FRESH:
            return ""
        return (
            f"{self.name} is shown as it was on {self.as_of}, {age.days} days ago: laws change, so check it against "
            "the current text before you rely on it."
        )


def _named(given: Any, key: str) -> Any:
    """A mapping of names as a tuple of records that say their name."""
    if not isinstance(given, dict):
        return given
    return tuple({key: name, **fields} if isinstance(fields, dict) else fields for name, fields in given.items())


def _problems(pack: Framework) -> Iterator[str]:
    """What no field alone can see."""
    if not pack.requirements and not pack.tiers:
        yield "the pack asks nothing: give requirements or tiers"
    seen: set[str] = set()
    sources = [one.id for one in pack.sources]
    for one in pack.requirements:
        if one.id in seen:
            yield f"requirement {one.id} is there twice; give each its own id"
        seen.add(one.id)
        if one.source.id not in sources:
            yield f"requirement {one.id}: {UnknownName('source', one.source.id, sources)}"
        for needed in one.measurements:
            if needed.measure not in definitions():
                yield f"requirement {one.id}: {UnknownName('measure', needed.measure, sorted(definitions()))}"


def names() -> list[str]:
    """Names of the packs that are shipped."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def read(name: str) -> Framework:
    """A shipped pack by name or a file by path; raises ``UnknownName``, or ``ValueError`` naming the bad place."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if not path.exists():
        raise UnknownName("framework", name, names())
    return parse(path.read_text(), path.name)


def parse(text: str, name: str) -> Framework:
    """A pack from its text; ``name`` is what errors call it."""
    try:
        given = load(text)
        return Framework.model_validate(given)
    except ValidationError as why:
        raise ValueError(f"Framework {name} cannot be read: {_first(why, given)}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as why:
        raise ValueError(f"Framework {name} cannot be read: {' '.join(str(why).split())}") from None


def _first(why: ValidationError, given: Any) -> str:
    """The first error in one sentence, with the id of the requirement it is in."""
    error = why.errors()[0]
    place = [str(one) for one in error["loc"]]
    if len(place) > 1 and place[0] == "requirements" and place[1].isdigit():
        listed = given["requirements"][int(place[1])]
        place[:2] = [f"requirement {listed.get('id', place[1])}" if isinstance(listed, dict) else " ".join(place[:2])]
    told = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        told = f"there is no such key; known: {', '.join(_keys(place[:-1]))}. Correct the key or take it away"
    return f"{': '.join(filter(None, ('.'.join(place), told)))}".rstrip(".") + "."


def _keys(place: list[str]) -> list[str]:
    model: type[Record] = Requirement if place and place[0].startswith("requirement") else Framework
    inner: dict[str, type[Record]] = {"source": Cited, "threshold": Threshold, "measurements": Needed}
    found = next((inner[one] for one in place if one in inner), model)
    return sorted((Head if place == ["framework"] else found).model_fields)


def crosswalk() -> dict[str, tuple[str, ...]]:
    """Each measure with the ids of the requirements it can be evidence for, over all packs."""
    found: dict[str, dict[str, None]] = {}
    for pack in map(read, names()):
        for one in pack.requirements:
            for needed in one.measurements:
                found.setdefault(needed.measure, {})[one.id] = None
    return {name: tuple(found[name]) for name in sorted(found)}
