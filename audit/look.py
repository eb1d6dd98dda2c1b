"""A first look at a table: what is in it, who is in it, and what should be known before it is audited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from audit.association import best_cut, cramers_v, levels, table
from audit.candidates import Candidate, candidates
from audit.personal import Personal, find
from audit.profile import Coded, Codes, Profile, profile
from audit.shared_rows import Alike, shared
from models.record import Record

ROWS, COLUMNS = 50_000, 400
"""Rows and columns from which associations are computed."""
PROXY, LEAK = 0.3, 0.95
"""Association from which a column stands in for a group, and from which it gives the truth away."""
PROXIES = 10
"""Proxies named for each group."""
FEWEST = 30
"""Rows below which no association is stated."""
FINE = 50
"""Parts that a number is cut into where it may give the truth away."""


class Proxy(Record):
    """A column that goes with a group: leaving the group out does not leave it out."""

    group: str
    column: str
    association: float
    """Cramer's V, bias-corrected (Bergsma 2013)."""
    n: int

    @property
    def sentence(self) -> str:
        """``relationship goes with sex (0.65 of 1; 30,162 rows).``"""
        return f"{self.column} goes with {self.group} ({self.association:.2f} of 1; {self.n:,} rows)."


class Leak(Record):
    """A column that nearly gives the truth away."""

    truth: str
    column: str
    association: float
    n: int

    @property
    def sentence(self) -> str:
        """``paid_back nearly gives default away (0.99 of 1; 3,000 rows): is it known when the decision is made?``"""
        known = "is it known when the decision is made?"
        return f"{self.column} nearly gives {self.truth} away ({self.association:.2f} of 1; {self.n:,} rows): {known}"


class Imbalance(Record):
    """How rare the rarest class of a truth is."""

    truth: str
    rarest: str
    count: int
    n: int
    share: float

    @property
    def sentence(self) -> str:
        """``default: the rarest value is yes, 221 of 1,000 rows (22.1 %).``"""
        return f"{self.truth}: the rarest value is {self.rarest}, {self.count:,} of {self.n:,} rows ({self.share:.1%}).".replace(
            "%)", " %)"
        )


class Shared(Record):
    """Rows of two tables that are alike in every column that both have."""

    rows: int
    """Of this table, that stand in the other."""
    share: float | None
    """None where this table has no rows."""
    other_rows: int
    """Of the other table, that stand in this one."""
    columns: int
    """Compared: those that both tables have."""

    @property
    def sentence(self) -> str:
        """``12 rows (1.2 %) stand in the other table too, alike in all 14 columns that both have.``"""
        if not self.columns:
            return "The two tables have no column in common: no row can be compared."
        share = "" if self.share is None else f" ({self.share:.1%})".replace("%", " %")
        return f"{self.rows:,} rows{share} stand in the other table too, alike in all {self.columns:,} columns that both have."


class Look(Record):
    """What a first look at a table shows."""

    rows: int
    duplicate_rows: int
    """Rows that repeat an earlier one in every column."""
    columns: tuple[Profile, ...]
    candidates: tuple[Candidate, ...]
    personal: tuple[Personal, ...]
    proxies: tuple[Proxy, ...]
    imbalance: tuple[Imbalance, ...]
    leaks: tuple[Leak, ...]
    shared: Shared | None
    """None where no other table was given."""
    left_out: tuple[str, ...]
    """What was not looked at, and why: silence about it is no proof."""

    @property
    def sentence(self) -> str:
        """``48,842 rows in 15 columns; 52 rows repeat an earlier one.``"""
        copies = f"{self.duplicate_rows:,} rows repeat" if self.duplicate_rows != 1 else "1 row repeats"
        return f"{self.rows:,} rows in {len(self.columns):,} columns; {copies} an earlier one."

    @property
    def sentences(self) -> tuple[str, ...]:
        """Everything but the columns, one sentence each, in the order in which it should be read."""
        parts: tuple[Sequence[Candidate | Personal | Proxy | Imbalance | Leak], ...] = (
            self.candidates, self.imbalance, self.leaks, self.proxies, self.personal,
        )  # fmt: skip
        overlap = () if self.shared is None else (self.shared.sentence,)
        return (self.sentence, *overlap, *(one.sentence for part in parts for one in part), *self.left_out)


def look(
    frame: pd.DataFrame, other: pd.DataFrame | None = None, *, roles: Mapping[str, str] | None = None, seed: int = 0
) -> Look:
    """Look at a table, and at the rows that it shares with another (its training part, say).

    ``roles`` says what columns are for (group, truth, score, decision, id, weight, time, or input for none of these);
    what it says is not guessed. Associations come from at most 50,000 rows, drawn with ``seed``.
    """
    frame, left = _uniquely_named(frame)
    given = dict(roles or {})
    _known(given, frame)
    alike = Alike(len(frame))
    profiles: list[Profile] = []
    for name in frame.columns:
        coded = Coded.of(name, frame[name])
        alike.split(coded.codes)
        profiles.append(profile(coded))
    personal = find(frame)
    private = {one.column for one in personal if not one.within}
    profiles = [one.without_values() if one.name in private else one for one in profiles]
    found, crowd = candidates(profiles, given)
    related = _Related(frame, profiles, found, seed)
    return Look(
        rows=len(frame), duplicate_rows=alike.copies, columns=tuple(profiles), candidates=found, personal=personal,
        proxies=related.proxies(), imbalance=tuple(_imbalance(profiles, found)), leaks=related.leaks(),
        shared=None if other is None else _shared(frame, other), left_out=(*left, *crowd, *related.left_out),
    )  # fmt: skip


