"""The cached door to the archive. Cached by id and never by frame; only what is never changed again is cached."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

import streamlit as st

from audit import withheld
from audit.acts.state import ModelState
from audit.compare import Comparison
from audit.measure import identifier
from audit.policy import Judgement, Policy
from audit.policy import draft as read_draft
from audit.policy_text import as_toml
from audit.report import Report
from audit.standing import RequirementState
from audit.trial import Trial
from dashboard import access, drafting, filing, governing, login, policies, seen, views
from dashboard.access import Deed
from dashboard.request import audit_request
from models.card import Card
from models.task import UnknownName
from storage import queries
from storage.archive import Archive
from storage.checkpoint import Checkpoint
from storage.jobs import Job, Jobs
from storage.ledger import Actor
from storage.location import home, open_default, store_url
from storage.verify import Finding
from storage.verify import verify as verify_store

KEPT = 200
"""Records kept in memory, of each kind, for all users together."""


def archive() -> Archive:
    """The archive of this user, opened once. Raises ``StoreError``."""
    return _opened(str(home()), store_url(home()))


def card(digest: str) -> Card:
    """A version's card by digest."""
    return _card(_where(), digest)


def parent(of: Card) -> Card | None:
    """The card of the version this one was made from; ``None`` where there is none, or it is kept elsewhere."""
    try:
        return card(of.parent) if of.parent else None
    except UnknownName:
        return None


class Asked(NamedTuple):
    """What an address asks for: a version, its report if there is one, and the measure to point at."""

    card: Card
    report: Report | None
    measure: str | None


def asked(text: str) -> Asked:
    """What an id or name stands for. Raises ``UnknownName`` offering the nearest, or ``Ambiguous``."""
    found = archive().find(text)
    if found.kind == "act":
        done = archive().act(found.id)
        if done.kind in ("grant", "token", "token_end"):
            raise LookupError(f"{found.id} is about a person: see the screen People.")
        return asked(done.subject)
    if found.kind == "measure":
        about = report(archive().measure(found.id).report.id)
        return Asked(card(about.model), about, found.id)
    if found.kind == "judgement":
        about = report(identifier("r", [archive().judgement(found.id).report]))
        return Asked(card(about.model), about, None)
    if found.kind == "report":
        about = report(found.id)
        return Asked(card(about.model), about, None)
    if found.kind == "model":
        newest = archive().latest_report(found.id)
        return Asked(card(found.id), report(newest.id) if newest else None, None)
    raise LookupError(f"{text} is a {found.kind}; this screen shows reports, measures and versions.")


def wanted(text: str | None) -> Asked | None:
    """What an address asks for, left out the newest report; ``None`` where no report is kept."""
    if text:
        return asked(text)
    newest = archive().reports(limit=1)
    return asked(newest[0].id) if newest else None


def pair(first: str | None, second: str | None) -> tuple[Report, Report] | None:
    """The reports to compare, by version or id: left out, the newest audited version that has a parent, and its parent.

    ``None`` where there are no two such reports. Raises ``UnknownName``, or ``LookupError`` for a version never audited.
    """
    now = _audited(second) if second else next(map(report, queries.newest_with_parent(archive().database)), None)
    if now is None:
        return None
    before = first or card(now.model).parent
    return (_audited(before, now.split), now) if before else (now, now)


def _audited(text: str, split: str | None = None) -> Report:
    found = asked(text)
    about = found.report
    if found.measure is None and not text.startswith("r-"):
        newest = archive().latest_report(found.card.digest, split)
        about = report(newest.id) if newest else about
    if about is None:
        raise LookupError(f"{found.card.title} was never audited. Type: answerable audit {found.card.title}")
    return about


def report(name: str) -> Report:
    """A report by its full id, as the visitor may see it."""
    return _report(_where(), name) if may("rows") else _withheld(_where(), name)


def judgement(report_id: str) -> Judgement | None:
    """The newest judgement of a report, if there is one, as the visitor may see it."""
    name = queries.newest_judgement(archive().database, report_id)
    return shown(_judgement(_where(), name)) if name else None


def shown(one: Judgement) -> Judgement:
    """A judgement as the visitor may see it."""
    if may("rows"):
        return one
    return seen.without_cells(archive(), one, _report(_where(), identifier("r", [one.report])))


