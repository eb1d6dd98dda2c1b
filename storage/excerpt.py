"""Some measures of a stored report, without reading the rest: a report is half a megabyte, a policy asks for a few lines.

Stored bytes are canonical JSON: keys are sorted, nothing stands between them, and a quotation mark inside a text is
written ``\\"``. So a key with its value is found as bytes, and only what is found is parsed.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection
from typing import Any

from audit.report import Report

MEASURE = b'{"better":'
"""How every measure begins."""
QUESTION, TEXT, REASON, STATUS = b'],"question":{', b',"doc":"', b',"reason":"', b'"status":"'
"""What follows the measures of an answer, in this order."""
HEAD = b'],"code":"'
"""What follows the answers."""


def excerpt(document: bytes, names: Collection[str]) -> Report:
    """The report as stored, with the measures of these names alone; without exhibits and the texts of questions.

    No name: no answers either.
    """
    head = json.loads(b"{" + document[document.rindex(HEAD) + 2 :])
    return Report.model_validate({**head, "answers": _answers(document, names) if names else ()})


def _answers(document: bytes, names: Collection[str]) -> list[dict[str, Any]]:
    ends = _places(document, QUESTION)
    answers = [_answer(document, one) for one in ends]
    found = {place: measure for name in names for place, measure in _measures(document, name)}
    for place in sorted(found):
        answers[bisect_left(ends, place)]["measures"].append(found[place])
    return answers


def _answer(document: bytes, at: int) -> dict[str, Any]:
    """What stands behind the measures of an answer: which question it was, and why there are none."""
    text = document.index(TEXT, at)
    reason = document.index(REASON, text)
    end = document.index(b'"}', document.index(STATUS, reason) + len(STATUS)) + 2
    asked = document[at + len(QUESTION) : text] + b',"doc":"","title":""}'
    found: dict[str, Any] = json.loads(b'{"measures":[],"question":{' + asked + document[reason:end])
    return found


def _measures(document: bytes, name: str) -> list[tuple[int, dict[str, Any]]]:
    """Every measure of a name, with its place; an exhibit of that name is none."""
    found = []
    for at in _places(document, b'"name":%s' % json.dumps(name).encode()):
        start = document.rfind(MEASURE, 0, at)
        ends = (document.find(b"," + MEASURE, start), document.find(QUESTION, start))
        end = min((one for one in ends if one >= 0), default=-1)
        if 0 <= start < at < end:
            found.append((start, json.loads(document[start:end])))
    return found


def _places(document: bytes, wanted: bytes) -> list[int]:
    found, at = [], document.find(wanted)
    while at >= 0:
        found.append(at)
        at = document.find(wanted, at + len(wanted))
    return found
