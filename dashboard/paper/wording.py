"""How measures, limits and verdicts are named on paper, in the language that is spoken."""

from __future__ import annotations

from audit.policy import Verdict
from dashboard import figures, texts, views


def label(name: str, setting: str = "", slice: str = "") -> str:
    """``Demographic parity difference · by race``."""
    title = figures.title(name)
    return texts.named("measure", name, title) + views.label(name, setting, slice).removeprefix(title)


def limit(name: str, limit: float | None, side: str | None) -> str:
    """``at most 10 %``; a dash where no rule limits it."""
    if limit is None or side is None:
        return figures.DASH
    words = figures.number(limit, rate=figures.rate_of(name), width=1.0).replace("-", "−")
    return texts.say(f"limit.{side}", limit=words)


def why(verdict: Verdict) -> str:
    """The reason of a verdict, with the n that would settle an unsure one."""
    reason = texts.named("reason", verdict.reason, verdict.reason)
    if not verdict.settles_at:
        return reason
    return texts.say("limit.settle", reason=reason, n=figures.count(verdict.settles_at))


def sentence(words: str) -> str:
    """Words with a capital and a full stop, which Chinese writes in its own way."""
    if not words:
        return ""
    return f"{words[:1].upper()}{words[1:]}{'。' if texts.spoken() == 'zh' and not words.endswith(texts.MARK) else '.'}"
