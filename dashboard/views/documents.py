"""What documents are called, where each kind stands, and how they are shown without acting on what they hold."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, tzinfo
from typing import NamedTuple

import pandas as pd

from audit import framework
from audit.acts.act import Act
from audit.acts.document import Document, title_of
from audit.acts.state import ModelState
from audit.attestation import Attestation
from audit.scope import Scope, applicable_to
from audit.standing import documents_for
from dashboard import figures, marks
from models.card import Card

ACTING = re.compile(r"\\.|<br>|!\[|[<$]|:(?=[\w-]*\[)|:(?=[\w/+-]+:)")
"""What HTML, a picture, a formula, a directive or an icon begins with; what is escaped already stays."""
ICON = re.compile(r":[\w/+-]+:")
JOINER = "\u2060"
"""A mark without width: Streamlit looks for icons (``:name:``) once escapes are gone, so they are taken apart."""
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`]*)")
FEW = 2


class Line(NamedTuple):
    """One kind of document, and where it stands for a version."""

    kind: str
    name: str
    state: str
    """``filed``, ``about another version``, ``expired``, ``kept as data`` or ``missing``."""
    newest: tuple[Act, Document] | None
    asked: tuple[str, ...]
    """Which laws ask for it, once for each requirement."""


def lines(
    kinds: Iterable[str], filed: Iterable[tuple[Act, Document]], scope: Scope, stands: ModelState, version: str
) -> list[Line]:
    """Every kind that has a name or was filed, each with its newest state; what is missing comes last."""
    every = list(filed)
    asked = asking(scope)
    kept = {"risk_register": stands.risks, "incident_log": stands.incidents}
    found = []
    for kind in dict.fromkeys((*kinds, *(one.kind for _, one in every))):
        known = [one for one in every if one[1].kind == kind]
        newest = max(known, key=lambda one: (one[1].version in (None, version), one[0].created), default=None)
        state = "kept as data" if newest is None and kept.get(kind) else _state(newest, version, stands.today)
        found.append(Line(kind, title_of(kind), state, newest, asked.get(kind, ())))
    return sorted(found, key=lambda one: one.state == "missing")


def asking(scope: Scope) -> dict[str, tuple[str, ...]]:
    """The laws that ask for each kind of document, once for each requirement that concerns the model or may."""
    found: dict[str, list[str]] = {}
    for pack in map(framework.read, framework.names()):
        for one in pack.requirements:
            if "document" in one.kinds and applicable_to(scope, pack, one).applies != "no":
                for kind in documents_for(one, pack):
                    found.setdefault(kind, []).append(re.split(r":| \(", pack.name)[0])
    return {kind: tuple(names) for kind, names in found.items()}


def asked_by(names: tuple[str, ...]) -> str:
    """``Asked for by EU AI Act (14), NIST AI Risk Management Framework (1) and 3 more``; in brackets how often."""
    if not names:
        return "Nothing asks for it by itself"
    counts = Counter(names).most_common()
    said = [f"{name} ({n})" for name, n in counts[:FEW]]
    more = f" and {len(counts) - FEW} more" if len(counts) > FEW else ""
    return f"Asked for by {', '.join(said)}{more}"


def diff(before: str, after: str) -> str:
    """What changed between two texts, line by line."""
    return "\n".join(difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="", n=2))


def passages(text: str) -> list[tuple[bool, str]]:
    """A text as (whether it is code, words), with nothing left that acts. Headings stand two levels lower, beneath those
    of the screen; code is set apart, so that what is in it and what is not is decided here."""
    parts: list[tuple[bool, list[str]]] = [(False, [])]
    fence = ""
    for line in figures.printable(text.expandtabs(4)).split("\n"):
        found = FENCE.fullmatch(line)
        if found and not fence:
            fence = found[1]
            parts.append((True, []))
        elif found and found[1].startswith(fence) and not found[2].strip():
            fence = ""
            parts.append((False, []))
        else:
            parts[-1][1].append(line if fence else _harmless(line))
    joined = [(code, "\n".join(lines)) for code, lines in parts]
    return [(code, words) for code, words in joined if words.strip()]


def _harmless(line: str) -> str:
    def still(found: re.Match[str]) -> str:
        words = found[0]
        if words == "<br>":
            return " · "
        if words[0] == "\\":
            return words
        icon = ICON.match(found.string, found.start())
        return f":{JOINER}" if icon else "".join(f"\\{one}" for one in words)

    return ACTING.sub(still, re.sub(r"^(#{1,4}) ", r"##\1 ", line))


def sentence(found: list[Line], title: str) -> str:
    """How many kinds are there, and how many are asked for and are not."""
    there = sum(one.state != "missing" for one in found)
    missing = sum(one.state == "missing" and bool(one.asked) for one in found)
    return f"Of {len(found)} kinds of document {there} are there for {title}; {missing} are missing that are asked for by what concerns it or may."


def facts(newest: tuple[Act, Document], card: Card, zone: tzinfo | None) -> dict[str, str]:
    """A strip of what is known of a document."""
    act, document = newest
    return {
        "Title": marks.plain(document.title),
        "Digest": marks.code(document.digest),
        "Filed by": marks.plain(f"{act.actor} ({act.known_by})"),
        "Filed": figures.moment(act.created, zone),
        "About": _about(document, card),
        "Counts until": str(document.expires or "no day is set"),
        "Act": marks.code(act.id),
    }


def versions(filed: Iterable[tuple[Act, Document]], card: Card, zone: tzinfo | None) -> pd.DataFrame:
    """Every text of one kind, newest first."""
    rows = [
        {
            "No.": str(number),
            "Text": f"{marks.plain(one.title)}  \n{marks.code(one.digest)}",
            "Filed": marks.beneath(figures.moment(act.created, zone), f"by {act.actor}"),
            "About": f"{_about(one, card)}{f', until {one.expires}' if one.expires else ''}",
        }
        for number, (act, one) in enumerate(filed, 1)
    ]
    return pd.DataFrame(rows[::-1])


def attestations(said: Iterable[tuple[Act, Attestation]], card: Card, today: date, zone: tzinfo | None) -> pd.DataFrame:
    """What people stated, newest first; ``Evidence`` holds ids."""
    rows = [
        {
            "Requirement": marks.plain(f"{one.framework} {one.requirement}"),
            "Statement": one.statement,
            "By": f"{one.person}, filed by {act.actor} ({act.known_by})",
            "Dated": str(one.dated),
            "Counts until": f"{one.expires}, expired"
            if one.expires and one.expires < today
            else str(one.expires or figures.DASH),
            "About": card.title if one.model == card.digest else f"another version, {figures.short(one.model)}",
            "Evidence": list(one.evidence),
        }
        for act, one in said
    ]
    return pd.DataFrame(rows[::-1])


def _about(document: Document, card: Card) -> str:
    if document.version is None:
        return f"{marks.plain(card.name)} as such"
    return (
        marks.plain(card.title)
        if document.version == card.digest
        else f"another version, {marks.code(document.version)}"
    )


def _state(newest: tuple[Act, Document] | None, version: str, today: date) -> str:
    if newest is None:
        return "missing"
    _, document = newest
    if document.expires is not None and document.expires < today:
        return "expired"
    return "filed" if document.version in (None, version) else "about another version"
