"""A document that people wrote, as Markdown; its digest is its version."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from models.record import Record, sha256

LONGEST = 1_000_000
"""Characters of a document: it is text, not an attachment."""

NAMES = {
    "model_card": "model card", "datasheet": "datasheet", "annex_iv": "technical documentation (Annex IV)",
    "instructions_for_use": "instructions for use", "human_oversight_plan": "human oversight plan",
    "post_market_monitoring_plan": "post-market monitoring plan", "risk_register": "risk register",
    "incident_log": "incident log", "ml_bom": "ML bill of materials", "sr_26_2_validation": "validation report (SR 26-2)",
    "nist_ai_rmf_profile": "NIST AI RMF profile",
}  # fmt: skip
"""What people call the known kinds, within a sentence."""


def name_of(kind: str) -> str:
    """What people call a kind of document within a sentence; the id of a requirement is its own name."""
    return NAMES.get(kind, kind)


def title_of(kind: str) -> str:
    """The same as it begins a line."""
    name = name_of(kind)
    return name[:1].upper() + name[1:]


class Document(Record):
    """One state of a document; the next one of the same kind replaces it, and both are kept."""

    schema_version: Literal[1] = 1
    kind: str = Field(pattern=r"^[A-Za-z0-9_.():-]{2,80}$")
    """``model_card``, ``datasheet``, ``risk_register`` ..., or the id of the one requirement it was written for."""
    version: str | None = None
    """Digest of the model version it is about; ``None`` where it is about the model as such."""
    title: str = Field(min_length=1)
    text: str = Field(min_length=1, max_length=LONGEST)
    """Markdown."""
    expires: date | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the text as UTF-8: the same as of the file."""
        return sha256(self.text.encode())
