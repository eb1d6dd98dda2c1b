"""What is done with policies before one is in force: checked, held against another, tried on what is stored."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from audit.acts.waivers import granted
from audit.inheritance import lineage
from audit.policy import Policy, names, read
from audit.policy_diff import Amendment, amendments
from audit.report import Report
from audit.rule import Rule, Waiver
from audit.trial import Trial, attempt, unanswered
from dashboard import views
from models.card import Card
from models.record import Record
from models.task import Purpose, UnknownName
from storage import judged
from storage.archive import Archive
from storage.declared import Declared, declared
from storage.errors import StoreError
from storage.excerpt import excerpt
from storage.judged import Judged

if TYPE_CHECKING:
    from dashboard.work import Tell

ORIGIN = b'"origin":'
"""Stands in the card of a version that was brought, and in no other."""


class Known(NamedTuple):
    """A policy that can be looked at: of the store, or shipped and not declared there yet."""

    policy: Policy
    declared: Declared | None

    @property
    def title(self) -> str:
        return self.policy.title

    @property
    def digest(self) -> str:
        return self.policy.sha256()


class Checked(Record):
    """A policy that can be read, and what is wrong with it all the same."""

    policy: Policy
    digest: str
    """Of the resolved policy: what every verdict will name."""
    against_base: tuple[Amendment, ...] = ()
    """What it changes in the policy that it extends."""
    problems: tuple[str, ...] = ()


def known(archive: Archive) -> list[Known]:
    """Every policy that was declared, the newest first, and then the shipped ones that were not."""
    kept = [Known(archive.policy(one.digest), one) for one in declared(archive.database)]
    digests = {one.digest for one in kept}
    return kept + [Known(one, None) for one in shipped() if one.sha256() not in digests]


@cache
def shipped() -> tuple[Policy, ...]:
    """The policies that come with the program."""
    return tuple(map(read, names()))


def choose(found: Sequence[Known], text: str | None) -> Known:
    """The policy of a title (``default 3``), a name or the beginning of a digest; left out, the first."""
    if not text:
        return found[0]
    for one in found:
        if text in (one.title, one.policy.name) or (len(text) >= 12 and one.digest.startswith(text)):
            return one
    raise UnknownName("policy", text, [one.title for one in found])


def base(found: Sequence[Known], of: Policy) -> Policy | None:
    """The policy that another one extends, where it is known here."""
    return next((one.policy for one in found if of.bases and one.title == of.bases[0]), None)


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
    archive: Archive, draft: Policy, *, every: bool = False, compare: bool = False, tell: Tell | None = None
) -> list[Trial]:
    """Judge the newest report of every version (or ``every`` report) under a draft; nothing is kept.

    ``compare`` compares versions with their parents anew where the draft asks for what was not compared: seconds each.
    """
    today = datetime.now(UTC).date()
    purposes, waivers = _Purposes(), granted(archive.acts(kind="waiver"))
    total = judged.count(archive.database, every=every)
    found = []
    for one in judged.judged(archive.database, every=every):
        found.append(_attempt(archive, draft, one, purposes, waivers, today, compare))
        if tell and (compare or len(found) % judged.AT_ONCE == 0):
            tell(f"tried on {found[-1].title}", len(found), total)
    return found


def with_limit(policy: Policy, number: int, limit: float | Literal["declared"]) -> Policy:
    """A draft in which one rule, counted from 0, has another limit."""
    old = policy.rules[number]
    because = f"A draft: {old.given} became {limit}. Say why before it is declared."
    new = Rule.model_validate(old.model_dump() | {old.side: limit, "rationale": because})
    rules = (*policy.rules[:number], new, *policy.rules[number + 1 :])
    return policy.model_copy(update={"rules": rules, "version": f"{policy.version} draft", "bases": None})


def typed(text: str) -> float | Literal["declared"]:
    """A limit as a person types it: ``0.05``, ``5 %``, ``declared``. Raises ``ValueError``."""
    said = text.strip().lower().replace(",", ".").replace("−", "-")
    if said == "declared":
        return "declared"
    try:
        value = float(said.removesuffix("%")) / (100 if said.endswith("%") else 1)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no limit; type a number, such as 0.05 or 5 %, or the word declared.")
    return value


def _problems(policy: Policy, today: date) -> Iterator[str]:
    """What does not keep a policy from being read, and is wrong all the same."""
    for one in policy.waivers:
        about = f"the waiver of {one.owner} for {one.measure} of {one.model}"
        if one.ended(today):
            yield f"{about} ended on {one.expires} and no longer counts; take it away, or renew it with a later expires"
        if not any(rule.measure == one.measure for rule in policy.rules):
            yield f"{about} covers nothing: no rule limits {one.measure}; take it away"


def _attempt(
    archive: Archive, draft: Policy, one: Judged, purposes: _Purposes, waivers: Mapping[str, Waiver], today: date,
    compare: bool,
) -> Trial:  # fmt: skip
    report = excerpt(one.document, unanswered(draft, one.judgement))
    task, digest = purposes.of(report, one)
    if digest != report.task:
        before = one.judgement.passed if one.judgement else None
        why = f"every rule: task {task.name} changed since; type: answerable audit {report.title}"
        return Trial(report=report.id, title=report.title, before=before, after=None, not_tried=(why,))
    tried = attempt(draft, report, task, one.judgement, has_parent=one.parent is not None, today=today, waivers=waivers)
    if not (compare and tried.not_tried and one.parent):
        return tried
    return _compared(archive, draft, one, task, waivers, today, tried)


def _compared(
    archive: Archive,
    draft: Policy,
    one: Judged,
    task: Purpose,
    waivers: Mapping[str, Waiver],
    today: date,
    tried: Trial,
) -> Trial:
    """The same with the version compared with its parent, or with why that cannot be."""
    whole = Report.model_validate_json(one.document)
    before = archive.latest_report(str(one.parent), whole.split)
    try:
        versus = views.comparison(archive, before, whole, draft) if before else None
    except (ValueError, StoreError) as why:
        return tried.model_copy(update={"not_tried": (*tried.not_tried, str(why))})
    if versus is None:
        return tried.model_copy(
            update={"not_tried": (*tried.not_tried, "its parent has no report on the same examples")}
        )
    return attempt(draft, whole, task, one.judgement, versus, has_parent=True, today=today, waivers=waivers)


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
