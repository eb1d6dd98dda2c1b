"""Rules 1 to 4: what the ratios of one table say of its rates, and who may be left out of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import inf

from audit.impact import SMALL
from audit.publication.finding import Finding
from audit.publication.form import Row, Table
from audit.publication.printed import Span, half_unit, span


@dataclass(frozen=True)
class Reading:
    """A table with what its rounding allows."""

    table: Table

    @property
    def rated(self) -> list[Row]:
        return [row for row in self.table.rows if row.rate is not None]

    @cached_property
    def half_units(self) -> tuple[float, float]:
        """Of the rates and of the ratios."""
        rows = self.table.rows
        return half_unit(one.rate for one in rows), half_unit(one.published_ratio for one in rows)

    def rate(self, row: Row) -> Span:
        """What a rate can be before it is rounded."""
        assert row.rate is not None
        found = span(row.rate, self.half_units[0])
        return Span(found.low, min(1.0, found.high))

    def printed(self, row: Row) -> Span:
        """What is printed as the ratio of a row."""
        assert row.published_ratio is not None
        return span(row.published_ratio, self.half_units[1])

    def ratio(self, row: Row, benchmark: Row) -> Span:
        """What the ratio of a row can be before it is rounded."""
        if row is benchmark:
            return Span(1.0, 1.0)
        top, bottom = self.rate(row), self.rate(benchmark)
        return Span(top.low / bottom.high if bottom.high else 0.0, top.high / bottom.low if bottom.low else inf)

    def explained(self, benchmark: Row) -> int:
        """How many of the printed ratios come out with this benchmark."""
        with_both = (row for row in self.rated if row.published_ratio is not None)
        return sum(self.printed(row).meets(self.ratio(row, benchmark)) for row in with_both)

    def highest(self) -> Row | None:
        """The most selected category that may set the benchmark; of several printed alike, that of the highest ratio."""
        able = [row for row in self.rated if not row.left_out and not row.unknown]
        return max(able, key=lambda row: (_value(row.rate), _value(row.published_ratio)), default=None)

    def used(self, highest: Row) -> Row:
        """The category that the others seem to be divided by: as stated, else the one that explains most ratios."""
        stated = next((row for row in self.rated if row.benchmark), None)
        if stated is not None:
            return stated
        best = max(self.rated, key=lambda row: (self.explained(row), row is highest))
        return best if self.explained(best) > self.explained(highest) else highest


def ratios(table: Table, unknown: int | None) -> Iterator[Finding]:
    """Rules 1 to 4 on one table; ``unknown`` people are part of the data of which a small category is a share."""
    reading = Reading(table)
    highest = reading.highest()
    if highest is not None:
        used = reading.used(highest)
        yield from _each_ratio(reading, used)
        yield from _benchmark(reading, used, highest)
    for row in table.rows:
        if row.published_ratio is not None and row.rate is None:
            yield _finding(1, table, row, row.published_ratio.text, "", "has a ratio, and its rate is not printed")
    yield from _above_one(reading)
    yield from _left_out(table, unknown)


def _each_ratio(reading: Reading, used: Row) -> Iterator[Finding]:
    for row in reading.rated:
        if row.published_ratio is None or reading.printed(row).meets(reading.ratio(row, used)):
            continue
        assert row.rate is not None
        assert used.rate is not None
        printed, digits = row.published_ratio, max(3, row.published_ratio.digits)
        if row is used:
            follows, told = "1", "it is the benchmark, whose ratio is 1"
        else:
            quotient = row.rate.value / used.rate.value if used.rate.value else inf
            follows = f"{row.rate.text} / {used.rate.text} = {quotient:.{digits}f}"
            told = f"{follows}, against {used.group}"
        yield _finding(1, reading.table, row, printed.text, follows, f"the ratio is printed as {printed.text}; {told}")


def _above_one(reading: Reading) -> Iterator[Finding]:
    if any(row.benchmark for row in reading.table.rows):
        return
    for row in reading.table.rows:
        if row.published_ratio is not None and reading.printed(row).low > 1:
            text = row.published_ratio.text
            told = f"the ratio is printed as {text}; above 1 there is none unless the benchmark is stated"
            yield _finding(2, reading.table, row, text, "at most 1", told)


def _benchmark(reading: Reading, used: Row, highest: Row) -> Iterator[Finding]:
    barred = "unknown" if used.unknown else "left out of the ratios" if used.left_out else ""
    if not barred and reading.rate(used).high >= reading.rate(highest).low:
        return
    assert used.rate is not None
    assert highest.rate is not None
    follows = f"{highest.rate.text} ({highest.group})"
    told = (
        f"the ratios are divided by its rate, {used.rate.text}{', though it is ' + barred if barred else ''}; "
        f"the highest rate of a category that may set the benchmark is {follows}"
    )
    yield _finding(3, reading.table, used, used.rate.text, follows, told)


def _left_out(table: Table, unknown: int | None) -> Iterator[Finding]:
    known, others = (sum(row.n or 0 for row in table.rows if row.unknown == so) for so in (False, True))
    everybody = known + max(others, unknown or 0)
    counted = all(row.n is not None for row in table.rows)
    large = [row for row in table.rows if not row.unknown and (row.n is None or row.n >= SMALL * everybody)]
    ratios_exist = any(_value(row.rate) > 0 for row in large)
    for row in table.rows:
        if row.unknown or row.n == 0 or not row.left_out:
            continue
        least = f"{SMALL:.0%} of {everybody:,} is {SMALL * everybody:,.1f}"
        absent = " and ".join(name for name, cell in (("count", row.n), ("rate", row.rate)) if cell is None)
        if absent:
            yield _finding(
                4, table, row, "", f"its {absent}", f"is left out of the ratios, and its {absent} must be shown"
            )
        if row.n is not None and counted and row.n >= SMALL * everybody and ratios_exist:
            told = f"is left out of the ratios with n = {row.n:,}; only categories under {SMALL:.0%} may be: {least}"
            yield _finding(4, table, row, f"n = {row.n:,}", least, told)
        elif not (row.justification or table.justification) and ratios_exist:
            told = "is left out of the ratios, and no justification is given"
            yield _finding(4, table, row, "", "a justification", told)


def _value(one: object) -> float:
    return float(getattr(one, "value", -1.0))


def _finding(rule: int, table: Table, row: Row, printed: str, arithmetic: str, told: str) -> Finding:
    said = told if told.startswith(("is ", "has ")) else f": {told}"
    sentence = f"{table.title}, {row.group}{said if said.startswith(':') else ' ' + said}."
    return Finding(
        rule=rule, table=table.title, rows=(row.group,), printed=printed, arithmetic=arithmetic,
        sentence=sentence[:1].upper() + sentence[1:],
    )  # fmt: skip
