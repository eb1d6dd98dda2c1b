"""Everything that a document is drafted from: what is kept of one version and of what people did about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from audit.acts.act import Act
from audit.acts.document import Document
from audit.acts.risks import Uncovered
from audit.acts.state import ModelState
from audit.compare import Comparison
from audit.facts import Facts
from audit.measure import Measure
from audit.policy import Judgement, Verdict
from audit.report import Report
from audit.scope import Scope
from dashboard.paper.dossier import Dossier
from models.card import Card
from models.data.datasheet import Datasheet
from models.task import Purpose


@dataclass(frozen=True)
class Material:
    """One version; what was never made or said of it is ``None`` or empty."""

    card: Card
    task: Purpose
    state: ModelState
    scope: Scope
    facts: Facts
    parent: Card | None = None
    report: Report | None = None
    """Like the judgement and the comparison without the numbers of small cells."""
    judgement: Judgement | None = None
    judged_as: str = ""
    """The judgement's id."""
    stored_as: str = ""
    """Digest of the report as it is stored."""
    comparison: Comparison | None = None
    datasheet: Datasheet | None = None
    documents: tuple[tuple[Act, Document], ...] = ()
    uncovered: tuple[Uncovered, ...] = ()
    """What does not hold and no risk names."""

    @property
    def today(self) -> date:
        """The day on which it is drafted."""
        return self.state.today

    @property
    def dossier(self) -> Dossier | None:
        """What a report is made from, where the version was audited and judged."""
        if self.report is None or self.judgement is None:
            return None
        return Dossier(
            card=self.card, task=self.task, report=self.report, judgement=self.judgement, comparison=self.comparison,
            datasheet=self.datasheet, judged_as=self.judged_as, stored_as=self.stored_as,
            signed=tuple(one for one in self.state.approvals if one.report == self.report.key),
        )  # fmt: skip

    def measures(self, names: Iterable[str]) -> list[Measure]:
        """What the report holds under these names, or beneath them where a name ends in a dot."""
        wanted = tuple(names)
        every = self.report.measures() if self.report else ()
        return [
            one for one in every if one.name in wanted or one.name.startswith(tuple(n for n in wanted if n[-1] == "."))
        ]

    def verdicts(self) -> tuple[Verdict, ...]:
        """What the newest judgement says, but for rules that do not concern the version."""
        found = self.judgement.verdicts if self.judgement else ()
        return tuple(one for one in found if one.outcome != "exempt")

    def filed(self, kind: str) -> tuple[Act, Document] | None:
        """The newest document of a kind; one about this version before one about another."""
        found = [one for one in self.documents if one[1].kind == kind]
        return max(found, key=lambda one: (one[1].version in (None, self.card.digest), one[0].created), default=None)
