"""Some measures of a stored report, without reading the rest: a report is half a megabyte, a policy asks for a few lines.

Stored bytes are canonical JSON: keys are sorted, nothing stands between them, and a quotation mark inside a text is
written ``\\"``. So a key with its value is found as bytes, and only what is found is parsed.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection

from audit.report import Report

MEASURE = b'{"better":'
"""How every measure begins."""
QUESTION, TEXT, REASON, STATUS = b'],"question":{', b',"doc":"', b',"reason":"', b'"status":"'
"""What follows the measures of an answer, in this order."""
MEASURED = b'"status":"measured"}'
"""How an answer ends to which there are measures."""
HEAD = b'],"code":"'
"""What follows the answers."""


def excerpt(document: bytes, names: Collection[str]) -> Report:
    """The report as stored, with the measures of these names alone; without exhibits and the texts of questions.

    Answers with none of them are there only where nothing was measured, for the reason. No name: no answers.
    """
    answers = _answers(document, names) if names else []
    return Report.model_validate_json(b'{"answers":[%s%s' % (b",".join(answers), document[document.rindex(HEAD) :]))


def _answers(document: bytes, names: Collection[str]) -> list[bytes]:
    ends = _places(document, QUESTION)
    found: list[list[bytes]] = [[] for _ in ends]
    for place, measure in sorted(one for name in names for one in _measures(document, name)):
        found[bisect_left(ends, place)].append(measure)
    answers = [_answer(document, at, measures) for at, measures in zip(ends, found, strict=True)]
    return [one for one, measures in zip(answers, found, strict=True) if measures or not one.endswith(MEASURED)]


def _answer(document: bytes, at: int, measures: list[bytes]) -> bytes:
    """Measures of an answer with what stands behind them: which question it was, and why there are none."""
    text = document.index(TEXT, at)
    reason = document.index(REASON, text)
    end = document.index(b'"}', document.index(STATUS, reason) + len(STATUS)) + 2
    return b'{"measures":[%s%s,"doc":"","title":""}%s' % (b",".join(measures), document[at:text], document[reason:end])


def _measures(document: bytes, name: str) -> list[tuple[int, bytes]]:
    """Every measure of a name, with its place; an exhibit of that name is none."""
    found = []
    for at in _places(document, b'"name":%s' % json.dumps(name).encode()):
        start = document.rfind(MEASURE, 0, at)
        ends = (document.find(b"," + MEASURE, start), document.find(QUESTION, start))
        end = min((one for one in ends if one >= 0), default=-1)
        if 0 <= start < at < end:
            found.append((start, document[start:end]))
    return found


def _places(document: bytes, wanted: bytes) -> list[int]:
    found, at = [], document.find(wanted)
    while at >= 0:
        found.append(at)
        at = document.find(wanted, at + len(wanted))
    return found
