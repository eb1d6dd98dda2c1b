"""What a verb does, in plain functions: the terminal and the worker call these, and so may any program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from audit import withheld
from audit.acts.state import state_of
from audit.acts.waivers import granted
from audit.compare import Comparison, Difference, difference_id
from audit.judge import judge as judge_report
from audit.measure import Measure, identifier
from audit.policy import Judgement, Policy, Verdict
from audit.policy import read as read_policy
from audit.report import Answer, Report
from audit.spread import FEWEST, Key, Spread, spreads
from dashboard import seen, views, work
from dashboard.access import permitted
from dashboard.figures import short
from dashboard.request import audit_request
from dashboard.work import Place, Tell
from models import code
from models import task as tasks
from models.card import Card
from models.record import Record
from models.task import UnknownName
from storage import keys, queries
from storage.errors import Erased
from storage.jobs import Job
from storage.ledger import Actor
from storage.location import home, open_default
from storage.past import as_of
from storage.splitcard import SplitCard

if TYPE_CHECKING:
    from audit.bring.brought import Brought
    from dashboard.document import Dossier
    from dashboard.paper.proof import Proof

WITHIN = ("accuracy", "calibration", "uncertainty", "fairness")
"""Dimensions whose numbers need no changed inputs."""
TOLERANCE = 1e-6
"""Relative difference that a repetition on another machine may show."""


def silent(text: str, done: int, total: int) -> None:
    """Tell nobody."""


def place(folder: Path | None = None) -> Place:
    """The archive and model folder of this user, or of the given folder. Raises ``StoreError``."""
    folder = folder or home()
    return Place(open_default(folder), folder)


def train(
    where: Place, task: str, *, remedy: str | None = None, parent: str | None = None, seed: int = 0,
    data_seed: int | None = None, tell: Tell = silent, lease: float = work.LEASE,
) -> Card:  # fmt: skip
    """Train a version, or find the one that was trained by the same recipe.

    A remedy starts from ``parent`` (the newest version of the task's model where left out). The seed draws the parts of
    the data too, unless ``data_seed`` does. Raises ``UnknownName`` and ``ValueError``.
    """
    from models import remedies
    from models.train import recipe as recipe_of

    wanted = tasks.read(task)
    if remedy is not None:
        remedies.find(remedy)
    origin = where.archive.model(parent or task) if remedy or parent else None
    data_seed = None if data_seed == seed else data_seed
    recipe = recipe_of(wanted, seed, remedy, origin.digest if origin else None, data_seed)
    versions = [card for card in where.archive.models() if card.name == task]
    known = next((card for card in versions if card.recipe == recipe), None)
    if known:
        tell(f"{known.title} was already made by this recipe", 1, 1)
        return known
    version = max((card.version for card in versions), default=0) + 1
    parameters: dict[str, str | int | None] = {
        "task": task, "seed": seed, "remedy": remedy, "parent": origin.digest if origin else None, "version": version,
        "recipe": recipe, **({} if data_seed is None else {"data_seed": data_seed}),
    }  # fmt: skip
    return where.archive.model(_foreground(where, "train", parameters, tell, lease))


def train_seeds(
    where: Place, task: str, seeds: int, *, remedy: str | None = None, parent: str | None = None, seed: int = 0,
    tell: Tell = silent,
) -> tuple[list[Card], Mapping[Key, Spread]]:  # fmt: skip
    """Train the same recipe with that many seeds on the same parts of the data, audit each, and say how they spread.

    Audited is what needs no changed inputs: accuracy, calibration, uncertainty, fairness. Versions and reports that are
    there already are found again. Raises ``ValueError`` for fewer than three seeds, and as ``train`` does.
    """
    from audit.catalogue import catalogue

    if seeds < FEWEST:
        raise ValueError(
            f"A spread needs at least {FEWEST} seeds, got {seeds}. Type: answerable train {task} --seeds 5"
        )
    origin = where.archive.model(parent or task).digest if remedy or parent else None
    cards = [
        train(where, task, remedy=remedy, parent=origin, seed=seed + more, data_seed=seed, tell=tell)
        for more in range(seeds)
    ]
    asked = [name for name, one in catalogue().items() if one.dimension in WITHIN]
    reports = [_answered(where, card, asked) or audit(where, card.title, checks=asked, tell=tell) for card in cards]
    return cards, spreads(reports)


def _answered(where: Place, card: Card, asked: list[str]) -> Report | None:
    """The newest report of a version, if this code made it and it answers all that is asked."""
    newest = where.archive.latest_report(card.digest, dict(card.split_digests)["test"])
    if newest is None or newest.code != code.digest("models", "audit"):
        return None
    return newest if set(asked) <= {one.question.code for one in newest.answers} else None


def audit(
    where: Place, model: str, *, checks: list[str] | None = None, seed: int = 0, run: int = 0, workers: int = 1,
    policy: str = "default", tell: Tell = silent, lease: float = work.LEASE,
) -> Report:  # fmt: skip
    """Ask a version every applicable question, or find the report that already has these answers.

    The policy is declared in the ledger before the first measure.
    """
    card = version_of(where, model)
    if card.origin:
        more = "" if card.origin.format == "predictions" else " with --data and a table"
        raise ValueError(
            f"{card.title} was brought as {card.origin.source}, and its data are not kept here. Type: answerable audit and "
            f"that file{more}."
        )
    read_policy(policy)
    known = find_report(where, card, checks, seed, run)
    if known:
        tell(f"report {known.id} already has these answers", 1, 1)
        return known
    asked = audit_request(card.digest, checks, seed, run, policy)
    return where.archive.report(_foreground(where, "audit", asked, tell, lease, workers))


def version_of(where: Place, text: str) -> Card:
    """A kept version by name or digest, or the version in a folder, which is then kept.

    A file that could run code is refused unopened. Raises ``UnknownName``, ``Refused`` or ``Corrupted``.
    """
    path = Path(text)
    if not path.suffix and not path.is_dir():
        return where.archive.model(text)
    from models.load import load

    found = load(path)
    actor = permitted(where.archive, "import", None, found.card.name)
    return where.archive.put_model(found.card, found.folder, actor)


def audit_table(
    where: Place, found: Brought, *, checks: list[str] | None = None, seed: int = 0, run: int = 0, workers: int = 1,
    policy: str = "default", tell: Tell = silent, lease: float = work.LEASE,
) -> Report:  # fmt: skip
    """Ask a version that was brought every applicable question, or find the report that already has these answers."""
    read_policy(policy)
    card = register(where, found.card, found.folder)
    known = find_report(where, card, checks, seed, run, found.subject.split)
    if known:
        tell(f"report {known.id} already has these answers", 1, 1)
        return known
    asked = audit_request(card.digest, checks, seed, run, policy)
    ready = work.Prepared(
        replace(found.subject, title=card.title), SplitCard.model_validate(found.split), found.ids, found.alone
    )
    return where.archive.report(_foreground(where, "audit", asked, tell, lease, workers, ready))


def register(where: Place, card: Card, folder: Path = Path()) -> Card:
    """Keep a version that was brought, under the next free number of its name; the same digest is the same version."""
    actor = permitted(where.archive, "import", None, card.name)
    return where.archive.put_model(where.archive.numbered(card), folder, actor)


def find_report(
    where: Place, card: Card, checks: list[str] | None, seed: int, run: int, split: str | None = None
) -> Report | None:
    """The stored report of the same model, split, code, checks with options, seed and run, if there is one."""
    from audit.catalogue import select
    from audit.report import report_key

    questions = tuple(sorted((one.question() for one in select(checks)), key=lambda one: one.code))
    split = split or dict(card.split_digests)["test"]
    key = report_key(card.digest, split, code.digest("models", "audit"), questions, seed, run)
    try:
        return where.archive.report(identifier("r", [key]))
    except UnknownName:
        return None


def judge(where: Place, text: str, policy: str = "default", actor: Actor | None = None) -> Judgement:
    """Judge a report (by id) or the newest report of a version, and keep the verdicts where they say anything new."""
    report = where.archive.newest_report(text)
    card = where.archive.model(report.model)
    wanted = read_policy(policy)
    before = _parent_report(where, card, report)
    comparison = _paired(where, before, report, wanted)
    judgement = judge_report(
        report,
        wanted,
        report.purpose or card.purpose,
        comparison,
        has_parent=card.parent is not None,
        declared=where.archive.declared_before(wanted.sha256(), report.created),
        judged_before=where.archive.judged_before(report.split, report.created, report.model),
        waivers=granted(where.archive.acts(card.name, "waiver")),
    )
    known = [one for one in where.archive.judgements(report.id) if one.policy == judgement.policy]
    if known and known[0].model_copy(update={"created": judgement.created}) == judgement:
        return known[0]
    actor = permitted(where.archive, "judge", actor, card.name, card.digest)
    where.archive.put_policy(wanted, actor)
    return where.archive.judgement(where.archive.put_judgement(judgement, actor))


def compare(where: Place, first: str, second: str, policy: str = "default") -> Comparison:
    """Compare two versions (or reports) on the same examples, with the margins of a policy.

    Where either has at least two siblings that differ in the seed only, each difference says whether it exceeds what the
    seed alone does. Whoever types sees no small cells without the right to. Raises ``ValueError`` where the two cannot
    be compared.
    """
    reports = where.archive.newest_report(first), where.archive.newest_report(second)
    found = views.comparison(where.archive, *reports, read_policy(policy))
    return seen.comparison(where.archive, found, *reports)


def document(
    where: Place, text: str, folder: Path, formats: tuple[str, ...], policy: str = "default", language: str = "en"
) -> list[Path]:
    """Write a version's report as PDF, HTML, DOCX, JSON or in a format of ``dashboard.formats``; returns the files.

    What is for people is written in ``language``.
    """
    wanted = tuple(name.strip() for one in formats for name in one.split(","))
    made = _written(_seen(where, dossier_of(where, text, policy)), wanted, language)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in made]


def kept_document(where: Place, text: str, format: str, by: Actor | None = None) -> tuple[str, bytes]:
    """Name and bytes of the report of a version under the newest judgement of it, as ``by`` (left out: who types) may see
    it: nothing is judged anew."""
    report = where.archive.newest_report(text)
    judged = next(iter(where.archive.judgements(report.id)), None)
    if judged is None:
        raise LookupError(f"{report.title} was not judged. Type: answerable judge {report.title}")
    made = _dossier(where, report, judged, where.archive.policy(judged.policy))
    return next(iter(_written(_seen(where, made, by), (format,)).items()))


def _written(dossier: Dossier, formats: tuple[str, ...], language: str = "en") -> dict[str, bytes]:
    """The bytes of each format, by the name of the file."""
    from dashboard.document import html, of, pdf
    from dashboard.formats import FORMATS
    from dashboard.formats.docx import docx
    from dashboard.formats.markdown import markdown

    faces: dict[str, Callable[[], bytes]] = {
        **{name: partial(one.encoded, dossier) for name, one in FORMATS.items()},
        "pdf": lambda: pdf(of(dossier, language)),
        "html": lambda: html(of(dossier, language)).encode(),
        "docx": lambda: docx(of(dossier, language)),
        "md": lambda: markdown(of(dossier, language).told).encode(),
        "json": lambda: dossier.report.canonical(),
    }
    unknown = next((one for one in formats if one not in faces), None)
    if unknown:
        raise UnknownName("format", unknown, list(faces))
    suffixes = {one: FORMATS[one].suffix if one in FORMATS else one for one in formats}
    return {f"{dossier.card.name}-{dossier.card.version}.{suffixes[one]}": faces[one]() for one in formats}


def dossier_of(where: Place, text: str, policy: str = "default") -> Dossier:
    """All that a printed report holds: card, task, report, judgement, comparison with the parent, datasheet."""
    report = where.archive.newest_report(text)
    return _dossier(where, report, judge(where, report.id, policy), read_policy(policy))


def kept_dossier(where: Place, judgement: Judgement, on: date) -> Dossier:
    """The same of a judgement that is kept, as approvals stood on a day: nothing is judged and nothing written."""
    report = where.archive.report(identifier("r", [judgement.report]))
    return _dossier(where, report, judgement, where.archive.policy(judgement.policy), on)


def _dossier(where: Place, report: Report, judgement: Judgement, policy: Policy, on: date | None = None) -> Dossier:
    from dashboard.document import Dossier
    from models.data.source import datasheet

    card, on = where.archive.model(report.model), on or datetime.now(UTC).date()
    before = _parent_report(where, card, report)
    stands = state_of(card.name, where.archive.acts(card.name), where.archive.evidence(card.name), on)
    return Dossier(
        card=card,
        task=report.purpose or card.purpose,
        report=report,
        judgement=judgement,
        comparison=_paired(where, before, report, policy),
        datasheet=None if card.origin else datasheet(card.dataset),
        signed=tuple(one for one in stands.approvals if one.report == report.key),
        signing_key=keys.current(where.archive.database),
        on=on,
        entry=queries.last_entry(where.archive.database),
    )


def _paired(where: Place, before: Report | None, report: Report, policy: Policy) -> Comparison | None:
    """With the parent; ``None`` where it has no report on these examples, or the rows that pair the two were erased."""
    try:
        return views.comparison(where.archive, before, report, policy) if before else None
    except Erased:
        return None


def _seen(where: Place, one: Dossier, by: Actor | None = None) -> Dossier:
    """What a printed report holds, as somebody may see it."""
    return one if seen.rows(where.archive, by) else _withheld(where, one)


def _withheld(where: Place, one: Dossier) -> Dossier:
    """The same without small cells."""
    shown, before = withheld.report(one.report), _parent_report(where, one.card, one.report)
    versus = withheld.comparison(one.comparison, before, one.report) if one.comparison and before else None
    judged = seen.without_cells(where.archive, one.judgement, one.report)
    return replace(one, report=shown, judgement=judged, comparison=versus, judged_as=one.gate, stored_as=one.digest)


def proof_of(where: Place, path: Path) -> Proof:
    """Hold every figure of a report that was written, whatever became of its layout, against the store.

    One that was written for people who may not see small cells is held against what they may see. Raises ``ValueError``
    for a file that is no report, ``UnknownName`` for one that this archive did not make, ``Erased`` for one that compares
    examples whose rows were erased since.
    """
    from dashboard import reporting
    from dashboard.formats.markdown import is_ours, read, undrawn
    from dashboard.paper import again, copied, proof

    text = copied.text_of(path.read_bytes())
    marked = is_ours(text)
    text = read(text) if marked else text
    source = again.source(text)

    def held(rows: bool) -> Proof:
        if source and source.kind == "report":
            with as_of(where.archive, source.entry) as then:
                told = _told_of(replace(where, archive=then), text, rows, source.on)
        elif source:
            told = reporting.again(where.archive, source, copied.language_of(text), rows=rows).told
        else:
            told = _told_of(where, text, rows)
        return proof.proved(text, undrawn(told) if marked else told)

    found = held(rows=True)
    if not found.flaws:
        return found
    withheld = held(rows=False)
    return found if withheld.flaws else withheld


def _told_of(where: Place, text: str, rows: bool, on: date | None = None) -> dict[str, Any]:
    """What the report of one version says, by the ids that its page names; without ``rows`` no small cells."""
    from dashboard.paper import copied
    from dashboard.paper.contents import contents

    report, judgement = copied.named(text)
    judged = where.archive.judgement(judgement)
    dossier = _dossier(where, where.archive.report(report), judged, where.archive.policy(judged.policy), on)
    before = _parent_report(where, dossier.card, dossier.report)
    if (
        dossier.comparison is None
        and before
        and copied.differences(text) - {short(one.measure or "") for one in judged.verdicts}
    ):
        views.comparison(where.archive, before, dossier.report)  # raises Erased: the page was printed before that
    return contents(dossier if rows else _withheld(where, dossier), copied.language_of(text))


Sameness = Literal["identical", "within tolerance", "different", "cannot be reproduced here"]


class Repetition(NamedTuple):
    """What asking the same questions again gave."""

    outcome: Sameness
    detail: str


def reproduce(where: Place, text: str, tell: Tell = silent) -> Repetition:
    """Ask a stored report's questions again (or those of the check that made one measure), and compare the answers."""
    report, codes = _to_repeat(where, text)
    card = where.archive.model(report.model)
    here = code.digest("models", "audit")
    if here != report.code:
        made = report.environment.revision or f"code {report.code[:12]}"
        return Repetition(
            "cannot be reproduced here", f"it was made by {made}; this is code {here[:12]}. Install that one."
        )
    from audit.catalogue import select
    from audit.run import run

    try:
        subject = work.prepare(where, card, report.seed).subject
    except (ValueError, OSError, LookupError) as why:
        return Repetition("cannot be reproduced here", str(why))
    again = []
    for answer in run(subject.evidence, select(codes), report.seed):
        again.append(answer)
        tell(f"{answer.question.code}: {answer.question.title}", len(again), len(codes))
    return _sameness(report, again)


def show(where: Place, text: str) -> tuple[str, Record | dict[str, str]]:
    """What any id, digest or name stands for: its kind, and the record (as whoever types may see it) or what is known."""
    if text.startswith("d-"):
        return "difference", _difference(where, text)
    archive = where.archive
    try:
        found = archive.find(text)
    except UnknownName:
        from dashboard.paper import again

        if page := again.page(text):
            return "page", page
        raise
    records: dict[str, Callable[[str], Record]] = {
        "measure": lambda name: _measure(where, name),
        "report": lambda name: seen.report(archive, archive.report(name)),
        "model": archive.model,
        "split": archive.split,
        "policy": archive.policy,
        "judgement": lambda name: seen_judgement(where, archive.judgement(name)),
        "verdict": lambda name: _verdict(where, name),
        "act": archive.act,
    }
    if found.kind in records:
        return found.kind, records[found.kind](found.id)
    if found.kind == "job":
        job = where.jobs.job(found.id)
        return "job", {
            "job": job.id,
            "asks for": f"{job.kind} {job.parameters}",
            "state": job.state,
            "made": job.result or "",
        }
    return "blob", {"digest": found.id, "bytes": str(len(archive.blob(found.id)))}


def seen_judgement(where: Place, one: Judgement) -> Judgement:
    """A judgement as whoever types may see it."""
    return seen.judgement(where.archive, one, where.archive.report(identifier("r", [one.report])))


def _measure(where: Place, name: str) -> Measure:
    found = where.archive.measure(name)
    return next(one for one in seen.report(where.archive, found.report).measures() if one.key == found.measure.key)


def _verdict(where: Place, name: str) -> Verdict:
    judged, found = where.archive.verdict(name)
    return next(one for one in seen_judgement(where, judged).verdicts if one.id == found.id)


def wait_for_work(where: Place, tell: Tell, *, once: bool = False, lease: float = work.LEASE) -> int:
    """Take jobs one after the other until interrupted; ``once`` stops when none waits. Returns how many were done.

    An audit is judged by the policy it was asked for with.
    """
    import json
    import time

    done = 0
    while True:
        job = where.jobs.claim(work.worker_name(), lease)
        if job is None:
            if once:
                return done
            time.sleep(1)
            continue
        try:
            made = work.perform(where, job, tell, lease=lease)
            if job.kind == "audit":
                judge(where, made, json.loads(job.parameters)["policy"], work.asker(job))
            done += 1
        except Exception as why:  # noqa: BLE001 -- the job's row says why it failed; the worker takes the next
            tell(str(why), 0, 0)


def _foreground(
    where: Place, kind: Literal["train", "audit"], parameters: dict[str, str | int | None], tell: Tell, lease: float, workers: int = 1,
    prepared: work.Prepared | None = None,
) -> str:  # fmt: skip
    """The same job a screen would ask for, whose worker is this process."""
    about = str(parameters["task"]) if kind == "train" else where.archive.model(str(parameters["model"])).name
    job = where.jobs.submit(kind, parameters, permitted(where.archive, kind, None, about))
    claimed = work.claim(where, job, tell, lease=lease)
    if claimed:
        return work.perform(where, claimed, tell, lease=lease, workers=workers, prepared=prepared)
    over: Job = where.jobs.job(job.id)
    if over.state != "done" or over.result is None:
        raise ValueError(f"Job {over.id} ended as {over.state}: {over.error or 'no reason was given'}. Ask again.")
    return over.result


def _parent_report(where: Place, card: Card, report: Report) -> Report | None:
    return where.archive.latest_report(card.parent, report.split) if card.parent else None


def _difference(where: Place, text: str) -> Difference:
    """The paired difference of an id: the pair of reports on one split whose keys and measures give that id."""
    stored = [where.archive.report(line.id) for line in where.archive.reports(limit=1000)]
    for second in stored:
        for first in (one for one in stored if one.split == second.split and one.key != second.key):
            if any(difference_id(first.key, second.key, one).startswith(text) for one in second.measures()):
                found = seen.comparison(where.archive, views.comparison(where.archive, first, second), first, second)
                return next(one for one in found.differences if one.id(found).startswith(text))
    raise UnknownName("difference", text, [])


def _to_repeat(where: Place, text: str) -> tuple[Report, list[str]]:
    if text.startswith("m-"):
        found = where.archive.measure(text)
        return found.report, [found.code]
    report = where.archive.newest_report(text)
    return report, [answer.question.code for answer in report.answers]


def _sameness(report: Report, again: list[Answer]) -> Repetition:
    stored = {answer.question.code: answer for answer in report.answers}
    exact, near, far = 0, [], []
    for answer in again:
        if answer.question.dimension == "cost":
            continue
        old = {one.key: one for one in stored[answer.question.code].measures}
        new = {one.key: one for one in answer.measures}
        far += [key for key in old.keys() ^ new.keys()]
        for key in old.keys() & new.keys():
            first, second = old[key].value, new[key].value
            if old[key] == new[key]:
                exact += 1
            elif first is not None and second is not None and abs(first - second) <= TOLERANCE * max(abs(first), 1e-9):
                near.append(key)
            else:
                far.append(key)
    if far:
        return Repetition("different", f"{len(far)} measures differ, the first: {' '.join(sorted(far)[0]).strip()}")
    if near:
        return Repetition("within tolerance", f"{exact} identical, {len(near)} within a relative {TOLERANCE:g}")
    return Repetition("identical", f"{exact} measures; costs are measured anew each time and left out")
