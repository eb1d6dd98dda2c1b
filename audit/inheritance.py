"""A tier extends a base: from a policy's file to the rules that are in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from audit.policy_file import PolicyFile, load, parse, refused
from audit.rule import Rule, Target, When
from models.task import UnknownName

FOLDER = Path(__file__).parent / "policies"
DRAFT = Path("draft.toml")
"""What errors call a text that lies in no file."""


@dataclass(frozen=True)
class Read:
    """A policy file as it was read."""

    path: Path
    form: PolicyFile


def names() -> list[str]:
    """Names of the shipped policies."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def lineage(name: str) -> list[Read]:
    """The policy of a name or path and all that it extends, the nearest base first. Raises ``ValueError``."""
    path = _path(name, Path())
    if path is None:
        raise UnknownName("policy", name, names())
    return _whole(Read(path, load(path)))


def drafted(text: str) -> list[Read]:
    """The same of a text that lies in no file and so extends shipped policies only. Raises ``ValueError``."""
    own = Read(DRAFT, parse(text, DRAFT))
    if own.form.extends is not None and own.form.extends not in names():
        known = ", ".join(names())
        raise refused(
            DRAFT, f"it extends {own.form.extends!r}, and a draft extends a shipped policy; type one of {known}"
        )
    return _whole(own)


def _whole(own: Read) -> list[Read]:
    """A policy and all that it extends, if they hold together."""
    found = [own]
    while found[-1].form.extends is not None:
        found.append(_base(found))
    for one in found:
        for problem in contradictions(one.form.rules):
            raise refused(one.path, problem)
    _hold_together(found)
    return found


def inherited(lineage: Sequence[Read]) -> tuple[Rule, ...]:
    """The rules in force: the base's first, each replaced where a tier has one of the same target."""
    found: list[Rule] = []
    for one in reversed(lineage):
        found = _extended(found, one.form.rules)
    return tuple(found)


def contradictions(rules: Sequence[Rule]) -> Iterator[str]:
    """Rules that cannot both be meant: two limits of one side, or a lower limit above an upper one.

    A note may ask for more than the rule that blocks, and rules that no task meets together may differ.
    """
    for (i, one), (j, other) in combinations(enumerate(rules, 1), 2):
        if one.target[:-1] == other.target[:-1] and _overlap(one.when, other.when):
            pair = f"rules {i} and {j} ({one.target}) contradict each other"
            yield from (f"{pair}: {why}" for why in _contradiction(one, other))


def _contradiction(one: Rule, other: Rule) -> Iterator[str]:
    if one.side == other.side and one.severity == other.severity:
        yield f"{one.side} is {one.given} in one and {other.given} in the other; keep one of them"
    low, high = (one.given, other.given) if one.side == "at_least" else (other.given, one.given)
    if one.side != other.side and low != "declared" and high != "declared" and low > high:
        yield f"at_least {low:g} lies above at_most {high:g}; lower the one or raise the other"


def _extended(base: Sequence[Rule], own: Sequence[Rule]) -> list[Rule]:
    """The base's rules in their order, with a tier's own in the place of those they replace, and the rest after them."""
    mine: dict[Target, list[Rule]] = {}
    for rule in own:
        mine.setdefault(rule.target, []).append(rule)
    kept = {rule.target: [one for one in base if one.target == rule.target] for rule in base}
    return [rule for each in (kept | mine).values() for rule in each]


def _path(name: str, beside: Path) -> Path | None:
    path = beside / name if name.endswith(".toml") else FOLDER / f"{name}.toml"
    return path if path.is_file() else None


def _base(found: Sequence[Read]) -> Read:
    """What the last of them extends."""
    last = found[-1]
    name = str(last.form.extends)
    path = _path(name, last.path.parent)
    if path is None:
        raise refused(
            last.path,
            f"it extends {name!r}, which is not there; type one of {', '.join(names())}, or a .toml beside it",
        )
    seen = [one.path.resolve() for one in found]
    if path.resolve() in seen:
        circle = " -> ".join([*(one.path.name for one in found), path.name])
        raise refused(last.path, f"it extends itself in a circle, {circle}; take one extends away")
    return Read(path, load(path))


def _hold_together(lineage: Sequence[Read]) -> None:
    """Refuse what no single file shows: nothing in force, nothing that blocks, a tier against its base."""
    own, found = lineage[0], inherited(lineage)
    if not found:
        raise refused(own.path, "it has no rules; type [[rules]] and below it a measure, a limit and a rationale")
    if not any(one.severity == "block" for one in found):
        raise refused(
            own.path, 'no rule blocks, so the gate could never open; type severity = "block" in one, or take note away'
        )
    for problem in contradictions(found):
        base = " and ".join(one.form.name for one in lineage[1:])
        raise refused(own.path, f"counting the rules of {base} first, {problem}")


def _overlap(one: When, other: When) -> bool:
    """Whether some task is concerned by both."""
    for name in When.model_fields:
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine is None or theirs is None:
            continue
        sets = [set(each) if isinstance(each, tuple) else {each} for each in (mine, theirs)]
        if not sets[0] & sets[1]:
            return False
    return True
