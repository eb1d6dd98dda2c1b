"""Where each requirement stands, derived from what is known: a pure function, never a percentage, never a promise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from audit.acts.document import name_of
from audit.attestation import Attestation, DocumentFact
from audit.facts import Bound, Facts
from audit.framework import Framework
from audit.measured import measured
from audit.part import Part, State, together, weakest
from audit.requirement import Requirement
from audit.scope import Applicability, Scope, applicable_to
from models.record import Record

DOCUMENTS = {
    "documentation.model_card_completeness": "model_card",
    "data.datasheet_completeness": "datasheet",
    "documentation.annex_iv_completeness": "annex_iv",
    "documentation.instructions_for_use_completeness": "instructions_for_use",
    "process.risk_register_coverage": "risk_register",
    "documentation.ml_bom_valid": "ml_bom",
}
"""The document that a measure is taken of."""
WRITTEN_FOR = {
    "instructions_for_use": (
        "AIA-13-3B2", "AIA-13-3B3", "AIA-13-3B4", "AIA-13-3B5", "AIA-13-3B6", "AIA-13-3B7", "AIA-13-3C", "AIA-13-3D",
        "AIA-13-3E", "AIA-13-3F",
    ),
    "human_oversight_plan": ("AIA-14-1", "RMF-GOVERN-3-2"),
    "post_market_monitoring_plan": ("AIA-72-1", "AIA-72-3", "RMF-MANAGE-4-1"),
    "incident_log": ("AIA-9-2C",),
    "sr_26_2_validation": ("MRM-SCOPE", "MRM-TIER", "MRM-CONCEPT"),
}  # fmt: skip
"""The requirements that a document is written for, whatever they measure."""
UNASKED = ("nist_ai_rmf_profile",)
"""Documents that no requirement asks for by itself: they tell where all of them stand."""
WHOLE = {"doc_model_card": "model_card", "doc_datasheet": "datasheet", "eu_ai_act_annex_iv": "annex_iv"}
"""Frameworks that are one document: each requirement is a part of it."""


class RequirementState(Record):
    """Where one requirement stands for one version, why, and on which evidence."""

    framework: str
    requirement: str
    pack: str
    """Digest of the framework that was read."""
    as_of: date
    state: State
    reason: str
    evidence: tuple[str, ...] = ()
    """Ids of measures and verdicts, digests of documents and attestations."""
    applies_from: date | None = None
    """Set where the duty begins later than today."""


def standing(
    requirement: Requirement, framework: Framework, applicability: Applicability, facts: Facts
) -> RequirementState:
    """The one state of a requirement. What is missing is never within policy; the weakest part speaks."""
    later = requirement.applies_from if requirement.applies_from and requirement.applies_from > facts.today else None
    if applicability.applies == "no":
        part = Part("not applicable", applicability.reason)
    elif applicability.applies == "undecided":
        part = Part("scope not answered", applicability.reason)
    else:
        part = _asked(requirement, framework, facts)
    return RequirementState(
        framework=framework.id,
        requirement=requirement.id,
        pack=framework.digest,
        as_of=framework.as_of,
        state=part.state,
        reason=_sentence(part.reason),
        evidence=part.evidence,
        applies_from=later,
    )


def standings(framework: Framework, scope: Scope, facts: Facts) -> tuple[RequirementState, ...]:
    """Every requirement of a framework, in its order, each exactly once."""
    return tuple(
        standing(one, framework, applicable_to(scope, framework, one), facts) for one in framework.requirements
    )


def documents_for(requirement: Requirement, framework: Framework) -> tuple[str, ...]:
    """Kinds of the documents that must be there, all of them; one filed under the requirement's own id will do instead."""
    if framework.id in WHOLE:
        return (WHOLE[framework.id],)
    kinds = dict.fromkeys(DOCUMENTS[one.measure] for one in requirement.measurements if one.measure in DOCUMENTS)
    kinds |= dict.fromkeys(kind for kind, asking in WRITTEN_FOR.items() if requirement.id in asking)
    return tuple(kinds) or (requirement.id,)


def _sentence(text: str) -> str:
    """With a capital, unless it begins with the name of a measure, and one full stop."""
    named = "." in text.partition(" ")[0].rstrip(".:")
    return (text if named else text[:1].upper() + text[1:]).rstrip(".") + "."


def _asked(requirement: Requirement, framework: Framework, facts: Facts) -> Part:
    parts = [_of_kind(kind, requirement, framework, facts) for kind in dict.fromkeys(requirement.kinds)]
    worst = weakest(parts)
    if all(one.state in ("within policy", "document present", "attested") for one in parts):
        worst = parts[0]
    beside = [f"{one.state}: {one.reason}" for one in parts if one is not worst]
    return Part(worst.state, "; besides, ".join([worst.reason.rstrip("."), *beside]), together(parts))


def _of_kind(kind: str, requirement: Requirement, framework: Framework, facts: Facts) -> Part:
    if kind == "document":
        return _documented(requirement, framework, facts)
    if kind == "attestation":
        return _attested(requirement, framework, facts)
    return _measurable(requirement, framework, facts)