def _known(roles: Mapping[str, str], frame: pd.DataFrame) -> None:
    missing = [name for name in roles if name not in frame.columns]
    if missing:
        have = ", ".join(frame.columns[:20])
        raise ValueError(f"The table has no column {missing[0]!r}; its columns are {have}.")


def _uniquely_named(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The same table with names that are texts and differ, and what was renamed."""
    names: list[str] = []
    taken: set[str] = set()
    renamed = []
    for name in (str(one).encode("utf-8", "replace").decode() for one in frame.columns):
        given, number = name, 2
        while given in taken:
            given, number = f"{name} ({number})", number + 1
        if given != name:
            renamed.append(f"Two columns are called {name}: one is shown as {given}.")
        taken.add(given)
        names.append(given)
    return frame.set_axis(names, axis=1).reset_index(drop=True), tuple(renamed)


def _shared(frame: pd.DataFrame, other: pd.DataFrame) -> Shared:
    other, _ = _uniquely_named(other)
    common = [name for name in frame.columns if name in other.columns]
    mine, theirs = shared(frame, other, common) if common else (0, 0)
    share = mine / len(frame) if len(frame) else None
    return Shared(rows=mine, share=share, other_rows=theirs, columns=len(common))


def _imbalance(profiles: Sequence[Profile], found: Sequence[Candidate]) -> Iterator[Imbalance]:
    truths = {one.column for one in found if one.role == "truth"}
    for column in profiles:
        if column.name in truths and column.levels:
            value, count = column.levels[-1]
            n = column.rows - column.missing
            yield Imbalance(truth=column.name, rarest=value, count=count, n=n, share=count / n)


class _Related:
    """The associations of columns with groups and truths, on a sample of the rows."""

    def __init__(self, frame: pd.DataFrame, profiles: Sequence[Profile], found: Sequence[Candidate], seed: int) -> None:
        self.groups = [one.column for one in found if one.role == "group"]
        self.truths = [one.column for one in found if one.role == "truth"]
        apart = {one.column for one in found if one.role in ("id", "score", "decision", "weight")}
        usable = [one.name for one in profiles if one.kind not in ("text", "id", "constant", "other", "date")]
        asked = [name for name in usable if name not in apart]
        self.columns = asked[:COLUMNS]
        self.left_out = tuple(self._left_out(frame, len(asked), [one for one in profiles if one.kind == "text"]))
        if len(frame) > ROWS:
            frame = frame.iloc[np.sort(np.random.default_rng(seed).choice(len(frame), ROWS, replace=False))]
        self.n = len(frame) if len(frame) >= FEWEST else 0
        needed = dict.fromkeys([*self.groups, *self.truths, *self.columns])
        self.coded = (
            {name: Coded.of(name, frame[name]) for name in needed} if self.n and (self.groups or self.truths) else {}
        )
        self.levels: dict[str, Codes] = {name: levels(one) for name, one in self.coded.items()}

    def _left_out(self, frame: pd.DataFrame, asked: int, texts: Sequence[Profile]) -> Iterator[str]:
        if not (self.groups or self.truths):
            return
        if len(frame) < FEWEST:
            yield f"With {len(frame):,} rows no proxies and leaks can be told; it takes {FEWEST}."
            return
        if len(frame) > ROWS:
            yield f"Proxies and leaks were searched in {ROWS:,} of {len(frame):,} rows, drawn at random."
        if asked > COLUMNS:
            yield f"Proxies and leaks were searched in the first {COLUMNS:,} of {asked:,} columns."
        if texts:
            yield f"{len(texts):,} columns of text were not searched for proxies and leaks."

    def proxies(self) -> tuple[Proxy, ...]:
        """For each group the columns that go with it, strongest first."""
        found: list[Proxy] = []
        for group in self.groups if self.coded else ():
            mine = [
                Proxy(group=group, column=name, association=value, n=self.n)
                for name in self.columns
                if name != group and (value := cramers_v(table(self.levels[group], self.levels[name]))) > PROXY
            ]
            found += sorted(mine, key=lambda one: -one.association)[:PROXIES]
        return tuple(found)

    def leaks(self) -> tuple[Leak, ...]:
        """For each truth the columns that nearly give it away, strongest first."""
        found = [
            Leak(truth=truth, column=name, association=value, n=self.n)
            for truth in (self.truths if self.coded else ())
            for name in self.columns
            if name != truth and (value := self._given_away(truth, name)) > LEAK
        ]
        return tuple(sorted(found, key=lambda one: -one.association))

    def _given_away(self, truth: str, name: str) -> float:
        coded, classes = self.coded[name], self.levels[truth]
        value = cramers_v(table(classes, self.levels[name]))
        if not coded.is_number or len(coded.values) <= 2 or value > LEAK:
            return value
        value = max(value, cramers_v(table(classes, levels(coded, FINE))))
        two = len(np.unique(classes)) == 2
        return max(value, best_cut(coded.numbers(), classes)) if two else value
