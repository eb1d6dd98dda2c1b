"""What is done with policies before one is in force: checked, held against another, tried on what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from audit.inheritance import lineage
from audit.policy import Policy, read
from audit.policy_diff import Amendment, amendments
from audit.report import Report
from audit.trial import Trial, attempt, unanswered
from dashboard import views
from dashboard.verbs import silent
from dashboard.work import Place, Tell
from models.card import Card
from models.record import Record
from models.task import Purpose
from storage import judged
from storage.errors import StoreError
from storage.excerpt import excerpt
from storage.judged import Judged

ORIGIN = b'"origin":'
"""Stands in the card of a version that was brought, and in no other."""


class Checked(Record):
    """A policy that can be read, and what is wrong with it all the same."""

    policy: Policy
    digest: str
    """Of the resolved policy: what every verdict will name."""
    against_base: tuple[Amendment, ...] = ()
    """What it changes in the policy that it extends."""
    problems: tuple[str, ...] = ()


def check(name: str, today: date | None = None) -> Checked:
    """Read a policy with all that it extends. Raises ``ValueError`` in one sentence where that cannot be."""
    today = today or datetime.now(UTC).date()
    policy = read(name)
    bases = lineage(name)[1:]
    changed = tuple(amendments(read(str(bases[0].path)), policy)) if bases else ()
    return Checked(
        policy=policy, digest=policy.sha256(), against_base=changed, problems=tuple(_problems(policy, today))
    )


def diff(old: str, new: str) -> list[Amendment]:
    """What a policy changes in another, rule by rule and limit by limit, both with all that they extend."""
    return list(amendments(read(old), read(new)))


def attempts(
    where: Place, name: str, *, every: bool = False, compare: bool = False, tell: Tell = silent
) -> list[Trial]:
    """Judge the newest report of every version (or ``every`` report) under a draft; nothing is kept.

    ``compare`` compares versions with their parents anew where the draft asks for what was not compared: seconds each.
    """
    draft, today = read(name), datetime.now(UTC).date()
    purposes = _Purposes()
    total = judged.count(where.archive.database, every=every)
    found = []
    for one in judged.judged(where.archive.database, every=every):
        found.append(_attempt(where, draft, one, purposes, today, compare))
        if compare or len(found) % judged.AT_ONCE == 0:
            tell(f"tried on {found[-1].title}", len(found), total)
    return found


def _problems(policy: Policy, today: date) -> Iterator[str]:
    """What does not keep a policy from being read, and is wrong all the same."""
    for one in policy.waivers:
        about = f"the waiver of {one.owner} for {one.measure} of {one.model}"
        if one.ended(today):
            yield f"{about} ended on {one.expires} and no longer counts; take it away, or renew it with a later expires"
        if not any(rule.measure == one.measure for rule in policy.rules):
            yield f"{about} covers nothing: no rule limits {one.measure}; take it away"


def _attempt(where: Place, draft: Policy, one: Judged, purposes: _Purposes, today: date, compare: bool) -> Trial:
    report = excerpt(one.document, unanswered(draft, one.judgement))
    task, digest = purposes.of(report, one)
    if digest != report.task:
        before = one.judgement.passed if one.judgement else None
        why = f"every rule: task {task.name} changed since; type: answerable audit {report.title}"
        return Trial(report=report.id, title=report.title, before=before, after=None, not_tried=(why,))
    tried = attempt(draft, report, task, one.judgement, has_parent=one.parent is not None, today=today)
    if not (compare and tried.not_tried and one.parent):
        return tried
    return _compared(where, draft, one, task, today, tried)


def _compared(where: Place, draft: Policy, one: Judged, task: Purpose, today: date, tried: Trial) -> Trial:
    """The same with the version compared with its parent, or with why that cannot be."""
    whole = Report.model_validate_json(one.document)
    before = where.archive.latest_report(str(one.parent), whole.split)
    try:
        versus = views.comparison(where.archive, before, whole, draft) if before else None
    except (ValueError, StoreError) as why:
        return tried.model_copy(update={"not_tried": (*tried.not_tried, str(why))})
    if versus is None:
        return tried.model_copy(
            update={"not_tried": (*tried.not_tried, "its parent has no report on the same examples")}
        )
    return attempt(draft, whole, task, one.judgement, versus, has_parent=True, today=today)


class _Purposes:
    """What versions are for. A task of ours is read once for all of its versions."""

    def __init__(self) -> None:
        self.ours: dict[str, tuple[Purpose, str]] = {}

    def of(self, report: Report, one: Judged) -> tuple[Purpose, str]:
        """The purpose of a version, and its digest now."""
        if report.purpose:
            return report.purpose, report.purpose.sha256()
        card = None if one.task in self.ours and ORIGIN not in one.card else Card.model_validate_json(one.card)
        if card is None:
            return self.ours[one.task]
        found = card.purpose, card.purpose.sha256()
        return found if card.origin else self.ours.setdefault(one.task, found)
