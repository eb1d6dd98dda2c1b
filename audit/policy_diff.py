"""What one policy changes in another, rule by rule and limit by limit, and whether it asks for less."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Literal

from audit.policy import Policy
from audit.rule import Rule, Waiver, When
from models.record import Record

Effect = Literal["stricter", "weaker", "other"]
WORDS = ("rationale", "clauses", "source")
"""What does not change a verdict."""
NAMES = {
    "minimum_n": "the smallest n", "severity": "severity", "accept_bound": "whether a bound is accepted",
    "statistic": "what is judged", "level": "the level", "when": "whom it concerns", "expires": "its end",
    "reason": "the reason", "compensating_control": "the compensating control",
}  # fmt: skip


class Amendment(Record):
    """One thing that the newer policy says otherwise."""

    kind: Literal["added", "removed", "changed"]
    about: str
    """The rule or waiver."""
    what: str
    """What of it: the rule itself, the limit, the level ..."""
    old: str = ""
    new: str = ""
    effect: Effect
    """Whether the newer policy asks for more or for less; ``other`` where that depends on the task, or on nothing."""

    @property
    def sentence(self) -> str:
        """In words: ``accuracy.accuracy: the limit was at least 0.8 and is at least 0.7 (weaker)``."""
        if self.what in WORDS:
            said = f"{self.what} now says: {self.new.rstrip('.') or 'nothing'}"
        elif self.kind == "changed":
            said = f"{self.what} was {self.old or 'empty'} and is {self.new or 'empty'}"
        else:
            said = f"{self.kind}: {self.new or self.old}"
        return f"{self.about}: {said}" + ("" if self.effect == "other" else f" ({self.effect})")


def amendments(old: Policy, new: Policy) -> Iterator[Amendment]:
    """Rules and waivers added, removed, and changed key by key, in the newer policy's order."""
    before, after = _keyed(old.rules), _keyed(new.rules)
    for key, rule in after.items():
        if key in before:
            yield from _changed(before[key], rule)
        else:
            effect: Effect = "stricter" if rule.severity == "block" else "other"
            yield Amendment(kind="added", about=str(rule.target), what="the rule", new=_text(rule), effect=effect)
    for key, rule in before.items():
        if key not in after:
            yield Amendment(kind="removed", about=str(rule.target), what="the rule", old=_text(rule), effect="weaker")
    yield from _waivers(old, new)


def _keyed(rules: Iterable[Rule]) -> dict[Hashable, Rule]:
    """Rules by target; the second of one target (a note beside a block) is the second in both policies."""
    found: dict[Hashable, Rule] = {}
    for rule in rules:
        found[rule.target, sum(one.target == rule.target for one in found.values())] = rule
    return found


def _changed(old: Rule, new: Rule) -> Iterator[Amendment]:
    about = str(new.target)
    if old.given != new.given:
        effect = _direction(old.given, new.given, up=new.side == "at_least")
        yield Amendment(kind="changed", about=about, what="the limit", old=_limit(old), new=_limit(new), effect=effect)
    for name in ("statistic", "level", "minimum_n", "severity", "accept_bound", "when", *WORDS):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            what = NAMES.get(name, name)
            yield Amendment(
                kind="changed", about=about, what=what, old=_said(was), new=_said(now), effect=_effect(name, was, now)
            )


def _effect(name: str, was: Any, now: Any) -> Effect:
    if name in ("level", "minimum_n"):
        return _direction(was, now, up=True)
    if name == "when":
        return "stricter" if now == When() else "weaker" if was == When() else "other"
    looser = {"statistic": "value", "severity": "note", "accept_bound": True}
    if name in looser:
        return "weaker" if now == looser[name] else "stricter"
    return "other"


def _direction(was: float | str, now: float | str, *, up: bool) -> Effect:
    if isinstance(was, str) or isinstance(now, str):
        return "other"
    return "stricter" if (now > was) == up else "weaker"


def _waivers(old: Policy, new: Policy) -> Iterator[Amendment]:
    before, after = ({_waiver(one): one for one in policy.waivers} for policy in (old, new))
    for about, one in after.items():
        if about not in before:
            text = f"until {one.expires}: {one.reason}"
            yield Amendment(kind="added", about=about, what="the waiver", new=text, effect="weaker")
            continue
        for name in ("expires", "reason", "compensating_control"):
            was, now = getattr(before[about], name), getattr(one, name)
            if was != now:
                effect = _direction(was.toordinal(), now.toordinal(), up=False) if name == "expires" else "other"
                yield Amendment(
                    kind="changed", about=about, what=NAMES[name], old=str(was), new=str(now), effect=effect
                )
    for about, one in before.items():
        if about not in after:
            text = f"until {one.expires}: {one.reason}"
            yield Amendment(kind="removed", about=about, what="the waiver", old=text, effect="stricter")


def _waiver(one: Waiver) -> str:
    return f"waiver of {one.owner} for {' '.join(filter(None, (one.measure, one.setting)))} of {one.model}"


def _limit(rule: Rule) -> str:
    given = "what the task's owner declared" if rule.given == "declared" else f"{rule.given:g}"
    return f"{rule.side.replace('_', ' ')} {given}"


def _text(rule: Rule) -> str:
    return _limit(rule) + (", a note" if rule.severity == "note" else "")


def _said(value: Any) -> str:
    if isinstance(value, When):
        given = value.model_dump(exclude_none=True)
        return " and ".join(f"{key.replace('_', ' ')} = {_said(one)}" for key, one in given.items()) or "every task"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
