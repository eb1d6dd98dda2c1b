"""What people say and file for a requirement: attestations, documents, and the evidence that was bound to it."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from audit.measure import definitions
from models.record import Record
from models.task import UnknownName


class Attestation(Record):
    """A named person states that something is so, of one model version, until a date. The ledger says how they were known."""

    schema_version: Literal[1] = 1
    framework: str
    requirement: str
    pack: str
    """Digest of the framework as it was read when the statement was made."""
    model: str
    """Digest of the model version it is about."""
    person: str = Field(min_length=1)
    statement: str = Field(min_length=10)
    evidence: tuple[str, ...] = ()
    """Digests and report keys that the person relied on."""
    dated: date
    expires: date | None = None

    @model_validator(mode="after")
    def _expires_later(self) -> Self:
        if self.expires is not None and self.expires < self.dated:
            raise ValueError(
                f"The attestation of {self.requirement} is dated {self.dated} and expires {self.expires}, before it was "
                "made; give a later date, or none."
            )
        return self


class DocumentFact(Record):
    """A document that was filed: which one, by whom, and about what."""

    schema_version: Literal[1] = 1
    kind: str
    """``model_card``, ``datasheet``, ``annex_iv`` ..., or the id of the one requirement it was written for."""
    digest: str
    dated: date
    author: str = Field(min_length=1)
    model: str | None = None
    """Digest of the model version it is about; ``None`` where it is about no version: a procedure, a data set."""
    expires: date | None = None


class Binding(Record):
    """What was current when a report was taken as evidence for a framework."""

    schema_version: Literal[1] = 1
    framework: str
    pack: str
    """Digest of the framework at that time."""
    report: str
    """Report key."""
    model: str
    split: str
    policy: str | None = None
    dated: date
    expires: date | None = None


class Found(Record):
    """What no check computes from data: that something is so, is not, or is unknown with the reason."""

    measure: str
    """A name of kind ``state`` or ``exhibit`` in ``measures.yaml``; a number comes from a report only."""
    holds: bool | None
    """Whether it is so; for an exhibit whether it is there."""
    reason: str
    digest: str = ""
    """What it rests on."""

    @model_validator(mode="after")
    def _is_known_and_grounded(self) -> Self:
        if self.measure not in definitions():
            raise UnknownName("measure", self.measure, sorted(definitions()))
        if definitions()[self.measure].kind == "measure":
            raise ValueError(f"{self.measure} is a number; it comes from a report, not from a statement.")
        if self.holds and not self.digest:
            raise ValueError(f"{self.measure} is said to be so and rests on nothing; give the digest of what shows it.")
        if not self.holds and not self.reason:
            raise ValueError(f"{self.measure} is not so, or not known, without a reason; say why.")
        return self
