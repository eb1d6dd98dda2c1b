"""What a framework holds beside its requirements: sections, risk tiers, definitions, rules, published tables, field maps."""

from __future__ import annotations

from datetime import date
from typing import Literal

from models.record import Record

Kind = Literal["measurable", "document", "attestation"]


class Section(Record):
    """A heading under which requirements stand: a category, a clause, a group of controls."""

    id: str
    title: str
    kind: Kind | None = None
    verified: bool = False


class Tier(Record):
    """A risk tier of the EU AI Act."""

    id: str
    ref: str
    """The article that makes it."""
    applies_from: date
    verified: bool = False


class Area(Record):
    """One point of Annex III and the uses it lists."""

    point: str
    area: str
    uses: tuple[str, ...]
    verified: bool = False


class Exemption(Record):
    """When a system in an area of Annex III is not high-risk: Art. 6(3)."""

    conditions: tuple[str, ...]
    never_if: str
    duty: str
    verified: bool = False


class Penalty(Record):
    """The largest fine for a breach: Art. 99."""

    breach: str
    max_eur: int
    max_turnover_pct: float


class Meaning(Record):
    """A term as the framework defines it."""

    name: str
    meaning: str
    formula: str = ""
    verified: bool = False


class Categories(Record):
    """The groups of people that a bias audit counts."""

    sex: tuple[str, ...]
    race_ethnicity: tuple[str, ...]
    intersectional: str
    unknown: str
    source: str
    verified: bool = False


class PublishedRow(Record):
    """One row of a published table."""

    group: str
    n: int
    rate: float
    published_ratio: float | None


class PublishedTable(Record):
    """A published table and what its own arithmetic says."""

    name: str
    rows: tuple[PublishedRow, ...]
    expected: str


class FieldMap(Record):
    """The fields of another format that a section of the document goes to."""

    format: str
    fields: tuple[str, ...]