def _measurable(requirement: Requirement, framework: Framework, facts: Facts) -> Part:
    bound = facts.binding(framework.id)
    if bound is None:
        now = measured(requirement, facts.report, facts.judged(), facts)
        stale = list(_outdated_report(requirement, facts))
    else:
        judgement = bound.judgement if bound.judgement and bound.judgement.report == bound.report.key else None
        now = measured(requirement, bound.report, judgement, facts)
        stale = [*_changed(bound, framework, facts), *_expired(bound, requirement, facts)]
        stale += _judged_worse(bound, now, requirement, facts)
    if stale and now.evidence:
        return Part("stale", f"{'; '.join(stale)} (the evidence said: {now.state}, {now.reason})", now.evidence)
    return now


def _outdated_report(requirement: Requirement, facts: Facts) -> Iterator[str]:
    """Why the newest report no longer speaks for what is current."""
    if facts.report is None:
        return
    judged = facts.judged()
    yield from _differ("model", facts.report.model, facts.model)
    yield from _differ("split", facts.report.split, facts.split)
    yield from _differ("policy", judged.policy if judged else None, facts.policy)
    yield from _too_old(facts.report.created.date(), requirement, facts)


def _changed(bound: Bound, framework: Framework, facts: Facts) -> Iterator[str]:
    yield from _differ("model", bound.binding.model, facts.model)
    yield from _differ("split", bound.binding.split, facts.split)
    yield from _differ("policy", bound.binding.policy, facts.policy)
    yield from _differ("framework pack", bound.binding.pack, framework.digest)


def _differ(what: str, then: str | None, now: str | None) -> Iterator[str]:
    if then is not None and now is not None and then != now:
        yield f"the {what} changed since: {then[:12]} then, {now[:12]} now"


def _expired(bound: Bound, requirement: Requirement, facts: Facts) -> Iterator[str]:
    if bound.binding.expires is not None and bound.binding.expires < facts.today:
        yield f"the evidence expired on {bound.binding.expires}"
    yield from _too_old(bound.report.created.date(), requirement, facts)


def _too_old(made: date, requirement: Requirement, facts: Facts) -> Iterator[str]:
    days = requirement.max_age_days
    if days is not None and facts.today - made > timedelta(days=days):
        yield f"the evidence of {made} expired: {requirement.ref or requirement.id} allows {days} days"


def _judged_worse(bound: Bound, then: Part, requirement: Requirement, facts: Facts) -> Iterator[str]:
    if facts.report is None or facts.report.key == bound.report.key or facts.report.created <= bound.report.created:
        return
    now = measured(requirement, facts.report, facts.judged(), facts)
    if now.strength < then.strength:
        yield f"the newer report {facts.report.id} judges worse: {now.state}, {now.reason}"


def _documented(requirement: Requirement, framework: Framework, facts: Facts) -> Part:
    own = _newest(requirement.id, facts)
    if own is not None:
        return _document(own, requirement, facts)
    wanted = documents_for(requirement, framework)
    there = {kind: one for kind in wanted if (one := _newest(kind, facts)) is not None}
    missing = [kind for kind in wanted if kind not in there]
    if missing:
        named = " and no ".join(
            f"document filed for {one}" if one == requirement.id else name_of(one) for one in missing
        )
        instead = "" if requirement.id in missing else f", nor a document filed for {requirement.id}"
        evidence = tuple(one.digest for one in there.values())
        return Part("document missing", f"there is no {named}{instead}", evidence)
    parts = [_document(one, requirement, facts) for one in there.values()]
    worst = weakest(parts)
    reason = worst.reason if worst.state == "stale" else "; ".join(one.reason for one in parts)
    return Part(worst.state, reason, together(parts))


def _newest(kind: str, facts: Facts) -> DocumentFact | None:
    """The newest document of a kind; one about the version at hand before one about another."""
    found = [one for one in facts.documents if one.kind == kind and one.dated <= facts.today]
    return max(reversed(found), key=lambda one: (one.model in (None, facts.model), one.dated), default=None)


def _document(one: DocumentFact, requirement: Requirement, facts: Facts) -> Part:
    name = f"{name_of(one.kind)} of {one.dated} by {one.author}"
    stale = list(_differ("model", one.model, facts.model))
    if one.expires is not None and one.expires < facts.today:
        stale.append(f"it expired on {one.expires}")
    stale += _too_old(one.dated, requirement, facts)
    if stale:
        return Part("stale", f"{name}: {'; '.join(stale)}", (one.digest,))
    return Part("document present", name, (one.digest,))


def _attested(requirement: Requirement, framework: Framework, facts: Facts) -> Part:
    found = [
        one
        for one in facts.attestations
        if (one.framework, one.requirement) == (framework.id, requirement.id) and one.dated <= facts.today
    ]
    if not found:
        return Part("attestation missing", f"nobody has attested {requirement.id}")
    parts = [_attestation(one, requirement, framework, facts) for one in sorted(found, key=lambda one: one.dated)]
    return max(reversed(parts), key=lambda one: one.strength)


def _attestation(one: Attestation, requirement: Requirement, framework: Framework, facts: Facts) -> Part:
    said = f"{one.person} on {one.dated}: {one.statement.rstrip('.')}"
    stale = [*_differ("model", one.model, facts.model), *_differ("framework pack", one.pack, framework.digest)]
    if one.expires is not None and one.expires < facts.today:
        stale.append(f"the attestation expired on {one.expires}")
    stale += _too_old(one.dated, requirement, facts)
    evidence = (one.sha256(), *one.evidence)
    if stale:
        return Part("stale", f"{'; '.join(stale)} ({said})", evidence)
    return Part("attested", said, evidence)
