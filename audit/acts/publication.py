"""A page that a law wants published: which one, about which version, on which report, by whom it was let out."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from models.record import Record


class Publication(Record):
    """Somebody publishes a page in full: small groups are on it, as the law asks."""

    schema_version: Literal[1] = 1
    law: Literal["ll144"]
    version: str
    """Model digest."""
    report: str
    """Report key that the page was made from."""
    digest: str = Field(pattern="^[0-9a-f]{64}$")
    """SHA-256 of the page's bytes."""
    distributed: date
    """First use of the tool, as the page says."""
