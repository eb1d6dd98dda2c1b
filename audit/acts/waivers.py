"""The waivers that were given by acts, as judging takes them, and those without which a gate would be shut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from audit.acts.act import Act, of
from audit.acts.waiver import Waiver as Given
from audit.policy import Judgement, Verdict
from audit.rule import Waiver


def granted(acts: Iterable[Act]) -> dict[str, Waiver]:
    """Waivers by the act that gave them: of each model, measure and setting the last one counts."""
    last = {(one.subject, content.measure, content.setting): (one, content) for one, content in of(acts, Given)}
    return {one.id: _as_judged(one.subject, content) for one, content in last.values()}


def _as_judged(model: str, given: Given) -> Waiver:
    return Waiver(model=model, **given.model_dump(exclude={"schema_version"}))


def uncovered(judgement: Judgement, waivers: Iterable[Waiver], title: str, on: date) -> list[Verdict]:
    """The blocking verdicts that do not hold, and that no waiver accepts on that day."""
    known = list(waivers)
    return [one for one in _leaning(judgement) if not _covering(one, known, title, on)]


def covering(judgement: Judgement, waivers: Iterable[Waiver], title: str, on: date) -> Iterator[tuple[str, date]]:
    """(measure, last day) of the waivers without which the gate would be shut."""
    known = list(waivers)
    for one in _leaning(judgement):
        if found := _covering(one, known, title, on):
            yield one.rule.measure, max(each.expires for each in found)


def _leaning(judgement: Judgement) -> list[Verdict]:
    """Blocking verdicts that open the gate only while somebody accepts them, accepted then or not."""
    return [one for one in judgement.verdicts if one.rule.severity == "block" and one.outcome not in ("pass", "exempt")]


def _covering(verdict: Verdict, waivers: list[Waiver], title: str, on: date) -> list[Waiver]:
    return [one for one in waivers if one.covers(verdict.rule, verdict.setting, title, on)]
