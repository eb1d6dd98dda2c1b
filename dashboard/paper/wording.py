"""How measures, limits and verdicts are named on paper, in the language that is spoken."""

from __future__ import annotations

from collections.abc import Iterable

from audit.compare import Difference
from audit.policy import Verdict
from dashboard import figures, texts, views


def label(name: str, setting: str = "", slice: str = "") -> str:
    """``Demographic parity difference · by race``."""
    title = figures.title(name)
    return texts.named("measure", name, title) + views.label(name, setting, slice).removeprefix(title)


def limit(name: str, limit: float | None, side: str | None, *, change: bool = False) -> str:
    """``at most 10 %``; a dash where no rule limits it. A change since the parent of a share is limited in points."""
    if limit is None or side is None:
        return figures.DASH
    rate = figures.rate_of(name)
    words = figures.number(limit, rate="points" if rate and change else rate, width=1.0).replace("-", "−")
    return texts.say(f"limit.{side}", limit=words)


def why(one: Verdict | Difference) -> str:
    """The reason of a verdict or of an outcome, with the n that would settle what is unsure."""
    if not one.settles_at:
        return reason(one.reason)
    return texts.say("limit.settle", reason=reason(one.reason), n=figures.count(one.settles_at))


def word(name: str) -> str:
    """One word of many (a state, a phase, a severity), which in English is its own name: ``in validation``."""
    return texts.named("word", name, name.replace("_", " "))


def reason(words: str) -> str:
    """A reason as it was stored, or what a language has for it."""
    return texts.named("reason", words, words)


def listed(words: Iterable[str]) -> str:
    """Words one after the other."""
    return texts.say("list.comma").join(words)


def many(n: int) -> str:
    """Which of two texts a number asks for."""
    return "one" if n == 1 else "many"


def sentence(words: str) -> str:
    """Words with a capital and a full stop, which Chinese writes in its own way."""
    if not words:
        return ""
    return f"{words[:1].upper()}{words[1:]}{'。' if texts.spoken() == 'zh' and not words.endswith(texts.MARK) else '.'}"
