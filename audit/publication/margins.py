"""Rules 5 and 6: cells of sex and race together must add up to the tables of each alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.publication.finding import Finding
from audit.publication.form import Row, Table
from audit.publication.printed import Span
from audit.publication.ratios import Reading


@dataclass(frozen=True)
class Margin:
    """A category of one table, and the cells of the intersection that are part of it."""

    row: Row
    cells: tuple[Row, ...]
    alone: Reading
    crossed: Reading

    @property
    def complete(self) -> bool:
        """Whether all counts and rates that the rules need are printed."""
        return all(one.n is not None and (one.rate is not None or one.n == 0) for one in (self.row, *self.cells))

    @property
    def people(self) -> int:
        return self.row.n or 0

    @property
    def in_cells(self) -> int:
        return sum(cell.n or 0 for cell in self.cells)

    def too_many(self) -> bool:
        return self.in_cells > self.people

    def lies_between(self) -> bool:
        """Whether the printed rate can be made of the cells' and of people who are in no cell."""
        peopled = [cell for cell in self.cells if cell.n]
        if not peopled or not self.people:
            return True
        spans = [self.crossed.rate(cell) for cell in peopled]
        printed = self.alone.rate(self.row)
        if self.too_many():
            return printed.meets(Span(min(one.low for one in spans), max(one.high for one in spans)))
        sizes, others = [cell.n or 0 for cell in peopled], self.people - self.in_cells
        low = sum(n * one.low for n, one in zip(sizes, spans, strict=True)) / self.people
        high = (sum(n * one.high for n, one in zip(sizes, spans, strict=True)) + others) / self.people
        return printed.meets(Span(low, high))

    def fits(self) -> bool:
        return not self.too_many() and self.lies_between()

    def with_cells_of(self, other: Margin) -> Margin:
        return Margin(self.row, other.cells, self.alone, self.crossed)


def margins(alone: Sequence[Table], crossed: Table) -> Iterator[Finding | str]:
    """Rules 5 and 6 on the intersection of one outcome; a text says what could not be checked."""
    found: dict[str, list[Row]] = {}
    for cell in crossed.rows:
        places = [(table.title, row.group) for table in alone if (row := _category(cell, table)) is not None]
        for title, group in places:
            found.setdefault(f"{title}\n{group}", []).append(cell)
        if len(places) < len(alone) and not cell.unknown:
            yield f"Rules 5 and 6 for {crossed.title}, {cell.group}: its name does not say which category it is part of."
    for table in alone:
        there = [
            Margin(row, tuple(found.get(f"{table.title}\n{row.group}", ())), Reading(table), Reading(crossed))
            for row in table.rows
            if not row.unknown
        ]
        complete = [one for one in there if one.complete]
        for one in there:
            if one.cells and not one.complete:
                yield f"Rules 5 and 6 for {table.title}, {one.row.group}: a count or a rate is not printed."
        for one in complete:
            yield from _broken(one, complete)


def _category(cell: Row, table: Table) -> Row | None:
    """The category of a table that a cell's name begins or ends with, the longest there is."""
    name = _words(cell.group)
    able = [row for row in table.rows if not row.unknown and _part_of(_words(row.group), name)]
    return None if cell.unknown else max(able, key=lambda row: len(_words(row.group)), default=None)


def _part_of(part: str, name: str) -> bool:
    return name.startswith(f"{part} ") or name.endswith(f" {part}")


def _words(text: str) -> str:
    """Words alone, whatever separates them."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _broken(one: Margin, others: Sequence[Margin]) -> Iterator[Finding]:
    title, group, names = one.alone.table.title, one.row.group, tuple(cell.group for cell in one.cells)
    hint = _exchanged(one, others)
    if one.too_many():
        counts = " + ".join(f"{cell.n:,}" for cell in one.cells)
        alike = _alike(one.cells)
        told = (
            f"{title}, {group}: its cells hold {one.in_cells:,} people ({counts}), "
            f"more than the {one.people:,} it has itself{alike}{hint}."
        )
        yield Finding(
            rule=5, table=title, rows=(group, *names), printed=f"{one.people:,}",
            arithmetic=f"{counts} = {one.in_cells:,}", sentence=told[:1].upper() + told[1:],
        )  # fmt: skip
    if not one.lies_between():
        assert one.row.rate is not None
        rates = sorted((cell.rate for cell in one.cells if cell.rate and cell.n), key=lambda rate: rate.value)
        between = rates[0].text if rates[0].value == rates[-1].value else f"{rates[0].text} to {rates[-1].text}"
        told = f"{title}, {group}: rates of {between} in its cells cannot average to {one.row.rate.text}{hint}."
        yield Finding(
            rule=6, table=title, rows=(group, *names), printed=one.row.rate.text, arithmetic=between,
            sentence=told[:1].upper() + told[1:],
        )  # fmt: skip


def _alike(cells: Sequence[Row]) -> str:
    """Which cells are printed alike to the last digit, a likely slip where the sum is too large."""
    for at, one in enumerate(cells):
        for other in cells[at + 1 :]:
            if one.n == other.n and one.rate and other.rate and one.rate.value == other.rate.value:
                return f"; {one.group} and {other.group} are printed alike (n = {one.n:,}, rate {one.rate.text})"
    return ""


def _exchanged(one: Margin, others: Sequence[Margin]) -> str:
    """Whether two categories would both fit if their cells changed places."""
    if one.fits():
        return ""
    for other in others:
        if other is not one and other.cells and one.with_cells_of(other).fits() and other.with_cells_of(one).fits():
            return f"; it would fit if the cells of {one.row.group} and {other.row.group} were exchanged"
    return ""
