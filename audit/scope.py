"""What a system is, where and for whom it works, and so which frameworks and duties concern it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Literal

from audit.framework import Framework
from audit.interview import NONE, Answers, Condition, Question, interview
from audit.requirement import Requirement
from audit.tier import tier
from models.record import Record
from models.task import UnknownName

ROLES = {"developer": "provider"}
"""Roles that a framework calls otherwise than the interview does."""


class Scope(Record):
    """The answers of one interview. Who answered and when is the ledger's to say."""

    schema_version: Literal[1] = 1
    interview: int
    """Version of the questions that were answered."""
    answers: Answers
    """Question ids with what was answered, sorted."""

    def said(self, question: str) -> tuple[str, ...] | None:
        """The answer to a question; ``None`` where there is none yet."""
        return dict(self.answers).get(question)


class Applicability(Record):
    """Whether something concerns the system, with the reason."""

    applies: Literal["yes", "no", "undecided"]
    reason: str


YES = Applicability(applies="yes", reason="it concerns this system, by the answers given")


def answered(answers: Mapping[str, str | list[str] | tuple[str, ...]], before: Scope | None = None) -> Scope:
    """A scope from answers, added to those given before; raises for what the interview does not know."""
    known = {one.id: one for one in interview().questions}
    given = dict(before.answers) if before else {}
    for name, value in answers.items():
        if name not in known:
            raise UnknownName("question", name, list(known))
        given[name] = _valid(known[name], (value,) if isinstance(value, str) else tuple(value))
    return Scope(interview=interview().version, answers=tuple(sorted(given.items())))


def _valid(question: Question, values: tuple[str, ...]) -> tuple[str, ...]:
    options = [one.id for one in question.options]
    for value in values:
        if question.kind != "text" and value not in options:
            raise UnknownName(f"answer to {question.id!r}", value, options)
    if not values or not all(one.strip() for one in values):
        raise ValueError(f"The answer to {question.id!r} is empty; answer it ({question.text}) or leave it out.")
    if question.kind != "many" and len(values) > 1:
        raise ValueError(f"{question.id!r} takes one answer and was given {', '.join(values)}; choose one.")
    if NONE in values and len(values) > 1:
        raise ValueError(f"{question.id!r} was answered with none and with others: {', '.join(values)}; choose.")
    return tuple(sorted(set(values)))


def open_questions(scope: Scope) -> tuple[Question, ...]:
    """What is still to be asked, in order; follow-up questions only where they matter."""
    return tuple(one for one in interview().questions if scope.said(one.id) is None and _is_asked(one, scope))


def _is_asked(question: Question, scope: Scope) -> bool:
    """Whether the answers before it make the question matter; an answer that no longer matters does not count."""
    if question.when_any_but_none:
        return _counted(question.when_any_but_none, scope) not in ((), (NONE,))
    return not question.when or any(set(_counted(name, scope)) & set(values) for name, values in question.when)


def _counted(name: str, scope: Scope) -> tuple[str, ...]:
    question = next(one for one in interview().questions if one.id == name)
    return (scope.said(name) or ()) if _is_asked(question, scope) else ()


def applicable(scope: Scope, framework: Framework) -> Applicability:
    """Whether a framework concerns the system. What was not answered is undecided, never not applicable."""
    found = next((one for one in interview().frameworks if one.framework == framework.id), None)
    if found is None:
        return Applicability(
            applies="undecided", reason=f"no question of the interview says whether {framework.name} concerns it"
        )
    return _all(found.conditions, scope)


def applicable_to(scope: Scope, framework: Framework, requirement: Requirement) -> Applicability:
    """Whether a requirement concerns the system and whoever answered: by framework, by actor, by what it is about."""
    whole = applicable(scope, framework)
    parts = [whole, _by_actor(scope, requirement), _all(tuple(_besides(framework, requirement)), scope)]
    return _worst(parts)


def _besides(framework: Framework, requirement: Requirement) -> Iterator[Condition]:
    for one in interview().requirements:
        if one.framework == framework.id and any(fnmatchcase(requirement.id, pattern) for pattern in one.ids):
            yield from one.conditions
            return


def _by_actor(scope: Scope, requirement: Requirement) -> Applicability:
    if not requirement.actor:
        return YES
    if requirement.actor == ("regulator",):
        return Applicability(applies="no", reason="it is a duty of the regulator")
    wanted = tuple(ROLES.get(one, one) for one in requirement.actor)
    duty = f"it is a duty of the {' and the '.join(one.replace('_', ' ') for one in wanted)}"
    return _holds(Condition(answers=(("roles", wanted),), otherwise=duty), scope)


def _all(conditions: tuple[Condition, ...], scope: Scope) -> Applicability:
    return _worst([_holds(one, scope) for one in conditions])


def _worst(parts: list[Applicability]) -> Applicability:
    """One no is no; else one open question leaves it open."""
    for outcome in ("no", "undecided"):
        found = next((one for one in parts if one.applies == outcome), None)
        if found is not None:
            return found
    return YES


def _holds(condition: Condition, scope: Scope) -> Applicability:
    """One answer that will do is enough; while one question is open, the others cannot refuse."""
    unanswered: list[str] = []
    for name, wanted in condition.answers:
        values, missing = _said(name, scope)
        if set(values) & set(wanted):
            return YES
        unanswered += missing
    if unanswered:
        first = ", ".join(dict.fromkeys(unanswered))
        return Applicability(applies="undecided", reason=f"scope not answered: {first}")
    return Applicability(applies="no", reason=condition.otherwise)


def _said(name: str, scope: Scope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was answered, and which questions are open for it; follow-up questions that do not arise are not open."""
    if name == "tier":
        found = tier(scope)
        return tuple(one.id for one in found.tiers), found.deciding
    question = next(one for one in interview().questions if one.id == name)
    values = _counted(name, scope)
    return values, (name,) if not values and _may_arise(question, scope) else ()


def _may_arise(question: Question, scope: Scope) -> bool:
    """Whether it is asked, or will be after a question before it that is still open."""
    if _is_asked(question, scope):
        return True
    before = [question.when_any_but_none] if question.when_any_but_none else [name for name, _ in question.when]
    parents = [one for one in interview().questions if one.id in before]
    return any(scope.said(one.id) is None and _may_arise(one, scope) for one in parents)
