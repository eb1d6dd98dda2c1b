"""A document that people completed, held against the store: does every figure with an id still say what was measured?"""

from __future__ import annotations

import re
from collections import defaultdict

from audit.policy import Judgement
from audit.report import Report
from audit.withheld import is_withheld
from dashboard import figures
from dashboard.drafts.page import read

MEASURE = re.compile(r"\bm-[a-z2-7]{10,16}\b")
FIGURE = re.compile(r"(?:\d|[%\]]|points)$")
"""How words end that are a figure."""
REACH = 200
"""Characters before an id in which its figure stands."""


def misquoted(markdown: str, report: Report, judgement: Judgement | None) -> list[str]:
    """Figures that are not what the store holds under the id that stands after them; words without an id are free."""
    said = _stored(report, judgement)
    unseen = {figures.short(one.id(report.key)) for one in report.measures() if is_withheld(one)}
    text = read(markdown)
    found = []
    for match in MEASURE.finditer(text):
        one = figures.short(match.group())
        before = re.split(r"[|\n]", text[max(0, match.start() - REACH) : match.start()])[-1].strip()
        if one in unseen:
            continue
        if one not in said:
            found.append(f"{one} is no measure of report {figures.short(report.id)}.")
        elif FIGURE.search(before) and not any(_bare(before).endswith(_bare(words)) for words in said[one]):
            stored = " or ".join(sorted(said[one]))
            found.append(f"{one}: the document says “{before[-60:]}”, and the store “{stored}”.")
    return found


def _stored(report: Report, judgement: Judgement | None) -> dict[str, set[str]]:
    said: defaultdict[str, set[str]] = defaultdict(set)
    for one in report.measures():
        said[figures.short(one.id(report.key))].add(figures.measured(one))
    for verdict in judgement.verdicts if judgement else ():
        if verdict.measure:
            rate = figures.rate_of(verdict.rule.measure)
            text = figures.with_interval(verdict.value, verdict.low, verdict.high, rate=rate)
            said[figures.short(verdict.measure)].add(text)
    return dict(said)


def _bare(words: str) -> str:
    return "".join(words.split())
