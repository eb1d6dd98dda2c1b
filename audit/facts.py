"""In memory: all that is known of a version when a requirement is asked about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from audit.attestation import Attestation, Binding, DocumentFact, Found
from audit.policy import Judgement
from audit.report import Report


@dataclass(frozen=True)
class Bound:
    """A report and its judgement as they were bound to a framework."""

    binding: Binding
    report: Report
    judgement: Judgement | None


@dataclass(frozen=True)
class Facts:
    """What is current, what was measured and judged, and what people filed and said."""

    today: date
    model: str
    """Digest of the model version now."""
    split: str | None = None
    """Digest of the split in use now; ``None`` is not compared."""
    policy: str | None = None
    """Digest of the policy in force now; ``None`` is not compared."""
    report: Report | None = None
    """The newest report of the version."""
    judgement: Judgement | None = None
    """The newest report under the policy in force."""
    bound: tuple[Bound, ...] = ()
    """Evidence bound to frameworks; the last for a framework counts. Without, the newest report speaks."""
    headline: str = ""
    """The measure that the task declares as its headline."""
    found: tuple[Found, ...] = ()
    documents: tuple[DocumentFact, ...] = ()
    attestations: tuple[Attestation, ...] = ()

    def binding(self, framework: str) -> Bound | None:
        """The evidence last bound to a framework."""
        return next((one for one in reversed(self.bound) if one.binding.framework == framework), None)

    def judged(self) -> Judgement | None:
        """The judgement of the newest report; one about another report says nothing."""
        if self.report is None or self.judgement is None or self.judgement.report != self.report.key:
            return None
        return self.judgement