def comparison(first: str, second: str) -> Comparison:
    """Two reports, by id, on the same examples. Raises ``ValueError`` or ``Erased`` where they cannot be paired."""
    found = _comparison(_where(), first, second)
    kept = (_report(_where(), one) for one in (first, second))
    return found if may("rows") else withheld.comparison(found, *kept)


def findings(held: Checkpoint | None = None, expected: str | None = None) -> list[Finding]:
    """What verifying the whole archive finds; done again only when the ledger has grown. Raises ``KeyRefused``."""
    return _findings(_where(), queries.last_entry(archive().database), held.canonical() if held else None, expected)


def trials(draft: Policy) -> list[Trial]:
    """What a draft would change in the newest report of every version; done again only when the ledger has grown."""
    return _trials(_where(), as_toml(draft), queries.last_entry(archive().database), datetime.now(UTC).date())


def requirements(digest: str) -> dict[str, tuple[RequirementState, ...]]:
    """Where every requirement of every law stands for a version; found again only when the ledger has grown."""
    return _requirements(
        _where(), digest, queries.last_entry(archive().database), datetime.now(UTC).date(), may("rows")
    )


def jobs() -> Jobs:
    """The queue: screens put jobs in and ask for them to stop; workers do them."""
    return Jobs(archive().database)


def unfinished() -> list[Job]:
    """Jobs that run or wait, the newest first."""
    return jobs().jobs("running") + jobs().jobs("queued")


def ask_for_audit(digest: str) -> Job:
    """Ask for every applicable question to be asked of a version, as ``answerable audit`` does."""
    who = access.permitted(archive(), "audit", visitor(), card(digest).name, digest)
    return jobs().submit("audit", audit_request(digest), who)


def draft(kind: str, digest: str) -> str:
    """A document of a kind about a version, from what is stored; made again only when the ledger has grown."""
    return _draft(_where(), kind, digest, queries.last_entry(archive().database), governing.today())


def states() -> list[ModelState]:
    """Where every model stands today, those that need a person first; derived again when the ledger has grown."""
    return _states(_where(), queries.last_entry(archive().database), governing.today())


def visitor() -> Actor:
    """Who looks at the screens, and acts by them. Raises ``Refused`` where nobody is known, or no longer."""
    return login.actor(archive()) if login.configured() else access.actor(archive())


def may(deed: Deed) -> bool:
    """Whether the visitor's roles allow a deed now: to show or hide a form. The act itself asks again."""
    return access.denied(archive(), deed, visitor()) is None


def _where() -> str:
    """Part of every cache key: another store holds other records."""
    return store_url(home())


@st.cache_resource(max_entries=8, show_spinner=False)
def _opened(folder: str, url: str) -> Archive:
    return open_default()


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _card(where: str, digest: str) -> Card:
    return archive().model(digest)


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _report(where: str, name: str) -> Report:
    return archive().report(name)


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _withheld(where: str, name: str) -> Report:
    return withheld.report(_report(where, name))


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _judgement(where: str, name: str) -> Judgement:
    return archive().judgement(name)


@st.cache_resource(max_entries=KEPT, show_spinner="Pairing the examples")
def _comparison(where: str, first: str, second: str) -> Comparison:
    judged = queries.newest_judgement(archive().database, second)
    policy = archive().policy(archive().judgement(judged).policy) if judged else None
    return views.comparison(archive(), _report(where, first), _report(where, second), policy)


@st.cache_resource(max_entries=20, show_spinner="Putting together what is stored")
def _draft(where: str, kind: str, digest: str, last: int, today: date) -> str:
    return drafting.draft(archive(), kind, digest, today)


@st.cache_resource(max_entries=2, show_spinner=False)
def _states(where: str, last: int, today: date) -> list[ModelState]:
    return governing.states(archive(), today)


@st.cache_resource(max_entries=8, show_spinner="Checking every entry, document, row and file")
def _findings(where: str, last: int, held: bytes | None, expected: str | None) -> list[Finding]:
    return verify_store(archive(), Checkpoint.model_validate_json(held) if held else None, expected)


@st.cache_resource(max_entries=8, show_spinner="Judging stored reports under the draft; nothing is kept")
def _trials(where: str, draft: str, last: int, today: date) -> list[Trial]:
    return policies.attempts(archive(), read_draft(draft))


@st.cache_resource(max_entries=KEPT, show_spinner="Looking at every requirement")
def _requirements(
    where: str, digest: str, last: int, today: date, rows: bool
) -> dict[str, tuple[RequirementState, ...]]:
    return filing.overview(archive(), digest, today, rows=rows)
