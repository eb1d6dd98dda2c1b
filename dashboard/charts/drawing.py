"""SVG for paper, written without a library: marks on two linear axes, under a title that says what to see."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from markupsafe import escape

from dashboard import figures, texts
from dashboard.charts import layout
from dashboard.theme import LIGHT, SANS

LEFT, FOOT, PAD, ROOM = 2, 24, 2, 12
"""Pixels beside the plot, below it for the numbers of its axis, around all, and left of a number that is centred."""
DOT = 4.4
"""Radius of a dot."""


class Drawing(NamedTuple):
    """A finished chart: what is seen, and what is told to those who do not see it."""

    svg: str
    description: str


class Canvas:
    """Marks are placed in pixels of the plot; ``x`` and ``y`` turn values into these."""

    def __init__(
        self, width: float, height: float, across: Sequence[float] = (0, 1), up: Sequence[float] | None = None
    ) -> None:
        self.width, self.height = width, height
        self._across, self._up = across, up
        self._marks: list[str] = []
        self._left, self._foot = LEFT, PAD

    def x(self, value: float) -> float:
        low, high = self._across
        return self.width * (value - low) / (high - low)

    def y(self, value: float) -> float:
        low, high = self._up or (0, 1)
        return self.height * (1 - (value - low) / (high - low))

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, opacity: float = 1, stroke: str = ""
    ) -> None:
        x, width = (x, width) if width >= 0 else (x + width, -width)
        self._mark("rect", x=x, y=y, width=width, height=height, fill=fill, opacity=opacity, stroke=stroke)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1, opacity: float = 1
    ) -> None:
        self._mark("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width, opacity=opacity)

    def dot(self, x: float, y: float, fill: str, radius: float = DOT) -> None:
        self._mark("circle", cx=x, cy=y, r=radius, fill=fill)

    def path(self, points: Sequence[tuple[float, float]], *, dash: str = "", opacity: float = 1, **hue: str) -> None:
        """A line through points (``stroke``), or the area within them (``fill``)."""
        at = "L".join(f"{_short(x)},{_short(y)}" for x, y in points)
        self._mark(
            "path",
            d=f"M{at}{'Z' if 'fill' in hue else ''}",
            stroke_dasharray=dash,
            opacity=opacity,
            **({"fill": "none"} | hue),
        )

    def text(
        self, x: float, y: float, words: str, *, fill: str = LIGHT["ink"], size: float = 11, anchor: str = "",
        weight: str = "", font: str = "", turn: float = 0,
    ) -> None:  # fmt: skip
        """One line of text, ``y`` being its base line."""
        turned = f"rotate({_short(turn)} {_short(x)} {_short(y)})" if turn else ""
        self._mark(
            "text", words, x=x, y=y, fill=fill, font_size=size, text_anchor=anchor, font_weight=weight,
            font_family=font, transform=turned,
        )  # fmt: skip

    def lines(self, x: float, top: float, words: str, **look: str) -> None:
        """Text of one or more lines below ``top``."""
        for number, one in enumerate(words.split("\n")):
            self.text(x, top + 10 + layout.LINE * number, one, **look)  # type: ignore[arg-type]

    def axis_across(self, rate: bool | str, title: str = "", *, grid: bool = True) -> None:
        """The axis below the plot, with as many round numbers as fit."""
        for value in ticks(self._across[0], self._across[1]):
            at = self.x(value)
            if grid:
                self.line(at, 0, at, self.height, LIGHT["rule"])
            self.line(at, self.height, at, self.height + 5, LIGHT["rule"])
            anchor, place = ("middle", at) if at > ROOM or self._left > LEFT else ("start", 0.0)
            self.text(place, self.height + 16, _tick(value, self._across, rate), fill=LIGHT["quiet"], anchor=anchor)
        self.line(0, self.height, self.width, self.height, LIGHT["rule"])
        self._foot = FOOT
        if title:
            self.text(self.width / 2, self.height + 31, texts.english(title), fill=LIGHT["quiet"], anchor="middle")
            self._foot = FOOT + 14

    def axis_up(self, rate: bool | str, title: str) -> None:
        """The axis left of the plot."""
        assert self._up is not None
        for value in ticks(self._up[0], self._up[1]):
            self.line(0, self.y(value), self.width, self.y(value), LIGHT["rule"])
            self.text(-6, self.y(value) + 4, _tick(value, self._up, rate), fill=LIGHT["quiet"], anchor="end")
        self.line(0, 0, 0, self.height, LIGHT["rule"])
        self.text(-44, self.height / 2, texts.english(title), fill=LIGHT["quiet"], anchor="middle", turn=-90)
        self._left = 56

    def drawing(self, title: str, beneath: str, told: str) -> Drawing:
        """All marks under their title and a quiet line of how to read them; ``told`` is added to the title for those who do not see it."""
        heads, quiet = (
            layout.wrapped(title, layout.LETTERS - 8),
            layout.wrapped(texts.english(beneath), layout.LETTERS + 4),
        )
        top = 16 * len(heads) + 14 * len(quiet) + 12
        marks, self._marks = self._marks, []
        for number, one in enumerate(heads):
            self.text(0, 12 + 16 * number, one, size=13, weight="bold")
        for number, one in enumerate(quiet):
            self.text(0, 16 * len(heads) + 10 + 14 * number, one, fill=LIGHT["quiet"])
        width = self.width + self._left + 18
        height = top + self.height + self._foot + PAD
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_short(width)}" height="{_short(height)}" '
            f'viewBox="0 0 {_short(width)} {_short(height)}" font-family={quoteattr(SANS)}>'
            f'<g transform="translate({self._left},{PAD})">{"".join(self._marks)}</g>'
            f'<g transform="translate({self._left},{_short(top + PAD)})">{"".join(marks)}</g></svg>'
        )
        return Drawing(figures.printable(svg), figures.printable(f"{title}. {texts.english(told)}"))

    def _mark(self, name: str, words: str = "", **given: float | str) -> None:
        drawn = "".join(
            f" {key.replace('_', '-')}={_quoted(value)}"
            for key, value in given.items()
            if value != "" and not (key == "opacity" and value == 1)
        )
        self._marks.append(f"<{name}{drawn}>{escape(words)}</{name}>" if words else f"<{name}{drawn}/>")


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    error = rough / power
    step = power * (
        10 if error >= math.sqrt(50) else 5 if error >= math.sqrt(10) else 2 if error >= math.sqrt(2) else 1
    )
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * place, 12) for place in range(first, last + 1)]


def _tick(value: float, ends: Sequence[float], rate: bool | str) -> str:
    digits = 0 if ends[1] - ends[0] > 0.05 else 1
    sign = "" if rate == "points" else f"{figures.THIN}%"
    text = f"{100 * value:.{digits}f}{sign}" if rate else f"{value:g}"
    return text.replace("-", "−")


def _quoted(value: float | str) -> str:
    return quoteattr(value) if isinstance(value, str) else f'"{_short(value)}"'


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
