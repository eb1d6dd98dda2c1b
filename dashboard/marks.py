"""Verdicts, ids and versions as Streamlit's Markdown. A verdict is never colour alone."""

from __future__ import annotations

from urllib.parse import urlencode

from audit.policy import ORDER
from dashboard.figures import SYMBOLS, short, title

WIDTH, HEIGHT = 110, 34
"""Pixels of a trend in a row."""

COLOURS = {
    "pass": "green", "fail": "red", "unsure": "orange", "missing": "gray", "waived": "violet", "exempt": "gray",
    "better": "green", "no worse": "green", "worse": "red", "cannot tell": "orange", "clean": "gray",
    "passed": "green", "not passed": "red", "not judged": "gray", "not audited": "gray",
    "not registered": "gray", "developing": "gray", "in validation": "orange", "approved": "green",
    "approved with conditions": "green", "retired": "gray",
    "in force": "green", "expired": "red", "stale": "red", "withdrawn": "gray", "does not count": "gray",
    "overdue": "red", "open": "orange", "closed": "green", "high": "red", "medium": "orange", "low": "gray",
    "material": "orange", "not material": "gray", "not classed": "gray", "released": "green",
}  # fmt: skip


SIGNS = SYMBOLS | {
    "passed": "✓", "not passed": "✕", "not judged": "–", "not audited": "–",
    "not registered": "–", "developing": "·", "in validation": "?", "approved": "✓", "approved with conditions": "✓",
    "retired": "·",
    "in force": "✓", "expired": "✕", "stale": "✕", "withdrawn": "–", "does not count": "–",
    "overdue": "✕", "open": "○", "closed": "✓", "high": "▲", "medium": "■", "low": "▽",
    "material": "▲", "not material": "·", "not classed": "–", "released": "✓",
}  # fmt: skip


def chip(outcome: str, text: str | None = None) -> str:
    """``✓ pass`` on a tinted ground; ``text`` instead of the word where given."""
    return f":{COLOURS[outcome]}-badge[{SIGNS[outcome]} {text or outcome}]"


def word(outcome: str) -> str:
    """Symbol and word, coloured, for a table."""
    return f":{COLOURS[outcome]}[{SIGNS[outcome]} {outcome}]"


def dimension(name: str, counts: dict[str, int]) -> str:
    """``fairness ✕ 1 ✓ 2``: one dimension with how often each verdict was given, the worst first."""
    given = [one for one in ORDER if counts.get(one)]
    inside = " ".join(f"{SYMBOLS[one]} {counts[one]} {one}" for one in given)
    return f":{COLOURS[given[0]]}-badge[{title(name)} {inside}]"


def code(identifier: str) -> str:
    """An id or digest in monospace, as short as it is printed."""
    return f"`{short(identifier)}`"


def link(identifier: str) -> str:
    """An id as a link to the view that shows what it stands for."""
    return f"[{code(identifier)}](/report?id={short(identifier)})"


def leading(text: str, page: str, **address: str) -> str:
    """Foreign text as a link to another screen."""
    return f"[{plain(text)}](/{page}?{urlencode(address)})"


def version(title: str, report: str) -> str:
    """A cell of a table: a version, and beneath it the link to its report."""
    return f"{plain(title)}  \n{link(report)}"


def beneath(text: str, note: str) -> str:
    """A cell of a table: what it says, and small beneath it why or how to read it."""
    return f"{plain(text)}  \n:small[:gray[{plain(note)}]]" if note else plain(text)


def plain(text: str) -> str:
    """Foreign text with nothing left that Markdown or Streamlit would act on."""
    for mark in "\\`*_[]<>$:|#~{}":
        text = text.replace(mark, "\\" + mark)
    return text


def spark(points: list[tuple[float | None, float | None, float | None]], ink: str) -> str:
    """The last versions' values as a line with the interval as a ribbon: an SVG, newest at the right.

    ``points`` are (value, low, high), oldest first; those without a value leave a gap in time, not in the line.
    """
    known = [(x, *point) for x, point in enumerate(points) if point[0] is not None]
    ends = [end for _, *point in known for end in point if end is not None]
    least, span = min(ends, default=0.0), (max(ends, default=0.0) - min(ends, default=0.0)) or 1.0
    step = (WIDTH - 8) / max(len(points) - 1, 1)

    def at(x: int, value: float) -> str:
        return f"{4 + x * step:.1f},{HEIGHT - 4 - (value - least) / span * (HEIGHT - 8):.1f}"

    middle = [at(x, value) for x, value, _, _ in known if value is not None]
    upper = [at(x, high) for x, _, _, high in known if high is not None]
    lower = [at(x, low) for x, _, low, _ in known if low is not None]
    x, y = (middle or ["-9,-9"])[-1].split(",")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
        f'<polygon points="{" ".join(upper + lower[::-1])}" fill="{ink}" opacity="0.15"/>'
        f'<polyline points="{" ".join(middle)}" fill="none" stroke="{ink}" stroke-width="1.4"/>'
        f'<circle cx="{x}" cy="{y}" r="2.8" fill="{ink}"/></svg>'
    )
