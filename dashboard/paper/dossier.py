"""Everything a printed report is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from audit.acts.approvals import ApprovalState
from audit.compare import Comparison
from audit.measure import identifier
from audit.policy import Judgement
from audit.report import Report
from models.card import Card
from models.data.datasheet import Datasheet
from models.task import Purpose


@dataclass(frozen=True)
class Dossier:
    """One version, its report under one policy, and what it stands beside."""

    card: Card
    task: Purpose
    report: Report
    judgement: Judgement
    comparison: Comparison | None = None
    """With the parent first and this version second."""
    datasheet: Datasheet | None = None
    signed: tuple[ApprovalState, ...] = ()
    """Approvals that rest on this report, and what has become of them."""
    signing_key: str | None = None
    """Fingerprint of the key that signs the checkpoints of the ledger; ``None`` where nothing was signed yet."""
    on: date | None = None
    """The day of what is said of approvals."""
    entry: int | None = None
    """The newest entry of the ledger then; ``None`` where the page does not say."""
    judged_as: str = ""
    """Id of the judgement, where it stands here without the values of small cells."""
    stored_as: str = ""
    """Digest of the report, where it stands here so."""
    generated_by: str = "answerable"
    """Program and version that wrote the page."""

    @cached_property
    def attached(self) -> bytes:
        """The report's canonical bytes, which travel with the page: its digest is theirs."""
        return self.report.canonical()

    @property
    def digest(self) -> str:
        """SHA-256 of the report as it is stored."""
        return self.stored_as or self.report.sha256()

    @cached_property
    def gate(self) -> str:
        """The judgement's id: ``g-`` and 16 base32 characters of its digest."""
        return self.judged_as or identifier("g", [self.judgement.sha256()])
