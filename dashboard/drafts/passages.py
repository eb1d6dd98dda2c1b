"""What several documents say in the same words: figures with their ids, verdicts, risks, and what people must add."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC

from audit.acts.document import title_of
from audit.acts.risks import levels
from audit.declared import GAP
from audit.framework import Framework
from audit.measure import Measure
from audit.policy import ORDER
from audit.requirement import Requirement
from dashboard import figures, views
from dashboard.drafts.material import Material
from dashboard.formats import text
from dashboard.formats.considerations import limitations
from dashboard.paper import block
from dashboard.paper.block import Block, Cell

Passage = Callable[[Material], Iterator[Block]]
"""What a document says at one of its points."""
ROWS = 30
"""Rows of a table; the report holds the rest."""


def gap(*wanted: str) -> Block:
    """Places that only people can fill, each clearly marked."""
    return {"kind": "terms", "rows": [[GAP, block.cell(one)] for one in wanted]}


def left(*wanted: str) -> Passage:
    """A point about which nothing can be stored."""

    def said(material: Material) -> Iterator[Block]:
        yield gap(*wanted)

    return said


def points_of(pack: Framework, asked: Iterable[Requirement] | None = None) -> str:
    """Whose points a document has, and from when they are asked for; all of a law, or those that are given."""
    begins = {one.applies_from for one in (pack.requirements if asked is None else asked) if one.applies_from}
    duty = f"; the duty begins on {min(begins)}" if begins else ""
    return f"Its points are those of {pack.name.partition(':')[0]}, {pack.framework.version}, as of {pack.as_of}{duty}."


def known(*pairs: tuple[str, object]) -> Iterator[Block]:
    """What is stored; what nobody said is a place to fill."""
    said = [(name, str(value)) for name, value in pairs if value]
    if said:
        yield block.terms(said)
    missing = [name for name, value in pairs if not value]
    if missing:
        yield gap(*(f"{name}." for name in missing))


def numbers(material: Material, names: Iterable[str], *, groups: bool = False) -> Iterator[Block]:
    """What was measured, each value with its interval, n and id; ``groups`` one by one, else all examples together."""
    wanted = tuple(names)
    found = [one for one in material.measures(wanted) if views.detail(one) is groups]
    shown = [one for one in found if one.value is not None]
    if not shown:
        yield block.text(_silence(material, wanted, found))
        return
    columns = [("Measure", 4.4, False), ("Value [interval]", 3.4, True), ("n", 0.8, True)]
    key = str(material.report.key if material.report else "")
    yield block.table(columns, [[
        block.cell(views.label(*one.key) + ("" if one.bound == "exact" else f" ({one.bound} bound)")),
        block.cell(figures.measured(one), id=one.id(key)),
        block.cell(figures.count(one.n)),
    ] for one in shown[:ROWS]])  # fmt: skip
    if len(shown) > ROWS:
        yield block.text(f"{len(shown) - ROWS} more stand in the report.")


def _silence(material: Material, wanted: tuple[str, ...], found: list[Measure]) -> str:
    """Why there is no number."""
    if material.report is None:
        return f"Not measured: {material.card.title} was never audited."
    why = dict.fromkeys(one.reason for one in found if one.reason)
    dimensions = {one.partition(".")[0] for one in wanted}
    why |= dict.fromkeys(
        f"{one.question.code} {one.status.replace('_', ' ')}, {one.reason}"
        for one in material.report.answers
        if one.status != "measured" and one.question.dimension in dimensions
    )
    return f"Not measured: {'; '.join(list(why)[:3]) or 'no check that was asked measures it'}."


def verdicts(material: Material, dimensions: tuple[str, ...] = ()) -> Iterator[Block]:
    """The limits and whether they hold, those that do not first."""
    said = [one for one in material.verdicts() if not dimensions or one.dimension in dimensions]
    if not said:
        yield block.text("No limit was judged." if material.judgement is None else "No rule of the policy limits this.")
        return
    columns = [("Verdict", 1, False), ("On", 3, False), ("Limit", 1, False), ("Found", 2, True), ("n", 0.7, True)]
    yield block.table(columns, [[
        block.verdict(one.outcome),
        block.cell(views.label(one.rule.measure, one.setting, one.rule.slice)),
        block.cell(views.limit_of(one)),
        block.cell(figures.found(one), id=one.measure or one.id),
        block.cell(figures.count(one.n)),
    ] for one in sorted(said, key=lambda one: ORDER.index(one.outcome))])  # fmt: skip


def purpose(material: Material) -> Block:
    """What the version is for and whom it concerns, as its task declares."""
    task = material.task
    return block.terms((
        ("Intended purpose", task.intended_use), ("Whom it concerns", task.concerns), ("One example is", task.unit),
        ("Favourable outcome", task.favourable or "none declared"),
        ("Groups looked at", ", ".join(task.groups) or "none declared"),
    ))  # fmt: skip


def data(material: Material, wanted: str) -> Iterator[Block]:
    """Where the data come from and what is wrong with them; ``wanted`` is what only people can add."""
    sheet = material.datasheet
    yield from known(
        ("Data set", sheet and sheet.title), ("Origin", sheet and sheet.origin), ("Collected", sheet and sheet.collected),
        ("Licence", sheet and sheet.licence), ("Known problems", sheet and " ".join(sheet.known_problems)), (wanted, None),
    )  # fmt: skip


def people(material: Material) -> Block:
    """Who answers for the model, as the inventory says."""
    entry = material.state.entry
    if entry is None:
        type_next = f"Type: answerable inventory set {material.card.name} --help"
        return gap(f"Who owns, develops and validates it, its use, tier and next review. {type_next}")
    return block.terms((
        ("Owner", entry.owner), ("Developer", entry.developer), ("Validator", entry.validator), ("Use", entry.use),
        ("Tier", f"{entry.tier} (exposure {entry.exposure}, purpose {entry.purpose})"),
        ("Next review", str(entry.next_review)),
    ))  # fmt: skip


def decision(material: Material) -> str:
    """By which rule an answer becomes a decision."""
    rule = material.card.identity.decision
    if rule.threshold is not None:
        return f"{rule.positive} from a probability of {figures.number(rule.threshold, rate=True)}"
    return {"argmax": "the most probable class", "given": "as given with the predictions"}.get(rule.kind, rule.kind)


def limits(material: Material) -> Iterator[Block]:
    """What the report cannot say."""
    said = list(limitations(material.dossier)) if material.dossier else []
    if said:
        yield block.terms(("Known limit", one) for one in said)
    else:
        yield block.text(
            "No limit of the evidence is known: "
            + ("nothing was measured." if material.report is None else "every question was answered.")
        )


def approvals(material: Material) -> Block:
    """Who signed this version, and what has become of it."""
    said = [one for one in material.state.approvals if one.version == material.card.digest]
    if not said:
        return block.text(f"Nobody has approved {material.card.title}.")
    return block.terms(("Approval", block.cell(one.sentence, id=one.id)) for one in said)


def changes(material: Material) -> Iterator[Block]:
    """How the version differs from the one before it, what people classed it as, and what went into use."""
    yield block.terms(_changes(material))


def _changes(material: Material) -> Iterator[tuple[str, str | Cell]]:
    yield "This version", views.changed(material.card, material.parent)
    for one in material.state.changes:
        if one.version == material.card.digest:
            yield "Classed as", f"{'a' if one.material else 'no'} material change: {one.reason}"
    if material.comparison:
        for worse in [one for one in material.comparison.differences if one.outcome == "worse"][:ROWS]:
            said = figures.change(worse.name, worse.difference, worse.low, worse.high)
            about = text.about(worse.name, worse.setting_text, worse.slice_text)
            yield "Worse than before", block.cell(f"{about}: {said}", id=worse.id(material.comparison))
    for released in (one for one in material.state.released if one.version == material.card.digest):
        at = figures.moment(released.at, UTC)
        yield "Released", block.cell(f"to {released.stage} by {released.by}, {at}", id=released.id)


def findings(material: Material) -> Block:
    """What is wrong and who mends it."""
    if not material.state.open_findings:
        return block.text("There is no open finding.")
    columns = [("Finding", 4, False), ("Severity", 1, False), ("Owner", 1, False), ("Due", 1, False)]
    return block.table(columns, [[
        block.cell(one.title, id=one.id), block.cell(one.severity), block.cell(one.owner),
        block.cell(f"{one.due}{', overdue' if one.overdue else ''}"),
    ] for one in material.state.open_findings])  # fmt: skip


def risks(material: Material) -> Iterator[Block]:
    """The living risks in short."""
    living = [one for one in material.state.risks if one.living]
    if not living:
        empty = (
            "is empty. Type: answerable risk add --help"
            if not material.state.risks
            else "holds no living risk: all are closed."
        )
        yield block.text(f"The risk register {empty}")
    else:
        columns = [("Risk", 3, False), ("As it is", 2, False), ("What is left", 2, False), ("Status", 1, False)]
        yield block.table(columns, [[
            block.cell(one.risk.title, id=one.id), block.cell(levels(one.risk.severity, one.risk.likelihood)),
            block.cell(levels(one.risk.residual_severity, one.risk.residual_likelihood)), block.cell(one.risk.status),
        ] for one in living])  # fmt: skip
    yield from uncovered(material)


def uncovered(material: Material) -> Iterator[Block]:
    """What does not hold and no risk answers."""
    if material.uncovered:
        yield block.terms(
            (
                "No risk covers this",
                block.cell(f"{one.title}. {one.why[:1].upper()}{one.why[1:]}", id=one.evidence or one.about),
            )
            for one in material.uncovered
        )


def filed(material: Material, kind: str) -> Block:
    """Where another document stands that this one points to."""
    found, name = material.filed(kind), title_of(kind)
    if found is None:
        return gap(f"{name}: none is filed yet. Type: answerable document draft {kind} {material.card.title}")
    act, document = found
    until = f", until {document.expires}" if document.expires else ""
    other = "" if document.version in (None, material.card.digest) else ", about another version"
    said = f"{document.title}, filed by {act.actor} on {act.created:%Y-%m-%d}{until}{other}"
    return block.terms([(name, block.cell(said, id=act.id)), ("Its text, sha256", block.cell("", id=document.digest))])


def about(version: str | None, material: Material) -> Cell:
    """Which version something is of."""
    if version is None:
        return block.cell("not known which")
    return block.cell(material.card.title if version == material.card.digest else "another version", id=version)
